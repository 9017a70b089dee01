"""The points at which a column's effect is looked at: values that occur, as the user wrote them.

A point is a row that has its value, so that any kind of column, in any kind of frame, needs no
conversion: the model is asked about a row with that row's value put in.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, Int, Shaped

from lepton_lab.errors import ExplanationError

Kind = Literal["number", "date", "category"]

# Beyond these quantiles a partial dependence is drawn by a handful of rows.
TAIL = 0.01


@dataclass(frozen=True)
class ColumnValues:
    """One column of some rows, as its effects see it.

    Args:
        name: of the column.
        kind: whether values have distances (numbers, dates) or not (categories, truth values).
        place: of each row: the number, days since 1970, or the position among `levels`; NaN where a number or
            a date is missing.
        levels: the categories, most frequent first (truth values: False, True); None is the missing one.
        own: the user's own values.
    """

    name: str
    kind: Kind
    place: Float64[np.ndarray, " row"]
    levels: tuple[object, ...]
    own: Shaped[np.ndarray, " row"]


@dataclass(frozen=True)
class Grid:
    """Points of a column.

    Args:
        sources: for each point a row that has its value.
        place: number, days since 1970, or position of the category; NaN for the point of missing values.
        own: the user's own values.
        notes: what was left out.
    """

    sources: Int[np.ndarray, " point"]
    place: Float64[np.ndarray, " point"]
    own: Shaped[np.ndarray, " point"]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sources)


def presence(name: str, array: np.ndarray) -> ColumnValues:
    """A column of objects, which lie on no axis: whether there is one.

    Args:
        name: of the column.
        array: its values, None where missing.
    """
    there = np.array([value is not None for value in array], bool)
    own = np.array(["there" if one else None for one in there], object)
    return ColumnValues(name, "category", there.astype(np.float64), (None, "there"), own)


# The only point of a column of objects: what if there were none.
ABSENT = Grid(np.zeros(1, np.int64), np.zeros(1), np.array([None], object))


def column_values(name: str, array: np.ndarray, own: np.ndarray | None = None) -> ColumnValues:
    """A column told by its values: numbers, dates, else categories.

    Args:
        name: of the column.
        array: its values.
        own: how the user should see them; as they are by default.
    """
    own = np.asarray(array) if own is None else own
    for kind, read in (("number", _numbers), ("date", _dates)):
        place = read(array)
        if place is not None:
            return ColumnValues(name, kind, place, (), own)  # type: ignore[arg-type]
    levels, place = _categories(array)
    return ColumnValues(name, "category", place, levels, own)


def even_grid(column: ColumnValues, n_points: int) -> Grid:
    """Points for a partial dependence: every value where there are few, else half by quantiles, half by distance.

    Quantiles put points where rows are; even distances keep a long tail from being one straight line.
    Missing values are a point of their own where they occur; rare categories are left out.
    """
    known = np.sort(column.place[~np.isnan(column.place)])
    if column.kind == "category":
        return _points(column, np.arange(min(len(column.levels), n_points), dtype=np.float64), _rare(column, n_points))
    values = np.unique(known)
    if len(values) > n_points:
        low, high = np.quantile(known, (TAIL, 1 - TAIL), method="nearest")
        by_rank = np.quantile(known, np.linspace(TAIL, 1 - TAIL, n_points - n_points // 2), method="nearest")
        even = np.linspace(low, high, n_points // 2 + 2)[1:-1]
        near = values[np.abs(values - even[:, None]).argmin(axis=1)]
        values = np.unique(np.concatenate([by_rank, near]))
    missing = [np.nan] if np.isnan(column.place).any() else []
    return _points(column, np.concatenate([values, missing]))


def edge_grid(column: ColumnValues, n_bins: int) -> Grid:
    """Edges of bins with about equally many rows, for accumulated effects; missing values are left out.

    Raises:
        ExplanationError: fewer than two different values.
    """
    known = column.place[~np.isnan(column.place)]
    values = np.unique(known)
    if column.kind == "category":
        values = values[: max(n_bins + 1, 2)]
    elif len(values) > n_bins + 1:
        values = np.unique(np.quantile(known, np.linspace(0, 1, n_bins + 1), method="inverted_cdf"))
    if len(values) < 2:
        first = column.own[int(np.flatnonzero(~np.isnan(column.place))[0])] if len(known) else None
        only = "missing" if is_missing(first) else repr(first.item() if isinstance(first, np.generic) else first)
        raise ExplanationError(
            f"column {column.name!r} has one value ({only}) in these {len(column.place):,} rows: there is nothing to "
            "accumulate. Give rows in which it varies."
        )
    return _points(column, values, _rare(column, n_bins + 1) if column.kind == "category" else ())


def _points(column: ColumnValues, values: Float64[np.ndarray, " point"], notes: tuple[str, ...] = ()) -> Grid:
    """A grid at these places, each with the first row that has the value."""
    found, first = np.unique(column.place, return_index=True)  # NaN last, once
    sources = first[np.searchsorted(found, values)]
    return Grid(sources, column.place[sources], column.own[sources], notes)


def _rare(column: ColumnValues, at_most: int) -> tuple[str, ...]:
    left = len(column.levels) - at_most
    return (f"{left} rarer of {len(column.levels)} categories are left out.",) if left > 0 else ()


def is_missing(value: Any) -> bool:
    """None, NaN, NaT, and a frame's own NA."""
    # NaN and NaT differ from themselves; pandas.NA answers a comparison with itself.
    return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)


def _numbers(array: np.ndarray) -> Float64[np.ndarray, " row"] | None:
    """Numbers as float64, NaN missing; None where one is no number. Truth values are categories."""
    if array.dtype.kind in "fiu":
        return array.astype(np.float64)
    if array.dtype != object:
        return None
    missing = np.array([is_missing(v) for v in array], dtype=bool)
    fit = [isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in array[~missing]]
    if not fit or not all(fit):
        return None
    out = np.full(len(array), np.nan)
    out[~missing] = array[~missing].astype(np.float64)
    return out


def _dates(array: np.ndarray) -> Float64[np.ndarray, " row"] | None:
    """Days since 1970, NaN missing; None where one is no date."""
    if array.dtype == object:
        missing = np.array([is_missing(v) for v in array], dtype=bool)
        if missing.all() or not all(isinstance(v, (dt.date, np.datetime64)) for v in array[~missing]):
            return None
        stamps = np.full(len(array), np.datetime64("NaT", "us"))
        stamps[~missing] = [_naive(v) for v in array[~missing]]
        array = stamps
    if array.dtype.kind != "M":
        return None
    micro = array.astype("datetime64[us]")
    return np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 86_400e6)


def _naive(value: Any) -> np.datetime64:
    aware = getattr(value, "tzinfo", None) is not None
    return np.datetime64(value.astimezone(dt.UTC).replace(tzinfo=None) if aware else value, "us")


def _categories(array: np.ndarray) -> tuple[tuple[object, ...], Float64[np.ndarray, " row"]]:
    """Levels, most frequent first (truth values in order, missing last), and each row's position among them."""
    counts: dict[Any, int] = {}
    keys = [None if is_missing(v) else (v.item() if isinstance(v, np.generic) else v) for v in array.tolist()]
    # 1, 1.0 and True are equal to a dict but not to a model.
    tags = [(type(key), key) for key in keys]
    for tag in tags:
        counts[tag] = counts.get(tag, 0) + 1
    truth = all(isinstance(key, (bool, type(None))) for _, key in counts)
    order = sorted(counts, key=lambda tag: (tag[1] is None, tag[1] if truth and tag[1] is not None else -counts[tag]))
    place = {tag: float(i) for i, tag in enumerate(order)}
    return tuple(key for _, key in order), np.array([place[tag] for tag in tags], dtype=np.float64)
