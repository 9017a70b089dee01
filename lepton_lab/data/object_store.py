"""The objects of a few encoded rows as plain arrays, to be stored and put on the shelves of another process.

Of texts nothing but their numbers: what a network makes of each is stored with the network, and no text with anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lepton_lab.data.encode_items import ItemsBlock
from lepton_lab.data.object_block import ObjectBlock


def format_of(blocks: Sequence[object]) -> int:
    """The oldest format of a model file that holds such columns."""
    if any(isinstance(block, ItemsBlock) for block in blocks):
        return 3
    return 2 if any(isinstance(block, ObjectBlock) for block in blocks) else 1


def background_objects(blocks: Sequence[object], x: np.ndarray) -> dict[str, np.ndarray]:
    """The objects that encoded rows name, by column and number.

    Each column has `<place>.numbers (object,)`, and `<place>.<number>` for each of its objects that is no text.
    """
    arrays: dict[str, np.ndarray] = {}
    for place, block in enumerate(blocks):
        if isinstance(block, ObjectBlock):
            numbers = np.unique(x[:, place])
            numbers = numbers[numbers > 0]
            arrays[f"{place}.numbers"] = numbers.astype(np.int64)
            if block.kind != "text":
                arrays |= {f"{place}.{int(number)}": block.shelf.one(number) for number in numbers}
    return arrays


def on_new_shelves(blocks: Sequence[object], x: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Put stored objects on the blocks' shelves; the rows with the numbers they have there.

    Raises:
        KeyError, ValueError: objects are missing, or are none that these columns hold.
    """
    x = x.copy()
    for place, block in enumerate(blocks):
        if not isinstance(block, ObjectBlock):
            continue
        stored = arrays[f"{place}.numbers"]
        if block.kind == "text":
            put = block.shelf.reserve(len(stored))
        else:
            put = block.shelf.put(arrays[f"{place}.{int(number)}"] for number in stored)
        now = dict(zip(stored.tolist(), put.tolist(), strict=True))
        x[:, place] = [now[int(number)] if number else 0 for number in x[:, place]]
    return x
