"""Walks of some rows through one plan on the device: only sums over the background rows come back to the host.

A plan's masks, and what its absent players contribute, are made once and used by all its rows. A row then
adds its own side to them, a tile of states at a time, and the outputs are turned into marginal
contributions and sums at once. Where many values equal the background's, the states that a row does not
need are left out: the numbers of the others are put side by side, and tiles beyond them are not run.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lepton_lab.explanation.walk_plans import N_PASSES


class WalkPlan(NamedTuple):
    """A plan on the device.

    Args:
        passes: players in walking order.
        places: the step at which each pass switches each player.
        present: masks of all states, in tiles of whole background rows.
        state_side: what their absent players contribute.
        starts: outputs at the background rows.
        weights: of the background rows.
    """

    passes: Int[Array, "reference passes player"]
    places: Int[Array, "reference passes player"]
    present: Float[Array, "tile state player"]
    state_side: Float[Array, "tile state side"]
    starts: Float[Array, "reference output"]
    weights: Float[Array, " reference"]


@functools.partial(jax.jit, static_argnames=("form", "n_tiles", "per_tile"))
def walk_plan(
    form: Any, params: Any, orders: tuple[Array, Array], background: tuple[Array, Array],
    chosen: tuple[Array, Array], *, n_tiles: int, per_tile: int,
) -> WalkPlan:  # fmt: skip
    """The plan of some background rows.

    Args:
        form: the function's form.
        params: its weights.
        orders: both walks' players in walking order, and the step at which each walk switches each player.
        background: what all background rows bring to a coalition, and the outputs there.
        chosen: the background rows of this plan, and their weights.
        n_tiles: tiles.
        per_tile: background rows of one; the last tile is padded.
    """
    (order, place), (sides, outputs), (references, weights) = orders, background, chosen
    n, _, d = order.shape
    passes = jnp.concatenate([order, order[:, :, ::-1]], axis=1)
    places = jnp.concatenate([place, d - 1 - place], axis=1)
    masks = (places[:, :, None, :] <= jnp.arange(d - 1)[None, None, :, None]).astype(jnp.float32)
    padded = jnp.minimum(jnp.arange(n_tiles * per_tile), n - 1)
    present = masks.reshape(n, -1, d)
    if len(padded) > n:
        present = present[padded]
    state_side = form.state_side(params, 1 - present, sides[references[padded]])
    present, state_side = (a.reshape(n_tiles, -1, a.shape[-1]) for a in (present, state_side))
    return WalkPlan(passes, places, present, state_side, outputs[references], weights)


def every_state(form: Any, params: Any, plan: WalkPlan, by_row: tuple[Array, ...], n_rows: Array) -> tuple[Array, ...]:
    """The walks' sums of the first `n_rows` rows, `(row, player, output)` each, from all states."""

    def one_row(side: Array, end: Array, differs: Array) -> Any:
        outputs = jax.lax.map(lambda tile: form.outputs(params, side, *tile), (plan.state_side, plan.present))
        along = _along(outputs, plan)
        ends = jnp.broadcast_to(end, (*along.shape[:2], 1, len(end)))
        moves = jnp.diff(jnp.concatenate([_starts(plan, 1), along, ends], axis=2), axis=2)
        n_states = (plan.weights > 0).sum() * along.shape[1] * along.shape[2]
        return _sums(moves, plan, differs), n_states.astype(jnp.int32)

    return _by_row(one_row, form, params, by_row, n_rows)


def needed_states(
    form: Any, params: Any, plan: WalkPlan, by_row: tuple[Array, ...], n_rows: Array
) -> tuple[Array, ...]:
    """The walks' sums of the first `n_rows` rows, `(row, player, output)` each, from the states after a real step."""
    n_tiles, tile = plan.present.shape[:2]
    present, state_side = (a.reshape(n_tiles * tile, -1) for a in (plan.present, plan.state_side))

    def one_row(side: Array, end: Array, differs: Array) -> Any:
        active = _taken(jnp.broadcast_to(differs[:, None], plan.passes.shape), plan.passes)
        count = jnp.cumsum(active, axis=2, dtype=jnp.int32)
        total = count[:, :, -1:]
        # After a dummy's step the value is the one before; after the last real step it is the row's own.
        keep = (active & (count < total))[:, :, :-1].reshape(-1)
        running = jnp.cumsum(keep, dtype=jnp.int32)
        n_kept = running[-1]
        slot = jnp.where(keep, running - 1, n_tiles * tile)
        numbers = jnp.arange(len(keep), dtype=jnp.int32)
        kept = jnp.zeros(n_tiles * tile, jnp.int32).at[slot].set(numbers, mode="drop").reshape(n_tiles, tile)

        def one_tile(i: Array, out: Array) -> Array:
            own_side, own = (a.at[kept[i]].get(mode="promise_in_bounds") for a in (state_side, present))
            return jax.lax.dynamic_update_index_in_dim(out, form.outputs(params, side, own_side, own), i, 0)

        empty = jnp.zeros((n_tiles, tile, len(end)), jnp.float32)
        found = jax.lax.fori_loop(0, (n_kept + tile - 1) // tile, one_tile, empty).reshape(n_tiles * tile, -1)
        last = jnp.maximum(running - 1, 0).reshape(*count.shape[:2], -1)
        along = jnp.concatenate([found[last], jnp.zeros((*count.shape[:2], 1, len(end)))], axis=2)
        along = jnp.where((count == total)[..., None], jnp.broadcast_to(end, along.shape), along)
        starts = _starts(plan, 1)
        along = jnp.where((count == 0)[..., None], starts, along)
        return _sums(jnp.diff(along, axis=2, prepend=starts), plan, differs), n_kept

    return _by_row(one_row, form, params, by_row, n_rows)


def _along(outputs: Float[Array, "tile state output"], plan: WalkPlan) -> Float[Array, "reference passes step output"]:
    """Outputs along the passes, without the padding."""
    n, d = len(plan.weights), plan.places.shape[2]
    return outputs.reshape(-1, outputs.shape[-1])[: n * N_PASSES * (d - 1)].reshape(n, N_PASSES, d - 1, -1)


def _starts(plan: WalkPlan, n_steps: int) -> Float[Array, "reference passes step output"]:
    n, n_outputs = plan.starts.shape
    return jnp.broadcast_to(plan.starts[:, None, None], (n, N_PASSES, n_steps, n_outputs))


def _taken(values: Array, places: Array) -> Array:
    return jnp.take_along_axis(values, places, axis=2, mode="promise_in_bounds")


def _sums(
    moves: Float[Array, "reference passes step output"], plan: WalkPlan, differs: Bool[Array, "reference player"]
) -> tuple[Array, ...]:
    """Sums over the background rows of what each player's steps moved: see `Walked`."""
    by_player = _taken(moves, jnp.broadcast_to(plan.places[..., None], moves.shape))
    by_player *= differs[:, None, :, None].astype(jnp.float32)
    # A walk is the mean of its two passes.
    first, second = (by_player[:, 0] + by_player[:, 2]) / 2, (by_player[:, 1] + by_player[:, 3]) / 2
    gap, w = (first - second) / 2, plan.weights

    def summed(weights: Array, values: Array) -> Array:
        return jnp.einsum("b,bfo->fo", weights, values, precision="highest")

    # Scaled by the largest term, a fourth power neither vanishes nor overflows in float32.
    terms = jnp.square(w[:, None, None] * gap)
    largest = terms.max(axis=0)
    shares = terms / jnp.where(largest > 0, largest, jnp.ones_like(largest))
    peak = largest * jnp.sqrt(jnp.square(shares).sum(axis=0))
    return summed(w, (first + second) / 2), summed(w, gap), terms.sum(axis=0), summed(w, first * second), peak


def _by_row(one_row: Any, form: Any, params: Any, by_row: tuple[Array, ...], n_rows: Array) -> tuple[Array, ...]:
    """What `one_row` finds for the first `n_rows` rows, one after another; nothing is run for the others."""
    x, ends, differs = by_row
    sides = form.side(params, x)

    def step(i: Array, out: Any) -> Any:
        found = one_row(sides[i], ends[i], differs[i])
        return jax.tree.map(lambda into, one: into.at[i].set(one), out, found)

    shapes = jax.eval_shape(one_row, sides[0], ends[0], differs[0])
    empty = jax.tree.map(lambda one: jnp.zeros((len(x), *one.shape), one.dtype), shapes)
    sums, n_evaluations = jax.lax.fori_loop(0, n_rows, step, empty)
    return *sums, n_evaluations
