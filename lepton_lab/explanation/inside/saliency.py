"""Previews of what a network looks at in an image: Grad-CAM and integrated gradients. They are not Shapley values.

Both are pure functions of plain functions: how the network is made does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

WARNING = "a preview: not Shapley values."
# Points on the way at first, and at most.
_FEWEST, _MOST = 32, 2048
# Of them in one call: what a batch of images takes.
_BATCH = 32

Reads = Callable[[Any], Any]


@dataclass(frozen=True)
class Saliency:
    """What a preview found in one image, for one output.

    Args:
        values: of each point; in the output's unit for integrated gradients, else relative.
        method: what was done, beginning with "preview:".
        gap: how far the values are off adding up, relative to the change they should add up to; NaN where the
            method promises no sum.
        n_evaluations: images evaluated.
    """

    values: Float[np.ndarray, "height width"]
    method: str
    gap: float
    n_evaluations: int


def integrated_gradients(
    answer: Reads,
    image: Float[np.ndarray, "height width channel"],
    baseline: Float[np.ndarray, "height width channel"],
    *,
    output: int = 0,
    tolerance: float = 1e-3,
) -> Saliency:
    """Mean gradients on the straight way from a baseline to the image, times the change of each point.

    The points' values add up to the change of the output; twice as many points are looked at on the way until they
    do so to `tolerance`, or at 2,048.

    Args:
        answer: a JAX function of images `(row, height, width, channel)` to outputs `(row, output)`.
        image: to explain.
        baseline: where the way begins.
        output: which one to explain.
        tolerance: relative to the output's change.

    Source: Sundararajan et al. 2017, arXiv:1703.01365.
    """
    ends = np.asarray(_outputs(answer, output)(jnp.asarray(np.stack([baseline, image]))))
    slope = _slope_of(answer, output)
    change = float(ends[1]) - float(ends[0])
    values, gap, n = along_the_way(slope, image, baseline, change, tolerance=tolerance)
    return Saliency(values.sum(2), f"preview: integrated gradients, {n} points on the way", gap, 2 * n)


def along_the_way(
    slope: Callable[..., Any],
    shown: Float[np.ndarray, "*object"],
    baseline: Float[np.ndarray, "*object"],
    change: float,
    *,
    tolerance: float = 1e-3,
) -> tuple[Float[np.ndarray, "*object"], float, int]:
    """Integrated gradients of an object of any shape, how far off the change their sum is, and the points looked at.

    Args:
        slope: `(shown, baseline, places, shares)` to the sum of gradients at `places` between 0 and 1, by `shares`.
        shown: where the way ends; NaN is nothing, and has no gradient.
        baseline: where it begins.
        change: what values should add up to.
        tolerance: relative to it.
    """
    step, n_points = np.nan_to_num(shown.astype(np.float64) - baseline), _FEWEST
    while True:
        places, shares = _way(n_points)
        total = np.zeros(shown.shape, np.float64)
        for start in range(0, n_points, _BATCH):
            part = slice(start, start + _BATCH)
            total += np.nan_to_num(np.asarray(slope(shown, baseline, places[part], shares[part]), np.float64))
        values = total * step
        gap = abs(float(values.sum()) - change) / max(abs(change), 1e-6)
        if gap <= tolerance or n_points >= _MOST:
            return values, gap, n_points
        n_points *= 2


def grad_cam(
    maps: Reads, answer_of_maps: Reads, image: Float[np.ndarray, "height width channel"], *, output: int = 0
) -> Saliency:
    """Where the last maps that speak for an output are high, enlarged to the image; 0 to 1.

    Args:
        maps: a JAX function of images `(row, height, width, channel)` to maps `(row, down, across, unit)`.
        answer_of_maps: a JAX function of these maps to outputs `(row, output)`.
        image: to explain.
        output: which one to explain.

    Source: Selvaraju et al. 2017, arXiv:1610.02391.
    """
    found = jnp.asarray(maps(jnp.asarray(image)[None]))
    slopes = jax.grad(lambda maps: _outputs(answer_of_maps, output)(maps).sum())(found)
    small = jax.nn.relu((found * slopes.mean((1, 2), keepdims=True)).sum(3))[0]
    large = np.asarray(jax.image.resize(small, image.shape[:2], "linear"), np.float64)
    return Saliency(large / max(float(large.max()), 1e-12), "preview: Grad-CAM", float("nan"), 2)


def _outputs(answer: Reads, output: int) -> Callable[[Array], Array]:
    return lambda images: answer(images)[:, output]


def _slope_of(answer: Reads, output: int) -> Callable[..., Array]:
    """The sum of the gradients at some places on the way, each by its share."""

    @jax.jit
    def slope(image: Array, baseline: Array, places: Array, shares: Array) -> Array:
        on_the_way = baseline + places[:, None, None, None] * (image - baseline)
        return jax.grad(lambda images: (_outputs(answer, output)(images) * shares).sum())(on_the_way).sum(0)

    return slope


def _way(n_points: int) -> tuple[np.ndarray, np.ndarray]:
    """Places between 0 and 1 and the share each stands for.

    They lie denser towards the baseline: a network with norms changes fastest where an image has hardly any contrast.
    """
    even = (np.arange(n_points) + 0.5) / n_points
    return (even**3).astype(np.float32), (even**2 / (even**2).sum()).astype(np.float32)
