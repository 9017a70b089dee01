"""A model that ranks items it has never seen: known by their columns alone, as rare ones nearly are.

Their own vector is zeros, what they share with items like them is learned, and they are taken to be as little liked
as the items that hardly ever came. Nothing is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.encode_items import FIRST_ITEM, MOST_ITEMS, ItemsBlock
from lepton_lab.data.frames import Frame, open_frame, refuse_empty
from lepton_lab.data.histories import plain_items
from lepton_lab.data.item_columns import Catalogue, ItemSide, read_cells
from lepton_lab.data.reshape_histories import Histories
from lepton_lab.data.values import read_values
from lepton_lab.errors import OptionError, no_such_column
from lepton_lab.members.popularity import PopularityMember
from lepton_lab.ranking import Ranking
from lepton_lab.training.network_member import NetworkMember

if TYPE_CHECKING:
    from lepton_lab.members.member import Member
    from lepton_lab.trained import TrainedModel

# The share of items that hardly ever came.
_RARE = 0.1


def with_items(model: TrainedModel, items: Any) -> TrainedModel:
    """The model with further items: it ranks them, and reads them in a history.

    Args:
        model: that ranks items, and knows columns of them.
        items: a frame, one row an item: the column of items, and those that were learned from.

    Raises:
        OptionError: the model knows no columns of items, or items are too many.
        ColumnError: a column is missing, or cannot be read.
    """
    place, block, side = _side_of(model)
    frame = open_frame(items)
    refuse_empty(frame)
    catalogue = _catalogue(frame, _item_column(model), side)
    known = set(model.classes)
    new = [item for item in dict.fromkeys(catalogue.items.tolist()) if item is not None and item not in known]
    n_old = len(model.classes)
    if n_old + len(new) > MOST_ITEMS:
        raise OptionError(f"{n_old + len(new):,} items are more than the {MOST_ITEMS:,} that can be ranked at once.")
    if not new:
        return model
    every = (*block.items, *new)
    order = _classes_first(block.items, n_old, new)
    side = side.more(catalogue.of(new)).at(order)
    grown = ItemsBlock(block.column, tuple(every[at] for at in order), block.read, side)
    blocks = tuple(grown if k == place else one for k, one in enumerate(model.encoder.blocks))
    rare = _rare(model)
    members = tuple(_grown(member, order, n_old, len(new), rare) for member in model.members)
    return replace(
        model,
        encoder=replace(model.encoder, blocks=blocks),
        task=Ranking((*model.classes, *new), model.task.repeats),  # type: ignore[union-attr]
        members=tuple(m.on(blocks) if isinstance(m, NetworkMember) else m for m in members),
        blend=replace(model.blend, bias=np.append(model.blend.bias, np.repeat(np.median(model.blend.bias), len(new)))),
    )


def _side_of(model: TrainedModel) -> tuple[int, ItemsBlock, ItemSide]:
    for place, block in enumerate(model.encoder.blocks):
        if isinstance(block, ItemsBlock) and block.side is not None:
            return place, block, block.side
    raise OptionError(
        "items= ranks items that were never seen by their columns, and this model has learned from none. Train one "
        "with: reshape=ll.reshape.histories(..., item_columns=['genre', 'price'])"
    )


def _classes_first(items: tuple[Any, ...], n_old: int, new: Sequence[Any]) -> np.ndarray:
    """The places of items and of new ones behind them in the new order: all that are ranked, then the others.

    An item that stood in histories alone, and was never to be predicted, may be a new one now.
    """
    n, added = len(items), set(new)
    others = [at for at in range(n_old, n) if items[at] not in added]
    return np.array([*range(n_old), *range(n, n + len(new)), *others], np.int64)


def _item_column(model: TrainedModel) -> str:
    reshape = model.schema.reshape
    return reshape.item if isinstance(reshape, Histories) else model.schema.target


def _catalogue(frame: Frame, item: str, side: ItemSide) -> Catalogue:
    for name in (item, *side.names):
        if name not in frame.names:
            raise no_such_column(name, frame.names, where="items")
    columns = {}
    for column in side.columns:
        kind, cells = read_cells(column.name, read_values(frame.column(column.name)))
        del kind
        columns[column.name] = column.as_fitted(cells)
    return Catalogue(plain_items(item, frame), columns)


def _rare(model: TrainedModel) -> np.ndarray:
    """Which items hardly ever came, bool `(item,)`; all where nobody counted."""
    popular = model.member("popularity")
    if not isinstance(popular, PopularityMember):
        return np.ones(len(model.classes), bool)
    return popular.intercept <= np.quantile(popular.intercept, _RARE)


def _grown(member: Member, order: np.ndarray, n_old: int, n_new: int, rare: np.ndarray) -> Member:
    if isinstance(member, NetworkMember):
        return _network(member, order, n_old + n_new, n_new, rare)
    arrays = member.arrays()
    for name in ("slope", "absent", "effect"):
        arrays[name] = np.pad(arrays[name], ((0, 0), (0, n_new)))
    arrays["intercept"] = np.append(arrays["intercept"], np.repeat(arrays["intercept"][rare].mean(), n_new))
    return type(member).read(arrays, member.config_json())  # type: ignore[attr-defined]


def _network(member: NetworkMember, order: np.ndarray, n_outputs: int, n_new: int, rare: np.ndarray) -> NetworkMember:
    arrays, config = member.arrays(), member.config_json()
    objects = [dict(one) for one in config["layout"]["objects"]]
    for k, one in enumerate(objects):
        if one["kind"] == "items" and one["config"]["n_features"]:
            name = f"first.terms.{k}.encoder.items.table"
            table = np.pad(arrays[name], ((0, n_new), (0, 0)))
            arrays[name] = table[np.append(np.arange(FIRST_ITEM), order + FIRST_ITEM)]
            one["config"] = {**one["config"], "n_items": len(order)}
    bias = arrays["outputs.bias"]
    arrays["outputs.bias"] = np.append(bias, np.full((1, n_new), bias[0, rare].mean(), bias.dtype), axis=1)
    layout: dict[str, Sequence[Any]] = {**config["layout"], "objects": objects}
    return NetworkMember.from_arrays(arrays, {**config, "layout": layout, "n_outputs": n_outputs})
