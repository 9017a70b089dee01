"""Slow, obvious versions of what is estimated from censored times: one row and one pair at a time."""

from __future__ import annotations

import math

import numpy as np


def concordance(time, event, risk, weight) -> float:
    """Harrell's: over all pairs whose order is known."""
    right = pairs = 0.0
    for i in range(len(time)):
        for j in range(len(time)):
            first = event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j]))
            if i != j and first:
                both = weight[i] * weight[j]
                pairs += both
                right += both * (1.0 if risk[i] > risk[j] else 0.5 if risk[i] == risk[j] else 0.0)
    return right / pairs if pairs else math.nan


def not_censored(time, event, weight, at, *, before: bool) -> float:
    """Kaplan-Meier of the censoring: events of a time leave before those censored at it."""
    chance = 1.0
    for t in sorted(set(time)):
        if t > at or (before and t == at):
            break
        at_risk = sum(w for s, d, w in zip(time, event, weight, strict=True) if s > t or (s == t and not d))
        left = sum(w for s, d, w in zip(time, event, weight, strict=True) if s == t and not d)
        chance *= 1 - left / at_risk if at_risk else 1.0
    return chance


def kaplan_meier(time, event, weight, at) -> float:
    """The share without the event after a time."""
    chance = 1.0
    for t in sorted(set(time)):
        if t <= at:
            at_risk = sum(w for s, w in zip(time, weight, strict=True) if s >= t)
            chance *= 1 - sum(w for s, d, w in zip(time, event, weight, strict=True) if s == t and d) / at_risk
    return chance


def brier(time, event, survival, at, weight) -> float:
    """Graf's, with weights by the inverse chance of not being censored."""
    total = 0.0
    for t, d, s, w in zip(time, event, survival, weight, strict=True):
        if t <= at and d:
            total += w * s**2 / not_censored(time, event, weight, t, before=True)
        elif t > at:
            total += w * (1 - s) ** 2 / not_censored(time, event, weight, at, before=False)
    return total / sum(weight)


def auc(time, event, survival, at, weight) -> float:
    """Uno's: each case weighs by the inverse chance of not being censored before its time."""
    right = pairs = 0.0
    for i in range(len(time)):
        for j in range(len(time)):
            if event[i] and time[i] <= at < time[j]:
                both = weight[i] * weight[j] / not_censored(time, event, weight, time[i], before=True)
                pairs += both
                right += both * (1.0 if survival[i] < survival[j] else 0.5 if survival[i] == survival[j] else 0.0)
    return right / pairs if pairs else math.nan


def cox_by_newton(x: np.ndarray, time: np.ndarray, event: np.ndarray, steps: int = 30) -> np.ndarray:
    """Coefficients that maximise Cox's partial likelihood (no ties), by Newton's method over all risk sets."""
    beta = np.zeros(x.shape[1])
    for _ in range(steps):
        gradient, curvature = np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
        for i in np.flatnonzero(event):
            at_risk = time >= time[i]
            share = np.exp(x[at_risk] @ beta)
            share /= share.sum()
            mean = share @ x[at_risk]
            gradient += x[i] - mean
            curvature += (x[at_risk].T * share) @ x[at_risk] - np.outer(mean, mean)
        beta += np.linalg.solve(curvature, gradient)
    return beta
