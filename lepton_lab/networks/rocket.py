"""Series to vectors by many fixed convolutions: how often each lies above a few thresholds. Nothing in it is learned.

What is learned of them is one matrix, which a few dozen series are enough for.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from lepton_lab.networks.options import within
from lepton_lab.networks.series_layers import dropped, observed
from lepton_lab.networks.series_windows import SeriesConfig, in_windows

TAPS = 9
# Of each convolution, and how far from 0 they lie at most; its weights are of length 1, its series near 1.
N_THRESHOLDS, FARTHEST = 4, 0.7
# A share rises from 0 to 1 over this much of a response, so that gradients see it.
_RISE = 0.1
# What shares differ by from series to series: brings them to a size of about 1.
_USUAL_SPREAD = 0.15


@dataclass(frozen=True)
class RocketConfig(SeriesConfig):
    """Which convolutions read series.

    Args:
        dilations: steps between the nine that a convolution reads; each has 84 convolutions.
        seed: of the mixtures of channels that they read.
    """

    dilations: tuple[int, ...] = within((1, 2, 4, 8, 16), 1, 512)
    seed: int = within(0, 0, 2**31)
    dropout: float = within(0.5, 0, 0.9)


class Rocket(nnx.Module):
    """A series to `width` numbers: of each convolution how often it lies above each of its thresholds.

    Shape: `(row, step, channel)`, NaN where nothing is, to `(row, width)`.

    Args:
        shape: of one object, `(step, channel)`; steps may be None, any number of them may come.
        config: sizes.
        draw: not asked: nothing is learned.

    Example:
        >>> encoder = Rocket((30, 3), RocketConfig(dilations=(1, 2)), draw=np.random.default_rng(0))
        >>> encoder(jnp.ones((5, 30, 3))).shape == (5, encoder.width)
        True

    Source: Dempster et al. 2021 (MiniRocket), arXiv:2012.08791: the 84 kernels of nine weights -1 and 2, and the share
        of steps above a threshold. Ours takes thresholds that lie evenly, where theirs takes quantiles of training
        series; mixes channels by random weights; lets shares rise smoothly; and gives each channel's mean, spread,
        lowest and highest beside, because kernels that sum to 0 see no level.
    """

    def __init__(self, shape: tuple[int | None, ...], config: RocketConfig | None = None, *, draw: np.random.Generator):
        self.config = config = config or RocketConfig()
        n_channels = shape[-1] or 1
        self.width = len(config.dilations) * len(KERNELS) * N_THRESHOLDS + 4 * n_channels

    def __call__(
        self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "row width"]:
        """Encode; with a key as in training: augmented, one window of each series, dropout."""
        return in_windows(self.encode, objects, key, window=self.config.window, augment=self.config.augment)

    def encode(self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None) -> Float[Array, "row width"]:
        """One window each."""
        n_channels, dilations = objects.shape[-1], self.config.dilations
        features, inside = observed(objects)
        values = features[..., :n_channels]
        found = [levels(values, inside)]
        mixtures = channel_mixtures(len(dilations), n_channels, self.config.seed)
        for k, (dilation, mixture) in enumerate(zip(dilations, mixtures, strict=True)):
            found.append(shares(responses(values, dilation, mixture), inside, thresholds(k)))
        return dropped(jnp.concatenate(found, axis=-1), key, self.config.dropout)


def levels(values: Float[Array, "row step channel"], inside: Bool[Array, "row step"]) -> Float[Array, "row level"]:
    """Each channel's mean, spread, lowest and highest, side by side; zeros where a series has no steps."""
    there, n = inside[..., None], _count(inside)
    mean = values.sum(axis=1) / n
    spread = jnp.sqrt((jnp.where(there, values - mean[:, None], 0.0) ** 2).sum(axis=1) / n + 1e-6)
    low = jnp.where(there, values, jnp.inf).min(axis=1)
    high = jnp.where(there, values, -jnp.inf).max(axis=1)
    return jnp.where(inside.any(axis=1)[:, None], jnp.concatenate([mean, spread, low, high], axis=-1), 0.0)


def responses(
    values: Float[Array, "row step channel"], dilation: int, mixture: np.ndarray
) -> Float[Array, "row step kernel"]:
    """What the kernels give at each step, each of its own mixture of channels; around a series is 0."""
    reach, n_steps = (TAPS // 2) * dilation, values.shape[1]
    padded = jnp.pad(values, ((0, 0), (reach, reach), (0, 0)))
    taps = jnp.concatenate([padded[:, k * dilation : k * dilation + n_steps] for k in range(TAPS)], axis=-1)
    weights = KERNELS.T[:, None, :] * mixture.T[None]  # (tap, channel, kernel)
    return taps @ jnp.asarray(weights.reshape(-1, len(KERNELS)))


def shares(
    responses: Float[Array, "row step kernel"], inside: Bool[Array, "row step"], above: np.ndarray
) -> Float[Array, "row share"]:
    """How often each response lies above each of its thresholds `(threshold, kernel)`, from -3 to 3."""
    there, n = inside[..., None], _count(inside)
    found = [
        jnp.where(there, jnp.clip((responses - jnp.asarray(one)) / _RISE + 0.5, 0.0, 1.0), 0.0).sum(axis=1) / n
        for one in above
    ]
    return (jnp.concatenate(found, axis=-1) - 0.5) / _USUAL_SPREAD


def _count(inside: Bool[Array, "row step"]) -> Any:
    """Steps of each series, at least 1, as a column of floats."""
    return jnp.maximum(inside.sum(axis=1, dtype=jnp.int32), 1).astype(jnp.float32)[:, None]


def kernels() -> np.ndarray:
    """All kernels of nine weights, six of -1 and three of 2, brought to length 1, float32 `(84, 9)`."""
    places = np.array(list(itertools.combinations(range(TAPS), 3)))
    found = np.full((len(places), TAPS), -1.0, np.float32)
    found[np.arange(len(places))[:, None], places] = 2.0
    return found / np.float32(math.sqrt(18))


KERNELS = kernels()


def thresholds(dilation: int) -> np.ndarray:
    """Each kernel's thresholds, float32 `(threshold, kernel)`, all of them evenly from `-FARTHEST` to `FARTHEST`.

    Args:
        dilation: which of the dilations.

    Source: the golden ratio's multiples less their whole parts fill an interval evenly (Weyl 1916), as MiniRocket
        takes its quantiles.
    """
    first = 1 + dilation * N_THRESHOLDS * len(KERNELS)
    place = (first + np.arange(N_THRESHOLDS * len(KERNELS))) * (math.sqrt(5) - 1) / 2 % 1.0
    return ((2 * place - 1) * FARTHEST).astype(np.float32).reshape(N_THRESHOLDS, len(KERNELS))


def channel_mixtures(n_dilations: int, n_channels: int, seed: int) -> np.ndarray:
    """Which channels each kernel reads, and how much of each, float32 `(dilation, kernel, channel)` of length 1.

    Few channels are as likely as many, on a logarithmic scale.
    """
    shape = (n_dilations, len(KERNELS), n_channels)
    if n_channels == 1:
        return np.ones(shape, np.float32)
    draw = np.random.default_rng([seed, n_channels])
    weights, rank = draw.standard_normal(shape), draw.random(shape).argsort(axis=-1).argsort(axis=-1)
    n_read = np.minimum(2 ** draw.uniform(0, math.log2(n_channels + 1), shape[:2]), n_channels).astype(int)
    weights = np.where(rank < n_read[..., None], weights, 0.0)
    return (weights / np.linalg.norm(weights, axis=-1, keepdims=True)).astype(np.float32)
