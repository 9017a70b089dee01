"""Sums of coefficients times outputs on the device: of any states, and of complement pairs.

Outputs never travel to the host, nor do a plan's masks and coefficients to the device one background row at a
time: of pairs, only the few designs and the names of the players do.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from lepton_lab.explanation.tiles import Layout


class Contraction(NamedTuple):
    """States in tiles, and their coefficients.

    Args:
        present: masks.
        state_side: what the absent players contribute.
        coefs: of the outputs.
    """

    present: Float[Array, "tile piece state player"]
    state_side: Float[Array, "tile piece state side"]
    coefs: Float[Array, "tile piece state k"]


def laid_out(array: Float[Array, "reference state *rest"], layout: Layout) -> Float[Array, "tile piece place *rest"]:
    """An array in tiles, padded with zeros."""
    n, n_states, *rest = array.shape
    none = ((0, 0),) * len(rest)
    array = jnp.pad(array, ((0, 0), (0, layout.split * layout.piece - n_states), *none))
    pieces = array.reshape(n * layout.split, layout.piece, *rest)
    pieces = jnp.pad(pieces, ((0, layout.n_tiles * layout.per_tile - len(pieces)), (0, 0), *none))
    return pieces.reshape(layout.n_tiles, layout.per_tile, layout.piece, *rest)


@functools.partial(jax.jit, static_argnames=("form", "layout"))
def states_in_tiles(
    form: Any, params: Any, masks: Array, references: Array, sides: Array, *, layout: Layout
) -> tuple[Float[Array, "tile piece state player"], Float[Array, "tile piece state side"]]:
    """Masks of some background rows' states, and what their absent players contribute."""
    present = masks.astype(jnp.float32)
    state_side = form.state_side(params, 1 - present, sides[references])
    return laid_out(present, layout), laid_out(state_side, layout)


@functools.partial(jax.jit, static_argnames=("form", "layout"))
def pairs_in_tiles(
    form: Any, params: Any, design: tuple[Array, Array], names: tuple[Array, Array], references: Array,
    sides: Array, *, layout: Layout,
) -> Contraction:  # fmt: skip
    """Pairs of some background rows, coalitions before complements, and the coefficients of their outputs.

    Args:
        form: the function's form.
        params: its weights.
        design: masks and coefficients of the designs.
        names: the design of each background row, and the places there of its players.
        references: positions of the background rows.
        sides: what all background rows bring to a coalition.
        layout: of the states.
    """
    (masks, coefs), (which, order) = design, names
    own = _renamed(masks.astype(jnp.float32), which, order)
    present = jnp.concatenate([own, 1 - own], axis=1)
    state_side = form.state_side(params, 1 - present, sides[references])
    half = _renamed(coefs, which, order) / 2
    signed = jnp.concatenate([half, -half], axis=1)
    return Contraction(*(laid_out(a, layout) for a in (present, state_side, signed)))


def _renamed(
    designs: Float[Array, "design pair value"], which: Int[Array, " reference"], order: Int[Array, "reference player"]
) -> Float[Array, "reference pair value"]:
    """Each background row's design with its players renamed: a product with a permutation, which beats a gather."""
    n_players = order.shape[1]
    permutation = (jnp.arange(n_players)[None, :, None] == order[:, None]).astype(jnp.float32)
    by_player = designs.reshape(len(designs), -1, n_players)[which]
    renamed = jnp.einsum("rpd,rde->rpe", by_player, permutation, precision="highest")
    return renamed.reshape(len(which), *designs.shape[1:])


def contracted(form: Any, params: Any, plan: Contraction, by_row: tuple[Array, ...], n_rows: Array) -> tuple[Array]:
    """Each piece's outputs of the first `n_rows` rows times its coefficients, `(row, tile, piece, k, output)`."""
    (x,) = by_row
    sides = form.side(params, x)

    def one_tile(row_side: Array, tile: Contraction) -> Array:
        outputs = form.outputs(params, row_side, _joined(tile.state_side), _joined(tile.present))
        return jnp.einsum("psk,pso->pko", tile.coefs, outputs.reshape(*tile.present.shape[:2], -1))

    def one_row(i: Array, out: Array) -> Array:
        return out.at[i].set(jax.lax.map(functools.partial(one_tile, sides[i]), plan))

    shape = jax.eval_shape(one_tile, sides[0], jax.tree.map(lambda a: a[0], plan)).shape
    return (jax.lax.fori_loop(0, n_rows, one_row, jnp.zeros((len(x), len(plan.coefs), *shape), jnp.float32)),)


def _joined(tile: Array) -> Array:
    """A tile's pieces as one."""
    return tile.reshape(-1, tile.shape[-1])
