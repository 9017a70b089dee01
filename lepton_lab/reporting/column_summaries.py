"""What the columns held: ranges, categories with their counts; or as much of it as tells of no single row."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import Column, Kind, Role, Schema

FEWEST = 5
"""Rows that a category, or the end of a range, must have to be told of without single rows."""
MOST_CATEGORIES = 12


@dataclass(frozen=True)
class ColumnSummary:
    """One column of the rows learned from.

    Args:
        name, kind, role: as the schema has them.
        reason: how the kind was found, or why the column was left out.
        missing: share of rows without a value.
        low, middle, high: smallest, median and largest value, dates as ISO text; None for words. Without single rows
            the 5th percentile, the median and the 95th, rounded.
        categories: the most frequent ones with their rows; None where these were not counted.
        n_more: rarer categories that are not named.
        monotone: 1 or -1 where the model's output may only rise or fall with the column, else 0.
    """

    name: str
    kind: str
    role: str
    reason: str
    missing: float
    low: float | str | None = None
    middle: float | str | None = None
    high: float | str | None = None
    categories: tuple[tuple[object, int | None], ...] = ()
    n_more: int = 0
    monotone: int = 0


def column_summaries(schema: Schema, known: Table | None, *, with_rows: bool) -> tuple[ColumnSummary, ...]:
    """All columns, in the frame's order.

    Args:
        schema: of the model.
        known: the rows learned from, to count in; None where they are not known any more.
        with_rows: whether values of single rows may be told.
    """
    return tuple(_summary(column, known, with_rows=with_rows) for column in schema.columns)


def safe_ends(array: np.ndarray) -> tuple[float, float, float] | None:
    """5th percentile, median and 95th percentile to two digits; None where fewer than `FEWEST` rows lie beyond."""
    known = array[~np.isnan(array)]
    if len(known) < 20 * FEWEST:
        return None
    low, middle, high = (two_digits(float(q)) for q in np.quantile(known, (0.05, 0.5, 0.95)))
    return low, middle, high


def two_digits(number: float) -> float:
    """A number rounded to two significant digits."""
    return float(f"{number:.2g}")


def counts_of(array: np.ndarray) -> list[tuple[object, int]]:
    """Categories with their rows, the most frequent first; what is missing is none."""
    found = Counter(v for v in array.tolist() if v is not None)
    return found.most_common()


def day_of(days: float) -> str:
    """Days since 1970 as ISO text."""
    return (dt.date(1970, 1, 1) + dt.timedelta(days=float(days))).isoformat()


def days_of(array: np.ndarray) -> np.ndarray:
    """Dates as days since 1970, NaN where missing."""
    micro = array.astype("datetime64[us]")
    return np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 86_400e6)


def _summary(column: Column, known: Table | None, *, with_rows: bool) -> ColumnSummary:
    described = ColumnSummary(
        column.name, str(column.kind.value), str(column.role.value), column.reason, column.missing,
        monotone=column.monotone,
    )  # fmt: skip
    array = None if known is None else known.columns.get(column.name)
    if column.kind in (Kind.NUMERIC, Kind.DATETIME):
        return _with_range(described, column, array, with_rows=with_rows)
    # Of a column that was left out (words, identifiers) nothing is told; of a target its classes are.
    if column.role == Role.INPUT:
        return _with_categories(described, column, array, with_rows=with_rows)
    return described


def _with_range(found: ColumnSummary, column: Column, array: np.ndarray | None, *, with_rows: bool) -> ColumnSummary:
    dates = column.kind == Kind.DATETIME
    ends: tuple[float | None, ...] | None = (column.low, column.median, column.high)
    if not with_rows:
        ends = None if array is None else safe_ends(days_of(array) if dates else np.asarray(array, np.float64))
    if ends is None or column.role not in (Role.INPUT, Role.TARGET):
        return found
    shown: list[float | str | None] = [None if end is None else day_of(end) if dates else end for end in ends]
    if dates and not with_rows:
        shown = [None if end is None else str(end)[:7] for end in shown]
    return replace(found, low=shown[0], middle=shown[1], high=shown[2])


def _with_categories(
    found: ColumnSummary, column: Column, array: np.ndarray | None, *, with_rows: bool
) -> ColumnSummary:
    counted: list[tuple[object, int | None]] = [(c, None) for c in column.categories]
    if array is not None:
        counted = list(counts_of(array))
    if not with_rows:
        kept = [(c, n) for c, n in counted if n is not None and n >= FEWEST]
        return replace(
            found, categories=tuple(kept[:MOST_CATEGORIES]), n_more=len(counted) - len(kept[:MOST_CATEGORIES])
        )
    return replace(found, categories=tuple(counted[:MOST_CATEGORIES]), n_more=max(0, len(counted) - MOST_CATEGORIES))
