"""One column of a frame: its entry in the schema, its values as a table keeps them, and what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lepton_lab.data.array_values import DOUBTFUL
from lepton_lab.data.finding import Finding
from lepton_lab.data.kinds import Inferred, infer_kind
from lepton_lab.data.schema import Category, Column, Kind, Role
from lepton_lab.data.told_types import TOLD, as_told
from lepton_lab.data.values import Values
from lepton_lab.errors import ColumnError
from lepton_lab.tasks import Task

UNUSED = (Kind.IDENTIFIER, Kind.CONSTANT)
MOST_CATEGORIES = 4000  # known of one column; rarer ones are read as unseen
DAY = 86_400e6  # microseconds


@dataclass(frozen=True)
class Described:
    """A column as read.

    Args:
        column: its entry in the schema.
        array: its values as a table keeps them `(row,)`.
        findings: what is odd about it.
        problem: the error to raise where it is to be an input; None for none.
        n_distinct: different values, missing aside.
    """

    column: Column
    array: np.ndarray
    findings: tuple[Finding, ...]
    problem: ColumnError | None
    n_distinct: int


def describe(
    name: str, values: Values, role: Role, task: Task | None = None, told: Kind | None = None, why: str = TOLD
) -> Described:
    """What the column `name` is, in the role it was asked to play.

    An identifier or a constant that was to be an input is ignored, with a reason. A target's
    categories are the classes of `task`. A kind that the user (`why`: or what made the column) `told` wins over the
    one inferred.
    """
    inferred = infer_kind(name, values) if told is None else as_told(name, values, told, why)
    kind, reason = inferred.kind, inferred.reason
    if role == Role.TARGET and task is not None and (task.classes or kind in UNUSED):
        kind = Kind.CATEGORY if task.classes else Kind.NUMERIC
    if role == Role.INPUT and kind in UNUSED:
        role = Role.IGNORED
    elif role == Role.IGNORED:
        reason = "left out as asked"
    low, median, high = _range(inferred)
    column = Column(
        name, kind, role, values.dtype, reason,
        categories=_categories(kind, role, inferred, task),
        low=low, high=high, median=median, integer=inferred.integer, missing=_missing(values, inferred),
    )  # fmt: skip
    is_input = role == Role.INPUT
    problem = _problem(name, inferred) if is_input and inferred.problem else None
    findings = _findings(column, values, inferred) if is_input or column.kind in UNUSED else ()
    return Described(column, inferred.array, findings, problem, inferred.n_distinct)


def most_frequent(array: np.ndarray, *, at_least: int = 1, at_most: int | None = None) -> tuple[Category, ...]:
    """The different values, most frequent first, equally frequent ones in order of appearance."""
    codes, uniques = pd.factorize(array)
    counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= at_least][:at_most]
    return tuple(_plain(uniques[i]) for i in order)


def _categories(kind: Kind, role: Role, inferred: Inferred, task: Task | None) -> tuple[Category, ...]:
    if role == Role.TARGET:
        return tuple(task.classes) if task is not None else ()
    if role == Role.INPUT and kind in (Kind.CATEGORY, Kind.BOOLEAN) and not inferred.problem:
        return most_frequent(inferred.array, at_most=MOST_CATEGORIES)
    return ()


def _plain(value: object) -> Category:
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def _missing(values: Values, inferred: Inferred) -> float:
    """Share of rows without a value; words that mark a missing number count."""
    if inferred.kind == Kind.TEXT:  # one without a sign is none
        gone = np.array([one is None for one in inferred.array], bool)
    else:
        gone = np.isnan(inferred.array) if inferred.array.dtype.kind == "f" else values.missing()
    return float(gone.mean())


def _range(inferred: Inferred) -> tuple[float | None, float | None, float | None]:
    """Smallest, middle and largest value; dates as days since 1970."""
    if inferred.kind == Kind.NUMERIC:
        known = inferred.array[~np.isnan(inferred.array)]
    elif inferred.kind == Kind.DATETIME:
        known = inferred.array[~np.isnat(inferred.array)].astype(np.int64) / DAY
    else:
        return None, None, None
    return float(known.min()), float(np.median(known)), float(known.max())


def _problem(name: str, inferred: Inferred) -> ColumnError:
    fix = f"df[{name!r}] = pd.to_numeric(df[{name!r}], errors='coerce')" if inferred.mixed else ""
    words = f"Make it numbers: {fix}, words: .astype(str), or leave it out:" if fix else "Leave it out:"
    return ColumnError(f"column {name!r} {inferred.problem}. {words} ignore=[{name!r}]")


def _findings(column: Column, values: Values, inferred: Inferred) -> tuple[Finding, ...]:
    found = []
    n = max(len(values.array), 1)
    if values.n_infinite:
        message = f"{values.n_infinite:,} infinite values are read as missing"
        advice = "Find the division by zero, or put a large number in their place."
        found.append(Finding("infinite", column.name, min(values.n_infinite / n, 1.0), "warn", message, advice))
        if values.infinite is not None:
            found[-1] = found[-1].behind(values.infinite)
    if inferred.problem:
        found.append(Finding("unusable", column.name, 1.0, "serious", inferred.problem, _fix(column.name, inferred)))
    elif inferred.mixed:
        found.append(_mixed_finding(column, values, inferred, n))
    if column.kind == Kind.TEXT:
        advice = f"Networks read what it says, the other members only whether it is there. Or ignore=[{column.name!r}]"
        found.append(
            Finding("text", column.name, 1.0, "info", f"{column.name!r} is read as texts: {column.reason}", advice)
        )
    if column.reason in DOUBTFUL:
        read_as, other = ("images", Kind.SERIES) if column.kind == Kind.IMAGE else ("series", Kind.IMAGE)
        message = f"{column.name!r} is read as {read_as}: {column.reason}"
        advice = f"If it is not: types={{{column.name!r}: {str(other)!r}}}"
        found.append(Finding("arrays", column.name, 1.0, "info", message, advice))
    if column.kind in UNUSED:
        found.append(_unused_finding(column))
    return tuple(found)


def _fix(name: str, inferred: Inferred) -> str:
    if inferred.mixed:
        return f"df[{name!r}] = pd.to_numeric(df[{name!r}], errors='coerce'), or ignore=[{name!r}]"
    return f"Take numbers or words out of it, or ignore=[{name!r}]"


def _mixed_finding(column: Column, values: Values, inferred: Inferred, n: int) -> Finding:
    shown = ", ".join(repr(word) for word in inferred.mixed[:4]) + (", ..." if len(inferred.mixed) > 4 else "")
    if column.kind == Kind.CATEGORY:
        message, advice = f"numbers beside words ({shown}); read as categories", "If it is a number, clean these words."
    else:
        message, advice = f"words between the numbers ({shown}) are read as missing", "Fine if that is what they mean."
    words = set(inferred.mixed)
    where = np.array([v in words for v in values.array], bool)
    share = float(where.mean()) if column.kind == Kind.CATEGORY else column.missing
    return Finding("mixed_types", column.name, share or 1 / n, "warn", message, advice).behind(where)


def _unused_finding(column: Column) -> Finding:
    keep = {
        Kind.IDENTIFIER: (
            "info",
            f"If it is a code that carries meaning: df = df.astype({{{column.name!r}: 'category'}})",
        ),
        Kind.CONSTANT: ("info", "Nothing can be learned from it; it can be dropped."),
    }
    severity, advice = keep[column.kind]
    message = f"left out: {column.reason}"
    return Finding(str(column.kind), column.name, 1.0, severity, message, advice)  # type: ignore[arg-type]
