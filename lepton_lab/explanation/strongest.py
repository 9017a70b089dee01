"""Which column goes furthest in explaining what another column's own value leaves of its effect.

In a model without interactions a column's Shapley values are a function of its own value alone. So what a smooth
of the column leaves, and another column predicts on rows that were not looked at, is what the two do together. Unlike
shap's `approximate_interactions` (correlations within slices of sorted rows) it is measured on held-out rows, has an
interval, can be "none", and knows categories and missing values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy import stats

from lepton_lab.explanation.effects.grids import ColumnValues

N_FOLDS = 5
# Rows looked at, of more: enough that the order of the strongest is settled.
MOST_ROWS = 10_000
# Levels of a column told apart: in its own smooth, and in cells with another column.
KNOTS, FINE_CELLS, OWN_CELLS, OTHER_CELLS = 24, 200, 10, 6
ROWS_A_CELL = 12
# A cell's mean is that of its rows and of so many more with a mean of 0.
PRIOR_ROWS = 3.0
# What is left below this share of the effect's variance is rounding, not an interaction.
NOTHING_LEFT = 1e-8


@dataclass(frozen=True)
class Together:
    """How much each other column explains of what a column's own value leaves of its effect, on held-out rows.

    Args:
        own: share of the effect's variance that the column's own value explains, 0..1.
        share: of the rest, by column; 0 for the column itself. Below 0 where a column predicts worse than nothing.
        half: half-width of its 95 % interval, for all columns at once.
    """

    own: float
    share: Float64[np.ndarray, " column"]
    half: Float64[np.ndarray, " column"]


def together(
    effect: Float64[np.ndarray, " row"], columns: Sequence[ColumnValues], j: int, plan: Int[np.ndarray, " row"]
) -> Together:
    """Shares of what column `j`'s own value leaves of its effect.

    Args:
        effect: the column's Shapley values.
        columns: of the same rows.
        j: which of them `effect` is of.
        plan: which sampling plan each row used; rows of one plan share its error, so they are held out together.
    """
    keep = np.linspace(0, len(effect) - 1, min(len(effect), MOST_ROWS)).round().astype(int)
    effect, fold = effect[keep], _folds(plan[keep])
    nothing = np.zeros(len(columns))
    spread = float(((effect - effect.mean()) ** 2).sum())
    if len(keep) < 2 * N_FOLDS or spread == 0:
        return Together(1.0, nothing, nothing)
    left = _left_by_own(effect, columns[j].place[keep], columns[j], fold)
    held = left[fold, np.arange(len(keep))]
    own = 1 - float((held**2).sum()) / spread
    if 1 - own < NOTHING_LEFT:
        return Together(1.0, nothing, nothing)
    mine = _cells(columns[j], columns[j].place[keep], min(OWN_CELLS, max(2, len(keep) // 60)))
    n_other = int(np.clip(len(keep) // (ROWS_A_CELL * (mine.max() + 1)), 2, OTHER_CELLS))
    alone = (held - _held_out_means(left, mine, fold)) ** 2
    share, error = nothing.copy(), nothing.copy()
    for k, column in enumerate(columns):
        if k == j:
            continue
        theirs = _cells(column, column.place[keep], n_other)
        gain = alone - (held - _held_out_means(left, mine * (theirs.max() + 1) + theirs, fold)) ** 2
        share[k] = gain.mean() / alone.mean()
        error[k] = gain.std() / np.sqrt(len(gain)) / alone.mean()
    quantile = float(stats.norm.ppf(1 - 0.025 / max(len(columns) - 1, 1)))
    return Together(max(own, 0.0), share, quantile * error)


def _folds(plan: Int[np.ndarray, " row"]) -> Int[np.ndarray, " row"]:
    """A fold for each row: whole plans where there are several, else rows dealt by chance."""
    found, which = np.unique(plan, return_inverse=True)
    if len(found) >= N_FOLDS:
        return which % N_FOLDS
    return np.random.default_rng(0).permutation(len(plan)) % N_FOLDS


def _left_by_own(
    effect: np.ndarray, place: np.ndarray, column: ColumnValues, fold: np.ndarray
) -> Float64[np.ndarray, "fold row"]:
    """What a smooth of the column, fitted without each fold, leaves of the effect of every row."""
    basis, bend = _basis(column, place)
    left, fine = np.empty((N_FOLDS, len(effect))), _cells(column, place, min(FINE_CELLS, max(2, len(place) // 25)))
    for k in range(N_FOLDS):
        known = fold != k
        some = basis[known]
        # A level may be in one fold only: it is then 0, or on a line between its neighbours.
        square = some.T @ some + len(some) * (1e-8 * np.eye(basis.shape[1]) + 1e-6 * bend)
        mean = effect[known].mean()
        left[k] = effect - mean - basis @ np.linalg.solve(square, some.T @ (effect[known] - mean))
        # Jumps between two knots, which a column that is nearly the same would else be credited with.
        left[k] -= _means(left[k], fine, known)[fine]
    return left


def _basis(
    column: ColumnValues, place: np.ndarray
) -> tuple[Float64[np.ndarray, "row knot"], Float64[np.ndarray, "knot knot"]]:
    """Levels of a category, or hats between a number's values (of many, their quantiles), then one for missing.

    And what it costs to bend at a hat: squares of second differences by distance; 0 for levels.
    """
    known = np.isfinite(place)
    values, counts = np.unique(place[known], return_counts=True)
    if column.kind == "category" or len(values) < 3:
        kept = np.sort(values[np.argsort(-counts, kind="stable")[: 2 * KNOTS]])
        basis = (place[:, None] == kept) & known[:, None]
        return np.column_stack([basis, ~known]).astype(np.float64), np.zeros((len(kept) + 1, len(kept) + 1))
    knots = values if len(values) <= KNOTS else np.unique(np.quantile(values, np.linspace(0, 1, KNOTS)))
    inside = np.clip(np.where(known, place, knots[0]), knots[0], knots[-1])
    hats = np.stack([np.interp(inside, knots, hat) for hat in np.eye(len(knots))], axis=1) * known[:, None]
    slopes = np.diff(np.eye(len(knots)), axis=0) / (np.diff(knots)[:, None] / np.ptp(knots))
    bends = np.pad(np.diff(slopes, axis=0), ((0, 0), (0, 1)))
    return np.column_stack([hats, ~known]), bends.T @ bends


def _cells(column: ColumnValues, place: np.ndarray, n: int) -> Int[np.ndarray, " row"]:
    """At most `n` groups of the column's values, and one of the missing: by quantiles, or the most frequent levels."""
    known = np.isfinite(place)
    values, which, counts = np.unique(place[known], return_inverse=True, return_counts=True)
    code = np.zeros(len(place), np.int64)
    if column.kind == "category" or len(values) <= n:
        rank = np.empty(len(values), np.int64)
        rank[np.argsort(-counts, kind="stable")] = np.arange(len(values))
        code[known] = np.minimum(rank[which], n - 1)
    else:
        edges = np.quantile(place[known], np.arange(1, n) / n)
        code[known] = np.searchsorted(edges, place[known], side="right")
    code[~known] = n if known.any() else 0
    return np.unique(code, return_inverse=True)[1]


def _held_out_means(
    left: Float64[np.ndarray, "fold row"], cell: Int[np.ndarray, " row"], fold: Int[np.ndarray, " row"]
) -> Float64[np.ndarray, " row"]:
    """For each row the mean of its cell over the rows of other folds, drawn towards 0 where these are few."""
    found = np.zeros(len(cell))
    for k in range(N_FOLDS):
        found[fold == k] = _means(left[k], cell, fold != k)[cell[fold == k]]
    return found


def _means(left: np.ndarray, cell: np.ndarray, known: np.ndarray) -> Float64[np.ndarray, " cell"]:
    """Mean of what is left in each cell over the known rows, drawn towards 0 where these are few."""
    n_cells = int(cell.max()) + 1
    sums = np.bincount(cell[known], left[known], n_cells)
    return sums / (np.bincount(cell[known], minlength=n_cells) + PRIOR_ROWS)
