"""The parts of an object as players of a game: which part each of its places belongs to, and what they are called.

A place is a point of an image, a value of a series. A coalition shows its parts and has a baseline, an object of the
same shape, in the place of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

# Owner of places that are in no part: what fills an object up to a fixed shape. They show the baseline.
NOBODY = -1


@dataclass(frozen=True)
class Parts:
    """Which part each place of an object belongs to.

    Args:
        owner: number of the part, from 0, of each place: `(height, width)` of an image, `(step, channel)` of a series.
        names: of the parts.

    Example:
        >>> Parts(np.array([[0, 1], [0, 1]]), ("left", "right")).spread(np.array([2.0, 3.0])).tolist()
        [[2.0, 3.0], [2.0, 3.0]]
    """

    owner: Int[np.ndarray, "*place"]
    names: tuple[str, ...]

    @property
    def n_players(self) -> int:
        """Parts of the object."""
        return len(self.names)

    def sizes(self) -> Int[np.ndarray, "player"]:
        """Places of each part."""
        return np.bincount(self.owner[self.owner >= 0], minlength=self.n_players)

    def spread(self, values: Float[np.ndarray, "player"]) -> Float[np.ndarray, "*place"]:
        """A number of each part, at each of its places: what an overlay and a heat map draw; 0 in no part."""
        return np.append(values, 0.0)[self.owner]

    def means(self, numbers: Float[np.ndarray, "*place"]) -> Float[np.ndarray, "player"]:
        """Mean of numbers over the places of each part, NaN where it has none but missing ones."""
        known = (self.owner >= 0) & ~np.isnan(numbers)
        counts = np.bincount(self.owner[known], minlength=self.n_players)
        sums = np.bincount(self.owner[known], numbers[known], self.n_players)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def filled(self, n: int) -> Parts:
        """The same parts where the object is filled up to `n` along its first axis."""
        more = [(0, n - len(self.owner)), *[(0, 0)] * (self.owner.ndim - 1)]
        return Parts(np.pad(self.owner, more, constant_values=NOBODY), self.names)


def compose(shown: Any, hidden: Any, owner: Any, z: Any) -> Any:
    """Objects that show a part where `z` is 1 and another object where it is 0; inside compiled functions too.

    Args:
        shown: the object; it may have axes after those of its places, as the channels of an image.
        hidden: what stands where a part is away, alike in shape.
        owner: the part of each place `(*place)`.
        z: coalitions `(*batch, player)`.

    Returns:
        `(*batch, *object)`, numpy's where `z` is.

    Example:
        >>> owner = np.array([[0, 0], [1, 1]])
        >>> compose(np.full((2, 2), 9), np.zeros((2, 2), int), owner, np.array([1, 0])).tolist()
        [[9, 9], [0, 0]]
    """
    xp: Any = jnp if isinstance(z, jax.Array) else np
    owner = xp.asarray(owner)
    is_shown = (xp.asarray(z)[..., owner] > 0.5) & (owner >= 0)
    is_shown = is_shown.reshape(*is_shown.shape, *[1] * (np.ndim(shown) - owner.ndim))
    return xp.where(is_shown, xp.asarray(shown), xp.asarray(hidden))
