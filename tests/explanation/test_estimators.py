"""Every estimator against the definition, against closed forms, and by the laws of Shapley values."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.data.mix_rows import stack_rows
from lepton_lab.explanation.estimate import T_95, Pace
from lepton_lab.explanation.exact import exact_values
from lepton_lab.explanation.explain_game import shapley_values
from lepton_lab.explanation.forms import FunctionForm, corner_bits
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.explanation.walks import N_PLANS, WalkOptions, walk_values
from tests.explanation.lookup_game import LookupGame, network_worth, shapley_of
from tests.explanation.models import MLP, mlp, mlp_params, plain_mlp, table
from tests.reference import shapley

D, N, B, OUT = 6, 8, 12, 2
PARAMS = mlp_params(0, n_outputs=OUT)
X, BACKGROUND = table(1, N, categorical=(0, 1)), table(2, B, categorical=(0, 1))
ROWS = np.arange(N)


def uniform(n=B):
    return np.full(n, 1 / n)


def predict_game(fn, x=X, background=BACKGROUND):
    return PredictGame(fn, stack_rows(x.astype(np.float64), background.astype(np.float64)))


def games(params=PARAMS):
    return {
        "additive": JaxGame(MLP, params, X, BACKGROUND),
        "function": JaxGame(FunctionForm(mlp), params, X, BACKGROUND),
        "predict": predict_game(lambda x: plain_mlp(params, x)),
    }


@pytest.fixture(scope="module")
def reference():
    return shapley.shapley_values(lambda x: plain_mlp(PARAMS, x), X.astype(float), BACKGROUND.astype(float))


@pytest.mark.parametrize("kind", ["additive", "function", "predict"])
def test_exact_is_the_definition(kind, reference):
    found = exact_values(games()[kind], ROWS, uniform(), Pace())
    np.testing.assert_allclose(found.values, reference, atol=3e-6)
    assert found.exact and not found.variance.any()


@pytest.mark.parametrize("kind", ["additive", "function", "predict"])
def test_walks_meet_the_definition_within_their_error(kind, reference):
    found = walk_values(games()[kind], ROWS, uniform(), WalkOptions(n_walks=40), Pace())
    z = (found.values - reference) / np.sqrt(found.variance)
    assert 0.5 < np.sqrt(np.mean(z**2)) < 1.5
    assert np.abs(found.values - reference).mean() < 0.02 * np.abs(reference).mean()


def test_the_three_games_walk_the_same_walks():
    found = [walk_values(g, ROWS, uniform(), WalkOptions(), Pace()) for g in games().values()]
    for other in found[1:]:
        np.testing.assert_allclose(other.values, found[0].values, atol=3e-6)
        np.testing.assert_allclose(other.variance, found[0].variance, atol=1e-6)
        np.testing.assert_allclose(other.half_gap, found[0].half_gap, atol=3e-6)
        np.testing.assert_allclose(other.background_std, found[0].background_std, atol=1e-4)
        assert other.n_evaluations == found[0].n_evaluations
    # Half the difference of the two walks: its size is that of the error.
    assert 0.5 < np.sqrt(np.mean(found[0].half_gap ** 2) / np.mean(found[0].variance)) < 1.6


def test_both_ways_through_a_plan_agree():
    """All states, or only those after a real step: the same walks, exactly additive, with dummies at 0."""
    x, background = X.copy(), BACKGROUND.copy()
    x[:, 5] = background[:, 5] = 1.0
    found = []
    for skips in (True, False):
        game = JaxGame(MLP, PARAMS, x, background)
        game.__dict__["_skips"] = skips
        found.append(walk_values(game, ROWS, uniform(), WalkOptions(), Pace()))
        total = game.at_rows(ROWS) - uniform() @ game.at_background()
        np.testing.assert_allclose(found[-1].values.sum(axis=1), total, atol=1e-13)
        assert not found[-1].values[:, 5].any() and not found[-1].variance[:, 5].any()
    picked, every = found
    np.testing.assert_allclose(picked.values, every.values, atol=3e-6)
    np.testing.assert_allclose(picked.half_gap, every.half_gap, atol=3e-6)
    np.testing.assert_allclose(picked.background_std, every.background_std, atol=1e-5)
    assert picked.n_evaluations < every.n_evaluations == N * (B * 4 * (D - 1) * 3 + 3)


@pytest.mark.parametrize("n_states", [7, 1100])
@pytest.mark.parametrize("groups", [None, (0, 1, 0, 2, 1, 3)])
def test_contract_sums_what_evaluate_finds(n_states, groups):
    """Several background rows in a tile, and several tiles for one background row; rows of more than one call."""
    rng = np.random.default_rng(0)
    n_players = D if groups is None else 4
    masks, coefs = rng.random((5, n_states, n_players)) < 0.5, rng.normal(size=(5, n_states, 3))
    rows, references = np.arange(40) % N, np.array([3, 0, 11, 5, 5])
    found = []
    for form in (MLP, FunctionForm(mlp)):
        game = JaxGame(form, PARAMS, X, BACKGROUND, groups)
        prepared = game.prepare(masks, references)
        found.append(game.contract(prepared, rows, coefs))
        outputs = game.evaluate(prepared, rows, [np.arange(5 * n_states)] * 40).reshape(40, 5, n_states, OUT)
        present = masks if groups is None else masks[:, :, np.array(groups)]
        mixed = np.where(present[None], X[rows][:, None, None], BACKGROUND[references][:, None]).astype(float)
        np.testing.assert_allclose(outputs, plain_mlp(PARAMS, mixed), atol=1e-5)
        wanted = np.einsum("rbso,bsk->rbko", plain_mlp(PARAMS, mixed), coefs)
        np.testing.assert_allclose(found[-1], wanted, atol=1e-6 * n_states)
        np.testing.assert_allclose(Game.contract(game, prepared, rows, coefs), wanted, atol=1e-6 * n_states)
    assert found[0].shape == (40, 5, 3, OUT)


GROUPS = (0, 1, 0, 2, 1, 3)


@pytest.mark.parametrize("estimator", ["exact", "walks"])
def test_groups_are_players(estimator):
    """The definition, with the network as a function of four players: which of two rows each one takes."""
    n_rows, columns = 3, np.array(GROUPS)
    x, background = X[:n_rows].astype(float), BACKGROUND.astype(float)
    stacked = np.concatenate([x, background])
    wanted = shapley.shapley_values(
        lambda which: plain_mlp(PARAMS, np.take_along_axis(stacked, which[:, columns].astype(int), axis=0)),
        np.repeat(np.arange(n_rows)[:, None], 4, axis=1),
        np.repeat(n_rows + np.arange(B)[:, None], 4, axis=1),
    )
    for form in (MLP, FunctionForm(mlp)):
        game = JaxGame(form, PARAMS, X[:n_rows], BACKGROUND, GROUPS)
        if estimator == "exact":
            np.testing.assert_allclose(_run("exact", game).values, wanted, atol=3e-6)
        else:
            found = walk_values(game, np.arange(n_rows), uniform(), WalkOptions(n_walks=40), Pace())
            assert (np.abs(found.values - wanted) <= 5 * np.sqrt(found.variance) + 1e-5).all()


def test_a_group_is_a_dummy_where_all_its_columns_are():
    x = X[:1].copy()
    x[0, :3] = BACKGROUND[0, :3]
    differs = JaxGame(MLP, PARAMS, x, BACKGROUND[:1], GROUPS).differs(np.arange(1))[0, 0]
    assert differs.tolist() == [False, True, True, True]


def test_weighted_background(reference):
    weights = np.random.default_rng(0).dirichlet(np.ones(B))
    wanted = shapley.shapley_values(
        lambda x: plain_mlp(PARAMS, x), X[:2].astype(float), BACKGROUND.astype(float), weights
    )
    exact = exact_values(games()["additive"], ROWS[:2], weights, Pace())
    walks = walk_values(games()["additive"], ROWS[:2], weights, WalkOptions(n_walks=200), Pace())
    np.testing.assert_allclose(exact.values, wanted, atol=3e-6)
    assert (np.abs(walks.values - wanted) <= 5 * np.sqrt(walks.variance) + 1e-5).all()


@pytest.mark.parametrize("estimator", ["exact", "walks"])
def test_closed_form_of_pairwise_products(estimator):
    """x0 x1 is shared half and half of the interaction: phi_0 = E[(x0 - b0)(x1 + b1)] / 2."""
    game = predict_game(lambda x: x[:, 0] * x[:, 1] + 3 * x[:, 2])
    found = _run(estimator, game).values[:, :, 0]
    x, b = X.astype(float)[:, None], BACKGROUND.astype(float)[None]
    np.testing.assert_allclose(found[:, 0], ((x - b)[..., 0] * (x + b)[..., 1] / 2).mean(1), atol=1e-9)
    np.testing.assert_allclose(found[:, 1], ((x - b)[..., 1] * (x + b)[..., 0] / 2).mean(1), atol=1e-9)
    np.testing.assert_allclose(found[:, 2], 3 * (x - b)[..., 2].mean(1), atol=1e-9)
    np.testing.assert_allclose(found[:, 3:], 0, atol=1e-12)


def test_closed_form_of_xor():
    """XOR of two players from (0, 0): to (1, 1) nothing moves; to (1, 0) the first player moves it all."""
    stacked = stack_rows(np.array([[1.0, 1.0], [1.0, 0.0]]), np.zeros((1, 2)))
    game = PredictGame(lambda x: np.not_equal(x[:, 0], x[:, 1]).astype(float), stacked)
    found = exact_values(game, np.arange(2), np.ones(1), Pace())
    np.testing.assert_allclose(found.values[:, :, 0], [[0, 0], [1, 0]], atol=1e-12)


@pytest.mark.parametrize("estimator", ["exact", "walks"])
def test_linear_functions_are_exact(estimator):
    slope = np.arange(1.0, D + 1)
    found = _run(estimator, predict_game(lambda x: x @ slope))
    np.testing.assert_allclose(found.values[:, :, 0], slope * (X - BACKGROUND.mean(0)), atol=1e-5)
    assert np.sqrt(found.variance).max() < 1e-7


def test_against_shap_exact_explainer(reference):
    import shap

    explainer = shap.ExactExplainer(
        lambda x: plain_mlp(PARAMS, x)[:, 0], shap.maskers.Independent(BACKGROUND.astype(float), max_samples=B)
    )
    theirs = explainer(X.astype(float)).values
    ours = exact_values(games()["additive"], ROWS, uniform(), Pace()).values[:, :, 0]
    np.testing.assert_allclose(ours, theirs, atol=3e-6)


def _run(estimator, game):
    weights = uniform(game.n_background)
    rows = np.arange(game.n_rows)
    return (
        exact_values(game, rows, weights, Pace())
        if estimator == "exact"
        else walk_values(game, rows, weights, WalkOptions(), Pace())
    )


@st.composite
def small_games(draw):
    """Any set function of a few players, as a look-up of which entries are the row's."""
    d = draw(st.integers(1, 5))
    n_background = draw(st.integers(1, 3))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    tables = rng.normal(size=(2, 2**d)) * draw(st.sampled_from([1e-3, 1.0, 1e4]))
    weights = rng.dirichlet(np.ones(n_background))
    return d, n_background, tables, weights


def _table_game(d, n_background, values):
    """The row is all ones, the background all zeros: an input is a coalition's bits."""
    return PredictGame(
        lambda x: values[(x @ 2 ** np.arange(d)).astype(int)], stack_rows(np.ones((1, d)), np.zeros((n_background, d)))
    )


@settings(max_examples=40, deadline=None)
@given(small_games(), st.sampled_from(["exact", "walks"]))
def test_laws(drawn, estimator):
    d, n_background, (first, second), weights = drawn

    def run(values):
        return (
            exact_values(_table_game(d, n_background, values), np.arange(1), weights, Pace())
            if estimator == "exact"
            else walk_values(_table_game(d, n_background, values), np.arange(1), weights, WalkOptions(), Pace())
        ).values[0, :, 0]

    scale = np.abs(first).max() + np.abs(second).max()
    phi = run(first)
    # Efficiency: the values sum to what all players together change.
    np.testing.assert_allclose(phi.sum(), first[-1] - first[0], atol=1e-9 * scale)
    # Linearity: the values of a sum of games are the sum of the values.
    np.testing.assert_allclose(run(first + 2 * second), phi + 2 * run(second), atol=1e-9 * scale)
    # Dummy: a player that changes nothing gets nothing. Here player 0, by forgetting its bit.
    ignorant = first[np.arange(2**d) & ~1]
    assert abs(run(ignorant)[0]) < 1e-9 * scale
    # Symmetry: players that are told apart by nothing get the same (exactly, only by enumeration).
    if estimator == "exact" and d > 1:
        by_size = first[corner_bits(d).sum(1)]
        np.testing.assert_allclose(run(by_size), run(by_size)[0], atol=1e-9 * scale)


@pytest.mark.parametrize("n_features", [1, 2, 3])
def test_few_features(n_features):
    x, background = X[:, :n_features].astype(float), BACKGROUND[:, :n_features].astype(float)

    def fn(z):
        return np.prod(np.cos(z), axis=1, keepdims=True)

    wanted = shapley.shapley_values(fn, x, background)
    game = PredictGame(fn, stack_rows(x, background))
    np.testing.assert_allclose(_run("exact", game).values, wanted, atol=1e-12)
    walks = walk_values(game, ROWS, uniform(), WalkOptions(n_walks=100), Pace())
    assert (np.abs(walks.values - wanted) <= 6 * np.sqrt(walks.variance) + 1e-9).all()


def test_more_players_than_one_block_of_corners():
    """Ten players: the upper two are enumerated outside the block of eight."""
    x, background = table(3, 1, 10), table(4, 2, 10)
    params = mlp_params(1, n_features=10)
    wanted = _run("exact", predict_game(lambda z: plain_mlp(params, z), x, background)).values
    for form in (MLP, FunctionForm(mlp)):
        np.testing.assert_allclose(_run("exact", JaxGame(form, params, x, background)).values, wanted, atol=5e-6)


def test_many_features_are_walked_in_blocks():
    """200 features and 60 background rows are more states than one block holds."""
    rng = np.random.default_rng(0)
    x, background = rng.normal(size=(2, 200)), rng.normal(size=(60, 200))
    slope = rng.normal(size=200)
    found = _run("walks", PredictGame(lambda z: z @ slope, stack_rows(x, background)))
    np.testing.assert_allclose(found.values[:, :, 0], slope * (x - background.mean(0)), atol=1e-9)


def test_equal_values_cost_nothing():
    """A constant column is a dummy that is never switched; a row equal to the background costs one evaluation."""
    x, background = X.copy(), BACKGROUND.copy()
    x[:, 0] = background[:, 0] = 2.0
    x[:, 1] = background[:, 1] = np.nan
    game = JaxGame(FunctionForm(lambda p, z: mlp(p, np.float32(1) * _no_nan(z))), PARAMS, x, background)
    found = walk_values(game, ROWS, uniform(), WalkOptions(), Pace())
    assert not found.values[:, :2].any()
    full = walk_values(games()["function"], ROWS, uniform(), WalkOptions(), Pace())
    assert found.n_evaluations < full.n_evaluations
    same = JaxGame(MLP, PARAMS, X[:1], X[:1])
    assert walk_values(same, np.arange(1), np.ones(1), WalkOptions(), Pace()).n_evaluations == 32


def test_background_rows_without_weight_are_not_asked_about():
    worth, _ = network_worth(0, 2, 3, 4)
    worth[:, 2, 1:-1] = np.nan
    found = exact_values(LookupGame(worth), np.arange(2), np.array([0.4, 0.6, 0.0]), Pace())
    np.testing.assert_allclose(found.values, np.einsum("b,rbpo->rpo", [0.4, 0.6], shapley_of(worth[:, :2])))
    assert found.n_evaluations == 2 * 2 * 16


def _no_nan(z):
    import jax.numpy as jnp

    return jnp.nan_to_num(z)


@pytest.mark.usefixtures("usual_effort")
def test_intervals_cover():
    """95 % intervals of two walks a background row hold 92 to 98 % of the exact values, over nets and seeds."""
    hits, pulls = [], []
    for net in range(2):
        for categorical in ((), (0, 1, 2)):
            params, x, background = mlp_params(net), table(net, 16, D, categorical), table(net + 9, 40, D, categorical)
            game = JaxGame(MLP, params, x, background)
            exact = exact_values(game, np.arange(16), uniform(40), Pace()).values
            for seed in range(25):
                found = walk_values(game, np.arange(16), uniform(40), WalkOptions(seed=seed), Pace())
                std = np.sqrt(found.variance)
                hits.append(np.mean(np.abs(found.values - exact) <= T_95 * std + 1e-6))
                pulls.append((found.values - exact)[std > 1e-6] / std[std > 1e-6])
    assert 0.92 < np.mean(hits) < 0.98
    assert 0.9 < np.std(np.concatenate(pulls)) < 1.12
    assert abs(np.mean(np.concatenate(pulls))) < 0.05


@pytest.mark.usefixtures("usual_effort")
def test_one_background_row_gets_more_walks():
    game = JaxGame(MLP, PARAMS, X, BACKGROUND[:1])
    exact = exact_values(game, ROWS, np.ones(1), Pace()).values
    found = [walk_values(game, ROWS, np.ones(1), WalkOptions(seed=s), Pace()) for s in range(10)]
    hits = [np.abs(f.values - exact) <= T_95 * np.sqrt(f.variance) + 1e-6 for f in found]
    assert 0.9 < np.mean(hits) < 0.99
    assert "64 a background row" in found[0].method


def test_background_spread_is_the_spread():
    game = games()["additive"]
    exact = exact_values(game, ROWS, uniform(), Pace()).background_std
    walks = walk_values(game, ROWS, uniform(), WalkOptions(n_walks=40), Pace()).background_std
    np.testing.assert_allclose(walks, exact, rtol=0.1, atol=0.02)


def test_plans_are_shared_by_rows_and_independent_between():
    """Rows of one plan have the same errors for the same row; rows of different plans have not."""
    x = np.repeat(X[:1], 3 * N_PLANS, axis=0)
    found = walk_values(JaxGame(MLP, PARAMS, x, BACKGROUND), np.arange(len(x)), uniform(), WalkOptions(), Pace())
    by_plan = [found.values[found.plan == p] for p in range(N_PLANS)]
    assert all(np.ptp(values, axis=0).max() < 1e-12 for values in by_plan)
    assert len({tuple(values[0, :, 0].round(9)) for values in by_plan}) == N_PLANS


@pytest.mark.parametrize("options", [{}, {"n_walks": 6}])
def test_same_seed_same_values(options):
    def run(seed):
        return walk_values(games()["additive"], ROWS, uniform(), WalkOptions(seed=seed, **options), Pace()).values

    np.testing.assert_array_equal(run(3), run(3))
    assert not np.array_equal(run(3), run(4))


def test_halfwidth_adds_walks_where_needed():
    game = games()["additive"]
    first = walk_values(game, ROWS, uniform(), WalkOptions(), Pace())
    wanted = float(T_95 * np.sqrt(np.median(first.variance.max((1, 2)))))
    found = walk_values(game, ROWS, uniform(), WalkOptions(halfwidth=wanted), Pace())
    assert T_95 * np.sqrt(found.variance.max()) <= wanted
    assert first.n_evaluations < found.n_evaluations
    hopeless = walk_values(game, ROWS, uniform(), WalkOptions(halfwidth=1e-6), Pace())
    assert "half-width above" in hopeless.notes[0]


class _Clock(Pace):
    """A pace that ends after some looks at it."""

    def __init__(self, looks):
        super().__init__()
        object.__setattr__(self, "looks", iter(range(looks)))

    def ended(self, next_chunk_s=0.0):
        return "" if next(self.looks, None) is not None else "stop"


@pytest.mark.parametrize("estimator", ["walks", "exact"])
def test_a_stop_returns_the_rows_that_were_reached(estimator):
    game = JaxGame(MLP, PARAMS, table(5, 120), table(8, 40))
    run = exact_values if estimator == "exact" else lambda g, r, w, p: walk_values(g, r, w, WalkOptions(), p)
    whole = run(game, np.arange(120), uniform(40), Pace())
    part = run(game, np.arange(120), uniform(40), _Clock(1 if estimator == "exact" else 4))
    assert 0 < len(part.rows) < 120
    assert "of 120 rows" in part.notes[0]
    np.testing.assert_allclose(part.values, whole.values[part.rows], atol=1e-6)


def test_progress_counts_to_one():
    heard = []
    shapley_values(
        games()["additive"], uniform(), ExplainOptions(), Pace(report=lambda progress: heard.append(progress))
    )
    assert [p.share for p in heard] == sorted(p.share for p in heard)
    assert heard[-1].share == 1 and heard[-1].remaining_s == 0


def test_choice_of_estimator():
    """Few coalitions or a budget for all of them: exact. Else walks."""
    wide = JaxGame(MLP, mlp_params(2, n_features=12), table(6, 20, 12), table(7, 30, 12))

    def chosen(game, **o):
        return shapley_values(game, uniform(game.n_background), ExplainOptions(**o), ExplainOptions(**o).pace())

    assert chosen(games()["additive"]).exact
    assert not chosen(wide).exact
    assert chosen(wide, budget_s=300.0).exact


def test_a_budget_is_used_for_more_walks_and_then_kept():
    """A slow function, so that enumeration does not fit the budget."""
    import time

    def slow(z):
        time.sleep(len(z) * 2e-5)
        return np.sin(z).prod(axis=1)

    x, background = table(6, 4, 12), table(7, 20, 12)
    options = ExplainOptions(budget_s=3.0)
    pace = options.pace()
    found = shapley_values(predict_game(slow, x, background), uniform(20), options, pace)
    assert not found.exact and len(found.rows) == 4
    assert pace.elapsed() < 20  # wide: a busy machine stretches it
    assert found.n_evaluations > 2 * 4 * 20 * 44


def test_a_stop_before_the_first_row_says_so():
    from lepton_lab.errors import ExplanationError

    stop = threading.Event()
    stop.set()
    options = ExplainOptions(stop=stop)
    with pytest.raises(ExplanationError, match="stopped before the first row"):
        shapley_values(games()["additive"], uniform(), options, options.pace())


def test_any_number_of_rows_compiles_once():
    from lepton_lab.explanation import devices

    def run(n):
        return walk_values(
            JaxGame(MLP, PARAMS, table(n, n), BACKGROUND), np.arange(n), uniform(), WalkOptions(), Pace()
        )

    run(5)
    before = devices._run._cache_size()
    for n in (1, 17, 60):
        run(n)
    assert devices._run._cache_size() == before
