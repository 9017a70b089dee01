"""How good a model is on some rows: metrics with intervals, and the curves that pictures draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.errors import DataError
from lepton_lab.fitting.scores import leaderboard, score, trivial_logits, trivial_name
from lepton_lab.metrics import Estimate, confusion
from lepton_lab.tasks import ClassValue, Task
from lepton_lab.trained import centred

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.trained import TrainedModel

# Curves are for eyes: more points than this are not seen, but make the picture heavy.
_MOST_POINTS = 200
_BINS = 10


@dataclass(frozen=True)
class Curve:
    """Points of a curve, in drawing order.

    Args:
        x, y: coordinates `(point,)`.
        thresholds: probability at each point, where it has one; else empty.
    """

    x: np.ndarray
    y: np.ndarray
    thresholds: np.ndarray


@dataclass(frozen=True)
class CalibrationBins:
    """Predicted against observed, in ten bins of equal numbers of rows.

    Args:
        predicted: mean predicted probability (of the likeliest class where there are several) or number.
        observed: share of rows of that class, or mean of the number.
        count: rows in the bin.
    """

    predicted: np.ndarray
    observed: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class Histogram:
    """Counts `(class, bin)` (one row for a number) between `edges` `(bin + 1,)`."""

    edges: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class Residuals:
    """A regression's errors: of at most 500 rows one by one, and their histogram over all.

    Args:
        predicted, residual: `(row,)`, prediction and truth minus prediction, in the target's unit.
        histogram: of the residuals.
    """

    predicted: np.ndarray
    residual: np.ndarray
    histogram: Histogram


@dataclass(frozen=True)
class Evaluation:
    """A model measured on some rows.

    Args:
        target: name of the target.
        task: what is predicted.
        n_rows: how many rows.
        metrics: by name, each with its 95 % interval.
        leaderboard: the same for the blend, each member and a trivial guess.
        threshold: probability from which a row is called positive; None unless there are two classes.
        threshold_note: how it was chosen.
        confusion: counts `(true class, decided class)`; None for regression.
        roc: false alarms against found positives; two classes only.
        precision_recall: recall against precision; two classes only.
        calibration: predicted against observed.
        scores: of probabilities by true class (positive, or likeliest); None for regression.
        residuals: regression only.
        note: which rows these are.
    """

    target: str
    task: Task
    n_rows: int
    metrics: Mapping[str, Estimate]
    leaderboard: Mapping[str, Mapping[str, Estimate]]
    threshold: float | None
    threshold_note: str
    confusion: np.ndarray | None
    roc: Curve | None
    precision_recall: Curve | None
    calibration: CalibrationBins
    scores: Histogram | None
    residuals: Residuals | None
    note: str

    @property
    def classes(self) -> tuple[ClassValue, ...]:
        """The user's own class values; empty for regression."""
        return self.task.classes

    def __repr__(self) -> str:
        lines = [f"Evaluation of {self.target!r} on {self.n_rows:,} rows ({self.note})"]
        lines += [f"  {self.task.metrics[name].label:<22} {estimate}" for name, estimate in self.metrics.items()]
        if self.threshold is not None:
            lines.append(f"  threshold {self.threshold:.3g}: {self.threshold_note}")
        return "\n".join(lines)


def evaluate_rows(
    model: TrainedModel,
    table: Table,
    *,
    logits: np.ndarray | None = None,
    how: str = "the frame given",
    threshold: np.ndarray | None = None,
) -> Evaluation:
    """Measure a model on the rows of a table.

    Args:
        model: a trained model.
        table: rows with their target.
        logits: the model's, `(row, output)`, where they are known: of rows held out of training.
        how: which rows these are; `test` or `out-of-fold` for held-out ones.
        threshold: that decides each row, where it is not the model's: chosen on the other folds.

    Raises:
        DataError: there are no rows.
    """
    if not table.n_rows:
        raise DataError("the frame has no rows to evaluate on. Give the rows with their target: ll.evaluate(model, df)")
    y, task, counted = np.asarray(table.y), model.task, table.weights
    held_out = logits is not None
    x = model.encoder.encode(table)
    if logits is None:
        logits = model.logits_x(x)
    probability = task.probability(logits)
    is_number, is_binary = not task.classes, len(task.classes) == 2
    roc, precision_recall = _ranking_curves(y, probability[:, 1]) if is_binary else (None, None)
    return Evaluation(
        target=model.schema.target,
        task=task,
        n_rows=len(y),
        metrics=model.metrics if held_out else score(task, y, logits, counted, threshold=model.threshold),
        leaderboard=model.leaderboard if held_out else _leaderboard(model, x, y, logits, counted),
        threshold=model.threshold,
        threshold_note=model.threshold_note,
        confusion=None if is_number else confusion(y, model.decide(probability, threshold), len(task.classes)),
        roc=roc,
        precision_recall=precision_recall,
        calibration=_calibration(y, logits[:, 0] if is_number else probability),
        scores=None if is_number else _score_histogram(y, probability),
        residuals=_residuals(y, logits[:, 0]) if is_number else None,
        note=model.metrics_note if held_out else how,
    )


def _leaderboard(
    model: TrainedModel, x: np.ndarray, y: np.ndarray, logits: np.ndarray, counted: np.ndarray | None
) -> dict[str, dict[str, Estimate]]:
    """The blend, each member, and the best guess without a column, from these rows' own shares: a strict baseline."""
    task = model.task
    guess = np.broadcast_to(trivial_logits(y, counted, task), logits.shape)
    members = {name: centred(z) for name, z in model.member_logits_x(x).items()}
    board = {"blend": score(task, y, logits, counted, threshold=model.threshold)}
    return board | leaderboard(task, y, members | {trivial_name(task): guess}, counted)


def _ranking_curves(y: np.ndarray, probability: np.ndarray) -> tuple[Curve, Curve]:
    """ROC and precision-recall, a point at each threshold, thinned."""
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    found, taken = np.cumsum(y[order] == 1)[ends], ends + 1.0
    n_positive, n_negative = max(found[-1], 1), max(len(y) - found[-1], 1)
    alarms = (taken - found) / n_negative
    recall, precision = found / n_positive, found / taken
    kept = _thinned(len(ends))
    thresholds = ordered[ends][kept]
    roc = Curve(np.append(0.0, alarms[kept]), np.append(0.0, recall[kept]), np.append(1.0, thresholds))
    return roc, Curve(recall[kept], precision[kept], thresholds)


def _thinned(n: int) -> np.ndarray:
    """At most so many positions, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(int))


def _calibration(y: np.ndarray, prediction: np.ndarray) -> CalibrationBins:
    if prediction.ndim == 1:
        predicted, observed = prediction, y.astype(float)
    elif prediction.shape[1] == 2:
        predicted, observed = prediction[:, 1], (y == 1).astype(float)
    else:
        predicted, observed = prediction.max(axis=1), (prediction.argmax(axis=1) == y).astype(float)
    parts = [part for part in np.array_split(np.argsort(predicted, kind="stable"), _BINS) if len(part)]
    return CalibrationBins(
        np.array([predicted[part].mean() for part in parts]),
        np.array([observed[part].mean() for part in parts]),
        np.array([len(part) for part in parts]),
    )


def _score_histogram(y: np.ndarray, probability: np.ndarray) -> Histogram:
    scores = probability[:, 1] if probability.shape[1] == 2 else probability.max(axis=1)
    edges = np.linspace(0, 1, 2 * _BINS + 1)
    counts = [np.histogram(scores[y == k], edges)[0] for k in range(probability.shape[1])]
    return Histogram(edges, np.stack(counts))


def _residuals(y: np.ndarray, predicted: np.ndarray) -> Residuals:
    residual = y - predicted
    shown = np.random.default_rng(0).permutation(len(y))[:500]
    counts, edges = np.histogram(residual, 3 * _BINS)
    return Residuals(predicted[shown], residual[shown], Histogram(edges, counts[None]))
