"""Rows of two tables stacked, then mixed column by column: what a model's `predict` sees of a coalition.

Frames stay frames of their own kind and dtypes (through narwhals), arrays stay arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.errors import ColumnError, DataError, no_such_column


@dataclass(frozen=True)
class StackedRows:
    """Rows to explain, then background rows, of which mixed rows can be taken.

    Args:
        take: `(row of each entry (state, column)) -> array or frame` of mixed rows.
        coded: makes `codes`.
        column_names: of the columns, or of their positions.
        n_first: rows of the first table.
        n_rows: rows of both.
        values: the first table's values, as objects where they are not all numbers.
    """

    take: Callable[[np.ndarray], Any]
    coded: Callable[[], np.ndarray]
    column_names: tuple[str, ...]
    n_first: int
    n_rows: int
    values: np.ndarray

    @cached_property
    def codes(self) -> np.ndarray:
        """`(row, column)`: equal numbers where values of a column are equal; missing equals missing."""
        return self.coded()


def stack_rows(first: Any, second: Any) -> StackedRows:
    """Stack two arrays, or two frames with the same columns, of any kind that narwhals knows.

    Raises:
        ColumnError: columns differ or are doubled.
        DataError: neither two arrays of one width nor two frames.
    """
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return _stack_arrays(first, second)
    return _stack_frames(first, second)


def is_frame(data: Any) -> bool:
    """Whether narwhals knows this as a frame.

    Raises:
        ColumnError: a frame whose column names are doubled.
    """
    import narwhals as nw

    try:
        return isinstance(nw.from_native(data, eager_only=True, pass_through=True), nw.DataFrame)
    except nw.exceptions.DuplicateError as error:
        names = list(data.columns)
        doubled = ", ".join(sorted({repr(name) for name in names if names.count(name) > 1}))
        raise ColumnError(f"column names are doubled: {doubled}. Give each column its own name.") from error


def frame_rows(frame: Any, rows: np.ndarray) -> Any:
    """Some rows of a frame, by position, as a frame of the same kind."""
    import narwhals as nw

    return nw.from_native(frame, eager_only=True)[rows.tolist()].to_native()


def numbers_of(frame: Any) -> np.ndarray | None:
    """A frame as a float64 array `(row, column)`, missing values as NaN; None where a column holds no numbers."""
    import narwhals as nw

    known = nw.from_native(frame, eager_only=True)
    columns = list(known.iter_columns())
    if not all(column.dtype.is_numeric() or column.dtype == nw.Boolean for column in columns):
        return None
    arrays = [column.cast(nw.Float64).to_numpy() for column in columns]
    return np.stack([np.asarray(array, np.float64) for array in arrays], axis=1)


def frame_columns(frame: Any, like: Any) -> Any:
    """A frame's columns in another frame's order; arrays as they are."""
    import narwhals as nw

    if isinstance(frame, np.ndarray):
        return frame
    wanted = nw.from_native(like, eager_only=True).columns
    return _selected(nw.from_native(frame, eager_only=True), wanted).to_native()


def _selected(frame: Any, names: list[Any]) -> Any:
    """Columns by name, in this order: by their places, since pandas has names that are numbers or tuples."""
    return frame[:, [frame.columns.index(name) for name in names]]


def frame_labels(frame: Any) -> np.ndarray:
    """A frame's index where it has one, else positions."""
    index = getattr(frame, "index", None)
    return np.arange(len(frame)) if index is None else np.asarray(index)


def _stack_arrays(first: np.ndarray, second: np.ndarray) -> StackedRows:
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise DataError(
            f"arrays of shapes {first.shape} and {second.shape}; both must be (row, feature) with equal features."
        )
    columns, n_rows = np.arange(first.shape[1]), len(first) + len(second)
    names = tuple(f"feature {j}" for j in columns)
    # Nobody mixes rows here where a function is compiled: nothing is copied before somebody does.
    both = cache(lambda: np.concatenate([first, second]))

    def coded() -> np.ndarray:
        return _all_codes([both()[:, j] for j in columns], names)

    if np.result_type(first, second).kind not in "fiub":
        coded = cache(coded)
        coded()
    return StackedRows(lambda source: both()[source, columns], coded, names, len(first), n_rows, first)


def _stack_frames(first: Any, second: Any) -> StackedRows:
    import narwhals as nw

    if not (is_frame(first) and is_frame(second)):
        raise DataError(
            f"{type(first).__name__} and {type(second).__name__} cannot be mixed. "
            "Give two frames of one kind, or two arrays."
        )
    top, bottom = nw.from_native(first, eager_only=True), nw.from_native(second, eager_only=True)
    names = top.columns
    for name in names:
        if name not in bottom.columns:
            raise no_such_column(name, bottom.columns, where="the background")
    both = nw.maybe_reset_index(nw.concat([top, _selected(bottom, names)], how="vertical"))
    columns = list(both.iter_columns())
    for column in columns:
        if isinstance(column.dtype, nw.Struct):  # numpy would make plain arrays of them
            raise _several(column[0], column.name)

    def take(source: np.ndarray) -> Any:
        parts = [nw.maybe_reset_index(column[source[:, j].tolist()]).to_frame() for j, column in enumerate(columns)]
        return nw.concat(parts, how="horizontal").to_native()

    codes = _all_codes([column.to_numpy() for column in columns], names)
    values = np.empty((len(top), len(names)), dtype=object)
    for j, column in enumerate(columns):
        values[:, j] = column[: len(top)].to_list()
    return StackedRows(take, lambda: codes, tuple(map(str, names)), len(top), len(both), values)


def _all_codes(columns: Sequence[np.ndarray], names: Sequence[Any]) -> np.ndarray:
    """Codes `(row, column)` of all columns.

    Raises:
        DataError: cells that hold several values, such as lists.
    """
    codes = np.empty((len(columns[0]) if columns else 0, len(columns)), np.int32)
    for j, (column, name) in enumerate(zip(columns, names, strict=True)):
        codes[:, j] = _codes(column, name)
    return codes


def _codes(column: np.ndarray, name: Any) -> np.ndarray:
    """Equal integers for equal values; all missing values are equal.

    Raises:
        DataError: cells that hold several values, such as lists.
    """
    if column.dtype.kind in "fiubM" and column.ndim == 1:
        return np.unique(column, return_inverse=True, equal_nan=True)[1]
    seen: dict[Any, int] = {}
    # An array of arrays would come apart in `tolist`: its own cells are wanted.
    keys = [_key(value, name) for value in (column.tolist() if column.ndim == 1 else column)]
    return np.array([seen.setdefault(key, len(seen)) for key in keys])


def _key(value: Any, name: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype != object:  # an image, a series
        return ArrayValue(value)
    try:
        hash(value)
    except TypeError as error:
        raise _several(value, name) from error
    if value is None or type(value).__name__ == "NAType" or value != value:
        return None
    # 1, 1.0 and True are equal to a dict but not to a model.
    return type(value), value


def _several(value: Any, name: Any) -> DataError:
    return DataError(
        f"a cell of column {name!r} holds a {type(value).__name__}; it must be one value, such as a number, a text or "
        f"an array. Make a column of each part, or leave it out: df.drop(columns=[{name!r}])"
    )
