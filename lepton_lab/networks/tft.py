"""A temporal fusion transformer as an encoder: chosen channels, a memory along time, attention from the last step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from lepton_lab.networks.options import within
from lepton_lab.networks.recurrent import LstmLayer
from lepton_lab.networks.series_layers import Affine, FeatureNorm, dropped, last_steps, levelled, several_keys


@dataclass(frozen=True)
class TftConfig:
    """The sizes of a temporal fusion transformer.

    Args:
        window: last steps that are read.
        stride: steps taken in together.
        units: numbers at each place.
        heads: of the attention; a whole part of `units`.
        dropout: share of the units left out in training.
    """

    window: int = within(168, 2, 1024)
    stride: int = within(6, 1, 64)
    units: int = within(32, 1, 256)
    heads: int = within(4, 1, 16)
    dropout: float = within(0.1, 0, 0.9)

    def __post_init__(self) -> None:
        if self.units % self.heads:
            raise ValueError(f"units={self.units} cannot be shared by heads={self.heads}")


class Tft(nnx.Module):
    """A series to `width` numbers: gated parts, so that what does not help is passed by.

    Shape: `(row, step, channel)`, NaN where nothing is, to `(row, width)`.

    Args:
        shape: of one object, `(step, channel)`; steps may be None, any number of them may come.
        config: sizes.
        draw: gives the first parameters.

    Example:
        >>> encoder = Tft((30, 3), TftConfig(window=16, units=8, heads=2), draw=np.random.default_rng(0))
        >>> encoder(jnp.ones((5, 30, 3))).shape == (5, encoder.width)
        True

    Source: Lim et al. 2021, arXiv:1912.09363: gates, choice of channels, LSTM, attention whose heads share their
        values. Ours ends where the step ahead enters, which is a column of its own, and so has no decoder.
    """

    def __init__(self, shape: tuple[int | None, ...], config: TftConfig | None = None, *, draw: np.random.Generator):
        self.config = config = config or TftConfig()
        n_channels, units = shape[-1] or 1, config.units
        self.width = units + 2 * n_channels
        self.channels = nnx.List([Affine(2 * config.stride, units, draw=draw) for _ in range(n_channels)])
        self.choice = _Gated(n_channels * units, n_channels, units, draw=draw)
        self.memory = LstmLayer(units, draw=draw)
        self.gate, self.norm = _Gate(units, draw=draw), FeatureNorm(units)
        self.asked, self.known = (Affine(units, units, draw=draw) for _ in range(2))
        self.value = Affine(units, units // config.heads, draw=draw)
        self.told = Affine(units // config.heads, units, draw=draw)
        self.last = _Gated(units, units, units, draw=draw)

    def __call__(
        self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "row width"]:
        """Encode; with a key as in training: dropout."""
        first, second = several_keys(key, 2)
        steps, seen = last_steps(objects, self.config.window)
        steps, level = levelled(steps, seen)
        x, inside = self._places(steps, seen)
        x = dropped(self._chosen(x), first, self.config.dropout)
        x = self.norm(x + self.gate(self.memory(x, inside)))
        found = x[:, -1] + self._attention(x, inside)
        return jnp.concatenate([dropped(self.last(found), second, self.config.dropout), level], axis=-1)

    def _places(self, steps: Array, seen: Array) -> tuple[Float[Array, "row place channel part"], Array]:
        """Neighbouring steps side by side, with whether they were seen; the last place is whole."""
        n_rows, n_steps, n_channels = steps.shape
        wide = ((0, 0), (-n_steps % self.config.stride, 0), (0, 0))
        both = [jnp.pad(part.astype(steps.dtype), wide) for part in (steps, seen)]
        cut = [part.reshape(n_rows, -1, self.config.stride, n_channels).swapaxes(2, 3) for part in both]
        return jnp.concatenate(cut, axis=-1), (cut[1] > 0).any(axis=(2, 3))

    def _chosen(self, x: Float[Array, "row place channel part"]) -> Float[Array, "row place unit"]:
        """The channels' sum at each place, by shares that depend on all of them."""
        parts = jnp.stack([read(x[:, :, c]) for c, read in enumerate(self.channels)], axis=2)
        share = jax.nn.softmax(self.choice(parts.reshape(*parts.shape[:2], -1)), axis=-1)
        return (share[..., None] * parts).sum(axis=2)

    def _attention(self, x: Float[Array, "row place unit"], inside: Bool[Array, "row place"]) -> Array:
        """What the last place finds in all places: the mean of the heads, which share their values."""
        heads = self.config.heads
        asked = self.asked(x[:, -1]).reshape(len(x), heads, -1)
        known = self.known(x).reshape(*x.shape[:2], heads, -1)
        fit = jnp.einsum("rhf,rphf->rhp", asked, known) / math.sqrt(asked.shape[-1])
        # Not minus infinity: a series of no steps would divide 0 by 0.
        share = jax.nn.softmax(jnp.where(inside[:, None], fit, -1e9), axis=-1).mean(axis=1)
        return self.told(jnp.einsum("rp,rpf->rf", share, self.value(x)))


class _Gate(nnx.Module):
    """A part of what comes in, from none to all (gated linear unit)."""

    def __init__(self, n_units: int, *, draw: np.random.Generator):
        self.value, self.open = (Affine(n_units, n_units, draw=draw) for _ in range(2))

    def __call__(self, x: Float[Array, "*batch unit"]) -> Float[Array, "*batch unit"]:
        """`sigmoid(a) * b`, both linear in `x`."""
        return jax.nn.sigmoid(self.open(x)) * self.value(x)


class _Gated(nnx.Module):
    """Two layers whose result is let through by a gate and added to what came in (gated residual network)."""

    def __init__(self, n_features: int, n_outputs: int, n_units: int, *, draw: np.random.Generator):
        self.first, self.second = Affine(n_features, n_units, draw=draw), Affine(n_units, n_outputs, draw=draw)
        self.gate, self.norm = _Gate(n_outputs, draw=draw), FeatureNorm(n_outputs)
        self.skip = Affine(n_features, n_outputs, draw=draw)

    def __call__(self, x: Float[Array, "*batch feature"]) -> Float[Array, "*batch output"]:
        """Passed by, and what the gate lets through."""
        return self.norm(self.skip(x) + self.gate(self.second(jax.nn.elu(self.first(x)))))
