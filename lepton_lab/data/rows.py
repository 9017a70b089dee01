"""A table: the input columns of some rows as plain numpy, what is known of their target, and their schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from lepton_lab.data.item_columns import Catalogue
from lepton_lab.data.schema import Kind, Schema


@dataclass(frozen=True)
class Table:
    """Rows as a model reads them; made by `read_table` and `read_like`.

    Args:
        schema: what each column is.
        columns: by name, the inputs in the schema's order: float64 (NaN missing) for numbers, object (None
            missing) for categories and truth values, datetime64[us] in UTC (NaT missing) for dates.
        index: the frame's own row labels.
        y: class index int32, or the number to predict float64; None where the frame has no target.
        weights: of the rows, mean 1; None for equal ones.
        groups: a code for each row; rows of one group stay together in a split.
        times: rows with larger numbers are later.
        parts: whether each row trains, steers or measures (`given_parts`), where a column says so.
        catalogue: what is known of the items that are predicted; None for nothing.
        until: when the target of each row is known, in the unit of `times`; None for at once.
        notes: what was noticed while reading, in sentences.
    """

    schema: Schema
    columns: Mapping[str, np.ndarray]
    index: pd.Index
    y: np.ndarray | None = None
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    until: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    parts: np.ndarray | None = None
    catalogue: Catalogue | None = None

    @property
    def n_rows(self) -> int:
        """Rows."""
        return len(self.index)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The input columns as a pandas frame with the original index."""
        return frame_of(dict(self.columns), self.index)

    def take(self, rows: np.ndarray) -> Table:
        """The rows at these positions, in this order."""
        rows = np.asarray(rows)
        names = ("y", "weights", "groups", "times", "until", "parts")
        return replace(
            self,
            columns={name: array[rows] for name, array in self.columns.items()},
            index=self.index[rows],
            **{name: None if (part := getattr(self, name)) is None else part[rows] for name in names},
        )

    def thinned(self, most: int) -> Table:
        """At most so many rows, at even distances, first and last among them."""
        if self.n_rows <= most:
            return self
        return self.take(np.linspace(0, self.n_rows - 1, most).round().astype(int))

    def values(self) -> np.ndarray:
        """The user's own values `(row, column)`: number, word, truth value, ISO date, array, None missing."""
        shown = np.empty((self.n_rows, len(self.columns)), dtype=object)
        for j, column in enumerate(self.schema.inputs):
            shown[:, j] = _shown(self.columns[column.name], column.kind, integer=column.integer)
        return shown


def without_columns(schema: Schema, y: np.ndarray, groups: np.ndarray | None) -> Table:
    """Rows of which only the truth is known `(row,)`, and which of them belong together."""
    return Table(schema, {}, pd.RangeIndex(len(y)), y, groups=groups)


def frame_of(columns: Mapping[str, np.ndarray], index: pd.Index | np.ndarray | None = None) -> pd.DataFrame:
    """A pandas frame of columns `(row,)` and row labels; numbered from 0 where there are none."""
    labels = pd.Index(index) if isinstance(index, np.ndarray) else index
    return pd.DataFrame({name: np.asarray(array) for name, array in columns.items()}, index=labels, copy=False)


def _shown(array: np.ndarray, kind: Kind, *, integer: bool) -> np.ndarray:
    if kind == Kind.DATETIME:
        return _iso(array)
    if kind != Kind.NUMERIC:
        return array
    missing = np.isnan(array)
    if integer and not np.any(np.rint(array[~missing]) != array[~missing]):
        shown = np.where(missing, 0, array).astype(np.int64).astype(object)
    else:
        shown = array.astype(object)
    shown[missing] = None
    return shown


def _iso(array: np.ndarray) -> np.ndarray:
    """Dates as ISO text; the time of day only where one row has one."""
    missing = np.isnat(array)
    whole_days = bool(np.all(array[~missing] == array[~missing].astype("datetime64[D]")))
    shown = np.datetime_as_string(array, unit="D" if whole_days else "s").astype(object)
    shown[missing] = None
    return shown
