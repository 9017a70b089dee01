"""An object of a column as a small picture, as data for a page: an image's bytes, the lines of a series."""

from __future__ import annotations

from typing import Any

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.schema import Kind
from lepton_lab.pictures.png import data_url

# Of an image: points of its longer side. Of a series: channels, and points of each.
SIDE, CHANNELS, POINTS = 96, 6, 80


def picture_of(value: object, kind: Kind) -> dict[str, Any] | None:
    """What a page draws of one object; None of what is missing, or of no image and no series.

    Args:
        value: the user's own.
        kind: of its column.
    """
    if not isinstance(value, ArrayValue):
        return None
    if kind == Kind.SERIES:
        return {"kind": "series", **_lines(value.array)}
    small = small_image(value.array)
    height, width = small.shape[:2]
    return {"kind": "image", "url": data_url(small), "height": height, "width": width}


def small_image(array: np.ndarray) -> np.ndarray:
    """An image as uint8 `(height, width, channel)`, one channel or three, of few points.

    Args:
        array: `(height, width[, channel])`, bytes; or numbers, of which the smallest is drawn black, the largest white.
    """
    step = -(-max(array.shape[:2]) // SIDE)
    small = array[::step, ::step]
    small = small[..., None] if small.ndim == 2 else small[..., : 1 if small.shape[2] < 3 else 3]
    if small.dtype == np.uint8:
        return np.ascontiguousarray(small)
    known = array[np.isfinite(array)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    shares = np.nan_to_num((small.astype(np.float64) - low) / (high - low or 1.0))
    return np.rint(255 * np.clip(shares, 0, 1)).astype(np.uint8)


def _lines(array: np.ndarray) -> dict[str, Any]:
    """Each channel between its own ends, from 0 to 1; None where there is no number."""
    series = np.asarray(array, np.float64).reshape(len(array), -1)
    kept = np.unique(np.linspace(0, len(series) - 1, min(POINTS, len(series))).round().astype(int))
    lines = []
    for channel in series.T[:CHANNELS]:
        known = channel[np.isfinite(channel)]
        low, high = (known.min(), known.max()) if len(known) else (0.0, 1.0)
        shares = (channel[kept] - low) / (high - low or 1.0)
        lines.append([None if not np.isfinite(one) else round(float(one), 3) for one in shares])
    return {"lines": lines, "steps": len(series), "more": max(0, series.shape[1] - CHANNELS)}
