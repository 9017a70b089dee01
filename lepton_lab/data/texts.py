"""Texts as they are read: any cell as a string of its own length, or nothing.

Nothing is cut out of a text: markup, emoji and scripts stay, and a place in what is returned is the same place in
the user's own string.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

# Halves of a character that stand alone: no encoder takes them.
_HALVES = re.compile("[\ud800-\udfff]")


def read_text(value: Any) -> str | None:
    """A cell as a text of the same length; None where nothing can be read: None, NaN, and texts without a sign.

    Numbers are read as they are written, bytes as UTF-8.

    Example:
        >>> [read_text(value) for value in ("Hi!", " ", None, float("nan"), 3, b"caf\\xc3\\xa9")]
        ['Hi!', None, None, None, '3', 'café']
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (bytes, bytearray)):
        value = bytes(value).decode("utf-8", errors="replace")
    text = str(value)
    if not text.strip() or (not isinstance(value, str) and text in ("<NA>", "NaT")):
        return None
    return _HALVES.sub("\ufffd", text)


def read_texts(values: Iterable[Any]) -> list[str | None]:
    """Cells as texts; None where nothing can be read."""
    return [read_text(value) for value in values]


def lengths_of(texts: Iterable[str | None]) -> np.ndarray:
    """How many characters each text has `(text,)` float64, NaN for None: what texts that all differ have to compare."""
    return np.array([math.nan if text is None else len(text) for text in texts], np.float64)


def to_bytes(text: str) -> np.ndarray:
    """A text as a shelf of objects keeps it: UTF-8, `(byte,)` uint8."""
    return np.frombuffer(text.encode("utf-8", errors="replace"), np.uint8)


def from_bytes(array: np.ndarray) -> str:
    """The text that `to_bytes` gave; what is no UTF-8 is replaced.

    Example:
        >>> from_bytes(to_bytes("café 😀"))
        'café 😀'
    """
    return np.asarray(array, np.uint8).tobytes().decode("utf-8", errors="replace")


def distinct_texts(texts: Iterable[str | None]) -> tuple[list[str], list[int]]:
    """Each different text once, and for each entry which one it is; -1 for None.

    Example:
        >>> distinct_texts(["a", None, "b", "a"])
        (['a', 'b'], [0, -1, 1, 0])
    """
    place: dict[str, int] = {}
    where = [-1 if text is None else place.setdefault(text, len(place)) for text in texts]
    return list(place), where
