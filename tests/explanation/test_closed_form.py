"""Functions whose columns act alone or in pairs are explained exactly, and no others are called so."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import lepton_lab as ll

D = 20
RNG = np.random.default_rng(0)
X, BACKGROUND = (RNG.normal(size=(n, D)).astype(np.float32) for n in (6, 40))
PAIRS = RNG.normal(size=(D, D)) * (RNG.random((D, D)) < 0.3)


def in_pairs(x):
    z = jnp.tanh(x)
    return x @ jnp.arange(D, dtype=jnp.float32) + jnp.einsum("ri,ij,rj->r", z, jnp.asarray(PAIRS, jnp.float32), z)


def worth_in_pairs():
    """The closed form: a column's own effect, and half of each interaction, background row by background row."""
    x, b = X.astype(float)[:, None], BACKGROUND.astype(float)[None]
    zx, zb = np.tanh(x), np.tanh(b)
    both = PAIRS + PAIRS.T
    own = (x - b) * np.arange(D) + (zx**2 - zb**2) * np.diag(PAIRS)
    off = both - np.diag(np.diag(both))
    return (own + (zx - zb) * ((zx + zb) / 2 @ off)).mean(1)


@pytest.mark.parametrize("numpy_too", [False, True], ids=["jax", "python"])
def test_columns_in_pairs_have_a_closed_form(numpy_too):
    fn = (lambda x: np.asarray(in_pairs(np.asarray(x, np.float32)), float)) if numpy_too else in_pairs
    found = ll.explain(fn, X, background=BACKGROUND)
    assert found.exact and "alone or in pairs" in found.method
    assert (found.error_std == 0).all()
    np.testing.assert_allclose(found.values, worth_in_pairs(), atol=5e-4)


def by_threes(x, share=1.0):
    return in_pairs(x) + share * x[:, 3] * x[:, 4] * x[:, 5]


def rarely_by_threes(x):
    return in_pairs(x) + jnp.where(x[:, 3] > 1.5, x[:, 3] * x[:, 4] * x[:, 5], 0.0)


@pytest.mark.parametrize("fn", [by_threes, lambda x: by_threes(x, 1e-3), rarely_by_threes])
def test_columns_by_threes_have_none(fn):
    found = ll.explain(fn, X, background=BACKGROUND)
    assert not found.exact
    assert (found.error_std > 0).any()


def test_a_half_width_is_met_by_exact_values():
    found = ll.explain(in_pairs, X, background=BACKGROUND, halfwidth=1e-9)
    assert found.exact and not any("half-width" in note for note in found.notes)
