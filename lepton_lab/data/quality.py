"""What an analyst should know of a frame before a model is trained on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lepton_lab.censored.times import events_of, times_of
from lepton_lab.data.check import Check
from lepton_lab.data.column_card import ColumnCard, column_card
from lepton_lab.data.decisions import Decisions
from lepton_lab.data.describe import Described, describe
from lepton_lab.data.finding import Finding, labelled
from lepton_lab.data.frames import Frame, open_frame, refuse_empty
from lepton_lab.data.leaks import find_leaks
from lepton_lab.data.long_rows import Reshape
from lepton_lab.data.oddities import of_columns, of_rows, of_target
from lepton_lab.data.plan import assign_roles, parse_split
from lepton_lab.data.reshaping import long_rows_like, long_rows_to_learn, reshape_of
from lepton_lab.data.schema import Kind, Role, Schema
from lepton_lab.data.shifts import Drift, drift_between
from lepton_lab.data.target import Goal
from lepton_lab.data.times import read_goal
from lepton_lab.data.told_types import read_names, read_types
from lepton_lab.data.values import read_values
from lepton_lab.errors import OptionError
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival
from lepton_lab.tasks import Binary, Regression, Task

__all__ = ["Check", "Finding", "check_table"]

MOST_ROWS, FEWEST_ROWS = 500_000, 50_000
MOST_CELLS = 20_000_000
_ORDER = ("serious", "warn", "info")


@dataclass(frozen=True)
class Asked:
    """The options of one check, each as `check_table` tells; a check keeps them, to be made again."""

    target: str | None = None
    task: str | None = None
    positive: object = None
    split: str | None = None
    weights: object = None
    ignore: tuple[str, ...] = ()
    types: Mapping[str, str] | None = None
    immutable: tuple[str, ...] = ()
    event: str | None = None
    rows: int | None = None
    reshape: Reshape | None = None


def check_table(
    df: object,
    *,
    target: str | None = None,
    task: str | None = None,
    positive: object = None,
    split: str | None = None,
    weights: object = None,
    ignore: Iterable[object] = (),
    types: Mapping[str, str] | None = None,
    immutable: Iterable[object] = (),
    event: str | None = None,
    against: object = None,
    rows: int | None = None,
    reshape: object = None,
) -> Check:
    """Look a frame over: kinds, missing, constant, doubled, leaking, far off, unbalanced. Nothing is changed.

    Args:
        df: any dataframe, or a dict of arrays.
        target: the column to predict; without it leaks and balance are not looked at.
        task: `binary`, `multiclass`, `regression`, `survival`; None reads it off the target.
        positive: the class whose probability is predicted.
        split: `group:COLUMN` and `time:COLUMN` name a column that is no input.
        weights: the name of a column that is no input.
        ignore: columns to leave out.
        types: of columns whose kind is told and not inferred.
        immutable: columns that cannot change; noted for `train`.
        event: where the target is a time to an event: the column that is true or 1 where it happened.
        against: a second frame, to be looked at for drift.
        rows: looked at, at most, a random sample of more; if left out 500,000, and fewer of more than 40 columns
            (never under 50,000), so that a check takes seconds.
        reshape: how rows are made of a long frame: these are looked at.

    Raises:
        ColumnError: a named column is missing, or a name is used twice.
        TargetError: the target cannot be learned.
        DataError: the frame is empty.

    Example:
        >>> rows = {"age": [20, 35, 50, 65, 30] * 12, "won": ["x", "y"] * 30, "note": [None] * 60, "bad": [0, 1] * 30}
        >>> [(f.severity, f.kind, f.column) for f in check_table(rows, target="bad") if f.column]
        [('serious', 'leak', 'won'), ('info', 'positive', 'bad'), ('info', 'constant', 'note')]
    """
    asked = Asked(
        None if target is None else str(target), task, positive, split, weights,
        read_names("ignore", [ignore] if isinstance(ignore, str) else ignore), types,
        read_names("immutable", immutable), None if event is None else str(event), rows, reshape_of(reshape),
    )  # fmt: skip
    frame, other = open_frame(df), None if against is None else open_frame(against)
    if asked.reshape is None:
        return check_frame(frame, asked, other)
    return _check_long(frame, asked, asked.reshape, other)


def _check_long(frame: Frame, asked: Asked, reshape: Reshape, against: Frame | None) -> Check:
    """The check of the rows that a long frame makes; what was found in making them comes with it."""
    refuse_empty(frame)
    weights = asked.weights if isinstance(asked.weights, str) else None
    named = (parse_split(asked.split).column, weights, asked.event, *asked.ignore)
    made = long_rows_to_learn(reshape, frame, asked.target, {name for name in named if name is not None})
    other = None if against is None else long_rows_like(made.reshape, against, asked.target or "", ahead=False)
    split = made.split_for(asked.split)
    ignored = made.ignored(asked.ignore, frame, (asked.target, parse_split(split).column, weights))
    found = check_frame(
        open_frame(made.frame), replace(asked, split=split, ignore=tuple(ignored), task=asked.task or made.task), other
    )
    # Their positions are places in the long frame, and those of a check in its rows.
    noted = tuple(replace(finding, positions=()) for finding in made.findings)
    findings = sorted((*found.findings, *noted), key=lambda finding: _ORDER.index(finding.severity))
    return replace(found, findings=tuple(findings))


def check_frame(whole: Frame, asked: Asked, against: Frame | None = None) -> Check:
    """As `check_table`, of a frame that is opened, with options as one value."""
    refuse_empty(whole)
    at = whole.sampled(_most_rows(asked.rows, len(whole.names)))
    frame = whole if len(at) == whole.n_rows else whole.rows(at)
    target, event = asked.target, asked.event
    roles = assign_roles(
        frame.names, target=target, split=asked.split, weights=asked.weights, ignore=asked.ignore, event=event
    )
    told = read_types(asked.types, roles)
    decisions = Decisions(asked.ignore, {n: str(k) for n, k in told.items()}, asked.immutable)
    decisions.check(frame.names)
    if event is not None and target is None:
        raise OptionError(f"event={event!r} needs the column of the time to it, too: target=COLUMN")
    goal = None
    if target is not None:
        goal = read_goal(frame, target, event=event, task=asked.task, positive=asked.positive)
    index = frame.index if goal is None else frame.index[goal.kept]
    described = _described(frame, roles, goal, told)
    drift = None if against is None else _drift(whole, against, asked, described)
    findings = [
        *labelled(goal.findings if goal else (), whole.index, at),
        *labelled(_about(described, goal), whole.index, at if goal is None else at[goal.kept]),
        *(() if drift is None else drift.findings),
    ]
    findings.sort(key=lambda finding: _ORDER.index(finding.severity))
    cards = {d.column.name: _card(d, goal, index) for d in described}
    return Check(
        tuple(findings),
        whole.n_rows,
        len(frame.names),
        target,
        goal.task if goal else None,
        Schema(tuple(d.column for d in described), target or ""),
        frame.n_rows,
        cards,
        drift,
        decisions,
        asked,
        whole,
        against,
    )


def check_again(check: Check) -> Check:
    """The check made anew, with what was decided."""
    done = check.decisions
    asked = replace(check.asked, ignore=done.drop, types=dict(done.types), immutable=done.immutable)
    return check_frame(check.frame, asked, check.against)


def _most_rows(rows: int | None, n_columns: int) -> int:
    if rows is None:
        return max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // n_columns))
    if isinstance(rows, bool) or not isinstance(rows, (int, np.integer)) or rows < 1:
        raise OptionError(f"rows={rows!r} is no number of rows from 1 up. To look at all of them: rows=len(df)")
    return int(rows)


def _drift(frame: Frame, against: Frame, asked: Asked, described: list[Described]) -> Drift:
    """Drift of the columns a model would read, and of the target."""
    looked_at = (Role.INPUT, Role.TARGET, Role.EVENT)
    others = [d.column.name for d in described if d.column.role not in looked_at]
    types = {name: kind for name, kind in (asked.types or {}).items() if str(name) not in others}
    return drift_between(frame, against, ignore=others, types=types)


def _card(found: Described, goal: Goal | None, index: object) -> ColumnCard:
    y, task = (goal.y, goal.task) if goal else (None, None)
    return column_card(found, y, task, index, numeric_target=found.column.role != Role.TARGET)  # type: ignore[arg-type]


def _described(frame: Frame, roles: dict[str, Role], goal: Goal | None, told: Mapping[str, Kind]) -> list[Described]:
    found = []
    for position, (name, role) in enumerate(roles.items()):
        values = goal.values if goal and role == Role.TARGET else read_values(frame.read(position))
        values = values.take(goal.kept) if goal else values
        found.append(describe(name, values, role, goal.task if goal else None, told.get(name)))
    return found


def _about(described: list[Described], goal: Goal | None) -> Iterator[Finding]:
    looked_at = [d for d in described if d.column.role == Role.INPUT or d.column.reason != "left out as asked"]
    looked_at = [d for d in looked_at if d.column.role in (Role.INPUT, Role.IGNORED)]
    inputs = {d.column.name: d.array for d in looked_at if d.column.role == Role.INPUT and d.problem is None}
    y, task = (goal.y, goal.task) if goal else (None, None)
    n_rows = len(described[0].array) if described else 0
    if goal and y is not None:
        yield from of_target(y, goal.task, _target(described), len(inputs))
        yield from _leaks(_candidates(looked_at), y, goal.task)
    yield from of_rows(inputs, y, n_rows)
    if isinstance(task, Survival) and y is not None:
        y, task = _as_classes(y, task)
    yield from of_columns(looked_at, y, task)


def _leaks(columns: dict[str, tuple[Kind, np.ndarray]], y: np.ndarray, task: Task) -> Iterator[Finding]:
    """Columns that know the target; of a time to an event, those that know whether it happens, or when."""
    if isinstance(task, Ranking):  # what an item's own columns say is refused where rows are made
        return
    if not isinstance(task, Survival):
        yield from find_leaks(columns, y, task)
        return
    found = find_leaks(columns, *_as_classes(y, task))
    yield from found
    named, happened = {finding.column for finding in found}, events_of(y)
    others = {name: (kind, array[happened]) for name, (kind, array) in columns.items() if name not in named}
    yield from find_leaks(others, times_of(y)[happened], Regression())


def _as_classes(y: np.ndarray, task: Survival) -> tuple[np.ndarray, Binary]:
    """Whether the event happened, as a question of two classes."""
    return events_of(y).astype(np.int32), Binary(f"not {task.event}", task.event)


def _candidates(described: list[Described]) -> dict[str, tuple[Kind, np.ndarray]]:
    """Columns that could leak: all that vary and are no free text."""
    usual = (Kind.CONSTANT, Kind.TEXT)
    return {d.column.name: (d.column.kind, d.array) for d in described if d.column.kind not in usual and not d.problem}


def _target(described: list[Described]) -> str:
    return next(d.column.name for d in described if d.column.role == Role.TARGET)
