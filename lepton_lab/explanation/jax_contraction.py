"""Sums of coefficients times outputs on the device, of any states: outputs never travel to the host."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

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
