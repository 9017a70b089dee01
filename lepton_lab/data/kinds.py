"""What a column is, inferred from its dtype, its values and its name. The rules, in the order they are tried:

dtype wins: a pandas or polars categorical is a category, a float is a number, a bool is boolean.
all missing, or one value and none missing     constant
0 and 1 only                                   boolean (the values stay 0 and 1)
whole numbers, named like a key, many          identifier      (customer_id, account_nr)
whole numbers counting the rows from 0 or 1     identifier
whole numbers, named like a code, not many     category        (zip, industry_code); others stay numbers
words that all write numbers, or ISO dates     numeric, datetime
words that all end as names of image files     identifier      (types={"file": "image"} reads them)
words, long and mostly different               text
words, nearly all different                    identifier
other words                                    category
arrays of numbers                              image, series
lists of words                                 items

To overrule: astype(float), astype("category"), or ignore=.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lepton_lab.data.array_values import array_kind
from lepton_lab.data.image_paths import are_paths
from lepton_lab.data.objects import object_array
from lepton_lab.data.parse import dates_of, numbers_of
from lepton_lab.data.schema import Kind
from lepton_lab.data.texts import read_texts
from lepton_lab.data.values import Family, Values

KEY_WORDS = frozenset({"id", "ids", "uuid", "guid", "pk", "rowid", "unnamed", "rownames"})
KEY_NAMES = frozenset({"index", "idx", "key", "nr", "no", "number", "row"})
CODE_WORDS = frozenset(
    {
        "code",
        "codes",
        "zip",
        "zipcode",
        "postcode",
        "postal",
        "plz",
        "sic",
        "naics",
        "category",
        "cat",
        "cluster",
        "segment",
    }
)
FEW_ROWS = 20  # under this, "all different" means nothing
MANY_CODES = 1000
LONG_WORDS = 5  # median words a cell of free text
MIXED_LIMIT = 50  # more values than this beside words are no categories


@dataclass(frozen=True)
class Inferred:
    """A column's kind and its values as a table keeps them.

    Args:
        kind: what the column is.
        array: float64, object with None, or datetime64[us]; `(row,)`.
        reason: how the kind was found, in words; empty where the dtype says it.
        integer: whether every number is whole.
        n_distinct: different values, missing aside.
        mixed: words found between numbers.
        problem: why the column cannot be used, or an empty string.
    """

    kind: Kind
    array: np.ndarray
    reason: str = ""
    integer: bool = False
    n_distinct: int = 0
    mixed: tuple[object, ...] = ()
    problem: str = ""


def infer_kind(name: str, values: Values) -> Inferred:
    """What the column `name` is."""
    if values.family == Family.NOTHING or values.missing().all():
        return Inferred(Kind.CONSTANT, _empty(values), "every value is missing")
    if values.family == Family.NUMBER:
        return _of_numbers(name, values.array, declared=values.declared)
    if values.family == Family.DATE:
        return _of_dates(values.array, "")
    if values.family == Family.TRUTH:
        return _of_truth(values.array)
    if values.family in (Family.ARRAY, Family.LIST):
        return _of_objects(values)
    if values.family == Family.UNUSABLE:
        return Inferred(Kind.CATEGORY, values.array, problem=_unusable(values))
    codes, uniques = values.factorised
    if values.declared:
        return _constant_or(values.array, codes, len(uniques)) or Inferred(
            Kind.CATEGORY, values.array, "stored as categorical", n_distinct=len(uniques)
        )
    if values.family == Family.MIXED:
        return _of_mixed(name, values.array, codes, uniques)
    return _of_words(name, values.array, codes, uniques)


def is_key_name(name: str) -> bool:
    """Whether a column's name says that it tells rows or customers apart."""
    return name_says(name, KEY_WORDS) or name.strip().lower() in KEY_NAMES


def name_says(name: str, words: frozenset[str]) -> bool:
    """Whether one of the words that a name is made of is among `words`.

    Example:
        >>> name_says("CustomerID", KEY_WORDS), name_says("paid", KEY_WORDS)
        (True, False)
    """
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return any(part.lower() in words for part in parts)


def _of_numbers(name: str, array: np.ndarray, *, declared: bool, reason: str = "") -> Inferred:
    known = array[~np.isnan(array)]
    distinct = pd.unique(known)
    n, integer = len(distinct), bool(np.all(distinct == np.rint(distinct)))
    if n == 0:
        return Inferred(Kind.CONSTANT, array, "every value is missing")
    if n == 1 and len(known) == len(array):
        return Inferred(Kind.CONSTANT, array, f"every value is {_short(distinct[0])}", integer, 1)
    if integer and n <= 2 and set(distinct.tolist()) <= {0.0, 1.0}:
        return Inferred(Kind.BOOLEAN, _as_whole(array), reason or "holds only 0 and 1", True, n)
    if not integer or (declared and not is_key_name(name)):
        return Inferred(Kind.NUMERIC, array, reason, integer, n)
    return _of_whole(name, array, known, n, reason)


def _of_whole(name: str, array: np.ndarray, known: np.ndarray, n: int, reason: str) -> Inferred:
    """Whole numbers: a key, a code, or a number."""
    if len(known) >= FEW_ROWS:
        is_key = is_key_name(name)
        if is_key and n > max(FEW_ROWS, 0.05 * len(known)):
            return Inferred(Kind.IDENTIFIER, array, "whole numbers, and the name says key", True, n)
        if n == len(known) and known[0] in (0, 1) and np.all(np.diff(known) == 1):
            return Inferred(Kind.IDENTIFIER, array, "counts the rows", True, n)
        if (is_key or name_says(name, CODE_WORDS)) and n <= MANY_CODES:
            return Inferred(Kind.CATEGORY, _as_whole(array), "whole numbers, and the name says code", True, n)
    return Inferred(Kind.NUMERIC, array, reason, True, n)


def _of_words(name: str, array: np.ndarray, codes: np.ndarray, uniques: np.ndarray) -> Inferred:
    constant = _constant_or(array, codes, len(uniques))
    if constant:
        return constant
    numbers, bad = numbers_of(uniques[:20])
    if not len(bad):
        numbers, bad = numbers_of(uniques)
        if not bad and not np.isnan(numbers).all():
            whole = _spread(numbers, codes)
            return _of_numbers(name, whole, declared=False, reason="words that all write numbers")
    dates = dates_of(uniques)
    if dates is not None:
        return _of_dates(np.append(dates, np.datetime64("NaT", "us"))[codes], "words that all write ISO dates")
    return _of_real_words(name, array, codes, uniques)


def _of_real_words(name: str, array: np.ndarray, codes: np.ndarray, uniques: np.ndarray) -> Inferred:
    n_known, n = int((codes >= 0).sum()), len(uniques)
    share = n / n_known
    if are_paths(uniques):
        return Inferred(
            Kind.IDENTIFIER, array, f"paths of image files; to read: types={{{name!r}: 'image'}}", n_distinct=n
        )
    if n_known >= FEW_ROWS and share > 0.5 and _median_words(uniques) >= LONG_WORDS:
        texts = object_array(read_texts(array))
        return Inferred(Kind.TEXT, texts, f"free text, {share:.0%} of it different", n_distinct=n)
    if n_known >= FEW_ROWS and (share >= 0.95 or (share >= 0.5 and is_key_name(name))):
        return Inferred(Kind.IDENTIFIER, array, f"{share:.0%} of the values are different", n_distinct=n)
    kept = array if array.dtype == object else array.astype(object)
    return Inferred(Kind.CATEGORY, kept, n_distinct=n, mixed=_stray(codes, uniques))


def _of_mixed(name: str, array: np.ndarray, codes: np.ndarray, uniques: np.ndarray) -> Inferred:
    """Numbers beside words: numbers where the words only mark missing ones, categories where they are few."""
    numbers, bad = numbers_of(uniques)
    words = tuple(u for u in uniques if isinstance(u, str))
    if not bad:
        found = _of_numbers(name, _spread(numbers, codes), declared=False)
        return Inferred(
            found.kind, found.array, "numbers, beside words for missing", found.integer, found.n_distinct, words
        )
    if len(uniques) <= MIXED_LIMIT:
        return Inferred(Kind.CATEGORY, array, "numbers and words", n_distinct=len(uniques), mixed=words)
    return Inferred(
        Kind.CATEGORY, array, n_distinct=len(uniques), mixed=words, problem=_mixed_problem(codes, uniques, bad)
    )


def _of_dates(array: np.ndarray, reason: str) -> Inferred:
    known = array[~np.isnat(array)]
    n = len(pd.unique(known))
    if n == 1 and len(known) == len(array):
        return Inferred(Kind.CONSTANT, array, f"every value is {known[0]}", n_distinct=1)
    return Inferred(Kind.DATETIME, array, reason, n_distinct=n)


def _of_truth(array: np.ndarray) -> Inferred:
    codes, uniques = pd.factorize(array)
    plain = np.array([None, *(bool(u) for u in uniques)], dtype=object)[codes + 1]
    return _constant_or(plain, codes, len(uniques)) or Inferred(Kind.BOOLEAN, plain, n_distinct=len(uniques))


def _of_objects(values: Values) -> Inferred:
    """Images, series and lists of items; what they hold is looked at until two differ."""
    first = values.array[0]
    if first is not None and all(value == first for value in values.array[1:]):
        return Inferred(Kind.CONSTANT, values.array, f"every value is the same: {first}", n_distinct=1)
    kind, reason = array_kind(values.array) if values.family == Family.ARRAY else (Kind.ITEMS, "lists of items")
    return Inferred(kind, values.array, reason)


def _constant_or(array: np.ndarray, codes: np.ndarray, n: int) -> Inferred | None:
    if n == 1 and (codes >= 0).all():
        return Inferred(Kind.CONSTANT, array, f"every value is {array[0]!r}", n_distinct=1)
    return None


def _stray(codes: np.ndarray, uniques: np.ndarray) -> tuple[object, ...]:
    """The few words in a column that otherwise writes numbers."""
    if len(uniques) <= 10:
        return ()
    numbers, bad = numbers_of(uniques)
    writes_number = ~np.isnan(_spread(numbers, codes))
    return tuple(bad) if writes_number.sum() >= 0.8 * (codes >= 0).sum() else ()


def _mixed_problem(codes: np.ndarray, uniques: np.ndarray, bad: list[object]) -> str:
    is_bad = np.array([u in set(bad) for u in uniques])
    n_bad, n_known = int(is_bad[codes[codes >= 0]].sum()), int((codes >= 0).sum())
    shown = ", ".join(repr(word) for word in bad[:4]) + (", ..." if len(bad) > 4 else "")
    return f"mixes {n_known - n_bad:,} numbers with {n_bad:,} other values ({shown})"


def _unusable(values: Values) -> str:
    types = sorted({type(v).__name__ for v in values.array[~values.missing()][:100].tolist()})
    return f"holds values that are neither numbers, words, truth values nor dates ({', '.join(types)})"


def _spread(numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Numbers of the unique values, back on the rows; NaN where missing."""
    return np.append(numbers, np.nan)[codes]


def _as_whole(array: np.ndarray) -> np.ndarray:
    """Whole numbers as Python ints, None where missing."""
    codes, uniques = pd.factorize(array)
    return np.array([None, *(int(u) for u in uniques)], dtype=object)[codes + 1]


def _empty(values: Values) -> np.ndarray:
    unread = (Family.UNUSABLE, Family.ARRAY, Family.LIST)
    return values.array if values.family not in unread else np.full(len(values.array), None, dtype=object)


def _median_words(uniques: np.ndarray) -> float:
    return float(np.median([len(str(u).split()) for u in uniques[:1000]]))


def _short(number: float) -> str:
    return f"{number:g}"
