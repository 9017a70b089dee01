"""Complement pairs on the device: what half the difference of their outputs comes to, summed where the outputs are.

A coalition's hidden state is the background row's, plus what its players add; its complement's is the explained
row's, less the same. So one product of masks with what the players add serves both, and a plan holds nothing by
background row but names: a design's masks are multiplied with the players' parts in the order that the names say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, Int

from lepton_lab.explanation.forms import Names
from lepton_lab.explanation.pair_plans import Pairs
from lepton_lab.explanation.tiles import TILE


class PairPlan(NamedTuple):
    """Pairs of some background rows, those of one design side by side.

    Args:
        masks: the designs' coalitions, in pieces of one size.
        coefs: what half the difference of a pair's outputs adds to each of the design's values.
        names: of the players.
        sides: what the background rows bring to a coalition.
    """

    masks: Float[Array, "design piece pair player"]
    coefs: Float[Array, "design piece pair value"]
    names: Names
    sides: Float[Array, "design tile nth *side"]


@dataclass(frozen=True)
class PairSlots:
    """Where background rows lie: tiles of some of one design, padded to a common number.

    Args:
        which: the design of each background row.
        n_states: states of each of them.
        n_designs: designs.
        tile: states evaluated at once, about.
    """

    which: Int[np.ndarray, " reference"]
    n_states: int
    n_designs: int
    tile: int = TILE

    @cached_property
    def n_pieces(self) -> int:
        """Parts that a design's pairs are cut into, so that a tile is not too large."""
        return math.ceil(self.n_states / (1.5 * self.tile))

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Designs, tiles of one, and background rows of a tile: as few to spare as can be."""
        most = int(np.bincount(self.which).max())
        fit = range(1, max(1, min(most, int(1.5 * self.tile / math.ceil(self.n_states / self.n_pieces)))) + 1)
        per_tile = min(fit, key=lambda n: (math.ceil(most / n) * n, -n))
        return self.n_designs, math.ceil(most / per_tile), per_tile

    @cached_property
    def slot(self) -> Int[np.ndarray, " reference"]:
        """The slot of each background row, counted through all tiles."""
        order = np.argsort(self.which, kind="stable")
        counts = np.bincount(self.which, minlength=self.n_designs)
        nth = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        _, n_tiles, per_tile = self.shape
        slot = np.empty(len(order), dtype=np.int64)
        slot[order] = self.which[order] * (n_tiles * per_tile) + nth
        return slot

    @cached_property
    def reference(self) -> Int[np.ndarray, "design tile nth"]:
        """The place of the background row in each slot; the first one's in those to spare."""
        place = np.zeros(math.prod(self.shape), dtype=np.int64)
        place[self.slot] = np.arange(len(self.slot))
        return place.reshape(self.shape)


def pair_plan(pairs: Pairs, slots: PairSlots, sides: Float[Array, "reference *side"]) -> PairPlan:
    """Pairs on the device; `sides` are those of all background rows."""
    place = pairs.order[slots.reference].astype(np.int32)
    player = np.argsort(place, axis=-1).astype(np.int32)
    masks, coefs = (_in_pieces(a.astype(np.float32), slots.n_pieces) for a in (pairs.masks, pairs.coefs))
    of = pairs.references[slots.reference].astype(np.int32)
    return _on_device(masks, coefs, place, player, sides, of)


@jax.jit
def _on_device(masks: Array, coefs: Array, place: Array, player: Array, sides: Array, of: Array) -> PairPlan:
    return PairPlan(masks, coefs, Names(place, player), sides[of])


def _in_pieces(
    array: Float[np.ndarray, "design pair last"], n_pieces: int
) -> Float[np.ndarray, "design piece part last"]:
    """Pairs in pieces, padded with empty coalitions that count for nothing."""
    n, n_pairs, last = array.shape
    part = math.ceil(n_pairs / n_pieces)
    return np.pad(array, ((0, 0), (0, n_pieces * part - n_pairs), (0, 0))).reshape(n, n_pieces, part, last)


def renamed(
    found: Float64[np.ndarray, "row design tile nth value output"], pairs: Pairs, slots: PairSlots
) -> Float64[np.ndarray, "row reference value output"]:
    """What was found, by background row, with the values of the players in place of the design's."""
    by_reference = found.reshape(len(found), -1, *found.shape[4:])[:, slots.slot]
    return np.take_along_axis(by_reference, pairs.values[None, :, :, None], axis=2)


def paired(form: Any, params: Any, plan: PairPlan, by_row: tuple[Array, ...], n_rows: Array) -> tuple[Array]:
    """The designs' values of the first `n_rows` rows, `(row, design, tile, nth, value, output)`."""
    (x,) = by_row
    row_sides = form.side(params, x)

    def of_row(row_side: Array) -> Array:
        return jax.lax.map(lambda design: _of_design(form, params, row_side, design), plan)

    def one_row(i: Array, out: Array) -> Array:
        return out.at[i].set(of_row(row_sides[i]))

    shape = jax.eval_shape(of_row, row_sides[0]).shape
    return (jax.lax.fori_loop(0, n_rows, one_row, jnp.zeros((len(x), *shape), jnp.float32)),)


def _of_design(form: Any, params: Any, row_side: Array, design: PairPlan) -> Float[Array, "tile nth value output"]:
    """One row's values from the background rows of one design."""

    def one_tile(tile: tuple[Names, Array]) -> Float[Array, "nth piece part output"]:
        names, sides = tile
        start, steps, context = jax.vmap(form.steps, in_axes=(None, None, 0))(params, row_side, sides)
        return _half_differences(form, params, (start, steps, context), names, design.masks)

    half = jax.lax.map(one_tile, (design.names, design.sides))
    n_tiles, n, _, _, n_outputs = half.shape
    coefs = design.coefs.reshape(-1, design.coefs.shape[-1])
    return jnp.einsum("tbpo,pv->tbvo", half.reshape(n_tiles, n, -1, n_outputs), coefs)


def above_complements(
    form: Any,
    params: Any,
    ends: tuple[Float[Array, "block hidden"], Float[Array, "block hidden"], Any],
    moved: Float[Array, "block state hidden"],
) -> Float[Array, "block state output"]:
    """What coalitions' outputs exceed their complements' by.

    Args:
        form: the function's form.
        params: its weights.
        ends: hidden states of nobody and of everybody, and what else the form needs.
        moved: what the coalitions' players add to the hidden state of nobody.
    """
    nobody, everybody, context = ends
    hidden = jnp.concatenate([nobody[:, None] + moved, everybody[:, None] - moved], axis=1)
    own, other = jnp.split(form.at(params, context, hidden), 2, axis=1)
    return own - other


def _half_differences(
    form: Any, params: Any, ways: tuple[Array, Array, Any], names: Names, masks: Float[Array, "piece part player"]
) -> Float[Array, "nth piece part output"]:
    """Half of what the coalitions' outputs exceed their complements' by, for some background rows."""
    start, steps, context = ways
    full = start + steps.sum(axis=1)

    def one_piece(masks: Float[Array, "part player"]) -> Float[Array, "nth part output"]:
        moved = form.moved(steps, jnp.broadcast_to(masks, (len(start), *masks.shape)), names)
        return above_complements(form, params, (start, full, context), moved) / 2

    return jnp.moveaxis(jax.lax.map(one_piece, masks), 0, 1)
