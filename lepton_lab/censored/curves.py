"""From one number a row to a survival curve: hazards that are constant between a few times.

    hazard of interval j = exp(level_j + slope_j * z)

With every slope 1 hazards are proportional. Slopes of their own let the number say more about early
events than about late ones, or less; as none is negative, curves of two rows never cross, and the order
of rows is the same at every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

from lepton_lab.censored.times import Rows, events_of, nelson_aalen, times_of

MOST_EDGES = 30
# Events that an interval is made of, so that its level is known to about a third.
EVENTS_AN_EDGE = 10
# How much neighbouring slopes pull at each other, and each slope at 1.
SMOOTH, PULL = 1.0, 0.5
SLOPES = (0.05, 5.0)
# Rows that levels and slopes are fitted on at most: two numbers an interval need no more.
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Curves:
    """How a number becomes hazards.

    Args:
        level, slope: `(interval,)`; slopes above 0.
    """

    level: tuple[float, ...]
    slope: tuple[float, ...]

    def cumulative(self, z: Rows) -> Float[np.ndarray, "row interval"]:
        """Cumulative hazards at the end of each interval."""
        each = np.array(self.level) + np.array(self.slope) * np.asarray(z, np.float64)[:, None]
        return np.cumsum(np.exp(np.clip(each, -60, 60)), axis=1)


def choose_edges(y: Num[np.ndarray, " row"]) -> tuple[float, ...]:
    """Ends of the intervals: quantiles of the times of events, and last the longest time seen."""
    time, event = times_of(y), events_of(y)
    n = int(np.clip(event.sum() // EVENTS_AN_EDGE, 1, MOST_EDGES))
    inner = np.quantile(time[event], np.arange(1, n + 1) / (n + 1), method="inverted_cdf") if event.any() else []
    last = float(time.max())
    edges = np.unique([edge for edge in inner if 0 < edge < last])
    return (*edges.tolist(), last)


def exposure(
    y: Num[np.ndarray, " row"], edges: Float[np.ndarray, " interval"]
) -> tuple[Float[np.ndarray, "row interval"], Float[np.ndarray, "row interval"]]:
    """The share of each interval that a row was followed, and whether its event fell into it."""
    time, event = times_of(y), events_of(y)
    low = np.concatenate([[0.0], edges[:-1]])
    followed = np.clip((time[:, None] - low) / (edges - low), 0, 1)
    interval = np.minimum(np.searchsorted(edges, time, side="left"), len(edges) - 1)
    happened = np.zeros(followed.shape)
    happened[np.arange(len(time)), interval] = event
    return followed, happened


def baseline_of(
    y: Num[np.ndarray, " row"], z: Rows, edges: Float[np.ndarray, " interval"], weights: Rows | None = None
) -> Float[np.ndarray, " interval"]:
    """The cumulative hazard, at each edge, of a row with z = 0: events over the hazard that was exposed to them.

    Source: Breslow 1972, JRSS B 34, in the discussion of Cox; with hazards constant in each interval.
    """
    followed, happened = exposure(y, edges)
    w = np.ones(len(y)) if weights is None else weights
    exposed = (w * np.exp(np.clip(z, -60, 60))) @ followed
    return np.cumsum(np.divide(w @ happened, exposed, out=np.zeros(len(edges)), where=exposed > 0))


def marginal(
    y: Num[np.ndarray, " row"], edges: Float[np.ndarray, " interval"], weights: Rows | None = None
) -> Float[np.ndarray, " interval"]:
    """The cumulative hazard of all rows together at each edge: what is known without any column."""
    return nelson_aalen(y, weights).at(edges)[0]


def fit_curves(
    y: Num[np.ndarray, " row"],
    z: Rows,
    edges: Float[np.ndarray, " interval"],
    weights: Rows | None = None,
) -> Curves:
    """The levels and slopes that make these rows likeliest, slopes drawn to their neighbours and to 1.

    Args:
        y: signed times of rows that `z` was not learned from.
        z: their log hazards.
        edges: ends of the intervals.
        weights: of the rows, or None.
    """
    from scipy.optimize import minimize

    rows = np.random.default_rng(0).permutation(len(y))[:MOST_ROWS]
    w = np.ones(len(rows)) if weights is None else np.asarray(weights, np.float64)[rows]
    z = np.asarray(z, np.float64)[rows]
    middle = float(w @ z / w.sum())
    centred, (followed, happened) = z - middle, exposure(y[rows], edges)
    n = len(edges)
    start = (w @ happened + 0.5) / ((w * np.exp(np.clip(centred, -30, 30))) @ followed + 0.5)

    def loss_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
        level, slope = theta[:n], theta[n:]
        log_hazard = level + slope * centred[:, None]
        expected = np.exp(np.minimum(log_hazard, 60)) * followed
        over = w[:, None] * (expected - happened)
        step, gap = np.diff(slope), slope - 1
        loss = float(w @ (expected - happened * log_hazard).sum(axis=1))
        loss += 0.5 * SMOOTH * n * float(step @ step) + 0.5 * PULL * float(gap @ gap)
        pull = PULL * gap + SMOOTH * n * (np.append(0, step) - np.append(step, 0))
        return loss, np.concatenate([over.sum(axis=0), centred @ over + pull])

    bounds = [(-30.0, 30.0)] * n + [SLOPES] * n
    found = minimize(
        loss_and_gradient, np.append(np.log(start), np.ones(n)), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 300},
    )  # fmt: skip
    level, slope = found.x[:n], found.x[n:]
    return Curves(tuple((level - slope * middle).tolist()), tuple(slope.tolist()))


def hazard_at(
    cumulative: Float[np.ndarray, "row interval"],
    edges: Float[np.ndarray, " interval"],
    times: Float[np.ndarray, " time"],
) -> Float[np.ndarray, "row time"]:
    """Cumulative hazards at any times up to the last edge; straight between edges, as hazards are constant there."""
    whole = np.concatenate([np.zeros((len(cumulative), 1)), cumulative], axis=1)
    ends = np.concatenate([[0.0], edges])
    upper = np.clip(np.searchsorted(ends, times, side="left"), 1, len(edges))
    share = np.clip((times - ends[upper - 1]) / (ends[upper] - ends[upper - 1]), 0, 1)
    return whole[:, upper - 1] * (1 - share) + whole[:, upper] * share


def time_of_hazard(
    cumulative: Float[np.ndarray, "row interval"], edges: Float[np.ndarray, " interval"], hazard: float
) -> Rows:
    """When each row's cumulative hazard reaches a value; infinite where it does not by the last edge."""
    whole = np.concatenate([np.zeros((len(cumulative), 1)), cumulative], axis=1)
    ends = np.concatenate([[0.0], edges])
    upper = np.clip((whole < hazard).sum(axis=1), 1, len(edges))
    rows = np.arange(len(whole))
    low, high = whole[rows, upper - 1], whole[rows, upper]
    share = np.divide(hazard - low, high - low, out=np.ones(len(whole)), where=high > low)
    reached = whole[:, -1] >= hazard
    return np.where(reached, ends[upper - 1] + np.clip(share, 0, 1) * (ends[upper] - ends[upper - 1]), np.inf)
