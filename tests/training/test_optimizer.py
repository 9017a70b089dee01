"""The flat AdamW is optax's, wish by wish."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lepton_lab.training.functions import Wishes, lay_out, take_apart
from lepton_lab.training.optimizer import begin, update
from tests.networks.examples import network


@pytest.mark.parametrize("rate", [1.0, 20.0])
@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_it_is_optax_adamw(rate: float, decay: float) -> None:
    draw = np.random.default_rng(0)
    start = draw.normal(size=50).astype(np.float32)
    gradients = [jnp.asarray((10.0**k * draw.normal(size=50)).astype(np.float32)) for k in (-6, 0, 3, 0, -2)]
    wishes = Wishes(jnp.full(50, rate), jnp.full(50, decay))
    with jax.numpy_dtype_promotion("standard"):
        adamw = optax.adamw(3e-3 * rate, b1=0.9, b2=0.95, weight_decay=0.02 * decay)
        wanted = jnp.asarray(start)
        state = adamw.init(wanted)
        for gradient in gradients:
            change, state = adamw.update(gradient, state, wanted)
            wanted = wanted + change
    found = jax.tree.map(jnp.asarray, begin(start))
    for gradient in gradients:
        found = update(found, gradient, jnp.float32(3e-3), jnp.float32(0.02), wishes)
    np.testing.assert_allclose(found.flat, wanted, rtol=2e-6, atol=1e-7)
    assert int(found.step) == 5


def test_wishes_lie_where_their_parameters_lie() -> None:
    structure, params, wishes = take_apart(network((0, 4, 30)))
    rates = {}
    at = 0
    for name, shape in zip(structure.names, structure.shapes, strict=True):
        n = int(np.prod(shape))
        (rates[name],) = set(map(float, wishes.rate[at : at + n])) or {0.0}
        at += n
    assert at == len(params.flat)
    assert rates["first.scale"] == 20 and rates["first.numeric.frequency"] == 1.5 and rates["first.kernel"] == 1


def test_flat_and_tree_are_the_same_numbers() -> None:
    structure, params, _ = take_apart(network((0, 4, 30)))
    flat = np.arange(len(params.flat), dtype=np.float32)
    np.testing.assert_array_equal(lay_out(structure.unflatten(jnp.asarray(flat))), flat)
