"""A shelf of vectors reads each text once, and forgets the oldest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lepton_lab.networks.vector_shelf import VectorShelf


class Texts:
    def __init__(self) -> None:
        self.tokens = {1: np.array([5, 6]), 2: np.array([7]), 3: np.array([1, 1, 1])}

    def one(self, number: float) -> np.ndarray:
        return self.tokens[int(number)]


def test_each_text_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []

    def read(tokens: Sequence[np.ndarray]) -> np.ndarray:
        asked.append([int(one.sum()) for one in tokens])
        return np.array([[one.sum(), len(one)] for one in tokens], np.float32)

    monkeypatch.setattr("lepton_lab.networks.vector_shelf.MOST_VECTORS", 2)
    shelf = VectorShelf(Texts(), read, 2)
    assert shelf.shape == (2,)
    assert shelf.gather(np.array([2.0, 1.0, 2.0], np.float32), 4).tolist() == [[7, 1], [11, 2], [7, 1], [0, 0]]
    assert shelf.gather(np.array([1.0, 3.0]), 2).tolist() == [[11, 2], [3, 3]]
    assert asked == [[7, 11], [3]]
    shelf.gather(np.array([2.0]), 1)  # the oldest of three was forgotten
    assert asked[-1] == [7]
    with pytest.raises(KeyError):
        shelf.gather(np.array([9.0]), 1)
