"""What columns that are no inputs say of rows: how much each counts, whose it is, when it was, its part of a split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lepton_lab.data.frames import Frame
from lepton_lab.data.given_parts import read_parts
from lepton_lab.data.kinds import infer_kind
from lepton_lab.data.long_rows import LongRows
from lepton_lab.data.schema import Role, Schema
from lepton_lab.data.target import Goal, balanced_weights
from lepton_lab.data.values import Family, Values, read_values
from lepton_lab.errors import ColumnError, OptionError


def weights_of(weights: object, frame: Frame, goal: Goal) -> np.ndarray | None:
    """Weights of the rows that a goal keeps, as asked: a column's, an array's, or such that classes weigh the same."""
    if weights is None:
        return None
    if isinstance(weights, str) and weights == "balanced":
        return balanced_weights(goal.y, goal.task)
    return row_weights(weights, frame, goal.kept)


def weight_column(schema: Schema, frame: Frame) -> str | None:
    """The column that weighed the rows of training, where the frame has it."""
    name = next((column.name for column in schema.columns if column.role == Role.WEIGHT), None)
    return name if name in frame.names else None


def row_weights(weights: object, frame: Frame, rows: np.ndarray) -> np.ndarray:
    """Weights of some rows of a frame, brought to mean 1."""
    named = isinstance(weights, str)
    values = read_values(frame.column(weights) if named else _as_column(weights))  # type: ignore[arg-type]
    called = f"column {weights!r}" if named else "weights"
    if len(values.array) != frame.n_rows:
        raise OptionError(f"weights has {len(values.array):,} numbers for {frame.n_rows:,} rows. Give one a row.")
    found = values.array if values.family == Family.NUMBER else infer_kind("weights", values).array
    if found.dtype.kind != "f":
        raise ColumnError(f"{called} holds words, and weights are numbers from 0 up.")
    kept = found[rows]
    n_bad = int(np.sum(~(kept >= 0))) + values.n_infinite
    if n_bad:
        raise ColumnError(
            f"{called} is negative, missing or infinite in {n_bad:,} rows. Weights are numbers from 0 up."
        )
    if kept.sum() == 0:
        raise ColumnError(f"{called} is 0 in every row. At least one row needs a weight above 0.")
    return kept / kept.mean()


def _as_column(weights: object) -> pd.Series:
    if isinstance(weights, pd.Series):
        return weights
    array = np.asarray(weights)
    if array.ndim != 1:
        raise OptionError(f"weights={weights!r} is not known. Give 'balanced', a column's name, or one number a row.")
    return pd.Series(array)


def groups_of(frame: Frame, roles: dict[str, Role], kept: np.ndarray) -> np.ndarray | None:
    """Whose each row is, as a number `(row,)`; None where no column says it."""
    name = next((name for name, role in roles.items() if role == Role.GROUP), None)
    if name is None:
        return None
    codes, uniques = pd.factorize(read_values(frame.column(name)).take(kept).array)
    # A row without a group is a group of its own: nothing says that it belongs to another.
    alone = codes < 0
    codes[alone] = len(uniques) + np.arange(alone.sum())
    return codes.astype(np.int64)


def times_of_rows(frame: Frame, roles: dict[str, Role], kept: np.ndarray) -> np.ndarray | None:
    """When each row was, as numbers `(row,)`, dates in days; None where no column says it."""
    name = next((name for name, role in roles.items() if role == Role.TIME), None)
    if name is None:
        return None
    return _as_times(name, read_values(frame.column(name)).take(kept))


def parts_of(frame: Frame, roles: dict[str, Role], kept: np.ndarray) -> np.ndarray | None:
    """The part of a given split that each row is in; None where no column says it."""
    name = next((name for name, role in roles.items() if role == Role.PART), None)
    return None if name is None else read_parts(name, read_values(frame.column(name)).take(kept))


def known_until(made: LongRows, roles: dict[str, Role], kept: np.ndarray) -> np.ndarray | None:
    """When the target of each row is known, where rows are held out by the time that this is told in."""
    name = next((name for name, role in roles.items() if role == Role.TIME), None)
    if name is None or made.until is None or name not in made.frame.index.names:
        return None
    return _as_times(name, read_values(made.until).take(kept))


def _as_times(name: str, values: Values) -> np.ndarray:
    """Times as numbers; dates in days."""
    array = values.array if values.family == Family.NUMBER else infer_kind(name, values).array
    if array.dtype.kind == "M":
        array = np.where(np.isnat(array), np.nan, array.astype(np.int64) / 86_400e6)
    elif array.dtype.kind != "f":
        raise ColumnError(f"column {name!r} holds neither dates nor numbers, so rows cannot be put in order of it.")
    if np.isnan(array).any():
        n = int(np.isnan(array).sum())
        raise ColumnError(f"column {name!r} has no value in {n:,} rows, so their time is not known. Drop or fill them.")
    return array
