"""Long frames, one row a step, as rows to learn from: `ll.train(df, target=..., reshape=ll.reshape.windows(...))`.

Each function gives a value that says how; the trained model keeps it, so that it reads later frames in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

from lepton_lab.data.long_rows import Reshape
from lepton_lab.data.reshaping import made

__all__ = ["Reshape", "forecast", "histories", "series", "windows"]


def forecast(
    *,
    time: str,
    horizon: int,
    id: str | None = None,
    known: Sequence[str] = (),
    past: Sequence[str] = (),
    season: int | Sequence[int] | None = None,
    length: int | None = None,
    stride: int | None = None,
    name: str = "history",
) -> Reshape:
    """A row a step ahead of an origin: what will the target be so many steps after the last one that is known?

    A row holds what was known at its origin and nothing later: the last steps as one series, what the target was at
    the same place of earlier seasons, the calendar of the target's time, and covariates known beforehand. Quantiles
    are learned unless `task` says otherwise. Rows are held out by time, with a gap of `horizon` steps. `predict` gives
    what follows the end of each series, `evaluate` the past forecast from origins a horizon apart.

    Args:
        time: dates or numbers. How far apart steps are is found.
        horizon: steps ahead, at least 1.
        id: the column that says whose step a row is; None for one series.
        known: columns known beforehand (planned prices, holidays), read at the target's time; to predict, rows of the
            future without a target give them.
        past: columns of numbers known afterwards (weather as it was), read up to the origin.
        season: steps after which the target repeats itself, one or several; told from the dates if left out: a day
            and a week for hours, a week for days, a year for weeks, months and quarters.
        length: steps of history.
        stride: steps between origins; thinned to 40,000 rows if left out.
        name: of the column of histories.

    Example:
        >>> forecast(time="when", horizon=24, season=24).to_json()["season"]
        (24,)
    """
    seasons = (season,) if isinstance(season, int) else _names(season)  # type: ignore[arg-type]
    return made("forecast", {
        "time": time, "horizon": horizon, "id": id, "known": _names(known), "past": _names(past), "season": seasons,
        "length": length, "stride": stride, "name": name,
    })  # fmt: skip


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
    item_columns: Sequence[str] | None = None,
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
        item_columns: what is known of items themselves (genre, year, price): an item's vector is its own and what it
            shares with items like it. Columns that say the same in all events of an item if left out; `[]` for none.
        learn_users: learn something of each user beyond the history. Users never seen are then read as unknown ones.
        name: of the column of histories.

    Example:
        >>> histories(user="user", item="film", time="when").column
        'history'
    """
    return made("histories", {
        "user": user, "item": item, "time": time, "rating": rating, "at_least": at_least, "columns": _names(columns),
        "learn_users": learn_users, "name": name, "item_columns": _names(item_columns),
    })  # fmt: skip


def _names(columns: Sequence[str] | None) -> tuple[str, ...] | str | None:
    return columns if columns is None or isinstance(columns, str) else tuple(columns)
