"""How good predictions are: pure functions of `(y, prediction, weights)`, and their intervals.

Classes: `y` is the class index `(row,)` and the prediction is the probability `(row, class)`.
Numbers: both are `(row,)`. Nothing here knows of tasks, logits or frames. Where a metric is not
defined (one class only), it is NaN, never an error: a fold or a resample may be like that.

Weights may be many at once, `(resample, row)`: the answer is then `(resample,)`, and rows are sorted
only once. The bootstrap lives on that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

Rows = Num[np.ndarray, " row"]
Probability = Float[np.ndarray, "row class"]
Weights = Num[np.ndarray, "*resample row"] | None
Score = float | Float[np.ndarray, " resample"]
RESAMPLES = 200
"""Resamples of the rows that intervals rest on; fewer on large tables."""


@dataclass(frozen=True)
class Metric:
    """A named metric of logits.

    Args:
        name: what `metric=` takes.
        function: `(y, logits, weights)` to a number, or to one a resample for weights `(resample, row)`.
        higher_is_better: the direction.
        label: what tables show.
        decides: it counts decisions, so it depends on the threshold.
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray, np.ndarray | None], Score]
    higher_is_better: bool
    label: str
    decides: bool = False

    def __call__(self, y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> float:
        """The metric of these rows."""
        return float(self.function(y, logits, weights))

    def better(self, one: float, other: float) -> bool:
        """Whether `one` is better than `other`; any number is better than NaN."""
        if np.isnan(one) or np.isnan(other):
            return bool(np.isnan(other) and not np.isnan(one))
        return one > other if self.higher_is_better else one < other


@dataclass(frozen=True)
class Estimate:
    """A measured value with its 95 % interval; without one, `low` and `high` are NaN."""

    value: float
    low: float = float("nan")
    high: float = float("nan")

    def __str__(self) -> str:
        if np.isnan(self.low):
            return f"{self.value:.4g}"
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


def auc(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Area under the ROC curve; for several classes the mean over one-against-rest."""
    return _one_against_rest(_ranked_auc, y, probability, weights)


def average_precision(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Area under the precision-recall steps; for several classes the mean over one-against-rest."""
    return _one_against_rest(_step_precision, y, probability, weights)


def log_loss(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Mean negative log-likelihood, in nats; probabilities are clipped at 1e-15."""
    chosen = np.take_along_axis(probability, y.astype(int)[:, None], axis=1)[:, 0]
    return _mean(-np.log(np.clip(chosen, 1e-15, 1.0)), weights)


def brier(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Mean squared error of the probabilities: of the positive class, or summed over several classes."""
    truth = np.eye(probability.shape[1])[y.astype(int)]
    squared = (probability - truth) ** 2
    return _mean(squared[:, 1] if probability.shape[1] == 2 else squared.sum(axis=1), weights)


def accuracy(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Share of rows whose likeliest class is the true one."""
    return _mean((_decision(probability) == y).astype(float), weights)


def balanced_accuracy(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Mean over the classes present of the share that is found."""
    counts = _confusion(y, _decision(probability), probability.shape[1], _many(y, weights))
    of_class = counts.sum(axis=2)
    found = np.divide(
        np.diagonal(counts, axis1=1, axis2=2), of_class, out=np.full(of_class.shape, np.nan), where=of_class > 0
    )
    n_present = (of_class > 0).sum(axis=1)
    mean = np.divide(np.nansum(found, axis=1), n_present, out=np.full(len(counts), np.nan), where=n_present > 0)
    return _as_asked(mean, weights)


def f1(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Harmonic mean of precision and recall: of the positive class, or the mean over several classes."""
    counts = _confusion(y, _decision(probability), probability.shape[1], _many(y, weights))
    total = counts.sum(axis=1) + counts.sum(axis=2)
    each = np.divide(2 * np.diagonal(counts, axis1=1, axis2=2), total, out=np.zeros(total.shape), where=total > 0)
    if probability.shape[1] == 2:
        return _as_asked(each[:, 1], weights)
    present = counts.sum(axis=2) > 0
    return _as_asked(np.where(present, each, 0).sum(axis=1) / np.maximum(present.sum(axis=1), 1), weights)


def calibration_error(y: Rows, probability: Probability, weights: Weights = None) -> Score:
    """Mean distance between predicted and observed rate over ten bins of equal numbers of rows.

    For several classes the mean over one-against-rest. Equal-frequency bins, because equal-width
    ones are mostly empty where a class is rare.
    """
    return _one_against_rest(_binned_gap, y, probability, weights)


def rmse(y: Rows, prediction: Rows, weights: Weights = None) -> Score:
    """Root of the mean squared error, in the target's unit."""
    return _mean((y - prediction) ** 2, weights) ** 0.5


def mae(y: Rows, prediction: Rows, weights: Weights = None) -> Score:
    """Mean absolute error, in the target's unit."""
    return _mean(np.abs(y - prediction), weights)


def median_absolute_error(y: Rows, prediction: Rows, weights: Weights = None) -> Score:
    """Median absolute error, in the target's unit; the weighted median where rows have weights."""
    error = np.abs(y - prediction).astype(float)
    order = np.argsort(error)
    passed = np.cumsum(_many(y, weights)[:, order], axis=1)
    half = passed[:, -1:] / 2
    margin = 1e-12 * passed[:, -1:]
    lower, upper = (passed >= half - margin).argmax(axis=1), (passed > half + margin).argmax(axis=1)
    middle = 0.5 * (error[order][lower] + error[order][upper])
    return _as_asked(np.where(half[:, 0] > 0, middle, np.nan), weights)


def r2(y: Rows, prediction: Rows, weights: Weights = None) -> Score:
    """Share of the target's variance that is explained; NaN where the target is constant."""
    w = _many(y, weights)
    # Centred first: squares of large numbers would lose the variance.
    centred = y - np.mean(y)
    first, second = _means(centred, w), _means(centred**2, w)
    spread = second - first**2
    error = _means((y - prediction) ** 2, w)
    share = 1 - np.divide(error, spread, out=np.full(len(w), np.nan), where=spread > 1e-12 * np.maximum(second, 1e-300))
    return _as_asked(share, weights)


def confusion(
    y: Rows, decision: Rows, n_classes: int, weights: Num[np.ndarray, " row"] | None = None
) -> Float[np.ndarray, "true decided"]:
    """Weight of the rows of each true class (rows) decided as each class (columns)."""
    return _confusion(y, decision, n_classes, _many(y, weights))[0]


def bootstrap(
    metric: Callable[[np.ndarray, np.ndarray, np.ndarray | None], Score],
    y: Num[np.ndarray, " row"],
    prediction: Num[np.ndarray, "row ..."],
    weights: Num[np.ndarray, " row"] | None = None,
    *,
    resamples: Num[np.ndarray, "resample row"] | None = None,
    seed: int = 0,
) -> Estimate:
    """The metric with its 95 % percentile interval over resamples of the rows.

    A resample is a vector of counts given to the metric as weights, all of them at once, so that rows
    are sorted or binned once and never copied. Several metrics of the same rows can share `resamples`.
    """
    value = float(metric(y, prediction, weights))
    if len(y) < 2 or np.isnan(value):
        return Estimate(value)
    many = draw_resamples(len(y), weights, seed=seed) if resamples is None else resamples
    return middle(value, np.asarray(metric(y, prediction, many)))


def middle(value: float, drawn: Float[np.ndarray, " resample"]) -> Estimate:
    """A value with the middle 95 % of what resamples give; without them where most are not defined."""
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or len(known) < max(1, len(drawn) // 2):
        return Estimate(value)
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def draw_resamples(
    n_rows: int, weights: Num[np.ndarray, " row"] | None = None, *, n: int = RESAMPLES, seed: int = 0
) -> Num[np.ndarray, "resample row"]:
    """Weights of many resamples `(resample, row)`: how often each row is drawn, times its own weight.

    Above 20,000 rows fewer resamples are drawn, as intervals are narrow there.
    """
    rng = np.random.default_rng(seed)
    n = resampled_cells(n_rows, n) // max(n_rows, 1)
    counts = np.stack([np.bincount(rng.integers(0, n_rows, n_rows), minlength=n_rows) for _ in range(n)])
    return counts.astype(float) if weights is None else counts * weights


def resampled_cells(n_rows: int, n: int = RESAMPLES) -> int:
    """How many numbers `draw_resamples` draws for so many rows: what a metric's interval costs."""
    return n_rows * (n if n_rows <= 20_000 else max(25, n * 20_000 // n_rows))


def _one_against_rest(
    function: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    y: np.ndarray,
    probability: np.ndarray,
    weights: np.ndarray | None,
) -> Score:
    w = _many(y, weights)
    if probability.shape[1] == 2:
        return _as_asked(function(y == 1, probability[:, 1], w), weights)
    each = np.stack([function(y == k, probability[:, k], w) for k in range(probability.shape[1])])
    known = ~np.isnan(each)
    total, n_known = np.where(known, each, 0).sum(axis=0), known.sum(axis=0)
    return _as_asked(np.divide(total, n_known, out=np.full(len(w), np.nan), where=n_known > 0), weights)


def _ranked_auc(positive: np.ndarray, score: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weighted Mann-Whitney: a tie counts half."""
    order, ends = _groups(score)
    above, below = _grouped(w, positive[order], order, ends)
    passed = np.cumsum(below, axis=1) - 0.5 * below
    pairs = above.sum(axis=1) * below.sum(axis=1)
    return np.divide((above * passed).sum(axis=1), pairs, out=np.full(len(w), np.nan), where=pairs > 0)


def _step_precision(positive: np.ndarray, score: np.ndarray, w: np.ndarray) -> np.ndarray:
    order, ends = _groups(-score)
    found, alarms = _grouped(w, positive[order], order, ends)
    right = np.cumsum(found, axis=1)
    precision = right / np.maximum(right + np.cumsum(alarms, axis=1), 1e-300)
    total = right[:, -1]
    return np.divide((precision * found).sum(axis=1), total, out=np.full(len(w), np.nan), where=total > 0)


def _groups(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in rising order, and where each run of equal scores starts."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _grouped(
    w: np.ndarray, positive: np.ndarray, order: np.ndarray, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of the positive and of the other rows in each run of equal scores, `(resample, run)`."""
    ordered = w[:, order]
    positives = np.add.reduceat(ordered * positive, starts, axis=1)
    return positives, np.add.reduceat(ordered, starts, axis=1) - positives


def _binned_gap(positive: np.ndarray, score: np.ndarray, w: np.ndarray) -> np.ndarray:
    order = np.argsort(score, kind="stable")
    ordered = w[:, order]
    total = ordered.sum(axis=1, keepdims=True)
    share = (np.cumsum(ordered, axis=1) - 0.5 * ordered) / np.maximum(total, 1e-300)
    bins = np.minimum((10 * share).astype(int), 9) + 10 * np.arange(len(w))[:, None]
    gaps = np.bincount(bins.ravel(), (ordered * (score - positive)[order]).ravel(), minlength=10 * len(w))
    missed = np.abs(gaps.reshape(len(w), 10)).sum(axis=1)
    return np.divide(missed, total[:, 0], out=np.full(len(w), np.nan), where=total[:, 0] > 0)


def _confusion(y: np.ndarray, decision: np.ndarray, n_classes: int, w: np.ndarray) -> np.ndarray:
    flat = y.astype(int) * n_classes + decision.astype(int)
    counts = np.stack([w[:, flat == cell].sum(axis=1) for cell in range(n_classes**2)], axis=1)
    return counts.reshape(len(w), n_classes, n_classes).astype(float)


def _decision(probability: np.ndarray) -> np.ndarray:
    """The likeliest class; at exactly one half the positive one."""
    if probability.shape[1] == 2:
        return (probability[:, 1] >= probability[:, 0]).astype(int)
    return probability.argmax(axis=1)


def mean(values: Rows, weights: Weights = None) -> Score:
    """The mean over rows, of a loss for example."""
    return _mean(values, weights)


def _mean(values: np.ndarray, weights: np.ndarray | None) -> Score:
    return _as_asked(_means(values, _many(values, weights)), weights)


def _means(values: np.ndarray, w: np.ndarray) -> np.ndarray:
    total = w.sum(axis=1)
    return np.divide(w @ values, total, out=np.full(len(w), np.nan), where=total > 0)


def _many(y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Weights as `(resample, row)`: one resample where they are `(row,)` or None."""
    return np.ones((1, len(y))) if weights is None else np.atleast_2d(weights).astype(float)


def _as_asked(values: np.ndarray, weights: np.ndarray | None) -> Score:
    """A number for weights of one kind, an array for many."""
    return values if weights is not None and weights.ndim == 2 else float(values[0])
