"""What is learned from a target column: the task, the class of each row, the weights.

The task is read off the values: two different values are two classes; words are classes; truth values are
classes; whole numbers 0 (or 1), 1, 2, ... without gaps, ten different ones at most, are classes; every other
number is a number to predict. `task=` overrules. The positive class is True, 1 or 'yes', else the rarer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding
from lepton_lab.data.kinds import Inferred, infer_kind
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import Family, Values, read_values
from lepton_lab.errors import OptionError, TargetError, did_you_mean, no_such_option
from lepton_lab.quantiles import Quantiles, read_levels
from lepton_lab.ranking import MOST_ITEMS, Ranking
from lepton_lab.tasks import Binary, Multiclass, Regression, Task

TASKS = ("binary", "multiclass", "regression", "quantile", "survival", "ranking")
FEW_CLASSES = 10
MANY_CLASSES = 500
_TRUE_WORDS = ("yes", "true", "1")


@dataclass(frozen=True)
class Goal:
    """A target column, read.

    Args:
        task: what is learned.
        y: class index int32, or the number float64, of the rows in `kept`.
        kept: positions of the rows that have a target.
        values: the column as read.
        findings: what an analyst should know of it.
    """

    task: Task
    y: np.ndarray
    kept: np.ndarray
    values: Values
    findings: tuple[Finding, ...]


def read_target(name: str, raw: object, *, task: str | None = None, positive: object = None) -> Goal:
    """The goal that a target column sets.

    Args:
        name: of the column.
        raw: the column.
        task: `binary`, `multiclass`, `regression`, `quantile`, `quantile:0.1,0.9`, or None to read it off the values.
        positive: the class whose probability is predicted, of two.

    Raises:
        TargetError: the column cannot be learned; says why and what to type.
        OptionError: `task` or `positive` is not known.
    """
    levels = read_levels(task) if isinstance(task, str) and task.partition(":")[0] == "quantile" else None
    if task is not None and levels is None and task not in TASKS:
        raise no_such_option("task", task, TASKS)
    if task == "survival":
        raise OptionError(
            f"task='survival' needs the column that says whether the event happened by then, beside {name!r}: "
            "event=COLUMN, with 1 or true where it did"
        )
    values = read_values(raw)  # type: ignore[arg-type]
    refuse_unlearnable(name, values)
    kept = np.flatnonzero(~values.missing())
    if not len(kept):
        raise TargetError(
            f"target {name!r} has no value in any of the {len(values.array):,} rows. Choose another column."
        )
    findings = _missing_finding(name, kept, len(values.array))
    known = _plain(name, values.take(kept))
    chosen = task or _task_name(known)
    if chosen == "ranking":
        if positive is not None:
            raise OptionError(
                f"positive={positive!r} needs a target of two classes; {name!r} is an item. Leave it out."
            )
        items, y = _classes(name, known, chosen)
        return Goal(Ranking(items), y, kept, values, findings)
    if chosen == "regression" or levels is not None:
        if positive is not None:
            raise OptionError(
                f"positive={positive!r} needs a target of two classes; {name!r} is a number. Leave it out."
            )
        y = read_number(name, known, f"task={chosen!r}")
        _refuse_constant(name, y)
        learned = Regression.of(y, unit=name) if levels is None else Quantiles.of(y, levels, unit=name)
        return Goal(learned, y, kept, values, findings)
    classes, y = _classes(name, known, chosen)
    if chosen == "binary":
        classes, y = _positive_last(name, classes, y, positive)
        findings += (_positive_finding(name, classes, y, asked=positive is not None),)
        return Goal(Binary(*classes), y, kept, values, findings)
    if positive is not None:
        raise OptionError(
            f"positive={positive!r} needs a target of two classes; {name!r} has {len(classes)}. Leave it out."
        )
    return Goal(Multiclass(classes), y, kept, values, findings)


def read_classes(name: str, values: Values, task: Task) -> np.ndarray:
    """The target of new rows as the trained task counts it; NaN or -1 where missing, and -1 for items never seen.

    Raises:
        TargetError: a value that the task does not know.
    """
    missing = values.missing()
    if task.name in ("regression", "quantile"):
        y = np.full(len(values.array), np.nan)
        if not missing.all():
            y[~missing] = read_number(name, values.take(np.flatnonzero(~missing)))
        return y
    codes, uniques = values.factorised
    table = _class_indices(list(uniques), task.classes)
    if isinstance(task, Ranking):
        table = [-1 if index is None else index for index in table]
    if None in table:
        unknown = [_python(u) for u, code in zip(uniques, table, strict=True) if code is None]
        raise TargetError(
            f"target {name!r} holds {unknown[0]!r}, which the model was not trained on. "
            f"It knows the classes {_listed(task.classes)}."
        )
    return np.array([*table, -1], np.int32)[codes]


def balanced_weights(y: np.ndarray, task: Task) -> np.ndarray:
    """Weights that give each class the same sum, with mean 1.

    Raises:
        OptionError: the task has no classes.
    """
    if not task.classes:
        raise OptionError("weights='balanced' needs classes, and the target has none. Leave weights out.")
    counts = np.bincount(y, minlength=len(task.classes))
    return (len(y) / (len(task.classes) * np.maximum(counts, 1)))[y]


def refuse_unlearnable(name: str, values: Values) -> None:
    """Stop where a target holds dates, infinities or no plain values.

    Raises:
        TargetError: for those.
    """
    if values.family == Family.DATE or (values.family == Family.WORD and _are_dates(name, values)):
        raise TargetError(
            f"target {name!r} holds dates, which cannot be learned as they are. "
            f"Predict a number of days: df['days'] = (df[{name!r}] - df[{name!r}].min()).dt.days"
        )
    if values.family in (Family.UNUSABLE, Family.ARRAY, Family.LIST):
        raise TargetError(f"target {name!r} holds neither numbers, words nor truth values. Choose another column.")
    if values.n_infinite:
        raise TargetError(
            f"target {name!r} is infinite in {values.n_infinite:,} rows. Drop them: df = df[np.isfinite(df[{name!r}])]"
        )


def _are_dates(name: str, values: Values) -> bool:
    return infer_kind(name, values).kind == Kind.DATETIME


def _plain(name: str, values: Values) -> Values:
    """The values without missing ones; words that all write numbers become numbers where they are many."""
    if values.family != Family.WORD or values.declared:
        return values
    found: Inferred = infer_kind(name, values)
    if found.kind == Kind.NUMERIC and found.n_distinct > FEW_CLASSES and not np.isnan(found.array).any():
        return Values(Family.NUMBER, found.array, values.dtype, whole=found.integer)
    return values


def _task_name(values: Values) -> str:
    distinct = pd.unique(values.array)
    if len(distinct) <= 2:
        return "binary"
    if values.family != Family.NUMBER:
        return "multiclass"
    consecutive = np.array_equal(np.sort(distinct), np.arange(len(distinct)) + distinct.min())
    if consecutive and distinct.min() in (0, 1) and len(distinct) <= FEW_CLASSES:
        return "multiclass"
    return "regression"


def read_number(name: str, values: Values, wanted: str = "task='regression'") -> np.ndarray:
    """Values without missing ones as numbers.

    Raises:
        TargetError: they are words.
    """
    values = _plain(name, values)
    if values.family != Family.NUMBER:
        found = infer_kind(name, values)
        try:
            numbers = np.asarray(found.array, np.float64)
        except (TypeError, ValueError):
            numbers = np.full(1, np.nan)
        if np.isnan(numbers).any():
            shown = _listed(pd.unique(values.array)[:4].tolist())
            raise TargetError(f"target {name!r} holds words ({shown}), and {wanted} needs numbers.")
        return numbers
    return values.array


def _refuse_constant(name: str, y: np.ndarray) -> None:
    if len(y) and np.all(y == y[0]):
        raise _constant(name, y[0])


def _classes(name: str, values: Values, task: str) -> tuple[tuple, np.ndarray]:
    codes, uniques = pd.factorize(values.array, sort=values.family != Family.MIXED)
    classes = tuple(_python(u, whole=values.whole) for u in uniques)
    if len(classes) == 1:
        raise _constant(name, classes[0])
    if task == "binary" and len(classes) > 2:
        raise TargetError(
            f"target {name!r} has {len(classes)} different values ({_listed(classes[:5])}); task='binary' needs two. "
            f"Make it two: df[{name!r}] = df[{name!r}] == {classes[0]!r}"
        )
    if task == "multiclass" and len(classes) == 2:
        raise TargetError(f"target {name!r} has two classes ({_listed(classes)}). Type task='binary', or leave it out.")
    if task == "ranking":
        if len(classes) > MOST_ITEMS:
            raise TargetError(
                f"target {name!r} has {len(classes):,} items, and at most {MOST_ITEMS:,} can be ranked at once. Join "
                "rare ones, or leave them out."
            )
        return classes, codes.astype(np.int32)
    counts = np.bincount(codes, minlength=len(classes))
    _refuse_many(name, classes, len(codes))
    if counts.min() < 2:
        lonely = classes[int(counts.argmin())]
        raise TargetError(
            f"class {lonely!r} of target {name!r} has one row, and at least two are needed to learn and to test it. "
            f"Leave it out: df = df[df[{name!r}] != {lonely!r}]"
        )
    return classes, codes.astype(np.int32)


def _refuse_many(name: str, classes: tuple, n_rows: int) -> None:
    if len(classes) > MANY_CLASSES or (len(classes) > 20 and len(classes) > n_rows / 5):
        raise TargetError(
            f"target {name!r} has {len(classes):,} classes in {n_rows:,} rows ({_listed(classes[:3])}, ...): it reads "
            f"as a name or free text. Choose another target, or join rare classes."
        )


def _positive_last(name: str, classes: tuple, y: np.ndarray, positive: object) -> tuple[tuple, np.ndarray]:
    """The two classes as (negative, positive)."""
    if positive is not None:
        at = _class_of(positive, classes)
        if at is None:
            raise OptionError(
                f"positive={positive!r} is no class of target {name!r}.{did_you_mean(positive, classes)} "
                f"Choose one of: {_listed(classes)}."
            )
    else:
        at = _default_positive(classes, y)
    return (classes, y) if at == 1 else (classes[::-1], (1 - y).astype(np.int32))


def _default_positive(classes: tuple, y: np.ndarray) -> int:
    for position, value in enumerate(classes):
        if str(value).strip().lower() in _TRUE_WORDS or value == 1:
            return position
    counts = np.bincount(y, minlength=2)
    return 0 if counts[0] < counts[1] else 1


def _positive_finding(name: str, classes: tuple, y: np.ndarray, *, asked: bool) -> Finding:
    share = float(np.mean(y))
    message = f"the positive class is {classes[1]!r} ({share:.1%} of the rows), the other is {classes[0]!r}"
    return Finding("positive", name, share, "info", message, "" if asked else f"To change it: positive={classes[0]!r}")


def _missing_finding(name: str, kept: np.ndarray, n_rows: int) -> tuple[Finding, ...]:
    n_kept = len(kept)
    if n_kept == n_rows:
        return ()
    share, n = 1 - n_kept / n_rows, n_rows - n_kept
    severity = "serious" if share > 0.5 else "warn" if share > 0.05 else "info"
    message = f"{n:,} row{'s have' if n > 1 else ' has'} no target and {'are' if n > 1 else 'is'} left out"
    found = Finding("missing_target", name, share, severity, message, "Ask why it is missing: it may not be by chance.")
    return (found.behind(np.setdiff1d(np.arange(n_rows), kept)),)


def _class_indices(values: Sequence[object], classes: Sequence[object]) -> list[int | None]:
    """The index of each value's class, as `_class_of` finds it; quick where there are thousands of both."""
    exact: dict[object, int] = {}
    written: dict[str, int] = {}
    for position, known in enumerate(classes):
        exact.setdefault(known, position)
        written.setdefault(_word(known), position)
    return [exact.get(value, written.get(_word(value))) for value in values]


def _word(value: object) -> str:
    return str(_python(value)).strip().lower()


def _class_of(value: object, classes: Sequence[object]) -> int | None:
    """The index of a class, also where it is written in another type: 1, 1.0, '1', True and 'true'."""
    for position, known in enumerate(classes):
        if known == value:
            return position
    return next((position for position, known in enumerate(classes) if _word(known) == _word(value)), None)


def _python(value: object, *, whole: bool = False) -> object:
    """A plain Python value; a whole float from a column that has no fractions as an int."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return int(number) if number.is_integer() else number
    if isinstance(value, np.integer):
        return int(value)
    return value


def _constant(name: str, value: object) -> TargetError:
    return TargetError(
        f"target {name!r} is {_python(value)!r} in every row: there is nothing to learn. Choose another column, or "
        f"more rows."
    )


def _listed(values: Sequence[object]) -> str:
    return ", ".join(repr(_python(value)) for value in values)
