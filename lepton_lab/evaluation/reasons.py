"""Why an item is recommended: what its logit would lose without each earlier item, and without each column.

The same row is asked again with one thing not known: an earlier item's place empty, a column of the row missing, a
column of the item that of an average one. That is exact and quick, and not a Shapley value: what two things say
together, both are given (`explain_inside` shares it out).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.encode_items import NONE, ItemsBlock
from lepton_lab.explanation.inside.object_answers import object_answers

if TYPE_CHECKING:
    from lepton_lab.data.encode_tabular import AnyBlock
    from lepton_lab.trained import TrainedModel

# Said of an item: effects below this share of its strongest are left out.
_WORTH_SAYING = 0.1


def reasons_of(model: TrainedModel, x: np.ndarray, chosen: np.ndarray, n: int) -> list[list[str | None]]:
    """The strongest reasons of one row's recommended items, in words with their effects on the logit.

    Each item has `n` of them, None where fewer are worth saying.

    Args:
        model: that ranks items.
        x: the encoded row `(column,)`, its objects on the shelves.
        chosen: the items `(item,)`.
        n: reasons of each, at most.
    """
    place = next((k for k, block in enumerate(model.encoder.blocks) if isinstance(block, ItemsBlock)), None)
    names, effects = _of_columns(model, x, chosen, place)
    if place is not None and x[place] > 0:
        block = model.encoder.blocks[place]
        assert isinstance(block, ItemsBlock)
        more, other = _of_history(block, x[place], chosen, object_answers(model, x, place))
        names, effects = [*more, *names], np.concatenate([other, effects])
    return [_said(names, effects[:, k], n) for k in range(len(chosen))]


def _of_history(
    block: ItemsBlock, number: float, chosen: np.ndarray, answers: Callable[..., np.ndarray]
) -> tuple[list[str], np.ndarray]:
    """What each earlier item and each column of the items did, `(reason, item)`."""
    codes = block.shelf.gather(np.array([number]), 1)[0]
    there = np.flatnonzero(codes != NONE)
    columns = () if block.side is None else block.side.names
    objects = np.repeat(codes[None], 1 + len(there) + len(columns), axis=0)
    objects[1 + np.arange(len(there)), there] = NONE
    known = np.ones((len(objects), len(columns)), bool)
    known[1 + len(there) + np.arange(len(columns)), np.arange(len(columns))] = False
    found = answers(objects, known) if columns else answers(objects)
    said = [str(block.item(int(codes[at]))) for at in there]
    return [*said, *(f"its {name}" for name in columns)], (found[0] - found[1:])[:, chosen]


def _of_columns(
    model: TrainedModel, x: np.ndarray, chosen: np.ndarray, history: int | None
) -> tuple[list[str], np.ndarray]:
    """What each column of the row did, against its being missing."""
    blocks = model.encoder.blocks
    others = [j for j in range(len(blocks)) if j != history]
    rows = np.repeat(x[None], 1 + len(others), axis=0)
    for k, j in enumerate(others, 1):
        rows[k, j] = _missing(blocks[j])
    logits = model.logits_x(rows)
    return [blocks[j].column for j in others], (logits[0] - logits[1:])[:, chosen]


def _missing(block: AnyBlock) -> float:
    return math.nan if block.kind in ("numeric", "datetime") else 0.0


def _said(names: list[str], effects: np.ndarray, n: int) -> list[str | None]:
    order = np.argsort(-effects, kind="stable")[:n]
    strongest = effects[order[0]] if len(order) else 0.0
    kept = [k for k in order.tolist() if effects[k] > max(_WORTH_SAYING * strongest, 0.0)]
    said: list[str | None] = [f"{names[k]} {effects[k]:+.2f}" for k in kept]
    return said + [None] * (n - len(said))
