"""Where a column's values, as its user wrote them, lie on an axis: numbers, days, or positions of categories."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from typing import Any

import numpy as np
from jaxtyping import Float64

from lepton_lab.explanation.effects.grids import ColumnValues, column_values

# How tables show dates.
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def places_of(name: str, column: np.ndarray) -> ColumnValues:
    """A column of an explanation's `data`: numbers, dates (ISO text too), else categories."""
    plain = _plain_numbers(column)
    if plain is not None:
        return ColumnValues(name, "number", plain, (), column)
    days = _iso_days(column)
    if days is not None:
        return ColumnValues(name, "date", days, (), column)
    return _plain_words(name, column) or column_values(name, column)


def as_day(value: Any) -> float | None:
    """Days since 1970 of a date or of ISO text; None for what is neither."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, np.datetime64):
        return float(value.astype("datetime64[us]").astype(np.int64)) / 86_400e6
    if isinstance(value, dt.datetime):
        known = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return known.timestamp() / 86_400
    return float(value.toordinal() - dt.date(1970, 1, 1).toordinal()) if isinstance(value, dt.date) else None


def relative_heights(found: ColumnValues) -> Float64[np.ndarray, " row"]:
    """How high each value is among the column's different ones, 0..1; NaN for words and what is missing."""
    place = found.place
    if found.kind == "category":
        # Truth values have an order too: False, True.
        if not all(isinstance(level, (bool, np.bool_)) or level is None for level in found.levels):
            return np.full(len(place), np.nan)
        place = np.where(place == found.levels.index(None), np.nan, place) if None in found.levels else place
    known = np.unique(place[np.isfinite(place)])
    ranks = np.searchsorted(known, place) / max(len(known) - 1, 1)
    return np.where(np.isfinite(place), ranks, np.nan)


def _plain_numbers(column: np.ndarray) -> Float64[np.ndarray, " row"] | None:
    """The quick way of the most usual columns: Python's or numpy's numbers and None, told by their types alone."""
    if column.dtype != object:
        return column.astype(np.float64) if column.dtype.kind in "fiu" else None
    kinds = set(map(type, column.tolist()))
    if not kinds <= {int, float, type(None)} or kinds <= {type(None)}:
        return None
    return column.astype(np.float64)


def _plain_words(name: str, column: np.ndarray) -> ColumnValues | None:
    """The quick way of words and None; None where something else is written."""
    if column.dtype != object:
        return None
    cells = column.tolist()
    if not set(map(type, cells)) <= {str, type(None)}:
        return None
    counts = Counter(cells)
    levels = sorted(counts, key=lambda level: (level is None, -counts[level]))
    place = {level: float(i) for i, level in enumerate(levels)}
    return ColumnValues(name, "category", np.array([place[cell] for cell in cells], np.float64), tuple(levels), column)


def _iso_days(column: np.ndarray) -> Float64[np.ndarray, " row"] | None:
    """Days of ISO text; None where something else is written."""
    if column.dtype != object:
        return None
    cells = column.tolist()
    if not all(isinstance(cell, str) and ISO_DATE.match(cell) for cell in cells if cell is not None):
        return None
    days = {cell: as_day(cell) for cell in {*cells} if cell is not None}
    if not days or any(day is None for day in days.values()):
        return None
    return np.array([np.nan if cell is None else days[cell] for cell in cells], np.float64)
