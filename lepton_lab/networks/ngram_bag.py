"""Texts as the sum of learned vectors of their n-grams (see `data/ngrams.py`): quick, and nothing is downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.data.ngrams import N_BUCKETS
from lepton_lab.networks.layers import dropout
from lepton_lab.networks.options import within


@dataclass(frozen=True)
class NgramConfig:
    """What is learned of n-grams.

    Args:
        width: numbers that the n-grams of a text become.
        share_dropped: of the n-grams, left out in training.
        n_buckets: vectors that are learned; n-grams share them, more of them the fewer there are.
    """

    width: int = within(64, 1, 1024)
    share_dropped: float = within(0.3, 0, 0.9)
    n_buckets: int = within(N_BUCKETS, 16, N_BUCKETS)


class NgramBag(nnx.Module):
    """Numbers of n-grams to one vector a text: the sum of their vectors, divided by the root of how many they are.

    By the root, not by the number itself: of a long text each n-gram says less, but all together say more.

    Shape: int32 `(row, ngram)`, 0 for padding, to `(row, width)`; no n-grams give zeros.

    Source: Joulin et al. 2016 (fastText), arXiv:1607.01759; Iyyer et al. 2015 (deep averaging, word dropout),
        ACL P15-1162.
    """

    def __init__(
        self,
        shape: tuple[int | None, ...] = (None,),
        config: NgramConfig | None = None,
        *,
        draw: np.random.Generator,
    ):
        config = config or NgramConfig()
        self.width, self.share_dropped, self.n_buckets = config.width, config.share_dropped, config.n_buckets
        # Small, so that what is rare stays without weight until it is seen.
        table = (0.1 * draw.standard_normal((config.n_buckets, config.width), np.float32)).astype(np.float32)
        self.table = nnx.Param(table, decay=True)

    def __call__(self, objects: Int[Array, "row ngram"], key: Any = None) -> Float[Array, "row width"]:
        """One vector a text; with a key as in training, a share of the n-grams is left out."""
        place = jnp.where(objects > 0, 1 + (objects - 1) % (self.n_buckets - 1), 0)
        there = (objects > 0).astype(jnp.float32)
        count = there.sum(axis=1, keepdims=True)
        weights = dropout(there, self.share_dropped, key) * jax.lax.rsqrt(jnp.maximum(count, 1.0))
        return jnp.einsum("rn,rnw->rw", weights, jnp.asarray(self.table[...])[place])
