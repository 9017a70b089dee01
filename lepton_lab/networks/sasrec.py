"""A list of items read by a Transformer: what the latest item makes of all that came before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, Int

from lepton_lab.networks.item_table import ItemTable
from lepton_lab.networks.layers import dropout
from lepton_lab.networks.options import within
from lepton_lab.networks.series_layers import Affine, FeatureNorm
from lepton_lab.ranking import MOST_FEATURES, MOST_ITEMS


@dataclass(frozen=True)
class SasRecConfig:
    """The sizes of the Transformer.

    Args:
        n_items: known items: as many as the lists hold, whatever is said.
        n_features: known of each item beside its name: as many as its columns make, whatever is said.
        width: numbers an item becomes.
        blocks: layers of attention.
        attention_heads: of each of them.
        dropout: share of the numbers left out in training.
    """

    n_items: int = within(0, 0, MOST_ITEMS)
    n_features: int = within(0, 0, MOST_FEATURES)
    width: int = within(64, 4, 512)
    blocks: int = within(1, 1, 6)
    attention_heads: int = within(2, 1, 16)
    dropout: float = within(0.3, 0, 0.9)

    def __post_init__(self) -> None:
        if self.width % self.attention_heads:
            raise ValueError(f"width={self.width} is no multiple of attention_heads={self.attention_heads}")


class SasRec(nnx.Module):
    """Self-attention over the items of a list; the answer is what stands at the latest one.

    Shape: codes int32 `(row, item)`, the latest first and 0 behind the last, to `(row, width)`; no items give zeros.

    Source: Kang and McAuley 2018 (SASRec), arXiv:1808.09781. A row is one moment here, so only the latest item asks:
        the last block computes nothing for the others. Places count from the latest item, so that a list that grows
        keeps their meaning. What attention says is added to the plain mean of the items.
    """

    def __init__(self, shape: tuple[int, ...], config: SasRecConfig, *, draw: np.random.Generator):
        self.width, self.rate = config.width, config.dropout
        self.items = ItemTable(config.n_items, config.width, config.n_features, draw=draw)
        self.place = nnx.Param((0.05 * draw.standard_normal((shape[0], config.width))).astype(np.float32))
        self.blocks = nnx.List(
            [Attention(config.width, config.attention_heads, draw=draw) for _ in range(config.blocks)]
        )
        self.norm = FeatureNorm(config.width)

    def __call__(self, objects: Int[Array, "row item"], key: Any = None) -> Float[Array, "row width"]:
        """One vector a list; with a key as in training, with dropout."""
        keys = [None] * (len(self.blocks) + 1) if key is None else list(jax.random.split(key, len(self.blocks) + 1))
        there = objects > 0
        vectors = jnp.where(there[..., None], self.items(objects), 0.0)
        x = dropout(vectors + jnp.asarray(self.place[...]), self.rate, keys[0])
        for depth, (block, block_key) in enumerate(zip(self.blocks, keys[1:], strict=True)):
            x = block(x, there, block_key, self.rate, only_latest=depth == len(self.blocks) - 1)
        mean = vectors.sum(axis=1) * jax.lax.rsqrt(
            jnp.maximum(there.sum(axis=1, keepdims=True, dtype=jnp.float32), 1.0)
        )
        return jnp.where(there.any(axis=1, keepdims=True), mean + self.norm(x[:, 0]), 0.0)


class Attention(nnx.Module):
    """Attention to earlier items, then two layers at each place; both add to what came in."""

    def __init__(self, width: int, n_heads: int, *, draw: np.random.Generator):
        self.n_heads = n_heads
        self.norm_1, self.norm_2 = FeatureNorm(width), FeatureNorm(width)
        self.asks, self.known = Affine(width, width, draw=draw), Affine(width, 2 * width, draw=draw)
        self.told = Affine(width, width, gain=0.5, draw=draw)
        self.wide = Affine(width, 2 * width, gain=2**0.5, draw=draw)
        self.narrow = Affine(2 * width, width, gain=0.5, draw=draw)

    def __call__(
        self,
        x: Float[Array, "row item width"],
        there: Bool[Array, "row item"],
        key: Any,
        rate: float,
        *,
        only_latest: bool,
    ) -> Float[Array, "row place width"]:
        """`x` and what attention and the layers add; of the latest item alone where only that is asked for."""
        first, second = (None, None) if key is None else tuple(jax.random.split(key))
        normed = self.norm_1(x)
        asking = normed[:, :1] if only_latest else normed
        x = (x[:, :1] if only_latest else x) + dropout(self.told(self._mixed(asking, normed, there)), rate, first)
        return x + dropout(self.narrow(jax.nn.gelu(self.wide(self.norm_2(x)))), rate, second)

    def _mixed(
        self, asking: Float[Array, "row place width"], x: Float[Array, "row item width"], there: Bool[Array, "row item"]
    ) -> Float[Array, "row place width"]:
        """Each asking place's mixture of the items that came no later."""
        n_rows, n_asking, width = asking.shape
        size = width // self.n_heads
        asks = self.asks(asking).reshape(n_rows, n_asking, self.n_heads, size)
        known = self.known(x).reshape(n_rows, x.shape[1], 2, self.n_heads, size)
        fit = jnp.einsum("rqhf,rkhf->rhqk", asks, known[:, :, 0]) / math.sqrt(size)
        places = jnp.arange(x.shape[1])
        earlier = places[None, :] >= places[:n_asking, None]  # the latest lies first
        # Not minus infinity: a list of no items would divide 0 by 0.
        share = jax.nn.softmax(jnp.where(there[:, None, None, :] & earlier, fit, -1e9), axis=-1)
        return jnp.einsum("rhqk,rkhf->rqhf", share, known[:, :, 1]).reshape(n_rows, n_asking, width)
