"""The last steps of a series at each of its steps: for tables of machines that are watched until they fail."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding, labelled
from lepton_lab.data.frames import Frame, open_frame, refuse_empty
from lepton_lab.data.long_rows import refuse_taken
from lepton_lab.data.objects import object_array
from lepton_lab.data.series import SeriesTable, on_grid, read_channels
from lepton_lab.data.series_steps import Steps, places, read_steps
from lepton_lab.errors import DataError, OptionError


def windows(
    df: object,
    *,
    id: str,
    time: str,
    columns: Sequence[str],
    length: int,
    horizon: int = 0,
    label: str | None = None,
    name: str = "series",
    stride: int = 1,
    keep_open: bool = False,
) -> SeriesTable:
    """The frame, each row with what its series did in the last `length` steps up to that row, and never after it.

    Rows and their index stay as they are, but for those without id or time and, with a horizon, those whose future is
    not in the frame. The columns that became channels are left out. Where steps are missing, NaN stands for them; the
    first rows of a series have fewer steps.

    Args:
        df: any dataframe, one row a step.
        id: the column that says whose step a row is.
        time: numbers or dates that put the steps of a series in order.
        columns: the channels. The target must not be among them, so they are never guessed.
        length: steps of a window, at least 1.
        horizon: with `label`, how many steps ahead of a row its label is read: 0 for the row's own.
        label: the column that is read there; None leaves all columns as they are.
        name: of the column of windows.
        stride: every how many steps of a series there is a row; its last step always has one.
        keep_open: also rows whose label is not in the frame yet; it is missing then.

    Raises:
        DataError: a series has two rows of one time, or no row is left.
        ColumnError: a column is not there or does not fit.
        OptionError: a length, a horizon or a label that cannot be.

    Example:
        >>> runs = {"unit": [1, 1, 1], "cycle": [1, 2, 3], "heat": [10.0, 11.0, 15.0], "left": [2, 1, 0]}
        >>> table = windows(runs, id="unit", time="cycle", columns=["heat"], length=2)
        >>> [one[:, 0].tolist() for one in table.frame["series"]], table.frame["left"].tolist()
        ([[10.0], [10.0, 11.0], [11.0, 15.0]], [2, 1, 0])
    """
    frame = open_frame(df)
    refuse_empty(frame)
    length, horizon = _at_least(1, "length", length), _at_least(0, "horizon", horizon)
    stride = _at_least(1, "stride", stride)
    _refuse(frame, columns, horizon, label, name, is_open=keep_open)
    steps = read_steps(frame, id, time)
    refuse_doubled(frame, steps, id, time)
    channels, values = read_channels(frame, columns, steps)
    place, findings = places(steps, time)
    grids = on_grid(steps.series, place, values)
    ahead = _ahead(steps, place, horizon)
    back = np.argsort(steps.rows)
    kept = back[_every(steps, place, stride)[back] & ((ahead[back] >= 0) | keep_open)]
    if not len(kept):
        raise DataError(f"no row has a step {horizon} steps after it: no series is that long. Lower horizon={horizon}.")
    cut = [grids[s][max(0, p + 1 - length) : p + 1] for s, p in zip(steps.series[kept], place[kept], strict=True)]
    rows, future = steps.rows[kept], steps.rows[np.maximum(ahead[kept], 0)]
    plain = {column: _taken(frame, column, rows) for column in frame.names if column not in channels}
    if label is not None:
        plain[label] = _taken(frame, label, future).where(ahead[kept] >= 0)
    table = pd.DataFrame({**plain, name: object_array(cut)})
    table.index = frame.index[rows]
    found = [*steps.findings, *findings, *([] if keep_open else _no_future(steps, ahead, horizon))]
    known_at = np.where(ahead[kept] >= 0, future, rows) if horizon else None
    return SeriesTable(table, channels, labelled(found, frame.index, np.arange(frame.n_rows)), rows, known_at)


def _every(steps: Steps, place: np.ndarray, stride: int) -> np.ndarray:
    """Whether each step has a row `(step,)`: every so many places, counted back from its series' last."""
    last = place[np.append(np.flatnonzero(steps.first)[1:], len(place)) - 1]
    return (last[steps.series] - place) % stride == 0


def _taken(frame: Frame, column: str, rows: np.ndarray) -> pd.Series:
    return pd.Series(frame.column(column)).iloc[rows].reset_index(drop=True)


def _ahead(steps: Steps, place: np.ndarray, horizon: int) -> np.ndarray:
    """The step that is `horizon` places after each in its series `(step,)`, -1 where there is none."""
    key = steps.series * (int(place.max()) + horizon + 2) + place
    at = np.minimum(np.searchsorted(key, key + horizon), len(key) - 1)
    return np.where(key[at] == key + horizon, at, -1)


def _at_least(least: int, name: str, value: object) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise OptionError(f"{name}={value!r} is no whole number from {least}. For example: {name}=30")
    return number


def _refuse(frame: Frame, columns: Sequence[str], horizon: int, label: str | None, name: str, *, is_open: bool) -> None:
    if horizon and label is None and not is_open:
        raise OptionError(f"horizon={horizon} needs the column that is read so many steps ahead: label=...")
    if label is not None:
        frame.column(label)
    if label is not None and horizon == 0 and label in columns:
        raise OptionError(f"label={label!r} is among the columns, so windows would hold what is to be predicted.")
    refuse_taken(name, set(frame.names) - set(columns))


def refuse_doubled(frame: Frame, steps: Steps, id_column: str | None, time: str) -> None:
    """Stop where a series has two rows of one time: which step came last is not said then.

    Raises:
        DataError: it has.
    """
    doubled = np.flatnonzero(steps.doubled)
    if not len(doubled):
        return
    row, named = steps.rows[doubled[0]], [column for column in (id_column, time) if column is not None]
    first = ", ".join(f"{column}={pd.Series(frame.column(column)).iloc[row]!r}" for column in named)
    raise DataError(
        f"{len(doubled):,} rows are of the same series and time as another, first {first}, so which steps came last is "
        f"not said. Keep one of each: df = df.drop_duplicates({named}); or name the column that tells series apart: id="
    )


def _no_future(steps: Steps, ahead: np.ndarray, horizon: int) -> list[Finding]:
    gone = ahead < 0
    if not gone.any():
        return []
    message = f"{int(gone.sum()):,} rows have no step {horizon} steps after them and are left out"
    return [Finding("series_no_future", None, float(gone.mean()), "info", message).behind(np.sort(steps.rows[gone]))]
