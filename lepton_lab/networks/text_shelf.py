"""The texts on a shelf as an encoder wants them: each is read once, however often a network asks for it."""

from __future__ import annotations

import threading
from typing import Protocol, runtime_checkable

import numpy as np

from lepton_lab.data.texts import from_bytes
from lepton_lab.networks.text_encoders import TEXT_ENCODERS

# Texts that are remembered as read; the oldest are forgotten first, and read again when they are asked for.
MOST_READ = 200_000


@runtime_checkable
class BytesShelf(Protocol):
    """Where the texts are (`lepton_lab.data.shelf.Shelf`)."""

    def one(self, number: float) -> np.ndarray:
        """The text with this number, UTF-8, `(byte,)` uint8."""
        ...


class TextShelf:
    """A shelf that hands out the texts of another one as an encoder reads them.

    Args:
        texts: where the texts are.
        encoder: what reads them, a name in `TEXT_ENCODERS`.
        longest: n-grams kept of a text (`data.ngrams.usual_size`).
    """

    shape: tuple[int | None, ...] = (None,)

    def __init__(self, texts: BytesShelf, encoder: str, longest: int):
        self._texts, self._encoder, self._longest = texts, TEXT_ENCODERS[encoder], longest
        self._read: dict[int, np.ndarray] = {}
        self._lock = threading.Lock()

    def gather(self, numbers: np.ndarray, n: int) -> np.ndarray:
        """The texts with these numbers, int32 `(n, number)`: zeros beyond them, and behind shorter ones.

        The length is rounded up, so that few shapes are compiled.

        Raises:
            KeyError: a text is not on its shelf any more.
            MissingPackageError: the encoder is not installed; with the command that installs it.
        """
        places = [int(number) for number in numbers]
        with self._lock:
            if new := [number for number in dict.fromkeys(places) if number not in self._read]:
                texts = [from_bytes(self._texts.one(number)) for number in new]
                self._read.update(zip(new, self._encoder.prepare(texts, self._longest), strict=True))
            found = [self._read[number] for number in places]
            for number in list(self._read)[: max(0, len(self._read) - MOST_READ)]:
                del self._read[number]
        out = np.zeros((n, _rounded(max(map(len, found), default=1))), np.int32)
        for row, one in enumerate(found):
            out[row, : len(one)] = one
        return out


def _rounded(length: int) -> int:
    """At least `length`: 16, 32, 64, 128, then in steps of an eighth of the next power of two."""
    if length <= 128:
        return max(16, 1 << (length - 1).bit_length())
    step = 1 << ((length - 1).bit_length() - 3)
    return -(-length // step) * step
