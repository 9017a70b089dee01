"""Objects that are vectors already, such as texts read by a frozen encoder."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from lepton_lab.networks.layers import dropout


class VectorEncoder(nnx.Module):
    """A vector of unit length, its entries brought to a size of about 1; in training some are left out.

    Shape: `(row, width)` to the same.
    """

    def __init__(self, shape: tuple[int | None, ...], *, draw: np.random.Generator, dropout: float = 0.1):
        (width,) = shape
        assert width is not None
        self.width, self.dropout = width, dropout

    def __call__(self, objects: Float[Array, "row width"], key: Any = None) -> Float[Array, "row width"]:
        """The vectors; with a key as in training, with dropout. NaN (nothing to read) becomes zeros."""
        return dropout(jnp.nan_to_num(objects) * math.sqrt(self.width), self.dropout, key)
