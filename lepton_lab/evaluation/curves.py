"""What is drawn of an evaluation: ROC, precision and recall, calibration, scores by class, residuals. Weights count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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


def ranking_curves(y: np.ndarray, probability: np.ndarray, w: np.ndarray) -> tuple[Curve, Curve]:
    """ROC and precision-recall, a point at each threshold, thinned."""
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    found = np.cumsum(np.where(y[order] == 1, w[order], 0.0))[ends]
    alarms = np.cumsum(np.where(y[order] == 1, 0.0, w[order]))[ends]
    # Rows of weight 0 at the top are nothing yet: precision there is as of nothing, 1.
    precision = np.divide(found, found + alarms, out=np.ones(len(found)), where=found + alarms > 0)
    recall, alarms = found / (found[-1] or 1.0), alarms / (alarms[-1] or 1.0)
    kept = thinned(len(ends))
    thresholds = ordered[ends][kept]
    roc = Curve(np.append(0.0, alarms[kept]), np.append(0.0, recall[kept]), np.append(1.0, thresholds))
    return roc, Curve(recall[kept], precision[kept], thresholds)


def thinned(n: int) -> np.ndarray:
    """At most so many positions, first and last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(int))


def calibration(y: np.ndarray, prediction: np.ndarray, w: np.ndarray) -> CalibrationBins:
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


def score_histogram(y: np.ndarray, probability: np.ndarray, w: np.ndarray) -> Histogram:
    """Rows by true class and by probability of the positive class, or of the likeliest."""
    scores = probability[:, 1] if probability.shape[1] == 2 else probability.max(axis=1)
    edges = np.linspace(0, 1, 2 * _BINS + 1)
    counts = [np.histogram(scores[y == k], edges, weights=w[y == k])[0] for k in range(probability.shape[1])]
    return Histogram(edges, np.stack(counts))


def residuals(y: np.ndarray, predicted: np.ndarray, w: np.ndarray) -> Residuals:
    """Truth minus prediction."""
    residual = y - predicted
    shown = np.random.default_rng(0).permutation(len(y))[:500]
    counts, edges = np.histogram(residual, 3 * _BINS, weights=w)
    return Residuals(predicted[shown], residual[shown], Histogram(edges, counts[None]))
