"""A long frame as the rows of a forecast: a series, an origin, and a step ahead of it.

A row holds what was known at its origin and nothing later: the history as one object, what the target was at the
same place of earlier seasons, the calendar of the target's time, and covariates that are known beforehand.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding
from lepton_lab.data.forecast_rows import Origins, history, lag_columns, naive_error, origins_between
from lepton_lab.data.forecast_series import (
    OneSeries,
    SeriesSet,
    calendar,
    check_columns,
    no_history,
    refuse_two_parts,
    seasons_of,
    series_of,
    told,
)
from lepton_lab.data.frames import Frame
from lepton_lab.data.long_rows import LongRows, index_of
from lepton_lab.data.objects import object_array
from lepton_lab.data.schema import Kind
from lepton_lab.errors import DataWarning, OptionError, TargetError, did_you_mean

# Rows of the frame that is learned from, unless its user says how far apart origins are.
MOST_ROWS = 40_000
# Steps of history that are read, at least and at most.
_SHORTEST, _LONGEST = 32, 512


@dataclass(frozen=True)
class Forecast:
    """Rows are steps ahead of origins; see `lepton_lab.reshape.forecast` for the options.

    What is None was left open, and is found in the frame that is learned from.
    """

    time: str
    horizon: int
    id: str | None = None
    known: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    season: tuple[int, ...] | None = None
    length: int | None = None
    stride: int | None = None
    name: str = "history"
    step: float | None = None
    naive: str | None = None
    kind = "forecast"
    holds = Kind.SERIES

    def __post_init__(self) -> None:
        for name, least in (("horizon", 1), ("length", 2), ("stride", 1)):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
                raise OptionError(f"{name}={value!r} is no whole number from {least}. For example: {name}=24")
        for name in ("known", "past"):
            if isinstance(getattr(self, name), str):
                object.__setattr__(self, name, (getattr(self, name),))
        if isinstance(self.season, int):
            object.__setattr__(self, "season", (self.season,))
        if self.season is not None and not all(isinstance(s, int) and s >= 1 for s in self.season):
            raise OptionError(f"season={self.season!r}: wanted steps after which the series repeats, such as season=24")

    @property
    def column(self) -> str:
        """The column of histories."""
        return self.name

    def channels(self, target: str) -> tuple[str, ...]:
        """The columns that are the channels of `column`, in order."""
        return (target, *self.past)

    @property
    def encoders(self) -> dict[str, Any]:
        """A history is read by N-HiTS, all of it."""
        return {self.name: {"encoder": "nhits", "window": max(2, self.length or _SHORTEST)}}

    @property
    def past_needed(self) -> int:
        """Known steps up to an origin, so that no column of its rows is missing."""
        return max(self.length or 1, 2 * max(self.season or (1,)))

    def rows(
        self, frame: Frame, target: str | None, *, taken: Collection[str] | None = None, ahead: bool = False
    ) -> LongRows:
        """Rows of origins with a known future; with `ahead` those after the end of each series."""
        if target is None or target not in frame.names:
            meant = did_you_mean(target, frame.names)
            raise TargetError(
                f"a forecast is made of the past of {target!r}, and the frame has no such column.{meant} Give it with "
                "the values known so far; rows without one may follow, with what is known of their time"
            )
        parts = {"time": [self.time], "id": [self.id], "known": self.known, "past": self.past}
        check_columns(frame, target, parts)
        if taken is not None:
            refuse_two_parts(target, parts)
        step = self.step if taken is None else None
        found = series_of(frame, self.id, self.time, (target, *self.past), self.horizon, step)
        value = self if taken is None else self._fitted(found, target)
        parts = [value._of_one(one, found, target, ahead=ahead, learns=taken is not None) for one in found.series]
        short = [part for part in parts if not len(part.origins.step)]
        parts = [part for part in parts if len(part.origins.step)]
        if not parts:
            raise no_history(target, max(one.last + 1 for one in found.series), value.past_needed + self.horizon)
        rows = value._together(parts, found, target, ahead=ahead, frame=frame)
        if ahead:
            _tell_unknown(rows.frame, value.known)
        return replace(rows, findings=(*rows.findings, *_too_short(short, found), *value._unused(frame, target)))

    def _unused(self, frame: Frame, target: str) -> list[Finding]:
        """Columns of the long frame that no row holds."""
        used = {target, self.time, self.id, *self.known, *self.past}
        left = [name for name in frame.names if name not in used]
        if not left:
            return []
        shown = ", ".join(map(repr, left[:6])) + (", ..." if len(left) > 6 else "")
        message = f"{len(left)} columns are neither known beforehand nor named as past, and left out: {shown}"
        return [Finding("series_columns", None, 0.0, "info", message, "To use them: known=[...] or past=[...]")]

    def _fitted(self, found: SeriesSet, target: str) -> Forecast:
        """What was left open, as the frame that is learned from says."""
        seasons = self.season or seasons_of(found.step, dates=found.dates)
        seasons = tuple(s for s in seasons if any(one.last > 2 * s + self.horizon for one in found.series)) or (1,)
        naive = min(seasons, key=lambda s: naive_error(found.series, s))
        length = self.length or min(max(_SHORTEST, max(seasons), 2 * self.horizon), _LONGEST)
        once = told(naive, found.step, dates=found.dates)
        value = replace(self, season=seasons, length=length, step=found.step, naive=f"{target} {once} before")
        if self.length is None:  # short series: a shorter history, so that most of a series can be learned from
            longest = max(one.last + 1 for one in found.series)
            value = replace(value, length=max(2, min(length, longest // 4)))
        return value

    def _of_one(self, one: OneSeries, found: SeriesSet, target: str, *, ahead: bool, learns: bool) -> _Part:
        if ahead:
            there = one.last >= 0
            return _Part(one, origins_between(one.last, one.last if there else -2, 1, self.horizon))
        stride = self.stride or (self._stride(found) if learns else self.horizon)
        return _Part(one, origins_between(self.past_needed - 1, one.last - self.horizon, stride, self.horizon))

    def _stride(self, found: SeriesSet) -> int:
        """How far apart origins are so that there are not too many rows; not a whole part of a season."""
        n = sum(max(0, one.last + 1 - self.horizon - self.past_needed) for one in found.series) * self.horizon
        stride = -(-n // MOST_ROWS)
        while stride > 1 and any(np.gcd(stride, season) > 1 for season in self.season or (1,)):
            stride += 1
        return max(1, stride)

    def _together(self, parts: list[_Part], found: SeriesSet, target: str, *, ahead: bool, frame: Frame) -> LongRows:
        columns = [self._columns(part, found, target) for part in parts]
        names = list(columns[0])
        made = {name: np.concatenate([part[name] for part in columns]) for name in names}
        known = {name: pd.Series(frame.column(name)) for name in self.known}
        at = np.concatenate([part.known_rows for part in parts])
        made |= {name: _known_at(values, at) for name, values in known.items()}
        made[self.name] = object_array([one for part in parts for one in history_of(part, self)])
        origin, when = (
            _as_dates(np.concatenate([getattr(part, name) for part in parts]), dates=found.dates)
            for name in ("origin_times", "target_times")
        )
        ids = np.concatenate([np.repeat(np.array([part.one.id], object), len(part.origins.step)) for part in parts])
        levels = {"origin": origin, self.time: when}
        if self.id is not None:
            # As words: the number of a shop is its name.
            levels, made = {self.id: ids, **levels}, {self.id: pd.Categorical(list(map(str, ids))), **made}
        made[self.time] = origin
        rows = pd.DataFrame(made, index=index_of(tuple(levels), *levels.values()))
        rows = rows if ahead else rows.loc[rows[target].notna()]
        until = None if ahead else np.asarray(rows.index.get_level_values(self.time))
        return LongRows(rows, self, found.findings, until, f"time:{self.time}", no_inputs=(self.time,), task="quantile")

    def _columns(self, part: _Part, found: SeriesSet, target: str) -> dict[str, np.ndarray]:
        one, rows = part.one, part.origins
        names = {s: tuple(told(k * s, found.step, dates=found.dates) for k in (1, 2)) for s in self.season or (1,)}
        place = rows.target
        inside = place < len(one.values)
        y = np.where(inside, one.values[np.minimum(place, len(one.values) - 1), 0], np.nan)
        made = {target: y, "step": rows.step.astype(np.float64), **lag_columns(one, rows, names, target)}  # type: ignore[arg-type]
        for k, name in enumerate(self.past, start=1):
            made[f"{name} last"] = one.values[rows.origin, k]
        if found.dates and found.step:
            told_of = calendar(part.target_times, found.step)
            made |= {name: values for name, values in told_of.items() if name not in (*made, *self.known, self.id)}
        return made

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `reshape_from_json` reads."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True)
class _Part:
    """Rows of one series."""

    one: OneSeries
    origins: Origins

    @property
    def origin_times(self) -> np.ndarray:
        return self.one.times[self.origins.origin]

    @property
    def target_times(self) -> np.ndarray:
        return self.one.times[self.origins.target]

    @property
    def known_rows(self) -> np.ndarray:
        """The frame's row of each row's target `(row,)`, -1 where it has none."""
        place = self.origins.target
        return np.where(place < len(self.one.rows), self.one.rows[np.minimum(place, len(self.one.rows) - 1)], -1)


def _tell_unknown(rows: pd.DataFrame, known: tuple[str, ...]) -> None:
    """Warn of what is known beforehand and was not told: the model has to do without it."""
    gone = {name: int(np.asarray(rows[name].isna()).sum()) for name in known}
    listed = ", ".join(f"{name!r} ({n:,} of {len(rows):,} steps)" for name, n in gone.items() if n)
    if listed:
        said = f"what is known beforehand is missing: {listed}. Give rows of the future with it, the target left empty."
        warnings.warn(said, DataWarning, stacklevel=2)


def _too_short(short: list[_Part], found: SeriesSet) -> list[Finding]:
    """Series of which no row can be made."""
    if not short:
        return []
    shown = ", ".join(repr(part.one.id) for part in short[:3]) + (", ..." if len(short) > 3 else "")
    message = f"{len(short):,} of {len(found.series):,} series are too short for a row and left out: {shown}"
    return [Finding("series_short", None, len(short) / len(found.series), "warn", message)]


def history_of(part: _Part, value: Forecast) -> list[np.ndarray]:
    """The history of each row: the target and the past covariates."""
    width = 1 + len(value.past)
    cut = OneSeries(part.one.id, part.one.rows, part.one.values[:, :width], part.one.times, part.one.last)
    return history(cut, part.origins, value.length or 1)


def _known_at(values: pd.Series, at: np.ndarray) -> np.ndarray:
    """Values at rows of the frame, missing where there is none."""
    return np.asarray(values.iloc[np.maximum(at, 0)].reset_index(drop=True).where(pd.Series(at >= 0)))


def _as_dates(times: np.ndarray, *, dates: bool) -> np.ndarray:
    return np.rint(times * 1e6).astype(np.int64).astype("datetime64[us]") if dates else times
