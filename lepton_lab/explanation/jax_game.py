"""The game on a JAX function: masks and outputs stay on the device, and sums over states are made there.

Sums and weights of the estimators are in `jax_walks.py`, `jax_pairs.py`, `jax_contraction.py` and `jax_exact.py`; the
two kinds of functions in `forms.py`. Rows are padded to a fixed number, so that any number of them compiles once.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float64, Int

from lepton_lab.explanation.devices import over_rows, rows_per_call
from lepton_lab.explanation.forms import AdditiveForm, Form, FunctionForm, corner_bits
from lepton_lab.explanation.game import ROWS_PER_CALL, Game
from lepton_lab.explanation.jax_contraction import Contraction, contracted, states_in_tiles
from lepton_lab.explanation.jax_exact import (
    FEW,
    FEW_PAIRS,
    LOW,
    MANY_PAIRS,
    MAX_HIGH,
    Shared,
    few_coefs,
    few_players,
    many_coefs,
    many_players,
)
from lepton_lab.explanation.jax_pairs import PairPlan, PairSlots, pair_plan, paired, renamed
from lepton_lab.explanation.jax_walks import every_state, needed_states, walk_plan
from lepton_lab.explanation.pair_plans import Pairs
from lepton_lab.explanation.tiles import TILE, Layout, layout_of, whole_tiles
from lepton_lab.explanation.walk_plans import Orders, Walked

# Picking states out costs about a tenth of a small network's time: it pays where more than that are left out.
SKIP_BELOW = 0.88
# Numbers of one plan, which holds what its states are made of.
MAX_NUMBERS = 1 << 24
# Coalitions of one block of `corners`: all subsets of at most this many players.
CORNER_BITS = 8

Outputs = Float64[np.ndarray, "state output"]


@dataclass(frozen=True)
class Prepared:
    """States in tiles: their masks, and what the absent players contribute."""

    layout: Layout
    present: Float[Array, "tile piece state player"]
    state_side: Float[Array, "tile piece state side"]

    def flat(self) -> tuple[Float[Array, "state player"], Float[Array, "state side"]]:
        """The same, one state after another."""
        return _joined(self.present), _joined(self.state_side)


# What a game finds out that does not depend on the rows explained.
OF_BACKGROUND = ("_form", "_weights", "_at_background", "_background_bits", "_background_side")


@dataclass(frozen=True)
class JaxGame(Game):
    """A game on a JAX function: x and background as float32, all heavy work in two jitted functions.

    Args:
        form: the pure functions (`AdditiveForm` or `FunctionForm`); equal forms share compilations.
        params: their first argument, a runtime value: new weights of the same shape compile nothing.
        x: rows to explain.
        background: the reference rows.
        player_of: the player of each column; None where every column is one.
    """

    form: AdditiveForm | FunctionForm
    params: Any
    x: Float[np.ndarray, "row feature"]
    background: Float[np.ndarray, "reference feature"]
    player_of: tuple[int, ...] | None = None

    def at(self, x: Float[np.ndarray, "row feature"]) -> JaxGame:
        """The same game at other rows; what is known of the background stays known."""
        other = dataclasses.replace(self, x=x)
        vars(other).update({name: known for name, known in vars(self).items() if name in OF_BACKGROUND})
        return other

    @property
    def n_rows(self) -> int:
        """Rows that can be explained."""
        return len(self.x)

    @property
    def n_background(self) -> int:
        """Reference rows."""
        return len(self.background)

    @property
    def n_players(self) -> int:
        """Columns, or groups of them."""
        return self.x.shape[1] if self.player_of is None else max(self.player_of) + 1

    @functools.cached_property
    def _form(self) -> Form:
        """The form whose players are these."""
        return self.form if self.player_of is None else self.form.grouped(self.player_of)

    @functools.cached_property
    def _weights(self) -> Any:
        """The parameters, on the device once and for all."""
        return jax.device_put(self.params)

    def at_rows(self, rows: Int[np.ndarray, " row"]) -> Float64[np.ndarray, "row output"]:
        """Outputs at whole rows."""
        return self._at_rows[rows]

    def at_background(self) -> Float64[np.ndarray, "reference output"]:
        """Outputs at whole background rows."""
        return self._at_background

    @functools.cached_property
    def _at_rows(self) -> Float64[np.ndarray, "row output"]:
        return _whole(self._form, self._weights, self.x)

    @functools.cached_property
    def _at_background(self) -> Float64[np.ndarray, "reference output"]:
        return _whole(self._form, self._weights, self.background)

    def differs(self, rows: Int[np.ndarray, " row"]) -> Bool[np.ndarray, "row reference player"]:
        """Whether any value of a player differs; two missing values do not."""
        differs = _bits(self.x[rows])[:, None] != self._background_bits
        if self.player_of is None:
            return differs
        # A product counts the columns that differ: faster than a look at each player's.
        return differs.astype(np.float32) @ np.eye(self.n_players, dtype=np.float32)[list(self.player_of)] > 0

    @functools.cached_property
    def _background_bits(self) -> Int[np.ndarray, "1 reference feature"]:
        return _bits(self.background)[None]

    def prepare(
        self, masks: Bool[np.ndarray, "reference state player"], references: Int[np.ndarray, " reference"]
    ) -> Prepared:
        """The states' masks and what their absent players contribute, laid out in tiles."""
        layout = layout_of(*masks.shape[:2])
        own = references.astype(np.int32)
        tiles = states_in_tiles(self._form, self._weights, masks, own, self._background_side[0], layout=layout)
        return Prepared(layout, *tiles)

    @functools.cached_property
    def _background_side(self) -> tuple[Array, Array]:
        """What the background rows bring to a coalition, and the outputs there, on the device."""
        side = _sides(self._form, self._weights, jnp.asarray(self.background))
        return side, jnp.asarray(self._at_background, dtype=jnp.float32)

    def most_references(self, n_states: int, memory: int) -> int:
        """Background rows of one plan with this many states each: their masks and hidden states are the largest."""
        side, most = self._background_side[0][0], min(MAX_NUMBERS, memory // 16)
        return max(1, most // (side.size + n_states * (self.n_players + side.shape[-1]) // 2))

    def evaluate(self, prepared: Prepared, rows: Int[np.ndarray, " row"], kept: Sequence[np.ndarray]) -> Outputs:
        """Outputs of each row at its kept states, a tile of states at a time."""
        present, state_side = prepared.flat()
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
            states.reshape(-1)[first[i] * TILE : first[i] * TILE + len(k)] = prepared.layout.place(k)
        side = _sides(self._form, self._weights, jnp.asarray(_padded(self.x[rows], ROWS_PER_CALL)))
        n_tiles = jnp.asarray(int(tiles.sum()), dtype=jnp.int32)
        out = _evaluate_tiles(self._form, self._weights, side, state_side, present, row_of_tile, states, n_tiles)
        flat = np.asarray(out).reshape(-1, out.shape[-1])
        spans = [flat[first[i] * TILE : first[i] * TILE + n] for i, n in enumerate(counts)]
        return np.concatenate(spans).astype(np.float64)

    def contract(
        self, prepared: Prepared, rows: Int[np.ndarray, " row"], coefs: Float[np.ndarray, "reference state k"]
    ) -> Float64[np.ndarray, "row reference k output"]:
        """Sums over states of coefficient times output, where the outputs are."""
        laid = prepared.layout.laid_out(coefs.astype(np.float32))
        plan = Contraction(prepared.present, prepared.state_side, jnp.asarray(laid))
        return self._contracted(prepared.layout, plan, rows)

    def pair_plan(self, pairs: Pairs) -> tuple[Pairs, PairSlots, PairPlan]:
        """Pairs by design: players are renamed on the device."""
        slots = PairSlots(pairs.which, 2 * pairs.n_pairs, len(pairs.masks))
        return pairs, slots, pair_plan(pairs, slots, self._background_side[0])

    def contract_pairs(
        self, plan: tuple[Pairs, PairSlots, PairPlan], rows: Int[np.ndarray, " row"]
    ) -> Float64[np.ndarray, "row reference value output"]:
        """What the pairs' half differences come to, summed where the outputs are."""
        pairs, slots, prepared = plan
        parts = []
        for at in range(0, len(rows), rows_per_call()):
            by_row = (self.x[rows[at : at + rows_per_call()]],)
            (found,) = over_rows(paired, self._form, self._weights, prepared, by_row)
            parts.append(renamed(found.astype(np.float64), pairs, slots))
        return np.concatenate(parts)

    def _contracted(self, layout: Layout, plan: Contraction, rows: np.ndarray) -> np.ndarray:
        """Sums by background row, a call of rows at a time."""
        parts = []
        for at in range(0, len(rows), rows_per_call()):
            by_row = (self.x[rows[at : at + rows_per_call()]],)
            (found,) = over_rows(contracted, self._form, self._weights, plan, by_row)
            parts.append(found.astype(np.float64))
        return layout.summed(np.concatenate(parts))

    def walk_plan(self, orders: Orders) -> Any:
        """Walks of some background rows, on the device."""
        if self.n_players == 1:
            return super().walk_plan(orders)
        order = orders.orders.astype(np.int32)
        n_tiles, per_tile = whole_tiles(len(order), orders.n_states)
        chosen = orders.references.astype(np.int32), orders.weights.astype(np.float32)
        places = np.argsort(order, axis=2).astype(np.int32)
        return orders, walk_plan((order, places), self._background_side, chosen, n_tiles=n_tiles, per_tile=per_tile)

    def walk(self, plan: Any, rows: Int[np.ndarray, " row"]) -> Walked:
        """Walks of some rows through a plan, summed over its background rows on the device."""
        if self.n_players == 1:
            return super().walk(plan, rows)
        orders, prepared = plan
        kernel = needed_states if self._skips else every_state
        parts = []
        for at in range(0, len(rows), rows_per_call()):
            some = rows[at : at + rows_per_call()]
            differs = self.differs(some)[:, orders.references] & (orders.weights > 0)[:, None]
            by_row = (self.x[some], self._at_rows[some].astype(np.float32), differs)
            parts.append(over_rows(kernel, self._form, self._weights, prepared, by_row))
        *sums, counts = (np.concatenate(found) for found in zip(*parts, strict=True))
        return Walked(*(found.astype(np.float64) for found in sums), n_evaluations=int(counts.sum()))

    @functools.cached_property
    def _skips(self) -> bool:
        """Whether enough states repeat the one before them to pick the others out; by some rows, so that it stays."""
        some = np.unique(np.linspace(0, self.n_rows - 1, min(self.n_rows, 64)).astype(int))
        n_real = self.differs(some).sum(axis=2)
        return float(np.maximum(n_real - 1, 0).mean()) < SKIP_BELOW * (self.n_players - 1)

    def exact_pairs(
        self,
        rows: Int[np.ndarray, " pair"],
        references: Int[np.ndarray, " pair"],
        players: Int[np.ndarray, "pair player"],
    ) -> Float64[np.ndarray, "pair player output"]:
        """Shapley values of games of one background row, by every coalition, summed on the device."""
        m = players.shape[1]
        many = m > LOW
        n_bits = LOW + MAX_HIGH if many else next(n for n in FEW if n >= m)
        kernel, size, coefs = (
            (many_players, MANY_PAIRS, many_coefs(m)) if many else (few_players, FEW_PAIRS, few_coefs(m, n_bits))
        )
        shared = Shared(
            self._background_side[0], jnp.asarray(coefs), jnp.asarray(1 << max(0, m - LOW), dtype=jnp.int32)
        )
        padded = np.pad(players, ((0, 0), (0, n_bits - m)), constant_values=-1).astype(np.int32)
        parts = []
        for at in range(0, len(rows), rows_per_call(size)):
            part = slice(at, at + rows_per_call(size))
            by_row = (self.x[rows[part]], references[part].astype(np.int32), padded[part])
            (found,) = over_rows(kernel, self._form, self._weights, shared, by_row, size)
            parts.append(found[:, :m].astype(np.float64))
        return np.concatenate(parts)

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
        fixed = np.zeros((n_pairs, len(upper), self.n_players), dtype=np.float32)
        np.put_along_axis(fixed, np.broadcast_to(high[:, None], (n_pairs, *upper.shape)), upper[None], axis=2)
        blocks = [np.repeat(a, len(upper), axis=0) for a in (rows, references, low)]
        out = self._blocks(blocks[0], blocks[1], fixed.reshape(-1, self.n_players), blocks[2])
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
                self._form, self._weights, ours, theirs, _padded(fixed[part], size), _padded(low[part], size)
            )
            parts.append(np.asarray(out, dtype=np.float64)[: len(rows[part])])
        return np.concatenate(parts)


def _bits(values: Float[np.ndarray, "row feature"]) -> Int[np.ndarray, "row feature"]:
    """Values as whole numbers that are equal where the values are, or both are missing."""
    return np.where(np.isnan(values), np.float32(np.nan), values + np.float32(0)).view(np.int32)


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
    return form.whole(params, x)


@functools.partial(jax.jit, static_argnames=("form",))
def _sides(form: Any, params: Any, x: Array) -> Array:
    return form.side(params, x)


def _joined(tile: Array) -> Array:
    """A tile's pieces as one."""
    return tile.reshape(-1, tile.shape[-1])


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
