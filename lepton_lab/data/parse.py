"""Numbers and dates written as text, read only where nothing is lost: '12.5' is a number, '1,234' and '007' are not."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

# No separators of thousands, no leading zeros (codes have them), no words such as 'inf'.
_NUMBER = re.compile(r"\s*[+-]?(0|[1-9]\d{0,14}|0?\.\d+)(?:(?<=\d)\.\d*)?([eE][+-]?\d{1,3})?\s*")
_DATE = re.compile(r"\s*\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?\s*")

# What people write where a number is missing.
MISSING_MARKS = frozenset({"", "na", "n/a", "nan", "null", "none", "missing", "unknown", "?", "-", "--", ".", "#n/a"})


def number_of(word: object) -> float | None:
    """The number that a word writes without loss, or None.

    Example:
        >>> [number_of(w) for w in ("12.5", " -3 ", "1e3", "1,234", "007", "0.5", "x")]
        [12.5, -3.0, 1000.0, None, None, 0.5, None]
    """
    if isinstance(word, str):
        return float(word) if _NUMBER.fullmatch(word) else None
    return float(word)  # type: ignore[arg-type]


def numbers_of(words: Iterable[object]) -> tuple[np.ndarray, list[object]]:
    """Each word's number (NaN for a mark of a missing value), and the words that are neither."""
    numbers, bad = [], []
    for word in words:
        number = None if word is None else number_of(word)
        if number is None and word is not None and not is_missing_mark(word):
            bad.append(word)
        numbers.append(np.nan if number is None else number)
    return np.array(numbers, np.float64), bad


def is_missing_mark(word: object) -> bool:
    """Whether a word stands for a missing number."""
    return isinstance(word, str) and word.strip().lower() in MISSING_MARKS


def dates_of(words: np.ndarray) -> np.ndarray | None:
    """ISO dates as datetime64[us] in UTC, or None where one word is no ISO date."""
    if not len(words) or not all(_DATE.fullmatch(word) for word in words[:20]):
        return None
    if not all(_DATE.fullmatch(word) for word in words):
        return None
    try:
        stamps = pd.to_datetime(pd.Series(words, dtype=object), format="ISO8601", utc=True)
    except (ValueError, OverflowError):
        return None
    return stamps.dt.tz_localize(None).to_numpy("datetime64[us]")
