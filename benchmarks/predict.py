"""Milliseconds of `model.predict(df)` for one row and for 1,000, whole: from frame to frame.

OMP_NUM_THREADS=1 python benchmarks/predict.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/predict-home")

import numpy as np
import pandas as pd
from report import table, write


def made(n: int, seed: int = 0) -> pd.DataFrame:
    """Fourteen columns, two of them words, and a target that needs products of columns."""
    rng = np.random.default_rng(seed)
    df = pd.DataFrame(rng.normal(size=(n, 12)), columns=[f"c{j}" for j in range(12)])
    df["kind"], df["place"] = rng.choice(list("abcd"), n), rng.choice([f"p{j}" for j in range(30)], n)
    odds = df["c0"] * df["c1"] + df["c2"] - (df["kind"] == "a") + np.sin(2 * df["c3"])
    df["bad"] = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), "yes", "no")
    return df


def milliseconds(work: Callable[[], object], n: int = 100) -> str:
    """Median and 90th percentile of `n` calls, after ten that warm up."""
    for _ in range(10):
        work()
    times = []
    for _ in range(n):
        began = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - began))
    return f"{statistics.median(times):.2f} ({np.quantile(times, 0.9):.2f})"


def main() -> None:
    import lepton_lab as ll

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="to train on")
    asked = parser.parse_args()
    model = ll.train(made(asked.rows), target="bad")
    rows = []
    for n in (1, 1000):
        df = made(n, seed=1).drop(columns="bad")
        x = model.encode(df)
        cells = [milliseconds(lambda df=df: model.predict(df)), milliseconds(lambda df=df: model.encode(df))]
        cells += [milliseconds(lambda m=m, x=x: m.logits(x)) for m in model.members]
        rows.append([f"{n:,}", *cells])
    header = ["rows", "predict, whole", "read and encode", *(f"{m.name} member" for m in model.members)]
    trees = model.member("trees")
    n_trees = 0 if trees is None else trees.forest.n_trees  # type: ignore[attr-defined]
    about = f"Milliseconds, median (90th percentile) of 100 calls; 14 columns, {asked.rows:,} rows, {n_trees} trees."
    write("predict", "Prediction time", table(header, rows) + f"\n\n{about} Aims: 5 ms and 15 ms.")


if __name__ == "__main__":
    main()
