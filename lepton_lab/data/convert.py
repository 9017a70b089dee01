"""A column of a new frame, read as the column of the same name was when the model was trained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from lepton_lab.data.frames import RawColumn
from lepton_lab.data.image_paths import images_at
from lepton_lab.data.item_lists import item_lists_of
from lepton_lab.data.objects import object_array
from lepton_lab.data.parse import dates_of, number_of, numbers_of
from lepton_lab.data.schema import OBJECTS, Category, Column, Kind
from lepton_lab.data.texts import read_text, read_texts
from lepton_lab.data.values import Family, Values, read_values


class Converted(NamedTuple):
    """The values as a column holds them, what is wrong with them (empty where nothing is), infinities now missing."""

    array: np.ndarray
    problem: str = ""
    n_infinite: int = 0


def read_column_like(column: Column, raw: RawColumn) -> Converted:
    """A column's new values as it holds them."""
    quick = _quick(column, raw)
    if quick is not None:
        return quick
    values = read_values(raw)
    if column.kind == Kind.TEXT:
        return Converted(*texts_in(values))
    if column.kind in OBJECTS:
        return Converted(*objects_in(values, column.kind))
    if values.family == Family.NOTHING or values.missing().all():
        return Converted(_nothing(column, len(values.array)), n_infinite=values.n_infinite)
    if column.kind == Kind.NUMERIC:
        return Converted(*numbers_in(values), values.n_infinite)
    if column.kind == Kind.DATETIME:
        return Converted(*dates_in(values))
    return Converted(*_categories(column, values))


def _quick(column: Column, raw: RawColumn) -> Converted | None:
    """The common cases without a detour; None for the rest."""
    dtype = raw.dtype
    kind = dtype.kind if isinstance(dtype, np.dtype) else ""
    if column.kind == Kind.NUMERIC and kind in ("f", "i", "u"):
        array = np.array(raw, np.float64)
        infinite = np.isinf(array)
        array[infinite] = np.nan
        return Converted(array, n_infinite=int(infinite.sum()))
    if len(raw) != 1 or isinstance(dtype, pd.CategoricalDtype):
        return None
    # One row, as a what-if asks a hundred times: no need to find out what a single word is.
    value = raw.iloc[0] if isinstance(raw, pd.Series) else raw[0]
    if column.kind == Kind.NUMERIC and type(value) in (int, float):
        known = np.isfinite(value)
        return Converted(
            np.array([value if known else np.nan], np.float64), n_infinite=int(not known and value == value)
        )
    if column.kind == Kind.TEXT and (value is None or isinstance(value, str)):
        return Converted(object_array([read_text(value)]))
    if column.kind in (Kind.CATEGORY, Kind.BOOLEAN) and isinstance(value, (str, bool, int, np.integer, np.bool_)):
        plain = value.item() if isinstance(value, np.generic) else value
        if plain in column.categories:
            return Converted(object_array([column.categories[column.categories.index(plain)]]))
    return None


def numbers_in(values: Values) -> tuple[np.ndarray, str]:
    """A column's values as numbers, NaN where missing, and what is wrong with them."""
    if values.family == Family.NUMBER:
        return values.array, ""
    if values.family == Family.TRUTH:
        return np.array([np.nan if v is None else float(v) for v in values.array], np.float64), ""
    if values.family in (Family.WORD, Family.MIXED):
        codes, uniques = values.factorised
        numbers, bad = numbers_of(uniques)
        problem = f"was numbers; found words that write none, such as {bad[0]!r}" if bad else ""
        return np.append(numbers, np.nan)[codes], problem
    return values.array, f"was numbers; found {_in_words(values)}"


def dates_in(values: Values) -> tuple[np.ndarray, str]:
    """A column's values as dates, NaT where missing, and what is wrong with them."""
    if values.family == Family.DATE:
        return values.array, ""
    if values.family == Family.WORD:
        codes, uniques = values.factorised
        dates = dates_of(uniques)
        if dates is not None:
            return np.append(dates, np.datetime64("NaT", "us"))[codes], ""
        bad = next((word for word in uniques if dates_of(np.array([word], object)) is None), uniques[0])
        return values.array, f"was dates; found words that write none, such as {bad!r} (wanted 2024-12-31)"
    return values.array, f"was dates; found {_in_words(values)}"


def texts_in(values: Values) -> tuple[np.ndarray, str]:
    """A column's values as texts, None where there is nothing to read, and what is wrong with them.

    Numbers, dates and truth values are texts as they are written, whole numbers without a point; bytes are UTF-8.
    """
    present = values.array[~values.missing()]
    if values.family == Family.UNUSABLE and all(isinstance(one, (bytes, bytearray)) for one in present):
        return object_array(read_texts(values.array)), ""
    if values.family in (Family.UNUSABLE, Family.ARRAY, Family.LIST):
        return values.array, f"wanted a text a row; found {_in_words(values)}"
    if values.family == Family.DATE:
        found = np.array([None if np.isnat(one) else str(one) for one in values.array], dtype=object)
        return object_array([None if one is None else one.removesuffix("T00:00:00.000000") for one in found]), ""
    if values.family == Family.NUMBER:
        whole = values.whole or bool(np.all(present == np.rint(present)))
        return object_array(read_texts(int(v) if whole and v == v else v for v in values.array.tolist())), ""
    return object_array(read_texts(values.array)), ""


def objects_in(values: Values, kind: Kind) -> tuple[np.ndarray, str]:
    """A column's values as arrays, None where missing, and what is wrong with them; words are paths of images.

    Raises:
        DamagedImageError: a file cannot be read.
    """
    if values.family == Family.NOTHING or values.missing().all():
        return np.full(len(values.array), None, dtype=object), ""
    if kind == Kind.IMAGE and values.family == Family.WORD:
        codes, paths = values.factorised
        return object_array([*images_at(paths), None])[codes], ""
    if kind == Kind.ITEMS:
        return _item_lists(values)
    if values.family != Family.ARRAY:
        return values.array, f"wanted an array a row; found {_in_words(values)}"
    return values.array, _unlike(values.array, kind)


def _item_lists(values: Values) -> tuple[np.ndarray, str]:
    """A column's values as lists of items; a word or a number alone is no list."""
    lists = item_lists_of(values.array) if values.family in (Family.LIST, Family.ARRAY) else None
    return (values.array, f"wanted a list of items a row; found {_in_words(values)}") if lists is None else (lists, "")


def _unlike(arrays: np.ndarray, kind: Kind) -> str:
    """What is wrong with arrays that are to be images or series."""
    axes = (2, 3) if kind == Kind.IMAGE else (1, 2)
    found = next((one.array.shape for one in arrays if one is not None and one.array.ndim not in axes), None)
    wanted = "height, width and perhaps a channel" if kind == Kind.IMAGE else "steps and perhaps channels"
    return "" if found is None else f"wanted arrays of {wanted}; found one of shape {found}"


def _categories(column: Column, values: Values) -> tuple[np.ndarray, str]:
    """Known values in the type they had; a value never seen stays as it is."""
    if values.family in (Family.UNUSABLE, Family.ARRAY, Family.LIST):
        return values.array, f"was categories; found {_in_words(values)}"
    if values.family == Family.DATE:
        written = values.array.astype(str).astype(object)
        written[values.missing()] = None
        values = Values(Family.WORD, written, values.dtype)
    codes, uniques = values.factorised
    known = {category: category for category in column.categories}
    by_word = {_word(category): category for category in column.categories}
    found = [known.get(_plain(u), by_word.get(_word(u))) for u in uniques]
    if _other_type(column, uniques) and not any(f is not None for f in found):
        shown = _in_words(values) + f" such as {_plain(uniques[0])!r}"
        return values.array, f"was categories such as {column.categories[0]!r}; found {shown}, none of them known"
    kept = [_plain(u) if f is None else f for u, f in zip(uniques, found, strict=True)]
    return object_array([*kept, None])[codes], ""


def _other_type(column: Column, uniques: np.ndarray) -> bool:
    """Whether words were known and numbers are found, or the other way round."""
    was_words = {isinstance(category, str) for category in column.categories}
    are_words = {isinstance(u, str) for u in uniques}
    return len(was_words) == len(are_words) == 1 and was_words != are_words


def _word(value: object) -> str:
    """What two ways of storing one value have in common: 1, 1.0 and '1'; True and 'true'."""
    value = _plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str):
        number = number_of(value)
        if number is not None and number.is_integer():
            return str(int(number))
        return value.lower() if value.lower() in ("true", "false") else value
    return str(value)


def _plain(value: object) -> Category:
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[return-value]


def _nothing(column: Column, n_rows: int) -> np.ndarray:
    if column.kind == Kind.NUMERIC:
        return np.full(n_rows, np.nan)
    if column.kind == Kind.DATETIME:
        return np.full(n_rows, np.datetime64("NaT", "us"))
    return np.full(n_rows, None, dtype=object)


def _in_words(values: Values) -> str:
    return {
        Family.NUMBER: "numbers",
        Family.TRUTH: "truth values",
        Family.DATE: "dates",
        Family.WORD: "words",
        Family.MIXED: "numbers and words",
        Family.ARRAY: "arrays",
        Family.LIST: "lists of items",
        Family.NOTHING: "nothing",
        Family.UNUSABLE: f"values of the type {values.dtype}",
    }[values.family]
