"""A temporal convolutional network: series to vectors, by dilated convolutions that see longer and longer stretches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from lepton_lab.networks.layers import activation
from lepton_lab.networks.options import within
from lepton_lab.networks.series_layers import FeatureNorm, StepsConv, dropped, observed, pooled, several_keys
from lepton_lab.networks.series_windows import SeriesConfig, in_windows


@dataclass(frozen=True)
class TcnConfig(SeriesConfig):
    """The sizes of a temporal convolutional network.

    Args:
        channels: features of each step inside the network.
        kernel: steps a convolution reads.
        dilations: of the blocks; steps between those it reads.
        stride: of the first convolution: every how many steps the others look.
    """

    channels: int = within(32, 1, 256)
    kernel: int = within(5, 1, 15)
    dilations: tuple[int, ...] = within((1, 2, 4, 8), 1, 1024)
    stride: int = within(2, 1, 64)
    dropout: float = within(0.2, 0, 0.9)


class Tcn(nnx.Module):
    """A series to `width` numbers: dilated residual convolutions, then mean, maximum and last over time.

    Shape: `(row, step, channel)`, NaN where nothing is, to `(row, width)`.

    Args:
        shape: of one object, `(step, channel)`; steps may be None, any number of them may come.
        config: sizes.
        draw: gives the first parameters.

    Example:
        >>> encoder = Tcn((30, 3), TcnConfig(channels=8), draw=np.random.default_rng(0))
        >>> encoder(np.ones((5, 30, 3))).shape == (5, encoder.width)
        True

    Source: Bai et al. 2018, arXiv:1803.01271. Ours looks both ways, because a series is whole when it is read; it
        norms each step's features before each convolution (Xiong et al. 2020, arXiv:2002.04745) instead of weights.
    """

    def __init__(self, shape: tuple[int | None, ...], config: TcnConfig | None = None, *, draw: np.random.Generator):
        config = config or TcnConfig()
        self.config = config
        self.width = 3 * config.channels
        self.stem = StepsConv(
            2 * (shape[-1] or 1), config.channels, kernel=config.kernel, stride=config.stride, draw=draw
        )
        self.blocks = nnx.List(
            [TcnBlock(config.channels, config.kernel, dilation, draw=draw) for dilation in config.dilations]
        )
        self.norm = FeatureNorm(config.channels)

    def __call__(
        self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None = None
    ) -> Float[Array, "row width"]:
        """Encode; with a key as in training: augmented, one window of each series, dropout."""
        return in_windows(self.encode, objects, key, window=self.config.window, augment=self.config.augment)

    def encode(self, objects: Float[Array, "row step channel"], key: PRNGKeyArray | None) -> Float[Array, "row width"]:
        """One window each."""
        rate, keys = self.config.dropout, several_keys(key, len(self.blocks) + 1)
        x, inside = observed(objects)
        x = self.stem(x, inside)
        inside = inside[:, :: self.config.stride]
        for block, block_key in zip(self.blocks, keys, strict=False):
            x = block(x, inside, block_key, rate)
        return dropped(pooled(self.norm(x), inside), keys[-1], rate)


class TcnBlock(nnx.Module):
    """Two dilated convolutions whose result is added to what came in; it starts near doing nothing."""

    def __init__(self, n_channels: int, kernel: int, dilation: int, *, draw: np.random.Generator):
        self.norm_1, self.norm_2 = FeatureNorm(n_channels), FeatureNorm(n_channels)
        self.conv_1 = StepsConv(n_channels, n_channels, kernel=kernel, dilation=dilation, gain=2**0.5, draw=draw)
        self.conv_2 = StepsConv(n_channels, n_channels, kernel=kernel, dilation=dilation, gain=0.5, draw=draw)

    def __call__(
        self,
        x: Float[Array, "row step feature"],
        inside: Bool[Array, "row step"],
        key: PRNGKeyArray | None,
        rate: float,
    ) -> Float[Array, "row step feature"]:
        """`x` and what the convolutions add."""
        y = self.conv_1(activation(self.norm_1(x)), inside)
        y = self.conv_2(dropped(activation(self.norm_2(y)), key, rate), inside)
        return x + y
