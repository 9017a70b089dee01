"""The default network for tables: an additive first layer, then an ensemble of heads that share weights.

    hidden = bias + sum_j project_j(x_j)            one projection a column
    logits = rest(hidden)                           16 heads; their mean is the prediction

The first line is a contract: one column is one player of a Shapley game, whatever its encoding, and a
coalition's hidden state is a masked sum of projections.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.networks.joined import project_joined
from lepton_lab.networks.layers import (
    CategoryEmbedding,
    HeadOutputs,
    PeriodicEmbedding,
    Position,
    SharedHeads,
    activation,
    starts,
)
from lepton_lab.networks.layout import Layout
from lepton_lab.networks.mix_up import Mix, draw_mix
from lepton_lab.networks.object_columns import ObjectTerm
from lepton_lab.networks.piecewise import PiecewiseLinear


@dataclass(frozen=True)
class TabularConfig:
    """The sizes of a tabular network.

    Args:
        hidden: units of the shared first layer.
        heads: networks in the ensemble.
        head_hidden: units of each head's hidden layer.
        n_frequencies: cosines a numeric column.
        sigma: spread of their initial frequencies, in robustly scaled units.
        embed: numbers a numeric column becomes by cosines.
        bins: numbers it becomes by its place among the values seen.
        max_one_hot: a column with more known categories gets vectors instead.
        category_embed: length of those vectors.
        outputs: `heads` for an ensemble of them, `items` for a table of items (`networks.two_tower`).
    """

    hidden: int = 128
    heads: int = 16
    head_hidden: int = 64
    n_frequencies: int = 16
    sigma: float = 0.3
    embed: int = 4
    bins: int = 32
    max_one_hot: int = 9
    category_embed: int = 8
    outputs: str = "heads"


def config_json(config: TabularConfig) -> dict[str, Any]:
    """The sizes as plain JSON; `outputs` only where they are not the usual ones, so that earlier versions read them."""
    return {name: value for name, value in asdict(config).items() if (name, value) != ("outputs", "heads")}


class AdditiveLayer(nnx.Module):
    """Every column's projection, and their sum: the only layer that sees which column a number came from.

    The features of all columns lie side by side, so that the sum is one matmul; `project` gives the summands.

    Shape: `(row, column)` to `(row, hidden)`.

    Source: the learnable scale of each feature is RealMLP's (arXiv:2407.04491). Numbers enter twice, by cosines
        (smooth shapes) and by their place among the values seen (steps, skewed columns); the latter starts at zero.
    """

    def __init__(
        self, layout: Layout, config: TabularConfig, *, draw: np.random.Generator, knots: np.ndarray | None = None
    ):
        n_numeric, n_one_hot, n_embedded, n_slots, n_vectors = layout.counts
        self.placed = PiecewiseLinear(np.zeros((n_numeric, config.bins + 1)) if knots is None else knots)
        self.numeric = PeriodicEmbedding(
            n_numeric, width=config.embed, n_frequencies=config.n_frequencies, sigma=config.sigma, draw=draw
        )
        self.category = CategoryEmbedding(
            layout.embedded_codes, n_rows=n_vectors, width=config.category_embed, draw=draw
        )
        each = config.embed + config.bins
        width = n_numeric * each + n_slots + n_embedded * config.category_embed
        n_active = n_numeric * config.embed + n_one_hot + n_embedded * config.category_embed
        kernel = draw.standard_normal((width, config.hidden), np.float32) * np.float32(1 / math.sqrt(max(n_active, 1)))
        owner, code = _slots(layout.one_hot_codes, n_slots)
        kernel[: n_numeric * each].reshape(n_numeric, each, config.hidden)[:, config.embed :] = 0
        first_slot = n_numeric * each
        kernel[first_slot : first_slot + n_slots][code < 2] = 0  # missing and unseen start as no evidence
        self.scale = nnx.Param(np.ones(width, np.float32), rate=20.0, decay=False)
        self.kernel = nnx.Param(kernel)
        self.bias = nnx.Param(draw.uniform(-0.1, 0.1, config.hidden).astype(np.float32), decay=False)
        self.numeric_columns = Position(np.array(layout.numeric, np.int32))
        self.one_hot_columns = Position(np.array(layout.one_hot, np.int32))
        self.embedded_columns = Position(np.array(layout.embedded, np.int32))
        self.slot_owner, self.slot_code = Position(owner), Position(code)
        self.slot_start = Position(starts(layout.one_hot_codes))
        self.terms = nnx.List([ObjectTerm(column, config.hidden, draw=draw) for column in layout.objects])
        self.term_columns = tuple(column.place for column in layout.objects)
        order = np.array(layout.numeric + layout.one_hot + layout.embedded + self.term_columns, np.int32)
        self.place = Position(np.argsort(order).astype(np.int32))

    def __call__(
        self, x: Float[Array, "row column"], key: Any = None, mix: Mix | None = None
    ) -> Float[Array, "row hidden"]:
        """`bias + sum_j project_j(x_j)`, as one matmul; with a key as in training, objects augmented, rows blended."""
        codes = _codes(x, self.one_hot_columns[...])
        slots = (codes[:, self.slot_owner[...]] == self.slot_code[...]).astype(x.dtype)
        numbers = x[:, self.numeric_columns[...]]
        kernel = self.kernel[...] * self.scale[...][:, None]
        hidden = project_joined(self.numeric(numbers), self.placed(numbers), slots, self._vectors(x), kernel)
        hidden += self.bias[...]
        hidden = hidden if mix is None else mix.of(hidden)
        for place, (column, term) in enumerate(zip(self.term_columns, self.terms, strict=True)):
            hidden += term(x[:, column], None if key is None else jax.random.fold_in(key, place), mix)
        return hidden

    def project(self, x: Float[Array, "row column"]) -> Float[Array, "row column hidden"]:
        """What each column adds to the hidden units, in the order of the input's columns."""
        numbers, vectors = self._numbers(x), self._vectors(x)
        kernel = self.kernel[...] * self.scale[...][:, None]
        n_numbers = numbers.shape[1] * numbers.shape[2]
        n_slots = self.slot_code[...].shape[0]
        of_numbers = kernel[:n_numbers].reshape(*numbers.shape[1:], kernel.shape[1])
        of_slots = kernel[n_numbers : n_numbers + n_slots]
        of_vectors = kernel[n_numbers + n_slots :].reshape(*vectors.shape[1:], kernel.shape[1])
        parts = [
            jnp.einsum("rce,ceh->rch", numbers, of_numbers),
            self._one_hot(_codes(x, self.one_hot_columns[...]), of_slots),
            jnp.einsum("rce,ceh->rch", vectors, of_vectors),
            *(term(x[:, j])[:, None] for j, term in zip(self.term_columns, self.terms, strict=True)),
        ]
        return jnp.concatenate(parts, axis=1)[:, self.place[...]]

    def _numbers(self, x: Float[Array, "row column"]) -> Float[Array, "row number width"]:
        numbers = x[:, self.numeric_columns[...]]
        return jnp.concatenate([self.numeric(numbers), self.placed(numbers)], axis=-1)

    def _vectors(self, x: Float[Array, "row column"]) -> Float[Array, "row category width"]:
        return self.category(_codes(x, self.embedded_columns[...]))

    def _one_hot(
        self, codes: Int[Array, "row category"], kernel: Float[Array, "slot hidden"]
    ) -> Float[Array, "row category hidden"]:
        if codes.shape[1] == 0:
            return jnp.zeros((*codes.shape, kernel.shape[1]), kernel.dtype)
        return kernel[codes + self.slot_start[...]]


class TabularNetwork(nnx.Module):
    """A table's row to 16 answers that are averaged.

    Shape: encoded inputs `(row, column)` to `(row, head, output)`. Numbers are robustly scaled, NaN where
    missing; categories are codes, 0 for missing, 1 for unseen or rare.

    Source: RealMLP (arXiv:2407.04491) for the inputs, TabM (arXiv:2410.24210) for the ensemble. Ours shares
        the whole first layer between the heads, so that its sum over columns is computed once.
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
        self.heads = SharedHeads(config.heads, config.hidden, config.head_hidden, draw=draw)
        self.outputs = HeadOutputs(config.heads, config.head_hidden, n_outputs, draw=draw)
        self.mix_up = max((getattr(column.config, "mix_up", 0.0) for column in layout.objects), default=0.0)
        if layout.objects:
            self.seed = Position(np.uint32(draw.integers(2**32)))

    @property
    def bias(self) -> Float[Array, "hidden"]:
        """The hidden state of no columns at all."""
        return self.first.bias[...]

    def project(self, x: Float[Array, "row column"]) -> Float[Array, "row column hidden"]:
        """What each column adds to the hidden state."""
        return self.first.project(x)

    def rest(self, hidden: Float[Array, "*batch hidden"]) -> Float[Array, "*batch head output"]:
        """From the hidden state to each head's answer."""
        return self.outputs(activation(self.heads(activation(hidden))))

    def rest_mean(self, hidden: Float[Array, "*batch hidden"]) -> Float[Array, "*batch output"]:
        """From the hidden state to the mean of the heads."""
        return self.outputs.mean(activation(self.heads(activation(hidden))))

    def __call__(self, x: Float[Array, "row column"]) -> Float[Array, "row head output"]:
        """`rest(bias + sum_j project_j(x_j))`."""
        return self.rest(self.first(x))

    def learning(
        self, x: Float[Array, "row column"], step: Int[Array, ""]
    ) -> tuple[Float[Array, "row head output"], Mix | None]:
        """The answers in a step of training, and how rows were blended; both are drawn by the step."""
        if not self.first.terms:
            return self(x), None
        key = jax.random.fold_in(jax.random.key(self.seed[...]), step)
        mix = draw_mix(jax.random.fold_in(key, len(self.first.terms)), x.shape[0], self.mix_up) if self.mix_up else None
        return self.rest(self.first(x, key, mix)), mix

    def mean(self, x: Float[Array, "row column"]) -> Float[Array, "row output"]:
        """The mean of the heads: the prediction."""
        return self.rest_mean(self.first(x))


def _codes(x: Float[Array, "row column"], columns: Int[Array, "category"]) -> Int[Array, "row category"]:
    return x[:, columns].astype(jnp.int32)


def _slots(n_codes: tuple[int, ...], n_slots: int) -> tuple[np.ndarray, np.ndarray]:
    """For each one-hot slot the category column that owns it and its code; spare slots own code -1."""
    owner, code = np.zeros(n_slots, np.int32), np.full(n_slots, -1, np.int32)
    used = sum(n_codes)
    owner[:used] = np.repeat(np.arange(len(n_codes)), n_codes)
    code[:used] = np.concatenate([np.arange(n) for n in n_codes]) if n_codes else 0
    return owner, code
