"""Censored times as one signed number a row, and the classical estimates of how they are spread.

A row's `y` is its time, negative where the row was censored (the event had not happened when it was last
seen); its sign bit is what counts, so that a row censored at once is -0.0. One number a row, as XGBoost and
others write it: splits, folds and resamples treat it like any target.

Estimates take weights of many resamples at once, `(resample, row)`, as `metrics` does, and answer with one
row each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Num

Rows = Float[np.ndarray, " row"]


def signed(times: Num[np.ndarray, " row"], event: Num[np.ndarray, " row"] | Bool[np.ndarray, " row"]) -> Rows:
    """Times and whether the event happened, as one number a row.

    Example:
        >>> signed(np.array([3.0, 5.0]), np.array([1, 0]))
        array([ 3., -5.])
    """
    return np.copysign(np.asarray(times, np.float64), np.where(event, 1.0, -1.0))


def times_of(y: Num[np.ndarray, " row"]) -> Rows:
    """The time of each row: of the event, or when it was last seen."""
    return np.abs(np.asarray(y, np.float64))


def events_of(y: Num[np.ndarray, " row"]) -> Bool[np.ndarray, " row"]:
    """Whether the event happened to each row."""
    return ~np.signbit(np.asarray(y, np.float64))


@dataclass(frozen=True)
class Steps:
    """Functions that jump at some times, one a resample: continuous from the right.

    Args:
        times: `(step,)`, rising, where they jump.
        values: `(resample, step)`, from that time on.
        before: the value before the first jump.
    """

    times: np.ndarray
    values: np.ndarray
    before: float

    def at(self, times: Num[np.ndarray, " time"], *, just_before: bool = False) -> Float[np.ndarray, "resample time"]:
        """Values at some times, or just before them."""
        at = np.searchsorted(self.times, times, side="left" if just_before else "right")
        first = np.full((len(self.values), 1), self.before)
        return np.concatenate([first, self.values], axis=1)[:, at]


def kaplan_meier(y: Num[np.ndarray, " row"], weights: np.ndarray | None = None) -> Steps:
    """The share of rows that the event has not yet reached.

    Source: Kaplan and Meier 1958, JASA 53.
    """
    times, happened, at_risk = _counted(y, events_of(y), weights)
    return Steps(times, _product(happened, at_risk), 1.0)


def censoring(y: Num[np.ndarray, " row"], weights: np.ndarray | None = None) -> Steps:
    """The share of rows not yet censored, had the event not come first: Kaplan-Meier with the roles exchanged.

    At one and the same time events come first, so rows with an event then are no longer at risk of censoring.
    """
    event = events_of(y)
    times, left, at_risk = _counted(y, ~event, weights)
    _, happened, _ = _counted(y, event, weights)
    return Steps(times, _product(left, at_risk - happened), 1.0)


def nelson_aalen(y: Num[np.ndarray, " row"], weights: np.ndarray | None = None) -> Steps:
    """The cumulative hazard: of a row that is like all others together.

    Source: Aalen 1978, Annals of Statistics 6.
    """
    times, happened, at_risk = _counted(y, events_of(y), weights)
    rate = np.divide(happened, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    return Steps(times, np.cumsum(rate, axis=1), 0.0)


def many(weights: np.ndarray | None, n_rows: int) -> Float[np.ndarray, "resample row"]:
    """Weights as `(resample, row)`: one resample where they are `(row,)` or None."""
    return np.ones((1, n_rows)) if weights is None else np.atleast_2d(weights).astype(float)


def _counted(
    y: np.ndarray, marked: np.ndarray, weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different times; the weight of marked rows at each, and of all rows at or after it."""
    time = times_of(y)
    order = np.argsort(time, kind="stable")
    ordered = time[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(y) else np.zeros(0, int)
    w = many(weights, len(y))[:, order]
    passed = np.add.reduceat(w, starts, axis=1) if len(y) else np.zeros((len(w), 0))
    at_risk = np.cumsum(passed[:, ::-1], axis=1)[:, ::-1]
    return ordered[starts], np.add.reduceat(w * marked[order], starts, axis=1) if len(y) else passed, at_risk


def _product(happened: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    gone = np.divide(happened, at_risk, out=np.zeros_like(at_risk), where=at_risk > 1e-12)
    return np.cumprod(np.clip(1 - gone, 0, 1), axis=1)
