"""How far an alternative is from its row, and how much it resembles rows that exist.

distance       every changed category counts 1; every changed number 1/2, plus half its change in units of
               the spread (5 % to 95 %) of the known rows: many small changes cost more than one
plausibility   the share of known rows that are at least as far from their own nearest rows as the
               alternative is from its nearest: 0.5 is ordinary, 0 is further off than any
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Float64

# Rows that neighbours are looked for among, and how many neighbours count.
MOST_REFERENCES = 1000
N_NEAREST = 5
_BLOCK = 64


@dataclass(frozen=True)
class Measure:
    """Distances between encoded rows.

    Args:
        spread: of each ordered column, in encoded units, above 0.
        ordered: numbers and dates; the other columns hold codes.
    """

    spread: Float64[np.ndarray, " column"]
    ordered: Bool[np.ndarray, " column"]

    def of_change(
        self, own: Float32[np.ndarray, "*rows column"], other: Float32[np.ndarray, "*rows column"]
    ) -> Float64[np.ndarray, "*rows column"]:
        """What each column adds to the distance; 0 where nothing changed. A filled hole counts as a category."""
        moved = 0.5 + 0.5 * np.abs(other.astype(np.float64) - own) / self.spread
        by_column = np.where(self.ordered & ~np.isnan(moved), moved, 1.0)
        return np.where((own == other) | (np.isnan(own) & np.isnan(other)), 0.0, by_column)

    def between(
        self, rows: Float32[np.ndarray, "row column"], others: Float32[np.ndarray, "other column"]
    ) -> Float32[np.ndarray, "row other"]:
        """Gower's distance of every pair: mean over the columns of a difference between 0 and 1."""
        total = np.zeros((len(rows), len(others)), np.float32)
        for j, (spread, ordered) in enumerate(zip(self.spread, self.ordered, strict=True)):
            a, b = rows[:, j, None], others[None, :, j]
            if ordered:
                gap = np.minimum(np.abs(a - b) / np.float32(spread), np.float32(1))
                total += np.where(np.isnan(gap), (np.isnan(a) != np.isnan(b)).astype(np.float32), gap)
            else:
                total += a != b
        return total / np.float32(rows.shape[1])


@dataclass(frozen=True)
class Typical:
    """Known rows, to see whether others look like them."""

    measure: Measure
    rows: Float32[np.ndarray, "reference column"]

    def plausibility(self, x: Float32[np.ndarray, "row column"]) -> Float64[np.ndarray, " row"]:
        """The share of known rows that lie at least as far from their own nearest rows."""
        far = self._to_nearest(x, 0)
        return 1 - np.searchsorted(self._known, far, side="left") / max(len(self._known), 1)

    @cached_property
    def _known(self) -> np.ndarray:
        # A known row is its own nearest: skipped, as it would make every known row look closer.
        return np.sort(self._to_nearest(self.rows, 1))

    def _to_nearest(self, x: np.ndarray, skip: int) -> np.ndarray:
        """Mean distance to the nearest known rows."""
        last = min(skip + N_NEAREST, len(self.rows))
        skip = min(skip, last - 1)
        parts = []
        for at in range(0, len(x), _BLOCK):
            distance = self.measure.between(x[at : at + _BLOCK], self.rows)
            nearest = np.partition(distance, last - 1, axis=1)[:, :last]
            nearest.sort(axis=1)
            parts.append(nearest[:, skip:].mean(axis=1))
        return np.concatenate(parts) if parts else np.zeros(0)


def measure_of(x: Float32[np.ndarray, "reference column"], ordered: Bool[np.ndarray, " column"]) -> Measure:
    """Distances in units of the spread of some rows: 5 % to 95 %, else their whole range, else 1."""
    spread = np.ones(x.shape[1])
    for j in np.flatnonzero(ordered):
        known = x[~np.isnan(x[:, j]), j].astype(np.float64)
        if len(known):
            low, high = np.quantile(known, (0.05, 0.95))
            width = high - low if high > low else known.max() - known.min()
            spread[j] = width if width > 0 else 1.0
    return Measure(spread, ordered)


def typical_of(measure: Measure, x: Float32[np.ndarray, "reference column"]) -> Typical:
    """A sample of known rows, to compare with."""
    if len(x) > MOST_REFERENCES:
        x = x[np.sort(np.random.default_rng(11).choice(len(x), MOST_REFERENCES, replace=False))]
    return Typical(measure, x)
