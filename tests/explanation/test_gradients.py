"""Previews: exact for linear models, complete, the rule's own numbers, and named for what they are."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab import pictures
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.explain_model import explain_trained
from lepton_lab.explanation.gradients import gradient_estimate, preview_function, preview_trained, rescale_estimate
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.rescale import UnknownStepError, multipliers
from tests.explanation.models import MLP, mlp, mlp_params, plain_mlp, table
from tests.small_models import small_frame, small_model

OPTIONS = ExplainOptions()
X, BACKGROUND = table(1, 10), table(2, 7)
WEIGHTS = np.random.default_rng(3).dirichlet(np.ones(7))
ESTIMATES = {"rescale": rescale_estimate, "expected gradients": gradient_estimate}
estimates = pytest.mark.parametrize("estimate", ESTIMATES.values(), ids=ESTIMATES)


def one(estimate, game, weights=WEIGHTS, options=OPTIONS):
    (found,) = estimate(game, weights, options, options.pace())
    return found


def rescaled(params, x, reference):
    """The rule by hand, for this network: slopes of each unit between the two points, layer by layer, in float64."""
    p = {name: np.asarray(value, np.float64) for name, value in params.items()}

    def slopes(at, other):
        return (np.maximum(at, 0) - np.maximum(other, 0)) / (at - other)

    first, other = p["bias"] + x @ p["first"], p["bias"] + reference @ p["first"]
    second, other_second = (np.maximum(z, 0) @ p["second"] for z in (first, other))
    pull = slopes(second, other_second)[:, None] * p["last"]
    pull = slopes(first, other)[:, None] * (p["second"] @ pull)
    return (x - reference)[:, None] * (p["first"] @ pull)


def test_the_rescale_rule_is_the_rules_own_numbers():
    params = mlp_params(0, n_outputs=2)
    found = one(rescale_estimate, JaxGame(MLP, params, X, BACKGROUND))
    wanted = [sum(w * rescaled(params, x, b) for w, b in zip(WEIGHTS, BACKGROUND, strict=True)) for x in X]
    np.testing.assert_allclose(found.values, wanted, atol=2e-5)
    assert not found.variance.any()


def test_expected_gradients_come_to_their_integral():
    params = mlp_params(0)
    gradient = jax.jit(jax.vmap(jax.grad(lambda x: mlp(params, x[None])[0, 0])))
    places = (np.arange(400) + 0.5) / 400
    wanted = np.zeros((10, 6))
    for i, x in enumerate(X):
        for w, b in zip(WEIGHTS, BACKGROUND, strict=True):
            between = b + places[:, None] * (x - b)
            wanted[i] += w * (x - b) * np.asarray(gradient(between.astype(np.float32))).mean(axis=0)
    game = JaxGame(MLP, params, X, BACKGROUND)
    runs = [one(gradient_estimate, game, options=ExplainOptions(seed=seed)) for seed in range(8)]
    mean = np.mean([run.values[..., 0] for run in runs], axis=0)
    error = np.sqrt(np.mean([run.variance[..., 0] for run in runs], axis=0) / 8)
    assert (np.abs(mean - wanted) <= 4.5 * error + 1e-4).all()
    assert np.abs(mean - wanted).mean() < np.mean(error) * 1.5


@estimates
def test_values_add_up_and_a_background_row_weighs_what_it_weighs(estimate):
    params = mlp_params(4)
    found = one(estimate, JaxGame(MLP, params, X, BACKGROUND))
    distance = plain_mlp(params, X) - WEIGHTS @ plain_mlp(params, BACKGROUND)
    np.testing.assert_allclose(found.values.sum(axis=1), distance, atol=1e-5)


@estimates
def test_a_linear_function_is_exact(estimate):
    slope = np.arange(6, dtype=np.float32)
    naming = preview_function(lambda x: x @ slope, X, BACKGROUND)
    np.testing.assert_allclose(naming.values, slope * (X - BACKGROUND.mean(axis=0)), atol=1e-5)
    params = mlp_params(5) | {"second": np.eye(16, dtype=np.float32), "bias": np.full(16, 100, np.float32)}
    found = one(estimate, JaxGame(MLP, params, X, BACKGROUND))  # every unit far in its linear part
    weight = (params["first"] @ params["last"]).astype(np.float64)
    wanted = (X - WEIGHTS @ BACKGROUND)[:, :, None] * weight
    tolerance = 1e-3 if estimate is rescale_estimate else 5 * np.sqrt(found.variance) + 1e-3
    assert (np.abs(found.values - wanted) <= tolerance).all()


STEPS = {
    "relu": jax.nn.relu,
    "gelu": jax.nn.gelu,
    "leaky relu": jax.nn.leaky_relu,
    "quotient": lambda z: z / (1 + z * z),
    "standardise": jax.nn.standardize,
    "where": lambda z: jnp.where(jnp.arange(16) > 4, z, -z),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_slopes_carry_the_whole_difference(step):
    params = mlp_params(6, n_outputs=2)

    def fn(x):
        return step(x @ params["first"]) @ params["last"]

    x, other = jnp.asarray(X[:7]), jnp.asarray(BACKGROUND)
    slopes = np.asarray(jax.jit(lambda x, other: multipliers(fn, x, other))(x, other))
    moved = np.einsum("pf,pfo->po", x - other, slopes)
    np.testing.assert_allclose(moved, fn(x) - fn(other), atol=2e-5, rtol=1e-4)
    assert np.isfinite(np.asarray(multipliers(fn, x, x))).all()


def test_a_step_the_rule_does_not_cover_takes_expected_gradients():
    weight = mlp_params(7)["first"]

    def fn(x):
        return jax.nn.softmax(x @ weight)[:, :2]

    with pytest.raises(UnknownStepError, match="reduce_max"):
        multipliers(fn, jnp.asarray(X[:7]), jnp.asarray(BACKGROUND))
    found = preview_function(fn, X, BACKGROUND)
    assert found.method.startswith("preview: expected gradients")
    assert found.additivity_gap < 1e-5
    assert (found.error_std > 0).any()


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_models_preview_is_named_adds_up_and_is_near(task):
    model = small_model(task)
    taken = model.seen.take(np.arange(12))
    x, shown, labels = model.encoder.encode(taken), taken.values(), taken.index.to_numpy()
    preview = preview_trained(model, x, shown, labels)
    assert preview.method.startswith("preview: ")
    assert "not Shapley values" in preview.notes[0]
    assert preview.additivity_gap < 1e-5
    assert not preview.exact
    exact = explain_trained(model, x, shown, labels)
    assert exact.exact
    assert np.abs(preview.values - exact.values).mean() < 0.15 * np.abs(exact.values).mean()
    for picture in (pictures.text(preview), str(pictures.html(preview[0]))):
        assert "not Shapley values" in picture


def test_a_groups_slopes_are_the_sum_of_its_columns():
    params = mlp_params(9)
    alone = preview_function(lambda x: mlp(params, x)[:, 0], X, BACKGROUND)
    grouped = preview_function(lambda x: mlp(params, x)[:, 0], X, BACKGROUND, groups={"both": [1, 4]})
    assert grouped.feature_names == ("feature 0", "both", "feature 2", "feature 3", "feature 5")
    np.testing.assert_allclose(grouped.values[:, 1], alone.values[:, 1] + alone.values[:, 4], atol=1e-5)
    model, df = small_model("binary"), small_frame("binary").iloc[:5]
    named = ll.explain_preview(model, df, groups={"who": ["age", "job"]})
    assert named.feature_names == ("amount", "who", "owner", "since")
    assert named.additivity_gap < 1e-5


def test_no_gradient_no_preview():
    with pytest.raises(ExplanationError, match="no JAX function of numbers"):
        ll.explain_preview(lambda x: np.array([float(v) for v in x[:, 0]]), X)
    with pytest.raises(ExplanationError, match="missing values"):
        ll.explain_preview(lambda x: jnp.nan_to_num(x).sum(axis=1), np.array([[1.0, np.nan], [0.0, 1.0]]))


def test_it_is_shaps_deep_explainer_on_the_same_torch_network():
    torch = pytest.importorskip("torch")
    shap = pytest.importorskip("shap")
    params = mlp_params(8)
    first, second, last = torch.nn.Linear(6, 16), torch.nn.Linear(16, 16), torch.nn.Linear(16, 1)
    with torch.no_grad():
        for layer, weight in ((first, params["first"]), (second, params["second"]), (last, params["last"])):
            layer.weight.copy_(torch.tensor(weight.T))
            layer.bias.zero_()
        first.bias.copy_(torch.tensor(params["bias"]))
    network = torch.nn.Sequential(first, torch.nn.ReLU(), second, torch.nn.ReLU(), last)
    theirs = shap.DeepExplainer(network, torch.tensor(BACKGROUND)).shap_values(torch.tensor(X), check_additivity=False)
    ours = one(rescale_estimate, JaxGame(MLP, params, X, BACKGROUND), np.full(7, 1 / 7))
    np.testing.assert_allclose(ours.values, np.asarray(theirs).reshape(ours.values.shape), atol=2e-4)
