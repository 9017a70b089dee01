"""Texts as sets of hashed word and character n-grams: no vocabulary, no download, any language.

A word is a run of letters and digits, or one of signs ("!!!", "</"). Beside words and pairs of neighbours stand the
runs of three to five characters that begin, end or lie within a word, so that misspelt and inflected words have most
of their n-grams in common.

Source: Bojanowski et al. 2017 (fastText), arXiv:1607.04606; Weinberger et al. 2009 (the hashing trick),
arXiv:0902.2206. Ours counts each n-gram of a text once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import numpy as np

CHARACTERS = (3, 4, 5)
N_BUCKETS = 1 << 16
LONGEST = 1024
"""N-grams kept of a text, at most: words before pairs of words, those before runs of characters."""

# Characters hashed at once.
_BLOCK = 1_000_000
# Of a longer text the rest is not looked at: it has the n-grams that are kept long before.
_FIRST_CHARACTERS = 8_000
_SPACE, _LETTER, _SIGN = 0, 1, 2
_PRIME = 0x9E3779B97F4A7C15


def ngrams(texts: Sequence[str], *, n_buckets: int = N_BUCKETS, longest: int = LONGEST) -> list[np.ndarray]:
    """The different n-grams of each text: numbers from 1 to `n_buckets - 1`, int32.

    Example:
        >>> one, other = ngrams(["card", "Card "])
        >>> len(one), np.array_equal(one, other)
        (10, True)
    """
    found: list[np.ndarray] = []
    for block in _blocks(texts):
        found.extend(_ngrams_of_block(block, n_buckets, longest))
    return found


def usual_size(texts: Sequence[str], most: int = 512) -> int:
    """How many n-grams 95 % of the texts have at most, rounded up to 64: room for more would be mostly padding.

    Args:
        texts: those a model learns from; of many, some at even distances.
        most: the answer for long texts.
    """
    sample = texts[:: max(1, len(texts) // 2000)]
    sizes = [len(found) for found in ngrams(sample, longest=most)]
    return int(min(most, 64 * np.ceil(max(1.0, np.quantile(sizes, 0.95)) / 64))) if sizes else 64


def _blocks(texts: Sequence[str]) -> Iterator[list[str]]:
    block, n_characters = [], 0
    for text in texts:
        block.append(text[:_FIRST_CHARACTERS])
        n_characters += len(block[-1])
        if n_characters > _BLOCK:
            yield block
            block, n_characters = [], 0
    if block:
        yield block


def _ngrams_of_block(texts: list[str], n_buckets: int, longest: int) -> list[np.ndarray]:
    """All n-grams of some texts, by whole arrays."""
    lowered = [f" {text.lower()} " for text in texts]
    codes = np.frombuffer("".join(lowered).encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in lowered])
    kinds = _kinds()[codes]
    codes = np.where(kinds == _SPACE, np.uint64(32), codes)
    starts, words = _words(codes, kinds, owner)
    together = owner[starts[:-1]] == owner[starts[1:]]
    pairs = words[:-1] * np.uint64(_PRIME) + words[1:]
    of_kinds = [(owner[starts], words), (owner[starts[:-1]][together], pairs[together])]
    of_kinds += [_runs(codes, kinds, owner, n) for n in CHARACTERS]
    each = [_distinct(owners, hashes, len(texts), n_buckets) for owners, hashes in of_kinds]
    return [np.concatenate([kind[text] for kind in each])[:longest] for text in range(len(texts))]


def _words(codes: np.ndarray, kinds: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each word begins, and its hash."""
    begins = np.empty(len(codes), bool)
    begins[:1] = True
    begins[1:] = (kinds[1:] != kinds[:-1]) | (owner[1:] != owner[:-1])
    starts = np.flatnonzero(begins)
    place = np.arange(len(codes)) - starts[np.cumsum(begins) - 1]
    hashes = np.add.reduceat((codes + np.uint64(1)) * _powers(64)[place % 64], starts)
    is_word = kinds[starts] != _SPACE
    return starts[is_word], _mixed(hashes[is_word])


def _runs(codes: np.ndarray, kinds: np.ndarray, owner: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Runs of so many characters that hold no space but at their ends: whose they are, and their hashes."""
    n = len(codes) - length + 1
    if n <= 0:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    hashes, whole = np.zeros(n, np.uint64), owner[:n] == owner[length - 1 :]
    for place, power in enumerate(_powers(length)):
        hashes += codes[place : place + n] * power
        if 0 < place < length - 1:
            whole &= kinds[place : place + n] != _SPACE
    return owner[:n][whole], _mixed(hashes[whole] + np.uint64(length))


def _distinct(owners: np.ndarray, hashes: np.ndarray, n_texts: int, n_buckets: int) -> list[np.ndarray]:
    """The different numbers of each text."""
    numbers = 1 + hashes % np.uint64(n_buckets - 1)
    keys = np.unique(owners.astype(np.uint64) << np.uint64(32) | numbers)
    ends = np.searchsorted(keys >> np.uint64(32), np.arange(1, n_texts))
    return np.split((keys & np.uint64(0xFFFFFFFF)).astype(np.int32), ends)


def _mixed(hashes: np.ndarray) -> np.ndarray:
    """Hashes whose every bit depends on every bit.

    Source: Steele et al. 2014 (SplitMix64).
    """
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


@functools.cache
def _powers(n: int) -> np.ndarray:
    """Powers of an odd number modulo 2**64."""
    return np.array([pow(_PRIME, power, 1 << 64) for power in range(1, n + 1)], np.uint64)


@functools.cache
def _kinds() -> np.ndarray:
    """What each character is: space, letter or digit, or another sign."""
    kinds = np.full(0x110000, _SIGN, np.uint8)
    kinds[[code for code in range(len(kinds)) if chr(code).isalnum()]] = _LETTER
    kinds[[code for code in range(len(kinds)) if chr(code).isspace()]] = _SPACE
    return kinds
