"""Read a frame into a `Table`: to train on (`read_table`), or like the one a model was trained on (`read_like`)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from lepton_lab.data.convert import read_column_like
from lepton_lab.data.describe import describe
from lepton_lab.data.finding import Finding, labelled
from lepton_lab.data.frames import Frame, open_frame, refuse_empty
from lepton_lab.data.long_rows import LongRows, Reshape
from lepton_lab.data.mismatch import mismatch
from lepton_lab.data.plan import assign_roles, parse_split
from lepton_lab.data.reshaping import long_rows_like, long_rows_to_learn
from lepton_lab.data.row_roles import (
    groups_of,
    known_until,
    parts_of,
    row_weights,
    times_of_rows,
    weight_column,
    weights_of,
)
from lepton_lab.data.rows import Table, frame_of
from lepton_lab.data.schema import Column, Role, Schema
from lepton_lab.data.target import read_classes
from lepton_lab.data.times import read_goal, read_times_like
from lepton_lab.data.told_types import TOLD, read_types
from lepton_lab.data.values import read_values
from lepton_lab.errors import DataError, DataWarning, TargetError
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task

__all__ = ["Table", "frame_of", "read_like", "read_table"]

FEWEST_ROWS = 10


def read_table(
    df: object,
    *,
    target: str,
    task: str | None = None,
    positive: object = None,
    split: str | None = None,
    weights: object = None,
    ignore: Iterable[object] = (),
    event: str | None = None,
    types: Mapping[str, str] | None = None,
    reshape: Reshape | None = None,
) -> tuple[Table, Task, tuple[Finding, ...]]:
    """A frame as a table to train on, the task that its target sets, and what was noticed on the way.

    Args:
        df: pandas, polars, pyarrow, any frame that narwhals reads, or a dict of arrays.
        target: the column to predict; rows without it are left out.
        task: `binary`, `multiclass`, `regression` or `survival`; None reads it off the target.
        positive: the class whose probability is predicted; None takes True, 1 or 'yes', else the rarer one.
        split: `random`, `stratified`, `group:COLUMN`, `time:COLUMN`, `given:COLUMN`; such a column is no input.
        weights: `balanced`, the name of a column (then no input), or one number a row; brought to mean 1.
        ignore: columns to leave out.
        event: where the target is a time to an event: the column that is true or 1 where it happened.
        types: of columns whose kind is told and not inferred: `numeric`, `category` or `datetime`.
        reshape: how the rows are made, of a long frame; None where it has them.

    Raises:
        ColumnError: a named column is missing, doubled or holds values that cannot be used.
        TargetError: the target cannot be learned.
        DataError: too few rows, or no column left to learn from.
        OptionError: an option has a value that is not known.

    Example:
        >>> rows = {"age": [20, 30, 40, 50, 60] * 4, "job": ["a", "b"] * 10, "bad": ["no", "no", "yes", "no"] * 5}
        >>> table, task, findings = read_table(rows, target="bad")
        >>> table.schema.names, task.classes, table.y[:4].tolist()
        (('age', 'job'), ('no', 'yes'), [0, 0, 1, 0])
    """
    frame = open_frame(df)
    refuse_empty(frame)
    made = None if reshape is None else _made(frame, reshape, str(target), split, weights, ignore, event)
    if made is not None:
        split, task = made.split_for(split), task or made.task
        ignore = made.ignored(ignore, frame, (target, parse_split(split).column, weights))
        frame = open_frame(made.frame)
    roles = assign_roles(frame.names, target=target, split=split, weights=weights, ignore=ignore, event=event)
    told = {name: (kind, TOLD) for name, kind in read_types(types, roles).items()}
    if made is not None:
        told.setdefault(made.reshape.column, (made.reshape.holds, "put together by reshape="))
    goal = read_goal(frame, str(target), event=None if event is None else str(event), task=task, positive=positive)
    if len(goal.kept) < FEWEST_ROWS:
        raise _too_few(len(goal.kept), target)
    columns, arrays, findings = [], {}, [*labelled(goal.findings, frame.index, np.arange(frame.n_rows))]
    findings += [] if made is None else made.findings
    for position, (name, role) in enumerate(roles.items()):
        values = goal.values if role == Role.TARGET else read_values(frame.read(position))
        kind, why = told.get(name, (None, TOLD))
        found = describe(name, values.take(goal.kept), role, goal.task, kind, why)
        if found.problem is not None:
            raise found.problem
        columns.append(found.column)
        findings.extend(labelled(found.findings, frame.index, goal.kept))
        if found.column.role == Role.INPUT:
            arrays[name] = found.array
    if not arrays:
        raise _no_inputs(columns)
    table = Table(
        Schema(tuple(columns), str(target), None if made is None else made.reshape),
        arrays,
        frame.index[goal.kept],
        goal.y,
        weights_of(weights, frame, goal),
        groups_of(frame, roles, goal.kept),
        times_of_rows(frame, roles, goal.kept),
        None if made is None else known_until(made, roles, goal.kept),
        parts=parts_of(frame, roles, goal.kept),
        catalogue=None if made is None else made.catalogue,
    )
    return table, goal.task, tuple(findings)


def read_like(
    schema: Schema, df: object, *, task: Task | None = None, need_target: bool = False, weights: object = None
) -> Table:
    """A frame read as the table that `schema` describes, for prediction or evaluation.

    Args:
        schema: of the table trained on.
        df: any dataframe, or a dict of single values for one row; more columns than needed are fine. Of a schema
            with a `reshape` a long frame, or rows that were made of one.
        task: what was learned; given, a target that is there is read too.
        need_target: the target must be there, and rows without one are left out.
        weights: the name of a column, or one number a row. None with `need_target` takes the column that
            weighed the rows of training, where the frame has it.

    Raises:
        SchemaMismatchError: columns are missing, or hold values that cannot be read as they were.
        TargetError: `need_target` and the frame has no target that the task knows.
        ColumnError: weights that are missing, negative or no numbers.

    Warns:
        DataWarning: infinite values, with their columns and how many there are.
    """
    frame = open_frame(df)
    if schema.reshape is not None:
        frame = long_rows_like(schema.reshape, frame, schema.target, ahead=not need_target)
    inputs, positions = schema.inputs, {name: i for i, name in enumerate(frame.names)}
    arrays, unlike, infinite, missing = {}, {}, {}, []
    for column in inputs:
        position = positions.get(column.name)
        if position is None:
            missing.append(column.name)
            continue
        read = read_column_like(column, frame.read(position))
        if read.problem:
            unlike[column.name] = read.problem
        if read.n_infinite:
            infinite[column.name] = read.n_infinite
        arrays[column.name] = read.array
    if missing or unlike:
        raise mismatch(schema, frame.names, missing, unlike)
    found = weight_column(schema, frame) if weights is None and need_target else weights
    counted = None if found is None else row_weights(found, frame, np.arange(frame.n_rows))
    notes = (*_extra(schema, frame.names), *_infinite(infinite))
    # Whose rows they are is needed by what counts machines or customers, and may be left out by all others.
    known = {column.name: column.role for column in schema.columns if column.name in positions}
    groups = groups_of(frame, known, np.arange(frame.n_rows)) if need_target else None
    table = Table(schema, arrays, frame.index, weights=counted, groups=groups, notes=notes)
    return table if task is None else _with_target(table, frame, task, need_target=need_target)


def _made(
    frame: Frame,
    reshape: Reshape,
    target: str,
    split: str | None,
    weights: object,
    ignore: Iterable[object],
    event: str | None,
) -> LongRows:
    """The rows of a long frame; columns with another part to play are none of their channels."""
    left_out = [ignore] if isinstance(ignore, str) else ignore
    named = (parse_split(split).column, weights if isinstance(weights, str) else None, event, *left_out)
    return long_rows_to_learn(reshape, frame, target, {str(name) for name in named if name is not None})


def _with_target(table: Table, frame: Frame, task: Task, *, need_target: bool) -> Table:
    name = table.schema.target
    if name not in frame.names:
        if need_target:
            raise TargetError(f"the frame has no column {name!r}, the target, and evaluation needs it.")
        return table
    try:
        y, known = _read_y(frame, name, task)
    except TargetError:
        if need_target:
            raise
        return table
    table = replace(table, y=y)
    if len(known) == len(y):
        return table
    if not need_target:
        return replace(table, y=None)
    if not len(known):
        raise TargetError(f"target {name!r} has no value in any of the {len(y):,} rows.")
    unknown = ", or with an item that the model has never seen," if isinstance(task, Ranking) else ""
    note = f"{len(y) - len(known):,} rows without a target{unknown} were left out."
    return replace(table.take(known), notes=(*table.notes, note))


def _read_y(frame: Frame, name: str, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """The target of new rows as the task counts it, and the positions of the rows that have one."""
    if not isinstance(task, Survival):
        values = read_values(frame.column(name))
        y = read_classes(name, values, task)
        return y, np.flatnonzero(y >= 0 if isinstance(task, Ranking) else ~values.missing())
    y = read_times_like(frame, name, task)
    if y is None:
        raise TargetError(f"the frame has no column {task.event!r}, the event, and evaluation needs it.")
    return y, np.flatnonzero(~np.isnan(y))


def _extra(schema: Schema, names: tuple[str, ...]) -> tuple[str, ...]:
    known = {column.name for column in schema.columns}
    extra = [name for name in names if name not in known]
    shown = ", ".join(extra[:6]) + (", ..." if len(extra) > 6 else "")
    return (f"columns that the model does not know were left out: {shown}.",) if extra else ()


def _infinite(counts: dict[str, int]) -> tuple[str, ...]:
    """One line that names the columns, as a note and as a warning: predictions of such rows may surprise."""
    if not counts:
        return ()
    listed = ", ".join(f"{name!r} ({n:,})" for name, n in counts.items())
    said = f"infinite values are read as missing, as they were in training: {listed}."
    warnings.warn(said, DataWarning, stacklevel=3)
    return (said,)


def _too_few(n_rows: int, target: object) -> DataError:
    rows = "1 row" if n_rows == 1 else f"{n_rows} rows"
    return DataError(
        f"{rows} with a value of {str(target)!r}; wanted at least {FEWEST_ROWS} to learn and to test on. Add rows."
    )


def _no_inputs(columns: list[Column]) -> DataError:
    reasons = [f"{c.name!r} ({c.reason or c.role})" for c in columns if c.role != Role.TARGET]
    shown = ", ".join(reasons[:8]) or "the target is the only column"
    return DataError(
        f"no column is left to learn from: {shown}. To keep one, say what it is: astype(float) or astype('category')."
    )
