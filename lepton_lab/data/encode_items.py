"""Lists of items as a network takes them: codes, the latest last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from lepton_lab.data.item_columns import Catalogue, ItemSide, fit_side
from lepton_lab.data.item_lists import ItemList
from lepton_lab.data.objects import object_array
from lepton_lab.data.schema import Category
from lepton_lab.data.shelf import Shelf

# Of longer lists the latest items are read; of those kept, all count as seen.
READ, MOST_KEPT = 50, 4096
MOST_ITEMS = 100_000
# Codes: 0 behind the end of a list, 1 an item that was not known when the model was trained, then the known ones.
NONE, UNSEEN, FIRST_ITEM = 0, 1, 2


class ItemShelf(Shelf):
    """A shelf of lists of codes that hands out their first ones, and keeps all.

    Args:
        read: codes of a list that are handed out, at most.
    """

    def __init__(self, read: int):
        super().__init__((read,), np.int32, fill=NONE, longest=MOST_KEPT)
        self.read = read

    def gather(self, numbers: np.ndarray, n: int) -> np.ndarray:
        """The lists with these numbers, int32 `(n, read)`: one shape, whatever they hold.

        Raises:
            KeyError: a list is not here any more.
        """
        out = np.zeros((n, self.read), self.dtype)
        for row, number in enumerate(numbers.tolist()):
            codes = self.one(number)[: self.read]
            out[row, : len(codes)] = codes
        return out

    def _fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == 1 and shape[0] <= self.longest


@dataclass(frozen=True)
class ItemsBlock:
    """How a column of lists of items is encoded.

    Args:
        column: its name.
        items: the known ones; where items are predicted these come first, in the order of the task's classes.
        read: items that a network reads of a list, at most; the latest of a longer one.
        side: what is known of the items beside their names; None for nothing.
        shelf: where the lists are, int32 codes `(item,)`, the latest first.
    """

    column: str
    items: tuple[Category, ...]
    read: int = READ
    side: ItemSide | None = None
    kind: Literal["items"] = "items"
    shelf: Shelf = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shelf", ItemShelf(self.read))

    @property
    def n_codes(self) -> int:
        """What members see that read no objects: one is missing, or there."""
        return 2

    @property
    def n_items(self) -> int:
        """Known items."""
        return len(self.items)

    @property
    def features(self) -> np.ndarray:
        """What is known of each code's item beside its name, `(code, feature)`; of the first two codes nothing."""
        if self.side is None:
            return np.zeros((self.n_items + FIRST_ITEM, 0), np.float32)
        return np.pad(self.side.features, ((FIRST_ITEM, 0), (0, 0)))

    @property
    def monotone(self) -> int:
        """Lists have no order."""
        return 0

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(object_array(self.items), dtype=object)

    @cached_property
    def _written(self) -> Mapping[str, int]:
        """The place of each item as it is written, so that 7 and "7" are one; of two written alike the first."""
        return {str(item): place for place, item in reversed(list(enumerate(self.items)))}

    def codes(self, items: np.ndarray) -> np.ndarray:
        """Codes of items, int32."""
        distinct, uniques = pd.factorize(items)
        known = self._index.get_indexer(pd.Index(object_array(uniques.tolist()), dtype=object))
        if (known < 0).any():
            known = np.array(
                [self._written.get(str(u), -1) if k < 0 else k for k, u in zip(known, uniques, strict=True)]
            )
        return np.where(known < 0, UNSEEN, known + FIRST_ITEM).astype(np.int32)[distinct]

    def item(self, code: int) -> Category:
        """The item of a code; words for one that was not known."""
        return self.items[code - FIRST_ITEM] if code >= FIRST_ITEM else "an unknown item"

    def prepare(self, value: ItemList) -> np.ndarray:
        """One list: the codes of its latest items, the latest first, so that what is near lies at the same place."""
        return self.codes(value.items[-MOST_KEPT:])[::-1].copy()

    def encode(self, array: np.ndarray) -> np.ndarray:
        """A table's column as numbers on the shelf `(row,)`."""
        there = [one.items[-MOST_KEPT:] for one in array if one is not None]
        ends = np.cumsum([len(one) for one in there])
        parts = iter(np.split(self.codes(_joined(there)), ends[:-1]) if there else ())
        return self.shelf.put(None if one is None else next(parts)[::-1].copy() for one in array)

    def seen(self, numbers: np.ndarray, n_classes: int) -> np.ndarray:
        """Which of the first items are in the lists with these numbers, bool `(row, item)`."""
        found = np.zeros((len(numbers), n_classes), bool)
        for row, number in enumerate(numbers.tolist()):
            if number > 0:
                codes = self.shelf.one(number) - FIRST_ITEM
                found[row, codes[(codes >= 0) & (codes < n_classes)]] = True
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        plain = {"column": self.column, "kind": self.kind, "items": list(self.items), "read": self.read}
        return plain if self.side is None else plain | {"side": self.side.to_json()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ItemsBlock:
        """The block that `to_json` wrote.

        Raises:
            ValueError, TypeError: it is none that is ever written.
        """
        items, read = tuple(data["items"]), int(data["read"])
        if not 0 < read <= MOST_KEPT or len(items) > MOST_ITEMS:
            raise ValueError(f"the block of {data['column']!r} is out of range")
        if not all(isinstance(one, (str, int, float, bool)) for one in items):
            raise TypeError("an item has a wrong type")
        side = None if data.get("side") is None else ItemSide.from_json(data["side"], len(items))
        return ItemsBlock(str(data["column"]), items, read, side)


def fit_items(
    column: str, array: np.ndarray, classes: tuple[Category, ...] = (), catalogue: Catalogue | None = None
) -> ItemsBlock:
    """The encoding of a column of lists of items.

    Args:
        column: its name.
        array: `ItemList`, None where there are none.
        classes: of the target. Where the lists are made of them they are the first items.
        catalogue: what is known of these.
    """
    there = [one for one in array if one is not None]
    _, uniques = pd.factorize(_joined([one.items for one in there]))
    found = uniques.tolist()
    known = set(classes)
    first = tuple(classes) if known & {*found} else ()
    others = tuple(one for one in found if not first or one not in known)
    longest = max((len(one) for one in there), default=1)
    items = (first + others)[:MOST_ITEMS]
    side = fit_side(catalogue.of(items)) if catalogue is not None and first else None
    return ItemsBlock(column, items, min(READ, longest), side)


def _joined(lists: list[np.ndarray]) -> np.ndarray:
    """All items, one after the other."""
    if lists and all(one.dtype.kind == "i" for one in lists):
        return np.concatenate(lists)
    return object_array([item for one in lists for item in one.tolist()])
