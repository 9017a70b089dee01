"""Leverage-sampled least squares: against the definition, by its laws, without bias, with honest intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.explanation.coalition_plans import N_FOLDS, draw_pairs, strata_of
from lepton_lab.explanation.estimate import T_95, Pace
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.least_squares import (
    LeastSquaresOptions,
    least_squares_rounds,
    least_squares_values,
    shapley_coefficients,
)
from lepton_lab.explanation.walks import N_PLANS, WalkOptions, walk_values
from tests.explanation.lookup_game import LookupGame, all_coalitions, network_worth, shapley_of
from tests.explanation.models import MLP, mlp_params, plain_mlp, table
from tests.reference import shapley

ALL = 10**6  # pairs: more than there are


def uniform(n):
    return np.full(n, 1 / n)


def run(game, n_pairs, seed=0, weights=None, rows=None, **options):
    rows = np.arange(game.n_rows) if rows is None else rows
    weights = uniform(game.n_background) if weights is None else weights
    return least_squares_values(game, rows, weights, LeastSquaresOptions(n_pairs, seed=seed, **options), Pace())


@pytest.fixture(scope="module")
def network():
    """Ten players, forty background rows, some values alike; and the exact values against each background row."""
    worth, real = network_worth(1, 3, 40, 10, categorical=(0, 1, 2))
    return LookupGame(worth, real), shapley_of(worth)


@pytest.mark.parametrize("n_players", [1, 2, 3, 4, 5, 8])
def test_all_coalitions_give_the_definition(n_players):
    worth, real = network_worth(n_players, 2, 3, n_players, n_outputs=2)
    found = run(LookupGame(worth, real), ALL, weights=np.array([0.5, 0.3, 0.2]))
    wanted = np.einsum("b,rbfo->rfo", [0.5, 0.3, 0.2], shapley_of(worth))
    np.testing.assert_allclose(found.values, wanted, atol=1e-12)
    assert found.exact and not found.variance.any() and found.half_gap is None


def test_the_network_game_meets_the_definition_within_its_error():
    params, x, background = mlp_params(0, n_outputs=2), table(1, 4, categorical=(0,)), table(2, 12, categorical=(0,))
    wanted = shapley.shapley_values(lambda z: plain_mlp(params, z), x.astype(float), background.astype(float))
    game = JaxGame(MLP, params, x, background)
    found = run(game, 18)
    assert (np.abs(found.values - wanted) <= 5 * np.sqrt(found.variance) + 1e-5).all() and not found.exact
    np.testing.assert_allclose(run(game, ALL).values, wanted, atol=5e-6)


def test_games_of_pairs_have_no_error():
    """x_i x_j is shared half and half of the interaction: (x_i - b_i) (x_j + b_j) / 2. Complement pairs see no more."""
    rng = np.random.default_rng(0)
    d = 9
    slope, product = rng.normal(size=d), np.triu(rng.normal(size=(d, d)), 1)
    x, b = rng.normal(size=(2, 1, d)), rng.normal(size=(1, 5, d))
    mixed = np.where(all_coalitions(d), x[:, :, None], b[:, :, None])
    worth = 7.0 + mixed @ slope + np.einsum("rbsi,ij,rbsj->rbs", mixed, product, mixed)
    wanted = slope * (x - b) + (x - b) * ((x + b) @ (product + product.T)) / 2
    found = run(LookupGame(worth[..., None]), 27)
    np.testing.assert_allclose(found.values[..., 0], wanted.mean(1), atol=1e-4)
    assert np.sqrt(found.variance).max() < 1e-4 and not found.exact


@pytest.mark.parametrize("n_pairs", [27, 60, 150])
def test_no_bias_and_honest_errors(network, n_pairs):
    """Means over many seeds are the definition to within their own error, and the errors told are those seen."""
    game, by_reference = network
    exact = by_reference.mean(1)
    found = [run(game, n_pairs, seed) for seed in range(40)]
    errors = np.stack([f.values - exact for f in found])
    spread = errors.std(axis=0)
    pull = errors.mean(axis=0) / spread * np.sqrt(40)
    assert np.sqrt((pull**2).mean()) < 1.5
    told = np.sqrt(np.mean([f.variance for f in found], axis=0))
    assert 0.9 < np.sqrt((told**2).mean() / (errors**2).mean()) < 1.25
    gap = np.sqrt(np.mean([f.half_gap**2 for f in found]))
    assert 0.85 < gap / np.sqrt((errors**2).mean()) < 1.25
    hits = np.abs(errors) <= T_95 * np.sqrt([f.variance for f in found])
    assert 0.92 < hits.mean() < 0.985
    deviation = np.sqrt(np.maximum((by_reference**2).mean(1) - exact**2, 0))
    np.testing.assert_allclose(np.mean([f.background_std for f in found], axis=0), deviation, rtol=0.15, atol=0.01)


def test_fewer_evaluations_than_walks_for_the_same_error(network):
    game, by_reference = network
    exact = by_reference.mean(1)

    def error(estimates):
        return np.mean([(e.values - exact) ** 2 for e in estimates]), estimates[0].n_evaluations

    walks, n_walks = error(
        [walk_values(game, np.arange(3), uniform(40), WalkOptions(12, seed=s), Pace()) for s in range(20)]
    )
    ours, n_ours = error([run(game, 80, seed) for seed in range(20)])
    assert (walks * n_walks) / (ours * n_ours) > 1.7


@st.composite
def games(draw):
    """Any worth of a few players, and background weights."""
    d, n_background = draw(st.integers(2, 7)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    tables = rng.normal(size=(2, 1, n_background, 2**d, 1)) * draw(st.sampled_from([1e-3, 1.0, 1e4]))
    tables[:, :, :, -1] = tables[:, :, :1, -1]
    return tables, rng.dirichlet(np.ones(n_background)), draw(st.sampled_from([1, 20, ALL]))


@settings(max_examples=20, deadline=None)
@given(games())
def test_laws(drawn):
    (first, second), weights, n_pairs = drawn
    d = int(math.log2(first.shape[2]))

    def values(worth, differs=None):
        return run(LookupGame(worth, differs), n_pairs, weights=weights).values[0, :, 0]

    scale = np.abs(first).max() + np.abs(second).max()
    phi = values(first)
    # Efficiency: the values sum to what all players together change.
    np.testing.assert_allclose(phi.sum(), weights @ (first[0, :, -1] - first[0, :, 0])[:, 0], atol=1e-9 * scale)
    # Linearity: the values of a sum of games are the sum of the values.
    np.testing.assert_allclose(values(first + 2 * second), phi + 2 * values(second), atol=1e-8 * scale)
    # Dummy: a player that is known to change nothing gets exactly nothing.
    ignorant = first[:, :, np.arange(2**d) & ~1]
    differs = np.ones((1, first.shape[1], d), bool)
    differs[..., 0] = False
    assert values(ignorant, differs)[0] == 0.0
    # A constant moves nobody.
    np.testing.assert_allclose(values(first + 3.0 * scale), phi, atol=1e-8 * scale)


def test_symmetry_in_the_mean():
    """Players told apart by nothing get the same, on average over plans; exactly where all coalitions are taken."""
    size = all_coalitions(6).sum(1)
    worth = np.broadcast_to(np.sqrt(size)[None, None, :, None], (1, 40, 64, 1))
    game = LookupGame(worth)
    mean = np.mean([run(game, 18, seed).values[0, :, 0] for seed in range(20)], axis=0)
    np.testing.assert_allclose(mean, np.sqrt(6) / 6, atol=2e-3)
    np.testing.assert_allclose(run(game, ALL).values[0, :, 0], np.sqrt(6) / 6, atol=1e-12)


@pytest.mark.parametrize(("d", "n"), [(2, 1), (5, 9), (10, 40), (12, 300), (31, 100), (200, 600)])
def test_plans_hold_sizes_alike_and_no_pair_twice(d, n):
    strata = strata_of(d, n)
    masks = draw_pairs(strata, 3, np.random.default_rng(0))
    assert masks.shape == (3, strata.n_pairs, d)
    sizes = masks.sum(axis=2)
    assert (sizes == strata.size[strata.stratum]).all()
    assert strata.n_pairs <= max(2.1 * n, N_FOLDS * len(strata.size))
    # Every fold has pairs of every size, or the plan has all of that size.
    for s, drawn in enumerate(strata.drawn):
        folds = np.bincount(strata.fold[strata.stratum == s] + 1, minlength=N_FOLDS + 1)
        assert folds[0] == strata.population[s] == drawn or (folds[1:] == strata.per_fold[s]).all()
    if d <= 12:
        for one in masks:
            either = np.concatenate([one, ~one])
            assert len(np.unique(either, axis=0)) == 2 * strata.n_pairs


def test_coefficients_do_not_see_constants_or_their_own_sum():
    strata = strata_of(7, 21)
    masks = draw_pairs(strata, 2, np.random.default_rng(3))
    coefs = shapley_coefficients(strata, masks)
    np.testing.assert_allclose(coefs[:, :, :7].sum(axis=2), 0, atol=1e-12)
    np.testing.assert_allclose(coefs[:, :, 7:].sum(axis=2), 0, atol=1e-12)


def test_plans_are_shared_by_rows_and_independent_between():
    """Rows of one plan have the same errors for the same row; rows of different plans have not."""
    worth, _ = network_worth(2, 1, 10, 6)
    game = LookupGame(np.repeat(worth, 3 * N_PLANS, axis=0))
    found = run(game, 18)
    by_plan = [found.values[found.plan == p] for p in range(N_PLANS)]
    assert all(np.ptp(values, axis=0).max() < 1e-12 for values in by_plan)
    assert len({tuple(values[0, :, 0].round(9)) for values in by_plan}) == N_PLANS


def test_few_background_rows_get_several_plans():
    """Three differences of halves would make no interval."""
    worth, _ = network_worth(3, 2, 4, 9)
    game, exact = LookupGame(worth), shapley_of(worth).mean(1)
    found = [run(game, 27, seed) for seed in range(25)]
    assert found[0].n_evaluations > 8 * 2 * 4 * 2 * 20
    hits = [np.abs(f.values - exact) <= T_95 * np.sqrt(f.variance) for f in found]
    assert 0.9 < np.mean(hits) < 0.99


def test_same_seed_same_values(network):
    game, _ = network
    np.testing.assert_array_equal(run(game, 40, 3).values, run(game, 40, 3).values)
    assert not np.array_equal(run(game, 40, 3).values, run(game, 40, 4).values)


def test_halfwidth_adds_pairs_where_needed(network):
    game, _ = network
    first = run(game, 30)
    wanted = float(T_95 * np.sqrt(first.variance.max())) / 2
    found = run(game, 30, halfwidth=wanted)
    assert T_95 * np.sqrt(found.variance.max()) <= wanted and not found.notes
    assert found.n_evaluations > first.n_evaluations


def test_rounds_get_better_until_all_is_known(network):
    """The round that takes all coalitions forgets what was sampled before it."""
    game, by_reference = network
    rounds = list(
        least_squares_rounds(game, np.arange(3), uniform(40), LeastSquaresOptions(30, halfwidth=1e-5), Pace())
    )
    widths = [r.variance.max() for r in rounds]
    assert len(widths) > 3 and widths[-1] < widths[0] / 20
    assert "half-width above" in rounds[0].notes[0]
    assert rounds[-1].exact
    np.testing.assert_allclose(rounds[-1].values, by_reference.mean(1), atol=1e-12)


class _Clock(Pace):
    """A pace that ends after some looks at it."""

    def __init__(self, looks):
        super().__init__()
        object.__setattr__(self, "looks", iter(range(looks)))

    def ended(self, next_chunk_s=0.0):
        return "" if next(self.looks, None) is not None else "stop"


def test_a_stop_returns_the_rows_that_were_reached():
    worth, _ = network_worth(4, 100, 5, 5)
    game = LookupGame(worth)
    whole = run(game, 8)
    options = LeastSquaresOptions(8)
    part = least_squares_values(game, np.arange(100), uniform(5), options, _Clock(6))
    assert 0 < len(part.rows) < 100 and "of 100 rows" in part.notes[0]
    assert np.isfinite(part.values).all() and np.isfinite(whole.values).all()
    none = least_squares_values(game, np.arange(100), uniform(5), options, _Clock(0))
    assert len(none.rows) == 0
