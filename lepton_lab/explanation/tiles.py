"""How the states of some background rows are laid out in tiles: blocks that a call evaluates at once.

A tile holds the states of several background rows, or a part of one's. Arrays by `(reference, state)` become
`(tile, piece, state)`, padded with zeros; what was summed by piece is summed by background row again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int, Shaped

# States evaluated at once: enough for matmuls near peak, few enough to stay in the second-level cache.
TILE = 512


@dataclass(frozen=True)
class Layout:
    """Where each background row's states are.

    Args:
        n_references: background rows.
        n_states: of each of them.
        split: pieces that a background row's states are cut into.
        piece: states of one piece, the last one padded.
        per_tile: pieces of one tile, the last one padded.
    """

    n_references: int
    n_states: int
    split: int
    piece: int
    per_tile: int

    @property
    def n_tiles(self) -> int:
        """Tiles of all background rows."""
        return math.ceil(self.n_references * self.split / self.per_tile)

    def laid_out(
        self, array: Shaped[np.ndarray, "reference state *rest"]
    ) -> Shaped[np.ndarray, "tile piece place *rest"]:
        """An array in tiles."""
        rest = array.shape[2:]
        padded = np.zeros((self.n_tiles * self.per_tile * self.piece, *rest), array.dtype)
        whole = padded[: self.n_references * self.split * self.piece]
        whole.reshape(self.n_references, -1, *rest)[:, : self.n_states] = array
        return padded.reshape(self.n_tiles, self.per_tile, self.piece, *rest)

    def place(self, states: Int[np.ndarray, " state"]) -> Int[np.ndarray, " state"]:
        """Where states are, that are counted through all background rows."""
        return states // self.n_states * (self.split * self.piece) + states % self.n_states

    def summed(
        self, found: Float64[np.ndarray, "row tile piece k output"]
    ) -> Float64[np.ndarray, "row reference k output"]:
        """What was found for pieces, by background row."""
        n_rows, *_, k, n_outputs = found.shape
        pieces = found.reshape(n_rows, -1, k, n_outputs)[:, : self.n_references * self.split]
        return pieces.reshape(n_rows, self.n_references, self.split, k, n_outputs).sum(axis=2)


def layout_of(n_references: int, n_states: int, tile: int = TILE) -> Layout:
    """Tiles of about `tile` states, of one size."""
    split = math.ceil(n_states / tile)
    piece = math.ceil(n_states / split)
    n_pieces = n_references * split
    n_tiles = math.ceil(n_pieces / max(1, tile // piece))
    return Layout(n_references, n_states, split, piece, math.ceil(n_pieces / n_tiles))


def whole_tiles(n_references: int, n_states: int, tile: int = TILE) -> tuple[int, int]:
    """Tiles, and background rows of each, where background rows are not cut; tiles of about `tile` states."""
    n_tiles = math.ceil(n_references / max(1, tile // n_states))
    return n_tiles, math.ceil(n_references / n_tiles)
