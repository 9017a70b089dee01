"""A network that ranks items: a row becomes a vector, as an item is one, and their products are the answers.

    hidden = bias + sum_j project_j(x_j)            one projection a column, as in `tabular`
    query  = hidden + layers(hidden)
    logit of an item = query . vector of the item + how liked it is

With a column of items (a history) the vectors are those that the history is read with, so that an item asks for what
is like it. With a column of users and nothing else the network is a matrix factorisation.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.networks.item_table import ItemOutputs, ItemTable
from lepton_lab.networks.layers import Position, dropout
from lepton_lab.networks.layout import Layout
from lepton_lab.networks.tabular import AdditiveLayer, TabularConfig

_DROPOUT = 0.3


class TwoTower(nnx.Module):
    """One tower for rows, a table of vectors for items.

    Shape: encoded inputs `(row, column)` to `(row, 1, item)`: one head, because a table of items for each of sixteen
    would be sixteen times as slow.

    Source: Covington, Adams and Sargin 2016 (two towers), RecSys; Koren, Bell and Volinsky 2009 (matrix
        factorisation), IEEE Computer 42 (8). Ours keeps the additive first layer, so that a column is one player.
    """

    def __init__(
        self,
        layout: Layout,
        n_outputs: int,
        config: TabularConfig,
        *,
        draw: np.random.Generator,
        knots: np.ndarray | None = None,
    ):
        self.first = AdditiveLayer(layout, config, draw=draw, knots=knots)
        histories = [
            term for term, column in zip(self.first.terms, layout.objects, strict=True) if column.kind == "items"
        ]
        for term in histories:
            term.kernel = nnx.Param(np.eye(*term.kernel[...].shape, dtype=np.float32))
        items = histories[0].encoder.items if histories else ItemTable(n_outputs, config.hidden, draw=draw)
        self.layers = QueryLayers(config.hidden, draw=draw)
        self.outputs = ItemOutputs(items, n_outputs)
        self.seed = Position(np.uint32(draw.integers(2**32)))

    @property
    def bias(self) -> Float[Array, "hidden"]:
        """The hidden state of no columns at all."""
        return self.first.bias[...]

    def project(self, x: Float[Array, "row column"]) -> Float[Array, "row column hidden"]:
        """What each column adds to the hidden state."""
        return self.first.project(x)

    def rest(self, hidden: Float[Array, "*batch hidden"]) -> Float[Array, "*batch head output"]:
        """From the hidden state to the answer of the one head."""
        return self.rest_mean(hidden)[..., None, :]

    def rest_mean(self, hidden: Float[Array, "*batch hidden"]) -> Float[Array, "*batch output"]:
        """From the hidden state to every item's logit."""
        return self.outputs(self.layers(hidden))

    def __call__(self, x: Float[Array, "row column"]) -> Float[Array, "row head output"]:
        """`rest(bias + sum_j project_j(x_j))`."""
        return self.rest(self.first(x))

    def learning(
        self, x: Float[Array, "row column"], step: Int[Array, ""]
    ) -> tuple[Float[Array, "row head output"], None]:
        """The answers in a step of training, drawn by the step; rows are never blended, as half an item is none."""
        first, second = jax.random.split(jax.random.fold_in(jax.random.key(self.seed[...]), step))
        return self.outputs(self.layers(self.first(x, first), second))[:, None], None

    def mean(self, x: Float[Array, "row column"]) -> Float[Array, "row output"]:
        """The prediction."""
        return self.rest_mean(self.first(x))


class QueryLayers(nnx.Module):
    """What a row asks for: its hidden state, and what two layers add to it.

    Shape: `(*, hidden)` to the same.
    """

    def __init__(self, width: int, *, draw: np.random.Generator):
        bound = 1 / math.sqrt(width)
        self.wide = nnx.Param((bound * draw.standard_normal((width, width))).astype(np.float32))
        self.bias = nnx.Param(np.zeros(width, np.float32), decay=False)
        self.narrow = nnx.Param((0.5 * bound * draw.standard_normal((width, width))).astype(np.float32))

    def __call__(self, hidden: Float[Array, "*batch hidden"], key: Any = None) -> Float[Array, "*batch hidden"]:
        """With a key as in training, with dropout."""
        inner = jax.nn.gelu(dropout(hidden, _DROPOUT, key) @ self.wide[...] + self.bias[...])
        return hidden + jnp.asarray(inner @ self.narrow[...])
