"""One column, of whatever dtype, as plain numpy: numbers, truth values, dates or words, with missing marked.

Nothing is inferred here from names or from how often a value occurs (that is `kinds`); this only undoes the
many ways in which libraries store the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import PurePath

import numpy as np
import pandas as pd

from lepton_lab.data.array_values import arrays_of
from lepton_lab.data.frames import RawColumn
from lepton_lab.data.item_lists import ItemList, item_lists_of
from lepton_lab.data.objects import object_array


class Family(StrEnum):
    """How a column's values are held."""

    NUMBER = "number"  # float64, NaN is missing
    TRUTH = "truth"  # object: True, False, None
    DATE = "date"  # datetime64[us] in UTC, NaT is missing
    WORD = "word"  # object: str, None is missing
    MIXED = "mixed"  # object: words and numbers side by side
    ARRAY = "array"  # object: ArrayValue (images, series), None is missing
    LIST = "list"  # object: ItemList (items in order), None is missing
    NOTHING = "nothing"  # object: every value is missing
    UNUSABLE = "unusable"  # object: lists, dicts, complex numbers, bytes


@dataclass(frozen=True)
class Values:
    """A column as plain numpy.

    Args:
        family: how `array` holds the values.
        array: `(row,)`.
        dtype: the frame's own dtype, in words.
        whole: the frame stores whole numbers.
        declared: the frame says that it is a category, or that it is a float: its word is taken.
        n_infinite: infinities, now missing.
        found: `factorised`, where reading the column brought it about.
        infinite: positions of the infinities; None for none.
    """

    family: Family
    array: np.ndarray
    dtype: str
    whole: bool = False
    declared: bool = False
    n_infinite: int = 0
    found: tuple[np.ndarray, np.ndarray] | None = None
    infinite: np.ndarray | None = None

    @cached_property
    def factorised(self) -> tuple[np.ndarray, np.ndarray]:
        """The different values, and for each row which of them it has, -1 where missing."""
        if self.found is not None:
            return self.found
        codes, uniques = pd.factorize(self.array)
        return codes, np.asarray(uniques)

    def missing(self) -> np.ndarray:
        """Which rows have no value, `(row,)` bool."""
        if self.family == Family.NUMBER:
            return np.isnan(self.array)
        if self.family == Family.DATE:
            return np.isnat(self.array)
        if self.family == Family.UNUSABLE:  # lists cannot be counted
            return np.asarray(pd.isna(self.array))
        return self.factorised[0] < 0

    def take(self, rows: np.ndarray) -> Values:
        """The same column, other rows, sorted."""
        if len(rows) == len(self.array):
            return self
        infinite = None if self.infinite is None else np.flatnonzero(np.isin(rows, self.infinite))
        n_infinite = 0 if infinite is None else len(infinite)
        return Values(
            self.family, self.array[rows], self.dtype, self.whole, self.declared, n_infinite, infinite=infinite
        )


def read_values(raw: RawColumn) -> Values:
    """A raw column as `Values`."""
    dtype = raw.dtype
    if isinstance(dtype, np.dtype):
        return _of_numpy(np.asarray(raw), str(dtype))
    return _of_extension(raw if isinstance(raw, pd.Series) else pd.Series(raw))


def _of_numpy(array: np.ndarray, dtype: str) -> Values:
    kind = array.dtype.kind
    if kind == "f":
        return _numbers(array.astype(np.float64), dtype, declared=True)
    if kind in "iu":
        return _numbers(array.astype(np.float64), dtype, whole=True)
    if kind == "b":
        return Values(Family.TRUTH, array.astype(object), dtype)
    if kind == "M":
        return Values(Family.DATE, array.astype("datetime64[us]"), dtype)
    if kind == "m":
        return _numbers(_seconds(array), dtype, declared=True)
    if kind in "UT":
        return _of_objects(array.astype(object), "str")
    if kind == "O":
        return _of_objects(array, dtype)
    return Values(Family.UNUSABLE, array.astype(object), dtype)


def _of_extension(series: pd.Series) -> Values:
    dtype, name = series.dtype, str(series.dtype)
    kinds = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        return _of_categorical(series, "category")
    if isinstance(dtype, pd.SparseDtype):
        return _of_numpy(np.asarray(series), name)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return Values(Family.DATE, _utc(series), name)
    if isinstance(dtype, pd.PeriodDtype):
        return Values(Family.DATE, series.dt.to_timestamp().to_numpy("datetime64[us]"), name)
    if kinds.is_bool_dtype(dtype):
        return Values(Family.TRUTH, series.to_numpy(dtype=object, na_value=None), name)
    if kinds.is_integer_dtype(dtype):
        return _numbers(series.to_numpy(dtype=np.float64, na_value=np.nan), name, whole=True)
    if kinds.is_float_dtype(dtype):
        return _numbers(series.to_numpy(dtype=np.float64, na_value=np.nan).copy(), name, declared=True)
    if kinds.is_string_dtype(dtype) and "dictionary" not in name:
        return _of_strings(series, name)
    return _of_objects(series.astype(object).to_numpy(), name)


def _of_strings(series: pd.Series, name: str) -> Values:
    """Words; each different one is one object, however many rows have it."""
    codes, uniques = pd.factorize(series)
    words = np.array([*uniques, None], dtype=object)
    return Values(Family.WORD if len(uniques) else Family.NOTHING, words[codes], name, found=(codes, words[:-1]))


def _of_categorical(series: pd.Series, name: str) -> Values:
    """Categories are values that the user declared as such, also where they are numbers."""
    inner = read_values(pd.Series(series.cat.categories))
    codes = series.cat.codes.to_numpy()
    known = [None, *_plain(inner)]
    table = np.empty(len(known), dtype=object)
    table[:] = known
    array = table[codes + 1]
    if inner.family == Family.UNUSABLE:
        return Values(Family.UNUSABLE, array, name)
    return Values(Family.WORD if (codes >= 0).any() else Family.NOTHING, array, name, declared=True)


def _plain(values: Values) -> list[object]:
    """Plain Python values for the categories of a categorical."""
    if values.family == Family.NUMBER:
        return [int(v) if values.whole else float(v) for v in values.array]
    if values.family == Family.DATE:
        return [str(v) for v in values.array]
    return [v if isinstance(v, (str, int, float, bool)) else str(v) for v in values.array]


def _of_objects(array: np.ndarray, dtype: str) -> Values:
    found = pd.api.types.infer_dtype(array, skipna=True)
    if found == "string":
        return Values(Family.WORD, _none_for_missing(array), dtype)
    if found in ("integer", "floating", "mixed-integer-float", "decimal"):
        numbers = np.array([np.nan if _is_missing(v) else float(v) for v in array], np.float64)
        return _numbers(numbers, dtype, whole=found == "integer")
    if found == "boolean":
        return Values(Family.TRUTH, _none_for_missing(array), dtype)
    if found in ("datetime", "datetime64", "date"):
        return _dates(array, dtype)
    if found in ("timedelta", "timedelta64"):
        return _numbers(_seconds(pd.to_timedelta(array).to_numpy()), dtype, declared=True)
    if found == "empty":
        return Values(Family.NOTHING, np.full(len(array), None, dtype=object), dtype)
    if found in ("mixed", "mixed-integer"):
        return _of_mixed(array, dtype)
    if found in ("period", "interval", "time"):
        return Values(Family.WORD, np.array([None if _is_missing(v) else str(v) for v in array], object), dtype)
    return Values(Family.UNUSABLE, array, dtype)


def _of_mixed(array: np.ndarray, dtype: str) -> Values:
    """Words beside numbers, or things that are neither."""
    filled = _none_for_missing(array)
    if any(isinstance(v, ItemList) for v in filled[:100]):
        return _lists(array, filled, dtype)
    present = [v for v in filled if v is not None]
    if all(isinstance(v, (bool, np.bool_)) for v in present):
        return Values(Family.TRUTH, filled, dtype)
    if all(_is_number(v) for v in present):
        return _numbers(np.array([np.nan if v is None else float(v) for v in filled]), dtype)
    if all(isinstance(v, (str, bool, np.bool_)) or _is_number(v) for v in present):
        return Values(Family.MIXED, filled, dtype)
    if all(isinstance(v, (str, PurePath)) for v in present):
        return Values(Family.WORD, object_array([None if v is None else str(v) for v in filled]), dtype)
    arrays = arrays_of(filled)
    return _lists(array, filled, dtype) if arrays is None else Values(Family.ARRAY, arrays, dtype)


def _lists(array: np.ndarray, filled: np.ndarray, dtype: str) -> Values:
    lists = item_lists_of(filled)
    return Values(Family.UNUSABLE, array, dtype) if lists is None else Values(Family.LIST, lists, dtype)


def _dates(array: np.ndarray, dtype: str) -> Values:
    try:
        stamps = pd.to_datetime(pd.Series(array), utc=True)
    except (ValueError, TypeError, OverflowError):
        return Values(Family.UNUSABLE, array, dtype)
    return Values(Family.DATE, _utc(stamps), dtype)


def _utc(series: pd.Series) -> np.ndarray:
    return series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")


def _seconds(array: np.ndarray) -> np.ndarray:
    seconds = array.astype("timedelta64[us]").astype(np.float64) / 1e6
    return np.where(np.isnat(array), np.nan, seconds)


def _numbers(array: np.ndarray, dtype: str, *, whole: bool = False, declared: bool = False) -> Values:
    infinite = np.flatnonzero(np.isinf(array))
    if not len(infinite):
        return Values(Family.NUMBER, array, dtype, whole, declared)
    array[infinite] = np.nan
    return Values(Family.NUMBER, array, dtype, whole, declared, len(infinite), infinite=infinite)


def _none_for_missing(array: np.ndarray) -> np.ndarray:
    gone = pd.isna(array)
    if not gone.any():
        return array
    filled = array.copy()
    filled[gone] = None
    return filled


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal, np.number)) and not isinstance(value, bool)
