"""Small made-up tables for the members: numbers with holes, a heavy tail, and categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.data.encode_tabular import Block
from lepton_lab.tasks import Binary, Multiclass, Regression, Task

BLOCKS = (
    Block("amount", "numeric"),
    Block("tail", "numeric"),
    Block("colour", "category", categories=("red", "green", "blue", "grey", "pink")),
    Block("age", "numeric"),
    Block("owner", "category", categories=(True, False)),
)


@dataclass(frozen=True)
class Made:
    x: np.ndarray
    y: np.ndarray
    task: Task


def made(task: str, n: int = 600, seed: int = 0) -> Made:
    rng = np.random.default_rng(seed)
    x = np.stack(
        [rng.normal(size=n), rng.standard_cauchy(n), rng.integers(0, 7, n), rng.normal(size=n), rng.integers(1, 4, n)],
        axis=1,
    ).astype(np.float32)
    x[rng.random(n) < 0.15, 0] = np.nan
    z = np.nan_to_num(x[:, 0], nan=2.0) + x[:, 2] % 3 + np.tanh(x[:, 1]) - x[:, 3] * (x[:, 4] == 2)
    if task == "binary":
        return Made(x, (rng.random(n) < 1 / (1 + np.exp(1 - z))).astype(np.int32), Binary("good", "bad"))
    if task == "multiclass":
        return Made(x, np.digitize(z + rng.normal(size=n), [0, 1.5]).astype(np.int32), Multiclass(("a", "b", "c")))
    y = z * 50 + 1000 + rng.normal(size=n)
    return Made(x, y, Regression.of(y))
