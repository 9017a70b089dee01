"""Rows in which one column holds given values: for questions about values that no row has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lepton_lab.data.mix_rows import is_frame
from lepton_lab.data.rows import Table
from lepton_lab.data.schema import Schema
from lepton_lab.data.table import read_like
from lepton_lab.errors import ColumnError


def rows_with(schema: Schema, table: Table, column: str, values: Sequence[object]) -> Table:
    """The table's first row, once for each value, with the column at that value.

    Raises:
        ColumnError: a value is not of the column's kind, or there are none.
    """
    values = list(values)
    _refuse_none(column, values)
    first = table.take(np.zeros(len(values), dtype=np.int64))
    return read_like(schema, {**first.columns, column: values})


def with_values(x: Any, place: int, values: Sequence[object]) -> Any:
    """The first row of an array or frame, once for each value, with one column at that value.

    Raises:
        ColumnError: a value does not fit the column's type, or there are none.
    """
    import narwhals as nw

    values = list(values)
    _refuse_none(place, values)
    if isinstance(x, np.ndarray):
        rows = np.repeat(x[:1], len(values), axis=0)
        rows = rows.astype(np.result_type(rows, np.asarray(values))) if rows.dtype.kind in "fiu" else rows
        rows[:, place] = values
        return rows
    frame = nw.maybe_reset_index(nw.from_native(x, eager_only=True)[[0] * len(values)])
    column = frame[frame.columns[place]]
    try:
        put = nw.new_series(column.name, values, column.dtype, backend=nw.get_native_namespace(frame))
    except (TypeError, ValueError) as error:
        why = str(error).partition("\n")[0]
        raise ColumnError(
            f"the values {values[:3]!r} do not fit the column {column.name!r} of {column.dtype}: {why}"
        ) from error
    return frame.with_columns(put).to_native()


def column_names(x: Any) -> tuple[str, ...]:
    """The columns of a frame, or "feature 0", ... of an array."""
    import narwhals as nw

    if is_frame(x):
        return tuple(map(str, nw.from_native(x, eager_only=True).columns))
    return tuple(f"feature {j}" for j in range(np.shape(x)[1]))


def _refuse_none(column: object, values: list[object]) -> None:
    if not values:
        raise ColumnError(f"no values of {column!r} were given. Give at least one, or None for values that occur.")
