"""From logits to probabilities, losses and metrics: what tasks of classes and of numbers have in common.

The metrics themselves, of probabilities and predictions, are in `metrics`; here they are asked of logits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab import metrics
from lepton_lab.metrics import Metric

if TYPE_CHECKING:
    import jax


def binary_probability(logits: np.ndarray) -> np.ndarray:
    """Probability of the negative and of the positive class `(row, 2)`, of log-odds `(row, 1)`."""
    z = np.asarray(logits, np.float64).reshape(len(logits))
    e = np.exp(-np.abs(z))
    larger, smaller = 1 / (1 + e), e / (1 + e)
    return np.stack([np.where(z > 0, smaller, larger), np.where(z > 0, larger, smaller)], axis=1)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities `(row, class)` of logits, one a class."""
    z = np.asarray(logits, np.float64)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(raw: jax.Array, targets: jax.Array) -> jax.Array:
    """Loss of each row in nats: logits `(row, class)` and the index of its class `(row,)` to `(row,)`."""
    import jax
    import jax.numpy as jnp

    chosen = jnp.take_along_axis(raw, targets[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(raw, axis=-1) - chosen


def _classes(name: str, link: Any, *, higher: bool, label: str, decides: bool = False) -> Metric:
    """A metric of probabilities, as one of logits."""
    function = getattr(metrics, name)

    def of_logits(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> metrics.Score:
        return function(y, link(logits), weights)

    return Metric(name, of_logits, higher, label, decides)


def _number(name: str, *, higher: bool, label: str) -> Metric:
    """A metric of a number, as one of logits `(row, 1)`."""
    function = getattr(metrics, name)

    def of_logits(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> metrics.Score:
        return function(y, np.asarray(logits, np.float64).reshape(len(logits)), weights)

    return Metric(name, of_logits, higher, label)


def _of_classes(link: Any) -> dict[str, Metric]:
    found = (
        _classes("auc", link, higher=True, label="AUC"),
        _classes("average_precision", link, higher=True, label="average precision"),
        _classes("log_loss", link, higher=False, label="log loss"),
        _classes("brier", link, higher=False, label="Brier score"),
        _classes("calibration_error", link, higher=False, label="calibration error"),
        _classes("accuracy", link, higher=True, label="accuracy", decides=True),
        _classes("balanced_accuracy", link, higher=True, label="balanced accuracy", decides=True),
        _classes("f1", link, higher=True, label="F1", decides=True),
    )
    return {metric.name: metric for metric in found}


BINARY = _of_classes(binary_probability)
MULTICLASS = _of_classes(softmax)
REGRESSION = {
    metric.name: metric
    for metric in (
        _number("rmse", higher=False, label="RMSE"),
        _number("mae", higher=False, label="mean absolute error"),
        _number("r2", higher=True, label="R²"),
        _number("median_absolute_error", higher=False, label="median absolute error"),
    )
}
