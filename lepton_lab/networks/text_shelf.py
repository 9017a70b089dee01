"""The texts on a shelf as an encoder wants them: each is read once, however often a network asks for it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable
from weakref import WeakKeyDictionary

import numpy as np

from lepton_lab.data.texts import from_bytes
from lepton_lab.networks.text_encoders import TEXT_READINGS

# Texts that are remembered as read; the oldest are forgotten first, and read again when they are asked for.
MOST_READ = 250_000


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
        encoder: what reads them, a name in `TEXT_READINGS`.
        longest: n-grams kept of a text (`data.ngrams.usual_size`).
    """

    shape: tuple[int | None, ...] = (None,)

    def __init__(self, texts: BytesShelf, encoder: str, longest: int):
        self._made_of = texts, encoder, longest
        self._texts, self._reading, self._longest = texts, TEXT_READINGS[encoder], longest
        self._read: dict[int, np.ndarray] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle where the texts are, and how they are read."""
        return text_shelf, self._made_of

    def gather(self, numbers: np.ndarray, n: int) -> np.ndarray:
        """The texts with these numbers, int32 `(n, number)`: zeros beyond them, and behind shorter ones.

        The length is one for all, or rounded up, so that few shapes are compiled.

        Raises:
            KeyError: a text is not on its shelf any more.
            MissingPackageError: the encoder is not installed; with the command that installs it.
        """
        places = [int(number) for number in numbers]
        for _ in self.read(places):
            pass
        with self._lock:
            found = [self._read[number] for number in places]
            for number in list(self._read)[: max(0, len(self._read) - MOST_READ)]:
                del self._read[number]
        room = self._reading.room(self._longest) or _rounded(max(map(len, found), default=1))
        out = np.zeros((n, room), np.int32)
        for row, one in enumerate(found):
            out[row, : len(one)] = one
        return out

    def read(self, numbers: Iterable[Any]) -> Iterator[tuple[int, int]]:
        """Read the texts with these numbers that were not read before; after each part, how many of how many.

        Whoever stops asking leaves the rest for later.

        Raises:
            KeyError, MissingPackageError: as `gather`.
        """
        new = [number for number in dict.fromkeys(map(int, numbers)) if number not in self._read]
        texts = [from_bytes(self._texts.one(number)) for number in new]
        done = 0
        for places, made in self._reading.prepare(texts, self._longest) if texts else ():
            with self._lock:
                self._read.update(zip([new[place] for place in places], made, strict=True))
            done += len(places)
            yield done, len(new)


_shelves: WeakKeyDictionary[Any, dict[tuple[str, int], TextShelf]] = WeakKeyDictionary()


def text_shelf(texts: BytesShelf, encoder: str, longest: int) -> TextShelf:
    """The shelf that reads texts in this way: the same one for all who ask, so that each text is read once."""
    known = _shelves.setdefault(texts, {})
    return known.setdefault((encoder, longest), TextShelf(texts, encoder, longest))


def _rounded(length: int) -> int:
    """At least `length`: 16, 32, 64, 128, then in steps of an eighth of the next power of two."""
    if length <= 128:
        return max(16, 1 << (length - 1).bit_length())
    step = 1 << ((length - 1).bit_length() - 3)
    return -(-length // step) * step
