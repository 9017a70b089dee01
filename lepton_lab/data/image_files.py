"""One image file as an array of bytes, whatever its format keeps: colour tables, 16 bits, opacity, a turned camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lepton_lab.errors import DataError, missing_package

SUFFIXES = frozenset([".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"])
_PURPOSE = "reading images"


class DamagedImageError(DataError):
    """A file is no image, or is cut short."""


def read_image(path: Path) -> np.ndarray:
    """An image file as uint8 `(height, width, channel)`, of one channel where it is grey, else of three.

    What can be seen through is laid on white; 16 bits and floating point become 8 bits; a turned camera is set
    upright; of several pictures in a file the first is read.

    Raises:
        DamagedImageError: the file is not there, is no image, is cut short, or claims to be gigantic.
        MissingPackageError: Pillow is not installed.
    """
    image_module = _pillow()
    from PIL import ImageOps

    try:
        with image_module.open(path) as file:
            file.load()
            return _bytes_of(ImageOps.exif_transpose(file))
    except FileNotFoundError:
        raise DamagedImageError(f"there is no file {str(path)!r}.") from None
    except (OSError, SyntaxError, ValueError, EOFError, image_module.DecompressionBombError) as error:
        raise DamagedImageError(f"{str(path)!r} cannot be read as an image: {_first_line(error)}") from error


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The image at another size, stretched where its shape differs.

    Raises:
        MissingPackageError: Pillow is not installed.
    """
    if image.shape[:2] == (height, width):
        return image
    image_module = _pillow()
    how = image_module.Resampling.BILINEAR  # Pillow's widens when it makes an image smaller: no points are skipped
    planes = [image_module.fromarray(np.ascontiguousarray(image[:, :, k])) for k in range(image.shape[2])]
    return np.stack([np.asarray(plane.resize((width, height), how)) for plane in planes], axis=2)


def with_channels(image: np.ndarray, wanted: int) -> np.ndarray:
    """Grey as three equal channels, or colour as its brightness."""
    if image.shape[2] == wanted:
        return image
    if wanted == 3:
        return np.repeat(image, 3, axis=2)
    grey = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.rint(grey).astype(np.uint8)[:, :, None]


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise missing_package("pillow", extra="vision", purpose=_PURPOSE) from None
    return Image


def _bytes_of(image: Any) -> np.ndarray:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _deep_as_bytes(np.asarray(image))[:, :, None]
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[:, :, None]
    if image.mode == "LA":
        grey, opacity = np.moveaxis(np.asarray(image), 2, 0)
        return _on_white(grey[:, :, None], opacity)
    if image.mode == "P" or "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        whole = np.asarray(image.convert("RGBA"))
        return _on_white(whole[:, :, :3], whole[:, :, 3])
    return np.asarray(image.convert("RGB"))


def _on_white(colour: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    share = opacity[:, :, None].astype(np.float32) / 255
    return np.rint(share * colour + (1 - share) * 255).astype(np.uint8)


def _deep_as_bytes(values: np.ndarray) -> np.ndarray:
    """Deeper numbers: 0 to 1, 0 to 255 and 16 bits by their range, anything else by its extremes."""
    values = np.nan_to_num(values.astype(np.float64))
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    for top in (1.0,) if high <= 1 else (255.0, 65535.0):
        if low >= 0 and high <= top:
            return np.rint(values * (255 / top)).astype(np.uint8)
    return np.rint((values - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".") + "."
