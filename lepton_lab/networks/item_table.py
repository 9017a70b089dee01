"""Vectors of items: read where a list names them, and the answers of a network that ranks them."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.networks.layers import Position

# Codes before the first known item: the end of a list, and an item that is not known.
FIRST_ITEM = 2


class ItemFeatures(Position):
    """What is known of items: fixed numbers that the data bring."""


class ItemTable(nnx.Module):
    """One vector an item, for lists and for answers alike (tied): its own, and what it shares with items like it.

    Shape: codes `(*)` to `(*, width)`.

    Args:
        n_items: known items.
        width: numbers an item becomes.
        n_features: that are known of each item beside its name; they are brought by `objects_at_hand.put_features`.
        draw: of the first parameters.

    Source: Kang and McAuley 2018 (SASRec), arXiv:1808.09781, section 3.4: shared item embeddings; Kula 2015
        (LightFM), arXiv:1507.08439: an item is the sum of its features' vectors, its name being one of them.
    """

    def __init__(self, n_items: int, width: int, n_features: int = 0, *, draw: np.random.Generator):
        table = (0.05 * draw.standard_normal((n_items + FIRST_ITEM, width))).astype(np.float32)
        table[:FIRST_ITEM] = 0
        self.table = nnx.Param(table)
        self.n_features = n_features
        if n_features:
            self.features = ItemFeatures(np.zeros((n_items + FIRST_ITEM, n_features), np.float32))
            self.shared = nnx.Param((0.05 * draw.standard_normal((n_features, width))).astype(np.float32))

    def __call__(self, codes: Int[Array, "*shape"]) -> Float[Array, "*shape width"]:
        """Look the vectors up."""
        return self.vectors()[codes]

    def vectors(self) -> Float[Array, "code width"]:
        """Of every code."""
        own = jnp.asarray(self.table[...])
        return own + self.features[...] @ self.shared[...] if self.n_features else own


class ItemOutputs(nnx.Module):
    """How well each of the first items fits what a row asks for: a product with its vector, and how liked it is.

    Shape: `(*, width)` to `(*, item)`.

    Args:
        items: the vectors, those of the answers first.
        n_outputs: how many are answers.
    """

    def __init__(self, items: ItemTable, n_outputs: int):
        self.items = items
        self.bias = nnx.Param(np.zeros((1, n_outputs), np.float32), decay=False)
        self.first = Position(np.arange(FIRST_ITEM, FIRST_ITEM + n_outputs, dtype=np.int32))

    def __call__(self, query: Float[Array, "*batch width"]) -> Float[Array, "*batch item"]:
        """Every item's logit."""
        return query @ self.items(jnp.asarray(self.first[...])).T + jnp.asarray(self.bias[...])[0]
