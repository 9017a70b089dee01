"""The default image encoder: shapes, what it does without a key, and that it learns."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lepton_lab.networks.small_resnet import SmallResNet, SmallResNetConfig

TINY = SmallResNetConfig(widths=(8, 16), depths=(0, 1), stem=3)


def net_of(shape: tuple[int, ...], config: SmallResNetConfig = TINY) -> SmallResNet:
    return SmallResNet(shape, config, draw=np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(28, 28, 1), (33, 20, 3), (1, 1, 1)])
def test_any_small_image_gives_width_numbers(shape: tuple[int, ...]) -> None:
    network = net_of(shape)
    images = np.random.default_rng(1).integers(0, 256, (2, *shape), dtype=np.uint8)
    found = np.asarray(jax.jit(network)(images))
    assert found.shape == (2, network.width) and np.isfinite(found).all()


@pytest.mark.parametrize(("grid", "width"), [(1, 16), (2, 64), (4, 16 * 16)])
def test_a_grid_keeps_where_things_are(grid: int, width: int) -> None:
    network = net_of((24, 20, 1), SmallResNetConfig(widths=(8, 16), depths=(0, 0), stem=3, grid=grid))
    maps = jnp.asarray(np.random.default_rng(0).random((3, 6, 5, 16)).astype(np.float32))
    found = np.asarray(network.numbers(maps))
    assert found.shape == (3, width) == (3, network.width)
    one = np.asarray(network.numbers(jnp.ones((3, 6, 5, 16), jnp.float32)))
    np.testing.assert_allclose(one, 1, atol=1e-5)
    if grid == 1:
        np.testing.assert_allclose(found, np.asarray(maps).mean((1, 2)), atol=1e-5)


def test_prediction_is_a_function_of_the_image_alone() -> None:
    network = net_of((12, 12, 1))
    images = jnp.asarray(np.random.default_rng(1).integers(0, 256, (6, 12, 12, 1), dtype=np.uint8))
    read = nnx.jit(lambda network, images: network(images))
    whole = np.asarray(read(network, images))
    assert (whole == np.asarray(read(network, images))).all()
    np.testing.assert_allclose(np.asarray(read(network, images[2:4])), whole[2:4], atol=1e-5)


def test_training_sees_another_image_with_another_key() -> None:
    network = net_of((12, 12, 1))
    images = jnp.asarray(np.random.default_rng(1).integers(0, 256, (4, 12, 12, 1), dtype=np.uint8))
    read = nnx.jit(lambda network, images, key: network(images, key))
    one, again, other = (np.asarray(read(network, images, jax.random.key(seed))) for seed in (0, 0, 1))
    assert (one == again).all() and not np.allclose(one, other)


def test_it_learns_which_corner_is_bright() -> None:
    """With a plain linear answer and plain gradient steps, in one compiled loop."""
    draw = np.random.default_rng(0)
    y = draw.integers(0, 2, 64)
    images = draw.integers(0, 120, (64, 10, 10, 1), dtype=np.uint8)
    images[y == 1, :4, :4] += 120
    graph, params, rest = nnx.split(net_of((10, 10, 1)), nnx.Param, ...)

    def loss(state: Any, key: Any) -> Any:
        params, answer = state
        logits = nnx.merge(graph, params, rest)(jnp.asarray(images), key) @ answer
        return (jax.nn.softplus(logits) - logits * jnp.asarray(y, jnp.float32)).mean()

    def step(i: Any, state: Any) -> Any:
        slopes = jax.grad(loss)(state, jax.random.key(i))
        return jax.tree.map(lambda value, slope: value - 0.3 * slope, state, slopes)

    start = (params, jnp.zeros(net_of((10, 10, 1)).width, jnp.float32))
    params, answer = jax.jit(lambda state: jax.lax.fori_loop(0, 120, step, state))(start)
    read = jax.jit(lambda params, answer: nnx.merge(graph, params, rest)(jnp.asarray(images)) @ answer)
    logits = np.asarray(read(params, answer))
    assert ((logits > 0) == (y == 1)).mean() > 0.95
