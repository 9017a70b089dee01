"""Columns that know the answer: they would not be there, or not filled, when the prediction is wanted.

Four signs, each by behaviour and not by the name alone:

score       the column alone predicts the target out of fold almost perfectly (AUC or R² of 0.99), and most others don't
twin        each value goes with one class, or the target decides the column: a copy or a coarser version of the target
one-sided   in one class the column is always the same, in the other often not: it was filled in after the outcome
name        it sounds like something known only afterwards, which makes each of the others worse
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lepton_lab import metrics
from lepton_lab.data.finding import Finding
from lepton_lab.data.kinds import name_says
from lepton_lab.data.schema import Kind
from lepton_lab.tasks import Task

# Words of columns that are filled in after the outcome: loans, insurance, customers, patients, machines.
LATE_WORDS = frozenset(
    [
        "recovery",
        "recoveries",
        "recovered",
        "charged",
        "chargeoff",
        "writeoff",
        "written",
        "collection",
        "collections",
        "settlement",
        "settled",
        "lgd",
        "foreclosure",
        "repossessed",
        "pymnt",
        "paid",
        "repaid",
        "outcome",
        "result",
        "resolution",
        "resolved",
        "closed",
        "closing",
        "cancelled",
        "canceled",
        "cancellation",
        "churned",
        "refund",
        "refunded",
        "payout",
        "discharge",
        "discharged",
        "death",
        "deceased",
        "died",
        "autopsy",
        "failure",
        "repair",
        "final",
        "after",
        "post",
        "end",
        "exit",
        "termination",
        "terminated",
    ]
)

ALMOST_PERFECT = 0.99
SUSPICIOUS = 0.9  # of a column whose name is late as well
FEWEST_ROWS = 50
MOST_ROWS = 20_000
N_BINS = 64
N_FOLDS = 5
# Of the other class that must differ: children earn nothing, and that is no leak; a late name needs less.
ONE_SIDED_SHARE, ONE_SIDED_LATE = 0.5, 0.1
FEWEST_OF_CLASS = 20

Columns = Mapping[str, tuple[Kind, np.ndarray]]


def find_leaks(columns: Columns, y: np.ndarray, task: Task, *, seed: int = 0) -> tuple[Finding, ...]:
    """The columns that seem to know the target, worst first.

    Args:
        columns: kind and values `(row,)` of each column, by name; identifiers too.
        y: class index, or the number to predict.
        task: what is learned.
        seed: of the folds, and of the rows looked at where there are more than 20,000.
    """
    rows = np.random.default_rng(seed).permutation(len(y))[:MOST_ROWS]
    if len(rows) < FEWEST_ROWS or not columns:
        return ()
    y = y[rows] if task.classes else _ranks(y[rows])
    binned = {name: bin_codes(kind, array[rows]) for name, (kind, array) in columns.items()}
    scores = {name: alone(codes, y, len(task.classes), seed=seed) for name, codes in binned.items()}
    easy = _usual(list(scores.values()))
    found = [_leak(name, binned[name], score, easy, y, task) for name, score in scores.items()]
    return tuple(sorted((f for f in found if f is not None), key=lambda f: (f.severity != "serious", -f.share)))


def bin_codes(kind: Kind, array: np.ndarray) -> np.ndarray:
    """A bin for each row `(row,)`, 0 where missing; values that are frequent have a bin of their own."""
    if array.dtype == object:
        return pd.factorize(array)[0] + 1
    numbers = np.where(np.isnat(array), np.nan, array.astype(np.float64)) if kind == Kind.DATETIME else array
    missing = np.isnan(numbers)
    known = numbers[~missing]
    if not len(known):
        return np.zeros(len(array), np.int64)
    # Edges lie between values, not at the values of these rows: else a rank alone would look like knowledge.
    n_bins = min(N_BINS, max(len(known) // 10, 4))
    cuts = np.quantile(known, np.arange(1, n_bins) / n_bins)
    edges = np.unique(np.concatenate([cuts, np.nextafter(cuts, np.inf)]))
    return np.where(missing, 0, np.searchsorted(edges, numbers, side="right") + 1)


def alone(codes: np.ndarray, y: np.ndarray, n_classes: int, *, seed: int = 0) -> float:
    """How well a column alone predicts the target out of fold: AUC for classes, R² for a number.

    Args:
        codes: the column's bin of each row `(row,)`.
        y: class index, or the number.
        n_classes: 0 for a number.
        seed: of the folds.
    """
    fold = np.random.default_rng(seed).permutation(len(y)) % N_FOLDS
    truth = np.eye(n_classes)[y] if n_classes else y[:, None]
    # A class is guessed with one row's worth of doubt; with a number doubt costs more than it saves.
    doubt = 1.0 if n_classes else 0.1
    guess = np.stack([_means_elsewhere(codes, fold, column, doubt) for column in truth.T], axis=1)
    if not n_classes:
        return float(metrics.r2(y, guess[:, 0]))
    return float(metrics.auc(y, guess))


def _means_elsewhere(codes: np.ndarray, fold: np.ndarray, value: np.ndarray, doubt: float) -> np.ndarray:
    """The mean of `value` over the rows of the same bin in the other folds, drawn a little to the mean of all rows."""
    n = int(codes.max()) + 1
    cell = codes * N_FOLDS + fold
    sums = np.bincount(cell, weights=value, minlength=n * N_FOLDS).reshape(n, N_FOLDS)
    counts = np.bincount(cell, minlength=n * N_FOLDS).reshape(n, N_FOLDS)
    mean = float(value.mean())
    others = (sums.sum(1, keepdims=True) - sums + mean * doubt) / (counts.sum(1, keepdims=True) - counts + doubt)
    return others[codes, fold]


def _usual(scores: list[float]) -> bool:
    """Whether perfect columns are so many that the target is simply easy."""
    return sum(score >= ALMOST_PERFECT for score in scores) > max(2, len(scores) // 3)


def _leak(name: str, codes: np.ndarray, score: float, easy: bool, y: np.ndarray, task: Task) -> Finding | None:
    late = name_says(name, LATE_WORDS)
    hint = " Its name says that it is known only afterwards." if late else ""
    advice = f"Is it known when the prediction is wanted? If not: ignore=[{name!r}]"
    if _decided(codes, y, task):
        message = f"the target decides it: it is the target, or a coarser version of it.{hint}"
        return Finding("leak", name, 1.0, "serious", message, f"Leave it out: ignore=[{name!r}]")
    figure = f"{'AUC' if task.classes else 'R²'} {score:.3f}"
    if score >= ALMOST_PERFECT and not easy:
        message = f"alone it predicts the target almost perfectly ({figure} out of fold).{hint}"
        return Finding("leak", name, 1.0, "serious", message, advice)
    side = _one_sided(codes, y, task, ONE_SIDED_LATE if late else ONE_SIDED_SHARE)
    if side is not None:
        which, share = side
        message = f"always the same where the target is {which!r}, different in {share:.0%} of the other rows.{hint}"
        return Finding("leak", name, share, "serious" if late else "warn", message, advice)
    if late and score >= SUSPICIOUS and not easy:
        message = f"alone it predicts the target very well ({figure} out of fold).{hint}"
        return Finding("leak", name, 1.0, "warn", message, advice)
    return None


def _decided(codes: np.ndarray, y: np.ndarray, task: Task) -> bool:
    """Whether the target decides the column, which has few values and is not constant."""
    uniques, counts = np.unique(codes, return_counts=True)
    if not 2 <= len(uniques) <= max(10, len(task.classes)) or counts.min() < min(10, len(y) // 10):
        return False
    if task.classes:
        return len(np.unique(codes * len(task.classes) + y)) == len(np.unique(y))
    lows = np.array([y[codes == u].min() for u in uniques])
    highs = np.array([y[codes == u].max() for u in uniques])
    order = np.argsort(lows)
    return bool(np.all(highs[order][:-1] < lows[order][1:]))


def _one_sided(codes: np.ndarray, y: np.ndarray, task: Task, at_least: float) -> tuple[object, float] | None:
    """The class in which the column never changes, and the share of the other rows that differ."""
    if len(task.classes) != 2:
        return None
    for position, value in enumerate(task.classes):
        inside, outside = codes[y == position], codes[y != position]
        if len(inside) < FEWEST_OF_CLASS or (inside != inside[0]).any():
            continue
        share = float(np.mean(outside != inside[0]))
        if share >= at_least:
            return value, share
    return None


def _ranks(y: np.ndarray) -> np.ndarray:
    """Ranks from 0 to 1, equal for equal numbers: a long tail must not hide a leak."""
    _, inverse, counts = np.unique(y, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    return middle[inverse] / max(len(y) - 1, 1)
