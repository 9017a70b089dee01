"""Images: handwritten digits, and X-rays of chests."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import lepton_lab as ll
from domain_parts.benchmark import Benchmark, Measured


def mnist5k(folder: Path) -> Measured:
    """Digits, 80/20 by the seed, stratified: `train` holds 20 % out by itself."""
    data = np.load(folder / "mnist5k.npz")
    began = time.monotonic()
    model = ll.train({"image": data["X"], "digit": data["y"].astype(str)}, target="digit")
    return Measured({"accuracy": model.metrics["accuracy"].value}, time.monotonic() - began)


def pneumonia(folder: Path) -> Measured:
    """Pneumonia or not, by the split the data set comes with; the threshold is that of the validation rows."""
    data = np.load(folder / "pneumonia.npz")
    frame = {"scan": data["X"], "part": data["split"], "pneumonia": np.where(data["y"] == 1, "yes", "no")}
    began = time.monotonic()
    model = ll.train(frame, target="pneumonia", split="given:part", domain="medical_images", quality="best")
    figures = {name: model.metrics[name].value for name in ("auc", "accuracy")}
    return Measured(figures, time.monotonic() - began)


BENCHMARKS = {
    "mnist5k": Benchmark(
        "the digit of an image of 28 x 28 points",
        "20 % by train's own stratified split, seed 0",
        'll.train(df, target="digit")',
        "accuracy .975 in 60 s; .985",
        mnist5k,
    ),
    "pneumonia": Benchmark(
        "pneumonia, of an X-ray of 28 x 28 points",
        "the data set's own: column split",
        'll.train(df, target="pneumonia", split="given:part", domain="medical_images", quality="best")',
        "AUC / accuracy .955 / .87 in 5 min; .97 / .90",
        pneumonia,
    ),
}
