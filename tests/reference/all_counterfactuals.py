"""The slow, obvious counterfactual: every combination of the values that occur, asked of the model's predict."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd


def change(before, after, known: pd.Series) -> float:
    """What one column's change adds to the distance, from the definition."""
    if before == after:
        return 0.0
    if not pd.api.types.is_numeric_dtype(known):
        return 1.0
    low, high = np.quantile(known, [0.05, 0.95])
    return 0.5 + 0.5 * abs(after - before) / (high - low)


def nearest(model, row: pd.Series, known: pd.DataFrame, reached, fixed=()) -> float:
    """The smallest distance of any combination of known values that `reached(frame of predictions)`; inf for none."""
    choices = [[row[c]] if c in fixed else sorted({row[c], *known[c]}) for c in known.columns]
    every = pd.DataFrame(list(itertools.product(*choices)), columns=known.columns)
    there = every[np.asarray(reached(model.predict(every)))]
    distances = [sum(change(row[c], other[c], known[c]) for c in known.columns) for _, other in there.iterrows()]
    return min(distances, default=np.inf)
