"""Grow a small regression tree on losses, over columns as a table has them: numbers, dates, words, missing values.

Least squares with the user's own values, as no tree of scikit-learn's splits words or words its rules. Cuts lie at
64 quantiles and have as few digits as they may; words are put in order of their mean loss, which is optimal for
least squares. A split of a column with missing values sends them to the better side.

Source: Breiman, Friedman, Olshen and Stone 1984, Classification and Regression Trees, section 9.4, for the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.schema import Column, Kind
from lepton_lab.evaluation.error_tree.conditions import Condition

_CUTS, _LEVELS, _FEWEST_OF_LEVEL = 63, 250, 5


@dataclass(frozen=True)
class Branch:
    """A node of the tree that was grown: its condition (None of the root), and the two nodes below, if any."""

    condition: Condition | None
    below: tuple[Branch, Branch] | None = None


@dataclass(frozen=True)
class _Coded:
    """A column as small codes `(row,)`: 0 missing (or the words not listed), from 1 on bins in order, or words.

    Args:
        cuts: of numbers and dates, the value from which bin `k + 2` begins.
        levels: of words, the word of code `k + 1`.
        tells_missing: whether a row has no value.
    """

    name: str
    codes: np.ndarray
    cuts: tuple[object, ...]
    levels: tuple[object, ...] | None
    tells_missing: bool


@dataclass(frozen=True)
class _Known:
    """What growing reads: columns as codes and as they are, weights and losses `(row,)`, fewest rows of a leaf."""

    coded: Sequence[_Coded]
    arrays: Mapping[str, np.ndarray]
    weights: np.ndarray
    loss: np.ndarray
    fewest: int


@dataclass(frozen=True)
class _Split:
    """The best split of some rows: how much it explains, and the conditions of both sides."""

    gain: float
    sides: tuple[Condition, Condition]


def grow(
    columns: Sequence[tuple[Column, np.ndarray]], loss: np.ndarray, weights: np.ndarray, *, depth: int, fewest: int
) -> Branch:
    """The tree of the rows.

    Args:
        columns: what each is, and its values.
        loss: `(row,)`; the largest hundredth count as the smallest of them, so that one row makes no branch.
        weights: `(row,)`.
        depth: splits from the root to a leaf, at most.
        fewest: rows in a leaf, at least.
    """
    coded = [_coded(column, array) for column, array in columns]
    known = _Known(
        coded,
        {column.name: array for column, array in columns},
        weights,
        np.minimum(loss, np.quantile(loss, 0.99)),
        fewest,
    )
    return _grown(None, known, np.arange(len(loss)), depth)


def _grown(condition: Condition | None, known: _Known, rows: np.ndarray, depth: int) -> Branch:
    if depth == 0 or len(rows) < 2 * known.fewest:
        return Branch(condition)
    w, wl = known.weights[rows], known.weights[rows] * known.loss[rows]
    found = [split for one in known.coded if (split := _best(one, rows, w, wl, known.fewest)) is not None]
    if not found:
        return Branch(condition)
    left, right = max(found, key=lambda split: split.gain).sides
    inside = left.holds(known.arrays[left.column][rows])
    return Branch(
        condition,
        (_grown(left, known, rows[inside], depth - 1), _grown(right, known, rows[~inside], depth - 1)),
    )


def _best(column: _Coded, rows: np.ndarray, w: np.ndarray, wl: np.ndarray, fewest: int) -> _Split | None:
    """The split of a column that explains most, where one leaves enough rows on both sides."""
    codes = column.codes[rows]
    n, weight, sums = (np.bincount(codes, part, minlength=2) for part in (None, w, wl))
    if column.levels is not None:
        return _best_words(column, n, weight, sums, fewest)
    best: tuple[float, int, bool] | None = None
    for missing_left in (True, False) if n[0] else (True,):
        parts = [np.cumsum(part[1:])[:-1] + (part[0] if missing_left else 0) for part in (n, weight, sums)]
        gains = _gains(parts, (n.sum(), weight.sum(), sums.sum()), fewest)
        if len(gains) and np.isfinite(gains.max()) and (best is None or gains.max() > best[0]):
            best = float(gains.max()), int(gains.argmax()), missing_left
    alone = _missing_apart(column, n, weight, sums, fewest)
    if best is None or best[0] <= (0 if alone is None else alone.gain):
        return alone
    gain, k, left = best
    cut, tells = column.cuts[k], column.tells_missing
    if not n[0]:  # none here: a row without a value goes with the many
        left = bool(n[1 : k + 2].sum() >= n[k + 2 :].sum())
    return _Split(
        gain,
        (
            Condition(column.name, high=cut, missing=left, tells_missing=tells),  # type: ignore[arg-type]
            Condition(column.name, low=cut, missing=not left, tells_missing=tells),  # type: ignore[arg-type]
        ),
    )


def _missing_apart(column: _Coded, n: np.ndarray, weight: np.ndarray, sums: np.ndarray, fewest: int) -> _Split | None:
    """Rows without a value on one side, all others on the other."""
    (gain,) = _gains((n[:1], weight[:1], sums[:1]), (n.sum(), weight.sum(), sums.sum()), fewest)
    if gain <= 0:
        return None
    return _Split(gain, (Condition(column.name, values=(None,)), Condition(column.name, values=(None,), listed=False)))


def _best_words(column: _Coded, n: np.ndarray, weight: np.ndarray, sums: np.ndarray, fewest: int) -> _Split | None:
    """The set of words, of those in order of their mean loss, that splits best; words not listed stay with the rest."""
    assert column.levels is not None
    known = 1 + np.flatnonzero(weight[1:] > 0)
    order = known[np.argsort(sums[known] / weight[known], kind="stable")]
    best: tuple[float, np.ndarray] | None = None
    for ordered in (order, order[::-1]):  # the words not listed lie on the other side, whichever it is
        parts = [np.cumsum(part[ordered]) for part in (n, weight, sums)]
        gains = _gains(parts, (n.sum(), weight.sum(), sums.sum()), fewest)
        # The shorter list is the one to read.
        gains[max(1, len(ordered) // 2) :] = -np.inf
        if len(gains) and np.isfinite(gains.max()) and (best is None or gains.max() > best[0]):
            best = float(gains.max()), ordered[: int(gains.argmax()) + 1]
    if best is None or best[0] <= 0:
        return None
    values = tuple(column.levels[code - 1] for code in sorted(best[1]))
    return _Split(best[0], (Condition(column.name, values=values), Condition(column.name, values=values, listed=False)))


def _gains(left: Sequence[np.ndarray], whole: tuple[float, float, float], fewest: int) -> np.ndarray:
    """What each cut explains of the squares; minus infinity with too few rows.

    Args:
        left: rows, weight and weighted loss left of each cut.
        whole: the same of all rows.
        fewest: rows on either side.
    """
    (n, weight, sums), (n_all, weight_all, sum_all) = left, whole
    right, rest = weight_all - weight, sum_all - sums
    enough = (n >= fewest) & (n_all - n >= fewest) & (weight > 0) & (right > 0)
    safe = np.where(enough, weight, 1.0), np.where(enough, right, 1.0)
    return np.where(enough, sums**2 / safe[0] + rest**2 / safe[1] - sum_all**2 / weight_all, -np.inf)


def _coded(column: Column, array: np.ndarray) -> _Coded:
    if column.kind not in (Kind.NUMERIC, Kind.DATETIME):
        return _coded_words(column.name, array)
    absent = np.isnat(array) if array.dtype.kind == "M" else np.isnan(array)
    known = np.sort(array[~absent])
    if not len(known):
        return _Coded(column.name, np.zeros(len(array), np.int64), (), None, True)
    places = np.linspace(0, len(known) - 1, _CUTS + 2).round().astype(int)[1:-1]
    uppers = np.unique(known[places])
    uppers = uppers[uppers > known[0]]
    lowers = known[np.searchsorted(known, uppers) - 1]
    cuts = [_cut(low, high) for low, high in zip(lowers, uppers, strict=True)]
    codes = np.where(absent, 0, 1 + np.searchsorted(np.array(cuts, array.dtype), array, side="right"))
    return _Coded(column.name, codes, tuple(cuts), None, bool(absent.any()))


def _coded_words(name: str, array: np.ndarray) -> _Coded:
    """The commonest words as codes from 1 on, a missing one among them; the rest, rare ones, as 0."""
    places: dict[object, int] = {}
    of_row = np.fromiter((places.setdefault(item, len(places)) for item in array.tolist()), np.int64, len(array))
    counts = np.bincount(of_row, minlength=len(places))
    listed = [k for k in np.argsort(-counts, kind="stable")[:_LEVELS] if counts[k] >= _FEWEST_OF_LEVEL]
    code = np.zeros(len(places), np.int64)
    code[listed] = 1 + np.arange(len(listed))
    words = list(places)
    return _Coded(name, code[of_row], (), tuple(words[k] for k in listed), None in places)


def _cut(low: object, high: object) -> object:
    """A number or date above `low`, at most `high`, with as few digits as there may be."""
    if isinstance(high, np.datetime64):
        day = high.astype("datetime64[D]").astype(high.dtype)
        return day if day > low else high  # type: ignore[operator]
    first, last = float(low), float(high)  # type: ignore[arg-type]
    for digits in range(1, 17):
        for near in (last, 0.5 * (first + last)):
            short = float(f"{near:.{digits}g}")
            if first < short <= last:
                return short
    return last
