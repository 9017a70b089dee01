"""Small pure-JAX networks with an additive first layer, shared by the tests so that shapes compile once."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from lepton_lab.explanation.forms import AdditiveForm


def mlp_params(seed, n_features=6, hidden=16, n_outputs=1, scale=1.5):
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return (scale * rng.normal(size=shape) / np.sqrt(shape[0])).astype(np.float32)

    return {
        "first": draw(n_features, hidden),
        "bias": draw(hidden) * 0.3,
        "second": draw(hidden, hidden),
        "last": draw(hidden, n_outputs),
    }


def project(params, x):
    return x[:, :, None] * params["first"]


def bias(params):
    return params["bias"]


def rest(params, hidden):
    return jax.nn.relu(jax.nn.relu(hidden) @ params["second"]) @ params["last"]


def mlp(params, x):
    return rest(params, params["bias"] + x @ params["first"])


MLP = AdditiveForm(project, bias, rest)


def plain_mlp(params, x):
    """The same network in numpy, float64, for the reference."""
    p = {k: np.asarray(v, np.float64) for k, v in params.items()}
    return np.maximum(np.maximum(p["bias"] + x @ p["first"], 0) @ p["second"], 0) @ p["last"]


def table(seed, n_rows, n_features=6, categorical=()):
    """Rows of normal numbers, with small integer codes in some columns (so that values coincide)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, n_features)).astype(np.float32)
    for j in categorical:
        x[:, j] = rng.integers(0, 3, n_rows)
    return x


def jit_cache_size(fn):
    return fn._cache_size()


__all__ = ["MLP", "bias", "jit_cache_size", "jnp", "mlp", "mlp_params", "plain_mlp", "project", "rest", "table"]
