"""What `split=` asks for, and which column plays which part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lepton_lab.data.schema import Role
from lepton_lab.errors import ColumnError, OptionError, did_you_mean, no_such_column, no_such_option

SPLITS = ("random", "stratified", "group:COLUMN", "time:COLUMN", "given:COLUMN")
_ROLES = {"group": Role.GROUP, "time": Role.TIME, "given": Role.PART}


@dataclass(frozen=True)
class Plan:
    """How rows are to be dealt.

    Args:
        kind: `random`, `stratified`, `group`, `time`, `given`; None leaves it to the task.
        column: the column of the groups, of the time, or of the parts given.
    """

    kind: str | None = None
    column: str | None = None


def parse_split(split: str | None) -> Plan:
    """The plan that a `split=` option writes.

    Raises:
        OptionError: the word is not known, or its column is missing.

    Example:
        >>> parse_split("group:customer")
        Plan(kind='group', column='customer')
    """
    if split is None:
        return Plan()
    if not isinstance(split, str):
        raise no_such_option("split", split, SPLITS)
    kind, colon, column = split.partition(":")
    if kind in ("random", "stratified") and not colon:
        return Plan(kind)
    if kind in _ROLES:
        if not column:
            raise OptionError(f'split={split!r} names no column. For example: split="{kind}:COLUMN"')
        return Plan(kind, column)
    raise no_such_option("split", split, SPLITS)


def assign_roles(
    names: Sequence[str],
    *,
    target: str | None,
    split: str | None,
    weights: object,
    ignore: Iterable[object],
    event: str | None = None,
) -> dict[str, Role]:
    """The role of each column; kinds may still turn an input into an ignored one.

    Raises:
        ColumnError: a column that is named is not there, or is asked to play two parts.
    """
    plan = parse_split(split)
    asked: list[tuple[object, Role]] = [] if target is None else [(target, Role.TARGET)]
    if event is not None:
        asked.append((event, Role.EVENT))
    if plan.column is not None:
        asked.append((plan.column, _ROLES[str(plan.kind)]))
    if isinstance(weights, str) and weights != "balanced":
        if weights not in names:
            hint = did_you_mean(weights, ("balanced", *names))
            raise ColumnError(f"weights={weights!r} is neither 'balanced' nor a column.{hint}")
        asked.append((weights, Role.WEIGHT))
    asked += [(name, Role.IGNORED) for name in ([ignore] if isinstance(ignore, str) else ignore)]
    roles = dict.fromkeys(names, Role.INPUT)
    for name, role in asked:
        column = str(name)
        if column not in roles:
            raise no_such_column(column, names)
        if roles[column] not in (Role.INPUT, role):
            raise ColumnError(f"column {column!r} cannot be both {roles[column]} and {role}. Name it once.")
        roles[column] = role
    return roles
