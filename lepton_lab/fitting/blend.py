"""How much each member counts: weights found on rows that no member learned from.

Weights are at least 0, and pulled towards the simple average as strongly as a handful of rows would
pull: with few rows the average is kept unless a member is clearly better, with many the data decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lepton_lab.fitting.calibrate import mean_loss
from lepton_lab.quantiles import ROUND, Quantiles, rounded_pinball
from lepton_lab.tasks import Regression, Task, unit_of
from lepton_lab.trained import as_blended

# Weights below this are dropped: a member that hardly counts still costs its time at every prediction.
SMALLEST = 0.03
# Rows that the simple average counts for, against the rows at hand.
PRIOR_ROWS = 5.0


def fit_weights(members: Sequence[np.ndarray], y: np.ndarray, weights: np.ndarray | None, task: Task) -> np.ndarray:
    """Weights `(member,)`, at least 0, sum 1.

    Args:
        members: logits `(row, output)` of each member, on rows it did not learn from.
        y: class index, or the number.
        weights: of the rows, or None.
        task: what is predicted.
    """
    if len(members) == 1:
        return np.ones(1)
    stacked = np.stack([as_blended(task, z) for z in members])
    found = _minimised(stacked, y, weights, task)
    kept = found >= SMALLEST
    if not kept.all():
        found = np.zeros(len(members))
        found[kept] = _minimised(stacked[kept], y, weights, task) if kept.sum() > 1 else 1.0
    return found


def _minimised(stacked: np.ndarray, y: np.ndarray, weights: np.ndarray | None, task: Task) -> np.ndarray:
    """The weights on the simplex with the least penalised loss.

    For classes the logits' scale is free here (the temperature), so that a member's overconfidence
    is not taken for its lack of skill.
    """
    from scipy.optimize import minimize

    n = len(stacked)
    is_number = isinstance(task, (Regression, Quantiles))
    unit = task.scale**2 if isinstance(task, Regression) else unit_of(task)[1]
    pull = PRIOR_ROWS / stacked.shape[1]

    def loss(theta: np.ndarray) -> float:
        share, scale = theta[:n], (1.0 if is_number else theta[n])
        z = scale * np.tensordot(share, stacked, axes=1)
        value = _loss_of(z, y, weights, task) / unit if is_number else mean_loss(z, y, weights, task)
        return value + pull * float(np.sum((share - 1 / n) ** 2))

    start = np.append(np.full(n, 1 / n), [] if is_number else [1.0])
    bounds = [(0.0, 1.0)] * n + ([] if is_number else [(0.05, 20.0)])
    sums_to_one = {"type": "eq", "fun": lambda theta: theta[:n].sum() - 1}
    found = minimize(loss, start, method="SLSQP", bounds=bounds, constraints=[sums_to_one], options={"maxiter": 200})
    share = np.clip(found.x[:n], 0, None) if np.isfinite(found.x).all() else np.full(n, 1 / n)
    return share / share.sum()


def _loss_of(z: np.ndarray, y: np.ndarray, weights: np.ndarray | None, task: Task) -> float:
    """The loss of a number; of quantiles without its corner, at which a search by slopes would stop."""
    if not isinstance(task, Quantiles):
        return mean_loss(z, y, weights, task)
    each = rounded_pinball(y[:, None] - z, task.output_levels, ROUND * task.scale).mean(axis=1)
    return float(np.average(each, weights=weights))
