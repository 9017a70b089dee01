"""Games: what is asked when a coalition of features keeps its row's values and the rest take a background row's.

A game answers three questions for the estimators: its output at rows and at background rows, at the
states of a shared set of coalitions (`prepare`, then `evaluate`), and at every coalition of a few
players (`corners`). Here are the two games on JAX functions; `predict_game.py` holds the one on any
Python `predict`. No estimator is here: sums and weights are in `walks.py` and `exact.py`, in float64.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float64, Int

# States evaluated at once: enough for matmuls near peak, few enough to stay in the second-level cache.
TILE = 512
# Rows of one call. Fewer rows are padded (their tiles are never run), so any number of rows compiles once.
ROWS_PER_CALL = 16
# Coalitions of one block of `corners`: all subsets of at most this many players.
CORNER_BITS = 8

Outputs = Float64[np.ndarray, "state output"]


class Game(abc.ABC):
    """What the estimators need of a game. Rows and background rows are named by position."""

    @property
    @abc.abstractmethod
    def n_rows(self) -> int:
        """Rows that can be explained."""

    @property
    @abc.abstractmethod
    def n_background(self) -> int:
        """Background rows."""

    @property
    @abc.abstractmethod
    def n_features(self) -> int:
        """Players."""

    @functools.cached_property
    def n_outputs(self) -> int:
        """Outputs of the function."""
        return self.at_background().shape[1]

    @abc.abstractmethod
    def at_rows(self, rows: np.ndarray) -> np.ndarray:
        """Outputs at whole rows, `(row, output)` in float64."""

    @abc.abstractmethod
    def at_background(self) -> np.ndarray:
        """Outputs at whole background rows, `(reference, output)` in float64."""

    @abc.abstractmethod
    def differs(self, rows: np.ndarray) -> np.ndarray:
        """`(row, reference, feature)`: whether the row's value differs; a feature that does not is a dummy."""

    @abc.abstractmethod
    def prepare(self, masks: np.ndarray, references: np.ndarray) -> Any:
        """What `evaluate` shares between rows: masks `(reference, state, feature)` of some background rows."""

    @abc.abstractmethod
    def evaluate(self, prepared: Any, rows: np.ndarray, kept: Sequence[np.ndarray]) -> np.ndarray:
        """Outputs of each row at its kept states, one row after another, `(state, output)`.

        A state's number is its place in the masks, counted through all the references.
        """

    @abc.abstractmethod
    def corners(self, rows: np.ndarray, references: np.ndarray, players: np.ndarray) -> np.ndarray:
        """`(pair, 2**m, output)`: every coalition of `players (pair, m)`; bit i of the state is player i."""


@dataclass(frozen=True)
class AdditiveForm:
    """Pure functions of a network whose first layer is a sum over columns: `rest(bias + sum_j project_j)`.

    The hidden state of a coalition is a masked sum of projections; masked inputs are never built.

    Args:
        project: `(params, x (row, feature)) -> (row, feature, hidden)`.
        bias: `params -> (hidden,)`.
        rest: `(params, hidden (state, hidden)) -> (state, output)`.
    """

    project: Callable[[Any, Any], Any]
    bias: Callable[[Any], Any]
    rest: Callable[[Any, Any], Any]

    def side(self, params: Any, x: Float[Array, "row feature"]) -> Float[Array, "row feature hidden"]:
        """What a row brings to a coalition: its projections."""
        return self.project(params, x)

    def state_side(
        self,
        params: Any,
        absent: Float[Array, "reference state feature"],
        side: Float[Array, "reference feature hidden"],
    ) -> Float[Array, "reference state hidden"]:
        """Hidden state of the absent features alone, from the projections of the background."""
        return self.bias(params) + jnp.einsum("rsf,rfh->rsh", absent, side)

    def outputs(
        self,
        params: Any,
        row_side: Float[Array, "feature hidden"],
        state_side: Float[Array, "state hidden"],
        present: Float[Array, "state feature"],
    ) -> Float[Array, "state output"]:
        """Outputs of one row at some states."""
        return self.rest(params, state_side + present @ row_side)

    def corner_outputs(
        self,
        params: Any,
        row_side: Float[Array, "block feature hidden"],
        reference_side: Float[Array, "block feature hidden"],
        fixed: Float[Array, "block feature"],
        low: Int[Array, "block bit"],
    ) -> Float[Array, "block corner output"]:
        """Outputs at all subsets of the players `low` (-1 is nobody) on top of the `fixed` ones.

        The subsets' hidden states are built by doubling: each player adds its difference to a copy.
        """
        delta = row_side - reference_side
        hidden = (self.bias(params) + reference_side.sum(1) + jnp.einsum("bf,bfh->bh", fixed, delta))[:, None]
        for bit in range(low.shape[1]):
            step = jnp.take_along_axis(delta, jnp.maximum(low[:, bit], 0)[:, None, None], axis=1)
            step = jnp.where((low[:, bit] >= 0)[:, None, None], step, 0.0)
            hidden = jnp.concatenate([hidden, hidden + step], axis=1)
        flat = self.rest(params, hidden.reshape(-1, hidden.shape[-1]))
        return flat.reshape(*hidden.shape[:2], -1)


@dataclass(frozen=True)
class FunctionForm:
    """Any JAX function: `fn(params, x (row, feature)) -> (row, output)`. A coalition's input is a mixed row."""

    fn: Callable[[Any, Any], Any]

    def side(self, params: Any, x: Float[Array, "row feature"]) -> Float[Array, "row feature"]:
        """What a row brings to a coalition: its values."""
        return x

    def state_side(
        self, params: Any, absent: Float[Array, "reference state feature"], side: Float[Array, "reference feature"]
    ) -> Float[Array, "reference state feature"]:
        """The background values of each state."""
        return jnp.broadcast_to(side[:, None], absent.shape)

    def outputs(
        self,
        params: Any,
        row_side: Float[Array, " feature"],
        state_side: Float[Array, "state feature"],
        present: Float[Array, "state feature"],
    ) -> Float[Array, "state output"]:
        """Outputs of one row at some states."""
        return self.fn(params, jnp.where(present > 0, row_side, state_side))

    def corner_outputs(
        self,
        params: Any,
        row_side: Float[Array, "block feature"],
        reference_side: Float[Array, "block feature"],
        fixed: Float[Array, "block feature"],
        low: Int[Array, "block bit"],
    ) -> Float[Array, "block corner output"]:
        """Outputs at all subsets of the players `low` (-1 is nobody) on top of the `fixed` ones."""
        bits = jnp.array(corner_bits(low.shape[1]))
        chosen = low[:, :, None] == jnp.arange(fixed.shape[1])
        present = (bits[None, :, :, None] & chosen[:, None]).any(2) | (fixed > 0)[:, None]
        mixed = jnp.where(present, row_side[:, None], reference_side[:, None])
        return self.fn(params, mixed.reshape(-1, mixed.shape[-1])).reshape(*mixed.shape[:2], -1)


@dataclass(frozen=True)
class JaxGame(Game):
    """A game on a JAX function: x and background as float32, all heavy work in two jitted functions.

    Args:
        form: the pure functions (`AdditiveForm` or `FunctionForm`); equal forms share compilations.
        params: their first argument, a runtime value: new weights of the same shape compile nothing.
        x: rows to explain.
        background: the reference rows.
    """

    form: AdditiveForm | FunctionForm
    params: Any
    x: Float[np.ndarray, "row feature"]
    background: Float[np.ndarray, "reference feature"]

    @property
    def n_rows(self) -> int:
        """Rows that can be explained."""
        return len(self.x)

    @property
    def n_background(self) -> int:
        """Reference rows."""
        return len(self.background)

    @property
    def n_features(self) -> int:
        """Players."""
        return self.x.shape[1]

    def at_rows(self, rows: Int[np.ndarray, " row"]) -> Float64[np.ndarray, "row output"]:
        """Outputs at whole rows."""
        return _whole(self.form, self.params, self.x[rows])

    def at_background(self) -> Float64[np.ndarray, "reference output"]:
        """Outputs at whole background rows."""
        return _whole(self.form, self.params, self.background)

    def differs(self, rows: Int[np.ndarray, " row"]) -> Bool[np.ndarray, "row reference feature"]:
        """Whether values differ; two missing values do not."""
        ours, theirs = self.x[rows][:, None], self.background[None]
        return (ours != theirs) & ~(np.isnan(ours) & np.isnan(theirs))

    def prepare(
        self, masks: Bool[np.ndarray, "reference state feature"], references: Int[np.ndarray, " reference"]
    ) -> tuple[Array, Array]:
        """The states' masks, and what the absent features contribute."""
        present = jnp.asarray(masks, dtype=jnp.float32)
        state_side = _state_sides(self.form, self.params, present, self._references[jnp.asarray(references)])
        return present.reshape(-1, self.n_features), state_side.reshape(present.shape[0] * present.shape[1], -1)

    @functools.cached_property
    def _references(self) -> Array:
        return _sides(self.form, self.params, jnp.asarray(self.background))

    def evaluate(
        self, prepared: tuple[Array, Array], rows: Int[np.ndarray, " row"], kept: Sequence[np.ndarray]
    ) -> Outputs:
        """Outputs of each row at its kept states, a tile of states at a time."""
        present, state_side = prepared
        if len(rows) > ROWS_PER_CALL:
            at = ROWS_PER_CALL
            parts = self.evaluate(prepared, rows[:at], kept[:at]), self.evaluate(prepared, rows[at:], kept[at:])
            return np.concatenate(parts)
        counts = np.array([len(k) for k in kept])
        tiles = -(-counts // TILE)
        states = np.zeros((ROWS_PER_CALL * -(-len(present) // TILE), TILE), dtype=np.int32)
        row_of_tile = np.zeros(len(states), dtype=np.int32)
        row_of_tile[: tiles.sum()] = np.repeat(np.arange(len(rows)), tiles)
        first = np.concatenate([[0], np.cumsum(tiles)])
        for i, k in enumerate(kept):
            states.reshape(-1)[first[i] * TILE : first[i] * TILE + len(k)] = k
        side = _sides(self.form, self.params, jnp.asarray(_padded(self.x[rows], ROWS_PER_CALL)))
        n_tiles = jnp.asarray(int(tiles.sum()), dtype=jnp.int32)
        out = _evaluate_tiles(self.form, self.params, side, state_side, present, row_of_tile, states, n_tiles)
        flat = np.asarray(out).reshape(-1, out.shape[-1])
        spans = [flat[first[i] * TILE : first[i] * TILE + n] for i, n in enumerate(counts)]
        return np.concatenate(spans).astype(np.float64)

    def corners(
        self,
        rows: Int[np.ndarray, " pair"],
        references: Int[np.ndarray, " pair"],
        players: Int[np.ndarray, "pair player"],
    ) -> Float64[np.ndarray, "pair corner output"]:
        """Every coalition of each pair's players, in blocks of subsets of at most eight of them."""
        n_pairs, m = players.shape
        low, high = players[:, :CORNER_BITS], players[:, CORNER_BITS:]
        n_bits = low.shape[1] + low.shape[1] % 2  # even sizes only: half the compilations
        low = np.pad(low, ((0, 0), (0, n_bits - low.shape[1])), constant_values=-1)
        upper = corner_bits(high.shape[1])
        fixed = np.zeros((n_pairs, len(upper), self.n_features), dtype=np.float32)
        np.put_along_axis(fixed, np.broadcast_to(high[:, None], (n_pairs, *upper.shape)), upper[None], axis=2)
        blocks = [np.repeat(a, len(upper), axis=0) for a in (rows, references, low)]
        out = self._blocks(blocks[0], blocks[1], fixed.reshape(-1, self.n_features), blocks[2])
        return out[:, : 2 ** min(m, CORNER_BITS)].reshape(n_pairs, 2**m, -1)

    def _blocks(self, rows: np.ndarray, references: np.ndarray, fixed: np.ndarray, low: np.ndarray) -> np.ndarray:
        """Outputs of blocks of corners, a fixed number of blocks a call."""
        n_corners = 2 ** low.shape[1]
        size = max(1, 4 * TILE // n_corners)
        parts = []
        for at in range(0, len(rows), size):
            part = slice(at, at + size)
            ours = jnp.asarray(_padded(self.x[rows[part]], size))
            theirs = jnp.asarray(_padded(self.background[references[part]], size))
            out = _corner_blocks(
                self.form, self.params, ours, theirs, _padded(fixed[part], size), _padded(low[part], size)
            )
            parts.append(np.asarray(out, dtype=np.float64)[: len(rows[part])])
        return np.concatenate(parts)


def corner_bits(n_players: int) -> Bool[np.ndarray, "corner player"]:
    """Every coalition of some players: bit i of the row number is player i."""
    return (np.arange(2**n_players)[:, None] >> np.arange(n_players)) % 2 == 1


def _padded(rows: np.ndarray, size: int) -> np.ndarray:
    """The rows, then copies of the last one, up to a fixed size."""
    return rows if len(rows) == size else np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), axis=0)])


def _whole(form: Any, params: Any, x: np.ndarray) -> np.ndarray:
    """Outputs at whole rows, a fixed number of rows a call."""
    parts = [x[at : at + 4 * ROWS_PER_CALL] for at in range(0, len(x), 4 * ROWS_PER_CALL)]
    outs = [np.asarray(_whole_rows(form, params, _padded(p, 4 * ROWS_PER_CALL)))[: len(p)] for p in parts]
    return np.concatenate(outs).astype(np.float64)


@functools.partial(jax.jit, static_argnames=("form",))
def _whole_rows(form: Any, params: Any, x: Array) -> Array:
    side = form.side(params, x)
    nothing = jnp.zeros(x.shape, x.dtype)
    return form.corner_outputs(params, side, side, nothing, jnp.zeros((len(x), 0), dtype=jnp.int32))[:, 0]


@functools.partial(jax.jit, static_argnames=("form",))
def _sides(form: Any, params: Any, x: Array) -> Array:
    return form.side(params, x)


@functools.partial(jax.jit, static_argnames=("form",))
def _state_sides(form: Any, params: Any, present: Array, side: Array) -> Array:
    return form.state_side(params, 1 - present, side)


@functools.partial(jax.jit, static_argnames=("form",))
def _evaluate_tiles(
    form: Any, params: Any, row_sides: Array, state_side: Array, present: Array, row_of_tile: Array, states: Array,
    n_tiles: Array,
) -> Array:  # fmt: skip
    """Outputs of the first `n_tiles` tiles, each a row and some states; the other tiles are not run."""
    n_outputs = jax.eval_shape(form.outputs, params, row_sides[0], state_side[:1], present[:1]).shape[-1]

    def one(i: Array, out: Array) -> Array:
        of = states[i]
        return out.at[i].set(form.outputs(params, row_sides[row_of_tile[i]], state_side[of], present[of]))

    return jax.lax.fori_loop(0, n_tiles, one, jnp.zeros((*states.shape, n_outputs), jnp.float32))


@functools.partial(jax.jit, static_argnames=("form",))
def _corner_blocks(form: Any, params: Any, x: Array, background: Array, fixed: Array, low: Array) -> Array:
    return form.corner_outputs(params, form.side(params, x), form.side(params, background), fixed, low)
