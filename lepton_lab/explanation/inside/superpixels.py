"""The parts of an image as players: squares of a grid, or superpixels that follow its edges.

Superpixels are found by a SLIC of our own: scikit-image would bring five packages for these few lines, and ours gives
the same parts on every machine. Every part is connected, and every point lies in one part.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import UInt8

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.inside.parts import Parts

_STEPS = 10
_WHERE = (("top left", "top", "top right"), ("left", "middle", "right"), ("bottom left", "bottom", "bottom right"))
# Rounds in which splinters join their neighbours; what is left then is a part of its own.
_MOST_ROUNDS = 5


def patch_grid(height: int, width: int, *, down: int, across: int) -> Parts:
    """Rectangles of nearly one size, row by row.

    Raises:
        ExplanationError: more of them than points on a side, or none.

    Example:
        >>> patch_grid(4, 6, down=2, across=3).owner.tolist()
        [[0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2], [3, 3, 4, 4, 5, 5], [3, 3, 4, 4, 5, 5]]
    """
    if not (1 <= down <= height and 1 <= across <= width):
        raise ExplanationError(
            f"a grid of {down} x {across} does not fit an image of {height} x {width} points (height x width). "
            f"Give down from 1 to {height} and across from 1 to {width}."
        )
    row, column = np.arange(height) * down // height, np.arange(width) * across // width
    owner = row[:, None] * across + column[None, :]
    names = tuple(f"patch {i + 1}, {j + 1}" for i in range(down) for j in range(across))
    return Parts(owner, names)


def superpixels(
    image: UInt8[np.ndarray, "height width channel"], n_parts: int = 30, *, compactness: float = 10.0
) -> Parts:
    """About `n_parts` connected parts of like colour.

    Args:
        image: grey or colour.
        n_parts: how many to aim at.
        compactness: how much nearness counts against likeness of colour, which has 0 to 100 for black to white.

    Raises:
        ExplanationError: fewer than one part, or more than points.

    Source: Achanta et al. 2012 (SLIC), IEEE TPAMI 34(11); ours compares each point with the nine centres about it,
        and joins splinters to the nearest part.
    """
    height, width = image.shape[:2]
    if not 1 <= n_parts <= height * width:
        raise ExplanationError(f"n_parts={n_parts!r}; an image of {height} x {width} points has 1 to {height * width}.")
    step = math.sqrt(height * width / n_parts)
    down, across = max(1, round(height / step)), max(1, round(width / step))
    y, x = np.mgrid[:height, :width].astype(np.float64)
    near = compactness / step
    points = np.concatenate([_lightness_and_colour(image), near * y[..., None], near * x[..., None]], axis=2)
    cell_y, cell_x = np.arange(height) * down // height, np.arange(width) * across // width
    owner = cell_y[:, None] * across + cell_x[None, :]
    about = _cells_about(down, across)[owner].reshape(height * width, 9)
    flat, owner = points.reshape(height * width, -1), owner.ravel()
    for _ in range(_STEPS):
        centres = _means(flat, owner, down * across)
        distance = ((flat[:, None, :] - centres[about]) ** 2).sum(2)
        owner = np.take_along_axis(about, distance.argmin(1)[:, None], axis=1)[:, 0]
    owner = _connected(owner.reshape(height, width))
    return Parts(owner, tuple(f"part {k + 1}, {where}" for k, where in enumerate(_wheres(owner))))


def _wheres(owner: np.ndarray) -> list[str]:
    """In words, where in the image each part's middle lies."""
    y, x = np.mgrid[: owner.shape[0], : owner.shape[1]]
    counts = np.bincount(owner.ravel())
    down, across = (np.bincount(owner.ravel(), axis.ravel()) / counts for axis in (y, x))
    rows = (3 * (down + 0.5) / owner.shape[0]).astype(int)
    columns = (3 * (across + 0.5) / owner.shape[1]).astype(int)
    return [_WHERE[row][column] for row, column in zip(rows, columns, strict=True)]


def mean_colour(image: UInt8[np.ndarray, "height width channel"]) -> UInt8[np.ndarray, "height width channel"]:
    """A baseline: the image's mean colour everywhere."""
    mean = np.rint(image.mean((0, 1), dtype=np.float64)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(mean, image.shape))


def black(image: UInt8[np.ndarray, "height width channel"]) -> UInt8[np.ndarray, "height width channel"]:
    """A baseline: nothing but zeros."""
    return np.zeros_like(image)


def blurred(
    image: UInt8[np.ndarray, "height width channel"], share: float = 0.1
) -> UInt8[np.ndarray, "height width channel"]:
    """A baseline: the image without its details.

    Args:
        image: to blur.
        share: of the longer side that the blur's standard deviation is.
    """
    from scipy.ndimage import gaussian_filter

    sigma = share * max(image.shape[:2])
    soft = gaussian_filter(image.astype(np.float64), (sigma, sigma, 0), mode="nearest")
    return np.clip(np.rint(soft), 0, 255).astype(np.uint8)


def _lightness_and_colour(image: np.ndarray) -> np.ndarray:
    """Numbers whose distances are those the eye sees (CIELAB); grey has its lightness alone. `(height, width, n)`."""
    light = image.astype(np.float64) / 255
    light = np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    if image.shape[2] == 1:
        return 116 * _cube_root(light) - 16
    rgb_to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.moveaxis(_cube_root(light[..., :3] @ rgb_to_xyz.T / np.array([0.9505, 1.0, 1.089])), 2, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=2)


def _cube_root(t: np.ndarray) -> np.ndarray:
    return np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)


def _cells_about(down: int, across: int) -> np.ndarray:
    """For each cell of a grid the nine about it `(cell, 9)`; at the edges some twice."""
    row, column = np.divmod(np.arange(down * across), across)
    step = np.array([-1, 0, 1])
    rows = np.clip(row[:, None] + step, 0, down - 1)
    columns = np.clip(column[:, None] + step, 0, across - 1)
    return (rows[:, :, None] * across + columns[:, None, :]).reshape(-1, 9)


def _means(points: np.ndarray, owner: np.ndarray, n: int) -> np.ndarray:
    """The mean of each part's points; a part without points is nowhere near."""
    counts = np.bincount(owner, minlength=n)
    sums = np.stack([np.bincount(owner, axis, n) for axis in points.T], axis=1)
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], 1e9)


def _connected(owner: np.ndarray) -> np.ndarray:
    """Connected parts, numbered from 0: all but the largest piece of each joins what is nearest."""
    from scipy.ndimage import distance_transform_edt

    for _ in range(_MOST_ROUNDS):
        pieces = _pieces(owner)
        sizes = np.bincount(pieces.ravel())
        part_of = np.zeros(len(sizes), np.intp)
        part_of[pieces.ravel()] = owner.ravel()
        largest = np.zeros(owner.max() + 1, np.intp)
        np.maximum.at(largest, part_of, sizes)
        first = {part: piece for piece, part in reversed(list(enumerate(part_of))) if sizes[piece] == largest[part]}
        is_kept = np.isin(pieces, list(first.values()))
        if is_kept.all():
            break
        at: Any = distance_transform_edt(~is_kept, return_distances=False, return_indices=True)
        owner = owner[tuple(at)]
    return _pieces(owner)


def _pieces(owner: np.ndarray) -> np.ndarray:
    """Each connected piece of each part by a number of its own, from 0."""
    from scipy.ndimage import label

    pieces, n = np.zeros(owner.shape, np.intp), 0
    for part in np.unique(owner):
        labelled: Any = label(owner == part)
        numbered, found = labelled
        pieces[numbered > 0] = numbered[numbered > 0] - 1 + n
        n += found
    return pieces
