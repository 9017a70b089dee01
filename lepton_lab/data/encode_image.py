"""Images as a network takes them: bytes of one size and one number of channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from lepton_lab.data.image_files import resized, with_channels
from lepton_lab.data.shelf import Shelf

# Larger images are made smaller: a network from scratch needs no more, and a table of them must fit into memory.
LARGEST = 224


@dataclass(frozen=True)
class ImageBlock:
    """How a column of images is encoded.

    Args:
        column: its name.
        height, width: that every image is brought to.
        channels: 1 for grey, 3 for colour.
        low, high: values of black and white; bytes have 0 and 255.
        shelf: where the images are, uint8 `(height, width, channel)`.
    """

    column: str
    height: int
    width: int
    channels: int
    low: float = 0.0
    high: float = 255.0
    kind: Literal["image"] = "image"
    shelf: Shelf = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shelf", Shelf((self.height, self.width, self.channels), np.uint8, fill=0))

    @property
    def n_codes(self) -> int:
        """What members see that read no objects: one is missing, or there."""
        return 2

    @property
    def monotone(self) -> int:
        """Objects have no order."""
        return 0

    def prepare(self, value: np.ndarray) -> np.ndarray:
        """One image as bytes of the block's size.

        Raises:
            MissingPackageError: it has another size, and Pillow is not installed.
        """
        image = value if value.ndim == 3 else value[:, :, None]
        if image.dtype != np.uint8:
            share = (np.nan_to_num(image.astype(np.float32), nan=self.low) - self.low) / (self.high - self.low)
            image = np.clip(np.rint(255 * share), 0, 255).astype(np.uint8)
        # A fourth channel says how opaque a point is.
        image = with_channels(image[:, :, :3], self.channels)
        return np.ascontiguousarray(resized(image, self.height, self.width))

    def encode(self, array: np.ndarray) -> np.ndarray:
        """A table's column as numbers on the shelf `(row,)`."""
        return self.shelf.put(None if one is None else self.prepare(one.array) for one in array)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        names = ("column", "kind", "height", "width", "channels", "low", "high")
        return {name: getattr(self, name) for name in names}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ImageBlock:
        """The block that `to_json` wrote.

        Raises:
            ValueError: its sizes are none that are ever written.
        """
        height, width, channels = (int(data[name]) for name in ("height", "width", "channels"))
        low, high = float(data["low"]), float(data["high"])
        is_sized = 0 < height <= LARGEST and 0 < width <= LARGEST and channels in (1, 3)
        if not is_sized or not 0 < high - low < np.inf:
            raise ValueError(f"the block of {data['column']!r} is out of range")
        return ImageBlock(str(data["column"]), height, width, channels, low, high)


def fit_images(column: str, array: np.ndarray) -> ImageBlock:
    """The encoding of a column of images: their middle size, colour where one has it."""
    known = [one.array for one in array if one is not None]
    if not known:
        return ImageBlock(column, 1, 1, 1)
    height, width = (int(np.median([one.shape[axis] for one in known])) for axis in (0, 1))
    shrink = min(1.0, LARGEST / max(height, width))
    channels = 3 if any(one.ndim == 3 and one.shape[2] > 1 for one in known) else 1
    low, high = _range(known)
    return ImageBlock(column, max(1, round(height * shrink)), max(1, round(width * shrink)), channels, low, high)


def _range(known: list[np.ndarray]) -> tuple[float, float]:
    """The values of black and white: 0 and 255 of bytes, 0 and 1 of shares, else the smallest and largest seen."""
    if all(one.dtype == np.uint8 for one in known):
        return 0.0, 255.0
    low = min(float(np.nanmin(one)) for one in known)
    high = max(float(np.nanmax(one)) for one in known)
    if low >= 0 and high <= 255:
        return 0.0, 1.0 if high <= 1 else 255.0
    return (low, high) if high > low else (low, low + 1.0)
