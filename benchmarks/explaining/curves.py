"""Error against seconds: what a method reached at each budget that was run, and the ratio of two such curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explaining.one_core import seconds_of


@dataclass(frozen=True)
class Point:
    """One budget, really run: cost a row (seconds or evaluations) and mean absolute error over mean absolute value."""

    budget: int
    cost: float
    error: float


@dataclass(frozen=True)
class Reference:
    """Values to compare with, and how far they may be off themselves (standard errors; 0 where exact)."""

    values: np.ndarray
    error_std: np.ndarray

    @property
    def error(self) -> float:
        """Its own error in the measure of `relative_error`, were it normal."""
        return float(np.sqrt(2 / np.pi) * self.error_std.mean() / np.abs(self.values).mean())


def relative_error(values: np.ndarray, reference: Reference) -> float:
    """Mean absolute error over mean absolute value, with the reference's own share taken off."""
    n = len(values)
    part = Reference(reference.values[:n], reference.error_std[:n])
    found = np.abs(values - part.values).mean() / np.abs(part.values).mean()
    return float(np.sqrt(max(found**2 - part.error**2, 0.0)))


def point(budget: int, run: Callable[[int], np.ndarray], reference: Reference, least_s: float = 0.3) -> Point:
    """Run one budget, more than once where one run is too short to time. Errors are of the reference's rows."""
    seconds, n_runs = 0.0, 0
    values = np.zeros(0)
    while seconds < least_s:
        more, values = seconds_of(lambda: run(budget))
        seconds, n_runs = seconds + more, n_runs + 1
    return Point(budget, seconds / n_runs / len(values), relative_error(values[: len(reference.values)], reference))


@dataclass(frozen=True)
class Ratio:
    """How many times more the others cost at equal error: the median over the errors both reached, and the ends."""

    median: float
    at_most_error: float
    at_least_error: float
    errors: tuple[float, float]

    def __str__(self) -> str:
        low, high = (f"{100 * e:.2g}" for e in self.errors)
        return f"**{self.median:.1f}** ({self.at_most_error:.1f} at {high} %, {self.at_least_error:.1f} at {low} %)"


def ratio(ours: list[Point], theirs: list[Point]) -> Ratio | None:
    """Costs between budgets are interpolated in logarithms, never extrapolated: None where no error is common."""
    a, b = _sorted(ours), _sorted(theirs)
    low, high = max(a[0, 0], b[0, 0]), min(a[-1, 0], b[-1, 0])
    if low > high:
        return None
    errors = np.linspace(low, high, 17)
    times = np.exp(np.interp(errors, *b.T) - np.interp(errors, *a.T))
    return Ratio(float(np.median(times)), float(times[-1]), float(times[0]), (float(np.exp(low)), float(np.exp(high))))


def _sorted(points: list[Point]) -> np.ndarray:
    """`(log error, log cost)`, by error; where a method turned to exact values there is nothing to interpolate to."""
    found = np.log([[p.error, p.cost] for p in points if p.error > 1e-5])
    return found[np.argsort(found[:, 0])]


def shown(points: list[Point]) -> str:
    """`milliseconds a row (error)` of every budget."""
    return ", ".join(f"{1000 * p.cost:.3g} ({100 * p.error:.2g} %)" for p in points)
