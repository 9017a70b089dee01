"""Groups of rows of which the model errs more than of the others: categories, quarters of numbers, missing values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from scipy import special

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import Column, Kind
from lepton_lab.reporting.column_summaries import counts_of, two_digits
from lepton_lab.survival import Survival
from lepton_lab.trained import TrainedModel

FEWEST = 30
"""Rows of a group that is looked at, and of those beside it."""
LEVEL = 0.05
AT_MOST = 5

Group = tuple[str, np.ndarray]


def weak_groups(model: TrainedModel, table: Table, logits: np.ndarray, *, with_rows: bool) -> list[str]:
    """A sentence for each group with a larger mean loss than the other rows, the largest difference first.

    A group is named only where its difference would be by chance in one of twenty reports (Bonferroni over all
    groups looked at), which says nothing about its cause.

    Args:
        model: a trained model.
        table: rows with their target.
        logits: that they are judged by `(row, output)`.
        with_rows: whether the ends of quarters may be told to the digit.
    """
    if table.y is None or isinstance(model.task, Survival):
        return []
    loss, name = _losses(model, np.asarray(table.y), logits)
    found, groups = [], _every_group(model, table, with_rows=with_rows)
    for words, inside in groups:
        chance = _chance(loss[inside], loss[~inside])
        if chance * len(groups) < LEVEL:
            means = loss[inside].mean(), loss[~inside].mean()
            found.append((means[0] - means[1], words, int(inside.sum()), *means))
    found.sort(key=lambda one: -one[0])
    return [
        f"Errs more where {words} ({n:,} rows): {name} {inside:.3g} against {outside:.3g} elsewhere."
        for _, words, n, inside, outside in found[:AT_MOST]
    ]


def biased_groups(model: TrainedModel, table: Table, logits: np.ndarray, *, with_rows: bool) -> list[str]:
    """A sentence for each group that is predicted too high or too low on average, the largest difference first.

    Args and what is named: as `weak_groups`, of two classes and of numbers.
    """
    if table.y is None or isinstance(model.task, Survival) or len(model.classes) > 2:
        return []
    said = model.task.probability(logits)[:, 1] if model.classes else logits[:, 0]
    gap, share = np.asarray(table.y, np.float64) - said, bool(model.classes)
    found, groups = [], _every_group(model, table, with_rows=with_rows)
    for words, inside in groups:
        chance = 2 * _chance(np.abs(gap[inside].mean()) + gap[inside] - gap[inside].mean(), np.zeros(1))
        if chance * len(groups) < LEVEL:
            found.append((float(abs(gap[inside].mean())), words, inside))
    found.sort(key=lambda one: -one[0])
    return [_bias_words(words, said[inside], gap[inside], share=share) for _, words, inside in found[:AT_MOST]]


def _bias_words(words: str, said: np.ndarray, gap: np.ndarray, *, share: bool) -> str:
    side = "low" if gap.mean() > 0 else "high"
    predicted, observed = _shown(said.mean(), share), _shown((said + gap).mean(), share)
    return f"Too {side} on average where {words} ({len(said):,} rows): predicted {predicted}, observed {observed}."


def _chance(inside: np.ndarray, outside: np.ndarray) -> float:
    """By chance so much larger a mean, or larger still: Welch's one-sided test; against a constant Student's."""
    spread, other = inside.var(ddof=1) / len(inside), outside.var() / max(len(outside) - 1, 1)
    error = spread + other
    if not error > 0:
        return 1.0
    freedom = error**2 / (spread**2 / (len(inside) - 1) + other**2 / max(len(outside) - 1, 1))
    return float(special.stdtr(freedom, (outside.mean() - inside.mean()) / np.sqrt(error)))


def _shown(number: float, share: bool) -> str:
    return f"{number:.1%}" if share else f"{number:.4g}"


def _every_group(model: TrainedModel, table: Table, *, with_rows: bool) -> list[Group]:
    found = [group for column in model.schema.inputs for group in _groups(column, table, with_rows=with_rows)]
    return [(words, inside) for words, inside in found if FEWEST <= inside.sum() <= table.n_rows - FEWEST]


def _losses(model: TrainedModel, y: np.ndarray, logits: np.ndarray) -> tuple[np.ndarray, str]:
    if not model.classes:
        return np.abs(y - logits[:, 0]), "mean absolute error"
    chance = model.task.probability(logits)[np.arange(len(y)), y.astype(int)]
    return -np.log(np.maximum(chance, 1e-12)), "log loss"


def _groups(column: Column, table: Table, *, with_rows: bool) -> Iterator[Group]:
    array = table.columns[column.name]
    if column.kind in (Kind.CATEGORY, Kind.BOOLEAN):
        for category, n in counts_of(array):
            if n >= FEWEST:
                yield f"{column.name} is {category}", np.array([v == category for v in array.tolist()], bool)
        yield f"{column.name} is missing", np.array([v is None for v in array.tolist()], bool)
    if column.kind == Kind.NUMERIC:
        missing = np.isnan(array)
        yield f"{column.name} is missing", missing
        yield from _quarters(column.name, array, missing, with_rows=with_rows)


def _quarters(name: str, array: np.ndarray, missing: np.ndarray, *, with_rows: bool) -> Iterator[Group]:
    if (~missing).sum() < 4 * FEWEST:
        return
    # Round ends are no one's own value.
    ends = np.unique(
        [float(q) if with_rows else two_digits(float(q)) for q in np.quantile(array[~missing], (0.25, 0.5, 0.75))]
    )
    yield f"{name} is up to {ends[0]:.6g}", array <= ends[0]
    for low, high in itertools.pairwise(ends):
        yield f"{name} is above {low:.6g}, up to {high:.6g}", (array > low) & (array <= high)
    yield f"{name} is above {ends[-1]:.6g}", array > ends[-1]
