"""Cells that hold items in the order in which they came: a customer's purchases, a user's films."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.objects import object_array

# Items of one list are of one of these.
_KINDS = (str, (int, float, np.number))


class ItemList:
    """Items in order as one value of a column: equal and hashed by what they are, as words are.

    Args:
        items: the user's own values, the latest last `(item,)`.

    Example:
        >>> ItemList([3, 5]) == ItemList(np.array([3, 5])), ItemList(["milk"])
        (True, 1 item: milk)
    """

    def __init__(self, items: Iterable[object]):
        self.items = items if isinstance(items, np.ndarray) else _array(list(items))

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that tell different lists apart."""
        is_whole = self.items.dtype.kind == "i"
        written = np.ascontiguousarray(self.items).tobytes() if is_whole else repr(self.items.tolist()).encode()
        return hashlib.blake2b(written, digest_size=16).digest()

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ItemList) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __str__(self) -> str:
        many = "1 item" if len(self) == 1 else f"{len(self):,} items"
        if len(self) > 3:
            return f"{many}, the last {self.items[-1]}"
        return f"{many}: {', '.join(map(str, self.items.tolist()))}"

    __repr__ = __str__


def item_lists_of(values: Iterable[object]) -> np.ndarray | None:
    """Cells as `ItemList`, None where there is no item; None altogether where one is no list of words and numbers."""
    found = []
    for value in values:
        one = _list_of(value)
        if one is None:
            return None
        found.append(one if len(one) else None)
    return object_array(found)


def _list_of(value: object) -> ItemList | None:
    if value is None or (isinstance(value, float) and value != value):
        return ItemList(np.empty(0, object))
    if isinstance(value, ItemList):
        return value
    array = value.array if isinstance(value, ArrayValue) else value
    if isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype.kind in "iufbUO":
        return ItemList(array if array.dtype.kind in "iU" else _array(array.tolist()))
    if isinstance(array, (list, tuple)) and any(all(isinstance(one, kind) for one in array) for kind in _KINDS):
        return ItemList(array)
    return None


def _array(items: list[object]) -> np.ndarray:
    """Items as plain Python values; whole numbers as such, so that 3 and 3.0 are one item."""
    plain = [one.item() if isinstance(one, np.generic) else one for one in items]
    plain = [int(one) if isinstance(one, float) and one.is_integer() else one for one in plain]
    whole = plain and all(type(one) is int for one in plain)
    return np.array(plain, np.int64) if whole else object_array(plain)
