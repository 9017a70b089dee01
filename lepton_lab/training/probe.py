"""A look at a few fixed validation rows while a network trains: which columns move its answers, and by how much.

Exact Shapley values of every column would cost more than training. This is one walk and its reverse for each row,
from the rows' mean in the first layer to the row itself: column by column, in an order drawn once. What a column
changes on its way in is an unbiased estimate of its Shapley value in that game, and free of error as far as the
network's columns act alone or in pairs (the reverse walk cancels the order). The first layer is additive, so a walk
is a running sum; the rest of the network answers all its states in one compiled call.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lepton_lab.networks.layout import BlockLike
from lepton_lab.training.attribution import Attribution
from lepton_lab.training.functions import NetworkParams, Structure, functions_of
from lepton_lab.training.network_member import NetworkMember

# Of the time of training at most this share goes into looks, and no more than so many looks a second.
MOST_SHARE = 0.01
EVERY_S = 0.25
# The first look may have to be compiled (0.1 s where this machine has compiled it before, else up to 0.8): trainings
# that are over in a few seconds are not looked at.
FIRST_S, LEAST_LEFT_S = 1.5, 6.0
# States of all walks together, by which the rows are counted: as many as a look of some milliseconds can answer.
_STATES = 1024
_FEWEST_ROWS, _MOST_ROWS = 8, 32


class Probe:
    """A few validation rows, the order of their walks, and the time that looking has cost."""

    def __init__(self, blocks: Sequence[BlockLike], x_valid: Float[np.ndarray, "row column"], seed: int) -> None:
        n_columns = len(blocks)
        draw = np.random.default_rng([seed, 1])
        n_rows = _rows_for(n_columns, len(x_valid))
        self._names = tuple(str(getattr(block, "column", f"column {i}")) for i, block in enumerate(blocks))
        self._x = np.ascontiguousarray(x_valid[draw.permutation(len(x_valid))[:n_rows]], np.float32)
        self._order = draw.permuted(np.tile(np.arange(n_columns, dtype=np.int32), (n_rows, 1)), axis=1)
        self._due, self._is_warm = time.monotonic() + FIRST_S, False

    def look(self, member: NetworkMember, left_s: float) -> Attribution | None:
        """The attribution of the network as it is; None where it is too early to look again.

        Args:
            member: the network.
            left_s: seconds that its training has left; infinite without a deadline.
        """
        began = time.monotonic()
        if began < self._due or not self._names or (not self._is_warm and left_s < LEAST_LEFT_S):
            return None
        known = member.holding(self._x)
        read = walks_of(known.structure)
        values = np.asarray(read(known.params, self._x, self._order)) * abs(member.scale)
        ended = time.monotonic()
        # The first look may have been compiled, which says nothing of what the next will cost.
        pause = (ended - began) / MOST_SHARE if self._is_warm else 0.0
        self._due, self._is_warm = ended + max(EVERY_S, pause), True
        return (
            Attribution.of(self._names, values.astype(np.float64), len(self._x)) if np.isfinite(values).all() else None
        )


@functools.lru_cache(maxsize=16)
def walks_of(structure: Structure) -> Callable[..., Float[Array, "column"]]:
    """The compiled look for a shape of network: `(params, x, order)` to mean |value| of each column, before scale."""
    pure = functions_of(structure)

    def look(
        params: NetworkParams, x: Float[Array, "row column"], order: Int[Array, "row column"]
    ) -> Float[Array, "column"]:
        side = pure.project(params, x)
        away = side - side.mean(0)
        start = pure.bias(params) + side.mean(0).sum(0)
        forth, back = (_states(start, away, way) for way in (order, order[:, ::-1]))
        answers = pure.rest(params, jnp.stack([forth, back]))
        gains = jnp.diff(answers, axis=2)
        both = gains[0] + gains[1][:, ::-1]
        values = jnp.zeros(both.shape, both.dtype).at[jnp.arange(len(x))[:, None], order].set(both / 2)
        return jnp.abs(values).mean((0, 2))

    return jax.jit(look)


def _states(
    start: Float[Array, "hidden"], away: Float[Array, "row column hidden"], order: Int[Array, "row column"]
) -> Float[Array, "row state hidden"]:
    """Hidden states of each row's walk, from the mean to the row, both ends among them."""
    steps = jnp.cumsum(jnp.take_along_axis(away, order[:, :, None], axis=1), axis=1)
    return start + jnp.pad(steps, ((0, 0), (1, 0), (0, 0)))


def _rows_for(n_columns: int, n_rows: int) -> int:
    """How many rows to walk: a power of two, so that tables of the same columns run the same program."""
    wanted = int(np.clip(_STATES // (2 * max(n_columns, 1)), _FEWEST_ROWS, _MOST_ROWS))
    return 1 << max(0, min(wanted, max(n_rows, 1)).bit_length() - 1)
