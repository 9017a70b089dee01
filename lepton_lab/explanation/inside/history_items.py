"""The items of a history as players: a coalition is the history without the others, which leave their places empty."""

from __future__ import annotations

import functools

import numpy as np

from lepton_lab.data.encode_items import NONE, ItemsBlock
from lepton_lab.data.item_lists import ItemList
from lepton_lab.data.objects import object_array
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.inside.cut import Cut, Wanted

BETWEEN = " → "


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
    said = [str(item) for item in value.items[-n:].tolist()]
    starts = np.cumsum([0, *(len(word) + len(BETWEEN) for word in said[:-1])])
    spans = np.stack([starts, starts + [len(word) for word in said]], axis=1)
    codes = np.full(block.read, NONE, np.int32)
    codes[:n_read] = block.prepare(value)[:n_read]
    notes = (f"the model reads the latest {n_read} of {len(value):,} items.",) if n_read < len(value) else ()
    notes += (f"parts are the latest {n} of them; the others stay.",) if n < n_read else ()
    encoded = functools.partial(_without, codes)
    names = _distinct(said)
    return Cut(BETWEEN.join(said), "", spans, names, object_array(said), encoded, "no items", notes)


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
