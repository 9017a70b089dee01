"""A shelf: the distinct objects (images, series, token lists) of one column, each known by a number.

A category column has a vocabulary that closes when training begins. A shelf is a vocabulary that stays open: an
object that was never seen gets the next number. So one entry of `x` stands for a whole image, rows of `x` can be
mixed as any others, and equal objects have equal entries.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

MISSING = 0
# Entries of `x` are float32, which tells whole numbers apart up to here.
MOST_OBJECTS = 2**24


class Shelf:
    """Distinct arrays of one number of axes, of which the first may vary in length.

    Args:
        shape: of one object; None on the first axis where lengths vary.
        dtype: of the objects.
        fill: what lies behind the end of a shorter object.
        longest: the longest first axis that is handed out; longer objects must not be put.

    Example:
        >>> shelf = Shelf((2, 2), np.uint8, fill=0)
        >>> shelf.put([np.ones((2, 2), np.uint8), None, np.ones((2, 2), np.uint8)]).tolist()
        [1.0, 0.0, 1.0]
        >>> shelf.gather(np.array([1]), 2).shape
        (2, 2, 2)
    """

    def __init__(self, shape: tuple[int | None, *tuple[int, ...]], dtype: type, *, fill: float, longest: int = 2**20):
        self.shape, self.dtype, self.fill, self.longest = shape, np.dtype(dtype), fill, longest
        self._objects: dict[int, np.ndarray] = {}
        self._number_of: dict[bytes, int] = {}
        self._key_of: dict[int, bytes] = {}
        self._uses: Counter[int] = Counter()
        self._last = MISSING
        self._visit = threading.local()
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        """All but the lock and who is visiting."""
        return {name: value for name, value in self.__dict__.items() if name not in ("_lock", "_visit")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock, self._visit = threading.RLock(), threading.local()

    def __len__(self) -> int:
        return len(self._objects)

    def put(self, objects: Iterable[np.ndarray | None]) -> np.ndarray:
        """The number of each object `(row,)` float32, 0 for None; new ones are kept.

        Raises:
            ValueError: an object has another shape or dtype than the shelf's.
        """
        with self._lock:
            return np.array([self._put_one(one) for one in objects], np.float32)

    def reserve(self, n: int) -> np.ndarray:
        """Numbers of `n` objects that are known elsewhere and never come here `(object,)` float32."""
        with self._lock:
            if self._last + n >= MOST_OBJECTS:
                raise ValueError(f"more than {MOST_OBJECTS:,} objects in one column")
            first, self._last = self._last + 1, self._last + n
            return np.arange(first, first + n, dtype=np.float32)

    def gather(self, numbers: np.ndarray, n: int) -> np.ndarray:
        """The objects with these numbers, `(n, *shape)`: the rest of `n` and the ends of shorter ones are filled.

        Varying lengths are rounded up to a power of two, so that few shapes are compiled.

        Raises:
            KeyError: an object is not here any more.
        """
        with self._lock:
            found = [self._objects[int(number)] for number in numbers]
        first, *rest = self.shape
        if first is None:
            most = max((len(one) for one in found), default=1)
            first = min(max(8, 1 << (max(most, 1) - 1).bit_length()), self.longest)
        out = np.full((n, first, *rest), self.fill, self.dtype)
        for place, one in enumerate(found):
            out[place, : len(one)] = one
        return out

    def one(self, number: float) -> np.ndarray:
        """The object with this number, as it was put.

        Raises:
            KeyError: it is not here any more.
        """
        with self._lock:
            return self._objects[int(number)]

    @contextmanager
    def visit(self) -> Iterator[None]:
        """What is put inside is taken away at the end, unless it was put elsewhere too: a prediction keeps nothing."""
        outer, seen = getattr(self._visit, "seen", None), []
        self._visit.seen = seen
        try:
            yield
        finally:
            self._visit.seen = outer
            with self._lock:
                for number in seen:
                    self._let_go(number)

    def _put_one(self, one: np.ndarray | None) -> int:
        if one is None:
            return MISSING
        if one.dtype != self.dtype or one.ndim != len(self.shape) or not self._fits(one.shape):
            raise ValueError(f"an object of shape {one.shape} and dtype {one.dtype}, where {self.shape} is wanted")
        key = hashlib.blake2b(np.ascontiguousarray(one).data, digest_size=16, salt=_salt(one.shape)).digest()
        number = self._number_of.get(key)
        if number is None:
            if self._last + 1 >= MOST_OBJECTS:
                raise ValueError(f"more than {MOST_OBJECTS:,} objects in one column")
            number = self._last = self._last + 1
            self._number_of[key], self._key_of[number], self._objects[number] = number, key, one
        self._uses[number] += 1
        seen = getattr(self._visit, "seen", None)
        if seen is not None:
            seen.append(number)
        return number

    def _fits(self, shape: tuple[int, ...]) -> bool:
        first, *rest = self.shape
        return list(shape[1:]) == rest and (shape[0] <= self.longest if first is None else shape[0] == first)

    def _let_go(self, number: int) -> None:
        self._uses[number] -= 1
        if self._uses[number] <= 0:
            del self._uses[number], self._objects[number], self._number_of[self._key_of.pop(number)]


def _salt(shape: tuple[int, ...]) -> bytes:
    """Arrays of equal bytes and different shapes are different objects."""
    return hashlib.blake2b(repr(shape).encode(), digest_size=16).digest()
