"""Figures of a ranking: pure functions of `(y, score, weights)`, as those of `lepton_lab.metrics`.

`y` says which rows are positive `(row,)`, rows with a higher score come first, rows with equal scores come together.
Weights may be many at once, `(resample, row)`: the answer then has a first axis of resamples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Num

Weights = Num[np.ndarray, "*resample row"] | None
Positive = Bool[np.ndarray, " row"]
Scores = Num[np.ndarray, " row"]
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Passed:
    """What lies at or above each distinct score, from the highest down.

    Args:
        scores: `(point,)`, distinct, falling.
        found: `(resample, point)`, weight of positive rows with at least that score.
        alarms: the same of the others.
    """

    scores: np.ndarray
    found: np.ndarray
    alarms: np.ndarray

    @property
    def positives(self) -> np.ndarray:
        """Weight of all positive rows, `(resample, 1)`."""
        return self.found[:, -1:]

    @property
    def negatives(self) -> np.ndarray:
        """Weight of all others, `(resample, 1)`."""
        return self.alarms[:, -1:]


def passed(y: Positive, score: Scores, weights: Weights = None) -> Passed:
    """Rows counted from the highest score down, rows of one score together."""
    w = np.ones((1, len(y))) if weights is None else np.atleast_2d(weights).astype(float)
    order = np.argsort(-np.asarray(score, float), kind="stable")
    ordered = np.asarray(score)[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    each = w[:, order]
    found = np.add.reduceat(each * y[order], starts, axis=1)
    alarms = np.add.reduceat(each, starts, axis=1) - found
    return Passed(ordered[starts], np.cumsum(found, axis=1), np.cumsum(alarms, axis=1))


def ks(y: Positive, score: Scores, weights: Weights = None) -> Float[np.ndarray, " resample"]:
    """Kolmogorov-Smirnov: the largest gap between the shares of positive and of other rows above a score.

    Source: Siddiqi 2006, Credit Risk Scorecards; the two-sample statistic of Smirnov 1939.
    """
    at = passed(y, score, weights)
    return np.abs(_share(at.found, at.positives) - _share(at.alarms, at.negatives)).max(axis=1)


def sensitivity_at(
    y: Positive, score: Scores, specificity: float, weights: Weights = None
) -> Float[np.ndarray, " resample"]:
    """Share of positive rows called at the lowest score that calls at most `1 - specificity` of the others."""
    at = passed(y, score, weights)
    within = _share(at.alarms, at.negatives) <= 1 - specificity + _ROUNDING
    return np.where(within, _share(at.found, at.positives), 0.0).max(axis=1)


def threshold_at(y: Positive, score: Scores, specificity: float, weights: Weights = None) -> float:
    """The lowest score that calls at most `1 - specificity` of the rows that are not positive; infinite for none."""
    at = passed(y, score, None if weights is None else np.atleast_2d(weights)[:1])
    within = np.flatnonzero(_share(at.alarms, at.negatives)[0] <= 1 - specificity + _ROUNDING)
    return float(at.scores[within[-1]]) if len(within) else float("inf")


def caught(
    y: Positive, score: Scores, budget: float, weights: Weights = None
) -> tuple[Float[np.ndarray, " resample"], Float[np.ndarray, " resample"]]:
    """Weight of positive rows among the first `budget` (weight of rows), and of all rows taken.

    Of the rows whose score the budget ends in, all are taken in part: what a draw among them gives on average.
    """
    at = passed(y, score, weights)
    every = at.found + at.alarms
    before = np.concatenate([np.zeros((len(every), 1)), every[:, :-1]], axis=1)
    size = every - before
    taken = np.clip(budget - before, 0, size)
    part = np.divide(taken, size, out=np.zeros(size.shape), where=size > 0)
    return (part * np.diff(at.found, axis=1, prepend=0)).sum(axis=1), taken.sum(axis=1)


def net_benefit(
    y: Positive, probability: Scores, thresholds: Float[np.ndarray, " threshold"], weights: Weights = None
) -> Float[np.ndarray, "resample threshold"]:
    """True positives a row, less false ones at the odds of the threshold: of calling rows from a probability on.

    Source: Vickers and Elkin 2006, Medical Decision Making 26, 565-574.
    """
    at = passed(y, probability, weights)
    places = np.searchsorted(-at.scores, -np.asarray(thresholds, float), side="right")
    none = np.zeros((len(at.found), 1))
    found, alarms = (np.concatenate([none, part], axis=1)[:, places] for part in (at.found, at.alarms))
    odds = thresholds / (1 - thresholds)
    return (found - odds * alarms) / (at.positives + at.negatives)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan), where=whole > 0)
