"""The page's own answer, in Python: how it puts curves and pairs together. labextension/panels/src/compose.ts is its
twin; here it serves to measure, when the report is made, how far that answer is from the model."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lepton_lab.reporting.page_points import PagePoints
from lepton_lab.reporting.row_tables import RowTables


@dataclass(frozen=True)
class Composed:
    """Curves and pairs of one row, ready to answer.

    Args:
        points: of curves and pairs.
        tables: of the row.
    """

    points: PagePoints
    tables: RowTables

    def answer(self, changes: Mapping[int, float]) -> np.ndarray | None:
        """The outputs with columns, by position, at other places; None where a curve does not reach.

        One column: along its curve. More: the sum of what each changes alone, and of what those pairs that are
        kept change beyond it.
        """
        base = self.tables.base
        total, moved = base.copy(), [j for j, place in changes.items() if not self._is_own(j, place)]
        for j in moved:
            found = self._shares(j, changes[j], self._curve_line(j))
            if found is None:
                return None
            curve = self.tables.curves[j]
            total += sum((share * (curve[point] - base) for point, share in found), np.zeros_like(base))
        for j in moved:
            for k in moved:
                if j < k and (j, k) in self.tables.pairs:
                    total += self._together(j, k, changes)
        return total

    def _together(self, j: int, k: int, changes: Mapping[int, float]) -> np.ndarray:
        """What two columns change beyond each alone; nothing at a category that the pair does not have."""
        table = self.tables.pairs[j, k]
        first = self._shares(j, changes[j], self._pair_line(j)) or []
        second = self._shares(k, changes[k], self._pair_line(k)) or []
        found = np.zeros(table.shape[2])
        for a, one in first:
            for b, other in second:
                found += one * other * table[a, b]
        return found

    def _is_own(self, j: int, place: float) -> bool:
        own = self.tables.places[j]
        return bool(place == own or (math.isnan(place) and math.isnan(own)))

    def _shares(self, j: int, place: float, line: _Line) -> list[tuple[int, float]] | None:
        """Points and their shares at a place; the row's own place has none, because nothing changes there."""
        if math.isnan(place) or not self.points.is_ordered(j):
            point = line.exact.get(None if math.isnan(place) else place)
            return None if point is None else [(point, 1.0)]
        after = bisect.bisect_left(line.places, place)
        if after == len(line.places) or (after == 0 and line.places[0] > place):
            return None
        if line.places[after] == place:
            return [(line.points[after], 1.0)] if line.points[after] >= 0 else []
        left, right = line.places[after - 1], line.places[after]
        share = (place - left) / (right - left)
        both = ((line.points[after - 1], 1 - share), (line.points[after], share))
        return [(point, part) for point, part in both if point >= 0]

    def _curve_line(self, j: int) -> _Line:
        return self._lines[0][j]

    def _pair_line(self, j: int) -> _Line:
        return self._lines[1][j]

    @cached_property
    def _lines(self) -> tuple[list[_Line], list[_Line]]:
        every = range(len(self.points.names))
        own = self.tables.places
        curves = [_line(self.points.grid(j).place, own[j], self.points.is_ordered(j)) for j in every]
        beside = [
            _line(self.points.grid(j).place[self.points.beside[j]], own[j], self.points.is_ordered(j)) for j in every
        ]
        return curves, beside


@dataclass(frozen=True)
class _Line:
    """Points of a column in order of place, the row's own (-1) among them; and where a place is met exactly."""

    places: list[float]
    points: list[int]
    exact: dict[float | None, int]


def _line(place: np.ndarray, own: float, ordered: bool) -> _Line:
    exact: dict[float | None, int] = {None if math.isnan(v) else float(v): i for i, v in enumerate(place)}
    known = sorted((float(v), i) for i, v in enumerate(place) if not math.isnan(v) and v != own)
    if ordered and known and not math.isnan(own):
        known = sorted([*known, (float(own), -1)])
    return _Line([v for v, _ in known], [i for _, i in known], exact)
