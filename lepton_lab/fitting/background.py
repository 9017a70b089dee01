"""The reference rows of explanations: about a hundred, in the proportions of the training rows."""

from __future__ import annotations

import numpy as np

from lepton_lab.tasks import Task

N_BACKGROUND = 100


def choose_background(
    y: np.ndarray, weights: np.ndarray | None, task: Task, *, seed: int, n: int = N_BACKGROUND
) -> np.ndarray:
    """Positions of `n` rows, spread evenly over the target.

    Rows are ordered by target, shuffled inside equal targets, and taken at equal steps of cumulative
    weight from a random start: every row has its chance, and the share of each class is kept to within
    one row. A row that weighs much may be taken twice.
    """
    if len(y) <= n and weights is None:
        return np.arange(len(y))
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    w = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    passed = np.cumsum(w[order]) / w.sum()
    picks = (np.arange(n) + rng.random()) / n
    return np.sort(order[np.minimum(np.searchsorted(passed, picks), len(y) - 1)])
