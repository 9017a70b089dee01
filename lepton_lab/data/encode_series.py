"""Series as a network takes them: steps by channels, each channel at a common scale, NaN where nothing is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from lepton_lab.data.shelf import Shelf

# Of longer series the last steps are read.
LONGEST = 4096


@dataclass(frozen=True)
class SeriesBlock:
    """How a column of series is encoded.

    Args:
        column: its name.
        centers, scales: of each channel: what is subtracted, and what is divided by.
        longest: steps read of a series, at most; the last ones of a longer one.
        shelf: where the series are, float32 `(step, channel)`.
    """

    column: str
    centers: tuple[float, ...]
    scales: tuple[float, ...]
    longest: int
    kind: Literal["series"] = "series"
    shelf: Shelf = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        shelf = Shelf((None, len(self.centers)), np.float32, fill=math.nan, longest=self.longest)
        object.__setattr__(self, "shelf", shelf)

    @property
    def n_codes(self) -> int:
        """What members see that read no objects: one is missing, or there."""
        return 2

    @property
    def monotone(self) -> int:
        """Objects have no order."""
        return 0

    def prepare(self, value: np.ndarray) -> np.ndarray:
        """One series, scaled; channels it lacks are NaN, further ones are left out."""
        steps = value if value.ndim == 2 else value[:, None]
        n_channels = len(self.centers)
        out = np.full((min(len(steps), self.longest), n_channels), np.nan, np.float32)
        shared = min(n_channels, steps.shape[1])
        found = np.asarray(steps[-self.longest :, :shared], np.float64)
        found = np.where(np.isfinite(found), found, np.nan)
        out[:, :shared] = (found - np.array(self.centers[:shared])) / np.array(self.scales[:shared])
        return out

    def encode(self, array: np.ndarray) -> np.ndarray:
        """A table's column as numbers on the shelf `(row,)`."""
        # Rows of one origin of a forecast share one array, which is prepared once.
        made: dict[int, np.ndarray] = {}
        for one in array:
            if one is not None and id(one.array) not in made:
                made[id(one.array)] = self.prepare(one.array)
        return self.shelf.put(None if one is None else made[id(one.array)] for one in array)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        return {
            "column": self.column,
            "kind": self.kind,
            "centers": list(self.centers),
            "scales": list(self.scales),
            "longest": self.longest,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> SeriesBlock:
        """The block that `to_json` wrote.

        Raises:
            ValueError: its sizes are none that are ever written.
        """
        centers, scales = (tuple(float(value) for value in data[name]) for name in ("centers", "scales"))
        longest, finite = int(data["longest"]), all(map(math.isfinite, (*centers, *scales)))
        if not finite or not len(centers) == len(scales) >= 1 or min(scales) <= 0 or not 0 < longest <= LONGEST:
            raise ValueError(f"the block of {data['column']!r} is out of range")
        return SeriesBlock(str(data["column"]), centers, scales, longest)


def fit_series(column: str, array: np.ndarray) -> SeriesBlock:
    """The encoding of a column of series: mean and standard deviation of each channel over all steps."""
    known = [np.asarray(one.array, np.float64) for one in array if one is not None]
    known = [one if one.ndim == 2 else one[:, None] for one in known]
    if not known:
        return SeriesBlock(column, (0.0,), (1.0,), 1)
    n_channels = max(one.shape[1] for one in known)
    longest = min(LONGEST, max(len(one) for one in known))
    centers, scales = zip(*(_center_and_scale(known, k) for k in range(n_channels)), strict=True)
    return SeriesBlock(column, centers, scales, longest)


def _center_and_scale(known: list[np.ndarray], channel: int) -> tuple[float, float]:
    steps = np.concatenate([one[:, channel] for one in known if one.shape[1] > channel])
    steps = steps[np.isfinite(steps)]
    if not len(steps):
        return 0.0, 1.0
    scale = float(steps.std())
    return float(steps.mean()), scale if scale > 1e-12 * max(1.0, abs(float(steps.mean()))) else 1.0
