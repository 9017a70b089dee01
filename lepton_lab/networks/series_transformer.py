"""A Transformer encoder of series: short stretches are words, attention looks at all of them at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from lepton_lab.networks.options import within
from lepton_lab.networks.recurrent import in_strides
from lepton_lab.networks.series_layers import Affine, FeatureNorm, dropped, observed, pooled, several_keys
from lepton_lab.networks.series_windows import SeriesConfig, in_windows


@dataclass(frozen=True)
class SeriesTransformerConfig(SeriesConfig):
    """The sizes of a Transformer encoder of series.

    Args:
        channels: features of each stretch inside the network.
        heads: of each attention; they divide `channels`.
        layers: one above the other.
        stride: steps of a stretch.
    """

    channels: int = within(64, 1, 256)
    heads: int = within(4, 1, 16)
    layers: int = within(2, 1, 6)
    stride: int = within(4, 1, 64)

    def __post_init__(self) -> None:
        if self.channels % self.heads:
            raise ValueError(f"channels={self.channels} is no multiple of heads={self.heads}")


class SeriesTransformer(nnx.Module):
    """A series to `width` numbers: attention between stretches, then mean, maximum and last over time.

    Shape: `(row, step, channel)`, NaN where nothing is, to `(row, width)`.

    Args:
        shape: of one object, `(step, channel)`; steps may be None, any number of them may come.
        config: sizes.
        draw: gives the first parameters.

    Example:
        >>> config = SeriesTransformerConfig(channels=8, heads=2)
        >>> encoder = SeriesTransformer((30, 3), config, draw=np.random.default_rng(0))
        >>> encoder(jnp.ones((5, 30, 3))).shape == (5, encoder.width)
        True

    Source: Vaswani et al. 2017, arXiv:1706.03762; stretches as words: Nie et al. 2023 (PatchTST), arXiv:2211.14730;
        norms before each part: Xiong et al. 2020, arXiv:2002.04745. Ours keeps all channels of a stretch in one word.
    """

    def __init__(
        self, shape: tuple[int | None, ...], config: SeriesTransformerConfig | None = None, *, draw: np.random.Generator
    ):
        config = config or SeriesTransformerConfig()
        self.config = config
        self.width = 3 * config.channels
        self.stem = Affine(2 * (shape[-1] or 1) * config.stride, config.channels, draw=draw)
        self.blocks = nnx.List(
            [TransformerBlock(config.channels, config.heads, draw=draw) for _ in range(config.layers)]
        )
        self.norm = FeatureNorm(config.channels)

    def __call__(
        self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "row width"]:
        """Encode; with a key as in training: augmented, one window of each series, dropout."""
        return in_windows(self.encode, objects, key, window=self.config.window, augment=self.config.augment)

    def encode(self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None) -> Float[Array, "row width"]:
        """One window each."""
        rate, keys = self.config.dropout, several_keys(key, self.config.layers + 1)
        features, inside = in_strides(*observed(objects), self.config.stride)
        x = self.stem(features)
        x = x + jnp.asarray(places(x.shape[1], x.shape[2]))
        for block, block_key in zip(self.blocks, keys[1:], strict=True):
            x = block(x, inside, block_key, rate)
        return dropped(pooled(self.norm(x), inside), keys[0], rate)


class TransformerBlock(nnx.Module):
    """Attention between the places of a series, then two layers at each place; both add to what came in."""

    def __init__(self, n_channels: int, n_heads: int, *, draw: np.random.Generator):
        self.n_heads = n_heads
        self.norm_1, self.norm_2 = FeatureNorm(n_channels), FeatureNorm(n_channels)
        self.asked = Affine(n_channels, 3 * n_channels, draw=draw)
        self.told = Affine(n_channels, n_channels, gain=0.5, draw=draw)
        self.wide = Affine(n_channels, 2 * n_channels, gain=2**0.5, draw=draw)
        self.narrow = Affine(2 * n_channels, n_channels, gain=0.5, draw=draw)

    def __call__(
        self,
        x: Float[Array, "row place feature"],
        inside: Bool[Array, "row place"],
        key: PRNGKeyArray | None,
        rate: float,
    ) -> Float[Array, "row place feature"]:
        """`x` and what attention and the layers add."""
        first, second = several_keys(key, 2)
        x = x + dropped(self.told(self.attention(self.norm_1(x), inside)), first, rate)
        return x + dropped(self.narrow(jax.nn.gelu(self.wide(self.norm_2(x)))), second, rate)

    def attention(
        self, x: Float[Array, "row place feature"], inside: Bool[Array, "row place"]
    ) -> Float[Array, "row place feature"]:
        """Each place's mixture of the places inside the series."""
        n_rows, n_places, n_channels = x.shape
        split = self.asked(x).reshape(n_rows, n_places, 3, self.n_heads, n_channels // self.n_heads)
        query, known, value = split[:, :, 0], split[:, :, 1], split[:, :, 2]
        fit = jnp.einsum("rqhf,rkhf->rhqk", query, known) / math.sqrt(n_channels / self.n_heads)
        # Not minus infinity: a series of no steps would divide 0 by 0.
        share = jax.nn.softmax(jnp.where(inside[:, None, None, :], fit, -1e9), axis=-1)
        return jnp.einsum("rhqk,rkhf->rqhf", share, value).reshape(n_rows, n_places, n_channels)


def places(n_places: int, n_channels: int) -> np.ndarray:
    """Sines and cosines of where each place is, float32 `(place, channel)`: the same whatever the padding."""
    frequency = 1e4 ** (-np.arange(0, n_channels, 2) / n_channels)
    turns = np.arange(n_places)[:, None] * frequency
    both = np.concatenate([np.sin(turns), np.cos(turns)], axis=1)
    return both[:, :n_channels].astype(np.float32)
