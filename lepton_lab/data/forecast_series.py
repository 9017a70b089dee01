"""The series of a forecast on their grids of equal steps, with the times of their steps, past and to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame, refuse_empty
from lepton_lab.data.series import are_numbers, on_grid, read_channels
from lepton_lab.data.series_steps import Steps, places, read_steps, refuse_other_steps, usual_step
from lepton_lab.data.values import read_values
from lepton_lab.data.windows import refuse_doubled
from lepton_lab.errors import ColumnError, DataError, TargetError

HOUR_S, DAY_S = 3600.0, 86_400.0
# Months have 28 to 31 days; a step of so many is one, and so for longer ones.
_MONTH_S, _MOST_MONTHS = 30.4375 * DAY_S, 12


@dataclass(frozen=True)
class OneSeries:
    """One series on its grid.

    Args:
        id: whose it is; None where there is one series.
        rows: where each place is in the frame `(place,)`, -1 in a gap.
        values: of the numbers that are read `(place, column)`, the target first; NaN in a gap.
        times: of its places `(place,)`, and of so many to come as were asked for: a number, or seconds; of times with
            a zone as clocks show them there.
        last: the last place at which the target is known; -1 for none.
    """

    id: object
    rows: np.ndarray
    values: np.ndarray
    times: np.ndarray
    last: int


@dataclass(frozen=True)
class SeriesSet:
    """All series of a frame.

    Args:
        series: in the order in which the frame first has them.
        step: between neighbouring places, a number or seconds; None where no series has two.
        dates: whether times are dates.
        findings: about order, gaps and frequency.
    """

    series: tuple[OneSeries, ...]
    step: float | None
    dates: bool
    findings: tuple[Finding, ...]


def series_of(
    frame: Frame, id: str | None, time: str, columns: Sequence[str], horizon: int, step: float | None = None
) -> SeriesSet:
    """The series of a long frame.

    Args:
        frame: one row a step.
        id: the column that says whose step a row is; None for one series.
        time: the column of times.
        columns: numbers to read, the target first.
        horizon: places to come after each series whose times are told.
        step: between neighbouring places, as an earlier frame had it; None for a frame to learn from.

    Raises:
        ColumnError: a column is not there, or holds no numbers or times.
        DataError: no rows, a series has two rows of one time, or steps are not as far apart as they were.
    """
    refuse_empty(frame)
    zone = _zone_of(frame.column(time))
    steps = _steps(frame, id, time)
    if zone is not None and (usual_step(steps) or 0) > _DAYLIKE_S:
        # Days begin at midnight, and are 23 to 25 hours apart.
        frame, zone = _local(frame, time), None
        steps = _steps(frame, id, time)
    refuse_doubled(frame, steps, id, time)
    if step is not None:
        refuse_other_steps(steps, time, step)
    place, findings = places(steps, time, step=step)
    _, values = read_channels(frame, columns, steps)
    at = np.column_stack([steps.rows + 1.0, steps.times, values])
    grids = on_grid(steps.series, place, at)
    step = step or usual_step(steps)
    ids = [None] if id is None else pd.Series(frame.column(id)).iloc[steps.rows[steps.first]].tolist()
    series = [_one(whose, grid, step, horizon, dates=steps.dates) for whose, grid in zip(ids, grids, strict=True)]
    if zone is not None:
        series = [replace(one, times=_on_the_clock(one.times, zone)) for one in series]
    return SeriesSet(tuple(series), step, steps.dates, (*steps.findings, *findings))


# Steps from here on are days or longer: with a zone they are counted on the calendar there, shorter ones in time.
_DAYLIKE_S = 0.8 * DAY_S


def _zone_of(times: object) -> Any:
    """The time zone of a column, None without one."""
    return getattr(pd.Series(times).dtype, "tz", None)  # type: ignore[call-overload]


def _local(frame: Frame, time: str) -> Frame:
    """The frame with its times as clocks show them where they are."""
    local, place = pd.Series(frame.column(time)).dt.tz_localize(None), frame.names.index(time)
    return Frame(frame.names, frame.index, lambda i: local if i == place else frame.read(i))


def _on_the_clock(seconds: np.ndarray, zone: Any) -> np.ndarray:
    """Seconds as clocks show them in a zone."""
    local = pd.to_datetime(np.rint(seconds * 1e6).astype(np.int64), unit="us", utc=True).tz_convert(zone)
    return np.asarray(local.tz_localize(None).astype("datetime64[us]").astype(np.int64)) / 1e6


def _steps(frame: Frame, id: str | None, time: str) -> Steps:
    frame.column(time)  # where it is not there, the error lists the frame's own columns
    return read_steps(frame, id, time) if id is not None else read_steps(_as_one(frame), _ALL, time)


_ALL = " all "


def _as_one(frame: Frame) -> Frame:
    """The frame with a column that says that all rows are of one series."""
    same = np.zeros(frame.n_rows)
    return Frame((*frame.names, _ALL), frame.index, lambda i: same if i == len(frame.names) else frame.read(i))


def _one(whose: object, grid: np.ndarray, step: float | None, horizon: int, *, dates: bool) -> OneSeries:
    rows = np.nan_to_num(grid[:, 0]).astype(np.int64) - 1
    known = np.flatnonzero(~np.isnan(grid[:, 2]))
    times = grid[:, 1]
    gone = np.isnan(times)
    if gone.any():
        there = np.flatnonzero(~gone)
        times = np.interp(np.arange(len(times)), there, times[there])
    to_come = times_after(times[-1], step or 1.0, horizon, dates=dates)
    return OneSeries(whose, rows, grid[:, 2:], np.append(times, to_come), int(known[-1]) if len(known) else -1)


def times_after(last: float, step: float, n: int, *, dates: bool) -> np.ndarray:
    """The next `n` times after one; steps of months fall on the same day of later months."""
    months = round(step / _MONTH_S)
    if dates and 1 <= months <= _MOST_MONTHS and abs(step - months * _MONTH_S) < 0.06 * step:
        start = pd.Timestamp(last, unit="s")
        found = [start + pd.DateOffset(months=months * k) for k in range(1, n + 1)]
        if start.is_month_end:
            found = [one + pd.offsets.MonthEnd(0) for one in found]
        return np.array([one.timestamp() for one in found])
    return last + step * np.arange(1, n + 1)


def seasons_of(step: float | None, *, dates: bool) -> tuple[int, ...]:
    """Steps after which a series usually repeats itself, the shortest first; the last value where nothing is known.

    Hours repeat after a day and a week, days after a week, weeks and months after a year.
    """
    if not dates or not step:
        return (1,)
    if step <= DAY_S / 2 and round(DAY_S / step) * step == DAY_S:
        day = round(DAY_S / step)
        return (day, 7 * day)
    if abs(step - DAY_S) < 1:
        return (7,)
    if abs(step - 7 * DAY_S) < 1:
        return (52,)
    months = round(step / _MONTH_S)
    return (12 // months,) if 1 <= months < _MOST_MONTHS and 12 % months == 0 else (1,)


def told(steps: int, step: float | None, *, dates: bool) -> str:
    """So many steps in words, for the names of columns: `1 day`, `2 weeks`, `3 steps`."""
    months = round((step or 0) / _MONTH_S)
    if dates and months:
        return f"{steps * months} month{'s' if steps * months > 1 else ''}"
    if dates and step:
        for name, seconds in (("week", 7 * DAY_S), ("day", DAY_S), ("hour", HOUR_S), ("minute", 60.0)):
            n = steps * step / seconds
            if n >= 1 and abs(n - round(n)) < 1e-9:
                return f"{round(n)} {name}{'s' if round(n) > 1 else ''}"
    return f"{steps} step{'s' if steps > 1 else ''}"


def calendar(times: np.ndarray, step: float) -> dict[str, np.ndarray]:
    """What the calendar says of times in seconds, as far as steps of this length can tell it apart."""
    when = pd.DatetimeIndex(np.asarray(times * 1e6, np.int64).astype("datetime64[us]"))
    found: dict[str, np.ndarray] = {}
    if step < DAY_S:
        found["hour"] = np.asarray(when.hour + when.minute / 60)
    if step < 7 * DAY_S:
        found["weekday"] = np.array(_DAYS, object)[when.day_of_week]
    found["month" if step > 7 * DAY_S else "day of year"] = np.asarray(
        when.month if step > 7 * DAY_S else when.day_of_year, np.float64
    )
    return found


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def check_columns(frame: Frame, target: str, parts: Mapping[str, Sequence[str | None]]) -> None:
    """Make sure that the columns of a forecast are there, and the target one of numbers.

    Args:
        frame: one row a step.
        target: the column's name.
        parts: columns by the option that names them: `time`, `id`, `known`, `past`.

    Raises:
        ColumnError: one is not there; says what it is wanted for.
        TargetError: the target holds no numbers.
    """
    for part, columns in parts.items():
        gone = next((column for column in columns if column is not None and column not in frame.names), None)
        if gone is not None:
            raise ColumnError(
                f"no column {gone!r} in the frame, and the forecast was asked to use it: {part}=. Columns: "
                f"{', '.join(map(repr, frame.names[:12]))}"
            )
    values = read_values(frame.column(target))
    if not are_numbers(values) and not values.missing().all():
        raise TargetError(
            f"target {target!r} holds no numbers ({values.dtype}), and forecasts are of numbers. For example: "
            f"df[{target!r}] = pd.to_numeric(df[{target!r}])"
        )


def refuse_two_parts(target: str, parts: Mapping[str, Sequence[str | None]]) -> None:
    """Stop where a column to learn from is named for two things that exclude each other.

    Args:
        target: the column's name.
        parts: as `check_columns` takes them. What is known beforehand may have a past, too.

    Raises:
        ColumnError: it is, or has the name of a column that a forecast makes.
    """
    seen = {target: "the target"}
    for part in ("time", "id"):
        seen |= dict.fromkeys(_free(part, parts[part], seen), f"{part}=")
    for part in ("known", "past"):
        _free(part, parts[part], seen)
        if "step" in parts[part]:
            raise ColumnError("'step' is the column that says how many steps ahead a row looks. Rename the frame's own")


def _free(part: str, columns: Sequence[str | None], seen: Mapping[str, str]) -> list[str]:
    """Columns that have no other part."""
    named = [column for column in columns if column is not None]
    taken = next((column for column in named if column in seen), None)
    if taken is not None:
        raise ColumnError(
            f"column {taken!r} is {seen[taken]} and cannot be {part}= too. The past of the target, and the calendar of "
            "its times, are columns without being named"
        )
    return named


def no_history(target: str, longest: int, wanted: int) -> DataError:
    """The series are too short for one row."""
    if longest == 0:
        return DataError(f"{target!r} is missing in every row, and a forecast starts from its past. Give what is known")
    return DataError(
        f"no series is long enough: the longest has {longest:,} known steps of {target!r}, and a row needs {wanted:,} "
        "(past and horizon). Lower horizon=, length= or season=, or give more of the past"
    )
