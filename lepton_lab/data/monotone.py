"""Columns whose effect may go one way only: asked for by name, kept in the schema, honoured by every member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import Kind, Role, Schema
from lepton_lab.errors import ColumnError, OptionError, no_such_column
from lepton_lab.quantiles import Quantiles
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task

_SAMPLE = "monotone={'income': -1}"


def with_monotone(table: Table, task: Task, monotone: Mapping[str, int] | None) -> Table:
    """The table with its schema saying in which columns a model must be monotone.

    Args:
        table: as `read_table` gives it.
        task: two classes, or a number.
        monotone: by column: 1 where the output may never fall as the column rises, -1 where it may never rise.

    Raises:
        OptionError: several classes, or a value other than -1 and 1.
        ColumnError: a column that is not there, is no input, or holds no numbers.
    """
    if not monotone:
        return table
    if not isinstance(monotone, Mapping):
        raise OptionError(f"monotone={monotone!r} is no dict of columns. For example: {_SAMPLE}")
    if isinstance(task, Quantiles):
        raise OptionError("monotone= is not kept by trees of quantiles. Leave it out, or take task='regression'.")
    if len(task.classes) > 2:
        raise OptionError(
            f"monotone= needs one output to go up or down, and {table.schema.target!r} has {len(task.classes)} "
            "classes. Leave monotone= out, or predict one class against the others"
        )
    signs = {str(name): _sign(table.schema, str(name), value) for name, value in monotone.items()}
    columns = tuple(replace(column, monotone=signs.get(column.name, 0)) for column in table.schema.columns)
    return replace(table, schema=replace(table.schema, columns=columns))


def monotone_note(schema: Schema, task: Task) -> str:
    """What is promised, in a sentence; empty where nothing is."""
    named = [(column.name, column.monotone) for column in schema.inputs if column.monotone]
    if not named:
        return ""
    what = f"the probability of {task.classes[1]!r}" if task.classes else "the prediction"
    what = f"the risk of {task.event!r}" if isinstance(task, Survival) else what
    ways = [f"{'never falls' if sign > 0 else 'never rises'} as {name!r} rises" for name, sign in named]
    return f"monotone by construction, in every member: {what} {', '.join(ways)}."


def _sign(schema: Schema, name: str, value: object) -> int:
    if isinstance(value, bool) or value not in (-1, 1):
        raise OptionError(
            f"monotone[{name!r}] is {value!r}; wanted 1 (never falls as the column rises) or -1 (never rises). "
            f"For example: {_SAMPLE}"
        )
    if name not in [column.name for column in schema.columns]:
        raise no_such_column(name, schema.names)
    column = schema.column(name)
    if column.role != Role.INPUT:
        why = f" ({column.reason})" if column.reason else ""
        raise ColumnError(f"monotone names {name!r}, which is no input: it is {column.role}{why}. Leave it out.")
    if column.kind != Kind.NUMERIC:
        raise ColumnError(
            f"monotone names {name!r}, which is {column.kind} and has no order to follow; wanted a column of numbers. "
            f"If its values are numbers: df[{name!r}] = df[{name!r}].astype(float)"
        )
    return 1 if value == 1 else -1
