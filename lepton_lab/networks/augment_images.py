"""Images changed at random in ways that leave their meaning: for training, inside its compiled steps.

Turned, moved, sized and sheared in one look-up; then lighter or darker, and of more or less contrast. Mirroring is
off unless asked for: a mirrored 2 is no 2, a mirrored leaf is a leaf.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from lepton_lab.networks.options import within


@dataclass(frozen=True)
class Augmentation:
    """How far an image may be changed; each change is drawn evenly up to its limit, to both sides.

    Args:
        shift: share of a side that it is moved.
        rotate: degrees that it is turned.
        zoom: natural logarithm of the factor of its size.
        shear: points sideways for each point down.
        contrast: natural logarithm of the factor of its contrast about its mean.
        brightness: added to all values, which lie in 0 to 1.
        flip: whether left and right are swapped in every second image.
        flip_down: whether top and bottom are.
    """

    shift: float = within(0.07, 0, 0.5)
    rotate: float = within(10.0, 0, 180)
    zoom: float = within(0.1, 0, 1)
    shear: float = within(0.0, 0, 1)
    contrast: float = within(0.1, 0, 1)
    brightness: float = within(0.05, 0, 1)
    flip: bool = False
    flip_down: bool = False

    @property
    def moves(self) -> bool:
        """Whether places in the image change."""
        return any((self.shift, self.rotate, self.zoom, self.shear, self.flip, self.flip_down))


# No change at all.
NO_AUGMENTATION = Augmentation(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def augment(
    images: Float[Array, "row height width channel"], key: Array, how: Augmentation
) -> Float[Array, "row height width channel"]:
    """Each image changed in a way of its own, drawn by `key`; values stay within 0 to 1.

    Example:
        >>> image = jnp.ones((1, 4, 4, 1)) / 2
        >>> bool((augment(image, jax.random.key(0), NO_AUGMENTATION) == image).all())
        True
    """
    of_places, of_contrast, of_light = jax.random.split(key, 3)
    if how.moves:
        images = _moved(images, of_places, how)
    each = (images.shape[0], 1, 1, 1)
    if how.contrast:
        factor = jnp.exp(how.contrast * _sides(of_contrast, each, images.dtype))
        middle = images.mean((1, 2, 3), keepdims=True)
        images = (images - middle) * factor + middle
    if how.brightness:
        images = images + how.brightness * _sides(of_light, each, images.dtype)
    return jnp.clip(images, 0.0, 1.0) if how.contrast or how.brightness else images


def _moved(images: Any, key: Any, how: Augmentation) -> Any:
    """Each image through an affine map of its own, between points by straight lines; edges are carried on."""
    n_rows, height, width, _ = images.shape
    keys = jax.random.split(key, 7)
    drawn = [_sides(one, (n_rows, 1, 1), images.dtype) for one in keys]
    angle, size = how.rotate * math.pi / 180 * drawn[0], jnp.exp(-how.zoom * drawn[1])
    mirror = jnp.where(drawn[2] < 0, -1.0, 1.0).astype(images.dtype) if how.flip else 1.0
    mirror_down = jnp.where(drawn[3] < 0, -1.0, 1.0).astype(images.dtype) if how.flip_down else 1.0
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    y = (jnp.arange(height, dtype=images.dtype) - middle_y)[None, :, None]
    x = (jnp.arange(width, dtype=images.dtype) - middle_x)[None, None, :]
    cosine, sine = size * jnp.cos(angle), size * jnp.sin(angle)
    from_y = mirror_down * (sine * x + cosine * y)
    from_x = mirror * (cosine * x - sine * y + how.shear * drawn[4] * y)
    from_y = from_y + how.shift * height * drawn[5] + middle_y
    from_x = from_x + how.shift * width * drawn[6] + middle_x
    return _looked_up(images, from_y, from_x)


def _looked_up(images: Any, y: Any, x: Any) -> Any:
    """Values of each image at places `(row, height, width)` between its points."""
    n_rows, height, width, n_channels = images.shape
    y, x = jnp.clip(y, 0.0, height - 1.0), jnp.clip(x, 0.0, width - 1.0)
    up, left = jnp.floor(y).astype(jnp.int32), jnp.floor(x).astype(jnp.int32)
    down, right = jnp.minimum(up + 1, height - 1), jnp.minimum(left + 1, width - 1)
    below, beside = (y - up.astype(y.dtype))[..., None], (x - left.astype(x.dtype))[..., None]
    flat = images.reshape(n_rows * height * width, n_channels)
    start = (jnp.arange(n_rows, dtype=jnp.int32) * (height * width))[:, None, None]

    def at(row: Any, column: Any) -> Any:
        return flat[start + row * width + column]

    upper = at(up, left) * (1 - beside) + at(up, right) * beside
    lower = at(down, left) * (1 - beside) + at(down, right) * beside
    return upper * (1 - below) + lower * below


def _sides(key: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Even draws from -1 to 1."""
    return jax.random.uniform(key, shape, dtype, -1.0, 1.0)
