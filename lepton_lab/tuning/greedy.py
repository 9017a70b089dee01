"""An ensemble picked greedily: again and again the candidate that helps most, the same one as often as it helps.

Source: Caruana et al. 2004, "Ensemble selection from libraries of models". Ours starts from the default
    recipe's blend as one of the candidates, so it ends no worse than that on the rows it is picked on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_lab.fitting.calibrate import fit_calibration, youden_threshold
from lepton_lab.metrics import Metric
from lepton_lab.tasks import Task, are_shifted
from lepton_lab.trained import Blend, as_blended

_PICKS = 30
# A model of more parts predicts and explains slower, and the last parts hardly count.
MOST_MEMBERS = 6
_SMALLEST = 0.03


@dataclass(frozen=True)
class Judged:
    """Rows that judge, and how.

    Args:
        y: class index, or the number.
        counted: weights of the rows, or None.
        task: what is predicted.
        metric: that decides.
    """

    y: np.ndarray
    counted: np.ndarray | None
    task: Task
    metric: Metric

    def score(self, z: np.ndarray) -> float:
        """The metric of logits `(row, output)`, the larger the better."""
        value = self.metric(self.y, z, self.counted)
        if np.isnan(value):
            return -np.inf
        return value if self.metric.higher_is_better else -value


def pick_ensemble(candidates: Sequence[np.ndarray], default: Blend, judged: Judged) -> Blend:
    """The blend of the candidates that does best on the judged rows, calibrated.

    Args:
        candidates: logits `(row, output)` of each, the members of the default recipe first.
        default: their blend, by the default recipe.
        judged: the rows, and the metric.

    Returns:
        Weights of all candidates (most of them 0), temperature and biases. Never worse on these rows than `default`.
    """
    z = np.stack([as_blended(judged.task, each) for each in candidates])
    known = len(default.weights)
    start = replace(default, weights=np.concatenate([default.weights, np.zeros(len(z) - known)]))
    weights = _few(_picked(z, start, judged))
    blend = _calibrated(z, weights, judged)
    return blend if judged.score(blend.logits(list(z))) > judged.score(start.logits(list(z))) else start


def threshold_of(blend: Blend, candidates: Sequence[np.ndarray], judged: Judged) -> float | None:
    """The probability from which a row is called positive; None unless there are two classes."""
    if len(judged.task.classes) != 2:
        return None
    probability = judged.task.probability(blend.logits([as_blended(judged.task, z) for z in candidates]))[:, 1]
    return youden_threshold(probability, judged.y, judged.counted)


def _picked(z: np.ndarray, start: Blend, judged: Judged) -> np.ndarray:
    """Weights `(candidate,)`, sum 1, after the picks that scored best.

    Each candidate's temperature is put right first: an overconfident one should not be passed over for that.
    """
    scale = np.array([fit_calibration(each, judged.y, judged.counted, judged.task).scale for each in z])
    options = np.concatenate([(start.scale * np.tensordot(start.weights, z, axes=1))[None], scale[:, None, None] * z])
    # How much of the raw candidates is in each option: the blend's members, then one at a time.
    shares = np.vstack([start.scale * start.weights, np.diag(scale)])
    total, counts = np.zeros(z.shape[1:]), np.zeros(len(options))
    best, best_counts = -np.inf, counts
    for n in range(1, _PICKS + 1):
        scores = np.array([judged.score((total + option) / n) for option in options])
        pick = int(np.argmax(scores))
        total, counts = total + options[pick], counts + np.eye(len(options))[pick]
        if scores[pick] > best:
            best, best_counts = scores[pick], counts
    weights = best_counts @ shares
    return weights / weights.sum()


def _few(weights: np.ndarray) -> np.ndarray:
    """The weights without those that hardly count, and of the heaviest only so many."""
    kept = np.where(weights >= _SMALLEST, weights, 0.0)
    kept[np.argsort(-weights, kind="stable")[MOST_MEMBERS:]] = 0.0
    kept = weights if not kept.any() else kept
    return kept / kept.sum()


def _calibrated(z: np.ndarray, weights: np.ndarray, judged: Judged) -> Blend:
    found = fit_calibration(np.tensordot(weights, z, axes=1), judged.y, judged.counted, judged.task)
    return Blend(weights, found.scale, found.bias, shifts=are_shifted(judged.task))
