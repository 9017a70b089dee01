"""The points at which a page knows the model: values of every column, and of each column beside another.

Shared by all rows of a report. How many there are is bounded by what a page may weigh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.explanation.effects.grids import Grid, Kind
from lepton_lab.explanation.effects.row_curves import N_POINTS, ModelGrids, model_grids
from lepton_lab.trained import TrainedModel
from lepton_lab.training.network_member import NetworkMember

PAIR_POINTS = 8
FEWEST_POINTS = 8
CURVE_BYTES = 500_000
"""Of all curves of all rows, two bytes a number."""


@dataclass(frozen=True)
class PagePoints:
    """Where curves and pairs of columns have their points.

    Args:
        names: of the input columns.
        grids: the points of each column's curve.
        beside: of each column, the points of its curve that it has beside another column.
    """

    names: tuple[str, ...]
    grids: ModelGrids
    beside: tuple[np.ndarray, ...]

    def grid(self, j: int) -> Grid:
        """The points of a column's curve."""
        return self.grids.grids[j]

    def projected(self, member: NetworkMember) -> np.ndarray:
        """What each point adds to a network's hidden state `(point, column, hidden)`."""
        return self.grids.projected(member)

    def is_ordered(self, j: int) -> bool:
        """Whether a column's values have distances, so that its curve is read between points."""
        return self.grids.kinds[j] != "category"

    def places(self, j: int, array: np.ndarray) -> np.ndarray:
        """Where a column's values are drawn `(row,)`: NaN is missing, -1 a category that is no point."""
        kind: Kind = self.grids.kinds[j]
        if kind == "number":
            return np.asarray(array, np.float64)
        if kind == "date":
            micro = np.asarray(array).astype("datetime64[us]")
            return np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 86_400e6)
        known = {(type(v), v): float(i) for i, v in enumerate(self.grid(j).own.tolist())}
        return np.array([known.get((type(v), v), -1.0) for v in np.asarray(array).tolist()])


def page_points(model: TrainedModel, known: Table, n_rows: int) -> PagePoints:
    """Points for the curves of `n_rows` rows: fewer a column where there are many columns or classes.

    Args:
        model: whose inputs.
        known: rows to take values from.
        n_rows: rows that the page will show.
    """
    cells = max(1, n_rows * len(model.schema.inputs) * model.task.n_outputs)
    n_points = int(np.clip(CURVE_BYTES / (2 * cells), FEWEST_POINTS, N_POINTS))
    grids = model_grids(model, known, n_points)
    return PagePoints(tuple(model.schema.names), grids, tuple(_beside(grid) for grid in grids.grids))


def _beside(grid: Grid) -> np.ndarray:
    """Points spread evenly over the column's, its ends and its missing one among them."""
    missing = np.flatnonzero(np.isnan(grid.place))
    there = np.flatnonzero(~np.isnan(grid.place))
    chosen = there[np.unique(np.linspace(0, len(there) - 1, min(len(there), PAIR_POINTS)).round().astype(int))]
    return np.concatenate([chosen, missing])
