"""The rows of a forecast: one a series, origin and step ahead, with nothing in them that the origin did not know."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.forecast_series import OneSeries

# Seasons whose mean is a column: four weeks at this hour say more than one.
_MEANS = 4


@dataclass(frozen=True)
class Origins:
    """Rows of one series.

    Args:
        origin: the place of the last step that is known `(row,)`.
        step: how many steps ahead the target is `(row,)`, from 1.
    """

    origin: np.ndarray
    step: np.ndarray

    @property
    def target(self) -> np.ndarray:
        """The place of the target `(row,)`."""
        return self.origin + self.step


def origins_between(first: int, last: int, stride: int, horizon: int) -> Origins:
    """All steps ahead of every `stride`-th origin, counted back from the last one."""
    at = np.arange(last, first - 1, -stride)[::-1]
    return Origins(np.repeat(at, horizon), np.tile(np.arange(1, horizon + 1), len(at)))


def lag_columns(
    one: OneSeries, rows: Origins, names: Mapping[int, tuple[str, str]], target: str
) -> dict[str, np.ndarray]:
    """What the target was at the same place of earlier seasons, and lately.

    Args:
        one: the series.
        rows: of it.
        names: for each season, in steps: itself and two of it, in words.
        target: the column's name.
    """
    y, found = one.values[:, 0], {}
    for season, (once, twice) in names.items():
        back = season * -(-rows.step // season)  # the latest such place that the origin knows
        found[f"{target} {once} before"] = _at(y, rows.target - back)
        if season > 1:
            found[f"{target} {twice} before"] = _at(y, rows.target - back - season)
            many = np.stack([_at(y, rows.target - back - k * season) for k in range(_MEANS)])
            found[f"{target} mean of {_MEANS} x {once}"] = _mean(many)
            found[f"{target} mean of last {once}"] = _running_mean(y, season)[rows.origin]
    found[f"{target} last"] = _at(y, rows.origin)
    return found


def history(one: OneSeries, rows: Origins, length: int) -> list[np.ndarray]:
    """The last steps up to each row's origin `(step, channel)`; rows of one origin share one array."""
    made: dict[int, np.ndarray] = {}
    for origin in np.unique(rows.origin).tolist():
        made[origin] = one.values[max(0, origin + 1 - length) : origin + 1]
    return [made[origin] for origin in rows.origin.tolist()]


def naive_error(series: tuple[OneSeries, ...], season: int) -> float:
    """How far off the value of a season ago is, on average: what the seasonal naive forecast errs by."""
    gaps = [np.abs(one.values[season:, 0] - one.values[:-season, 0]) for one in series if len(one.values) > season]
    known = np.concatenate([gap[~np.isnan(gap)] for gap in gaps]) if gaps else np.zeros(0)
    return float(known.mean()) if len(known) else math.inf


def _at(y: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Values at places, NaN before the first."""
    return np.where(place >= 0, y[np.maximum(place, 0)], np.nan)


def _mean(many: np.ndarray) -> np.ndarray:
    """The mean of what is there `(row,)`, NaN for nothing."""
    known = ~np.isnan(many)
    n = known.sum(axis=0)
    return np.where(n > 0, np.where(known, many, 0).sum(axis=0) / np.maximum(n, 1), np.nan)


def _running_mean(y: np.ndarray, n: int) -> np.ndarray:
    """The mean of what is there of the last `n` values up to each place."""
    known = ~np.isnan(y)
    total, count = (np.concatenate([[0.0], np.cumsum(part)]) for part in (np.where(known, y, 0.0), known))
    end = np.arange(1, len(y) + 1)
    start = np.maximum(end - n, 0)
    there = count[end] - count[start]
    return np.where(there > 0, (total[end] - total[start]) / np.maximum(there, 1), np.nan)
