"""EfficientNet-Lite0, pretrained on ImageNet: an encoder of photographs and of images too few to learn from alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Shaped

from lepton_lab.networks.augment_images import Augmentation, augment
from lepton_lab.networks.convolution import convolve, convolve_each
from lepton_lab.networks.efficientnet_weights import PLAN, EfficientNetArrays, Folded, efficientnet_arrays
from lepton_lab.networks.layers import Frozen
from lepton_lab.networks.options import within

WIDTH = 1280
# What the original was trained on: bytes less 127, divided by 128.
_MIDDLE, _SPREAD = 127.0, 128.0


@dataclass(frozen=True)
class EfficientNetConfig:
    """How the encoder is used.

    Args:
        trained: nothing, or everything (fine-tuning).
        rate: on the learning rate, of what is trained.
        least_side: smaller images are enlarged to this many points.
        dropout: share of the numbers it gives that are left out in training.
        augmentation: how images are changed in training.
        mix_up: strength by which rows are blended in training (`networks.mix_up`); 0 for not at all, 0.2 as usual.
    """

    trained: Literal["nothing", "everything"] = "nothing"
    rate: float = within(0.1, 0, 10)
    least_side: int = within(96, 32, 512)
    dropout: float = within(0.2, 0, 0.9)
    augmentation: Augmentation = field(default_factory=Augmentation)
    mix_up: float = within(0.0, 0, 8)


class EfficientNetLite(nnx.Module):
    """Images to 1,280 numbers each: the means over all places of what the last layer found.

    Shape: uint8, or numbers of 0 to 255, `(row, height, width, channel)` to `(row, 1280)`. One channel is taken as
    three equal ones.

    Args:
        shape: height, width and channels of an image.
        config: what is trained.
        draw: unused, as nothing is drawn; every encoder takes it.
        arrays: the pretrained numbers; by default from their package.

    Raises:
        MissingPackageError: the package with the weights is not installed.

    Source: Tan and Le 2019 (EfficientNet), arXiv:1905.11946; the Lite variants leave squeeze-and-excitation out and
        take RELU6. Equal to the original's PyTorch port to 1e-4 (tested); ours folds batch norm into the kernels.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        config: EfficientNetConfig | None = None,
        *,
        draw: np.random.Generator,
        arrays: EfficientNetArrays | None = None,
    ):
        self.config = config = config or EfficientNetConfig()
        self.width = WIDTH
        enlarge = max(1.0, config.least_side / max(min(shape[:2]), 1))
        self.side = (round(shape[0] * enlarge), round(shape[1] * enlarge))
        arrays = arrays or efficientnet_arrays()
        self.stem, self.top = Affine(arrays.stem, config), Affine(arrays.top, config)
        self.blocks = nnx.List([nnx.List([Affine(part, config) for part in block]) for block in arrays.blocks])

    def __call__(
        self,
        objects: Shaped[Array, "row height width channel"],
        key: Array | None = None,
    ) -> Float[Array, "row 1280"]:
        """Read images; with a key as in training, changed at random."""
        x = objects.astype(jnp.float32) / 255
        if key is None:
            return self.numbers(self.maps(x))
        of_images, of_units = jax.random.split(key)
        read = self.numbers(self.maps(augment(x, of_images, self.config.augmentation)))
        keep = 1 - self.config.dropout
        return jnp.where(jax.random.bernoulli(of_units, keep, read.shape), read / keep, 0.0)

    def numbers(self, maps: Float[Array, "row down across 1280"]) -> Float[Array, "row 1280"]:
        """The means over all places."""
        return maps.mean((1, 2))

    def maps(self, x: Float[Array, "row height width channel"]) -> Float[Array, "row down across 1280"]:
        """The last layer before the mean over places, from images whose values lie in 0 to 1."""
        x = (x * 255 - _MIDDLE) / _SPREAD
        if x.shape[1:3] != self.side:
            x = jax.image.resize(x, (x.shape[0], *self.side, x.shape[3]), "linear")
        x = jnp.broadcast_to(x, (*x.shape[:3], 3)) if x.shape[3] == 1 else x
        x = jax.nn.relu6(convolve(x, jnp.asarray(self.stem.kernel[...]), 2) + self.stem.bias[...])
        for plan, block in zip(PLAN, self.blocks, strict=True):
            inner = x
            *expand, each, project = block
            for part in expand:
                inner = jax.nn.relu6(inner @ part.kernel[...] + part.bias[...])
            inner = jax.nn.relu6(convolve_each(inner, jnp.asarray(each.kernel[...]), plan.stride) + each.bias[...])
            inner = inner @ project.kernel[...] + project.bias[...]
            x = x + inner if plan.stride == 1 and plan.n_in == plan.n_out else inner
        return jax.nn.relu6(x @ self.top.kernel[...] + self.top.bias[...])


class Affine(nnx.Module):
    """A kernel and a bias, trained or not."""

    def __init__(self, folded: Folded, config: EfficientNetConfig):
        self.kernel = _variable(folded.kernel, config, decay=True)
        self.bias = _variable(folded.bias, config, decay=False)


def _variable(array: np.ndarray, config: EfficientNetConfig, *, decay: bool) -> Any:
    if config.trained == "nothing":
        return Frozen(array)
    return nnx.Param(array, rate=config.rate, decay=decay)
