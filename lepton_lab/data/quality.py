"""What an analyst should know of a frame before a model is trained on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lepton_lab.censored.times import events_of, times_of
from lepton_lab.data.describe import Described, describe
from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame, open_frame, refuse_empty
from lepton_lab.data.leaks import find_leaks
from lepton_lab.data.oddities import of_columns, of_rows, of_target
from lepton_lab.data.plan import assign_roles
from lepton_lab.data.schema import Kind, Role, Schema
from lepton_lab.data.target import Goal
from lepton_lab.data.times import read_goal
from lepton_lab.data.values import read_values
from lepton_lab.errors import OptionError
from lepton_lab.survival import Survival
from lepton_lab.tasks import Binary, Regression, Task

__all__ = ["Check", "Finding", "check_table"]

_ORDER = ("serious", "warn", "info")


@dataclass(frozen=True)
class Check:
    """What was found in a frame, most serious first; iterate over it for the findings.

    Args:
        findings: in order.
        n_rows: of the frame.
        n_columns: of the frame.
        target: the column to predict, or None.
        task: what would be learned; None without a target.
        schema: what each column is.
    """

    findings: tuple[Finding, ...]
    n_rows: int
    n_columns: int
    target: str | None
    task: Task | None
    schema: Schema

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def of(self, column: str) -> tuple[Finding, ...]:
        """The findings of one column.

        Raises:
            ColumnError: there is no such column.
        """
        self.schema.column(column)
        return tuple(finding for finding in self.findings if finding.column == column)


def check_table(
    df: object,
    *,
    target: str | None = None,
    task: str | None = None,
    positive: object = None,
    split: str | None = None,
    weights: object = None,
    ignore: Iterable[object] = (),
    event: str | None = None,
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
        event: where the target is a time to an event: the column that is true or 1 where it happened.

    Raises:
        ColumnError: a named column is missing, or a name is used twice.
        TargetError: the target cannot be learned.
        DataError: the frame is empty.

    Example:
        >>> rows = {"age": [20, 35, 50, 65, 30] * 12, "won": ["x", "y"] * 30, "note": [None] * 60, "bad": [0, 1] * 30}
        >>> [(f.severity, f.kind, f.column) for f in check_table(rows, target="bad") if f.column]
        [('serious', 'leak', 'won'), ('info', 'positive', 'bad'), ('info', 'constant', 'note')]
    """
    frame = open_frame(df)
    refuse_empty(frame)
    roles = assign_roles(frame.names, target=target, split=split, weights=weights, ignore=ignore, event=event)
    if event is not None and target is None:
        raise OptionError(f"event={event!r} needs the column of the time to it, too: target=COLUMN")
    goal = None
    if target is not None:
        goal = read_goal(frame, str(target), event=None if event is None else str(event), task=task, positive=positive)
    described = _described(frame, roles, goal)
    findings = [*(goal.findings if goal else ()), *_about(described, goal)]
    findings.sort(key=lambda finding: _ORDER.index(finding.severity))
    schema = Schema(tuple(d.column for d in described), "" if target is None else str(target))
    return Check(
        tuple(findings),
        frame.n_rows,
        len(frame.names),
        None if target is None else str(target),
        goal.task if goal else None,
        schema,
    )


def _described(frame: Frame, roles: dict[str, Role], goal: Goal | None) -> list[Described]:
    found = []
    for position, (name, role) in enumerate(roles.items()):
        values = goal.values if goal and role == Role.TARGET else read_values(frame.read(position))
        values = values.take(goal.kept) if goal else values
        found.append(describe(name, values, role, goal.task if goal else None))
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
