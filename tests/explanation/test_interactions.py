"""Interactions: against the definition, closed forms and the laws; sampled ones without bias.

shap's ExactExplainer has another index (Shapley-Taylor), its TreeExplainer ours, but against no background;
the numbers were compared once with shapiq's exact SII and k-SII (1e-15).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lepton_lab as ll
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.estimate import T_95, Pace
from lepton_lab.explanation.explain_interactions import game_interactions, interactions_function, interactions_trained
from lepton_lab.explanation.explain_model import explain_trained
from lepton_lab.explanation.groups import groups_of
from lepton_lab.explanation.interaction_values import exact_interactions
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.sampled_interactions import sampled_interactions
from lepton_lab.explanation.tree_interactions import tree_interactions
from lepton_lab.members.trees import TreesMember
from tests.explanation.lookup_game import LookupGame, all_coalitions, network_worth, shapley_of
from tests.explanation.models import MLP, mlp, mlp_params, plain_mlp, table
from tests.explanation.test_explain_model import LABELS, VALUES, X, model
from tests.reference import interactions as reference


def uniform(n):
    return np.full(n, 1 / n)


def exact(game, weights=None):
    weights = uniform(game.n_background) if weights is None else weights
    return exact_interactions(game, np.arange(game.n_rows), weights, Pace())


def sampled(game, seed=0, halfwidth=None, weights=None):
    weights = uniform(game.n_background) if weights is None else weights
    return sampled_interactions(game, np.arange(game.n_rows), weights, seed, Pace(), halfwidth)


def off_diagonal(values):
    return values[:, ~np.eye(values.shape[1], dtype=bool)]


@pytest.mark.parametrize("estimate", [exact, sampled])
def test_definition(estimate):
    """Of a network with categories (dummies), weighted background, two outputs; five players are all enumerated."""
    params = mlp_params(0, n_features=5, n_outputs=2)
    x, background = table(1, 3, 5, categorical=(0, 1)), table(2, 4, 5, categorical=(0, 1))
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    found = estimate(JaxGame(MLP, params, x, background), weights=weights)
    wanted = reference.interaction_values(
        lambda z: plain_mlp(params, z), x.astype(float), background.astype(float), weights
    )
    np.testing.assert_allclose(found.values, wanted, atol=2e-5)
    assert found.exact and not found.variance.any()


def test_closed_form_of_pairwise_products():
    """x0 x1: the interaction is (x0 - b0) (x1 - b1) in the mean, the main effects (x0 - b0) b1 and b0 (x1 - b1)."""
    x, background = table(1, 4).astype(float), table(2, 6).astype(float)
    found = interactions_function(
        lambda z: np.asarray(z)[:, 0] * np.asarray(z)[:, 1] + 3 * np.asarray(z)[:, 2], x, background
    )
    a, b = x[:, None], background[None]
    moved = a - b
    np.testing.assert_allclose(2 * found.values[:, 0, 1], (moved[..., 0] * moved[..., 1]).mean(1), atol=1e-9)
    np.testing.assert_allclose(found.values[:, 0, 0], (moved[..., 0] * b[..., 1]).mean(1), atol=1e-9)
    np.testing.assert_allclose(found.values[:, 1, 1], (moved[..., 1] * b[..., 0]).mean(1), atol=1e-9)
    np.testing.assert_allclose(found.values[:, 2, 2], 3 * moved[..., 2].mean(1), atol=1e-9)
    rest = found.values.copy()
    rest[:, [0, 1, 0, 1, 2], [0, 1, 1, 0, 2]] = 0
    np.testing.assert_allclose(rest, 0, atol=1e-12)


def test_closed_form_of_xor():
    """From (0, 0) to (1, 1) of XOR: each alone gains 1, both gain 0, so they act together by -2."""
    worth = np.array([0.0, 1.0, 1.0, 0.0])[None, None, :, None]
    np.testing.assert_allclose(exact(LookupGame(worth)).values[0, :, :, 0], [[1, -1], [-1, 1]], atol=1e-12)


def test_closed_form_of_one_coalition():
    """A game won only by all of m players together: any two of them interact by 1 / (m - 1)."""
    bits = all_coalitions(5)
    worth = bits[:, :4].all(axis=1).astype(float)[None, None, :, None]
    index = 2 * exact(LookupGame(worth)).values[0, :, :, 0]
    np.testing.assert_allclose(index[:4, :4][~np.eye(4, dtype=bool)], 1 / 3, atol=1e-12)
    np.testing.assert_allclose(index[4], 0, atol=1e-12)


@st.composite
def games(draw):
    """Any worth of a few players, and background weights."""
    d, n_background = draw(st.integers(2, 6)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    tables = rng.normal(size=(2, 1, n_background, 2**d, 1)) * draw(st.sampled_from([1e-3, 1.0, 1e4]))
    tables[:, :, :, -1] = tables[:, :, :1, -1]
    return tables, rng.dirichlet(np.ones(n_background))


@settings(max_examples=25, deadline=None)
@given(games(), st.sampled_from([exact, sampled]))
def test_laws(drawn, estimate):
    (first, second), weights = drawn
    d = int(math.log2(first.shape[2]))

    def values(worth, differs=None):
        return estimate(LookupGame(worth, differs), weights=weights).values[0, :, :, 0]

    scale = np.abs(first).max() + np.abs(second).max()
    matrix = values(first)
    np.testing.assert_array_equal(matrix, matrix.T)
    # Efficiency: all of it is what all players together change; rows are Shapley values where exact.
    np.testing.assert_allclose(matrix.sum(), weights @ (first[0, :, -1] - first[0, :, 0])[:, 0], atol=1e-8 * scale)
    if estimate is exact:
        phi = np.einsum("b,bf->f", weights, shapley_of(first)[0, :, :, 0])
        np.testing.assert_allclose(matrix.sum(axis=1), phi, atol=1e-9 * scale)
    # Linearity.
    np.testing.assert_allclose(values(first + 2 * second), matrix + 2 * values(second), atol=1e-7 * scale)
    # Dummy: a player that is known to change nothing has no effect and no part in any interaction.
    differs = np.ones((1, first.shape[1], d), bool)
    differs[..., 0] = False
    ignorant = values(first[:, :, np.arange(2**d) & ~1], differs)
    assert not ignorant[0].any() and not ignorant[:, 0].any()
    # No interactions in a sum of single players.
    alone = np.broadcast_to((all_coalitions(d) @ np.arange(1.0, d + 1))[None, None, :, None], first.shape)
    np.testing.assert_allclose(values(alone), np.diag(np.arange(1.0, d + 1)), atol=1e-4 * d)


def test_sampled_without_bias_and_with_honest_errors():
    worth, real = network_worth(1, 3, 40, 8, categorical=(0, 1))
    game = LookupGame(worth, real)
    wanted = exact(game).values
    found = [sampled(game, seed) for seed in range(20)]
    assert not found[0].exact and found[0].n_evaluations < 3 * 40 * 2**8
    errors = np.stack([f.values - wanted for f in found])
    pull = errors.mean(axis=0) / errors.std(axis=0) * np.sqrt(len(found))
    assert np.sqrt((pull**2).mean()) < 1.5
    told = np.mean([f.variance for f in found])
    assert 0.85 < np.sqrt(told / (errors**2).mean()) < 1.2
    assert 0.92 < np.mean(np.abs(errors) <= T_95 * np.sqrt([f.variance for f in found])) < 0.98
    gap = np.mean([f.half_gap**2 for f in found])
    assert 0.8 < np.sqrt(gap / (errors**2).mean()) < 1.25


def test_errors_are_as_told_where_many_background_rows_make_them_up():
    """Intervals are widened where few do, which hides an error that is told too small."""
    game = LookupGame(network_worth(5, 2, 250, 7)[0])
    wanted = exact(game).values
    found = [sampled(game, seed) for seed in range(8)]
    errors = np.stack([f.values - wanted for f in found])
    assert 0.85 < np.sqrt(np.mean([f.variance for f in found]) / (errors**2).mean()) < 1.2


def test_intervals_hold_where_few_background_rows_differ():
    """All but three of 36 equal the row: few terms make up a variance, and intervals are widened for that."""
    hits = []
    for network in range(6):
        worth, _ = network_worth(network, 1, 36, 8)
        worth[:, 3:] = worth[:, :1, -1:]
        game = LookupGame(worth, np.broadcast_to(np.arange(36)[:, None] < 3, (1, 36, 8)))
        wanted = exact(game).values
        found = [sampled(game, seed) for seed in range(12)]
        hits += [np.abs(f.values - wanted) <= T_95 * np.sqrt(f.variance) + 1e-9 for f in found]
    assert 0.9 < np.mean(hits) < 0.98


def test_sampled_games_of_pairs_have_no_error():
    rng = np.random.default_rng(0)
    d = 9
    slope, product = rng.normal(size=d), np.triu(rng.normal(size=(d, d)), 1)
    x, b = rng.normal(size=(2, 1, d)), rng.normal(size=(1, 5, d))
    mixed = np.where(all_coalitions(d), x[:, :, None], b[:, :, None])
    worth = 7.0 + mixed @ slope + np.einsum("rbsi,ij,rbsj->rbs", mixed, product, mixed)
    found = sampled(LookupGame(worth[..., None]))
    wanted = ((x - b)[..., :, None] * (x - b)[..., None, :] * (product + product.T)).mean(1) / 2
    np.testing.assert_allclose(off_diagonal(found.values[..., 0]), off_diagonal(wanted), atol=1e-4)
    assert np.sqrt(found.variance).max() < 1e-4 and not found.exact


def test_halfwidth_adds_plans():
    worth, _ = network_worth(3, 2, 32, 7)
    first = sampled(LookupGame(worth))
    wanted = 0.6 * float(T_95 * np.sqrt(first.variance.max()))
    found = sampled(LookupGame(worth), halfwidth=wanted)
    assert T_95 * np.sqrt(found.variance.max()) <= wanted and found.n_evaluations > first.n_evaluations
    assert "half-width above" in sampled(LookupGame(worth[:1]), halfwidth=1e-9).notes[0]


def test_same_seed_same_values():
    game = LookupGame(network_worth(3, 1, 16, 7)[0])
    first = sampled(game, 1).values
    np.testing.assert_array_equal(first, sampled(game, 1).values)
    assert not np.array_equal(first, sampled(game, 2).values)


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_a_blend_is_the_whole_model(kind):
    """Linear, trees and network apart give what the blend's own logits give as one function."""
    trained = model(kind)
    found = interactions_trained(trained, X[:3], VALUES[:3], LABELS[:3])
    against = Background(trained.background_x, trained.background_weights)
    whole = interactions_function(lambda z: trained.logits_x(np.asarray(z, np.float32)), X[:3], against)
    explained = explain_trained(trained, X[:3], VALUES[:3], LABELS[:3])
    unit = max(1.0, np.abs(explained.values).max())
    np.testing.assert_allclose(found.shapley_values, explained.values, atol=1e-5 * unit)
    assert found.exact and found.additivity_gap < 1e-5
    np.testing.assert_allclose(found.values, whole.values, atol=2e-5 * unit)


def test_tree_interactions_are_the_definition():
    trained = model("multiclass")
    trees = next(m for m in trained.members if isinstance(m, TreesMember))
    names = [c.name for c in trained.schema.inputs]
    background = np.asarray(trained.background_x)[:3]
    wanted = reference.interaction_values(trees.logits, X[:2], background)
    players = groups_of(None, names)
    found = tree_interactions(trees, X[:2], background, uniform(3), players)
    np.testing.assert_allclose(off_diagonal(found), off_diagonal(wanted), atol=1e-9)
    assert not found[:, np.arange(len(names)), np.arange(len(names))].any()


def test_groups_are_players():
    params = mlp_params(0)
    x, background = table(1, 3), table(2, 4)
    found = interactions_function(lambda z: mlp(params, z), x, background, groups={"both": [0, 3]})
    assert found.feature_names[0] == "both" and found.shape == (3, 5, 5)
    np.testing.assert_allclose(found.values, found.values.swapaxes(1, 2), atol=0)
    assert found.additivity_gap < 1e-5


@pytest.fixture(scope="module")
def pair():
    params = mlp_params(0, n_outputs=2)
    return interactions_function(lambda z: mlp(params, z), table(1, 5), table(2, 7))


def test_slices_and_strongest(pair):
    assert pair[1:3].shape == (2, 6, 6, 2) and pair[0].one_row
    np.testing.assert_array_equal(pair[[3]].values, pair.values[[3]])
    with pytest.raises(IndexError, match="row 9"):
        pair[9]
    best = pair.strongest(3)
    assert len(best) == 3 and " × " in best.feature_names[0]
    size = 2 * np.abs(pair.values).mean(axis=(0, 3))
    assert best.values[0] == pytest.approx(np.triu(size, 1).max())
    assert len(pair.strongest(None)) == 15


def test_shap_takes_them(pair):
    import matplotlib as mpl
    import shap

    mpl.use("Agg")
    theirs = pair.to_shap()
    assert theirs.shape == (5, 6, 6, 2) and pair[0].to_shap().shape == (6, 6, 2)
    shap.summary_plot(theirs.values[..., 0], pair.data, show=False)
    shap.dependence_plot((0, 1), theirs.values[..., 0], pair.data, show=False)
    with pytest.raises(ExplanationError, match="0 rows"):
        pair[[]].to_shap()


def test_pictures(pair):
    from lepton_lab import pictures

    html = pictures.html(pair)
    assert "feature 0" in html and "<svg" in html and len(html) < 200_000
    assert "mean |interaction|" in pictures.text(pair)
    assert "0 rows" in pictures.text(pair[[]]) and "0 rows" in pictures.html(pair[[]])


def test_the_verb():
    x = table(1, 3, 2)
    found = ll.interactions(lambda z: z[:, 0] * z[:, 1], x, background=table(2, 4, 2))
    assert found.exact and found.shape == (3, 2, 2)
    alone = ll.interactions(lambda z: z[:, 0], x[:, :1], background=x[:, :1])
    assert alone.shape == (3, 1, 1) and alone.strongest().feature_names == ()


def test_a_function_that_returns_nan_says_so():
    worth, _ = network_worth(3, 1, 2, 4)
    worth[0, 0, 5] = np.nan
    with pytest.raises(ExplanationError, match="NaN"):
        game_interactions(LookupGame(worth), uniform(2), ExplainOptions(), Pace())
