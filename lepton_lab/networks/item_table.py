"""Vectors of items: read where a list names them, and the answers of a network that ranks them."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.networks.layers import Position

# Codes before the first known item: the end of a list, and an item that is not known.
FIRST_ITEM = 2


class ItemTable(nnx.Module):
    """One vector an item, for lists and for answers alike (tied).

    Shape: codes `(*)` to `(*, width)`.

    Source: Kang and McAuley 2018 (SASRec), arXiv:1808.09781, section 3.4: shared item embeddings.
    """

    def __init__(self, n_items: int, width: int, *, draw: np.random.Generator):
        table = (0.05 * draw.standard_normal((n_items + FIRST_ITEM, width))).astype(np.float32)
        table[:FIRST_ITEM] = 0
        self.table = nnx.Param(table)

    def __call__(self, codes: Int[Array, "*shape"]) -> Float[Array, "*shape width"]:
        """Look the vectors up."""
        return jnp.asarray(self.table[...])[codes]


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
