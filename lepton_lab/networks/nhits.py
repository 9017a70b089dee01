"""N-HiTS as an encoder: the last steps of a series to a vector, coarse shapes first and what they leave after."""

from __future__ import annotations

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, PRNGKeyArray

from lepton_lab.networks.layers import activation
from lepton_lab.networks.options import within
from lepton_lab.networks.series_layers import Affine, dropped, last_steps, levelled, several_keys


@dataclass(frozen=True)
class NHitsConfig:
    """The sizes of an N-HiTS encoder.

    Args:
        window: last steps that are read.
        pools: of each stack: how many neighbouring steps are one, coarse stacks first.
        hidden: units of each of a stack's two layers.
        code: numbers that each stack tells.
        dropout: share of the units left out in training.
    """

    window: int = within(168, 2, 1024)
    pools: tuple[int, ...] = within((8, 4, 1), 1, 64)
    hidden: int = within(64, 1, 512)
    code: int = within(16, 1, 128)
    dropout: float = within(0.1, 0, 0.9)


class NHits(nnx.Module):
    """A series to `width` numbers: stacks that each read what the ones before have not told, at a rate of its own.

    Shape: `(row, step, channel)`, NaN where nothing is, to `(row, width)`.

    Args:
        shape: of one object, `(step, channel)`; steps may be None, any number of them may come.
        config: sizes.
        draw: gives the first parameters.

    Example:
        >>> encoder = NHits((30, 3), NHitsConfig(window=16, hidden=8), draw=np.random.default_rng(0))
        >>> encoder(jnp.ones((5, 30, 3))).shape == (5, encoder.width)
        True

    Source: Challu et al. 2023, arXiv:2201.12886. Theirs adds up the stacks' forecasts; here each tells a code, because
        a row is one step ahead and the network behind knows which. Each row's channels are brought to mean 0 and
        spread 1 first, and level and spread are told beside (Kim et al. 2022, RevIN).
    """

    def __init__(self, shape: tuple[int | None, ...], config: NHitsConfig | None = None, *, draw: np.random.Generator):
        self.config = config = config or NHitsConfig()
        n_channels = shape[-1] or 1
        self.width = len(config.pools) * config.code + 2 * n_channels
        self.stacks = nnx.List([_Stack(config, pool, n_channels, draw=draw) for pool in config.pools])

    def __call__(
        self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "row width"]:
        """Encode; with a key as in training: dropout."""
        steps, seen = last_steps(objects, self.config.window)
        rest, level = levelled(steps, seen)
        codes = []
        for stack, stack_key in zip(self.stacks, several_keys(key, len(self.stacks)), strict=True):
            code, told = stack(rest, seen, stack_key)
            rest = jnp.where(seen, rest - told, 0.0)
            codes.append(code)
        return jnp.concatenate([*codes, level], axis=-1)


class _Stack(nnx.Module):
    """Neighbours pooled, two layers, and from these a code and what of the series it has told."""

    def __init__(self, config: NHitsConfig, pool: int, n_channels: int, *, draw: np.random.Generator):
        self.pool, self.rate = pool, config.dropout
        n_places = -(-config.window // pool)
        self.first = Affine(2 * n_places * n_channels, config.hidden, gain=2**0.5, draw=draw)
        self.second = Affine(config.hidden, config.hidden, gain=2**0.5, draw=draw)
        self.code = Affine(config.hidden, config.code, draw=draw)
        self.told = Affine(config.hidden, n_places * n_channels, gain=0.1, draw=draw)

    def __call__(
        self, steps: Float[Array, "row step channel"], seen: Array, key: PRNGKeyArray | None
    ) -> tuple[Float[Array, "row code"], Float[Array, "row step channel"]]:
        """The code, and what it has told of each step."""
        n_rows, n_steps, n_channels = steps.shape
        pooled, there = self._pooled(steps, seen)
        features = jnp.concatenate([pooled.reshape(n_rows, -1), there.reshape(n_rows, -1)], axis=-1)
        first, second = several_keys(key, 2)
        hidden = dropped(activation(self.first(features)), first, self.rate)
        hidden = dropped(activation(self.second(hidden)), second, self.rate)
        told = self.told(hidden).reshape(n_rows, -1, n_channels)
        # Each place's number stands for all its steps: the last ones whole, the first place cut.
        return self.code(hidden), jnp.repeat(told, self.pool, axis=1)[:, -n_steps:]

    def _pooled(self, steps: Array, seen: Array) -> tuple[Array, Array]:
        """The largest of each place's steps, and whether there is one; 0 where there is none."""
        short = -steps.shape[1] % self.pool
        wide = ((0, 0), (short, 0), (0, 0))
        values = jnp.pad(jnp.where(seen, steps, -jnp.inf), wide, constant_values=-jnp.inf)
        highest = values.reshape(steps.shape[0], -1, self.pool, steps.shape[2]).max(axis=2)
        there = highest > -jnp.inf
        return jnp.where(there, highest, 0.0), there.astype(steps.dtype)
