"""What a frozen encoder makes of the objects on a shelf: each is read once, and a network learns from vectors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from lepton_lab.networks.minilm import WIDTH
from lepton_lab.networks.sentence_vectors import token_vectors

# Vectors that are remembered; the oldest are forgotten first, and read again when they are asked for.
MOST_VECTORS = 200_000


@runtime_checkable
class TokenShelf(Protocol):
    """Where texts are, as word pieces (`lepton_lab.data.shelf.Shelf`)."""

    def one(self, number: float) -> np.ndarray:
        """The object with this number."""
        ...


class VectorShelf:
    """A shelf that hands out vectors of the texts on another one.

    Args:
        texts: where the texts are, int32 `(token,)` each.
        read: token lists to vectors `(text, width)`.
        width: of the vectors.
    """

    def __init__(
        self,
        texts: TokenShelf,
        read: Callable[[Sequence[np.ndarray]], np.ndarray] = token_vectors,
        width: int = WIDTH,
    ):
        self.shape: tuple[int | None, ...] = (width,)
        self._texts, self._read = texts, read
        self._known: dict[int, np.ndarray] = {}
        self._lock = threading.Lock()

    def gather(self, numbers: np.ndarray, n: int) -> np.ndarray:
        """The vectors of the texts with these numbers, float32 `(n, width)`: zeros beyond them.

        Raises:
            KeyError: a text is not on its shelf any more.
        """
        places = [int(number) for number in numbers]
        out = np.zeros((n, *(size or 0 for size in self.shape)), np.float32)
        with self._lock:
            if new := [number for number in dict.fromkeys(places) if number not in self._known]:
                vectors = self._read([self._texts.one(number) for number in new])
                self._known.update(zip(new, vectors, strict=True))
            for row, number in enumerate(places):
                out[row] = self._known[number]
            for number in list(self._known)[: max(0, len(self._known) - MOST_VECTORS)]:
                del self._known[number]
        return out
