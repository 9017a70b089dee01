"""Small effects, loss importances and cohort comparisons, valid by their contracts, made without a model."""

from __future__ import annotations

import numpy as np

from lepton_lab.explanation.cohorts import CohortComparison, Difference
from lepton_lab.explanation.effects.effect import Effect
from lepton_lab.explanation.loss_importance import LossImportance


def effect(
    kind: str = "number", *, n_rows: int = 200, n_classes: int = 1, column: str = "age", levels=("a", "b"), ale=False
) -> Effect:
    """A curve that falls, with a point for missing values; categories by their levels."""
    rng = np.random.default_rng(0)
    if kind == "category":
        place, grid = np.arange(len(levels), dtype=np.float64), np.array(levels, dtype=object)
    else:
        place = np.append(np.linspace(0, 40, 39) + (18_000 if kind == "date" else 0), np.nan)
        grid = np.array([*place[:-1].round(2), None], dtype=object)
    mean = np.where(np.isnan(place), 0.3, -np.arange(len(place)) / 10)
    curves = mean + rng.normal(size=(n_rows, 1)) + 0.05 * rng.normal(size=(n_rows, len(place)))
    if n_classes > 1:
        curves = curves[..., None] * np.arange(1, n_classes + 1)
    nearest = rng.integers(0, len(place), n_rows)
    spread = curves.std(axis=0, ddof=1) if n_rows > 1 else np.full(curves.shape[1:], np.nan)
    return Effect(
        column=column,
        kind=kind,  # type: ignore[arg-type]
        grid=grid,
        place=place,
        mean=curves.mean(axis=0),
        error_std=spread / np.sqrt(n_rows),
        curves=None if ale else curves,
        counts=np.bincount(nearest, minlength=len(place)),
        column_place=place[nearest],
        row_place=nearest,
        row_labels=np.arange(n_rows),
        output_names=("yes",) if n_classes == 1 else tuple(f"class {c}" for c in range(n_classes)),
        unit="log-odds",
        method="accumulated effects; categories in order of likeness" if ale else "partial dependence",
        seconds=0.4,
        notes=("3 rarer of 60 categories are left out.",),
    )


def loss_importance(columns=("age", "amount", "purpose")) -> LossImportance:
    """Values that fall off, the last below 0."""
    n = len(columns)
    values = 0.2 / np.arange(1, n + 1)
    values[-1] = -0.01
    error = np.full(n, 0.02)
    return LossImportance(
        feature_names=tuple(columns),
        values=values,
        error_std=error,
        orders_std=np.full(n, np.nan),
        lower_bounds=values - 2 * error,
        upper_bounds=values + 2 * error,
        order=np.arange(n),
        loss=0.5,
        base_loss=0.5 + float(values.sum()),
        unit="log-loss",
        n_rows=500,
        n_orders=1000,
        n_evaluations=1_400_000,
        seconds=12.0,
        method="SAGE",
        notes=("stopped after 500 of 900 rows, taken at random.",),
    )


def cohorts(columns=("age", "amount", "purpose"), *, n_classes: int = 1, names=("young", "old")) -> CohortComparison:
    """The first column differs, the others do not."""
    shape = (len(columns),) if n_classes == 1 else (len(columns), n_classes)
    a, b = np.zeros(shape), np.zeros(shape)
    a[0] = 1.25
    difference = Difference(a, b, np.full(shape, 0.1), np.full(shape, 0.01), np.full(shape, 30.0))
    outputs = ("yes",) if n_classes == 1 else tuple(f"class {c}" for c in range(n_classes))
    order = np.arange(len(columns))
    return CohortComparison(tuple(columns), difference, difference, order, 40, 60, names, outputs, "log-odds")
