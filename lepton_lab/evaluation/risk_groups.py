"""Rows of a time to an event by predicted risk: what the model said would happen, and what did (Kaplan-Meier)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.censored.curves import hazard_at
from lepton_lab.censored.times import kaplan_meier
from lepton_lab.survival import Survival

NAMES = ("low risk", "middle risk", "high risk")
_POINTS = 61


@dataclass(frozen=True)
class RiskGroups:
    """Survival curves of a third of the rows each, from low to high risk.

    Args:
        names: of the groups.
        times: `(time,)`, from 0 as far as metrics look.
        predicted: `(group, time)`, mean of the rows' predicted survival.
        observed: `(group, time)`, Kaplan-Meier.
        low, high: `(group, time)`, 95 % bounds of the observed (Greenwood, on the log-log scale).
        count: rows of each group, or their weight (of mean 1).
    """

    names: tuple[str, ...]
    times: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray


def risk_groups(task: Survival, y: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> RiskGroups:
    """The thirds of rows by risk, predicted and observed.

    Args:
        task: of the rows.
        y: signed times.
        answers: the model's `(row, 1 + interval)`.
        weights: of the rows, of mean 1.
    """
    times = np.linspace(0, task.reach, _POINTS)
    shown = np.exp(-hazard_at(answers[:, 1:], np.array(task.edges), times))
    order = np.argsort(answers[:, 0], kind="stable")
    third = np.minimum(len(NAMES) * (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum(), 2.99)
    thirds = {name: order[third.astype(int) == k] for k, name in enumerate(NAMES)}
    known = {name: rows for name, rows in thirds.items() if weights[rows].sum() > 0}
    parts = list(known.values())
    seen = np.stack([np.stack(_observed(y[rows], weights[rows], times)) for rows in parts])
    return RiskGroups(
        tuple(known),
        times,
        predicted=np.stack([np.average(shown[rows], axis=0, weights=weights[rows]) for rows in parts]),
        observed=seen[:, 0],
        low=seen[:, 1],
        high=seen[:, 2],
        count=np.array([weights[rows].sum() for rows in parts]),
    )


def _observed(y: np.ndarray, weights: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kaplan-Meier with its 95 % bounds; NaN beyond the last row that was followed.

    Source: Greenwood 1926; Kalbfleisch and Prentice 1980, section 1.3, for the log-log scale.
    """
    curve = kaplan_meier(y, weights)
    shown = curve.at(times)[0]
    steps = np.append(1.0, curve.values[0])
    at_risk = np.array([weights[np.abs(y) >= t].sum() for t in curve.times])
    gone = 1 - np.divide(steps[1:], steps[:-1], out=np.ones(len(curve.times)), where=steps[:-1] > 0)
    terms = np.divide(gone, (1 - gone) * at_risk, out=np.zeros(len(gone)), where=(gone < 1) & (at_risk > 0))
    variance = np.append(0.0, np.cumsum(terms))[np.searchsorted(curve.times, times, side="right")]
    inside = (shown > 0) & (shown < 1)
    log = np.log(np.where(inside, shown, 0.5))
    half = np.where(inside, 1.96 * np.sqrt(variance) / -log, 0.0)
    low, high = shown ** np.exp(half), shown ** np.exp(-half)
    unseen = times > np.abs(y).max()
    return tuple(np.where(unseen, np.nan, part) for part in (shown, low, high))  # type: ignore[return-value]


def calibration_at_horizon(
    task: Survival, y: np.ndarray, answers: np.ndarray, weights: np.ndarray, n_bins: int = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Predicted chance of the event by the horizon, its Kaplan-Meier share, and weight, in bins of equal weight."""
    at = np.array([task.horizon])
    chance = 1 - np.exp(-hazard_at(answers[:, 1:], np.array(task.edges), at))[:, 0]
    order = np.argsort(chance, kind="stable")
    bins = (n_bins * (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum()).astype(int)
    parts = [order[bins == k] for k in range(n_bins)]
    # Where no row of a bin was followed so long, nothing was observed there.
    parts = [rows for rows in parts if len(rows) and weights[rows].sum() > 0 and np.abs(y[rows]).max() >= task.horizon]
    predicted = [np.average(chance[rows], weights=weights[rows]) for rows in parts]
    observed = [1 - kaplan_meier(y[rows], weights[rows]).at(at)[0, 0] for rows in parts]
    return np.array(predicted), np.array(observed), np.array([weights[rows].sum() for rows in parts])
