"""Rows blended with each other in training: an image that is seven parts a cat and three a dog, and said to be so.

Images are blended point by point, before they are read; what other columns, series among them, add to the hidden
state is blended as it enters. The loss is that of both targets, by the same shares.

Source: Zhang et al. 2018 (mixup), arXiv:1710.09412. Ours blends other columns in the first layer, as Verma et al. 2019
    (manifold mixup, arXiv:1806.05236) do, because categories cannot be blended before it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Shaped


class Mix(NamedTuple):
    """How the rows of a batch are blended.

    Args:
        share: of each row itself, a half to 1.
        other: which row the rest is of.
    """

    share: Float[Array, "row"]
    other: Int[Array, "row"]

    def of(self, values: Float[Array, "row *shape"]) -> Float[Array, "row *shape"]:
        """Each row's numbers and those of its other row, by their shares."""
        share = self.share.reshape(-1, *[1] * (values.ndim - 1))
        return share * values + (1 - share) * values[self.other]

    def images(
        self, images: Shaped[Array, "row height width channel"], is_there: Any
    ) -> tuple[Float[Array, "row height width channel"], Float[Array, "row"]]:
        """The images to read, and the share in which each row takes what is read of its own.

        Where one of the two images is missing, the other is read as it is, and counts by its share.
        """
        own, others = is_there, is_there[self.other]
        values = images.astype(jnp.float32)
        wide = (slice(None), None, None, None)
        alone = jnp.where(own[wide], values, values[self.other])
        read = jnp.where((own & others)[wide], self.of(values), alone)
        return read, jnp.where(own & others, 1.0, jnp.where(own, self.share, jnp.where(others, 1 - self.share, 0.0)))


def draw_mix(key: Array, n_rows: int, strength: float) -> Mix:
    """Shares from a Beta distribution, both of whose parameters are `strength`, and a random other row for each.

    Example:
        >>> mix = draw_mix(jax.random.key(0), 4, 0.2)
        >>> bool((mix.share >= 0.5).all()), sorted(mix.other.tolist())
        (True, [0, 1, 2, 3])
    """
    of_share, of_order = jax.random.split(key)
    share = jax.random.beta(of_share, strength, strength, (n_rows,), jnp.float32)
    return Mix(jnp.maximum(share, 1 - share), jax.random.permutation(of_order, n_rows))
