"""Long frames, one row a step, as rows to learn from: `ll.train(df, target=..., reshape=ll.reshape.windows(...))`.

Each function gives a value that says how; the trained model keeps it, so that it reads later frames in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

from lepton_lab.data.long_rows import Reshape
from lepton_lab.data.reshaping import made

__all__ = ["Reshape", "histories", "series", "windows"]


def windows(
    *,
    id: str,
    time: str,
    length: int,
    stride: int = 1,
    columns: Sequence[str] | None = None,
    horizon: int = 0,
    name: str = "series",
) -> Reshape:
    """A row a step: what its series did in the last `length` steps, and never after it.

    For machines that are watched until they fail, and for anything recorded and labelled step by step. Rows of one
    series are held out together unless `split` says otherwise.

    Args:
        id: the column that says whose step a row is. Never an input.
        time: numbers or dates that put the steps of a series in order; an input where they are numbers or dates of
            use, unless rows are held out by it.
        length: steps of a window, at least 1; the first rows of a series have fewer.
        stride: every how many steps there is a row, counted back from a series' last step.
        columns: the channels; all columns of numbers that have no other part to play if left out.
        horizon: how many steps ahead of a row its target is read: 0 for the row's own.
        name: of the column of windows.

    Example:
        >>> windows(id="unit", time="cycle", length=30).to_json()["length"]
        30
    """
    return made("windows", {
        "id": id, "time": time, "length": length, "stride": stride, "columns": _names(columns), "horizon": horizon,
        "name": name,
    })  # fmt: skip


def series(
    *,
    id: str,
    time: str | None = None,
    columns: Sequence[str] | None = None,
    every: str | float | None = None,
    name: str = "series",
) -> Reshape:
    """A row a series: all of its steps, and the columns that say the same in each of them, the target among these.

    Args:
        id: the column that says whose step a row is. Never an input.
        time: numbers or dates that put the steps in order; None where the frame has them in order.
        columns: the channels; all columns of numbers that change within a series if left out.
        every: put the steps on a grid: a number in the unit of `time`, for dates a span such as "1h".
        name: of the column of series.

    Example:
        >>> series(id="recording", time="t").column
        'series'
    """
    return made("series", {"id": id, "time": time, "columns": _names(columns), "every": every, "name": name})


def histories(
    *,
    user: str,
    item: str,
    time: str,
    rating: str | None = None,
    at_least: float | None = None,
    columns: Sequence[str] | None = None,
    learn_users: bool = False,
    name: str = "history",
) -> Reshape:
    """A row an event: what its user had done before that moment, and the item that came then, to be predicted.

    For recommendations: films watched, goods bought, pages opened. Rows are held out by time unless `split` says
    otherwise. Of later frames each user's next item is predicted.

    Args:
        user: the column that says who. No input, so that newcomers are read as everybody else is; but see
            `learn_users`.
        item: the column that says what: the target.
        time: numbers or dates that put the events of a user in order. Events of one user and moment are in no history
            of each other.
        rating: a column of numbers that say how much it was liked; together with `at_least`.
        at_least: the rating from which on an event counts; others are left out.
        columns: inputs beside the history, known before the item is; the columns that say the same in all events of a
            user (age, country) if left out.
        learn_users: learn something of each user beyond the history. Users never seen are then read as unknown ones.
        name: of the column of histories.

    Example:
        >>> histories(user="user", item="film", time="when").column
        'history'
    """
    return made("histories", {
        "user": user, "item": item, "time": time, "rating": rating, "at_least": at_least, "columns": _names(columns),
        "learn_users": learn_users, "name": name,
    })  # fmt: skip


def _names(columns: Sequence[str] | None) -> tuple[str, ...] | str | None:
    return columns if columns is None or isinstance(columns, str) else tuple(columns)
