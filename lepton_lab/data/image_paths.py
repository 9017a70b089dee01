"""A column of paths read as the images that lie there: each file once, no larger than a network reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.encode_image import LARGEST
from lepton_lab.data.image_files import SUFFIXES, DamagedImageError, read_image, resized
from lepton_lab.data.objects import object_array


def are_paths(words: np.ndarray) -> bool:
    """Whether all words end as names of image files do.

    Example:
        >>> are_paths(np.array(["a/1.png", "b/2.JPG"], object)), are_paths(np.array(["a.png", "none"], object))
        (True, False)
    """
    return bool(len(words)) and all(Path(str(word)).suffix.lower() in SUFFIXES for word in words)


def images_at(paths: np.ndarray) -> np.ndarray:
    """The images at some paths, as values of a column `(path,)`.

    Raises:
        DamagedImageError: files are not there or cannot be read; names the first and counts the others.
        MissingPackageError: Pillow is not installed.
    """
    found: list[ArrayValue] = []
    bad: list[DamagedImageError] = []
    for path in paths:
        try:
            found.append(ArrayValue(_small(read_image(Path(str(path))))))
        except DamagedImageError as error:
            bad.append(error)
    if bad:
        more = f" {len(bad) - 1} more of {len(paths)} cannot be read either." if len(bad) > 1 else ""
        raise DamagedImageError(
            f"{bad[0]}{more} Repair them, or leave their rows out: ll.images(df['file'], damaged='skip')"
        )
    return object_array(found)


def _small(image: np.ndarray) -> np.ndarray:
    """The image at its own shape, at most `LARGEST` points a side."""
    height, width = image.shape[:2]
    shrink = min(1.0, LARGEST / max(height, width))
    return resized(image, max(1, round(height * shrink)), max(1, round(width * shrink)))
