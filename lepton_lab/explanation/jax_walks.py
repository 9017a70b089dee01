"""Walks of some rows through one plan on the device: only sums over the background rows come back to the host.

The coalitions of a walk back are the complements of those of the walk. A coalition's hidden state is the
background row's plus what its players add, its complement's the explained row's less the same: so a plan holds
the masks of the walks alone, and one product serves both. Where many values equal the background's, the states
that a row does not need are left out: the numbers of the others are put side by side, and tiles beyond them are
not run.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lepton_lab.explanation.jax_pairs import above_complements
from lepton_lab.explanation.walk_plans import N_PASSES

# Two walks; each counts with the walk back along its order.
N_WALKS = N_PASSES // 2


class WalkPlan(NamedTuple):
    """A plan on the device. Tiles hold whole background rows; the last one is padded.

    Args:
        orders: players in walking order.
        places: the step at which each walk switches each player.
        masks: the first players of both walks: all steps of the first, then of the second.
        sides: what the background rows bring to a coalition.
        starts: outputs at the background rows.
        weights: of the background rows.
    """

    orders: Int[Array, "reference walk player"]
    places: Int[Array, "reference walk player"]
    masks: Float[Array, "tile nth state player"]
    sides: Float[Array, "tile nth *side"]
    starts: Float[Array, "reference output"]
    weights: Float[Array, " reference"]


@functools.partial(jax.jit, static_argnames=("n_tiles", "per_tile"))
def walk_plan(
    orders: tuple[Array, Array],
    background: tuple[Array, Array],
    chosen: tuple[Array, Array],
    *,
    n_tiles: int,
    per_tile: int,
) -> WalkPlan:
    """The plan of some background rows.

    Args:
        orders: both walks' players in walking order, and the step at which each walk switches each player.
        background: what all background rows bring to a coalition, and the outputs there.
        chosen: the background rows of this plan, and their weights.
        n_tiles: tiles.
        per_tile: background rows of one; the last tile is padded.
    """
    (order, places), (sides, outputs), (references, weights) = orders, background, chosen
    n, _, d = order.shape
    masks = (places[:, :, None, :] <= jnp.arange(d - 1, dtype=jnp.int32)[:, None]).astype(jnp.float32)
    padded = jnp.minimum(jnp.arange(n_tiles * per_tile), n - 1)
    masks = masks.reshape(n, -1, d)[padded].reshape(n_tiles, per_tile, -1, d)
    own = sides[references[padded]].reshape(n_tiles, per_tile, *sides.shape[1:])
    return WalkPlan(order, places, masks, own, outputs[references], weights)


def every_state(form: Any, params: Any, plan: WalkPlan, by_row: tuple[Array, ...], n_rows: Array) -> tuple[Array, ...]:
    """The walks' sums of the first `n_rows` rows, `(row, player, output)` each, from all states."""
    n, _, d = plan.orders.shape

    def one_row(side: Array, end: Array, differs: Array) -> Any:
        def one_tile(tile: tuple[Array, Array]) -> Float[Array, "nth state output"]:
            masks, sides = tile
            start, steps, context = jax.vmap(form.steps, in_axes=(None, None, 0))(params, side, sides)
            ends = start, start + steps.sum(axis=1), context
            return above_complements(form, params, ends, form.moved(steps, masks))

        above = jax.lax.map(one_tile, (plan.masks, plan.sides))
        above = above.reshape(-1, N_WALKS, d - 1, len(end))[:n]
        n_states = (plan.weights > 0).sum() * (N_PASSES * (d - 1))
        return _sums(_moves(above, end, plan), plan, differs), n_states.astype(jnp.int32)

    return _by_row(one_row, form, params, by_row, n_rows)


def needed_states(
    form: Any, params: Any, plan: WalkPlan, by_row: tuple[Array, ...], n_rows: Array
) -> tuple[Array, ...]:
    """The walks' sums of the first `n_rows` rows, `(row, player, output)` each, from the states after a real step."""
    n_tiles, per_tile, n_own, d = plan.masks.shape
    n, tile = len(plan.weights), per_tile * n_own
    flat = plan.sides.reshape(n_tiles * per_tile, *plan.sides.shape[2:])
    masks = plan.masks.reshape(n_tiles * per_tile, n_own, d)

    def one_row(side: Array, end: Array, differs: Array) -> Any:
        keep, count, total = _kept(differs, plan)
        running = jnp.cumsum(keep.reshape(-1), dtype=jnp.int32)
        n_kept = running[-1]
        slot = jnp.where(keep.reshape(-1), running - 1, n_tiles * tile)
        numbers = jnp.arange(len(slot), dtype=jnp.int32)
        kept = jnp.zeros(n_tiles * tile, jnp.int32).at[slot].set(numbers, mode="drop").reshape(n_tiles, tile)
        start, steps, context = jax.vmap(form.steps, in_axes=(None, None, 0))(params, side, flat)
        # Of any background row: everybody there is the explained row itself.
        full, moved = start[0] + steps[0].sum(axis=0), form.moved(steps, masks).reshape(n_tiles * tile, -1)

        def one_tile(i: Array, out: Array) -> Array:
            added = _taken(moved, kept[i])
            own_start, own_context = jax.tree.map(lambda a: _taken(a, kept[i] // n_own), (start, context))
            hidden = jnp.stack([own_start + added, full - added], axis=1)
            outputs = form.at(params, own_context, hidden)
            return jax.lax.dynamic_update_index_in_dim(out, outputs[:, 0] - outputs[:, 1], i, 0)

        empty = jnp.zeros((n_tiles, tile, len(end)), jnp.float32)
        found = jax.lax.fori_loop(0, (n_kept + tile - 1) // tile, one_tile, empty).reshape(n_tiles * tile, -1)
        above = found[jnp.maximum(running - 1, 0)].reshape(n, N_WALKS, d - 1, -1)
        # After a dummy's step the value is the one before; before the first real step, and after the last, an end's.
        edge = (end - plan.starts)[:, None, None]
        above = jnp.where((count == total)[..., None], edge, jnp.where((count == 0)[..., None], -edge, above))
        return _sums(_moves(above, end, plan), plan, differs), 2 * n_kept

    return _by_row(one_row, form, params, by_row, n_rows)


def _kept(
    differs: Bool[Array, "reference player"], plan: WalkPlan
) -> tuple[Bool[Array, "reference walk state"], Int[Array, "reference walk state"], Int[Array, "reference walk 1"]]:
    """Which states follow a real step, and how many real steps were made before each and are made in all."""
    active = jnp.take_along_axis(differs[:, None], plan.orders, axis=2, mode="promise_in_bounds")
    count = jnp.cumsum(active, axis=2, dtype=jnp.int32)
    total, count = count[:, :, -1:], count[:, :, :-1]
    return active[:, :, :-1] & (count < total), count, total


def _taken(array: Array, places: Int[Array, " place"]) -> Array:
    return array.at[places].get(mode="promise_in_bounds")


def _moves(
    above: Float[Array, "reference walk state output"], end: Float[Array, " output"], plan: WalkPlan
) -> Float[Array, "reference walk step output"]:
    """What each step of a walk moved, there and back on average, from what coalitions exceed their complements by."""
    edge = jnp.broadcast_to((end - plan.starts)[:, None, None], (*above.shape[:2], 1, len(end)))
    return jnp.diff(jnp.concatenate([-edge, above, edge], axis=2), axis=2) / 2


def _sums(
    moves: Float[Array, "reference walk step output"], plan: WalkPlan, differs: Bool[Array, "reference player"]
) -> tuple[Array, ...]:
    """Sums over the background rows of what each player's steps moved: see `Walked`."""
    places = jnp.broadcast_to(plan.places[..., None], moves.shape)
    by_player = jnp.take_along_axis(moves, places, axis=2, mode="promise_in_bounds")
    by_player *= differs[:, None, :, None].astype(jnp.float32)
    first, second = by_player[:, 0], by_player[:, 1]
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
