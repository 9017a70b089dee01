"""Open a dataframe, whatever library made it: names as text, columns one by one, the index kept aside.

pandas frames are read as they are, polars, pyarrow and every other eager or lazy frame through narwhals, and
a dict of arrays (or of single values: one row) directly. Columns stay in their own dtype until `values` reads
them; nothing is copied here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from lepton_lab.data.objects import object_array
from lepton_lab.errors import ColumnError, DataError, no_such_column

RawColumn = pd.Series | np.ndarray


@dataclass(frozen=True)
class Frame:
    """An opened dataframe.

    Args:
        names: of its columns, as text, all different.
        index: of its rows; never an input.
        read: the raw column at a position.
        take: the frame of the rows at some positions, where that is cheaper than column by column.
    """

    names: tuple[str, ...]
    index: pd.Index
    read: Callable[[int], RawColumn]
    take: Callable[[np.ndarray], Frame] | None = None

    @property
    def n_rows(self) -> int:
        """Rows."""
        return len(self.index)

    def rows(self, at: np.ndarray) -> Frame:
        """The rows at these positions."""
        if self.take is not None:
            return replace(self.take(at), index=self.index[at])
        return Frame(self.names, self.index[at], lambda i: _taken(self.read(i), at))

    def sample(self, most: int, seed: int = 0) -> Frame:
        """A random sample of at most so many rows, in the frame's order; the frame itself where it has no more."""
        at = self.sampled(most, seed)
        return self if len(at) == self.n_rows else self.rows(at)

    def sampled(self, most: int, seed: int = 0) -> np.ndarray:
        """Positions of such a sample, ascending."""
        if self.n_rows <= most:
            return np.arange(self.n_rows)
        return np.sort(np.random.default_rng(seed).choice(self.n_rows, most, replace=False))

    def column(self, name: str) -> RawColumn:
        """The raw column with that name.

        Raises:
            ColumnError: there is none.
        """
        if name not in self.names:
            raise no_such_column(name, self.names)
        return self.read(self.names.index(name))


def open_frame(df: object) -> Frame:
    """Any dataframe as a `Frame`.

    Raises:
        DataError: `df` is no dataframe.
        ColumnError: two columns have the same name.
    """
    if isinstance(df, Frame):
        return df
    if isinstance(df, pd.DataFrame):
        return _of_pandas(df)
    if isinstance(df, Mapping):
        return _of_dict(df)
    return _of_narwhals(df)


def refuse_empty(frame: Frame) -> None:
    """Stop where there is nothing to look at.

    Raises:
        DataError: no columns, or no rows.
    """
    if not frame.names:
        raise DataError("the frame has no columns. Wanted one row an example, and a target among the columns.")
    if frame.n_rows == 0:
        raise DataError(f"the frame has {len(frame.names)} columns and no rows. Look at how it was read or filtered.")


def _of_pandas(df: pd.DataFrame) -> Frame:
    labels = df.columns.tolist()
    names = _names(labels)
    return Frame(names, df.index, lambda i: cast(pd.Series, df[labels[i]]))


def _of_dict(columns: Mapping[Any, Any]) -> Frame:
    names = _names(list(columns))
    values = list(columns.values())
    if values and all(_is_scalar(value) for value in values):
        return Frame(names, pd.RangeIndex(1), lambda i: _one(values[i]))
    arrays = [value if isinstance(value, pd.Series) else _array(value) for value in values]
    lengths = {name: len(array) for name, array in zip(names, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name!r} {length}" for name, length in list(lengths.items())[:6])
        raise DataError(f"the columns of the dict have different lengths: {shown}. Every column needs one value a row.")
    return Frame(names, pd.RangeIndex(len(arrays[0]) if arrays else 0), lambda i: arrays[i])


def _of_narwhals(df: object) -> Frame:
    import narwhals as nw

    try:
        frame = nw.from_native(df)  # type: ignore[call-overload]
    except TypeError:
        raise _not_a_frame(df) from None
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if not isinstance(frame, nw.DataFrame):
        raise _not_a_frame(df)
    return _of_eager(frame, nw)


def _of_eager(frame: Any, nw: Any) -> Frame:
    names, index = _names(frame.columns), pd.RangeIndex(frame.shape[0])
    # Rows are taken before a column is read: reading one makes a Python object of every word.
    return Frame(names, index, lambda i: _of_series(frame[:, i], nw), lambda at: _of_eager(frame[at, :], nw))


def _taken(raw: RawColumn, at: np.ndarray) -> RawColumn:
    return raw.iloc[at] if isinstance(raw, pd.Series) else raw[at]


def _of_series(series: Any, nw: Any) -> RawColumn:
    """A narwhals column as numpy, or as a pandas categorical where it is one."""
    dtype = series.dtype
    if isinstance(dtype, (nw.Categorical, nw.Enum)):
        return pd.Series(pd.Categorical(object_array(series.cast(nw.String).to_list())))
    if dtype.is_integer() and series.null_count():
        return pd.Series(pd.array(series.to_list(), dtype="Int64"))
    if (dtype.is_integer() or dtype.is_float()) and dtype.is_numeric():
        return np.asarray(series.to_numpy())
    if isinstance(dtype, nw.Datetime):
        utc = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if dtype.time_zone else series
        return np.asarray(utc.to_numpy()).astype("datetime64[us]")
    return object_array(series.to_list())


def _names(labels: Sequence[Hashable]) -> tuple[str, ...]:
    names = tuple(label if isinstance(label, str) else str(label) for label in labels)
    if len(set(names)) < len(names):
        double = sorted({name for name in names if names.count(name) > 1})
        shown = ", ".join(repr(name) for name in double[:6])
        raise ColumnError(
            f"{len(double)} column name{'s are' if len(double) > 1 else ' is'} used more than once: {shown}. "
            f"Every column needs its own name. Keep the first of each: df = df.loc[:, ~df.columns.duplicated()]"
        )
    return names


def _is_scalar(value: object) -> bool:
    # A list is a column, also one of arrays of different lengths, which numpy cannot count the axes of.
    return isinstance(value, (str, bytes)) or (not isinstance(value, (list, tuple)) and np.ndim(value) == 0)  # type: ignore[arg-type]


def _one(value: object) -> np.ndarray:
    array = np.empty(1, dtype=object)
    array[0] = value.item() if isinstance(value, np.generic) and value.dtype.kind in "biuf" else value
    return array


def _array(values: Any) -> RawColumn:
    """A list, tuple, pandas array or anything that numpy can read, without turning numbers into words."""
    if isinstance(values, (pd.Index, pd.api.extensions.ExtensionArray)):
        return pd.Series(values)
    if isinstance(values, (list, tuple, range)):
        return object_array(list(values))
    array = np.asarray(values)
    if 1 < array.ndim <= 4 and array.dtype.kind in "biuf":  # images or series, one a row
        return object_array(list(array))
    if array.ndim != 1:
        raise DataError(f"a column of the dict has the shape {array.shape}; wanted one value a row.")
    return array


def _not_a_frame(df: object) -> DataError:
    shape = f" of shape {df.shape}" if isinstance(df, np.ndarray) else ""
    hint = " Name its columns: pd.DataFrame(x, columns=[...])" if isinstance(df, np.ndarray) else ""
    return DataError(
        f"{type(df).__name__}{shape} is no dataframe. Wanted pandas, polars, pyarrow or a dict of arrays.{hint}"
    )
