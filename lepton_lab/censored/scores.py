"""How good predictions of censored times are: pure functions of `(y, prediction, weights)`.

`y` is signed time (see `times`). Whoever was censored before a time may or may not have had the event by
then: rows that are known count for those that are not, by the inverse of their chance of being known
(IPCW). That chance is estimated from the very rows that are measured, once for all their resamples.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Num

from lepton_lab import metrics
from lepton_lab.censored.times import Rows, censoring, events_of, many, times_of
from lepton_lab.metrics import Score

# Up to so many rows every pair is looked at in every resample.
FEW_ROWS = 1_000


def concordance(y: Num[np.ndarray, " row"], risk: Rows, weights: np.ndarray | None = None) -> Score:
    """Of pairs of rows whose order is known, the share in which the event came first to the higher risk.

    A pair is known where the row with the shorter time had the event, or both end at one time and only one
    of them had it. Equal risks count half; two events at one time are no pair. NaN without a pair.

    Resamples of more than 1,000 rows are counted to first order around their mean: what is left out is of
    the order of one over the number of rows, against a spread of one over its root.

    Source: Harrell, Califf, Pryor, Lee and Rosati 1982, JAMA 247.
    """
    w = many(weights, len(y))
    if len(y) <= FEW_ROWS:
        right, known = _all_pairs(y, np.asarray(risk, np.float64))
        found = [np.einsum("kr,kr->k", w @ pairs.T, w) for pairs in (right, known)]
    else:
        found = _first_order(y, np.asarray(risk, np.float64), w)
    above, pairs = found
    return _as_asked(np.divide(above, pairs, out=np.full(len(w), np.nan), where=pairs > 0), weights)


def _all_pairs(y: np.ndarray, risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`(row, row)`: how far the pair is in the right order, and whether it is known; the first row's event first."""
    time, event = times_of(y), events_of(y)
    known = event[:, None] & ((time[:, None] < time) | ((time[:, None] == time) & ~event))
    right = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
    return known * right, known.astype(float)


def _first_order(y: np.ndarray, risk: np.ndarray, w: np.ndarray) -> list[np.ndarray]:
    """Weight of the right and of the known pairs of each resample, straight around the mean weights."""
    base = w.mean(axis=0)
    slot = slots(y)
    found = []
    for scores in (risk, np.zeros(len(y))):
        first, second = _by_levels(slot, scores, base * events_of(y), base)
        # Equal scores count half everywhere, so that the known pairs are twice what no score finds.
        times = 1.0 if scores is risk else 2.0
        whole = float(base @ (first * events_of(y)))
        found.append(times * (w @ (first * events_of(y)) + w @ second - whole))
    return found


def slots(y: Num[np.ndarray, " row"]) -> np.ndarray:
    """Where each row stands in time, from 0: events first, then the rows censored at that same time."""
    pairs = np.stack([times_of(y), ~events_of(y)], axis=1)
    return np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)


def _by_levels(slot: np.ndarray, risk: np.ndarray, first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, ...]:
    """For each row, the `second` weight of later rows with lower risk, and the `first` of earlier ones with higher.

    Pairs are taken level by level of a binary tree over time, each sorted once: n log^2 n for all of them.
    """
    as_first, as_second = np.zeros(len(slot)), np.zeros(len(slot))
    order = np.argsort(risk, kind="stable")
    for level in range(int(slot.max(initial=0)).bit_length()):
        node, is_later = slot >> (level + 1), (slot >> level & 1).astype(bool)
        by_node = order[np.argsort(node[order], kind="stable")]
        nodes, risks, later = node[by_node], risk[by_node], is_later[by_node]
        new_node = np.concatenate([[True], nodes[1:] != nodes[:-1]])
        new_run = new_node | np.concatenate([[True], risks[1:] != risks[:-1]])
        # Each row's node, and its run of equal risks, as places in this order.
        nodes_at = np.append(np.flatnonzero(new_node), len(nodes))
        runs_at = np.append(np.flatnonzero(new_run), len(nodes))
        node_of, run_of = np.cumsum(new_node) - 1, np.cumsum(new_run) - 1
        lower = _passed(second[by_node] * later)
        higher = _passed(first[by_node] * ~later)
        below = 0.5 * (lower[runs_at[run_of]] + lower[runs_at[run_of + 1]]) - lower[nodes_at[node_of]]
        above = higher[nodes_at[node_of + 1]] - 0.5 * (higher[runs_at[run_of]] + higher[runs_at[run_of + 1]])
        as_first[by_node] += np.where(later, 0.0, below)
        as_second[by_node] += np.where(later, above, 0.0)
    return as_first, as_second


def _passed(weights: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(weights)])


def brier_at(
    y: Num[np.ndarray, " row"],
    survival: Float[np.ndarray, "row time"],
    times: Float[np.ndarray, " time"],
    weights: np.ndarray | None = None,
) -> Float[np.ndarray, "resample time"]:
    """Mean squared error of the probability of no event by each time; NaN where no row was followed so long.

    Source: Graf, Schmoor, Sauerbrei and Schumacher 1999, Statistics in Medicine 18, equation 3.
    """
    time, event, w = times_of(y), events_of(y), many(weights, len(y))
    at_own, at_times = _chances(y, w, times)
    over = (event[:, None] & (time[:, None] <= times)) * at_own[:, None]
    on = (time[:, None] > times) * at_times
    errors = w @ (over * survival**2 + on * (1 - survival) ** 2)
    total = w.sum(axis=1, keepdims=True)
    found = np.divide(errors, total, out=np.full(errors.shape, np.nan), where=total > 0)
    found[:, times > time.max(initial=-np.inf)] = np.nan
    return found


def integrated_brier(
    y: Num[np.ndarray, " row"],
    survival: Float[np.ndarray, "row time"],
    times: Float[np.ndarray, " time"],
    weights: np.ndarray | None = None,
) -> Score:
    """The mean of `brier_at` over the span of `times`, by trapezia; of those that the rows reach."""
    curve = brier_at(y, survival, times, weights)
    reached = ~np.isnan(curve).all(axis=0)
    times, curve = times[reached], curve[:, reached]
    if not len(times):
        return _as_asked(np.full(len(curve), np.nan), weights)
    if len(times) == 1:
        return _as_asked(curve[:, 0], weights)
    return _as_asked(np.trapezoid(curve, times, axis=1) / (times[-1] - times[0]), weights)


def brier_by(y: Num[np.ndarray, " row"], survival: Rows, time: float, weights: np.ndarray | None = None) -> Score:
    """`brier_at` of one time."""
    return _as_asked(brier_at(y, survival[:, None], np.array([time], np.float64), weights)[:, 0], weights)


def auc_by(y: Num[np.ndarray, " row"], survival: Rows, time: float, weights: np.ndarray | None = None) -> Score:
    """The chance that a row with the event by a time has the lower survival than one without (cumulative, dynamic).

    Source: Uno, Cai, Tian and Wei 2007, JASA 102; Hung and Chiang 2010, Canadian Journal of Statistics 38.
    """
    happened, w = known_by(y, time, weights)
    return _as_asked(np.atleast_1d(metrics.auc(happened, _two(survival), w)), weights)


def calibration_by(y: Num[np.ndarray, " row"], survival: Rows, time: float, weights: np.ndarray | None = None) -> Score:
    """Mean distance between the predicted chance of the event by a time and its rate, over ten bins."""
    happened, w = known_by(y, time, weights)
    return _as_asked(np.atleast_1d(metrics.calibration_error(happened, _two(survival), w)), weights)


def known_by(
    y: Num[np.ndarray, " row"], time: float, weights: np.ndarray | None = None
) -> tuple[Float[np.ndarray, " row"], Float[np.ndarray, "resample row"]]:
    """Whether the event came by a time, and weights that let known rows stand for those censored before it.

    All weights are 0 where no row was followed so long.
    """
    own, event, w = times_of(y), events_of(y), many(weights, len(y))
    happened, still = event & (own <= time), own > time
    at_own, at_time = _chances(y, w, np.array([time], np.float64))
    counts = (happened * at_own + still * at_time) * (own.max(initial=-np.inf) >= time)
    return happened.astype(float), w * counts


def _chances(y: np.ndarray, w: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One over the chance of not being censored: before each row's own time `(row,)`, and by some times."""
    chance = censoring(y, w.mean(axis=0))
    found = chance.at(times_of(y), just_before=True)[0], chance.at(times)[0]
    return tuple(np.divide(1.0, c, out=np.zeros_like(c), where=c > 0) for c in found)  # type: ignore[return-value]


def _two(survival: np.ndarray) -> np.ndarray:
    return np.stack([survival, 1 - survival], axis=1)


def _as_asked(values: np.ndarray, weights: np.ndarray | None) -> Score:
    return values if weights is not None and weights.ndim == 2 else float(values[0])
