"""Complement pairs that background rows share by renaming players, and linear estimates from them, for any game."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64, Int


@dataclass(frozen=True)
class Pairs:
    """Pairs of a coalition and its complement for some background rows, and what their outputs are summed with.

    A few designs serve many background rows: player j of a row's design is its player `order[row, j]` renamed,
    so the coalitions of one are as if drawn for it alone, and few regressions have to be solved.

    Args:
        references: positions of the background rows.
        masks: the designs' coalitions.
        coefs: what half the difference of a pair's outputs adds to each value; values come by player, in groups of d.
        which: the design of each background row.
        order: the place in the design of each player.
    """

    references: Int[np.ndarray, " reference"]
    masks: Bool[np.ndarray, "design pair player"]
    coefs: Float64[np.ndarray, "design pair value"]
    which: Int[np.ndarray, " reference"]
    order: Int[np.ndarray, "reference player"]

    @property
    def n_pairs(self) -> int:
        """Pairs of each background row."""
        return self.masks.shape[1]

    @cached_property
    def values(self) -> Int[np.ndarray, "reference value"]:
        """The design's value that each value is."""
        n_players = self.order.shape[1]
        groups = self.coefs.shape[2] // n_players
        return np.concatenate([self.order + n_players * g for g in range(groups)], axis=1)

    def states(self) -> Bool[np.ndarray, "reference state player"]:
        """The coalitions of each background row, then their complements."""
        masks = np.take_along_axis(self.masks[self.which], self.order[:, None], axis=2)
        return np.concatenate([masks, ~masks], axis=1)

    def state_coefs(self) -> Float64[np.ndarray, "reference state value"]:
        """What each state's output adds to each value."""
        coefs = np.take_along_axis(self.coefs[self.which], self.values[:, None], axis=2)
        return np.concatenate([coefs, -coefs], axis=1) / 2

    def slope(self) -> Float64[np.ndarray, "reference value"]:
        """What the coefficients make of half the difference of the pairs' sizes."""
        n_players = self.order.shape[1]
        of_design = np.einsum("kpv,kp->kv", self.coefs, self.masks.sum(axis=2) - n_players / 2)
        return np.take_along_axis(of_design[self.which], self.values, axis=1)
