"""What one column holds, in numbers to draw: how its values lie, by class of the target; what is missing; the extremes.

A card is made of the rows that were looked at, and is small however many these are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lepton_lab.censored.times import events_of
from lepton_lab.data.describe import DAY, Described
from lepton_lab.data.object_measures import measured
from lepton_lab.data.schema import Column
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task

N_BINS = 24
MOST_VALUES = 12
MOST_CLASSES = 6
N_EXTREMES = 3
N_EXAMPLES = 3
# Bins end where the outermost half per cent begins: one far-off value must not squeeze all others into one bin.
TAIL = 0.005


@dataclass(frozen=True)
class Bins:
    """Where a column's values are counted: between edges, or by value.

    Args:
        edges: of numbers, and of dates as days since 1970, `(bin + 1,)`; what lies beyond is counted in the
            outermost bins. Empty for values without an order.
        values: the most frequent values; all others are counted in one more bin.
    """

    edges: tuple[float, ...] = ()
    values: tuple[object, ...] = ()

    @property
    def ordered(self) -> bool:
        """Whether values are counted between edges."""
        return bool(self.edges)

    def __len__(self) -> int:
        return len(self.edges) - 1 if self.edges else len(self.values) + 1

    def codes(self, array: np.ndarray) -> np.ndarray:
        """The bin of each value `(row,)`, -1 where missing."""
        if self.ordered:
            numbers = as_numbers(array)
            codes = np.searchsorted(np.array(self.edges[1:-1]), numbers, side="right")
            return np.where(np.isnan(numbers), -1, codes)
        seen, uniques = pd.factorize(array)
        place = {value: i for i, value in enumerate(self.values)}
        known = np.array([place.get(_plain(value), len(self.values)) for value in uniques] + [-1])
        return known[seen]


@dataclass(frozen=True)
class ColumnCard:
    """One column of a frame, summed up.

    Args:
        column: its entry in the schema: kind, role, why it is left out.
        n_rows: rows looked at.
        n_missing: of these, without a value.
        n_unique: different values.
        bins: where values are counted.
        counts: rows in each bin.
        classes: of the target, as `by_class` counts them; empty where the target is a number, or there is none.
        by_class: rows in each bin `(class, bin)`.
        missing_by_class: rows without a value in each class.
        target_mean: mean of a target that is a number in each bin, NaN in an empty one.
        lowest: the smallest values, each with the label of its row; of numbers and dates.
        highest: the largest ones.
        examples: of objects, which lie on no axis, some with the labels of their rows; their bins are of one number
            each, which `column.reason` names.
    """

    column: Column
    n_rows: int
    n_missing: int
    n_unique: int
    bins: Bins
    counts: tuple[int, ...]
    classes: tuple[str, ...] = ()
    by_class: tuple[tuple[int, ...], ...] = ()
    missing_by_class: tuple[int, ...] = ()
    target_mean: tuple[float, ...] = ()
    lowest: tuple[tuple[object, object], ...] = ()
    highest: tuple[tuple[object, object], ...] = ()
    examples: tuple[tuple[object, object], ...] = ()

    @property
    def name(self) -> str:
        """Of the column."""
        return self.column.name


def column_card(
    found: Described, y: np.ndarray | None, task: Task | None, index: pd.Index, *, numeric_target: bool = True
) -> ColumnCard:
    """The card of a column.

    Args:
        found: the column as read.
        y: the target of each row, None without one.
        task: what is learned.
        index: labels of the rows.
        numeric_target: whether to average a target that is a number (of the target itself it says nothing).
    """
    column, measure = found.column, measured(found.column.kind, found.array)
    array = _countable(found.array) if measure is None else measure[1]
    if measure is not None:
        column = replace(column, reason=f"{column.reason}; {measure[0]}")
    bins = bins_of(array)
    codes = bins.codes(array)
    counts = np.bincount(codes[codes >= 0], minlength=len(bins))
    names, k = _classes(y, task)
    by_class = [np.bincount(codes[(codes >= 0) & (k == i)], minlength=len(bins)) for i in range(len(names))]
    mean = _means(codes, y, counts) if y is not None and k is None and numeric_target else ()
    low, high = _extremes(array, index, integer=column.integer) if bins.ordered else ((), ())
    return ColumnCard(
        column, len(array), int((codes < 0).sum()), found.n_distinct, bins, tuple(counts.tolist()), names,
        tuple(tuple(one.tolist()) for one in by_class),
        tuple(int(((codes < 0) & (k == i)).sum()) for i in range(len(names))), mean, low, high,
        () if measure is None else _examples(found.array, index),
    )  # fmt: skip


def bins_of(array: np.ndarray) -> Bins:
    """Where the values of a column are counted: about 24 equal steps, or the 12 most frequent values."""
    if array.dtype == object:
        codes, uniques = pd.factorize(array)
        counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
        order = np.argsort(-counts, kind="stable")[:MOST_VALUES]
        return Bins(values=tuple(_plain(uniques[i]) for i in order))
    numbers = as_numbers(array)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return Bins(edges=(0.0, 1.0))
    low, high = np.quantile(known, [TAIL, 1 - TAIL])
    if low == high:
        low, high = known.min(), known.max()
    if low == high:
        return Bins(edges=(low - 0.5, high + 0.5))
    if array.dtype.kind != "M" and np.all(known == np.rint(known)):
        # As many whole numbers in every bin; else the bars would jump with how many fall into each.
        low, high = np.floor(low), np.ceil(high)
        step = np.ceil((high - low + 1) / N_BINS)
        return Bins(edges=tuple((np.arange(low, high + step + 1, step) - 0.5).tolist()))
    return Bins(edges=tuple(np.linspace(low, high, N_BINS + 1).tolist()))


def _countable(array: np.ndarray) -> np.ndarray:
    """Values that can be told apart; lists and the like as they print themselves."""
    if array.dtype != object:
        return array
    try:
        pd.factorize(array)
    except TypeError:
        return np.array([None if value is None else repr(value) for value in array], dtype=object)
    return array


def as_numbers(array: np.ndarray) -> np.ndarray:
    """Numbers as they are, dates as days since 1970; NaN where missing."""
    if array.dtype.kind != "M":
        return array
    return np.where(np.isnat(array), np.nan, array.astype(np.int64) / DAY)


def _classes(y: np.ndarray | None, task: Task | None) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Names of the classes that are told apart, and which each row has; of very many the rarest are put together."""
    if y is None or task is None:
        return (), None
    if isinstance(task, Survival):
        return (f"not {task.event}", str(task.event)), events_of(y).astype(int)
    if not task.classes:
        return (), None
    names = tuple(str(one) for one in task.classes)
    if len(names) <= MOST_CLASSES:
        return names, y
    common = np.sort(np.argsort(-np.bincount(y, minlength=len(names)), kind="stable")[: MOST_CLASSES - 1])
    place = np.full(len(names), len(common))
    place[common] = np.arange(len(common))
    return (*(names[i] for i in common), f"{len(names) - len(common)} other classes"), place[y]


def _means(codes: np.ndarray, y: np.ndarray, counts: np.ndarray) -> tuple[float, ...]:
    sums = np.bincount(codes[codes >= 0], weights=y[codes >= 0], minlength=len(counts))
    return tuple(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan).tolist())


def _extremes(
    array: np.ndarray, index: pd.Index, *, integer: bool
) -> tuple[tuple[tuple[object, object], ...], tuple[tuple[object, object], ...]]:
    """The smallest and the largest values `(label, value)`, outermost first."""
    numbers = as_numbers(array)
    known = np.flatnonzero(~np.isnan(numbers))
    n = min(N_EXTREMES, len(known))
    if not n:
        return (), ()
    ends = []
    for sign in (1, -1):
        key = sign * numbers[known]
        near = known[np.argpartition(key, n - 1)[:n]]
        near = near[np.lexsort((near, sign * numbers[near]))]
        ends.append(tuple((index[int(i)], _shown(array[i], integer=integer)) for i in near))
    return ends[0], ends[1]


def _examples(array: np.ndarray, index: pd.Index) -> tuple[tuple[object, object], ...]:
    """Some of the objects, at even distances, each with the label of its row."""
    there = [i for i, one in enumerate(array) if one is not None]
    some = np.unique(np.linspace(0, len(there) - 1, min(N_EXAMPLES, len(there))).astype(int)) if there else []
    return tuple((index[there[k]], array[there[k]]) for k in some)


def _shown(value: object, *, integer: bool) -> object:
    if isinstance(value, np.datetime64):
        text = np.datetime_as_string(value, unit="s")
        return text.removesuffix("T00:00:00")
    return int(value) if integer else float(value)  # type: ignore[arg-type]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
