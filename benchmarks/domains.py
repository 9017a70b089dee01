"""How good the domains' models are on real data, all through `ll.train` with its defaults or a domain's.

    OMP_NUM_THREADS=1 python benchmarks/domains.py mnist5k watch --data ../shared/data     # these two
    OMP_NUM_THREADS=1 python benchmarks/domains.py --data ../shared/data                   # all, about 30 minutes

Each data set has a fixed split, written down in `domain_parts/`, and a row in `results/domains.md` (and `.json`) that
a run replaces. No option is chosen by the rows that measure.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/domains-home")

from domain_parts import forecast, images, ratings, recommendation, series, tables, text
from domain_parts.benchmark import Benchmark
from report import RESULTS, cpu_model, load, table, versions

BENCHMARKS: dict[str, Benchmark] = {
    **images.BENCHMARKS,
    **series.BENCHMARKS,
    **recommendation.BENCHMARKS,
    **ratings.BENCHMARKS,
    **text.BENCHMARKS,
    **tables.BENCHMARKS,
    **forecast.BENCHMARKS,
}


def run(name: str, folder: Path, beside: str) -> dict[str, object]:
    """Train and measure one; a row as JSON."""
    began, cpu = time.monotonic(), _cpu_s()
    found = BENCHMARKS[name].run(folder)
    return {
        "figures": {key: round(float(value), 5) for key, value in found.figures.items()},
        "train_s": round(found.seconds, 1),
        "all_s": round(time.monotonic() - began, 1),
        "cpu_s": round(_cpu_s() - cpu, 1),
        "note": found.note,
        "command": f"python benchmarks/domains.py {name}",
        "date": str(datetime.date.today()),
        "machine": f"{cpu_model()}, {os.cpu_count()} cores{load()}",
        "beside": beside,
        "versions": f"Python {platform.python_version()}, {versions()}",
    }


def page(rows: dict[str, dict]) -> str:
    """The rows as Markdown."""
    header = ("data", "predicted", "split", "trained by", "wanted", "found", "training", "CPU", "when, on what")
    known = [name for name in BENCHMARKS if name in rows]
    body = table(header, [_cells(BENCHMARKS[name], name, rows[name]) for name in known])
    notes = [f"- **{name}**: {rows[name]['note']}" for name in known if rows[name]["note"]]
    latest = rows[known[-1]]["versions"] if known else ""
    return "\n\n".join(["# Domains on real data", (__doc__ or "").strip(), body, "\n".join(notes), latest]) + "\n"


def _cells(asked: Benchmark, name: str, row: dict) -> tuple[str, ...]:
    found = ", ".join(f"{key} {value:.4g}" for key, value in row["figures"].items())
    where = f"{row['date']}, {row['machine']}" + (f"; beside it: {row['beside']}" if row["beside"] else "")
    seconds = (f"{row['train_s']:.0f} s", f"{row['cpu_s']:.0f} s")
    return (name, asked.title, asked.split, f"`{asked.call}`", asked.wanted, found, *seconds, where)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run those named, all where none is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--beside", default="", help="what else ran on the machine")
    parser.add_argument("--dry", action="store_true", help="print the figures, write nothing")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHMARKS]:
        parser.error(f"no data set {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    path = RESULTS / "domains.json"
    for name in asked.names or BENCHMARKS:
        row = run(name, asked.data, asked.beside)
        print(json.dumps({name: row}, indent=1))
        if asked.dry:
            continue
        rows = json.loads(path.read_text()) if path.exists() else {}
        rows[name] = row
        path.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n")
        (RESULTS / "domains.md").write_text(page(rows))


if __name__ == "__main__":
    sys.exit(main())
