"""Counterfactuals of 100 rows on adult: seconds on one core, and how many are true of the whole blend.

    OMP_NUM_THREADS=1 python benchmarks/counterfactuals.py                            # the census sample
    OMP_NUM_THREADS=1 python benchmarks/counterfactuals.py --data ../shared/data      # adult.parquet

The model is `train` with its defaults. 100 rows of those held out for testing are asked for the other class.
Everything about the answers is checked here again, from the frames alone: `model.predict` of the changed rows,
the immutable columns, and that every changed value occurs in the frame that was trained on.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/counterfactuals-home")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core, whatever libraries would like

import numpy as np
import pandas as pd
from report import table, write

NEVER = ("fnlwgt", "split")
BORN_WITH = ("age", "sex", "race", "native_country")
MONEY = ("capital_gain", "capital_loss")
FAMILY = ("marital_status", "relationship")


def read(data: Path | None) -> tuple[pd.DataFrame, str]:
    """The frame and the name of its target."""
    import lepton_lab as ll

    if data is None:
        return ll.samples.load("census"), "high_income"
    df = pd.read_parquet(data / "adult.parquet").drop(columns=list(NEVER), errors="ignore")
    return df.rename(columns=lambda name: name.replace("-", "_").replace(".", "_")), "income"


def checked(model: Any, df: pd.DataFrame, asked: pd.DataFrame, found: Any, immutable: Sequence[str]) -> dict[str, int]:
    """Rows with a true alternative, alternatives, and what is wrong with them, from the frames alone."""
    frame = found.to_frame().query("valid")
    own = asked.loc[frame["row"]]
    flipped = model.predict(frame)["prediction"].to_numpy() != model.predict(own)["prediction"].to_numpy()
    broken, unknown = 0, 0
    for name in model.schema.names:
        before, after = own[name].to_numpy(object), frame[name].to_numpy(object)
        changed = np.array([a != b and not (pd.isna(a) and pd.isna(b)) for a, b in zip(after, before, strict=True)])
        broken += int(changed.sum()) if name in immutable else 0
        occurs = set(df[name].dropna())
        unknown += sum(value not in occurs for value in after[changed])
    return {
        "rows": int(frame["row"][flipped].nunique()),
        "alternatives": len(frame),
        "not true": int((~flipped).sum()),
        "immutables broken": broken,
        "values that do not occur": unknown,
    }


def measured(
    model: Any, asked: pd.DataFrame, immutable: Sequence[str], n: int, repeats: int
) -> tuple[Any, float, float]:
    """The result, and medians of the seconds that a call took by the clock and on the core."""
    import lepton_lab as ll

    clock, core, found = [], [], None
    for _ in range(repeats):
        began, at_work = time.perf_counter(), time.process_time()
        found = ll.counterfactuals(model, asked, immutable=immutable, n=n, timeout="5s")
        clock.append(time.perf_counter() - began)
        core.append(time.process_time() - at_work)
    return found, statistics.median(clock), statistics.median(core)


def line(name: str, check: dict[str, int], found: Any, clock: float, core: float) -> list[object]:
    first = [row[0] for row in found if row.alternatives]
    return [
        name,
        f"{check['rows']} of {len(found)}",
        check["alternatives"],
        check["not true"] + check["immutables broken"] + check["values that do not occur"],
        f"{clock:.2f} ({core:.2f})",
        f"{statistics.mean(len(a.changes) for a in first):.2f}" if first else "–",
        f"{statistics.mean(a.distance for a in first):.2f}" if first else "–",
        f"{statistics.median(a.plausibility for a in first):.2f}" if first else "–",
        f"{sum(bool(a.unlikely) for a in first)}",
        f"{found.n_evaluations:,}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of adult.parquet; the census sample if left out")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    if asked.data is not None and not (asked.data / "adult.parquet").exists():
        parser.error(f"no adult.parquet in {str(asked.data)!r}")

    import lepton_lab as ll

    df, target = read(asked.data)
    model: Any = ll.train(df, target=target)
    held_out = df.loc[model.held_out.table.index]
    said = model.predict(held_out)["prediction"].to_numpy()
    positive = model.classes[1]
    rng = np.random.default_rng(0)
    groups = {cls: held_out.iloc[rng.choice(np.flatnonzero(said == cls), 100, replace=False)] for cls in model.classes}
    negative = groups[model.classes[0]]
    began = time.perf_counter()
    ll.counterfactuals(model, negative, immutable=BORN_WITH, n=1, timeout=None)
    cold = time.perf_counter() - began
    rows = []
    for name, cls, immutable, n in (
        (f"to {positive!r}, one each", 0, BORN_WITH, 1),
        (f"to {positive!r}, up to four", 0, BORN_WITH, 4),
        (f"to {positive!r}, money kept too", 0, BORN_WITH + MONEY, 4),
        (f"to {positive!r}, money and family kept", 0, BORN_WITH + MONEY + FAMILY, 4),
        (f"to {model.classes[0]!r}, up to four", 1, BORN_WITH, 4),
    ):
        group = groups[model.classes[cls]]
        found, clock, core = measured(model, group, immutable, n, asked.repeats)
        rows.append(line(name, checked(model, df, group, found, immutable), found, clock, core))
        print(rows[-1], flush=True)
    header = [
        "100 rows asked", "reached", "alternatives", "faults", "seconds, warm (of the core)", "columns changed",
        "distance", "plausibility", "unlikely pairs", "questions to the model",
    ]  # fmt: skip
    about = (
        f"Immutable: {', '.join(BORN_WITH)}. Time-out 5 s; medians of {asked.repeats} calls on one core; the first "
        f"call of the process, compilation included, took {cold:.1f} s. Columns changed, distance, plausibility and "
        "unlikely pairs are of each row's first alternative. Faults: alternatives that `model.predict` does not "
        "confirm, immutables changed, values that do not occur in the training frame. "
        "Aims: 5 s, 95 rows, no faults."
    )
    write("counterfactuals", "Counterfactuals of 100 rows on adult", table(header, rows) + f"\n\n{about}")


if __name__ == "__main__":
    main()
