"""Whether trees can tell which of two frames a row comes from: a two-sample test over all columns together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lepton_lab import metrics
from lepton_lab.data.column_card import as_numbers
from lepton_lab.data.schema import Kind
from lepton_lab.metrics import Estimate

MOST_ROWS = 4000  # of each frame
FEWEST_ROWS = 50
MOST_COLUMNS = 300
MOST_CODES = 250
_TREES = {
    "objective": "binary", "num_leaves": 15, "learning_rate": 0.1, "min_data_in_leaf": 20, "feature_fraction": 0.8,
    "bagging_fraction": 0.8, "bagging_freq": 1, "num_threads": 1, "deterministic": True, "verbosity": -1,
}  # fmt: skip
N_TREES = 60


def told_apart(columns: Mapping[str, tuple[Kind, np.ndarray, np.ndarray]], seed: int = 0) -> Estimate | None:
    """The AUC of trees on rows they did not learn from, with a 95 % interval; None where there is too little.

    Args:
        columns: kind, and the values in the first frame and in the second, by name.
        seed: of the rows and of the trees.
    """
    if not columns:
        return None
    rng = np.random.default_rng(seed)
    some = list(columns.values())[:MOST_COLUMNS]
    sizes = len(some[0][1]), len(some[0][2])
    if min(sizes) < 2 * FEWEST_ROWS:
        return None
    # As many of each frame, so that the larger one does not weigh more.
    n = min(*sizes, MOST_ROWS)
    rows = [rng.permutation(size)[:n] for size in sizes]
    x = np.stack([_encoded(a[rows[0]], b[rows[1]]) for _, a, b in some], axis=1)
    y = np.repeat([0, 1], n)
    learned = np.concatenate([rng.permutation(n) < n // 2 for _ in range(2)])
    score = _scores(x[learned], y[learned], x[~learned], seed)
    tested = y[~learned]
    return metrics.bootstrap(metrics.auc, tested, np.stack([1 - score, score], axis=1), seed=seed)


def _encoded(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A column of both frames after one another as one of numbers, NaN where missing; values by how frequent."""
    both = np.concatenate([a, b])
    if both.dtype != object:
        return as_numbers(both)
    codes, uniques = pd.factorize(both)
    counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
    rank = np.empty(len(uniques) + 1)
    rank[np.argsort(-counts, kind="stable")] = np.minimum(np.arange(len(uniques)), MOST_CODES)
    rank[-1] = np.nan
    return rank[codes]


def _scores(x: np.ndarray, y: np.ndarray, tested: np.ndarray, seed: int) -> np.ndarray:
    """The chance that each tested row comes from the second frame, 0 to 1."""
    import lightgbm

    booster = lightgbm.train({**_TREES, "seed": seed}, lightgbm.Dataset(x, y), N_TREES)
    return np.asarray(booster.predict(tested), np.float64)
