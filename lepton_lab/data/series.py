"""Series out of tables: a long frame (one row a step) becomes one row a series, whose steps are an array in one column.

    id time  x  y  label            id label  series
    a  0     .1 .3 ok       ->      a  ok     array (3, 2)
    a  1     .2 .1 ok               b  bad    array (2, 2)
    ...

A series is float64 `(step, channel)`, NaN where nothing was seen. What was done to a table on the way (put in
order, averaged, gaps left free) is in the findings; nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding, labelled
from lepton_lab.data.frames import Frame, open_frame, refuse_empty
from lepton_lab.data.long_rows import refuse_taken
from lepton_lab.data.objects import object_array
from lepton_lab.data.series_steps import Steps, places, read_steps
from lepton_lab.data.values import Family, Values, read_values
from lepton_lab.errors import ColumnError, DataError, OptionError


@dataclass(frozen=True)
class SeriesTable:
    """A table with a column of series.

    Args:
        frame: one row a series, or a window of one.
        channels: names of the columns that the series were made of, in the order of their channels.
        findings: what an analyst should know about how it was made.
        at: of windows: the place in the long frame of each row's last step `(row,)`.
        known_at: of windows with a horizon: the place of the step whose label it has, `at` where there is none.
    """

    frame: pd.DataFrame
    channels: tuple[str, ...]
    findings: tuple[Finding, ...]
    at: np.ndarray | None = None
    known_at: np.ndarray | None = None


def read_series(
    df: object,
    *,
    id: str,
    time: str | None = None,
    columns: Sequence[str] | None = None,
    every: object = None,
    name: str = "series",
) -> SeriesTable:
    """One row a series, of a frame with one row a step.

    Steps are put in the order of time. Several of one series and time are averaged. Where steps are missing between
    others, NaN stands for them. Columns that say the same in all steps of each series (a label, a subject) become
    plain columns; further ones are left out, with a finding.

    Args:
        df: any dataframe.
        id: the column that says whose step a row is.
        time: numbers or dates that put the steps of a series in order; None where the frame has them in order.
        columns: numbers that are the channels; None for all columns of numbers that change within a series.
        every: put the steps on a grid with this step, averaging those between two places of it: a number in the unit
            of `time`, for dates a span such as "1h"; None to leave them as they are.
        name: of the column of series.

    Raises:
        DataError: `df` is no frame, or an empty one.
        ColumnError: a column is not there, does not fit, or none is left for channels.
        OptionError: `every` or `name` cannot be used.

    Example:
        >>> long = {"who": ["a", "a", "b"], "t": [2, 1, 1], "x": [0.2, 0.1, 0.5], "label": [1, 1, 0]}
        >>> table = read_series(long, id="who", time="t", columns=["x"])
        >>> table.frame["series"][0].tolist(), table.frame["label"].tolist()
        ([[0.1], [0.2]], [1, 0])
    """
    frame = open_frame(df)
    refuse_empty(frame)
    steps = read_steps(frame, id, time)
    rest = [other for other in frame.names if other not in (id, time, *(columns or ()))]
    same = [column for column in rest if _says_the_same(frame, column, steps)]
    if columns is None:
        columns = [column for column in rest if column not in same and are_numbers(read_values(frame.column(column)))]
    channels, values = read_channels(frame, columns, steps)
    refuse_taken(name, (id, *same))
    place, findings = places(steps, time, every)
    series, averaged = _laid_out(steps, place, values, is_grid=every is not None)
    left = [column for column in rest if column not in (*same, *channels)]
    found = [*steps.findings, *findings, *averaged, *_short(series), *_left(left)]
    first = steps.rows[steps.first]
    plain = {column: pd.Series(frame.column(column)).iloc[first].reset_index(drop=True) for column in (id, *same)}
    table = pd.DataFrame({**plain, name: pd.Series(object_array(series))})
    return SeriesTable(table, channels, labelled(found, frame.index, np.arange(frame.n_rows)))


def cut_series(steps: np.ndarray, lengths: Sequence[int] | np.ndarray) -> np.ndarray:
    """A column of series, of an array in which they lie one after the other.

    Args:
        steps: `(step, channel)` or `(step,)`; or `(series, step, channel)`, each filled up behind its end.
        lengths: steps of each series.

    Raises:
        DataError: lengths and steps don't fit.

    Example:
        >>> [one.shape for one in cut_series(np.zeros((5, 3)), [2, 3])]
        [(2, 3), (3, 3)]
    """
    steps, n = np.asarray(steps), np.asarray(lengths)
    if n.ndim != 1 or n.dtype.kind not in "iu" or (n < 0).any():
        raise DataError(f"lengths of shape {n.shape} and type {n.dtype}; wanted one whole number a series.")
    if steps.ndim == 3:
        if len(steps) != len(n) or (n > steps.shape[1]).any():
            raise DataError(f"{len(n):,} lengths up to {n.max(initial=0):,}, but an array of shape {steps.shape}.")
        return object_array([one[:length] for one, length in zip(steps, n, strict=True)])
    if n.sum() != len(steps):
        raise DataError(f"the lengths sum to {n.sum():,}, and there are {len(steps):,} steps. Each needs its series.")
    return object_array(np.split(steps, np.cumsum(n)[:-1]))


def read_channels(frame: Frame, columns: Sequence[str], steps: Steps) -> tuple[tuple[str, ...], np.ndarray]:
    """The channels' names, and their values at each step, float64 `(step, channel)`.

    Raises:
        ColumnError: there are none, one is not there, or it holds no numbers.
    """
    if isinstance(columns, str):
        raise OptionError(f"columns={columns!r} is one word; wanted a list: columns=[{columns!r}]")
    if not len(columns):
        raise ColumnError("no column of numbers is left for the channels of the series. Name them: columns=[...]")
    found = np.empty((len(steps.rows), len(columns)))
    for k, column in enumerate(columns):
        values = read_values(frame.column(column))
        if not are_numbers(values):
            raise ColumnError(
                f"column {column!r} holds no numbers ({values.dtype}), so it cannot be a channel of a series. Leave it "
                "out of columns=, or make numbers of it."
            )
        found[:, k] = values.array.astype(np.float64)[steps.rows]
    return tuple(columns), found


def _laid_out(
    steps: Steps, place: np.ndarray, values: np.ndarray, *, is_grid: bool
) -> tuple[list[np.ndarray], list[Finding]]:
    """Each series on its grid, and what was averaged to get there."""
    new = steps.first | (np.diff(place, prepend=-1) != 0)
    start, n_new = np.flatnonzero(new), np.cumsum(new) - 1
    seen = ~np.isnan(values)
    counts = np.add.reduceat(seen, start, axis=0, dtype=np.float64)
    sums = np.add.reduceat(np.where(seen, values, 0.0), start, axis=0)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    differ = (np.abs(values - means[n_new]) > 1e-9 * np.maximum(1, np.abs(values))).any(axis=1)
    laid = list(on_grid(steps.series[start], place[start], means))
    doubled = steps.doubled
    if is_grid or not doubled.any():
        return laid, []
    severity = "warn" if (doubled & differ).any() else "info"
    message = f"{int(doubled.sum()):,} rows are of the same series and time as another; their numbers are averaged"
    rows = np.sort(steps.rows[doubled])
    return laid, [Finding("series_doubled", None, float(doubled.mean()), severity, message).behind(rows)]


def on_grid(series: np.ndarray, place: np.ndarray, values: np.ndarray) -> list[np.ndarray]:
    """One array `(place, channel)` a series, NaN where no step is.

    Args:
        series: which one each step belongs to `(step,)`, ascending.
        place: where it goes; ascending, all different within a series.
        values: `(step, channel)`.
    """
    found = []
    for at, one in zip(*(np.split(part, np.flatnonzero(np.diff(series)) + 1) for part in (place, values)), strict=True):
        whole = np.full((int(at[-1]) + 1, values.shape[1]), np.nan)
        whole[at] = one
        found.append(whole)
    return found


def _says_the_same(frame: Frame, column: str, steps: Steps) -> bool:
    """Whether a column has one value in all steps of each series (missing is a value too)."""
    values = read_values(frame.column(column))
    if values.family == Family.UNUSABLE:
        return False
    codes = values.factorised[0][steps.rows]
    return bool((codes[1:] == codes[:-1])[~steps.first[1:]].all())


def are_numbers(values: Values) -> bool:
    """Whether values can be a channel: numbers, truths without a gap, or nothing at all."""
    whole = values.family == Family.TRUTH and not values.missing().any()
    return whole or values.family in (Family.NUMBER, Family.NOTHING)


def _short(series: list[np.ndarray]) -> list[Finding]:
    short = np.array([len(one) < 2 for one in series])
    if not short.any():
        return []
    message = f"{int(short.sum()):,} of {len(series):,} series have one step: nothing in them follows anything"
    return [Finding("series_short", None, float(short.mean()), "warn", message, "Are ids those of the series?")]


def _left(columns: list[str]) -> list[Finding]:
    if not columns:
        return []
    shown = ", ".join(map(repr, columns[:6])) + (", ..." if len(columns) > 6 else "")
    message = f"{len(columns)} columns are no channels and change within series, so they are left out: {shown}"
    return [Finding("series_columns", None, 0.0, "info", message, "To use numbers among them: columns=[...]")]
