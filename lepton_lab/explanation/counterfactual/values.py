"""Which values a counterfactual may give each column: those that occur, less those that were ruled out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int

from lepton_lab.data.encode_tabular import FIRST_KNOWN, AnyBlock, Block
from lepton_lab.data.objects import object_array
from lepton_lab.data.schema import Kind, Schema
from lepton_lab.data.table import Table
from lepton_lab.errors import OptionError, no_such_column
from lepton_lab.trained import TrainedModel

# Distinct values kept of one column; more are thinned evenly, ends included. All kept ones occur.
MOST_VALUES = 1024


@dataclass(frozen=True)
class Values:
    """The values that occur in each column, and how they are encoded.

    Args:
        raw: the user's own values of each column, numbers and dates ascending.
        x: the same, encoded; the last value is repeated up to the longest column.
        count: values of each column.
        ordered: whether a column's values have an order: numbers and dates.
    """

    raw: tuple[np.ndarray, ...]
    x: Float32[np.ndarray, "column value"]
    count: Int[np.ndarray, " column"]
    ordered: Bool[np.ndarray, " column"]


@dataclass(frozen=True)
class Limits:
    """What must not change, or only so far. A column's own value may always stay.

    Args:
        immutable: columns that keep their value.
        bounds: for a number or date `(low, high)`, None for open; for any column a list or set of its values.
        only_increase: columns that may only grow.
        only_decrease: columns that may only shrink.
    """

    immutable: Collection[str] = ()
    bounds: Mapping[str, object] = field(default_factory=dict)
    only_increase: Collection[str] = ()
    only_decrease: Collection[str] = ()

    def __post_init__(self) -> None:
        for name in ("immutable", "only_increase", "only_decrease"):
            if isinstance(getattr(self, name), str):
                raise OptionError(f"{name} is one word. Give a list of columns: {name}=[{getattr(self, name)!r}]")


def occurring_values(model: TrainedModel, table: Table) -> Values:
    """The values of the rows of a table that the model knows: no missing ones, no category it never learned."""
    found = [_of_column(block, table.columns[block.column]) for block in model.encoder.blocks]
    longest = max(1, max(len(raw) for raw, _ in found))
    x = np.zeros((len(found), longest), np.float32)
    for j, (_, encoded) in enumerate(found):
        x[j] = np.pad(encoded, (0, longest - len(encoded)), mode="edge") if len(encoded) else 0.0
    return Values(
        tuple(raw for raw, _ in found),
        x,
        np.array([len(raw) for raw, _ in found], np.int64),
        np.array([block.kind in ("numeric", "datetime") for block in model.encoder.blocks], bool),
    )


def _of_column(block: AnyBlock, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A column's values and their code or number, ascending; none of objects, which are not changed."""
    if not isinstance(block, Block):
        return object_array([]), np.zeros(0, np.float32)
    if block.kind == "category":
        there = set(array[array != None].tolist())  # noqa: E711  (elementwise)
        kept = [(c, code) for code, c in enumerate(block.categories, FIRST_KNOWN) if c in there]
        return object_array([c for c, _ in kept]), np.array([code for _, code in kept], np.float32)
    known = np.unique(array[~(np.isnat(array) if array.dtype.kind == "M" else np.isnan(array))])
    if len(known) > MOST_VALUES:
        known = known[np.linspace(0, len(known) - 1, MOST_VALUES).round().astype(int)]
    return known, np.asarray(block.encode(known), np.float32)


def allowed_values(
    schema: Schema, values: Values, limits: Limits, own: Float32[np.ndarray, "row column"]
) -> Bool[np.ndarray, "row column value"]:
    """Which values each row may take in each column; its own is none of them, as it is no change.

    Raises:
        ColumnError: a limit names no column of the frame.
        OptionError: a limit does not fit its column, or nothing is left to change.
    """
    names = [column.name for column in schema.inputs]
    _check_names(schema, limits)
    there = np.arange(values.x.shape[1]) < values.count[:, None]
    fixed = np.array([name in set(limits.immutable) for name in names])
    free = there & ~fixed[:, None]
    for name, bound in limits.bounds.items():
        if name in names:
            j = names.index(name)
            free[j, : values.count[j]] &= _inside(schema, name, bound, values.raw[j])
    _check_some(names, free)
    allowed = free & (values.x != own[:, :, None])
    for j, name in enumerate(names):
        if name in limits.only_increase or name in limits.only_decrease:
            if not values.ordered[j]:
                raise OptionError(f"column {name!r} has no order, so it cannot only grow or shrink. {_LIST_IT}")
            # Of a missing value nothing is known: it neither grows nor shrinks, so it stays.
            side = values.x[j] > own[:, j, None] if name in limits.only_increase else values.x[j] < own[:, j, None]
            allowed[:, j] &= side
    return allowed


_LIST_IT = "Say which values it may take: bounds={'job': ['cook', 'clerk']}"


def _check_names(schema: Schema, limits: Limits) -> None:
    known = [column.name for column in schema.columns]
    for name in (*limits.immutable, *limits.bounds, *limits.only_increase, *limits.only_decrease):
        if name not in known:
            raise no_such_column(name, [column.name for column in schema.inputs], where="the model's inputs")
    both = sorted(set(limits.only_increase) & set(limits.only_decrease))
    if both:
        raise OptionError(f"column {both[0]!r} is to only grow and to only shrink. To keep it: immutable=[{both[0]!r}]")


def _check_some(names: Sequence[str], free: np.ndarray) -> None:
    if not free.any():
        raise OptionError(
            f"nothing is left to change: all {len(names)} columns are immutable or out of bounds. "
            "Free at least one of: " + ", ".join(names[:12])
        )


def _inside(schema: Schema, name: str, bound: object, raw: np.ndarray) -> np.ndarray:
    """Which of a column's values a bound allows."""
    column = schema.column(name)
    if isinstance(bound, (list, set, frozenset, np.ndarray)):
        wanted = {_comparable(column.kind, name, value) for value in bound}
        return np.array([_comparable(column.kind, name, value) in wanted for value in raw.tolist()], bool)
    if not isinstance(bound, tuple) or len(bound) != 2:
        raise OptionError(
            f"bounds[{name!r}]={bound!r} is neither a pair nor a list. "
            f"Type: bounds={{{name!r}: (low, high)}}, None for an open end, or a list of values"
        )
    if column.kind not in (Kind.NUMERIC, Kind.DATETIME):
        raise OptionError(f"column {name!r} holds no numbers, so (low, high) does not bound it. {_LIST_IT}")
    low, high = (None if end is None else _comparable(column.kind, name, end) for end in bound)
    inside = np.ones(len(raw), bool)
    if low is not None:
        inside &= raw >= low
    if high is not None:
        inside &= raw <= high
    return inside


def _comparable(kind: Kind, name: str, value: object) -> object:
    """A value as the column keeps it."""
    try:
        if kind == Kind.NUMERIC:
            return float(value)  # type: ignore[arg-type]
        if kind == Kind.DATETIME:
            return np.datetime64(value, "us")  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        wanted = "a number" if kind == Kind.NUMERIC else "a date such as 2024-03-31"
        raise OptionError(f"bounds[{name!r}] holds {value!r}; wanted {wanted}, or None for an open end.") from error
    return value
