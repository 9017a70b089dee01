"""Columns whose entries are arrays of numbers: images and series, in whatever way a library holds them."""

from __future__ import annotations

import hashlib
from functools import cached_property

import numpy as np

from lepton_lab.data.objects import object_array
from lepton_lab.data.schema import Kind

_CHANNELS = (1, 3, 4)
_SMALLEST_IMAGE = 8
_SQUARES = "square arrays of one size, of numbers from 0 up"
_OBLONG = "arrays of one size, of numbers from 0 up"
DOUBTFUL = (_SQUARES, _OBLONG)  # an image or a series: these are guesses


class ArrayValue:
    """One array as a value of a column: equal and hashed by what it holds, as words are.

    Example:
        >>> ArrayValue(np.zeros(3)) == ArrayValue(np.zeros(3)), len({ArrayValue(np.zeros(3)), ArrayValue(np.ones(3))})
        (True, 2)
        >>> ArrayValue(np.zeros((28, 28), np.uint8)), ArrayValue(np.zeros((100, 2)))
        (image 28 x 28, series of 100 steps)
    """

    def __init__(self, array: np.ndarray):
        self.array = array

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that tell different arrays apart."""
        about = f"{self.array.shape}{self.array.dtype.str}".encode()
        return hashlib.blake2b(about + self.array.tobytes(), digest_size=16).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrayValue) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __str__(self) -> str:
        if array_kind(object_array([self]))[0] == Kind.IMAGE:
            return f"image {self.array.shape[1]} x {self.array.shape[0]}"
        return f"series of {len(self.array):,} steps"

    __repr__ = __str__


def arrays_of(values: np.ndarray) -> np.ndarray | None:
    """The entries as `ArrayValue`, None where missing; None altogether where one is no array of numbers.

    Lists of numbers, nested ones and pictures of Pillow are arrays too.
    """
    found = []
    for value in values:
        array = None if value is None else value.array if isinstance(value, ArrayValue) else _array(value)
        if value is not None and array is None:
            return None
        found.append(None if array is None else ArrayValue(array))
    return object_array(found)


def array_kind(arrays: np.ndarray) -> tuple[Kind, str]:
    """What the arrays are, and why.

    Three axes of which the last has 1, 3 or 4 entries are an image, and so are two axes of whole bytes. Numbers from
    0 up in squares of one size are an image too: brightness between 0 and 1 is how most libraries hand one on, and a
    series has no reason to have as many steps as channels. Other arrays of one or two axes are series
    `(step[, channel])`.
    """
    present = [value.array for value in arrays if value is not None]
    axes = {array.ndim for array in present}
    if axes == {3} and all(array.shape[2] in _CHANNELS for array in present):
        return Kind.IMAGE, "arrays of height, width and channel"
    if axes <= {2, 3} and all(array.dtype in (np.uint8, np.bool_) for array in present):
        return Kind.IMAGE, "arrays of bytes with height and width"
    if axes == {2} and _may_be_images(present):
        height, width = present[0].shape
        return (Kind.IMAGE, _SQUARES) if height == width else (Kind.SERIES, _OBLONG)
    return Kind.SERIES, "arrays of steps" if axes == {1} else "arrays of steps and channels"


def _may_be_images(arrays: list[np.ndarray]) -> bool:
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1 or min(arrays[0].shape) < _SMALLEST_IMAGE:
        return False
    return all(array.min() >= 0 for array in arrays)  # NaN is not


def _array(value: object) -> np.ndarray | None:
    if not isinstance(value, np.ndarray):
        if not isinstance(value, (list, tuple)) and not hasattr(value, "__array_interface__"):
            return None
        try:
            value = np.asarray(value)
        except ValueError:  # lists of different lengths
            return None
    if value.dtype == object:
        value = _of_lists(value)
    if value is None or not 1 <= value.ndim <= 3 or not value.size or value.dtype.kind not in "biuf":
        return None
    return value


def _of_lists(value: np.ndarray) -> np.ndarray | None:
    """Arrays inside an array, as pyarrow and pandas keep nested lists."""
    try:
        found = np.stack([np.asarray(part) for part in value])
    except (ValueError, TypeError):
        return None
    return found if found.dtype != object else None
