"""Long series in windows: a random one of each while training, all of them in turn while predicting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from lepton_lab.networks.augment_series import GENTLE, SeriesAugment, augment_series
from lepton_lab.networks.options import within
from lepton_lab.networks.series_layers import lengths_of

Encode = Callable[[Any, Any], Any]


@dataclass(frozen=True, kw_only=True)
class SeriesConfig:
    """What every encoder that reads series in windows lets its user say; each has its sizes beside it.

    Args:
        window: steps read at once; longer series are read in windows.
        dropout: share of what a layer adds, and of the pooled features, that is left out in training.
        augment: what training does to series.
        mix_up: strength by which rows are blended in training (`networks.mix_up`), series after they are read.
    """

    window: int = within(256, 8, 4096)
    dropout: float = within(0.1, 0, 0.9)
    augment: SeriesAugment = GENTLE
    mix_up: float = within(0.0, 0, 8)


def in_windows(
    encode: Encode,
    objects: Float[Array, "row step channel"],
    key: PRNGKeyArray | None,
    *,
    window: int,
    augment: SeriesAugment,
) -> Float[Array, "row width"]:
    """What every encoder of series does with its `encode(windows, key)`.

    In training, with a key, one random window of each series, changed at random; in prediction all of them.
    """
    if key is None:
        return mean_over_windows(lambda pieces: encode(pieces, None), objects, window)
    crop_key, augment_key, drop_key = jax.random.split(key, 3)
    return encode(augment_series(random_windows(objects, crop_key, window), augment_key, augment), drop_key)


def random_windows(
    objects: Float[Array, "row step channel"], key: PRNGKeyArray, window: int
) -> Float[Array, "row window channel"]:
    """A random stretch of each series, the whole series where it is no longer; every full stretch is as likely."""
    if objects.shape[1] <= window:
        return objects
    room = jnp.maximum(lengths_of(objects) - window, 0)
    start = jax.random.randint(key, room.shape, 0, room + 1)
    cut = jax.vmap(lambda one, at: jax.lax.dynamic_slice_in_dim(one, at, window, axis=0))
    return cut(objects, start)


def mean_over_windows(
    encode: Callable[[Float[Array, "piece window channel"]], Float[Array, "piece width"]],
    objects: Float[Array, "row step channel"],
    window: int,
) -> Float[Array, "row width"]:
    """What `encode` gives for windows that overlap by half, averaged.

    A window counts by the steps it brings that the one before it did not have, so that one that lies in the padding
    counts nothing, and a series as long as a window is encoded as if there were no windows.
    """
    n_rows, n_steps, n_channels = objects.shape
    if n_steps <= window:
        return encode(objects)
    hop = max(1, window // 2)
    n_windows = 1 + -(-(n_steps - window) // hop)
    short = window + (n_windows - 1) * hop - n_steps
    padded = jnp.pad(objects, ((0, 0), (0, short), (0, 0)), constant_values=jnp.nan)
    pieces = jnp.stack([padded[:, i * hop : i * hop + window] for i in range(n_windows)], axis=1)
    codes = encode(pieces.reshape(n_rows * n_windows, window, n_channels)).reshape(n_rows, n_windows, -1)
    before = jnp.asarray([0] + [i * hop + window - hop for i in range(1, n_windows)], jnp.int32)
    most = jnp.asarray([window] + [hop] * (n_windows - 1), jnp.int32)
    brings = jnp.clip(lengths_of(objects)[:, None] - before, 0, most).astype(codes.dtype)
    share = brings / jnp.maximum(brings.sum(axis=1, keepdims=True), 1.0)
    return (codes * share[..., None]).sum(axis=1)
