"""Small trained models, fitted once for the tests that need one: no file, no journal."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from lepton_lab.data.table import read_table
from lepton_lab.fitting.fit import fit
from lepton_lab.trained import TrainedModel
from tests.compiling import compiling

TASKS = ("binary", "multiclass", "regression")


def small_frame(task: str, n: int = 300, seed: int = 0) -> pd.DataFrame:
    """Numbers with holes, words, truth values, a date and a long identifier; the target is `outcome`.

    Of survival it is the time to an event, and `died` says whether it happened.
    """
    rng = np.random.default_rng(seed)
    df = pd.DataFrame(
        {
            "amount": rng.gamma(2, 1000, n).round(2),
            "age": rng.integers(18, 80, n),
            "job": rng.choice(["clerk", "smith", "nurse", "cook"], n),
            "owner": rng.random(n) < 0.4,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "note": [f"customer {i}, key {rng.integers(1 << 30)}" for i in range(n)],
        }
    )
    df.loc[rng.random(n) < 0.1, "amount"] = np.nan
    z = df["age"] / 15 - 3 + (df["job"] == "cook") * 1.5 - df["amount"].fillna(0) / 3000 + rng.normal(size=n)
    if task == "binary":
        df["outcome"] = np.where(z > 0.5, "bad", "good")
    elif task == "multiclass":
        df["outcome"] = np.array(["low", "mid", "high"])[np.digitize(z, [-0.5, 1])]
    elif task == "survival":
        time, leaves = rng.exponential(100 * np.exp(-z.clip(-3, 3))), rng.exponential(200, n)
        df["outcome"], df["died"] = np.minimum(time, leaves).round(1), time <= leaves
    else:
        df["outcome"] = (100 * z + 500).round(1)
    df.index = pd.Index([f"r{i}" for i in range(n)])
    return df


@lru_cache
def small_model(task: str, weights: str | None = None) -> TrainedModel:
    """A model of `small_frame(task)`, by the fast recipe."""
    event = "died" if task == "survival" else None
    told = task if task == "quantile" else None
    table, read, _ = read_table(small_frame(task), target="outcome", task=told, weights=weights, event=event)
    with compiling(least=False):
        return fit(table, read, quality="fast", weights=weights)
