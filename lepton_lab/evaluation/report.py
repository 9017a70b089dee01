"""How good a model is on some rows: metrics with intervals, and the curves that pictures draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.errors import DataError
from lepton_lab.evaluation.costs import CostChoice, Costs, Judged, weigh_costs
from lepton_lab.evaluation.risk_groups import RiskGroups, calibration_at_horizon, risk_groups
from lepton_lab.fitting.scores import Board, leaderboard, trivial_logits, trivial_name
from lepton_lab.metrics import Estimate, confusion
from lepton_lab.survival import Survival
from lepton_lab.tasks import ClassValue, Task, answers
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
        predicted: mean predicted probability (of the likeliest class where there are several; of the event by the
            horizon) or number.
        observed: share of rows of that class (or with the event, by Kaplan-Meier), or mean of the number.
        count: rows in the bin; their weight, where rows have weights (of mean 1).
    """

    predicted: np.ndarray
    observed: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class Histogram:
    """Rows, or their weight, `(class, bin)` (one row for a number) between `edges` `(bin + 1,)`."""

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
        confusion: rows, or their weight, `(true class, decided class)`; None for regression.
        roc: false alarms against found positives; two classes only.
        precision_recall: recall against precision; two classes only.
        calibration: predicted against observed.
        scores: of probabilities by true class (positive, or likeliest); None for regression.
        residuals: regression only.
        note: which rows these are, and whether they are weighted: in every figure and every curve.
        costs: the threshold for the costs that were given; None without.
        ahead: for each of the others, the blend's metric minus its, with the paired 95 % interval; not of decisions.
        risks: thirds of the rows by risk, predicted and observed; of a time to an event only.
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
    costs: CostChoice | None = None
    ahead: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    risks: RiskGroups | None = None

    @property
    def classes(self) -> tuple[ClassValue, ...]:
        """The user's own class values; empty for regression."""
        return self.task.classes

    def __repr__(self) -> str:
        lines = [f"Evaluation of {self.target!r} on {self.n_rows:,} rows ({self.note})"]
        lines += [f"  {self.task.metrics[name].label:<22} {estimate}" for name, estimate in self.metrics.items()]
        if self.threshold is not None:
            lines.append(f"  threshold {self.threshold:.3g}: {self.threshold_note}")
        if self.costs is not None:
            lines.append(f"  for these costs {self.costs.threshold:.3g}: {self.costs.cost} a row; {self.costs.note}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Known:
    """What training knows of the rows it held out.

    Args:
        logits: the model's, `(row, output)`; of a time to an event its answers.
        threshold: that decides each row, chosen on the other folds; None for the model's own.
        weights: that the metrics count each row with; None for equal ones.
    """

    logits: np.ndarray
    threshold: np.ndarray | None = None
    weights: np.ndarray | None = None


def evaluate_rows(
    model: TrainedModel, table: Table, *, known: Known | None = None, costs: Costs | None = None
) -> Evaluation:
    """Measure a model on the rows of a table.

    Args:
        model: a trained model.
        table: rows with their target; its weights count in every figure and curve.
        known: of rows held out of training: their figures are those of the training.
        costs: of wrong decisions; None leaves their choice out.

    Raises:
        DataError: there are no rows.
    """
    if not table.n_rows:
        raise DataError("the frame has no rows to evaluate on. Give the rows with their target: ll.evaluate(model, df)")
    y, task = np.asarray(table.y), model.task
    x = model.encoder.encode(table)
    counted = table.weights if known is None else known.weights
    logits = answers(task, model.logits_x(x)) if known is None else known.logits
    threshold = None if known is None else known.threshold
    probability = task.probability(logits)
    held = Board(model.metrics, model.leaderboard, model.ahead)
    board = held if known else _leaderboard(model, x, y, logits, counted)
    note = model.metrics_note if known else "the frame given"
    return Evaluation(
        target=model.schema.target,
        task=task,
        n_rows=len(y),
        metrics=board.metrics,
        leaderboard=board.rows,
        ahead=board.ahead,
        threshold=model.threshold,
        threshold_note=model.threshold_note,
        **_drawn(model, y, probability, logits, threshold, counted),
        note=note if counted is None else f"{note}; rows count by their weights, in the curves too",
        costs=costs and _weighed(model, table, x, probability, threshold, counted, costs, known is not None),
    )


def _drawn(
    model: TrainedModel,
    y: np.ndarray,
    probability: np.ndarray,
    logits: np.ndarray,
    threshold: np.ndarray | None,
    counted: np.ndarray | None,
) -> dict[str, Any]:
    """What pictures draw: curves, counts and histograms, every row by its weight."""
    is_number, is_binary = not model.classes, len(model.classes) == 2
    w = np.ones(len(y)) if counted is None else counted / counted.mean()
    if isinstance(model.task, Survival):
        bins = CalibrationBins(*calibration_at_horizon(model.task, y, logits, w))
        undrawn = dict.fromkeys(("confusion", "roc", "precision_recall", "scores", "residuals"))
        return undrawn | {"calibration": bins, "risks": risk_groups(model.task, y, logits, w)}
    roc, precision_recall = _ranking_curves(y, probability[:, 1], w) if is_binary else (None, None)
    decided = None if is_number else model.decide(probability, threshold)
    return {
        "confusion": None if decided is None else confusion(y, decided, len(model.classes), w),
        "roc": roc,
        "precision_recall": precision_recall,
        "calibration": _calibration(y, logits[:, 0] if is_number else probability, w),
        "scores": None if is_number else _score_histogram(y, probability, w),
        "residuals": _residuals(y, logits[:, 0], w) if is_number else None,
    }


def _weighed(
    model: TrainedModel,
    table: Table,
    x: np.ndarray,
    probability: np.ndarray,
    threshold: np.ndarray | None,
    counted: np.ndarray | None,
    costs: Costs,
    is_held_out: bool,
) -> CostChoice:
    """The threshold for the costs: chosen on the rows held out of training, where those are others."""
    rows = Judged(probability[:, 1], np.asarray(table.y), counted, table.groups)
    held, apart = model.held_out, None
    if held is not None and not is_held_out and not _overlaps(x, model.encoder.encode(held.table)):
        apart = Judged(model.task.probability(held.logits)[:, 1], held.y, held.weights)
    assert model.threshold is not None
    now = model.threshold if threshold is None else threshold
    return weigh_costs(rows, costs, now, apart=apart, where="rows held out of training")


def _overlaps(x: np.ndarray, other: np.ndarray) -> bool:
    """Whether a row of one is a row of the other, too."""
    return not {row.tobytes() for row in x}.isdisjoint(row.tobytes() for row in other)


def _leaderboard(
    model: TrainedModel, x: np.ndarray, y: np.ndarray, logits: np.ndarray, counted: np.ndarray | None
) -> Board:
    """The blend, each member, and the best guess without a column, from these rows' own shares: a strict baseline."""
    task = model.task
    guess = np.broadcast_to(trivial_logits(y, counted, task), logits.shape)
    members = {name: answers(task, centred(z), of_member=True) for name, z in model.member_logits_x(x).items()}
    others = members | {trivial_name(task): guess}
    return leaderboard(task, y, logits, others, counted, threshold=model.threshold)


def _ranking_curves(y: np.ndarray, probability: np.ndarray, w: np.ndarray) -> tuple[Curve, Curve]:
    """ROC and precision-recall, a point at each threshold, thinned."""
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    found = np.cumsum(np.where(y[order] == 1, w[order], 0.0))[ends]
    alarms = np.cumsum(np.where(y[order] == 1, 0.0, w[order]))[ends]
    # Rows of weight 0 at the top are nothing yet: precision there is as of nothing, 1.
    precision = np.divide(found, found + alarms, out=np.ones(len(found)), where=found + alarms > 0)
    recall, alarms = found / (found[-1] or 1.0), alarms / (alarms[-1] or 1.0)
    kept = _thinned(len(ends))
    thresholds = ordered[ends][kept]
    roc = Curve(np.append(0.0, alarms[kept]), np.append(0.0, recall[kept]), np.append(1.0, thresholds))
    return roc, Curve(recall[kept], precision[kept], thresholds)


def _thinned(n: int) -> np.ndarray:
    """At most so many positions, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(int))


def _calibration(y: np.ndarray, prediction: np.ndarray, w: np.ndarray) -> CalibrationBins:
    """Bins of equal weight; those are of equal numbers of rows where rows weigh the same."""
    if prediction.ndim == 1:
        predicted, observed = prediction, y.astype(float)
    elif prediction.shape[1] == 2:
        predicted, observed = prediction[:, 1], (y == 1).astype(float)
    else:
        predicted, observed = prediction.max(axis=1), (prediction.argmax(axis=1) == y).astype(float)
    order = np.argsort(predicted, kind="stable")
    passed = np.cumsum(w[order]) - 0.5 * w[order]
    of_row = np.minimum((_BINS * passed / w.sum()).astype(int), _BINS - 1)
    count, first, second = (np.bincount(of_row, v[order], minlength=_BINS) for v in (w, w * predicted, w * observed))
    full = count > 0
    return CalibrationBins(first[full] / count[full], second[full] / count[full], count[full])


def _score_histogram(y: np.ndarray, probability: np.ndarray, w: np.ndarray) -> Histogram:
    scores = probability[:, 1] if probability.shape[1] == 2 else probability.max(axis=1)
    edges = np.linspace(0, 1, 2 * _BINS + 1)
    counts = [np.histogram(scores[y == k], edges, weights=w[y == k])[0] for k in range(probability.shape[1])]
    return Histogram(edges, np.stack(counts))


def _residuals(y: np.ndarray, predicted: np.ndarray, w: np.ndarray) -> Residuals:
    residual = y - predicted
    shown = np.random.default_rng(0).permutation(len(y))[:500]
    counts, edges = np.histogram(residual, 3 * _BINS, weights=w)
    return Residuals(predicted[shown], residual[shown], Histogram(edges, counts[None]))
