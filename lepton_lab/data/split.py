"""Which rows train, which steer the training, and which only measure.

Rows that belong together never straddle a line: the rows of a group, and exact copies of a row. Under 5,000
rows every row takes its turn in five folds (`nested`: metrics come from folds within folds), so that the model
kept learns from all of them; from 5,000 on one test and one validation set are enough. A forecast is judged on the
latest rows and kept as learned from them too: nothing says more of what comes next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lepton_lab.censored.times import events_of, times_of
from lepton_lab.data.copies import is_coincidence, row_codes
from lepton_lab.data.given_parts import TEST, TRAIN, VALID
from lepton_lab.data.plan import parse_split
from lepton_lab.data.reshape_forecast import Forecast
from lepton_lab.data.rows import Table
from lepton_lab.errors import ColumnError, DataError, OptionError
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task

FOLDS_BELOW = 5_000
TEST_SHARE, MOST_TEST, VALID_SHARE, N_FOLDS = 0.2, 20_000, 0.15, 5
# Of rows that look ahead: what is left out is the latest, which says most of what comes next.
LATEST_SHARE = 0.1
# Forecasts from so many rows on are judged on the latest two tenths, one after the other, and not in five folds.
LATEST_FROM = 1_000


@dataclass(frozen=True)
class Split:
    """Positions of rows, sorted, in parts that share none.

    Args:
        train: to learn from; with folds, every row that is in one.
        valid: to stop, blend and calibrate by; empty where folds do that.
        test: for the shown metrics only; empty where `nested`.
        folds: (train rows, valid rows) of each fold, or None.
        nested: metrics come from folds within folds, as there is no test set.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    folds: tuple[tuple[np.ndarray, np.ndarray], ...] | None = None
    nested: bool = False

    def divides(self, n_rows: int) -> bool:
        """Whether these are positions in so many rows, and no row both teaches and judges."""
        used = np.union1d(self.train, self.valid)
        pairs = [(used, self.test), *(self.folds or [(self.train, self.valid)])]
        every = np.concatenate([used, self.test, *[rows for pair in pairs for rows in pair]])
        inside = len(every) > 0 and every.min() >= 0 and every.max() < n_rows
        return bool(inside) and not any(np.intersect1d(one, other).size for one, other in pairs)


def split_rows(table: Table, task: Task, *, split: str | None, seed: int) -> Split:
    """The rows of a table, dealt.

    Args:
        table: with `y`, and with `groups` or `times` where `split` asks for them.
        task: stratified by its classes.
        split: `random`, `stratified`, `group:COLUMN`, `time:COLUMN`, `given:COLUMN`; None is stratified for classes
            and events, else random.
        seed: the same seed deals the same rows.

    Raises:
        OptionError: `split` is not known.
        DataError: fewer than two groups, or too few rows to leave some out.
    """
    kind = parse_split(split).kind or _usual(table, task)
    if kind == "given":
        return _given(table, task, seed)
    n, units = table.n_rows, together(table)
    strata = _strata(table, task) if kind != "random" else None
    empty = np.empty(0, np.int64)
    latest = _latest_folds(table, units) if kind == "time" and _is_forecast(table) else ()
    if latest:
        return Split(np.arange(n), empty, empty, latest, nested=True)
    if n < FOLDS_BELOW:
        rows = np.arange(n)
        return Split(rows, empty, empty, make_folds(table, task, rows, split=split, seed=seed), nested=True)
    aside, judging = (LATEST_SHARE, LATEST_SHARE) if table.until is not None else (TEST_SHARE, VALID_SHARE)
    test = _deal(kind, table, np.arange(n), units, strata, min(aside, MOST_TEST / n), seed)
    rest = known_before(table, np.setdiff1d(np.arange(n), test), test)
    valid = _deal(kind, table, rest, units, strata, judging * n / len(rest), seed + 1)
    return Split(known_before(table, np.setdiff1d(rest, valid), valid), valid, test)


def make_folds(
    table: Table, task: Task, rows: np.ndarray, *, split: str | None, seed: int, n_folds: int = N_FOLDS
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Folds over some rows of a table, by the same rules; by time each fold learns from all that is earlier.

    Raises:
        DataError: fewer than two groups.
    """
    kind = parse_split(split).kind or _usual(table, task)
    kind = _usual(table, task) if kind == "given" else kind
    units = together(table)[rows]
    if kind == "time":
        folds = _expanding(rows, _times(table)[rows], units, n_folds)
        folds = tuple((known_before(table, early, now), now) for early, now in folds)
        return tuple((early, now) for early, now in folds if len(early))
    strata = _strata(table, task)[rows] if kind != "random" else np.zeros(len(rows), np.int64)
    n_units = len(np.unique(units))
    if n_units < 2:
        raise DataError("every row is in one group, or is a copy of one row: none can be left out to measure with.")
    fold = _balanced(units, strata, min(n_folds, n_units), seed)
    parts = [(rows[fold != k], rows[fold == k]) for k in range(min(n_folds, n_units))]
    return tuple((np.sort(train), np.sort(valid)) for train, valid in parts if len(train) and len(valid))


def _latest_folds(table: Table, units: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The tenth before the latest one, and the latest, each with all rows that are known before it; else nothing."""
    rows, times = np.arange(table.n_rows), _times(table)
    last = _latest(rows, times, units, LATEST_SHARE)
    before = known_before(table, np.setdiff1d(rows, last), last)
    if len(np.unique(times[before])) < 2:
        return ()
    share = min(LATEST_SHARE * len(rows) / len(before), 0.5)
    middle = _latest(before, times[before], units[before], share)
    early = known_before(table, np.setdiff1d(before, middle), middle)
    return ((early, middle), (before, last)) if len(early) else ()


def _is_forecast(table: Table) -> bool:
    return isinstance(table.schema.reshape, Forecast) and table.n_rows >= LATEST_FROM


def known_before(table: Table, early: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Of earlier rows those whose target is known when the first of the later rows begins."""
    if table.until is None or table.times is None or not len(later):
        return early
    return early[table.until[early] < table.times[later].min()]


def _given(table: Table, task: Task, seed: int) -> Split:
    """The parts that a column gives; where it names no rows to steer by, folds of the training rows or some of them."""
    assert table.parts is not None
    train, valid, test = (np.flatnonzero(table.parts == part) for part in (TRAIN, VALID, TEST))
    if len(valid):
        return Split(train, valid, test)
    if len(train) < FOLDS_BELOW:
        folds = make_folds(table, task, train, split=_usual(table, task), seed=seed)
        return Split(train, valid, test, folds)
    kind, units = _usual(table, task), together(table)
    strata = _strata(table, task) if kind != "random" else None
    valid = _deal(kind, table, train, units, strata, VALID_SHARE, seed)
    return Split(np.setdiff1d(train, valid), valid, test)


def _usual(table: Table, task: Task) -> str:
    """How rows are dealt where nothing is asked: by the time they were read with; events evenly, as classes are."""
    if table.times is not None:
        return "time"
    return "stratified" if task.classes or isinstance(task, Survival) else "random"


def together(table: Table) -> np.ndarray:
    """A number for each row `(row,)`; rows with equal numbers stay together: one group, or exact copies."""
    if table.groups is not None:
        return _joined(table.groups, copies(table))
    return copies(table)


def copies(table: Table) -> np.ndarray:
    """A number for each row `(row,)`, equal where all inputs and the target are.

    Where a table has so few possible rows that equal ones are coincidence, each row stands alone.
    """
    columns = list(table.columns.values()) + ([] if table.y is None else [table.y])
    code = row_codes(columns, table.n_rows)
    return np.arange(table.n_rows) if is_coincidence(code) else code


def _joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Numbers such that rows equal in `first` or in `second`, or through others, are equal."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b = pd.factorize(first)[0], pd.factorize(second)[0]
    n_a, n = a.max() + 1, a.max() + 1 + b.max() + 1
    graph = coo_matrix((np.ones(len(a), np.int8), (a, n_a + b)), shape=(n, n))
    return connected_components(graph, directed=False)[1][a].astype(np.int64)


def _strata(table: Table, task: Task) -> np.ndarray:
    """The class of each row, or the fifth of the target it is in; of times for rows with the event and without."""
    y = _y(table)
    if isinstance(task, Survival):
        event = events_of(y)
        return 5 * event + np.where(event, _fifths(times_of(y), event), _fifths(times_of(y), ~event))
    if task.classes:
        return y.astype(np.int64)
    return _fifths(y, np.ones(len(y), bool))


def _fifths(y: np.ndarray, among: np.ndarray) -> np.ndarray:
    """The fifth, from 0, that each of some rows is in; of the other rows nothing that counts."""
    found = np.zeros(len(y), np.int64)
    ranks = np.argsort(np.argsort(y[among], kind="stable"), kind="stable")
    found[among] = ranks * 5 // max(int(among.sum()), 1)
    return found


def _deal(
    kind: str, table: Table, rows: np.ndarray, units: np.ndarray, strata: np.ndarray | None, share: float, seed: int
) -> np.ndarray:
    """About `share` of `rows`, to be set aside."""
    if kind == "time":
        return _latest(rows, _times(table)[rows], units[rows], share)
    chosen = strata[rows] if strata is not None else np.zeros(len(rows), np.int64)
    part = _share(units[rows], chosen, share, seed)
    if part.all() or not part.any():
        raise DataError("the rows cannot be divided: nearly all are in one group, or copies of one row.")
    return rows[part]


def _share(units: np.ndarray, strata: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Whole units that hold about `share` of each stratum, as a mask."""
    unit, sizes, labels, order = _units(units, strata, seed)
    n_strata = int(labels.max()) + 1
    want, have = np.bincount(labels, weights=sizes, minlength=n_strata) * share, np.zeros(n_strata)
    taken = np.zeros(len(sizes), bool)
    if sizes.max() == 1:  # the usual case, at once: the first of each stratum in random order
        place = np.empty(len(sizes), np.int64)
        place[order] = _rank_within(labels[order])
        taken = place < np.rint(want)[labels]
    else:
        for u in order:
            # Taken where that comes nearer to the share than leaving it.
            if have[labels[u]] + sizes[u] / 2 <= want[labels[u]]:
                taken[u] = True
                have[labels[u]] += sizes[u]
    if not taken.any() and n_strata > 1:  # units too big for the strata: keep the share alone
        return _share(units, np.zeros_like(strata), share, seed)
    return taken[unit]


def _balanced(units: np.ndarray, strata: np.ndarray, n_folds: int, seed: int) -> np.ndarray:
    """The fold of each row: units are dealt one stratum after another, each to the fold that lacks it most."""
    unit, sizes, labels, order = _units(units, strata, seed)
    fold = np.empty(len(sizes), np.int64)
    if sizes.max() == 1:
        fold[order[np.argsort(labels[order], kind="stable")]] = np.arange(len(sizes)) % n_folds
        return fold[unit]
    have, total = np.zeros((int(labels.max()) + 1, n_folds)), np.zeros(n_folds)
    for u in order[np.argsort(-sizes[order], kind="stable")]:
        best = np.lexsort((np.arange(n_folds), total, have[labels[u]]))[0]
        fold[u] = best
        have[labels[u], best] += sizes[u]
        total[best] += sizes[u]
    return fold[unit]


def _units(units: np.ndarray, strata: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The unit of each row from 0; each unit's size, its commonest stratum, and a random order of units."""
    unit, _ = pd.factorize(units)
    sizes = np.bincount(unit)
    counts = np.zeros((len(sizes), int(strata.max()) + 1), np.int64)
    np.add.at(counts, (unit, strata), 1)
    # A unit counts for its rarest class: those are the rows that every part must get some of.
    rarity = np.bincount(strata, minlength=counts.shape[1])
    labels = np.where(counts > 0, rarity, rarity.max() + 1).argmin(axis=1)
    return unit, sizes, labels, np.random.default_rng(seed).permutation(len(sizes))


def _rank_within(labels: np.ndarray) -> np.ndarray:
    """The place of each entry among the entries of its label, in order of appearance."""
    order = np.argsort(labels, kind="stable")
    starts = np.r_[0, np.cumsum(np.bincount(labels))[:-1]]
    ranks = np.empty(len(labels), np.int64)
    ranks[order] = np.arange(len(labels)) - starts[labels[order]]
    return ranks


def _latest(rows: np.ndarray, times: np.ndarray, units: np.ndarray, share: float) -> np.ndarray:
    """The latest rows; rows of one moment stay on one side, and copies of an early row go with it."""
    border = np.quantile(times, 1 - share, method="higher")
    late = times >= border
    if late.all():
        late = times > border
    late = ~_any_of(units, ~late)
    if not late.any() or late.all():
        raise DataError("the rows cannot be divided by time: nearly all have the same one. Try split='random'.")
    return rows[late]


def _expanding(
    rows: np.ndarray, times: np.ndarray, units: np.ndarray, n_folds: int
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Each fold is validated on the next stretch of time and learns from all before it."""
    borders = np.unique(np.quantile(times, np.arange(1, n_folds + 1) / (n_folds + 1), method="higher"))
    folds = []
    for k, border in enumerate(borders):
        end = borders[k + 1] if k + 1 < len(borders) else np.inf
        early, now = times < border, (times >= border) & (times < end)
        now &= ~_any_of(units, early)
        if early.any() and now.any():
            folds.append((np.sort(rows[early]), np.sort(rows[now])))
    if not folds:
        raise DataError("the rows cannot be divided by time: nearly all have the same one. Try split='random'.")
    return tuple(folds)


def _any_of(units: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Rows whose unit has a row in the mask."""
    unit, _ = pd.factorize(units)
    hit = np.zeros(unit.max() + 1, bool)
    hit[unit[mask]] = True
    return hit[unit]


def _times(table: Table) -> np.ndarray:
    if table.times is None:
        raise OptionError('split="time:COLUMN" needs the table to be read with the same split.')
    return table.times


def _y(table: Table) -> np.ndarray:
    if table.y is None:
        raise ColumnError("the table has no target, so its rows cannot be dealt by it.")
    return table.y
