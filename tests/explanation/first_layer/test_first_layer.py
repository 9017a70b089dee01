"""Functions whose first layer is found in their trace, against the functions themselves; and those that have none."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.explanation import function_game
from lepton_lab.explanation.background import background_weights
from lepton_lab.explanation.callables import callee_of
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.exact import exact_values
from lepton_lab.explanation.explain_function import explain_function
from lepton_lab.explanation.first_layer.form import additive_form, read
from lepton_lab.explanation.forms import AdditiveForm, FunctionForm
from lepton_lab.explanation.gradients import preview_function
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.walks import WalkOptions, walk_values
from tests.explanation.models import table

D, H = 5, 8
X, BACKGROUND = table(1, 6, D, categorical=(0, 1)), table(2, 4, D, categorical=(0, 1))


@functools.cache
def weights(*shape, seed=0):
    rng = np.random.default_rng([seed, *shape])
    return (rng.normal(size=shape) / np.sqrt(shape[0])).astype(np.float32)


LAST = weights(H, 2)
CENTRE, SCALE = weights(D), 0.5 + np.abs(weights(D, seed=1))


def standardised(params, x):
    return jax.nn.relu(jax.nn.gelu((x - CENTRE) / SCALE @ weights(D, H) + 0.3) @ weights(H, H)) @ LAST


def with_params(params, x):
    return jnp.tanh(x @ params["kernel"] + params["bias"]) @ LAST


@jax.jit
def jitted(params, x):
    return jax.jit(lambda z: standardised(params, z))(x)


def residual(params, x):
    hidden = x @ weights(D, H) + 0.1
    return (hidden + jax.nn.silu(hidden) @ weights(H, H)) @ LAST


def skipping(params, x):
    return (jax.nn.relu(x @ weights(D, H)) @ weights(H, H) + x @ weights(D, H, seed=2)) @ LAST


def normalised(params, x):
    hidden = x @ weights(D, H)
    mean = hidden.mean(axis=1, keepdims=True)
    spread = (hidden * hidden).mean(axis=1, keepdims=True) - mean * mean
    return ((hidden - mean) * jax.lax.rsqrt(spread + 1e-5)) @ LAST


def one_hot(params, x):
    code = jnp.abs(x[:, 0]).astype(jnp.int32)
    table = jnp.asarray(weights(3, 4))[jnp.clip(x[:, 1], 0, 2).astype(jnp.int32)]
    wide = jnp.concatenate([jax.nn.one_hot(code, 3), x[:, 2:], table, jnp.ones((len(x), 1))], axis=1)
    return jax.nn.relu(wide @ weights(11, H)) @ LAST


def embedded(params, x):
    waves = jnp.sin(x[:, :, None] * weights(D, 4))
    tokens = jax.nn.relu(jnp.einsum("rfk,fkh->rfh", waves, weights(D, 4, 3)))
    return jax.nn.relu(tokens.reshape(len(x), -1) @ weights(3 * D, H)) @ LAST


def picked(params, x):
    return jnp.tanh(jnp.log1p(x[:, jnp.array([4, 2])] ** 2) @ weights(2, H)) @ LAST


def missing(params, x):
    gone = jnp.isnan(x)
    both = jnp.concatenate([jnp.where(gone, jnp.zeros_like(x), x), gone.astype(jnp.float32)], axis=1)
    return jnp.tanh(both @ weights(2 * D, H)) @ LAST


def crossed(params, x):
    return x[:, :1] * x[:, 1:2] + x @ weights(D, 1)


def linear(params, x):
    return (x * SCALE) @ weights(D, 2) + 1


class Network(nnx.Module):
    def __init__(self, seed):
        rngs = nnx.Rngs(seed)
        self.first, self.last = nnx.Linear(D, H, rngs=rngs), nnx.Linear(H, 2, rngs=rngs)
        self.norm, self.batch = nnx.LayerNorm(H, rngs=rngs), nnx.BatchNorm(H, rngs=rngs)

    def __call__(self, x):
        return self.last(nnx.gelu(self.batch(self.norm(self.first(x)))))


FLAX = callee_of(Network(0))
KERNEL = {"kernel": np.asarray(weights(D, H)), "bias": np.ones(H, np.float32)}
FOUND = [
    (standardised, (), H), (with_params, KERNEL, H), (jitted, (), H), (residual, (), H), (skipping, (), 2 * H),
    (normalised, (), H), (one_hot, (), H), (embedded, (), H), (picked, (), H), (missing, (), H), (linear, (), 2),
    (crossed, (), 3), (FLAX.pure, FLAX.params, H),
]  # fmt: skip


def whole(params, x):
    return jnp.where(x[:, :1] > 0, x @ weights(D, 2), x[:, 1:3])


def transformer(params, x):
    tokens = jnp.tanh(x[:, :, None] * weights(D, 8) + weights(8))
    attention = jax.nn.softmax(jnp.einsum("rfk,rgk->rfg", tokens @ weights(8, 8), tokens), axis=-1)
    return (attention @ tokens).mean(axis=1) @ weights(8, 1)


def of_the_batch(params, x):
    return jnp.tanh((x - x.mean(axis=0)) @ weights(D, H)) @ LAST


def constant(params, x):
    return jnp.zeros((len(x), 1))


def infinite(params, x):
    return jax.nn.sigmoid(jnp.log(jnp.abs(x)) @ jnp.ones((D, 1)))


NONE = [whole, transformer, of_the_batch, constant]


@pytest.mark.parametrize(("fn", "params", "n_hidden"), FOUND, ids=lambda value: getattr(value, "__name__", None))
def test_values_are_those_of_the_whole_function(fn, params, n_hidden):
    x, background = X.copy(), BACKGROUND
    if fn is missing:
        x[0, 1], x[2, 3] = np.nan, np.nan
    form, layer = additive_form(fn, params, x, background, D)
    assert isinstance(form, AdditiveForm) and layer.matrix.shape[1] == n_hidden
    games = [JaxGame(form, layer, x, background), JaxGame(FunctionForm(fn), params, x, background)]
    masks = np.random.default_rng(0).random((4, 7, D)) < 0.5
    outputs = [
        game.evaluate(game.prepare(masks, np.arange(4)), np.arange(6), [np.arange(28)] * 6).reshape(6, 28, -1)
        for game in games
    ]
    np.testing.assert_allclose(*outputs, atol=1e-5)
    np.testing.assert_allclose(games[0].at_rows(np.arange(6)), games[1].at_rows(np.arange(6)), atol=1e-5)


@pytest.mark.parametrize("fn", NONE, ids=lambda fn: fn.__name__)
def test_functions_without_one_are_asked_whole(fn):
    assert additive_form(fn, (), X, BACKGROUND, D) is None


def test_what_masks_would_turn_into_nan_is_asked_whole():
    assert additive_form(infinite, (), X + 10, BACKGROUND + 10, D) is not None
    zero = X + 10
    zero[3, 2] = 0.0
    assert additive_form(infinite, (), zero, BACKGROUND + 10, D) is None
    assert additive_form(infinite, (), X + 10, zero, D) is None


def test_every_row_is_looked_at():
    many = np.tile(X + 10, (40, 1))
    many[-1, 2] = 0.0
    assert additive_form(infinite, (), many, BACKGROUND + 10, D) is None


def test_a_sum_wider_than_what_it_saves_is_asked_whole():
    def wide(params, x):
        return jnp.tanh(jnp.tanh(x) @ weights(D, 2) @ weights(2, 400)) @ weights(400, 1)

    assert additive_form(wide, (), X, BACKGROUND, D) is None
    assert additive_form(wide, (), X, BACKGROUND, 1) is not None


PLAYERS = (0, 1, 0, 2, 1)


@pytest.mark.parametrize("fn", [standardised, one_hot])
def test_groups_add_up(fn):
    form, layer = additive_form(fn, (), X, BACKGROUND, 3)
    games = [JaxGame(form, layer, X, BACKGROUND, PLAYERS), JaxGame(FunctionForm(fn), (), X, BACKGROUND, PLAYERS)]
    w = np.full(4, 0.25)
    found, wanted = (exact_values(game, np.arange(6), w, Pace()).values for game in games)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    found, wanted = (walk_values(game, np.arange(3), w, WalkOptions(), Pace()).values for game in games)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


layers = st.tuples(
    st.sampled_from([jax.nn.relu, jnp.tanh, jax.nn.gelu, jax.nn.softplus]),
    st.sampled_from(["plain", "standardised", "clipped", "twice", "skip", "two halves"]),
    st.integers(0, 1000),
)


@settings(max_examples=8, deadline=None)
@given(layers)
def test_random_networks(drawn):
    activation, kind, seed = drawn
    first, second, last = weights(D, H, seed=seed), weights(H, H, seed=seed), weights(H, 1, seed=seed)

    def network(params, x):
        z = {"standardised": lambda: (x - CENTRE) / SCALE, "clipped": lambda: jnp.clip(x, -1, 1)}.get(kind, lambda: x)()
        if kind == "two halves":
            hidden = jnp.concatenate([z[:, :2] @ first[:2, :4], z[:, 2:] @ first[2:, 4:]], axis=1)
        else:
            hidden = z @ first + 0.1
        out = activation(activation(hidden) @ second)
        return (
            out + {"twice": lambda: hidden, "skip": lambda: jnp.tanh(x @ second[:D])}.get(kind, lambda: 0 * out)()
        ) @ last

    form, layer = additive_form(network, (), X, BACKGROUND, D)
    masks = np.random.default_rng(seed).random((6, D)) < 0.5
    mixed = np.where(masks, X, BACKGROUND[[0, 1, 2, 3, 0, 1]])
    sides = form.project(layer, jnp.asarray(mixed)).sum(axis=1) + form.bias(layer)
    np.testing.assert_allclose(form.rest(layer, sides), network((), jnp.asarray(mixed)), atol=1e-5)


def test_forms_of_networks_of_one_shape_are_one():
    first, second = (callee_of(Network(seed)) for seed in (0, 1))
    forms = [additive_form(c.pure, c.params, X, BACKGROUND, D) for c in (first, second)]
    assert forms[0][0] == forms[1][0] and hash(forms[0][0]) == hash(forms[1][0])
    assert not np.allclose(forms[0][1].matrix, forms[1][1].matrix)


def test_activations_stay_whole_for_the_rescale_rule():
    program, split = read(standardised, (), D)
    names = [step.name for step in program.between({*split.hidden, *program.consts}, [program.output])]
    assert "custom_jvp_call" in names or "jit" in names


def test_explain_looks_inside_large_questions_only(monkeypatch):
    network = Network(3)
    plain = explain_function(network, X, BACKGROUND)
    seen = []

    def spied(*args):
        seen.append(additive_form(*args))
        return seen[-1]

    monkeypatch.setattr(function_game, "additive_form", spied)
    explain_function(network, X, BACKGROUND)
    assert not seen
    monkeypatch.setattr(function_game, "LOOK_INSIDE", 0)
    found = explain_function(network, X, BACKGROUND, options=ExplainOptions())
    assert seen[0] is not None
    np.testing.assert_allclose(found.values, plain.values, atol=1e-5)
    assert found.additivity_gap < 1e-5
    with pytest.raises(Exception, match="NaN or infinity"):
        explain_function(network, X * np.nan, BACKGROUND)
    assert seen[1] is None


def test_weights_of_the_background_are_kept(monkeypatch):
    monkeypatch.setattr(function_game, "LOOK_INSIDE", 0)
    given = background_weights(np.array([1.0, 2, 3, 4]), 4)
    form, layer = additive_form(residual, (), X, BACKGROUND, D)
    ours = exact_values(JaxGame(form, layer, X, BACKGROUND), np.arange(6), given, Pace())
    theirs = exact_values(JaxGame(FunctionForm(residual), (), X, BACKGROUND), np.arange(6), given, Pace())
    np.testing.assert_allclose(ours.values, theirs.values, atol=1e-5)


@pytest.mark.parametrize("fn", [standardised, skipping, linear], ids=lambda fn: fn.__name__)
def test_previews_by_the_rescale_rule_are_the_same(fn, monkeypatch):
    found = []
    for looks in (0, 10**9):
        monkeypatch.setattr(function_game, "LOOK_INSIDE", looks)
        found.append(preview_function(functools.partial(fn, ()), X, BACKGROUND))
    assert all("rescale" in preview.method for preview in found)
    np.testing.assert_allclose(found[0].values, found[1].values, atol=2e-5)
