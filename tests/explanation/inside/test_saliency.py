"""Previews: integrated gradients add up and find what decides; Grad-CAM looks where the answer comes from."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lepton_lab.explanation.inside.saliency import grad_cam, integrated_gradients
from lepton_lab.networks.small_resnet import SmallResNet, SmallResNetConfig

IMAGE = np.random.default_rng(0).random((12, 12, 1)).astype(np.float32)
BASELINE = np.zeros_like(IMAGE)


def corner(images: jax.Array) -> jax.Array:
    """Two outputs; the second one looks at the corner above left only, by a rectifier."""
    inside = images[:, :4, :4].mean((1, 2, 3))
    return jnp.stack([jnp.zeros_like(inside), jax.nn.relu(3 * inside - 0.4) ** 1.5], axis=1)


def test_gradients_on_the_way_add_up_to_the_change() -> None:
    found = integrated_gradients(corner, IMAGE, BASELINE, output=1)
    change = float(corner(jnp.asarray(IMAGE)[None])[0, 1] - corner(jnp.asarray(BASELINE)[None])[0, 1])
    assert found.gap <= 1e-3
    assert found.values.sum() == pytest.approx(change, rel=1e-3)
    assert found.values[:4, :4].sum() == pytest.approx(change, rel=1e-3)
    assert (found.values[4:] == 0).all() and (found.values[:, 4:] == 0).all()
    assert found.method.startswith("preview: ")


def test_gradients_of_a_linear_answer_are_its_terms() -> None:
    weights = np.random.default_rng(1).normal(size=IMAGE.shape).astype(np.float32)

    def linear(images: jax.Array) -> jax.Array:
        return (images * weights).sum((1, 2, 3))[:, None]

    found = integrated_gradients(linear, IMAGE, BASELINE)
    np.testing.assert_allclose(found.values, (weights * IMAGE)[:, :, 0], atol=1e-5)


def test_gradients_through_the_default_encoder_add_up() -> None:
    """Its norms make it change fast near an image without contrast."""
    network = SmallResNet((12, 12, 1), SmallResNetConfig((8, 8), (0, 1), stem=3), draw=np.random.default_rng(0))
    graph, state = nnx.split(network)
    found = integrated_gradients(lambda images: nnx.merge(graph, state).maps(images).mean((1, 2)), IMAGE, BASELINE)
    assert found.gap <= 1e-3


def test_an_answer_that_does_not_change_gives_zeros() -> None:
    found = integrated_gradients(corner, IMAGE, IMAGE, output=1)
    assert (found.values == 0).all() and found.gap == 0


def test_grad_cam_looks_where_the_answer_comes_from() -> None:
    bright = np.zeros((12, 12, 1), np.float32)
    bright[8:, 8:] = 1

    def maps(images: jax.Array) -> jax.Array:
        pooled = images.reshape(images.shape[0], 4, 3, 4, 3).mean((2, 4))
        return jnp.stack([pooled, 1 - pooled], axis=3)

    def answers(maps: jax.Array) -> jax.Array:
        return maps.mean((1, 2)) @ jnp.asarray([[1.0, -1.0], [-1.0, 1.0]], jnp.float32)

    found = grad_cam(maps, answers, bright)
    assert found.values.shape == (12, 12) and found.values.max() == 1.0 and found.values.min() >= 0
    assert found.values[10:, 10:].min() > 0.9 and found.values[:6, :6].max() < 0.05
    other = grad_cam(maps, answers, bright, output=1)
    assert other.values[:6, :6].min() > 0.9 and other.values[10:, 10:].max() < 0.05
    assert np.isnan(found.gap) and "preview" in found.method
