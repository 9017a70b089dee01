"""A list of items as the weighted sum of their vectors: quick, and hard to beat where lists are short of order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.networks.item_table import ItemTable
from lepton_lab.networks.options import within
from lepton_lab.ranking import MOST_FEATURES, MOST_ITEMS


@dataclass(frozen=True)
class HistoryMeanConfig:
    """How a list of items is summed up.

    Args:
        n_items: known items: as many as the lists hold, whatever is said.
        n_features: known of each item beside its name: as many as its columns make, whatever is said.
        width: numbers an item becomes.
        item_dropout: share of the items left out in training.
    """

    n_items: int = within(0, 0, MOST_ITEMS)
    n_features: int = within(0, 0, MOST_FEATURES)
    width: int = within(64, 4, 512)
    item_dropout: float = within(0.2, 0, 0.9)


class HistoryMean(nnx.Module):
    """The sum of the items' vectors, each weighted by how long ago it came, over the root of the weights' sum.

    By the root, not by the sum itself: what many items say together is surer than what one says.

    Shape: codes int32 `(row, item)`, the latest first and 0 behind the last, to `(row, width)`; no items give zeros.

    Source: Covington, Adams and Sargin 2016 (YouTube's two-tower recommender: watched items averaged), RecSys. Ours
        learns what each place counts.
    """

    def __init__(self, shape: tuple[int, ...], config: HistoryMeanConfig, *, draw: np.random.Generator):
        self.width, self.item_dropout = config.width, config.item_dropout
        self.items = ItemTable(config.n_items, config.width, config.n_features, draw=draw)
        self.log_weight = nnx.Param(np.zeros(shape[0], np.float32), decay=False, rate=2.0)

    def __call__(self, objects: Int[Array, "row item"], key: Any = None) -> Float[Array, "row width"]:
        """One vector a list; with a key as in training, some items are left out."""
        there = objects > 0
        if key is not None and self.item_dropout:
            there &= jax.random.bernoulli(key, 1 - self.item_dropout, there.shape)
        weights = jnp.where(there, jnp.exp(self.log_weight[...]), 0.0)
        total = jnp.einsum("ri,riw->rw", weights, self.items(objects))
        return total * jax.lax.rsqrt(jnp.maximum(weights.sum(axis=1, keepdims=True), 1.0))
