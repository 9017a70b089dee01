"""From blended logits to probabilities that hold: one temperature, one bias an output, and the threshold.

Affine in logits, so that calibration is part of the function that is explained. Pulled towards the
identity, so that few rows change little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.quantiles import Quantiles, conformal_shifts
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival
from lepton_lab.tasks import Regression, Task

# How far the logarithm of the temperature, and the biases, are believed to be from 0 beforehand.
_TEMPERATURE_SPREAD = 0.5
_BIAS_SPREAD = 1.0


@dataclass(frozen=True)
class Calibration:
    """`scale * z + bias`."""

    scale: float
    bias: np.ndarray

    def logits(self, z: np.ndarray) -> np.ndarray:
        """Calibrated logits."""
        return self.scale * z + self.bias


def fit_calibration(z: np.ndarray, y: np.ndarray, weights: np.ndarray | None, task: Task) -> Calibration:
    """The temperature and biases that make these rows likeliest; the identity for regression, of quantiles
    what makes each level hold.

    Args:
        z: blended logits `(row, output)` on rows that no member learned from.
        y: class index.
        weights: of the rows, or None.
        task: what is predicted.
    """
    from scipy.optimize import minimize

    n_outputs = task.n_outputs
    if isinstance(task, Regression):
        return Calibration(1.0, np.zeros(n_outputs))
    if isinstance(task, Quantiles):
        return Calibration(1.0, conformal_shifts(task, z, y, weights))

    if isinstance(task, Ranking):
        return _temperature(z, y, weights, task)

    spread = np.array([_TEMPERATURE_SPREAD] + [_BIAS_SPREAD] * n_outputs)

    def loss(theta: np.ndarray) -> float:
        calibrated = np.exp(theta[0]) * z + theta[1:]
        return mean_loss(calibrated, y, weights, task) + 0.5 * float(np.sum((theta / spread) ** 2)) / len(y)

    def slope(theta: np.ndarray) -> np.ndarray:
        pull = _loss_slopes(np.exp(theta[0]) * z + theta[1:], y, weights)
        return np.append(np.exp(theta[0]) * np.sum(pull * z), pull.sum(axis=0)) + theta / spread**2 / len(y)

    # Of one output differences are as quick, and times to an event have a loss of their own.
    found = minimize(
        loss, np.zeros(1 + n_outputs), jac=slope if n_outputs > 1 else None, method="L-BFGS-B",
        bounds=[(-3, 3)] + [(-10, 10)] * n_outputs,
    )  # fmt: skip
    return Calibration(float(np.exp(found.x[0])), found.x[1:].copy())


def _temperature(z: np.ndarray, y: np.ndarray, weights: np.ndarray | None, task: Ranking) -> Calibration:
    """The temperature alone: a bias for each of thousands of items is more than these rows can tell."""
    from scipy.optimize import minimize_scalar

    def loss(log_scale: float) -> float:
        pull = 0.5 * (log_scale / _TEMPERATURE_SPREAD) ** 2 / len(y)
        return mean_loss(np.exp(log_scale) * z, y, weights, task) + pull

    found = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-3})
    return Calibration(float(np.exp(found.x)), np.zeros(task.n_outputs))


def class_weight_bias(y: np.ndarray, weights: np.ndarray, task: Task) -> np.ndarray:
    """What members trained with class weights must be given back, `(output,)`.

    Weights of `w_k` a row multiply the odds of class k by `w_k`, so their logarithms are taken off again.
    """
    index = task.targets(y)
    n_classes = len(task.classes)
    mean = np.bincount(index, weights, n_classes) / np.maximum(np.bincount(index, minlength=n_classes), 1)
    log = np.log(np.maximum(mean, 1e-12))
    return np.array([log[0] - log[1]]) if task.n_outputs == 1 else log.mean() - log


def youden_threshold(probability: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> float:
    """The probability from which calling a row positive gives the highest balanced accuracy (Youden's J).

    It treats both classes' errors alike whatever their frequency, which 0.5 does not where one is rare.
    The threshold lies halfway between two predicted probabilities.
    """
    w = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    values, group = np.unique(probability, return_inverse=True)
    positive = np.bincount(group, w * (y == 1))
    negative = np.bincount(group, w * (y == 0))
    if positive.sum() <= 0 or negative.sum() <= 0:
        return 0.5
    # Threshold before each value: positives at or above it are found, negatives at or above are alarms.
    found = 1 - (np.cumsum(positive) - positive) / positive.sum()
    alarms = 1 - (np.cumsum(negative) - negative) / negative.sum()
    best = int(np.argmax(found - alarms))
    return float(values[0] if best == 0 else 0.5 * (values[best - 1] + values[best]))


def _loss_slopes(z: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Gradient of the mean log loss of several classes in the logits, `(row, output)`."""
    probability = np.exp(z - z.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    probability[np.arange(len(y)), y] -= 1
    w = np.ones(len(y)) if weights is None else weights
    return probability * (w / max(float(np.sum(w)), 1e-300))[:, None]


def mean_loss(z: np.ndarray, y: np.ndarray, weights: np.ndarray | None, task: Task) -> float:
    """Mean log loss in nats, mean squared error or pinball loss, of logits `(row, output)`."""
    if isinstance(task, Regression):
        each = (z[:, 0] - y) ** 2
    elif isinstance(task, Quantiles):
        each = task.losses(y, z)
    elif isinstance(task, Survival):
        each = task.losses(y, z[:, 0])
    elif task.n_outputs == 1:
        each = np.logaddexp(0, z[:, 0]) - (y == 1) * z[:, 0]
    else:
        top = z.max(axis=1)
        each = top + np.log(np.exp(z - top[:, None]).sum(axis=1)) - np.take_along_axis(z, y[:, None], axis=1)[:, 0]
    w = np.ones(len(each)) if weights is None else weights
    return float(np.sum(w * each) / max(float(np.sum(w)), 1e-300))
