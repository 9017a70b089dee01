"""How good predictions are: pure functions of `(y, prediction, weights)`, and their intervals.

Classes: `y` is the class index `(row,)` and the prediction is the probability `(row, class)`.
Numbers: both are `(row,)`. Nothing here knows of tasks, logits or frames. Where a metric is not
defined (one class only), it is NaN, never an error: a fold or a resample may be like that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

Rows = Num[np.ndarray, " row"]
Probability = Float[np.ndarray, "row class"]
Weights = Num[np.ndarray, " row"] | None


@dataclass(frozen=True)
class Metric:
    """A named metric of logits.

    Args:
        name: what `metric=` takes.
        function: `(y, logits, weights) -> float`.
        higher_is_better: the direction.
        label: what tables show.
        decides: it counts decisions, so it depends on the threshold.
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]
    higher_is_better: bool
    label: str
    decides: bool = False

    def __call__(self, y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> float:
        """The metric of these rows."""
        return self.function(y, logits, weights)

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


def auc(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Area under the ROC curve; for several classes the mean over one-against-rest."""
    return _one_against_rest(_ranked_auc, y, probability, weights)


def average_precision(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Area under the precision-recall steps; for several classes the mean over one-against-rest."""
    return _one_against_rest(_step_precision, y, probability, weights)


def log_loss(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Mean negative log-likelihood, in nats; probabilities are clipped at 1e-15."""
    chosen = np.clip(_of_class(probability, y), 1e-15, 1.0)
    return _mean(-np.log(chosen), weights)


def brier(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Mean squared error of the probabilities: of the positive class, or summed over several classes."""
    truth = np.eye(probability.shape[1])[y.astype(int)]
    squared = (probability - truth) ** 2
    return _mean(squared[:, 1] if probability.shape[1] == 2 else squared.sum(axis=1), weights)


def accuracy(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Share of rows whose likeliest class is the true one."""
    return _mean((_decision(probability) == y).astype(float), weights)


def balanced_accuracy(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Mean over the classes present of the share that is found."""
    counts = confusion(y, _decision(probability), probability.shape[1], weights)
    present = counts.sum(axis=1) > 0
    if not present.any():
        return float("nan")
    return float(np.mean(np.diag(counts)[present] / counts.sum(axis=1)[present]))


def f1(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Harmonic mean of precision and recall: of the positive class, or the mean over several classes."""
    counts = confusion(y, _decision(probability), probability.shape[1], weights)
    total = counts.sum(axis=0) + counts.sum(axis=1)
    each = np.divide(2 * np.diag(counts), total, out=np.zeros(len(counts)), where=total > 0)
    return float(each[1] if len(counts) == 2 else each[counts.sum(axis=1) > 0].mean())


def calibration_error(y: Rows, probability: Probability, weights: Weights = None) -> float:
    """Mean distance between predicted and observed rate over ten bins of equal numbers of rows.

    For several classes the mean over one-against-rest. Equal-frequency bins, because equal-width
    ones are mostly empty where a class is rare.
    """
    return _one_against_rest(_binned_gap, y, probability, weights)


def rmse(y: Rows, prediction: Rows, weights: Weights = None) -> float:
    """Root of the mean squared error, in the target's unit."""
    return float(np.sqrt(_mean((y - prediction) ** 2, weights)))


def mae(y: Rows, prediction: Rows, weights: Weights = None) -> float:
    """Mean absolute error, in the target's unit."""
    return _mean(np.abs(y - prediction), weights)


def median_absolute_error(y: Rows, prediction: Rows, weights: Weights = None) -> float:
    """Median absolute error, in the target's unit; the weighted median where rows have weights."""
    return _weighted_median(np.abs(y - prediction), weights)


def r2(y: Rows, prediction: Rows, weights: Weights = None) -> float:
    """Share of the target's variance that is explained; NaN where the target is constant."""
    spread = _mean((y - _mean(y, weights)) ** 2, weights)
    return float("nan") if spread == 0 else 1 - _mean((y - prediction) ** 2, weights) / spread


def confusion(y: Rows, decision: Rows, n_classes: int, weights: Weights = None) -> Float[np.ndarray, "true decided"]:
    """Weight of the rows of each true class (rows) decided as each class (columns)."""
    flat = y.astype(int) * n_classes + decision.astype(int)
    counts = np.bincount(flat, _ones(y, weights), minlength=n_classes * n_classes)
    return counts.reshape(n_classes, n_classes).astype(float)


def bootstrap(
    metric: Callable[[np.ndarray, np.ndarray, np.ndarray | None], float],
    y: Num[np.ndarray, " row"],
    prediction: Num[np.ndarray, "row ..."],
    weights: Weights = None,
    *,
    n: int = 200,
    seed: int = 0,
) -> Estimate:
    """The metric with its 95 % percentile interval over `n` resamples of the rows.

    A resample is a vector of counts given to the metric as weights, so that any weighted metric
    sorts or bins its rows as one array and no row is copied. Above 20,000 rows fewer resamples
    are drawn, as the interval is narrow there.
    """
    value = float(metric(y, prediction, weights))
    if len(y) < 2 or np.isnan(value):
        return Estimate(value)
    rng = np.random.default_rng(seed)
    n = n if len(y) <= 20_000 else max(50, n // 4)
    drawn = np.array([metric(y, prediction, _resampled(rng, len(y), weights)) for _ in range(n)])
    drawn = drawn[~np.isnan(drawn)]
    if len(drawn) < n // 2:
        return Estimate(value)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def _resampled(rng: np.random.Generator, n_rows: int, weights: np.ndarray | None) -> np.ndarray:
    counts = np.bincount(rng.integers(0, n_rows, n_rows), minlength=n_rows).astype(float)
    return counts if weights is None else counts * weights


def _one_against_rest(
    function: Callable[[np.ndarray, np.ndarray, np.ndarray], float],
    y: np.ndarray,
    probability: np.ndarray,
    weights: np.ndarray | None,
) -> float:
    w = _ones(y, weights)
    if probability.shape[1] == 2:
        return function(y == 1, probability[:, 1], w)
    each = [function(y == k, probability[:, k], w) for k in range(probability.shape[1])]
    return float(np.nanmean(each)) if not np.all(np.isnan(each)) else float("nan")


def _ranked_auc(positive: np.ndarray, score: np.ndarray, w: np.ndarray) -> float:
    """Weighted Mann-Whitney: a tie counts half."""
    _, group = np.unique(score, return_inverse=True)
    above = np.bincount(group, w * positive)
    below = np.bincount(group, w * ~positive)
    pairs = above.sum() * below.sum()
    if pairs <= 0:
        return float("nan")
    return float(np.sum(above * (np.cumsum(below) - 0.5 * below)) / pairs)


def _step_precision(positive: np.ndarray, score: np.ndarray, w: np.ndarray) -> float:
    _, group = np.unique(-score, return_inverse=True)
    found = np.bincount(group, w * positive)
    taken = np.bincount(group, w)
    if found.sum() <= 0:
        return float("nan")
    precision = np.cumsum(found) / np.maximum(np.cumsum(taken), 1e-300)
    return float(np.sum(precision * found) / found.sum())


def _binned_gap(positive: np.ndarray, score: np.ndarray, w: np.ndarray) -> float:
    if w.sum() <= 0:
        return float("nan")
    order = np.argsort(score, kind="stable")
    before = np.cumsum(w[order]) - 0.5 * w[order]
    bins = np.minimum((10 * before / w.sum()).astype(int), 9)
    gap = np.bincount(bins, (w * (score - positive))[order], minlength=10)
    return float(np.abs(gap).sum() / w.sum())


def _weighted_median(values: np.ndarray, weights: np.ndarray | None) -> float:
    w = _ones(values, weights)
    if w.sum() <= 0:
        return float("nan")
    order = np.argsort(values)
    share = np.cumsum(w[order]) / w.sum()
    at = int(np.searchsorted(share, 0.5 - 1e-12))
    tied = abs(share[at] - 0.5) < 1e-12 and at + 1 < len(values)
    upper = at + 1 + int(np.argmax(w[order][at + 1 :] > 0)) if tied else at
    return float(0.5 * (values[order[at]] + values[order[upper]]))


def _decision(probability: np.ndarray) -> np.ndarray:
    """The likeliest class; at exactly one half the positive one."""
    if probability.shape[1] == 2:
        return (probability[:, 1] >= probability[:, 0]).astype(int)
    return probability.argmax(axis=1)


def _of_class(probability: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.take_along_axis(probability, y.astype(int)[:, None], axis=1)[:, 0]


def _mean(values: np.ndarray, weights: np.ndarray | None) -> float:
    w = _ones(values, weights)
    return float(np.sum(w * values) / w.sum()) if w.sum() > 0 else float("nan")


def _ones(y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    return np.ones(len(y)) if weights is None else weights.astype(float)
