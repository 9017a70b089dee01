"""Scales from values to pixels, and tick marks at round numbers. No drawing here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A straight map from values `low..high` to pixels `start..end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def clamp(self, value: float) -> float:
        """The pixel of a value, kept inside the scale."""
        return self(min(max(value, self.low), self.high))


def ticks(low: float, high: float, n: int = 5) -> list[float]:
    """About `n` round numbers from low to high.

    Example:
        >>> ticks(0, 1, 5), ticks(-3, 12, 4)
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 5.0, 10.0])
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    step = _round_step((high - low) / max(n, 1))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [_tidy(i * step, step) for i in range(first, last + 1)]


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(m for m in (1, 2, 2.5, 5, 10) if rough <= m * power * 1.0000001)


def _tidy(value: float, step: float) -> float:
    return round(value, max(0, 2 - math.floor(math.log10(step)))) + 0.0


def extent(values: Iterable[float], *, pad: float = 0.04, include: tuple[float, ...] = ()) -> tuple[float, float]:
    """The smallest and largest finite value, widened by the share `pad`; (0, 1) for none."""
    finite = [v for v in (*values, *include) if v is not None and math.isfinite(v)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    margin = (high - low) * pad if high > low else max(abs(low) * 0.1, 0.5)
    return low - margin, high + margin


def nice_extent(low: float, high: float, n: int = 5) -> tuple[float, float]:
    """The interval widened to the round numbers outside it."""
    if high <= low:
        return low, high
    step = _round_step((high - low) / n)
    return _tidy(math.floor(low / step + 1e-9) * step, step), _tidy(math.ceil(high / step - 1e-9) * step, step)
