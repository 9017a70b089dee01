"""A number as its place among the values seen in training: fine where they are dense, blind to their scale."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float


class PiecewiseLinear(nnx.Module):
    """A number becomes one entry a bin: 1 below which it lies, 0 above, linear inside; NaN becomes zeros.

    `z_b = clip((x - k_b) / (k_{b+1} - k_b), 0, 1)`, with the knots `k` of each column fixed before training.
    Knots that coincide give an entry that is always 0.

    Shape: `(row, column)` to `(row, column, bin)`.

    Example:
        >>> place = PiecewiseLinear(np.array([[0.0, 1.0, 3.0]], np.float32))
        >>> place(jnp.array([[0.5], [2.0], [9.0], [jnp.nan]]))[:, 0].tolist()
        [[0.5, 0.0], [1.0, 0.5], [1.0, 1.0], [0.0, 0.0]]

    Source: Gorishniy et al. 2022 (PLE), arXiv:2203.05556, equation 1. Ours ends flat on both sides, because
        the cosines' own linear part carries what lies beyond.
    """

    def __init__(self, knots: np.ndarray):
        # A rate of 0 keeps the knots where they are, and lets them be saved with what is trained.
        self.knots = nnx.Param(np.asarray(knots, np.float32), rate=0.0, decay=False)

    def __call__(self, x: Float[Array, "row column"]) -> Float[Array, "row column bin"]:
        """Place each number."""
        knots = jax.lax.stop_gradient(self.knots[...])
        low, high = knots[:, :-1], knots[:, 1:]
        width = high - low
        steepness = jnp.where(width > 0, 1 / jnp.where(width > 0, width, 1.0), 0.0)
        known = jnp.where(jnp.isnan(x), -jnp.inf, x)[..., None]
        return (jnp.clip(known, low, high) - low) * steepness


def choose_knots(x: np.ndarray, n_bins: int) -> np.ndarray:
    """Knots `(column, n_bins + 1)` of numeric columns `(row, column)`, ascending; the last repeats where there are few.

    Quantiles, where each distinct value counts as the square root of how often it occurs: a column that is
    mostly zero would otherwise spend all its knots there.

    Example:
        >>> choose_knots(np.array([[0.0], [0.0], [0.0], [0.0], [1.0], [2.0]]), 2).tolist()
        [[0.0, 1.0, 2.0]]
    """
    knots = np.zeros((x.shape[1], n_bins + 1), np.float32)
    for j, column in enumerate(x.T):
        values, counts = np.unique(column[np.isfinite(column)], return_counts=True)
        if len(values):
            knots[j] = _spread(values, np.sqrt(counts), n_bins)
    return knots


def _spread(values: np.ndarray, weights: np.ndarray, n_bins: int) -> np.ndarray:
    """`n_bins + 1` of the values, equally far apart in weight; all of them where they are few enough."""
    if len(values) <= n_bins + 1:
        return np.pad(values, (0, n_bins + 1 - len(values)), mode="edge")
    reached = np.cumsum(weights) - weights[0]
    places = np.searchsorted(reached, np.linspace(0, reached[-1], n_bins + 1))
    chosen = values[np.unique(np.minimum(places, len(values) - 1))]
    return np.pad(chosen, (0, n_bins + 1 - len(chosen)), mode="edge")
