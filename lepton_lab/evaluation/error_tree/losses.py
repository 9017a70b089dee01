"""How wrong a model is about each row, for every task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.censored.times import events_of, times_of
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.survival import Survival

_LEAST = 1e-15


@dataclass(frozen=True)
class RowLosses:
    """Of each row.

    Args:
        name: of the loss, in words.
        loss: `(row,)`, at least 0, in `unit`.
        unit: of the loss.
        wrong: `(row,)`, whether its decision is wrong; None where nothing is decided.
        predicted, observed: `(row,)`, whose means a model that is right on average has equal.
        compared: what these two are.
    """

    name: str
    loss: np.ndarray
    unit: str
    wrong: np.ndarray | None
    predicted: np.ndarray
    observed: np.ndarray
    compared: str


def row_losses(rows: EvaluatedRows) -> RowLosses:
    """How wrong the model is about each row: log loss, absolute error, or the deviance of a time to an event."""
    task = rows.model.task
    if isinstance(task, Survival):
        return _of_times(task, rows)
    if not task.classes:
        predicted = np.asarray(rows.logits[:, 0], np.float64)
        error = np.abs(rows.y - predicted)
        return RowLosses("absolute error", error, task.unit, None, predicted, rows.y.astype(float), "mean")
    probability, y = rows.probability, rows.y.astype(int)
    chosen = np.take_along_axis(probability, y[:, None], axis=1)[:, 0]
    decided = rows.model.decide(probability, rows.threshold)
    loss = -np.log(np.clip(chosen, _LEAST, 1.0))
    if len(task.classes) == 2:
        told = probability[:, 1], (y == 1).astype(float), f"share of {task.classes[1]}"
    else:
        told = probability.max(axis=1), (probability.argmax(axis=1) == y).astype(float), "share of the likeliest class"
    return RowLosses("log loss", loss, "nats", decided != y, *told)


def _of_times(task: Survival, rows: EvaluatedRows) -> RowLosses:
    """The deviance of each row's event as a Poisson count, of which its cumulative hazard is the expectation.

    Source: Therneau, Grambsch and Fleming 1990, Biometrika 77, equation 5.
    """
    happened, expected = events_of(rows.y).astype(float), _hazard(task, rows.logits[:, 1:], times_of(rows.y))
    expected = np.maximum(expected, _LEAST)
    deviance = 2 * (expected - happened - happened * np.log(expected))
    return RowLosses("deviance", deviance, "nats", None, expected, happened, "events")


def _hazard(task: Survival, hazards: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Each row's cumulative hazard `(row, interval)` at its own time, straight between the edges."""
    edges = np.append(0.0, task.edges)
    whole = np.concatenate([np.zeros((len(times), 1)), hazards], axis=1)
    k = np.clip(np.searchsorted(edges, times) - 1, 0, len(edges) - 2)
    share = np.clip((times - edges[k]) / (edges[k + 1] - edges[k]), 0.0, 1.0)
    row = np.arange(len(times))
    return whole[row, k] + share * (whole[row, k + 1] - whole[row, k])
