"""The fast cosine is the cosine, and so is its derivative."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from lepton_lab.networks.cosine import cosine_of_turns

TURNS = np.concatenate([np.linspace(-40, 40, 4001), [0.0, 0.25, 0.5, -0.5, 1.5]]).astype(np.float32)


def test_it_is_the_cosine() -> None:
    found = jax.jit(cosine_of_turns)(jnp.asarray(TURNS))
    np.testing.assert_allclose(found, np.cos(2 * np.pi * TURNS.astype(np.float64)), atol=1e-6)


def test_its_derivative_is_the_sine() -> None:
    found = jax.jit(jax.vmap(jax.grad(cosine_of_turns)))(jnp.asarray(TURNS))
    np.testing.assert_allclose(found, -2 * np.pi * np.sin(2 * np.pi * TURNS.astype(np.float64)), atol=1e-5)
