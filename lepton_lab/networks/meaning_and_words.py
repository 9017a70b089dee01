"""Texts by what a frozen sentence encoder makes of them, and by the very words they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.data.ngrams import N_BUCKETS
from lepton_lab.networks.minilm import WIDTH
from lepton_lab.networks.ngram_bag import NgramBag, NgramConfig
from lepton_lab.networks.options import within
from lepton_lab.networks.vector_encoder import VectorEncoder


@dataclass(frozen=True)
class MeaningConfig:
    """What is learned of texts whose sentence vectors are given.

    Args:
        width: numbers that the n-grams of a text become.
        share_dropped: of the n-grams, left out in training.
        n_buckets: vectors that are learned of n-grams; they share them.
        dropout: share of the sentence vector's entries left out in training.
    """

    width: int = within(64, 1, 1024)
    share_dropped: float = within(0.3, 0, 0.9)
    n_buckets: int = within(N_BUCKETS, 16, N_BUCKETS)
    dropout: float = within(0.3, 0, 0.9)


class MeaningAndWords(nnx.Module):
    """A sentence vector beside the sum of the vectors of its n-grams.

    Shape: int32 `(row, 384 + ngram)`, the first 384 of them the bits of a float32 vector, to `(row, 384 + width)`.
    """

    def __init__(
        self, shape: tuple[int | None, ...] = (None,), config: MeaningConfig | None = None, *, draw: np.random.Generator
    ):
        config = config or MeaningConfig()
        words = NgramConfig(config.width, config.share_dropped, config.n_buckets)
        self.meaning = VectorEncoder((WIDTH,), draw=draw, dropout=config.dropout)
        self.words = NgramBag(shape, words, draw=draw)
        self.width = self.meaning.width + self.words.width

    def __call__(self, objects: Int[Array, "row number"], key: Any = None) -> Float[Array, "row width"]:
        """Both, one beside the other; with a key as in training, with dropout."""
        keys = (None, None) if key is None else tuple(jax.random.split(key))
        vectors = jax.lax.bitcast_convert_type(objects[:, :WIDTH], jnp.float32)
        return jnp.concatenate([self.meaning(vectors, keys[0]), self.words(objects[:, WIDTH:], keys[1])], axis=1)
