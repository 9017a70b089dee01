"""The rows of a long table as the steps of series: whose they are, in what order, and how far apart in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.convert import dates_in, numbers_in
from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame
from lepton_lab.data.values import Family, Values, read_values
from lepton_lab.durations import format_duration, parse_duration
from lepton_lab.errors import ColumnError, DataError, OptionError

# A step that is this share of the usual one off a whole number of them is no gap, but another frequency. Months,
# 28 to 31 days, are one frequency.
_OFF = 0.1
# Gaps are filled up to so many steps for each that is there: beyond, a series is mostly not there at all.
_MOST_FILLED = 4


@dataclass(frozen=True)
class Steps:
    """The steps of all series, one series after the other, each in the order of time.

    Args:
        rows: where each step is in the frame `(step,)`.
        series: which series it belongs to `(step,)`, ascending.
        times: when it was `(step,)`: a number, or seconds for dates; the place in the frame without a time column.
        ids: of the series, in the order in which the frame first has them.
        dates: whether times are dates.
        findings: about ids and times.
    """

    rows: np.ndarray
    series: np.ndarray
    times: np.ndarray
    ids: np.ndarray
    dates: bool
    findings: tuple[Finding, ...]

    @property
    def first(self) -> np.ndarray:
        """Whether a step is the first of its series `(step,)`."""
        return np.diff(self.series, prepend=-1) > 0

    @property
    def doubled(self) -> np.ndarray:
        """Whether a step is of the same series and time as the one before it `(step,)`."""
        return ~self.first & (np.diff(self.times, prepend=-np.inf) == 0)


def read_steps(frame: Frame, id_column: str, time: str | None) -> Steps:
    """The steps in a frame.

    Args:
        frame: one row a step.
        id_column: says whose step it is.
        time: puts the steps in order: numbers or dates; None where the frame has them in order.

    Raises:
        ColumnError: there is no such column, times are neither numbers nor dates, or no row has both.
    """
    codes, ids = read_values(frame.column(id_column)).factorised
    when, dates = (np.arange(frame.n_rows, dtype=float), False) if time is None else _times(frame, time)
    known = (codes >= 0) & ~np.isnan(when)
    if not known.any():
        both = repr(id_column) if time is None else f"both {id_column!r} and {time!r}"
        raise ColumnError(f"none of the {frame.n_rows:,} rows has {both}: there are no series to read.")
    findings = list(_left_out(frame, id_column, time, codes, when))
    at = np.flatnonzero(known)
    order = at[np.lexsort((when[at], codes[at]))]
    back = np.zeros(frame.n_rows, bool)
    by_series = at[np.argsort(codes[at], kind="stable")]
    back[by_series[1:]] = (np.diff(when[by_series]) < 0) & (np.diff(codes[by_series]) == 0)
    if back.any():
        share, n = float(back.mean()), int(back.sum())
        message = f"{n:,} rows come after a later one of their series; series are put in the order of {time!r}"
        findings.append(Finding("series_unsorted", time, share, "info", message).behind(back))
    found, series = np.unique(codes[order], return_inverse=True)
    return Steps(order, series, when[order], ids[found], dates, tuple(findings))


def usual_step(steps: Steps) -> float | None:
    """How far apart neighbouring steps usually are (the median); None where no series has two."""
    apart = np.diff(steps.times)[~steps.first[1:] & ~steps.doubled[1:]]
    return float(np.median(apart)) if len(apart) else None


def places(
    steps: Steps, time: str | None, every: object = None, step: float | None = None
) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """Where on its series' grid of equal steps each step is `(step,)`, from 0; gaps leave places free.

    Without a frequency that all steps share, the places are simply counted, and a finding says so.

    Args:
        steps: of all series.
        time: the column's name.
        every: the grid's step: a number in the unit of `time`, for dates a span such as "1h" or seconds; None for
            the usual one.
        step: the usual one, where it is known from another frame; None for this one's.

    Raises:
        OptionError: `every` is no such step, or there is no time column to count it in.
    """
    since = steps.times - steps.times[np.flatnonzero(steps.first)][steps.series]
    if every is not None:
        return np.floor(since / _told_step(every, steps, time) + 1e-9).astype(np.int64), ()
    step = None if time is None else step or usual_step(steps)
    if step is None:
        return _counted(steps), ()
    apart = np.diff(steps.times, prepend=np.nan) / step
    inner = ~steps.first & ~steps.doubled
    whole = np.maximum(np.rint(apart), 1)
    odd = inner & (np.abs(apart - whole) > _OFF * whole)
    if odd.any():
        return _counted(steps), (_frequency(steps, time, step, odd),)
    gap = inner & (whole > 1)
    if not gap.any():
        return _counted(steps), ()
    forward = np.where(inner, whole, 0).cumsum().astype(np.int64)
    found = forward - forward[np.flatnonzero(steps.first)][steps.series]
    if (n_places := int(_lengths(steps, found).sum())) > _MOST_FILLED * len(found):
        return _counted(steps), (_frequency(steps, time, step, gap),)
    n_free = n_places - int((~steps.doubled).sum())
    message = (
        f"{int(gap.sum()):,} gaps in the steps of {_shown(step, steps.dates)}, {n_free:,} steps in all; they are kept "
        "as steps at which nothing was seen"
    )
    return found, (_behind("series_gaps", time, "info", message, "", steps, gap),)


def refuse_other_steps(steps: Steps, time: str, known: float) -> None:
    """Stop where steps are not as far apart as those of an earlier frame; steps missing between others are none.

    Raises:
        DataError: they are closer, or so far apart that most would be missing.
    """
    found = usual_step(steps)
    if found is not None and not (1 - _OFF) * known <= found <= _MOST_FILLED * known:
        was, now = (_shown(step, steps.dates) for step in (known, found))
        raise DataError(
            f"steps of {time!r} are usually {now} apart, and {was} in the frame that was learned from. Bring them to "
            f"steps of {was}, or train on a frame like this one."
        )


def _lengths(steps: Steps, found: np.ndarray) -> np.ndarray:
    """Places of each series `(series,)`."""
    last = np.append(np.flatnonzero(steps.first)[1:], len(found)) - 1
    return found[last] + 1


def _counted(steps: Steps) -> np.ndarray:
    """The number of each step in its series; steps of one time have one number."""
    number = np.cumsum(~steps.doubled)
    return number - number[np.flatnonzero(steps.first)][steps.series]


def _times(frame: Frame, time: str) -> tuple[np.ndarray, bool]:
    """Times as numbers, NaN where missing, and whether they are dates (then in seconds)."""
    values = read_values(frame.column(time))
    if values.family in (Family.NUMBER, Family.WORD):
        numbers, problem = numbers_in(values)
        if not problem:
            return numbers, False
    if values.family in (Family.DATE, Family.WORD):
        dates, problem = dates_in(values)
        if not problem:
            return np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / 1e6), True
    raise ColumnError(
        f"time={time!r} holds {_kind(values)}; wanted numbers or dates, which put steps in order. "
        f"For example: df[{time!r}] = pd.to_datetime(df[{time!r}])"
    )


def _kind(values: Values) -> str:
    sample = next((v for v, gone in zip(values.array, values.missing(), strict=True) if not gone), None)
    return "nothing" if sample is None else f"values such as {str(sample)[:40]!r}"


def _left_out(frame: Frame, id_column: str, time: str | None, codes: np.ndarray, when: np.ndarray) -> Iterator[Finding]:
    for column, gone in ((id_column, codes < 0), (time, np.isnan(when))):
        if gone.any():
            share, severity = float(gone.mean()), "serious" if gone.mean() > 0.5 else "warn"
            message = f"{int(gone.sum()):,} of {frame.n_rows:,} rows have no {column!r} and are left out"
            yield Finding("series_left_out", column, share, severity, message).behind(gone)


def _told_step(every: object, steps: Steps, time: str | None) -> float:
    if time is None:
        raise OptionError(f"every={every!r} needs a column of times to count in: time=...")
    if steps.dates:
        return parse_duration(every)  # type: ignore[arg-type]
    if isinstance(every, bool) or not isinstance(every, (int, float, np.number)) or not 0 < every < np.inf:
        raise OptionError(f"every={every!r}: {time!r} holds numbers, so wanted a number above 0, such as every=1")
    return float(every)


def _frequency(steps: Steps, time: str | None, step: float, odd: np.ndarray) -> Finding:
    """Steps are not equally far apart."""
    example = f'every="{format_duration(step)}"' if steps.dates and step >= 1 else f"every={step:g}"
    message = (
        f"the time between steps changes: usually {_shown(step, steps.dates)}, otherwise in {int(odd.sum()):,} places; "
        "steps are taken one after the other as if they were equally far apart"
    )
    return _behind("series_frequency", time, "warn", message, f"To put them on a grid: {example}", steps, odd)


def _shown(step: float, dates: bool) -> str:
    return format_duration(step) if dates else f"{step:g}"


def _behind(
    kind: str, column: str | None, severity: str, message: str, advice: str, steps: Steps, where: np.ndarray
) -> Finding:
    finding = Finding(kind, column, float(where.mean()), severity, message, advice)  # type: ignore[arg-type]
    return finding.behind(np.sort(steps.rows[where]))
