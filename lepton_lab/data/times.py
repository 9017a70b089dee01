"""What is learned from two columns: the time to an event, and whether it happened (else the row was censored)."""

from __future__ import annotations

import numpy as np

from lepton_lab.censored.times import signed, times_of
from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame
from lepton_lab.data.target import TASKS, Goal, read_number, read_target, refuse_unlearnable
from lepton_lab.data.values import Family, Values, read_values
from lepton_lab.errors import OptionError, TargetError, no_such_option
from lepton_lab.survival import Survival

# With fewer events not every fold has one.
FEWEST_EVENTS = 5
_WORDS = {"true": True, "yes": True, "1": True, "1.0": True, "false": False, "no": False, "0": False, "0.0": False}


def read_goal(
    frame: Frame, target: str, *, event: str | None = None, task: str | None = None, positive: object = None
) -> Goal:
    """The goal that a target column sets; with `event`, a time to that event.

    Args:
        frame: with the columns.
        target: the column to predict.
        event: the column that is true, or 1, where the event happened; None for every other task.
        task: `binary`, `multiclass`, `regression`, `survival`, or None to read it off the columns.
        positive: the class whose probability is predicted, of two.

    Raises:
        ColumnError: there is no such column.
        TargetError: the column cannot be learned; says why and what to type.
        OptionError: an option that does not fit.
    """
    if event is None:
        return read_target(target, frame.column(target), task=task, positive=positive)
    if task not in (None, "survival"):
        if task not in TASKS:
            raise no_such_option("task", task, TASKS)
        raise OptionError(f"event={event!r} makes the target a time to an event, and task={task!r} is something else.")
    if positive is not None:
        raise OptionError(f"positive={positive!r} needs a target of two classes; {target!r} is a time. Leave it out.")
    values, happened = read_values(frame.column(target)), read_values(frame.column(event))
    y = _read_times(target, values, event, happened)
    kept = np.flatnonzero(~np.isnan(y))
    findings = _missing(target, event, kept, len(y))
    _refuse(target, event, y[kept], len(y))
    return Goal(Survival.of(y[kept], event), y[kept], kept, values, (*findings, _events(event, y[kept])))


def read_times_like(frame: Frame, target: str, task: Survival) -> np.ndarray | None:
    """Signed times of new rows, NaN where time or event is missing; None where a column is not there.

    Raises:
        TargetError: a time that is negative or no number, an event that is neither true nor false.
    """
    if target not in frame.names or task.event not in frame.names:
        return None
    happened = read_values(frame.column(task.event))
    return _read_times(target, read_values(frame.column(target)), task.event, happened)


def _read_times(target: str, values: Values, event: str, happened: Values) -> np.ndarray:
    """Signed times, NaN where one of the two is missing."""
    refuse_unlearnable(target, values)
    times = np.full(len(values.array), np.nan)
    known = np.flatnonzero(~values.missing())
    if len(known):
        times[known] = read_number(target, values.take(known), "a time to an event")
    if (times < 0).any():
        raise TargetError(
            f"target {target!r} is negative in {int((times < 0).sum()):,} rows, and a time to an event starts at 0. "
            f"Count from when a row was first seen, or drop them: df = df[df[{target!r}] >= 0]"
        )
    truth = _truth(event, happened)
    return np.where(np.isnan(truth), np.nan, signed(times, truth == 1))


def _truth(event: str, values: Values) -> np.ndarray:
    """1 where the event happened, 0 where not, NaN where nothing is known."""
    missing = values.missing()
    if values.family in (Family.UNUSABLE, Family.ARRAY, Family.DATE):
        raise _not_binary(event, values, [])
    found = np.full(len(values.array), np.nan)
    codes, uniques = values.factorised
    table = [_WORDS.get(str(value).strip().lower()) for value in uniques]
    if None in table:
        raise _not_binary(event, values, list(uniques))
    found[~missing] = np.array(table, float)[codes[~missing]] if len(table) else np.nan
    return found


def _not_binary(event: str, values: Values, uniques: list) -> TargetError:
    if values.family in (Family.UNUSABLE, Family.ARRAY, Family.DATE):
        found, example = f"values of another kind ({values.dtype})", f"df[{event!r}].notna()"
    else:
        shown = [v.item() if hasattr(v, "item") else v for v in uniques]
        shown = [int(v) if isinstance(v, float) and v.is_integer() else v for v in shown]
        odd = [v for v in shown if str(v).strip().lower() not in _WORDS]
        many = f" and {len(odd) - 3} more" if len(odd) > 3 else ""
        found, example = ", ".join(map(repr, odd[:3])) + many, f"df[{event!r}] == {odd[-1]!r}"
    return TargetError(
        f"event {event!r} holds {found}; wanted true or 1 where the event happened, false or 0 where the row was "
        f"last seen without it. For example: df[{event!r}] = {example}"
    )


def _refuse(target: str, event: str, y: np.ndarray, n_rows: int) -> None:
    if not len(y):
        raise TargetError(f"target {target!r} and event {event!r} are both known in none of the {n_rows:,} rows.")
    n_events = int((~np.signbit(y)).sum())
    if n_events == 0:
        raise TargetError(
            f"event {event!r} happened in none of the {len(y):,} rows: all are censored, so nothing says when it "
            f"happens. Is 1 the event, and not the censoring? Then: df[{event!r}] = 1 - df[{event!r}]"
        )
    if n_events < FEWEST_EVENTS:
        raise TargetError(
            f"event {event!r} happened in {n_events} of {len(y):,} rows; wanted at least {FEWEST_EVENTS} to learn from "
            "and to test on. Add rows, or wait longer."
        )
    time = times_of(y)
    if time.max() == time.min():
        raise TargetError(
            f"target {target!r} is {time[0]:g} in every row: there is nothing to learn. If all that matters is whether "
            f"{event!r} happens, predict that: target={event!r}"
        )


def _missing(target: str, event: str, kept: np.ndarray, n_rows: int) -> tuple[Finding, ...]:
    n_kept = len(kept)
    if n_kept == n_rows:
        return ()
    share, n = 1 - n_kept / n_rows, n_rows - n_kept
    severity = "serious" if share > 0.5 else "warn" if share > 0.05 else "info"
    message = f"{n:,} rows have no {target!r} or no {event!r} and are left out"
    advice = "A row still without the event is no missing one: give its time so far, and 0 for the event."
    found = Finding("missing_target", target, share, severity, message, advice)
    return (found.behind(np.setdiff1d(np.arange(n_rows), kept)),)


def _events(event: str, y: np.ndarray) -> Finding:
    happened = ~np.signbit(y)
    n, share = int(happened.sum()), float(happened.mean())
    message = f"the event happened in {n:,} of {len(y):,} rows ({share:.1%}); the others are censored"
    severity = "warn" if n < 50 else "info"
    advice = "With few events intervals are wide; add rows or wait longer." if n < 50 else ""
    return Finding("events", event, share, severity, message, advice)
