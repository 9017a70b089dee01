"""Images as a frame: from a folder, from a column of paths, or from an array."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from lepton_lab.data.image_files import SUFFIXES, DamagedImageError, read_image, resized, with_channels
from lepton_lab.errors import DataError, DataWarning, OptionError, no_such_option

# Larger images are made smaller unless a size is asked for: a table of them must fit into memory.
LARGEST = 224
_SHOWN = 5


def images(
    source: str | Path | Iterable[Any] | np.ndarray,
    *,
    size: int | tuple[int, int] | None = None,
    colour: bool | None = None,
    damaged: Literal["raise", "skip"] = "raise",
) -> pd.DataFrame:
    """A frame with one image a row, all of one size: what `train` takes.

    Args:
        source: a folder (with a subfolder for each class, or flat), paths, or an array
            `(row, height, width[, channel])`. The index of a column of paths is kept.
        size: height and width, or one number for both; None takes the middle of those found, at most 224. Images of
            another shape are stretched.
        colour: three channels or one; None takes three where an image has colour.
        damaged: what to do about files that cannot be read: raise an error that names them, or leave their rows out
            with a warning.

    Returns:
        Columns `image` (uint8 arrays `(height, width, channel)`); for files `file`, and, where there are subfolders,
        `label`.

    Raises:
        DataError: no images there, or an array of another shape.
        DamagedImageError: files cannot be read.
        OptionError: a size that cannot be.
        MissingPackageError: Pillow is not installed.

    Example:
        >>> images(np.zeros((3, 28, 28), np.uint8))["image"][0].shape
        (28, 28, 1)
    """
    if damaged not in ("raise", "skip"):
        raise no_such_option("damaged", damaged, ("raise", "skip"))
    wanted = _size(size)
    if isinstance(source, np.ndarray) and source.ndim > 1:
        frame = pd.DataFrame({"image": _column(list(_from_array(source)))})
    else:
        frame = _in_folder(Path(source)) if isinstance(source, (str, Path)) else _of_paths(source)
        frame = _read(frame, damaged)
    found = list(frame["image"])
    height, width = wanted or _middle(found)
    channels = 3 if (colour if colour is not None else any(image.shape[2] == 3 for image in found)) else 1
    if wanted is None:
        _tell_sizes(found, height, width)
    ready = [np.ascontiguousarray(resized(with_channels(one, channels), height, width)) for one in found]
    frame["image"] = _column(ready, frame.index)
    return frame


def _column(found: list[np.ndarray], index: pd.Index | None = None) -> pd.Series:
    return pd.Series(found, index=index, dtype=object)


def _size(size: Any) -> tuple[int, int] | None:
    if size is None:
        return None
    pair = size if isinstance(size, (tuple, list)) else (size, size)
    is_whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and 1 <= n <= 4096 for n in pair)
    if len(pair) != 2 or not is_whole:
        raise OptionError(f"size={size!r} is no height and width in points, 1 to 4096. For example: size=(64, 64)")
    return int(pair[0]), int(pair[1])


def _from_array(array: np.ndarray) -> np.ndarray:
    """An array of images as bytes `(row, height, width, channel)`."""
    wide = array[..., None] if array.ndim == 3 else array
    if wide.ndim != 4 or wide.shape[3] not in (1, 3) or 0 in wide.shape or wide.dtype.kind not in "buif":
        raise DataError(
            f"an array {array.shape} of {array.dtype} is no images; wanted: numbers (row, height, width) or "
            "(row, height, width, channel) with 1 or 3 channels. Channels first? np.moveaxis(array, 1, -1)"
        )
    if wide.dtype == np.uint8:
        return wide
    if not np.isfinite(wide).all():
        raise DataError("the array holds missing or infinite values. Replace them: np.nan_to_num(array)")
    low, high = float(wide.min()), float(wide.max())
    if low >= 0 and high <= 255:
        low, high = 0.0, 255.0 if high > 1 else 1.0
    return np.rint((wide - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def _in_folder(folder: Path) -> pd.DataFrame:
    if not folder.is_dir():
        what = "is a file, not a folder; for single files give a list" if folder.exists() else "is not there"
        raise DataError(f"the folder {str(folder)!r} {what}. For example: ll.images('photos/')")
    files = sorted(file for file in folder.rglob("*") if file.is_file() and not _is_hidden(file, folder))
    known = [file for file in files if file.suffix.lower() in SUFFIXES]
    if not known:
        raise DataError(
            f"no images in {str(folder)!r} ({len(files)} other files). Known endings: {', '.join(sorted(SUFFIXES))}"
        )
    if len(known) < len(files):
        others = [file.name for file in files if file.suffix.lower() not in SUFFIXES]
        _warn(f"{len(others)} files in {str(folder)!r} are no images and were left out", others)
    labels = [None if file.parent == folder else file.relative_to(folder).parts[0] for file in known]
    frame = pd.DataFrame({"file": [str(file) for file in known]})
    if any(labels):
        frame["label"] = pd.Series(labels, dtype=object)
        if None in labels:
            loose = [file.name for file, label in zip(known, labels, strict=True) if label is None]
            _warn(f"{len(loose)} images lie beside the classes' folders: their label is missing", loose)
    return frame


def _is_hidden(file: Path, folder: Path) -> bool:
    """Whether systems put it there, not people."""
    return any(part.startswith((".", "__MACOSX")) for part in file.relative_to(folder).parts)


def _of_paths(paths: Iterable[Any]) -> pd.DataFrame:
    index = paths.index if isinstance(paths, pd.Series) else None
    listed = list(paths)
    for number, path in enumerate(listed):
        if not isinstance(path, (str, Path)):
            raise DataError(f"entry {number} is {path!r}, not a path. Leave such rows out: df.dropna(subset=['path'])")
    if not listed:
        raise DataError("there are no paths. Give at least one, or a folder: ll.images('photos/')")
    return pd.DataFrame({"file": [str(path) for path in listed]}, index=index)


def _read(frame: pd.DataFrame, damaged: str) -> pd.DataFrame:
    """The frame with its images; those that cannot be read raise or are left out."""
    found: list[np.ndarray | None] = []
    bad: list[DamagedImageError] = []
    for path in frame["file"]:
        try:
            found.append(read_image(Path(path)))
        except DamagedImageError as error:
            found.append(None)
            bad.append(error)
    if bad and (damaged == "raise" or len(bad) == len(found)):
        more = f" {len(bad) - 1} more cannot be read either." if len(bad) > 1 else ""
        raise DamagedImageError(f"{bad[0]}{more} Repair them, or leave them out: ll.images(..., damaged='skip')")
    if bad:
        _warn(f"{len(bad)} of {len(found)} files cannot be read and their rows were left out", map(str, bad))
    is_read = np.array([image is not None for image in found])
    frame = frame.loc[is_read].copy()
    frame.insert(0, "image", _column([image for image in found if image is not None], frame.index))
    return frame


def _middle(found: list[np.ndarray]) -> tuple[int, int]:
    """The middle height and width, made smaller together where they are large."""
    height, width = (float(np.median([image.shape[axis] for image in found])) for axis in (0, 1))
    shrink = min(1.0, LARGEST / max(height, width))
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def _tell_sizes(found: list[np.ndarray], height: int, width: int) -> None:
    counts = Counter(image.shape[:2] for image in found)
    others = len(found) - counts[(height, width)]
    if not others:
        return
    smallest, largest = min(counts, key=lambda s: s[0] * s[1]), max(counts, key=lambda s: s[0] * s[1])
    sizes = f"{len(counts)} sizes, {smallest[0]} x {smallest[1]} to {largest[0]} x {largest[1]} (height x width)"
    found_sizes = sizes if len(counts) > 1 else f"{largest[0]} x {largest[1]} points"
    warnings.warn(
        f"the images have {found_sizes}: {others} were brought to {height} x {width}. "
        f"To choose: size=({height}, {width})",
        DataWarning,
        stacklevel=3,
    )


def _warn(what: str, names: Iterable[str]) -> None:
    names = list(names)
    shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    warnings.warn(f"{what}: {shown}", DataWarning, stacklevel=4)
