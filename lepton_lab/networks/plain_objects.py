"""PLACEHOLDER while the real encoders are built."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx


class FlatImage(nnx.Module):
    def __init__(self, shape, *, draw):
        n = int(np.prod(shape))
        self.width = 64
        self.kernel = nnx.Param((draw.standard_normal((n, 64)) / np.sqrt(n)).astype(np.float32))
        self.bias = nnx.Param(np.zeros(64, np.float32))

    def __call__(self, objects, key=None):
        x = objects.reshape(objects.shape[0], -1).astype(jnp.float32) / 127.5 - 1
        return jax.nn.relu(x @ self.kernel[...] + self.bias[...])


class MeanSeries(nnx.Module):
    def __init__(self, shape, *, draw):
        self.width = 32
        n = shape[1] * 2
        self.kernel = nnx.Param((draw.standard_normal((n, 32)) / np.sqrt(n)).astype(np.float32))
        self.bias = nnx.Param(np.zeros(32, np.float32))

    def __call__(self, objects, key=None):
        x = jnp.concatenate([jnp.nanmean(objects, 1), jnp.nanstd(objects, 1)], -1)
        return jax.nn.relu(jnp.nan_to_num(x) @ self.kernel[...] + self.bias[...])
