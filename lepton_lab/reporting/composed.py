"""The page's own answer, in Python: how it puts curves and pairs together. labextension/panels/src/compose.ts is its
twin; here it serves to measure, when the report is made, how far that answer is from the model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int

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
        """The outputs with columns, by position, at other places; None where a curve does not reach."""
        places = self.tables.places.copy()
        places[list(changes)] = list(changes.values())
        (found,) = self.answers(places[None])
        return None if np.isnan(found).any() else found

    def answers(self, places: Float64[np.ndarray, "scenario column"]) -> Float64[np.ndarray, "scenario output"]:
        """The outputs of several scenarios, each the row with some columns at other places; NaN beyond a curve.

        One column changed: along its curve. More: the sum of what each changes alone, and of what those pairs that
        are kept change beyond it.
        """
        own, base = self.tables.places, self.tables.base
        moved = (places != own) & ~(np.isnan(places) & np.isnan(own))
        total = np.tile(base, (len(places), 1))
        beside: dict[int, _Shares] = {}
        for j in np.flatnonzero(moved.any(axis=0)).tolist():
            which = np.flatnonzero(moved[:, j])
            found = self._lines[0][j].shares(places[which, j])
            total[which] += found.of(self.tables.curves[j] - base)
            total[which[~found.there]] = np.nan
            beside[j] = self._lines[1][j].shares(places[:, j])
        for (j, k), table in self.tables.pairs.items():
            if j in beside and k in beside:
                which = np.flatnonzero(moved[:, j] & moved[:, k])
                total[which] += _together(beside[j].take(which), beside[k].take(which), table)
        return total

    @cached_property
    def _lines(self) -> tuple[list[_Line], list[_Line]]:
        every = range(len(self.points.names))
        own, points = self.tables.places, self.points
        curves = [_line(points.grid(j).place, own[j], points.is_ordered(j)) for j in every]
        beside = [_line(points.grid(j).place[points.beside[j]], own[j], points.is_ordered(j)) for j in every]
        return curves, beside


@dataclass(frozen=True)
class _Shares:
    """Of each place, the two points that it lies between and the share of each; `there` is False beyond the line."""

    points: Int[np.ndarray, "place side"]
    shares: Float64[np.ndarray, "place side"]
    there: Bool[np.ndarray, " place"]

    def take(self, which: np.ndarray) -> _Shares:
        return _Shares(self.points[which], self.shares[which], self.there[which])

    def of(self, table: Float64[np.ndarray, "point output"]) -> Float64[np.ndarray, "place output"]:
        """A table read at each place."""
        return np.einsum("ns,nso->no", self.shares, table[self.points])


@dataclass(frozen=True)
class _Line:
    """Points of a column in order of place, the row's own (-1, where nothing changes) among them.

    Args:
        places: ascending; of categories those that are points.
        points: their numbers.
        missing: the point of a missing value; None without one.
        ordered: whether there is something between places.
    """

    places: Float64[np.ndarray, " point"]
    points: Int[np.ndarray, " point"]
    missing: int | None
    ordered: bool

    def shares(self, places: Float64[np.ndarray, " place"]) -> _Shares:
        """The points that each place lies between."""
        n, last = len(places), len(self.places) - 1
        points, shares, there = np.full((n, 2), -1), np.zeros((n, 2)), np.zeros(n, bool)
        missing = np.isnan(places)
        if self.missing is not None:
            points[missing, 0], shares[missing, 0], there[missing] = self.missing, 1.0, True
        if last >= 0:
            after = np.minimum(np.searchsorted(self.places, places), last)
            before, exact = np.maximum(after - 1, 0), self.places[after] == places
            within = self.ordered & ~missing & ~exact & (self.places[0] < places) & (places < self.places[last])
            gap = np.where(within, self.places[after] - self.places[before], 1.0)
            share = np.where(within, places - self.places[before], 0.0) / gap
            points[exact, 0], shares[exact, 0] = self.points[after[exact]], 1.0
            points[within] = np.stack([self.points[before], self.points[after]], axis=1)[within]
            shares[within] = np.stack([1 - share, share], axis=1)[within]
            there |= exact | within
        shares[points < 0] = 0.0
        return _Shares(np.maximum(points, 0), shares, there)


def _line(place: np.ndarray, own: float, ordered: bool) -> _Line:
    missing = np.flatnonzero(np.isnan(place))
    known = sorted((float(v), i) for i, v in enumerate(place) if not math.isnan(v) and v != own)
    if ordered and known and not math.isnan(own):
        known = sorted([*known, (float(own), -1)])
    places, points = np.array([v for v, _ in known], np.float64), np.array([i for _, i in known], int)
    return _Line(places, points, int(missing[-1]) if len(missing) else None, ordered)


def _together(first: _Shares, second: _Shares, table: np.ndarray) -> Float64[np.ndarray, "place output"]:
    """What two columns change beyond each alone; nothing at a category that the pair does not have."""
    corners = table[first.points[:, :, None], second.points[:, None, :]]
    return np.einsum("na,nb,nabo->no", first.shares, second.shares, corners)
