"""Accumulated local effects (ALE): the mean change from each value of a column to the next, added up.

Only rows that have a value, or one beside it, are asked about it, so no row is taken to where there is
no data, and columns that hang together with this one keep their own effects.

Source: Apley and Zhu 2020, "Visualizing the effects of predictor variables in black box supervised
learning models", first order. Categories are put in order of how alike their rows are in the other
columns (the authors' appendix on categorical predictors, as in their R package ALEPlot). The intervals
are ours: the delta method over rows, with the edges of the bins taken as given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int

from lepton_lab.explanation.effects.effect import Effect, EffectQuestion, ask, effect_of, ended_note
from lepton_lab.explanation.effects.grids import ColumnValues, Grid


def accumulated(question: EffectQuestion) -> Effect:
    """The accumulated effect of the question's column, whose grid are the edges of its bins, in order.

    Raises:
        ExplanationError: no row was reached.
    """
    column, grid = question.column, question.grid
    categorical = column.kind == "category"
    rows = np.flatnonzero(np.isin(column.place, grid.place) if categorical else ~np.isnan(column.place))
    steps = _category_steps(grid, column.place[rows]) if categorical else _bin_steps(grid, column.place[rows])
    asked, answers, ended = ask(question, rows, steps.which)
    steps = steps.take(asked)
    difference = np.diff(answers, axis=1)
    mean, error = accumulate(steps, difference, len(grid))
    left = len(column.place) - len(rows)
    notes = (f"{left:,} rows without a value on the curve are left out.",) if left else ()
    order = "; categories in order of likeness" if categorical and len(grid) > 2 else ""
    return effect_of(
        question, rows[asked], mean, error, None, f"accumulated effects{order}",
        (*notes, *ended_note(question, asked, ended)),
    )  # fmt: skip


@dataclass(frozen=True)
class Steps:
    """Which steps between neighbouring points each row is asked to take.

    Args:
        which: points to ask each row at; each neighbouring pair is a step.
        step: number of each such step, from 1 at the second point; 0 is no step.
        at: the two points between which the row lies (twice the same where it is on one).
    """

    which: Int[np.ndarray, "row value"]
    step: Int[np.ndarray, "row step"]
    at: Int[np.ndarray, "row 2"]

    def take(self, rows: Int[np.ndarray, " taken"]) -> Steps:
        """The steps of some rows."""
        return Steps(self.which[rows], self.step[rows], self.at[rows])


def _bin_steps(grid: Grid, place: Float64[np.ndarray, " row"]) -> Steps:
    """From the lower to the upper edge of the row's bin; a bin holds its upper edge, the first both."""
    upper = np.clip(np.searchsorted(grid.place, place, side="left"), 1, len(grid) - 1)
    both = np.stack([upper - 1, upper], axis=1)
    return Steps(both, upper[:, None], both)


def _category_steps(grid: Grid, place: Float64[np.ndarray, " row"]) -> Steps:
    """From the category before the row's own to its own, and on to the one after it."""
    order = np.argsort(grid.place)
    own = order[np.searchsorted(grid.place, place, sorter=order)]
    last = len(grid) - 1
    which = np.stack([np.maximum(own - 1, 0), own, np.minimum(own + 1, last)], axis=1)
    step = np.stack([own, np.where(own < last, own + 1, 0)], axis=1)
    return Steps(which, step, np.stack([own, own], axis=1))


def accumulate(
    steps: Steps, difference: Float64[np.ndarray, "row step output"], n_points: int
) -> tuple[Float64[np.ndarray, "point output"], Float64[np.ndarray, "point output"]]:
    """Sums of the mean differences of each step, less their mean over the rows; with standard errors over rows."""
    n, n_outputs = len(difference), difference.shape[2]
    counts = np.bincount(steps.step.ravel(), minlength=n_points)
    total = np.zeros((n_points, n_outputs))
    np.add.at(total, steps.step, difference)
    mean = total / np.maximum(counts, 1)[:, None]
    mean[0] = 0.0
    sums = np.cumsum(mean, axis=0)
    own = sums[steps.at].mean(axis=1)
    # What a change of one step's mean does to each point, centring included; step 0 is none.
    reach = (np.arange(n_points)[:, None] <= np.arange(n_points)).astype(np.float64)
    pull = reach - (steps.at[:, :, None] >= np.arange(n_points)).mean(axis=(0, 1))[:, None]
    pull[0] = 0.0
    residual = (
        _residuals(difference - mean[steps.step], steps.step, counts) * (n / np.maximum(counts, 1))[steps.step, None]
    )
    # Each row's influence: through the means of its steps, and through where the centre lies.
    moves = np.einsum("rso,rsp->rpo", residual, pull[steps.step]) - (own - own.mean(axis=0))[:, None]
    return sums - own.mean(axis=0), np.sqrt((moves**2).sum(axis=0)) / n


def _residuals(
    residual: Float64[np.ndarray, "row step output"],
    step: Int[np.ndarray, "row step"],
    counts: Int[np.ndarray, " point"],
) -> Float64[np.ndarray, "row step output"]:
    """Residuals, widened for having been taken from their own step's mean; a lone one takes the typical size."""
    real = step > 0
    alone = real & (counts[step] == 1)
    degrees = max(1, int(real.sum() - (counts[1:] > 0).sum()))
    typical = np.sqrt((residual[real] ** 2).sum(axis=0) / degrees)
    widened = residual * np.sqrt(counts / np.maximum(counts - 1, 1))[step, None]
    return np.where(alone[..., None], typical, np.where(real[..., None], widened, 0.0))


def in_order_of_likeness(grid: Grid, column: ColumnValues, others: Sequence[ColumnValues]) -> Grid:
    """A grid of categories, neighbours being those whose rows are most alike in the other columns.

    Source: Apley and Zhu 2020, as in ALEPlot: distances between two categories' rows are summed over the
        other columns (largest gap of the cumulative shares for numbers, total variation for categories),
        then laid out on a line by classical scaling. The most frequent category is made to lie in the first half.
    """
    if len(grid) < 3:
        return grid
    rows = [np.flatnonzero(column.place == place) for place in grid.place]
    distance = sum((_distances(other, rows) for other in others), np.zeros((len(grid), len(grid))))
    centring = np.eye(len(grid)) - 1 / len(grid)
    _, vectors = np.linalg.eigh(-0.5 * centring @ distance**2 @ centring)
    line = vectors[:, -1]
    line = line if line[0] <= 0 else -line
    order = np.argsort(np.round(line, 9), kind="stable")
    return replace(grid, sources=grid.sources[order], place=grid.place[order], own=grid.own[order])


def _distances(other: ColumnValues, rows: list[np.ndarray]) -> Float64[np.ndarray, "level level"]:
    """How far apart the categories' rows are in another column, 0 to 1."""
    place = np.where(np.isnan(other.place), np.inf, other.place)
    values = np.unique(place)
    counts = np.stack([np.bincount(np.searchsorted(values, place[of]), minlength=len(values)) for of in rows])
    shares = counts / counts.sum(axis=1, keepdims=True)
    if other.kind == "category":
        return np.abs(shares[:, None] - shares).sum(axis=2) / 2
    return np.abs(np.cumsum(shares, axis=1)[:, None] - np.cumsum(shares, axis=1)).max(axis=2, initial=0.0)
