"""The items of a history as players: a coalition is the history without the others, which leave their places empty.

Where columns of items (genre, year) are known, each is one player more: without it every item that is ranked is, in
this column, what items are on average. So one table says which earlier items, and what of the item itself, moved it.
"""

from __future__ import annotations

import functools

import numpy as np

from lepton_lab.data.encode_items import NONE, ItemsBlock
from lepton_lab.data.item_lists import ItemList
from lepton_lab.data.objects import object_array
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.inside.cut import Cut, Wanted

BETWEEN, APART = " → ", "; of the item: "


def cut_items(block: ItemsBlock, value: ItemList, wanted: Wanted) -> Cut:
    """A history in its items, the latest last; of a long one those that the model reads, or the latest asked for.

    Raises:
        OptionError: no such parts or baseline.
        ExplanationError: no items in it.
    """
    wanted.parts_of("items")
    wanted.baseline_of("items")
    n_read = min(len(value), block.read)
    if n_read == 0:
        raise ExplanationError("a history of no items has no parts.")
    n = min(n_read, wanted.n_parts or n_read)
    side = () if block.side is None else tuple(f"its {name}" for name in block.side.names)
    said = [*(str(item) for item in value.items[-n:].tolist()), *side]
    shown, spans = _in_a_row(said, len(side))
    codes = np.full(block.read, NONE, np.int32)
    codes[:n_read] = block.prepare(value)[:n_read]
    notes = (f"the model reads the latest {n_read} of {len(value):,} items.",) if n_read < len(value) else ()
    notes += (f"parts are the latest {n} of them; the others stay.",) if n < n_read else ()
    encoded = functools.partial(_without, codes)
    names = _distinct(said)
    baseline = "no items, and an item like the average" if side else "no items"
    return Cut(shown, "", spans, names, object_array(said), encoded, baseline, notes, len(side))


def _in_a_row(said: list[str], n_side: int) -> tuple[str, np.ndarray]:
    """The parts one after the other, and where each begins and ends; columns of items stand apart."""
    n = len(said) - n_side
    between = ["", *[BETWEEN] * (n - 1), *[APART][:n_side], *[", "] * (n_side - 1)]
    ends = np.cumsum([len(gap) + len(word) for gap, word in zip(between, said, strict=True)])
    spans = np.stack([ends - [len(word) for word in said], ends], axis=1)
    return "".join(gap + word for gap, word in zip(between, said, strict=True)), spans


def _without(codes: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Histories `(coalition, item)` whose items that are away are nothing; the last player is the latest item."""
    n = z.shape[1]
    found = np.repeat(codes[None], len(z), axis=0)
    found[:, :n] = np.where(z[:, ::-1] > 0.5, codes[:n], NONE)
    return found


def _distinct(said: list[str]) -> tuple[str, ...]:
    """Names of items, numbered where one comes more than once."""
    seen: dict[str, int] = {}
    names = []
    for word in said:
        seen[word] = seen.get(word, 0) + 1
        names.append(f"{word} ({seen[word]})" if said.count(word) > 1 else word)
    return tuple(names)
