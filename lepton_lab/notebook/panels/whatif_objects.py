"""What a what-if's page holds of objects: a key for each that can take the row's place, and items as lines.

A page keeps values as JSON. An image or a series stands there as the key of the row that it is of; a list of items as
one line an item. Here they are read into values of the model, and written back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.item_lists import ItemList
from lepton_lab.data.schema import Kind
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.object_picture import picture_of

if TYPE_CHECKING:
    from lepton_lab.evaluation.scenario import WhatIf

MOST_OTHERS = 24
"""Other rows whose objects are offered."""
_HELD = (Kind.IMAGE, Kind.SERIES, Kind.ITEMS)


class PageObjects:
    """The objects of one what-if, for its page.

    Args:
        whatif: the row, and the rows that it was taken with.
    """

    def __init__(self, whatif: WhatIf) -> None:
        self._whatif = whatif
        self._kinds = {column.name: column.kind for column in whatif.model.schema.inputs}

    def of_page(self, columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The controls as they were made, with the values of objects as the page holds them, and their pictures."""
        return [
            {**one, **self._control(one["name"])} if self._kinds.get(one["name"]) in _HELD else one for one in columns
        ]

    def _control(self, name: str) -> dict[str, Any]:
        own = {"value": self._written(name, self._whatif.values[name]), "categories": []}
        known = self._known.get(name)
        if known is None:
            return own | {"kind": "items"}
        return own | {
            "kind": "object",
            "categories": [{"value": key, "shown": words} for key, (words, _) in known.items()],
            "pictures": {key: picture_of(one, self._kinds[name]) for key, (_, one) in known.items()},
        }

    def read(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Values of a page as the model takes them."""
        return {name: self._read(name, item) for name, item in changes.items()}

    def to_page(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the model as a page holds them."""
        return {name: self._written(name, item) for name, item in changes.items()}

    def _read(self, name: str, item: Any) -> Any:
        if name in self._known and isinstance(item, str) and item in self._known[name]:
            return self._known[name][item][1]
        if self._kinds.get(name) == Kind.ITEMS and isinstance(item, str):
            return [self._item(one.strip()) for one in item.splitlines() if one.strip()] or None
        return item

    def _item(self, words: str) -> object:
        """An item as the user's column has it: one of whole numbers says so by the row's own."""
        return int(words) if self._whole and words.lstrip("-").isdigit() else words

    @cached_property
    def _whole(self) -> bool:
        lists = [one for one in self._whatif.values.values() if isinstance(one, ItemList)]
        return bool(lists) and all(one.items.dtype.kind == "i" for one in lists)

    def _written(self, name: str, item: Any) -> Any:
        if name in self._known:
            return next((key for key, (_, one) in self._known[name].items() if one == item), None)
        if self._kinds.get(name) == Kind.ITEMS and item is not None:
            items = item.items if isinstance(item, ItemList) else item
            return "\n".join(map(str, items.tolist() if isinstance(items, np.ndarray) else items))
        return item

    @cached_property
    def _known(self) -> dict[str, dict[str, tuple[str, object]]]:
        """For each column of images or series its own object and others' by key, with words for them."""
        arrays = [name for name, kind in self._kinds.items() if kind in (Kind.IMAGE, Kind.SERIES)]
        found: dict[str, dict[str, tuple[str, object]]] = {name: {} for name in arrays}
        for name in arrays:
            own = self._whatif.values[name]
            if isinstance(own, ArrayValue):
                found[name]["own"] = (f"{own}, this row's", own)
            for k, (label, other) in enumerate(self._whatif.objects(name, MOST_OTHERS)):
                found[name][f"row {k}"] = (f"that of row {value(label)}", other)
        return found
