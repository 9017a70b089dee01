"""Sensor series: exercises at the wrist, and what is left of jet engines."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd

import lepton_lab as ll
from domain_parts.benchmark import Benchmark, Measured

LONGEST_LIFE = 125


def watch(folder: Path) -> Measured:
    """The exercise, out of fold: no fold learns from a subject it is measured on (10 subjects, both wrists)."""
    frame = ll.samples.load("watch")
    frame["motion"] = [
        mirrored(motion) if side == "left" else motion for motion, side in frame[["motion", "side"]].values
    ]
    began = time.monotonic()
    model = ll.train(frame, target="exercise", domain="sensor_activity")
    return Measured({"accuracy": model.metrics["accuracy"].value}, time.monotonic() - began)


def mirrored(motion: np.ndarray) -> np.ndarray:
    """A left arm's movement as a right arm would make it.

    On the left the axis towards the hand points the other way; of what turns, the two other axes change sign.
    """
    return motion * np.array([-1, 1, 1, 1, -1, -1], np.float32)


def cmapss_fd001(folder: Path) -> Measured:
    """Remaining cycles of engines that were held out, each cycle a row that knows the 50 cycles up to it."""
    frame = pd.read_parquet(folder / "cmapss_fd001.parquet")
    frame["RUL"] = np.minimum(frame["RUL"], LONGEST_LIFE).astype(float)
    found, seconds = [], []
    for seed in range(3):
        began = time.monotonic()
        found.append(ll.train(frame, target="RUL", domain="maintenance", seed=seed).metrics["rmse"].value)
        seconds.append(time.monotonic() - began)
    each = ", ".join(f"{value:.2f}" for value in found)
    note = (
        f"seeds 0 to 2, each with 20 other engines held out: {each}; mean {np.mean(found):.2f}, "
        f"standard deviation {np.std(found, ddof=1):.2f}"
    )
    return Measured({"RMSE": found[0], "mean of 3 seeds": float(np.mean(found))}, seconds[0], note)


BENCHMARKS = {
    "watch": Benchmark(
        "the exercise, of 6 axes at 50 Hz, left arms mirrored",
        "five folds of two subjects each",
        'll.train(df, target="exercise", domain="sensor_activity")',
        "accuracy .90; .97",
        watch,
    ),
    "cmapss_fd001": Benchmark(
        "remaining cycles of an engine, at most 125",
        "20 of 100 engines by train's own split, seed 0",
        'll.train(df, target="RUL", domain="maintenance")',
        "RMSE 16; 12",
        cmapss_fd001,
    ),
}
