"""Series changed at random the way sensors differ, for training: pure functions of the series and a key.

NaN stays NaN, and numbers stay numbers but for dropped channels: what is behind the end of a series stays nothing.
Scales are in units of the encoded series, whose channels have a standard deviation near 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from lepton_lab.networks.options import within
from lepton_lab.networks.series_layers import lengths_of

MOST_CHANNELS = 4096
AXES = 3


@dataclass(frozen=True)
class SeriesAugment:
    """How much series are changed in training; 0 leaves that part out.

    Args:
        scale: spread of a factor near 1 on each channel (of its logarithm).
        shift: spread of a number added to each channel of a series.
        noise: spread of numbers added to each value.
        mix: how much each channel takes of the others, as a sensor does that sits a little turned.
        warp: how much faster or slower time runs at most, as a share.
        drop: probability that a channel of a series is not there at all.
        turn: spread of the angle, in radians, by which sensors sit turned: channels 0 to 2, 3 to 5, ... are the axes of
            sensors in one case, and turn together. With another number of channels the rest stay as they are.
        zeros, units: where 0 of each channel lies, and how long 1 is, in encoded numbers: for `turn`, as the data have
            them, whatever is said.
    """

    scale: float = within(0.1, 0, 2)
    shift: float = within(0.0, 0, 2)
    noise: float = within(0.05, 0, 2)
    mix: float = within(0.0, 0, 2)
    warp: float = within(0.0, 0, 1)
    drop: float = within(0.0, 0, 0.9)
    turn: float = within(0.0, 0, 3.2)
    zeros: tuple[float, ...] = within((0.0,), -1e9, 1e9, most=MOST_CHANNELS)
    units: tuple[float, ...] = within((1.0,), 0, 1e9, most=MOST_CHANNELS)


GENTLE = SeriesAugment()
"""Changes that hardly any series takes amiss."""


def augment_series(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, config: SeriesAugment
) -> Float[Array, "row step channel"]:
    """Each series with its own speed, scales, shifts, noise and missing channels."""
    warp_key, scale_key, mix_key, shift_key, noise_key, drop_key = jax.random.split(key, 6)
    if config.warp:
        objects = warped(objects, warp_key, config.warp)
    if config.turn:
        turn_key = jax.random.fold_in(key, 6)  # the others' keys are what they were before there were turns
        objects = turned(objects, turn_key, config.turn, jnp.asarray(config.zeros), jnp.asarray(config.units))
    if config.scale:
        objects = scaled(objects, scale_key, config.scale)
    if config.mix:
        objects = mixed(objects, mix_key, config.mix)
    if config.shift:
        objects = shifted(objects, shift_key, config.shift)
    if config.noise:
        objects = noisy(objects, noise_key, config.noise)
    if config.drop:
        objects = without_channels(objects, drop_key, config.drop)
    return objects


def scaled(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, spread: float
) -> Float[Array, "row step channel"]:
    """Each channel of each series times a factor near 1."""
    return objects * jnp.exp(spread * jax.random.normal(key, (objects.shape[0], 1, objects.shape[2])))


def mixed(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, spread: float
) -> Float[Array, "row step channel"]:
    """Each channel and a little of every other one, as a sensor gives them that sits a little turned.

    In the steps where a channel is not there, the others take nothing of it.

    Source: rotations, the best of the changes in Um et al. 2017, arXiv:1706.00527; a small one is, to first order,
        a mixture, which needs no knowledge of which channels are axes of one sensor.
    """
    n_channels = objects.shape[2]
    angles = spread * jax.random.normal(key, (objects.shape[0], n_channels, n_channels))
    others = angles - angles.swapaxes(1, 2)
    return objects + jnp.einsum("rsc,rcd->rsd", jnp.nan_to_num(objects), others)


def turned(
    objects: Float[Array, "row step channel"],
    key: PRNGKeyArray,
    spread: float,
    zeros: Float[Array, "#channel"],
    units: Float[Array, "#channel"],
) -> Float[Array, "row step channel"]:
    """Each series as a case of sensors gives it that sits turned, about any axis.

    Every three channels are the axes of one sensor, and all sensors of a series turn together.

    Source: Um et al. 2017, arXiv:1706.00527 (rotation), there by any angle; ours by one that a case may slip.
    """
    n_rows, n_steps, n_channels = objects.shape
    n_turned = n_channels - n_channels % AXES
    of_angles, of_axes = jax.random.split(key)
    matrix = rotations(spread * jax.random.normal(of_angles, (n_rows,)), jax.random.normal(of_axes, (n_rows, AXES)))
    measured = jnp.nan_to_num((objects - zeros) / units)[..., :n_turned]
    axes = measured.reshape(n_rows, n_steps, n_turned // AXES, AXES)
    found = jnp.einsum("rsta,rba->rstb", axes, matrix).reshape(n_rows, n_steps, n_turned)
    found = jnp.concatenate([found * _first(units, n_turned) + _first(zeros, n_turned), objects[..., n_turned:]], -1)
    return jnp.where(jnp.isnan(objects), jnp.nan, found)


def rotations(angles: Float[Array, "row"], axes: Float[Array, "row 3"]) -> Float[Array, "row 3 3"]:
    """The matrices that turn by these angles about these axes, of any length (Rodrigues)."""
    x, y, z = jnp.moveaxis(axes / jnp.linalg.norm(axes, axis=1, keepdims=True), 1, 0)
    none = jnp.zeros_like(x)
    across = jnp.stack([none, -z, y, z, none, -x, -y, x, none], axis=1).reshape(-1, AXES, AXES)
    sine, rest = jnp.sin(angles)[:, None, None], (1 - jnp.cos(angles))[:, None, None]
    return jnp.eye(AXES) + sine * across + rest * (across @ across)


def _first(of_channels: Float[Array, "#channel"], n: int) -> Float[Array, "#turned"]:
    """The first `n` numbers, or the one for all."""
    return of_channels if len(of_channels) == 1 else of_channels[:n]


def shifted(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, spread: float
) -> Float[Array, "row step channel"]:
    """Each channel of each series moved up or down."""
    return objects + spread * jax.random.normal(key, (objects.shape[0], 1, objects.shape[2]))


def noisy(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, spread: float
) -> Float[Array, "row step channel"]:
    """Each value moved by a little of its own."""
    return objects + spread * jax.random.normal(key, objects.shape)


def warped(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, most: float
) -> Float[Array, "row step channel"]:
    """Each series faster or slower by at most this share, read between its steps in straight lines.

    A faster one is shorter and ends in NaN; of a slower one the end is cut off.

    Source: Um et al. 2017, arXiv:1706.00527 (time-warping); ours keeps one speed for a whole series.
    """
    n_rows, n_steps, _ = objects.shape
    speed = jnp.exp(jax.random.uniform(key, (n_rows, 1), minval=-1.0, maxval=1.0) * jnp.log1p(most))
    at = jnp.arange(n_steps, dtype=objects.dtype)[None] * speed
    low = jnp.floor(at).astype(jnp.int32)
    part = (at - low.astype(at.dtype))[..., None]
    last = jnp.maximum(lengths_of(objects) - 1, 0)[:, None]
    left = jnp.take_along_axis(objects, jnp.minimum(low, last)[..., None], axis=1)
    right = jnp.take_along_axis(objects, jnp.minimum(low + 1, last)[..., None], axis=1)
    # Beside a gap the nearer step counts alone, so that gaps grow by no step.
    either = jnp.where(part < 0.5, left, right)
    between = (1 - part) * left + part * right
    found = jnp.where(jnp.isnan(between), either, between)
    return jnp.where((at <= last.astype(at.dtype))[..., None], found, jnp.nan)


def without_channels(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, probability: float
) -> Float[Array, "row step channel"]:
    """Some channels of some series not there (NaN); the first one kept where all would go."""
    gone = jax.random.bernoulli(key, probability, (objects.shape[0], 1, objects.shape[2]))
    first = jnp.arange(objects.shape[2]) == 0
    gone = gone & ~(gone.all(axis=2, keepdims=True) & first)
    return jnp.where(gone, jnp.nan, objects)
