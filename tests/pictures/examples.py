"""Small results, valid by their contracts, made without training anything."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from lepton_lab.explanation.explanation import Explanation
from lepton_lab.metrics import Estimate
from lepton_lab.tasks import Binary, Multiclass, Regression

COLUMNS = ("status_of_account", "duration_months", "credit_history", "purpose", "amount", "savings", "employed_since",
           "age", "housing", "existing_credits", "telephone", "foreign_worker", "property", "other_plans")  # fmt: skip
NASTY = ('<img src=x onerror="alert(1)">', "naïve 🐟 column & more", "</style><script>alert(2)</script>")


def explanation(
    n_rows: int = 200, *, exact: bool = False, columns=COLUMNS, n_classes: int = 1, seed: int = 0
) -> Explanation:
    """Values that fall off from column to column, with numbers, words, and missing values as data."""
    rng = np.random.default_rng(seed)
    n = len(columns)
    data = np.empty((n_rows, n), dtype=object)
    values = np.zeros((n_rows, n, n_classes))
    for j in range(n):
        z = rng.normal(size=n_rows)
        if j % 3 == 0:
            codes = rng.integers(0, 3, n_rows)
            data[:, j] = np.array(["no account", "below 200", "200 or more"], dtype=object)[codes]
            z = codes - 1.0
        else:
            data[:, j] = [float(round(36 + 12 * v)) if j % 2 else 3000.5 + 1000 * v for v in z]
            if j == 4:
                data[::9, j] = None
        values[:, j, :] = (0.9 / (j + 1) * (z + 0.3 * rng.normal(size=n_rows)))[:, None] * np.linspace(1, -1, n_classes)
    base = np.full((n_rows, n_classes), -0.85)
    prediction = base + values.sum(axis=1)
    error = np.zeros_like(values) if exact else np.abs(rng.normal(0.03, 0.01, values.shape))
    half = None if exact else rng.normal(0, 0.03, values.shape)
    drop = (lambda a: a[..., 0]) if n_classes == 1 else (lambda a: a)
    return Explanation(
        values=drop(values), base_values=drop(base), data=data, feature_names=tuple(columns), error_std=drop(error),
        exact=exact, prediction=drop(prediction),
        output_names=("yes",) if n_classes == 1 else tuple(f"class {c}" for c in range(n_classes)),
        unit="log-odds" if n_classes == 1 else "logits", row_labels=np.arange(n_rows), plan=np.arange(n_rows) % 16,
        method="decoupled walks, two a background row", n_evaluations=120_000, seconds=3.4,
        half_gap=None if half is None else drop(half), notes=(),
    )  # fmt: skip


def _estimates(auc: float, loss: float) -> dict[str, Estimate]:
    return {
        "auc": Estimate(auc, auc - 0.04, auc + 0.038), "log_loss": Estimate(loss, loss - 0.03, loss + 0.03),
        "brier": Estimate(loss / 3, loss / 3 - 0.01, loss / 3 + 0.01), "accuracy": Estimate(auc - 0.02, auc - 0.06, auc + 0.02),
    }  # fmt: skip


def history(n: int = 30, member: str = "network", fold: int | None = None, seed: int = 0) -> list:
    rng = np.random.default_rng(seed)
    records = []
    for i in range(n):
        records.append(progress(
            member=member, fold=fold, n_folds=None if fold is None else 5, epoch=float(i + 1), n_epochs=float(n), step=i * 50,
            train_loss=0.65 * np.exp(-i / 9) + 0.28, valid_loss=0.45 * np.exp(-i / 7) + 0.48 + 0.0015 * i + rng.normal(0, 0.004),
        ))  # fmt: skip
    return records


def progress(**changes) -> SimpleNamespace:
    base = dict(
        stage="network", member="network", fold=None, n_folds=None, epoch=3.0, n_epochs=64.0, step=150, train_loss=0.5,
        valid_loss=0.52, metric_name="auc", metric=0.77, best_metric=0.78, is_best=True, elapsed_s=4.2, remaining_s=51.0,
        compiling=False, message="",
    )  # fmt: skip
    return SimpleNamespace(**(base | changes))


def model(task=None, target: str = "bad", columns=COLUMNS) -> SimpleNamespace:
    """What the pictures read of a TrainedModel."""
    task = task or Binary("no", "yes")
    if task.name == "regression":
        scores = {m: {"rmse": Estimate(v, v * 0.95, v * 1.06), "mae": Estimate(v * 0.7, v * 0.66, v * 0.75), "r2": Estimate(0.7, 0.6, 0.8)}
                  for m, v in (("blend", 548.0), ("network", 563.0), ("linear", 1129.0), ("trees", 573.0), ("baseline: always the mean", 3989.0))}  # fmt: skip
    else:
        scores = {"blend": _estimates(0.793, 0.492), "network": _estimates(0.775, 0.511), "linear": _estimates(0.786, 0.503),
                  "trees": _estimates(0.773, 0.52), "baseline: always the mean": {"log_loss": Estimate(0.611, 0.58, 0.64), "auc": Estimate(0.5)}}  # fmt: skip
    return SimpleNamespace(
        schema=SimpleNamespace(target=target, inputs=tuple(SimpleNamespace(name=c) for c in columns)), task=task,
        classes=task.classes, metrics=scores["blend"], leaderboard=scores,
        metrics_note="nested out-of-fold over 800 rows, 200 bootstrap resamples",
        members=tuple(SimpleNamespace(name=n) for n in ("network", "linear", "trees")),
        blend=SimpleNamespace(weights=(0.31, 0.46, 0.23)), threshold=0.37 if task.name == "binary" else None,
        threshold_note="maximises balanced accuracy out of fold" if task.name == "binary" else "", config={},
        notes=("Stopped early: no better validation loss for 16 epochs.", "12 rows with a missing target were left out."),
        history=[r for fold in range(3) for r in history(fold=fold, seed=fold)] + history(80, "trees"),
    )  # fmt: skip


TASKS = {
    "binary": Binary("no", "yes"),
    "multiclass": Multiclass(("a", "b", "c")),
    "regression": Regression(3000.0, 900.0, "euro"),
}
