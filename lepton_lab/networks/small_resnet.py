"""The default encoder of small images (28 to 96 points a side): a residual network, trained from scratch."""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Shaped

from lepton_lab.networks.augment_images import Augmentation, augment
from lepton_lab.networks.convolution import Convolution, GroupNorm
from lepton_lab.networks.options import within

# Images are made smaller by the first layer until the second one sees at most so many points a side.
MOST_POINTS = 16


@dataclass(frozen=True)
class SmallResNetConfig:
    """The sizes of the network.

    Args:
        widths: channels of each stage; every stage but the first halves the image's sides.
        depths: residual blocks of each stage.
        stem: side of the first kernel, at least; it is no smaller than its step, and where that is long the first
            stage is wider.
        grid: places down and across whose numbers it gives, at most; 1 for their mean over the whole image.
        dropout: share of the numbers it gives that are left out in training.
        augmentation: how images are changed in training.
        mix_up: strength by which rows are blended in training (`networks.mix_up`); 0 for not at all, 0.2 as usual.
    """

    widths: tuple[int, ...] = within((16, 32, 64), 1, 256)
    depths: tuple[int, ...] = within((0, 1, 1), 0, 8)
    stem: int = within(5, 1, 15)
    grid: int = within(4, 1, 16)
    dropout: float = within(0.1, 0, 0.9)
    augmentation: Augmentation = field(default_factory=Augmentation)
    mix_up: float = within(0.0, 0, 8)

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.depths):
            raise ValueError(f"widths={list(self.widths)} and depths={list(self.depths)}: one of each a stage")


class Residual(nnx.Module):
    """`x` and what two convolutions make of it, each after a norm and a rectifier.

    Source: He et al. 2016, arXiv:1603.05027; ours starts close to the identity, and norms groups of channels.
    """

    def __init__(self, width: int, *, draw: np.random.Generator):
        self.norm_1, self.norm_2 = GroupNorm(width), GroupNorm(width)
        self.first = Convolution(3, width, width, draw=draw)
        self.second = Convolution(3, width, width, gain=0.2, draw=draw)

    def __call__(self, x: Float[Array, "row height width channel"]) -> Float[Array, "row height width channel"]:
        """Add what is learned."""
        inner = self.first(jax.nn.relu(self.norm_1(x)))
        return x + self.second(jax.nn.relu(self.norm_2(inner)))


class SmallResNet(nnx.Module):
    """Images to `width` numbers each.

    Shape: uint8, or numbers of 0 to 255, `(row, height, width, channel)` to `(row, width)`.

    Args:
        shape: height, width and channels of an image.
        config: sizes.
        draw: of the first parameters.

    Source: He et al. 2015 (ResNet), arXiv:1512.03385. Ours is small, halves the image in its first layer, and has no
        batch norm.
    """

    def __init__(self, shape: tuple[int, ...], config: SmallResNetConfig | None = None, *, draw: np.random.Generator):
        self.config = config = config or SmallResNetConfig()
        height, width, n_channels = shape
        stride = max(1, -(-max(height, width) // MOST_POINTS))
        before = max(config.widths[0], min(64, stride * stride * n_channels // 16 * 8))
        self.stem = Convolution(max(config.stem, stride), n_channels, before, stride=stride, draw=draw)
        self.stages = nnx.List([])
        for number, (channels, depth) in enumerate(zip((before, *config.widths[1:]), config.depths, strict=True)):
            self.stages.append(Stage(before, channels, depth, halves=number > 0, draw=draw))
            before = channels
        self.norm = GroupNorm(before)
        step = stride * 2 ** (len(config.widths) - 1)
        self.grid = (min(config.grid, -(-height // step)), min(config.grid, -(-width // step)))
        self.width = self.grid[0] * self.grid[1] * before

    def __call__(
        self,
        objects: Shaped[Array, "row height width channel"],
        key: Array | None = None,
    ) -> Float[Array, "row number"]:
        """Read images; with a key as in training, changed at random."""
        x = objects.astype(jnp.float32) / 255
        if key is None:
            return self.numbers(self.maps(x))
        of_images, of_units = jax.random.split(key)
        read = self.numbers(self.maps(augment(x, of_images, self.config.augmentation)))
        keep = 1 - self.config.dropout
        return jnp.where(jax.random.bernoulli(of_units, keep, read.shape), read / keep, 0.0)

    def numbers(self, maps: Float[Array, "row down across unit"]) -> Float[Array, "row number"]:
        """The maps at the places of the grid, side by side."""
        if self.grid == (1, 1):
            return maps.mean((1, 2))
        if maps.shape[1:3] != self.grid:
            maps = jax.image.resize(maps, (maps.shape[0], *self.grid, maps.shape[3]), "linear")
        return maps.reshape(maps.shape[0], -1)

    def maps(self, x: Float[Array, "row height width channel"]) -> Float[Array, "row down across unit"]:
        """The last layer before the grid, from images whose values lie in 0 to 1."""
        x = self.stem(2 * x - 1)
        for stage in self.stages:
            x = stage(x)
        return jax.nn.relu(self.norm(x))


class Stage(nnx.Module):
    """Residual blocks of one width, at half the size of the stage before."""

    def __init__(self, before: int, width: int, depth: int, *, halves: bool, draw: np.random.Generator):
        self.norm = GroupNorm(before)
        self.enter = Convolution(3, before, width, stride=2, draw=draw) if halves else None
        self.blocks = nnx.List([Residual(width, draw=draw) for _ in range(depth)])

    def __call__(self, x: Float[Array, "row height width channel"]) -> Float[Array, "row down across unit"]:
        """Run the blocks."""
        if self.enter is not None:
            x = self.enter(jax.nn.relu(self.norm(x)))
        for block in self.blocks:
            x = block(x)
        return x
