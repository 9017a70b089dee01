"""Walks of some rows through one plan, for any game: which states are needed, and what the walks add up to.

This is the way through `Game.evaluate`, on the host in float64; `jax_walks.py` does the same where the
outputs are. A plan is shared by the rows that are dealt to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float64, Int

if TYPE_CHECKING:
    from lepton_lab.explanation.game import Game

# Two walks, each along an order and back.
N_PASSES = 4


@dataclass(frozen=True)
class Orders:
    """The orders in which two walks switch the players of some background rows.

    Args:
        references: positions of the background rows.
        weights: theirs; 0 for padding.
        orders: players in walking order.
    """

    references: Int[np.ndarray, " reference"]
    weights: Float64[np.ndarray, " reference"]
    orders: Int[np.ndarray, "reference walk player"]

    @property
    def n_states(self) -> int:
        """States of a background row that a walk must ask the model for: all but the two ends."""
        return N_PASSES * (self.orders.shape[2] - 1)

    def passes(self) -> Int[np.ndarray, "reference passes player"]:
        """Both walks along their orders, then both back."""
        return np.concatenate([self.orders, self.orders[:, :, ::-1]], axis=1)

    def places(self) -> Int[np.ndarray, "reference passes player"]:
        """The step at which each pass switches each player."""
        return np.argsort(self.passes(), axis=2)

    def masks(self) -> Bool[np.ndarray, "reference state player"]:
        """Step s of a pass holds its first s players; the empty and the full coalition are known already."""
        n_references, _, d = self.orders.shape
        masks = self.places()[:, :, None, :] <= np.arange(d - 1)[:, None]
        return masks.reshape(n_references, -1, d)


@dataclass(frozen=True)
class Walked:
    """What two walks a background row found, summed over the plan's background rows by their weights.

    Args:
        values: mean of the two walks.
        half_gap: half their difference.
        variance: squares of half their difference, by squared weights.
        squares: products of the two walks: without sampling noise in the mean, as a square would have.
        peak: root of the sum of the squares of the terms of `variance`: large where few of them carry it.
        n_evaluations: states that the model was asked for.
    """

    values: Float64[np.ndarray, "row player output"]
    half_gap: Float64[np.ndarray, "row player output"]
    variance: Float64[np.ndarray, "row player output"]
    squares: Float64[np.ndarray, "row player output"]
    peak: Float64[np.ndarray, "row player output"]
    n_evaluations: int


def walked(game: Game, prepared: Any, orders: Orders, rows: Int[np.ndarray, " row"]) -> Walked:
    """Walks of some rows through a plan, by `game.evaluate`."""
    differs = game.differs(rows)[:, orders.references] & (orders.weights > 0)[:, None]
    starts = game.at_background()[orders.references]
    steps, n_evaluations = _marginals(game, prepared, orders, rows, differs, starts)
    # A walk is the mean of its two passes.
    first, second = (steps[:, :, 0] + steps[:, :, 2]) / 2, (steps[:, :, 1] + steps[:, :, 3]) / 2
    mean, gap, w = (first + second) / 2, (first - second) / 2, orders.weights
    return Walked(
        values=np.einsum("b,rbfo->rfo", w, mean),
        half_gap=np.einsum("b,rbfo->rfo", w, gap),
        variance=np.einsum("b,rbfo->rfo", w**2, gap**2),
        squares=np.einsum("b,rbfo->rfo", w, first * second),
        peak=np.sqrt(np.einsum("b,rbfo->rfo", w**4, gap**4)),
        n_evaluations=n_evaluations,
    )


def _marginals(
    game: Game,
    prepared: Any,
    orders: Orders,
    rows: Int[np.ndarray, " row"],
    differs: Bool[np.ndarray, "row reference player"],
    starts: Float64[np.ndarray, "reference output"],
) -> tuple[Float64[np.ndarray, "row reference passes player output"], int]:
    """Each player's marginal contribution in each pass, and the model evaluations it took.

    A state is evaluated only where the step before it changed something; others repeat the value
    before them. So the values along a pass are read by the number of the last kept state.
    """
    passes, ends = orders.passes(), game.at_rows(rows)
    active = np.take_along_axis(differs[:, :, None], passes[None], axis=3)
    count = np.cumsum(active, axis=3)
    total = count[..., -1:]
    keep = active[..., :-1] & (count[..., :-1] < total)
    kept = [np.flatnonzero(k) for k in keep]
    n = sum(map(len, kept))
    found = game.evaluate(prepared, rows, kept) if n else np.zeros((1, ends.shape[1]))
    last = np.maximum(np.cumsum(keep.ravel()).reshape(keep.shape) - 1, 0)
    shape = (*active.shape, ends.shape[1])
    along = np.empty(shape)
    along[..., :-1, :] = found[last]
    along[..., -1, :] = ends[:, None, None]
    begin = np.broadcast_to(starts[:, None, None], shape)
    along = np.where((count == 0)[..., None], begin, along)
    along = np.where((count == total)[..., None] & (total > 0)[..., None], ends[:, None, None, None], along)
    moves = np.diff(along, axis=3, prepend=begin[..., :1, :])
    out = np.empty_like(moves)
    np.put_along_axis(out, np.broadcast_to(passes[None, ..., None], shape), moves, axis=3)
    return out, n
