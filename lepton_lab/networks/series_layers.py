"""The pieces encoders of series are made of: masks, convolutions along time, norms, pooling, and dropout.

A series is float32 `(step, channel)`, NaN where nothing is: behind its end, and in gaps. Nothing here lets a step
behind the end of a series change an answer, so that padding a series further changes nothing.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray


def observed(
    objects: Float[Array, "row step channel"],
) -> tuple[Float[Array, "row step feature"], Bool[Array, "row step"]]:
    """Series as finite numbers, and which steps lie before their ends.

    Each channel becomes its value (0 in a gap) and whether it was seen: two features a channel.
    """
    seen = ~jnp.isnan(objects)
    inside = inside_series(objects)
    values = jnp.where(seen, jnp.clip(objects, -1e4, 1e4), 0.0)
    return jnp.concatenate([values, seen.astype(objects.dtype)], axis=-1), inside


def inside_series(objects: Float[Array, "row step channel"]) -> Bool[Array, "row step"]:
    """Steps up to the last one at which something was seen; a gap before it is inside."""
    seen = (~jnp.isnan(objects)).any(axis=-1)
    return jax.lax.cummax(seen.astype(jnp.int32), axis=1, reverse=True) > 0


def lengths_of(objects: Float[Array, "row step channel"]) -> Int[Array, "row"]:
    """Steps of each series, up to the last one at which something was seen."""
    return inside_series(objects).sum(axis=1, dtype=jnp.int32)


class StepsConv(nnx.Module):
    """A convolution along time. What it reads behind the end of a series, or before its beginning, is 0.

    Shape: `(row, step, feature)` to `(row, ceil(step / stride), unit)`.

    Example:
        >>> conv = StepsConv(3, 8, kernel=5, stride=2, draw=np.random.default_rng(0))
        >>> conv(jnp.ones((4, 10, 3)), jnp.ones((4, 10), bool)).shape
        (4, 5, 8)
    """

    def __init__(
        self,
        n_features: int,
        n_units: int,
        *,
        kernel: int,
        dilation: int = 1,
        stride: int = 1,
        gain: float = 1.0,
        draw: np.random.Generator,
    ):
        self.kernel = nnx.Param(drawn(draw, (kernel, n_features, n_units), fan_in=kernel * n_features, gain=gain))
        self.bias = nnx.Param(np.zeros(n_units, np.float32), decay=False)
        self.dilation, self.stride = dilation, stride

    def __call__(
        self, x: Float[Array, "row step feature"], inside: Bool[Array, "row step"]
    ) -> Float[Array, "row place unit"]:
        """One matmul of shifted slices that lie side by side.

        XLA's own convolution is quick on a CPU only outside loops: inside the training loop's it took ten times
        as long.
        """
        kernel = jnp.asarray(self.kernel[...])
        n_taps, n_features, n_units = kernel.shape
        reach, n_places = (n_taps - 1) * self.dilation, -(-x.shape[1] // self.stride)
        # Centred on the first step whatever the number of steps, so that padding moves no place.
        x = jnp.pad(jnp.where(inside[..., None], x, 0.0), ((0, 0), (reach // 2, reach + self.stride), (0, 0)))
        starts = [tap * self.dilation for tap in range(n_taps)]
        slices = [x[:, at : at + n_places * self.stride : self.stride] for at in starts]
        side_by_side = jnp.concatenate(slices, axis=-1)
        return side_by_side @ kernel.reshape(n_taps * n_features, n_units) + self.bias[...]


class FeatureNorm(nnx.Module):
    """Each step's features brought to mean 0 and variance 1, then scaled and shifted as learned (LayerNorm).

    Source: Ba et al. 2016, arXiv:1607.06450. It looks at one step alone, so that no step learns of padding.
    """

    def __init__(self, n_features: int):
        self.scale = nnx.Param(np.ones(n_features, np.float32), decay=False)
        self.shift = nnx.Param(np.zeros(n_features, np.float32), decay=False)

    def __call__(self, x: Float[Array, "*batch feature"]) -> Float[Array, "*batch feature"]:
        """Normalise the last axis."""
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = jax.lax.rsqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-5)
        return centred * spread * self.scale[...] + self.shift[...]


class Affine(nnx.Module):
    """`x @ kernel + bias` on the last axis."""

    def __init__(self, n_features: int, n_units: int, *, gain: float = 1.0, draw: np.random.Generator):
        self.kernel = nnx.Param(drawn(draw, (n_features, n_units), fan_in=n_features, gain=gain))
        self.bias = nnx.Param(np.zeros(n_units, np.float32), decay=False)

    def __call__(self, x: Float[Array, "*batch feature"]) -> Float[Array, "*batch unit"]:
        """Multiply and add."""
        return x @ self.kernel[...] + self.bias[...]


def pooled(x: Float[Array, "row step feature"], inside: Bool[Array, "row step"]) -> Float[Array, "row pooled"]:
    """Mean, maximum and last of the steps inside a series, side by side; zeros where a series has no steps."""
    there = inside[..., None]
    n = inside.sum(axis=1, dtype=jnp.int32)
    mean = jnp.where(there, x, 0.0).sum(axis=1) / jnp.maximum(n, 1).astype(x.dtype)[:, None]
    highest = jnp.where(there, x, -jnp.inf).max(axis=1)
    last = jnp.take_along_axis(x, jnp.maximum(n - 1, 0)[:, None, None], axis=1)[:, 0]
    found = jnp.concatenate([mean, highest, last], axis=-1)
    return jnp.where((n > 0)[:, None], found, 0.0)


def dropped(x: Float[Array, "*shape"], key: PRNGKeyArray | None, rate: float) -> Float[Array, "*shape"]:
    """Some entries 0 and the others larger in training; `x` itself in prediction, where `key` is None.

    Source: Srivastava et al. 2014, JMLR 15.
    """
    if key is None or rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0.0)


def several_keys(key: PRNGKeyArray | None, n: int) -> list[PRNGKeyArray | None]:
    """Keys for several random parts of training; none of them in prediction."""
    return [None] * n if key is None else list(jax.random.split(key, n))


def drawn(draw: np.random.Generator, shape: tuple[int, ...], *, fan_in: int, gain: float = 1.0) -> np.ndarray:
    """Normal numbers of variance `gain ** 2 / fan_in`, float32; drawn with numpy, so that nothing compiles."""
    return (gain / math.sqrt(fan_in) * draw.standard_normal(shape, np.float32)).astype(np.float32)


def last_steps(
    objects: Float[Array, "row step channel"], window: int
) -> tuple[Float[Array, "row place channel"], Bool[Array, "row place channel"]]:
    """The last `window` steps before each series' end, the last one last: finite numbers, and which were seen.

    Where a series is shorter, its first places are empty; so it is the same however far it is padded.
    """
    n = inside_series(objects).sum(axis=1, dtype=jnp.int32)
    place = n[:, None] - window + jnp.arange(window, dtype=jnp.int32)
    found = jnp.take_along_axis(objects, jnp.maximum(place, 0)[..., None], axis=1)
    seen = ~jnp.isnan(found) & (place >= 0)[..., None]
    return jnp.where(seen, jnp.clip(found, -1e4, 1e4), 0.0), seen


def levelled(
    steps: Float[Array, "row step channel"], seen: Bool[Array, "row step channel"]
) -> tuple[Float[Array, "row step channel"], Float[Array, "row level"]]:
    """Each row's channels at mean 0 and spread 1, and what was taken off: means, and logarithms of spreads."""
    count = jnp.maximum(seen.sum(axis=1, dtype=jnp.int32), 1).astype(steps.dtype)
    mean = steps.sum(axis=1) / count
    centred = jnp.where(seen, steps - mean[:, None], 0.0)
    spread = jnp.sqrt((centred**2).sum(axis=1) / count + 1e-4)
    return centred / spread[:, None], jnp.concatenate([mean, jnp.log(spread)], axis=-1)
