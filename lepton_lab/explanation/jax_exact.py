"""Exact values of pairs of a row and a background row on the device: every coalition, and what it adds to each player.

The hidden state of a coalition is a start plus a step for each of its players. The sums over all subsets of
eight players are made once for a pair, and those of the others are added to them, so that a state costs one
addition before the rest of the network; its output is multiplied by its coefficients at once, and only the
players' values come back.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from lepton_lab.explanation.forms import corner_bits
from lepton_lab.explanation.tiles import TILE

# Players whose subsets are summed once for a pair; the subsets of the others are blocks of 2**LOW states.
LOW = 8
MAX_HIGH = 8
# Blocks of one tile.
BLOCKS = max(2, TILE >> LOW)
# Numbers of players that compile: fewer are padded.
FEW = (3, 5, 6, 7, 8)
# Pairs of one call and device: of few players, and of many.
FEW_PAIRS, MANY_PAIRS = 256, 16


class Shared(NamedTuple):
    """What all pairs use.

    Args:
        sides: what the background rows bring to a coalition.
        coefs: of the states' outputs.
        n_blocks: blocks of a pair of many players.
    """

    sides: Array
    coefs: Array
    n_blocks: Array


def few_players(form: Any, params: Any, shared: Shared, by_row: tuple[Array, ...], n_pairs: Array) -> tuple[Array]:
    """Values of pairs of at most eight differing players, `(pair, player, output)`; -1 is no player."""
    x, reference, players = by_row
    row_sides, n_bits = form.side(params, x), players.shape[1]
    bits = jnp.asarray(corner_bits(n_bits), dtype=jnp.float32)
    tile = max(1, TILE >> n_bits)

    def one_tile(i: Array, out: Array | None) -> Array:
        row_side, of, own = (jax.lax.dynamic_slice_in_dim(a, i * tile, tile) for a in (row_sides, reference, players))
        start, steps, context = jax.vmap(form.steps, in_axes=(None, 0, 0))(params, row_side, shared.sides[of])
        taken = jax.vmap(_steps_of)(steps, own)
        hidden = start[:, None] + jnp.einsum("cb,pbh->pch", bits, taken)
        found = jnp.einsum("ck,pco->pko", shared.coefs, form.at(params, context, hidden))
        return found if out is None else jax.lax.dynamic_update_slice_in_dim(out, found, i * tile, 0)

    shape = jax.eval_shape(lambda: one_tile(jnp.int32(0), None)).shape
    empty = jnp.zeros((len(x), *shape[1:]), jnp.float32)
    return (jax.lax.fori_loop(0, (n_pairs + tile - 1) // tile, one_tile, empty),)


def many_players(form: Any, params: Any, shared: Shared, by_row: tuple[Array, ...], n_pairs: Array) -> tuple[Array]:
    """Values of pairs of more than eight differing players, `(pair, player, output)`; -1 is no player."""
    x, reference, players = by_row
    row_sides = form.side(params, x)
    bits = jnp.asarray(corner_bits(LOW), dtype=jnp.float32)
    size = jnp.asarray(corner_bits(MAX_HIGH).sum(axis=1), dtype=jnp.int32)

    def one_pair(i: Array) -> Array:
        start, steps, context = form.steps(params, row_sides[i], shared.sides[reference[i]])
        own = _steps_of(steps, players[i])
        low, high = start + bits @ own[:LOW], bits @ own[LOW:]
        context = jax.tree.map(lambda a: jnp.broadcast_to(a, (BLOCKS, *a.shape)), context)

        def one_tile(t: Array, values: tuple[Array, Array] | None) -> tuple[Array, Array]:
            above, chosen, n_above = (jax.lax.dynamic_slice_in_dim(a, t * BLOCKS, BLOCKS) for a in (high, bits, size))
            outputs = form.at(params, context, low[None] + above[:, None])
            found = jnp.einsum("uck,uco->uko", shared.coefs[n_above], outputs)
            of_low = found[:, :LOW].sum(axis=0)
            of_high = chosen.T @ found[:, LOW] + (1 - chosen).T @ found[:, LOW + 1]
            return (of_low, of_high) if values is None else (values[0] + of_low, values[1] + of_high)

        shapes = jax.eval_shape(lambda: one_tile(jnp.int32(0), None))
        zeros = jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), shapes)
        return jnp.concatenate(jax.lax.fori_loop(0, shared.n_blocks // BLOCKS, one_tile, zeros))

    shape = jax.eval_shape(one_pair, n_pairs).shape
    empty = jnp.zeros((len(x), *shape), jnp.float32)
    return (jax.lax.fori_loop(0, n_pairs, lambda i, out: out.at[i].set(one_pair(i)), empty),)


def _steps_of(steps: Float[Array, "player side"], players: Array) -> Float[Array, "own side"]:
    """What each of these players adds; nobody adds nothing."""
    return jnp.where((players >= 0)[:, None], steps[jnp.maximum(players, 0)], 0.0)


@functools.lru_cache(maxsize=32)
def few_coefs(n_players: int, n_bits: int) -> Float[np.ndarray, "corner player"]:
    """What each coalition's output adds to each value; nothing where a padding player is in it."""
    coefs = np.zeros((2**n_bits, n_bits), dtype=np.float32)
    coefs[: 2**n_players, :n_players] = corner_weights(n_players).T
    return coefs


@functools.lru_cache(maxsize=32)
def many_coefs(n_players: int) -> Float[np.ndarray, "above corner value"]:
    """What a state adds, by its number of high players: to low ones, to a high one in it, to a high one not in it."""
    gain = np.append(_gains(n_players), 0.0)
    low = corner_bits(LOW)
    size = np.arange(MAX_HIGH + 1)[:, None] + low.sum(axis=1)
    with_player = gain[np.minimum(np.maximum(size - 1, 0), n_players)] * (size > 0)
    without = -gain[np.minimum(size, n_players)]
    values = np.where(low, with_player[..., None], without[..., None])
    return np.concatenate([values, with_player[..., None], without[..., None]], axis=2).astype(np.float32)


@functools.lru_cache(maxsize=32)
def corner_weights(n_players: int) -> Float64[np.ndarray, "player corner"]:
    """What each coalition's worth adds to each player's Shapley value.

    Source: Shapley (1953): a player gains w(s) = s! (m - s - 1)! / m! times v(S + i) - v(S).
    """
    bits = corner_bits(n_players)
    size = bits.sum(axis=1)
    gain = np.append(_gains(n_players), 0.0)
    return np.where(bits.T, gain[size - 1], -gain[size])


def _gains(n_players: int) -> Float64[np.ndarray, " size"]:
    return np.array([1 / (n_players * math.comb(n_players - 1, s)) for s in range(n_players)])
