"""The two kinds of JAX functions that games are played on: an additive first layer, and any function.

A form holds pure functions, and says what coalitions of a row and background rows come out as. Equal forms
share compilations; weights are runtime values. Nothing here knows of rows, tiles or estimators: `jax_game.py` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int


class Names(NamedTuple):
    """Players renamed, for each of some background rows.

    Args:
        place: the place in a design of each player.
        player: the player at each place.
    """

    place: Int[Array, "*block player"]
    player: Int[Array, "*block player"]


@dataclass(frozen=True)
class AdditiveForm:
    """Pure functions of a network whose first layer is a sum over columns: `rest(bias + sum_j project_j)`.

    The hidden state of a coalition is a masked sum of projections; masked inputs are never built.

    Args:
        project: `(params, x (row, feature)) -> (row, feature, hidden)`; where it has a method `grouped`, that gives
            the projections of groups of columns.
        bias: `params -> (hidden,)`.
        rest: `(params, hidden (state, hidden)) -> (state, output)`.
    """

    project: Callable[[Any, Any], Any]
    bias: Callable[[Any], Any]
    rest: Callable[[Any, Any], Any]

    def grouped(self, player_of: tuple[int, ...]) -> AdditiveForm:
        """The same function with groups of columns as players: their projections add up."""
        grouped = getattr(self.project, "grouped", None)
        project = grouped(player_of) if grouped else _SummedByPlayer(self.project, player_of)
        return AdditiveForm(project, self.bias, self.rest)

    def whole(self, params: Any, x: Float[Array, "row feature"]) -> Float[Array, "row output"]:
        """Outputs at whole rows."""
        return self.rest(params, self.bias(params) + self.project(params, x).sum(axis=1))

    def side(self, params: Any, x: Float[Array, "row feature"]) -> Float[Array, "row player hidden"]:
        """What a row brings to a coalition: its projections."""
        return self.project(params, x)

    def state_side(
        self,
        params: Any,
        absent: Float[Array, "reference state player"],
        side: Float[Array, "reference player hidden"],
    ) -> Float[Array, "reference state hidden"]:
        """Hidden state of the absent players alone, from the projections of the background."""
        return self.bias(params) + jnp.einsum("rsf,rfh->rsh", absent, side)

    def outputs(
        self,
        params: Any,
        row_side: Float[Array, "player hidden"],
        state_side: Float[Array, "state hidden"],
        present: Float[Array, "state player"],
    ) -> Float[Array, "state output"]:
        """Outputs of one row at some states."""
        return self.rest(params, state_side + present @ row_side)

    def steps(
        self, params: Any, row_side: Float[Array, "player hidden"], reference_side: Float[Array, "player hidden"]
    ) -> tuple[Float[Array, " hidden"], Float[Array, "player hidden"], tuple[()]]:
        """The hidden state of the background row, what each player adds to it, and what else `at` needs."""
        return self.bias(params) + reference_side.sum(axis=0), row_side - reference_side, ()

    def moved(
        self,
        steps: Float[Array, "block player hidden"],
        masks: Float[Array, "block state player"],
        names: Names | None = None,
    ) -> Float[Array, "block state hidden"]:
        """What the players of some masks add to the hidden state of the background row."""
        if names is not None:
            steps = jnp.take_along_axis(steps, names.player[..., None], axis=1, mode="promise_in_bounds")
        return masks @ steps

    def at(
        self, params: Any, context: tuple[()], hidden: Float[Array, "block state hidden"]
    ) -> Float[Array, "block state output"]:
        """Outputs at hidden states."""
        flat = self.rest(params, hidden.reshape(-1, hidden.shape[-1]))
        return flat.reshape(*hidden.shape[:2], -1)

    def corner_outputs(
        self,
        params: Any,
        row_side: Float[Array, "block player hidden"],
        reference_side: Float[Array, "block player hidden"],
        fixed: Float[Array, "block player"],
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
class _SummedByPlayer:
    """`project`, summed over the columns of each player. Equal where `project` and the groups are."""

    project: Callable[[Any, Any], Any]
    player_of: tuple[int, ...]

    def __call__(self, params: Any, x: Float[Array, "row feature"]) -> Float[Array, "row player hidden"]:
        """Projections of the players."""
        belongs = np.arange(max(self.player_of) + 1)[:, None] == np.array(self.player_of)
        return jnp.einsum("pf,rfh->rph", belongs.astype(np.float32), self.project(params, x))


@dataclass(frozen=True)
class FunctionForm:
    """Any JAX function: `fn(params, x (row, feature)) -> (row, output)`. A coalition's input is a mixed row.

    Args:
        fn: the function.
        player_of: the player of each column; None where every column is one.
    """

    fn: Callable[[Any, Any], Any]
    player_of: tuple[int, ...] | None = None

    def grouped(self, player_of: tuple[int, ...]) -> FunctionForm:
        """The same function with groups of columns as players."""
        return FunctionForm(self.fn, player_of)

    def _columns(self, masks: Array) -> Array:
        """Masks of columns: a column is present where its player is."""
        return masks if self.player_of is None else masks[..., np.array(self.player_of)]

    def whole(self, params: Any, x: Float[Array, "row feature"]) -> Float[Array, "row output"]:
        """Outputs at whole rows."""
        return self.fn(params, x)

    def side(self, params: Any, x: Float[Array, "row feature"]) -> Float[Array, "row feature"]:
        """What a row brings to a coalition: its values."""
        return x

    def state_side(
        self, params: Any, absent: Float[Array, "reference state player"], side: Float[Array, "reference feature"]
    ) -> Float[Array, "reference state feature"]:
        """The background values of each state."""
        return jnp.broadcast_to(side[:, None], (*absent.shape[:2], side.shape[1]))

    def outputs(
        self,
        params: Any,
        row_side: Float[Array, " feature"],
        state_side: Float[Array, "state feature"],
        present: Float[Array, "state player"],
    ) -> Float[Array, "state output"]:
        """Outputs of one row at some states."""
        return self.fn(params, jnp.where(self._columns(present) > 0, row_side, state_side))

    def steps(
        self, params: Any, row_side: Float[Array, " feature"], reference_side: Float[Array, " feature"]
    ) -> tuple[Float[Array, " player"], Float[Array, "player player"], tuple[Array, Array]]:
        """The mask of nobody, what each player adds to it, and what else `at` needs."""
        n_players = len(row_side) if self.player_of is None else max(self.player_of) + 1
        return jnp.zeros(n_players), jnp.eye(n_players), (row_side, reference_side)

    def moved(
        self,
        steps: Float[Array, "block player player"],
        masks: Float[Array, "block state player"],
        names: Names | None = None,
    ) -> Float[Array, "block state player"]:
        """The masks, of the players themselves."""
        del steps
        if names is None:
            return masks
        return jnp.take_along_axis(masks, names.place[:, None], axis=2, mode="promise_in_bounds")

    def at(
        self,
        params: Any,
        context: tuple[Float[Array, "block feature"], Float[Array, "block feature"]],
        hidden: Float[Array, "block state player"],
    ) -> Float[Array, "block state output"]:
        """Outputs at masks."""
        row, reference = (side[:, None] for side in context)
        mixed = jnp.where(self._columns(hidden) > 0, row, reference)
        return self.fn(params, mixed.reshape(-1, mixed.shape[-1])).reshape(*hidden.shape[:2], -1)

    def corner_outputs(
        self,
        params: Any,
        row_side: Float[Array, "block feature"],
        reference_side: Float[Array, "block feature"],
        fixed: Float[Array, "block player"],
        low: Int[Array, "block bit"],
    ) -> Float[Array, "block corner output"]:
        """Outputs at all subsets of the players `low` (-1 is nobody) on top of the `fixed` ones."""
        bits = jnp.array(corner_bits(low.shape[1]))
        chosen = low[:, :, None] == jnp.arange(fixed.shape[1])
        present = (bits[None, :, :, None] & chosen[:, None]).any(2) | (fixed > 0)[:, None]
        mixed = jnp.where(self._columns(present), row_side[:, None], reference_side[:, None])
        flat = self.fn(params, mixed.reshape(-1, mixed.shape[-1]))
        return flat.reshape(*mixed.shape[:2], -1)


def corner_bits(n_players: int) -> Bool[np.ndarray, "corner player"]:
    """Every coalition of some players: bit i of the row number is player i."""
    return (np.arange(2**n_players)[:, None] >> np.arange(n_players)) % 2 == 1


Form = AdditiveForm | FunctionForm
