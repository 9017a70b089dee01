"""The pieces tabular networks are made of: embeddings of columns, and heads that share weights.

Parameters are drawn with numpy, because every `jax.numpy` operation outside `jit` is a compilation of
its own. A parameter may carry two wishes for the optimiser: `rate`, a factor on the learning rate
(1 unless given), and `decay`, whether weight decay applies (True unless given).
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.networks.cosine import cosine_of_turns


class Position(nnx.Variable):
    """A fixed array of whole numbers (where a column or a category lies); travels beside the parameters."""


class Frozen(Position):
    """Pretrained numbers that are not trained: they travel beside the parameters."""


def smooth_clip(x: Float[Array, "*shape"], limit: float = 3.0) -> Float[Array, "*shape"]:
    """`x` near 0, never beyond `±limit`, smooth in between: outliers keep their order but not their pull.

    Source: Holzmüller et al. 2024 (RealMLP), arXiv:2407.04491, section 3.
    """
    x = jnp.clip(x, -1e6, 1e6)  # the square of more would be infinite
    return x / jnp.sqrt(1 + (x / limit) ** 2)


class PeriodicEmbedding(nnx.Module):
    """A number becomes itself beside a few learned mixtures of cosines of it (PBLD); NaN becomes a learned vector.

    `z = concat(x, W cos(2 pi f x + p) + b)`, with `f, p, W, b` of each column its own.

    Shape: `(row, column)` to `(row, column, width)`.

    Example:
        >>> embed = PeriodicEmbedding(2, width=4, n_frequencies=16, sigma=0.3, draw=np.random.default_rng(0))
        >>> embed(jnp.zeros((5, 2))).shape
        (5, 2, 4)

    Source: Gorishniy et al. 2022 (PLR), arXiv:2203.05556; Holzmüller et al. 2024 (PBLD), arXiv:2407.04491.
        Ours adds the vector for NaN, which starts at zero: a missing value starts as the median.
    """

    def __init__(self, n_columns: int, *, width: int, n_frequencies: int, sigma: float, draw: np.random.Generator):
        bound = 1 / math.sqrt(n_frequencies)
        self.frequency = nnx.Param(_normal(draw, (n_columns, n_frequencies), sigma), rate=1.5)
        self.phase = nnx.Param(_uniform(draw, (n_columns, n_frequencies), math.pi), rate=1.5, decay=False)
        self.kernel = nnx.Param(_uniform(draw, (n_columns, n_frequencies, width - 1), bound), rate=1.5)
        self.bias = nnx.Param(_uniform(draw, (n_columns, width - 1), bound), rate=1.5, decay=False)
        self.missing = nnx.Param(np.zeros((n_columns, width), np.float32), rate=1.5)

    def __call__(self, x: Float[Array, "row column"]) -> Float[Array, "row column width"]:
        """Embed each number."""
        absent = jnp.isnan(x)
        x = smooth_clip(jnp.where(absent, 0.0, x))
        waves = cosine_of_turns(x[..., None] * self.frequency[...] + self.phase[...] / (2 * math.pi))
        mixed = jnp.einsum("rcf,cfe->rce", waves, self.kernel[...]) + self.bias[...]
        z = jnp.concatenate([x[..., None], mixed], axis=-1)
        return z + jnp.where(absent[..., None], self.missing[...], 0.0)


class CategoryEmbedding(nnx.Module):
    """Each category of each column has a learned vector; missing, unseen and rare ones start at zero.

    The others start near it: of many categories with few rows each, long random vectors would be noise to learn
    by heart. All columns share one table; `start[column]` is where a column's rows begin.

    Shape: codes `(row, column)` to `(row, column, width)`.

    Example:
        >>> embed = CategoryEmbedding((12, 30), n_rows=64, width=8, draw=np.random.default_rng(0))
        >>> embed(jnp.array([[2, 29], [11, 0]])).shape
        (2, 2, 8)

    Source: Guo and Berkhahn 2016, arXiv:1604.06737.
    """

    def __init__(self, n_codes: tuple[int, ...], *, n_rows: int, width: int, draw: np.random.Generator):
        start = starts(n_codes)
        table = _normal(draw, (n_rows, width), 0.1)
        for column_start in start:
            table[column_start : column_start + 2] = 0
        self.table = nnx.Param(table, rate=1.5)
        self.start = Position(start)

    def __call__(self, codes: Int[Array, "row column"]) -> Float[Array, "row column width"]:
        """Look the vectors up."""
        return jnp.asarray(self.table[...])[codes + self.start[...]]


class SharedHeads(nnx.Module):
    """`k` linear layers that share one kernel: each head scales the inputs its own way and has its own bias.

    Head `k` gives `(x * scale[k]) @ kernel + bias[k]`. The scales are folded into the kernel, so that all
    heads are one matmul.

    Shape: `(*, feature)` to `(*, head, unit)`.

    Example:
        >>> heads = SharedHeads(16, 128, 64, draw=np.random.default_rng(0))
        >>> heads(jnp.zeros((5, 128))).shape
        (5, 16, 64)

    Source: Gorishniy et al. 2024 (TabM), arXiv:2410.24210, section 3; Wen et al. 2020 (BatchEnsemble),
        arXiv:2002.06715.
    """

    def __init__(self, n_heads: int, n_features: int, n_units: int, *, draw: np.random.Generator):
        bound = 1 / math.sqrt(n_features)
        self.scale = nnx.Param(_signs(draw, (n_heads, n_features)), decay=False)
        self.kernel = nnx.Param(_uniform(draw, (n_features, n_units), math.sqrt(3) * bound))
        self.bias = nnx.Param(_uniform(draw, (n_heads, n_units), bound), decay=False)

    def __call__(self, x: Float[Array, "*batch feature"]) -> Float[Array, "*batch head unit"]:
        """All heads at once."""
        folded = jnp.einsum("hf,fu->fhu", self.scale[...], self.kernel[...])
        n_features, n_heads, n_units = folded.shape
        flat = x @ folded.reshape(n_features, n_heads * n_units)
        return flat.reshape(*x.shape[:-1], n_heads, n_units) + self.bias[...]


class HeadOutputs(nnx.Module):
    """The last layer: each head has a kernel and a bias of its own.

    Shape: `(*, head, unit)` to `(*, head, output)`.

    Example:
        >>> outputs = HeadOutputs(16, 64, 1, draw=np.random.default_rng(0))
        >>> outputs(jnp.zeros((5, 16, 64))).shape
        (5, 16, 1)
        >>> outputs.mean(jnp.zeros((5, 16, 64))).shape
        (5, 1)
    """

    def __init__(self, n_heads: int, n_units: int, n_outputs: int, *, draw: np.random.Generator):
        self.kernel = nnx.Param(_uniform(draw, (n_heads, n_units, n_outputs), 1 / math.sqrt(n_units)))
        self.bias = nnx.Param(np.zeros((n_heads, n_outputs), np.float32), decay=False)

    def __call__(self, x: Float[Array, "*batch head unit"]) -> Float[Array, "*batch head output"]:
        """What each head says."""
        kernel = self.kernel[...]
        if kernel.shape[-1] == 1:  # a sum fuses with what came before; a batched matmul would not
            return (x * kernel[..., 0]).sum(-1, keepdims=True) + self.bias[...]
        return jnp.einsum("...hu,huo->...ho", x, kernel) + self.bias[...]

    def mean(self, x: Float[Array, "*batch head unit"]) -> Float[Array, "*batch output"]:
        """The mean of the heads, as one matmul."""
        kernel = self.kernel[...]
        n_heads, n_units, n_outputs = kernel.shape
        flat = x.reshape(*x.shape[:-2], n_heads * n_units)
        return flat @ (kernel.reshape(n_heads * n_units, n_outputs) / n_heads) + self.bias[...].mean(0)


def activation(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """What lies between layers."""
    return jax.nn.relu(x)


def dropout(x: Float[Array, "*shape"], share: float, key: Any) -> Float[Array, "*shape"]:
    """Some numbers left out and the others enlarged, so that the sum stays on average; all of them without a key."""
    if key is None or share == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - share, x.shape), x / (1 - share), 0.0)


def starts(sizes: tuple[int, ...]) -> np.ndarray:
    """Where each of several pieces begins when they are laid end to end, int32."""
    return np.concatenate([[0], np.cumsum(sizes)])[:-1].astype(np.int32)


def _normal(draw: np.random.Generator, shape: tuple[int, ...], sigma: float) -> np.ndarray:
    return (sigma * draw.standard_normal(shape, np.float32)).astype(np.float32)


def _uniform(draw: np.random.Generator, shape: tuple[int, ...], bound: float) -> np.ndarray:
    return draw.uniform(-bound, bound, shape).astype(np.float32)


def _signs(draw: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return draw.choice(np.array([-1, 1], np.float32), shape)
