"""What a model says of rows in which one column takes other values: the question behind every effect curve.

Only one column changes, so a network's hidden state is moved by the difference of two projections, and a
linear model by the difference of two terms; other members, and any function, are asked about whole rows.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Int

from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.members.linear import LinearMember
from lepton_lab.trained import TrainedModel
from lepton_lab.training.functions import NetworkFunctions
from lepton_lab.training.network_member import NetworkMember

# Questions of at most so many rows times values are asked as whole rows: that compiles nothing.
FEW = 4096
# Rows and values evaluated at once: near a core's peak, and in its second-level cache.
TILE = 1024
# Fewest values a call is padded to, so that grids of any length share few compilations.
FEWEST_VALUES = 64

Answers = Float64[np.ndarray, "row value output"]


class ColumnSwap(abc.ABC):
    """Rows, one of their columns, and values that it may take."""

    @abc.abstractmethod
    def outputs(self, rows: Int[np.ndarray, " row"], which: Int[np.ndarray, "row value"]) -> Answers:
        """Outputs of some rows, each with the column at its own list of values, by their numbers."""


@dataclass(frozen=True)
class TrainedSwap(ColumnSwap):
    """A trained model's calibrated logits.

    Args:
        model: whose blend answers.
        x: encoded rows.
        column: position of the column that changes.
        values: its encoded values.
    """

    model: TrainedModel
    x: Float[np.ndarray, "row column"]
    column: int
    values: Float[np.ndarray, " value"]

    def outputs(self, rows: Int[np.ndarray, " row"], which: Int[np.ndarray, "row value"]) -> Answers:
        """The members' answers, blended as their logits are."""
        used = [(w, m) for w, m in zip(self.model.blend.weights, self.model.members, strict=True) if w]
        if not used:
            return np.broadcast_to(self.model.blend.bias, (*which.shape, len(self.model.blend.bias))).astype(np.float64)
        active = replace(self.model.blend, weights=np.array([w for w, _ in used]))
        return np.asarray(active.logits([_member_outputs(m, self, rows, which) for _, m in used]), np.float64)

    @functools.cached_property
    def grid(self) -> Float[np.ndarray, "value column"]:
        """A row for each value."""
        rows = np.repeat(self.x[:1], len(self.values), axis=0)
        rows[:, self.column] = self.values
        return rows

    @property
    def few(self) -> bool:
        """Whether there is too little to ask for a compilation to pay."""
        return len(self.x) * len(self.values) <= FEW

    @functools.cached_property
    def projections(self) -> dict[int, Float[np.ndarray, "value hidden"]]:
        """What each value adds to a network's hidden state, by the network's place among the members."""
        networks = [(i, m) for i, m in enumerate(self.model.members) if isinstance(m, NetworkMember)]
        size = _padded_size(len(self.values))
        return {i: _padded(member.project(self.grid)[:, self.column], size) for i, member in networks}


def _member_outputs(member: Any, swap: TrainedSwap, rows: np.ndarray, which: np.ndarray) -> np.ndarray:
    if isinstance(member, NetworkMember) and not swap.few:
        return _network_outputs(member, swap, rows, which)
    if isinstance(member, LinearMember):
        x = swap.x[rows]
        rest = member.logits(x) - member.contributions(x)[:, swap.column]
        return rest[:, None] + member.contributions(swap.grid)[:, swap.column][which]
    mixed = np.repeat(swap.x[rows], which.shape[1], axis=0)
    mixed[:, swap.column] = swap.values[which.ravel()]
    return member.logits(mixed).reshape(*which.shape, -1)


def _network_outputs(member: NetworkMember, swap: TrainedSwap, rows: np.ndarray, which: np.ndarray) -> np.ndarray:
    place = next(i for i, other in enumerate(swap.model.members) if other is member)
    n_values = which.shape[1]
    size = 2 if n_values <= 2 else _padded_size(n_values)
    n_rows = max(1, TILE // size)
    padded = np.pad(which, ((0, 0), (0, size - n_values)), mode="edge").astype(np.int32)
    parts, read = [], member.holding(swap.x[rows])
    for at in range(0, len(rows), n_rows):
        part = slice(at, at + n_rows)
        raw = _swapped(
            read.functions, read.params, _padded(swap.x[rows[part]], n_rows), np.int32(swap.column),
            swap.projections[place], _padded(padded[part], n_rows),
        )  # fmt: skip
        parts.append(np.asarray(raw)[: len(rows[part]), :n_values])
    return np.concatenate(parts).astype(np.float64) * member.scale + member.location


@functools.partial(jax.jit, static_argnames=("pure",))
def _swapped(pure: NetworkFunctions, params: Any, x: Array, column: Array, values: Array, which: Array) -> Array:
    """Raw outputs `(row, value, output)`: a column's projection leaves the hidden state, a value's comes in."""
    side = pure.project(params, x)
    without = pure.bias(params) + side.sum(1) - jnp.take(side, column, axis=1)
    hidden = without[:, None] + values[which]
    return pure.rest(params, hidden.reshape(-1, hidden.shape[-1])).reshape(*which.shape, -1)


@dataclass(frozen=True)
class JaxSwap(ColumnSwap):
    """Any JAX function of float32 rows.

    Args:
        fn: rows to `(row, output)`; compiled once for each size of batch.
        x: the rows.
        column: position of the column that changes.
        values: its values.
    """

    fn: Callable[[Any], Any]
    x: Float[np.ndarray, "row column"]
    column: int
    values: Float[np.ndarray, " value"]

    def outputs(self, rows: Int[np.ndarray, " row"], which: Int[np.ndarray, "row value"]) -> Answers:
        """Whole rows through the function, a tile at a time."""
        mixed = np.repeat(self.x[rows], which.shape[1], axis=0)
        mixed[:, self.column] = self.values[which.ravel()]
        size = min(TILE, 1 << (len(mixed) - 1).bit_length())
        parts = []
        for at in range(0, len(mixed), size):
            part = mixed[at : at + size]
            parts.append(np.asarray(self.fn(_padded(part, size)))[: len(part)])
        return np.concatenate(parts).astype(np.float64).reshape(*which.shape, -1)


@dataclass(frozen=True)
class PredictSwap(ColumnSwap):
    """Any Python function: rows of its own kind are mixed from stacked ones.

    Args:
        game: the rows, then rows that have the values.
        column: position of the column that changes.
        sources: for each value, a stacked row that has it.
    """

    game: PredictGame
    column: int
    sources: Int[np.ndarray, " value"]

    def outputs(self, rows: Int[np.ndarray, " row"], which: Int[np.ndarray, "row value"]) -> Answers:
        """Mixed rows through `predict`."""
        n_columns = len(self.game.stacked.column_names)
        source = np.repeat(np.repeat(rows, which.shape[1])[:, None], n_columns, axis=1)
        source[:, self.column] = self.sources[which.ravel()]
        return self.game.outputs_of(source).reshape(*which.shape, -1)


def _padded(rows: np.ndarray, size: int) -> np.ndarray:
    """The rows, then copies of the last one, up to a fixed size."""
    return rows if len(rows) == size else np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])


def _padded_size(n_values: int) -> int:
    return max(FEWEST_VALUES, 1 << (n_values - 1).bit_length())
