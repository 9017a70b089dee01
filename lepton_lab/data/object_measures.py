"""One number an object, so that a column of objects can be drawn: how bright images are, how long all others."""

from __future__ import annotations

import math

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.item_lists import ItemList
from lepton_lab.data.schema import Kind
from lepton_lab.data.texts import lengths_of

_MEASURES = {
    Kind.TEXT: "by number of characters",
    Kind.IMAGE: "by mean brightness, 0 to 1",
    Kind.SERIES: "by number of steps",
    Kind.ITEMS: "by number of items",
}


def measured(kind: Kind, array: np.ndarray) -> tuple[str, np.ndarray] | None:
    """What is measured, in words, and it `(row,)` float64, NaN where there is no object; None of other kinds.

    Example:
        >>> measured(Kind.ITEMS, np.array([ItemList(["milk", "tea"]), None], object))
        ('by number of items', array([ 2., nan]))
    """
    if kind not in _MEASURES:
        return None
    if kind == Kind.TEXT:
        return _MEASURES[kind], lengths_of(array)
    return _MEASURES[kind], np.array([_of_one(kind, one) for one in array], np.float64)


def _of_one(kind: Kind, one: object) -> float:
    if isinstance(one, ItemList):
        return float(len(one))
    if not isinstance(one, ArrayValue):
        return math.nan
    if kind == Kind.SERIES:
        return float(len(one.array))
    known = one.array[np.isfinite(one.array)]
    mean = float(known.mean()) if known.size else math.nan
    return mean / 255 if one.array.dtype == np.uint8 else mean
