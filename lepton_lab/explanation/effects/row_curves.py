"""Every column's curve for one row: how its prediction would move if this column alone were different.

For a panel: all columns and all their values in one compiled call of the network, one of the trees.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Float64, Shaped

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import OBJECTS
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.effects.grids import ABSENT, Grid, Kind, column_values, even_grid, presence
from lepton_lab.members.linear import LinearMember
from lepton_lab.trained import TrainedModel
from lepton_lab.training.functions import NetworkFunctions
from lepton_lab.training.network_member import NetworkMember

N_POINTS = 40


@dataclass(frozen=True)
class RowCurve:
    """One column's curve for one row.

    Args:
        column: its name.
        kind: "number", "date" or "category".
        grid: values of the column, as the user wrote them; None is missing.
        place: where a value is drawn: the number, days since 1970, a category's position; NaN for missing.
        outputs: the model's logits with the column at each value; one output loses its axis.
    """

    column: str
    kind: Kind
    grid: Shaped[np.ndarray, " point"]
    place: Float64[np.ndarray, " point"]
    outputs: Float64[np.ndarray, "point *class"]


@dataclass(frozen=True)
class ModelGrids:
    """The points of every input column of a model; made once, good for every row.

    Args:
        kinds: of the columns.
        grids: of the columns.
        x: `(point, column)`: encoded values of each column, shorter ones filled up with their last.
        kept: projections of `x`, by the network's name, once a curve has asked for them.
    """

    kinds: tuple[Kind, ...]
    grids: tuple[Grid, ...]
    x: Float[np.ndarray, "point column"]
    kept: dict[str, Float[np.ndarray, "point column hidden"]] = field(default_factory=dict, repr=False, compare=False)

    def projected(self, member: NetworkMember) -> Float[np.ndarray, "point column hidden"]:
        """What each value adds to a network's hidden state."""
        if member.name not in self.kept:
            self.kept[member.name] = member.project(self.x)
        return self.kept[member.name]


def model_grids(model: TrainedModel, table: Table | None = None, n_points: int = N_POINTS) -> ModelGrids:
    """Points of every input column, from values that occur.

    Args:
        model: whose inputs.
        table: rows to take values from; by default those given to `train`, where the model still knows them.
        n_points: of a column.

    Raises:
        ExplanationError: a loaded model, and no table.
    """
    table = model.seen if table is None else table
    if table is None or table.n_rows == 0:
        raise ExplanationError(
            "this model was loaded from a file, which holds no rows to take values from. Give some: df=..."
        )
    shown = table.values()
    holds_objects = [column.kind in OBJECTS for column in model.schema.inputs]
    columns = [
        presence(n, table.columns[n]) if holds_objects[j] else column_values(n, table.columns[n], shown[:, j])
        for j, n in enumerate(model.schema.names)
    ]
    grids = tuple(
        ABSENT if alone else even_grid(column, n_points) for column, alone in zip(columns, holds_objects, strict=True)
    )
    size = max(len(grid) for grid in grids)
    x = np.empty((size, len(grids)), np.float32)
    for j, grid in enumerate(grids):
        sources = np.concatenate([grid.sources, np.repeat(grid.sources[-1:], size - len(grid))])
        name = model.schema.names[j]
        x[:, j] = 0 if holds_objects[j] else model.encoder.blocks[j].encode(table.columns[name][sources])
    return ModelGrids(tuple(column.kind for column in columns), grids, x)


def ice_curves(
    model: TrainedModel, x: Float[np.ndarray, " column"], grids: ModelGrids | None = None
) -> tuple[RowCurve, ...]:
    """The curve of every input column for one encoded row, in link space.

    Args:
        model: whose calibrated blend answers.
        x: the row.
        grids: of the columns; by default made from the rows given to `train`, once for each model.

    Raises:
        ExplanationError: a loaded model, and no grids.
    """
    grids = _grids_of(model) if grids is None else grids
    answers = _answers(model, np.asarray(x, np.float32), grids)
    one = answers.shape[2] == 1
    curves = []
    for j, (name, kind, grid) in enumerate(zip(model.schema.names, grids.kinds, grids.grids, strict=True)):
        outputs = answers[: len(grid), j]
        curves.append(RowCurve(name, kind, grid.own, grid.place, outputs[:, 0] if one else outputs))
    return tuple(curves)


# A model is not hashable; its grids are kept by identity, with the model itself so that the id stays its own.
_KEPT: OrderedDict[int, tuple[TrainedModel, ModelGrids]] = OrderedDict()
_MOST_KEPT = 4


def _grids_of(model: TrainedModel) -> ModelGrids:
    kept = _KEPT.get(id(model))
    if kept is None or kept[0] is not model:
        kept = (model, model_grids(model))
        _KEPT[id(model)] = kept
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return kept[1]


def _answers(model: TrainedModel, x: np.ndarray, grids: ModelGrids) -> Float64[np.ndarray, "point column output"]:
    used = [(w, member) for w, member in zip(model.blend.weights, model.members, strict=True) if w]
    if not used:
        return np.broadcast_to(model.blend.bias, (*grids.x.shape, len(model.blend.bias))).astype(np.float64)
    active = replace(model.blend, weights=np.array([w for w, _ in used]))
    return np.asarray(active.logits([_member_answers(member, x, grids) for _, member in used]), np.float64)


def _member_answers(member: Any, x: np.ndarray, grids: ModelGrids) -> np.ndarray:
    if isinstance(member, NetworkMember):
        read = member.holding(x[None])
        raw = _every_column(read.functions, read.params, x[None], grids.projected(member))
        return np.asarray(raw, np.float64) * member.scale + member.location
    if isinstance(member, LinearMember):
        own = member.contributions(x[None])[0]
        return member.logits(x[None])[0] - own + member.contributions(grids.x)
    size, d = grids.x.shape
    mixed = np.repeat(x[None], size * d, axis=0).reshape(size, d, d)
    mixed[:, np.arange(d), np.arange(d)] = grids.x
    return member.logits(mixed.reshape(-1, d)).reshape(size, d, -1)


@functools.partial(jax.jit, static_argnames=("pure",))
def _every_column(pure: NetworkFunctions, params: Any, x: Array, values: Array) -> Array:
    """Raw outputs `(point, column, output)` with one column after another at each of its values."""
    side = pure.project(params, x)[0]
    hidden = pure.bias(params) + side.sum(0) - side + values
    return pure.rest(params, hidden.reshape(-1, hidden.shape[-1])).reshape(*values.shape[:2], -1)
