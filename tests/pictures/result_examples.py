"""Evaluations of linear models, made in no time, with names and values that would be markup where they could."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from lepton_lab.data.table import read_like
from lepton_lab.evaluation.report import Evaluation, evaluate_rows
from tests.evaluation.linear_models import linear_model
from tests.pictures.examples import NASTY


def frame(task: str = "binary", n: int = 600, n_classes: int = 3, seed: int = 0) -> pd.DataFrame:
    """Rows whose errors have a reason: among one word they are noise."""
    rng = np.random.default_rng(seed)
    df = pd.DataFrame({"income": rng.normal(50, 9, n).round(1), NASTY[0]: rng.choice(NASTY, n)})
    df["since"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    z = (df["income"] - 50) / 9 + rng.normal(0, np.where(df[NASTY[0]] == NASTY[1], 3.0, 0.3))
    if task == "regression":
        df["bad"] = z * 1000
    elif task == "binary":
        df["bad"] = np.where(z > 0.5, NASTY[2], "no")
    else:
        cuts = np.quantile(z, np.linspace(0, 1, n_classes + 1)[1:-1])
        names = [*NASTY, *(f"class {k}" for k in range(n_classes))][:n_classes]
        df["bad"] = np.array(names, object)[np.digitize(z, cuts)]
    return df


def evaluated(
    task: str = "binary", n: int = 600, n_classes: int = 3, *, errors: bool = False, weights: object = None
) -> Evaluation:
    """An evaluation with its rows."""
    df = frame(task, max(n, 600), n_classes)
    model = linear_model(df, "bad", task)
    table = read_like(model.schema, df.iloc[:n], task=model.task, need_target=True, weights=weights)
    found = evaluate_rows(model, table)
    if errors:
        found.error_tree()
    return found


@functools.cache
def with_errors() -> Evaluation:
    """A usual one, its tree of errors grown."""
    return evaluated(n=2000, errors=True)
