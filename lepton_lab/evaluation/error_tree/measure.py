"""Means of rows with 95 % intervals, and differences between groups of rows; rows of one unit count together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from lepton_lab.evaluation.decisions import wilson
from lepton_lab.metrics import Estimate


@dataclass(frozen=True)
class Sample:
    """Rows to measure on.

    Args:
        weights: `(row,)`.
        unit: `(row,)`, a code: rows of one code were not drawn one by one (those of one customer, say).
    """

    weights: np.ndarray
    unit: np.ndarray

    def mean(self, values: np.ndarray, inside: np.ndarray) -> Estimate:
        """The weighted mean of the rows inside."""
        return self._estimate(self._average(values, inside), self._pull(values, inside), inside)

    def share(self, values: np.ndarray, inside: np.ndarray) -> Estimate:
        """The share of the rows inside for which `values` holds, with Wilson's interval: a unit counts as one row."""
        w = np.where(inside, self.weights, 0.0)
        squares = float(np.sum(np.bincount(self.unit, w) ** 2))
        return wilson(float(w @ values), float(w.sum()), float(w.sum()) / squares if squares > 0 else 1.0)

    def difference(self, values: np.ndarray, a: np.ndarray, b: np.ndarray, level: float = 0.95) -> Estimate:
        """The mean of the rows `a` minus that of the rows `b`; either may lie in the other.

        Args:
            values: `(row,)`.
            a, b: `(row,)`, which rows.
            level: of the interval.
        """
        gap = self._average(values, a) - self._average(values, b)
        return self._estimate(gap, self._pull(values, a) - self._pull(values, b), a, b, level=level)

    def _average(self, values: np.ndarray, inside: np.ndarray) -> float:
        total = self.weights[inside].sum()
        return float(self.weights[inside] @ values[inside] / total) if total > 0 else math.nan

    def _pull(self, values: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """How much each row moves the mean: its influence, to first order."""
        total = self.weights[inside].sum()
        if not total > 0:
            return np.zeros(len(values))
        return np.where(inside, self.weights * (values - self._average(values, inside)), 0.0) / total

    def _estimate(self, value: float, pull: np.ndarray, *groups: np.ndarray, level: float = 0.95) -> Estimate:
        """Student's interval, its degrees of freedom those of the group of fewest units."""
        fewest = min(len(np.unique(self.unit[inside & (self.weights > 0)])) for inside in groups)
        if fewest < 2 or math.isnan(value):
            return Estimate(value)
        error = math.sqrt(float(np.sum(np.bincount(self.unit, pull) ** 2)) * fewest / (fewest - 1))
        half = float(special.stdtrit(fewest - 1, 0.5 + level / 2)) * error
        return Estimate(value, value - half, value + half)
