"""How good the blend and each of its members are, on rows kept out of training, beside a trivial guess."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lepton_lab.metrics import Estimate, bootstrap, draw_resamples
from lepton_lab.tasks import Regression, Task
from lepton_lab.trained import at_threshold

TRIVIAL = {"regression": "baseline: always the mean"}
_TRIVIAL_CLASS = "baseline: always the class shares"


def trivial_logits(y: np.ndarray, weights: np.ndarray | None, task: Task) -> np.ndarray:
    """The logits `(output,)` of the best guess that looks at no column."""
    if isinstance(task, Regression):
        return np.array([np.average(y, weights=weights)])
    counts = np.bincount(y, weights, minlength=len(task.classes)) + 1e-9
    log = np.log(counts / counts.sum())
    return np.array([log[1] - log[0]]) if task.n_outputs == 1 else log - log.mean()


def trivial_name(task: Task) -> str:
    """What the leaderboard calls that guess."""
    return TRIVIAL.get(task.name, _TRIVIAL_CLASS)


def score(
    task: Task,
    y: np.ndarray,
    logits: np.ndarray,
    weights: np.ndarray | None,
    *,
    threshold: np.ndarray | float | None = None,
    resamples: np.ndarray | None = None,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Every metric of the task with its 95 % bootstrap interval.

    Args:
        task: gives the metrics.
        y: class index, or the number.
        logits: `(row, output)`.
        weights: of the rows, or None.
        threshold: probability from which a row is called positive, one or one a row; None for 0.5.
        resamples: to share with other scores of the same rows; None draws them.
        seed: of the resamples.
    """
    decided = logits if threshold is None else at_threshold(logits, threshold)
    many = draw_resamples(len(y), weights, seed=seed) if resamples is None else resamples
    return {
        name: bootstrap(metric.function, y, decided if metric.decides else logits, weights, resamples=many)
        for name, metric in task.metrics.items()
    }


def leaderboard(
    task: Task, y: np.ndarray, by_name: Mapping[str, np.ndarray], weights: np.ndarray | None, *, seed: int = 0
) -> dict[str, dict[str, Estimate]]:
    """The metrics of several sets of logits of the same rows; decisions at even odds."""
    many = draw_resamples(len(y), weights, seed=seed)
    return {name: score(task, y, logits, weights, resamples=many) for name, logits in by_name.items()}
