"""Recurrent networks: series to vectors, one step after the other (GRU, LSTM)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from lepton_lab.networks.options import within
from lepton_lab.networks.series_layers import Affine, FeatureNorm, drawn, dropped, observed, pooled, several_keys
from lepton_lab.networks.series_windows import SeriesConfig, in_windows


@dataclass(frozen=True)
class RecurrentConfig(SeriesConfig):
    """The sizes of a recurrent network.

    Args:
        cell: `gru` or `lstm`.
        units: numbers a layer remembers.
        layers: one above the other.
        stride: steps taken in together: each layer then takes so many times fewer steps.
    """

    cell: Literal["gru", "lstm"] = "gru"
    units: int = within(64, 1, 256)
    layers: int = within(1, 1, 6)
    stride: int = within(1, 1, 64)


class Recurrent(nnx.Module):
    """A series to `width` numbers: what GRU or LSTM layers remember, its mean, maximum and last over time.

    Shape: `(row, step, channel)`, NaN where nothing is, to `(row, width)`.

    Args:
        shape: of one object, `(step, channel)`; steps may be None, any number of them may come.
        config: sizes.
        draw: gives the first parameters.

    Example:
        >>> encoder = Recurrent((30, 3), RecurrentConfig(units=8), draw=np.random.default_rng(0))
        >>> encoder(jnp.ones((5, 30, 3))).shape == (5, encoder.width)
        True

    Source: Cho et al. 2014 (GRU), arXiv:1406.1078; Hochreiter and Schmidhuber 1997 (LSTM), with the forget gate of
        Gers et al. 2000, open at first. Ours norms each layer's inputs.
    """

    def __init__(
        self, shape: tuple[int | None, ...], config: RecurrentConfig | None = None, *, draw: np.random.Generator
    ):
        config = config or RecurrentConfig()
        self.config = config
        self.width = 3 * config.units
        layer = GruLayer if config.cell == "gru" else LstmLayer
        self.stem = Affine(2 * (shape[-1] or 1) * config.stride, config.units, draw=draw)
        self.norms = nnx.List([FeatureNorm(config.units) for _ in range(config.layers)])
        self.layers = nnx.List([layer(config.units, draw=draw) for _ in range(config.layers)])

    def __call__(
        self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "row width"]:
        """Encode; with a key as in training: augmented, one window of each series, dropout."""
        return in_windows(self.encode, objects, key, window=self.config.window, augment=self.config.augment)

    def encode(self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None) -> Float[Array, "row width"]:
        """One window each."""
        rate, keys = self.config.dropout, several_keys(key, self.config.layers)
        features, inside = in_strides(*observed(objects), self.config.stride)
        x = self.stem(features)
        for norm, layer, layer_key in zip(self.norms, self.layers, keys, strict=True):
            x = dropped(layer(norm(x), inside), layer_key, rate)
        return pooled(x, inside)


class GruLayer(nnx.Module):
    """A gated recurrent unit over the steps of each series; behind its end it changes nothing."""

    def __init__(self, n_units: int, *, draw: np.random.Generator):
        self.inner = Affine(n_units, 3 * n_units, draw=draw)
        self.kernel = nnx.Param(drawn(draw, (n_units, 3 * n_units), fan_in=n_units))
        self.bias = nnx.Param(np.zeros(n_units, np.float32), decay=False)

    def __call__(
        self, x: Float[Array, "row step unit"], inside: Bool[Array, "row step"]
    ) -> Float[Array, "row step unit"]:
        """What is remembered after each step."""
        kernel, bias = jnp.asarray(self.kernel[...]), jnp.asarray(self.bias[...])

        def step(state: Array, now: tuple[Array, Array]) -> tuple[Array, Array]:
            (reset_in, update_in, new_in), there = jnp.split(now[0], 3, axis=-1), now[1]
            reset_own, update_own, new_own = jnp.split(state @ kernel, 3, axis=-1)
            reset, update = jax.nn.sigmoid(reset_in + reset_own), jax.nn.sigmoid(update_in + update_own)
            new = jnp.tanh(new_in + reset * (new_own + bias))
            state = jnp.where(there[:, None], update * state + (1 - update) * new, state)
            return state, state

        return _along_time(step, jnp.zeros((x.shape[0], x.shape[2]), x.dtype), self.inner(x), inside)


class LstmLayer(nnx.Module):
    """A long short-term memory over the steps of each series; behind its end it changes nothing."""

    def __init__(self, n_units: int, *, draw: np.random.Generator):
        self.inner = Affine(n_units, 4 * n_units, draw=draw)
        self.kernel = nnx.Param(drawn(draw, (n_units, 4 * n_units), fan_in=n_units))

    def __call__(
        self, x: Float[Array, "row step unit"], inside: Bool[Array, "row step"]
    ) -> Float[Array, "row step unit"]:
        """What is told after each step."""
        kernel = jnp.asarray(self.kernel[...])

        def step(state: tuple[Array, Array], now: tuple[Array, Array]) -> tuple[tuple[Array, Array], Array]:
            (told, kept), there = state, now[1][:, None]
            into, forget, out, new = jnp.split(now[0] + told @ kernel, 4, axis=-1)
            fresh = jax.nn.sigmoid(forget + 1.0) * kept + jax.nn.sigmoid(into) * jnp.tanh(new)
            kept = jnp.where(there, fresh, kept)
            told = jnp.where(there, jax.nn.sigmoid(out) * jnp.tanh(fresh), told)
            return (told, kept), told

        zeros = jnp.zeros((x.shape[0], x.shape[2]), x.dtype)
        return _along_time(step, (zeros, zeros), self.inner(x), inside)


def in_strides(
    features: Float[Array, "row step feature"], inside: Bool[Array, "row step"], stride: int
) -> tuple[Float[Array, "row place joined"], Bool[Array, "row place"]]:
    """Neighbouring steps side by side, `stride` at a time; a place is inside where its first step is."""
    n_rows, n_steps, n_features = features.shape
    short = -n_steps % stride
    features = jnp.pad(jnp.where(inside[..., None], features, 0.0), ((0, 0), (0, short), (0, 0)))
    return features.reshape(n_rows, -1, stride * n_features), inside[:, ::stride]


def _along_time(step, start, x: Float[Array, "row step gate"], inside: Bool[Array, "row step"]):  # type: ignore[no-untyped-def]
    """Scan over the second axis. A few steps a turn of the loop: less of it is the loop's own."""
    _, found = jax.lax.scan(step, start, (x.swapaxes(0, 1), inside.T), unroll=4)
    return found.swapaxes(0, 1)
