"""Hashed n-grams against a slow version that forms every n-gram as a string."""

from __future__ import annotations

import itertools
import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.data.ngrams import ngrams

MANY = 1 << 30


def slow_ngrams(text: str) -> set[tuple[str, ...]]:
    """Every different n-gram as words or characters."""
    lowered = "".join(" " if c.isspace() else c for c in f" {text.lower()} ")
    kinds = "".join("s" if c == " " else "a" if c.isalnum() else "x" for c in lowered)
    words = [lowered[m.start() : m.end()] for m in re.finditer("a+|x+", kinds)]
    found: set[tuple[str, ...]] = {(word, "word") for word in words}
    found |= {(*pair, "pair") for pair in itertools.pairwise(words)}
    for n in (3, 4, 5):
        runs = [lowered[i : i + n] for i in range(len(lowered) - n + 1)]
        found |= {(run, "run") for run in runs if " " not in run[1:-1]}
    return found


@given(st.lists(st.text("ab c!é😀\n", max_size=12), min_size=1, max_size=4))
def test_as_many_numbers_as_different_ngrams(texts: list[str]) -> None:
    found = ngrams(texts, n_buckets=MANY)
    assert [len(set(one.tolist())) for one in found] == [len(slow_ngrams(text)) for text in texts]
    assert all(one.dtype == np.int32 and (one > 0).all() for one in found)
    # What a text is told does not hang on its neighbours.
    assert all(np.array_equal(one, ngrams([text], n_buckets=MANY)[0]) for one, text in zip(found, texts, strict=True))


@given(st.text("ab c!", max_size=12), st.text("ab c!", max_size=12))
def test_texts_share_the_ngrams_they_have_in_common(one: str, other: str) -> None:
    a, b = (set(found.tolist()) for found in ngrams([one, other], n_buckets=MANY))
    assert len(a & b) == len(slow_ngrams(one) & slow_ngrams(other))


def test_misspelt_words_have_ngrams_in_common_and_sizes_are_kept() -> None:
    a, b, c = (set(found.tolist()) for found in ngrams(["transfer", "Transfers", "weather"]))
    assert len(a & b) > 10 > len(a & c)
    found = ngrams(["x y " * 9000, *(f"{i} word{i * i}" for i in range(40))], n_buckets=64, longest=20)
    assert max(one.max() for one in found) < 64 and max(map(len, found)) == 20


def test_the_numbers_never_change() -> None:
    """A saved model knows n-grams by these."""
    assert [int(ngrams([text])[0].astype(np.int64).sum()) for text in ("card", "Wo ist 我?", "a")] == SUMS


SUMS = [365838, 716095, 29173]
