"""Which estimator answers: by the data, by what is asked for, and within the time there is."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pytest

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.blend_parts import GamePart, for_part
from lepton_lab.explanation.estimate import T_95, Pace
from lepton_lab.explanation.exact import exact_values
from lepton_lab.explanation.explain_game import _pooled, shapley_rounds, shapley_values
from lepton_lab.explanation.least_squares import LeastSquaresOptions, least_squares_rounds, least_squares_values
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.walks import WalkOptions, walk_values
from tests.explanation.lookup_game import LookupGame, network_worth, shapley_of

D, N, B = 11, 6, 40


@pytest.fixture(scope="module")
def wide():
    """Eleven players: enumeration is neither free nor cheap."""
    return LookupGame(network_worth(1, N, B, D)[0])


@pytest.fixture(scope="module")
def exact(wide):
    return np.einsum("rbfo->rfo", shapley_of(wide.worth)) / B


def rounds(game, **options):
    asked = ExplainOptions(**options)
    weights = np.full(game.n_background, 1 / game.n_background)
    return list(shapley_rounds(game, weights, asked, asked.pace()))


def width(estimate):
    return T_95 * float(np.sqrt(estimate.variance.max()))


def test_few_players_are_enumerated():
    game = LookupGame(network_worth(1, 2, 5, 5)[0])
    (only,) = rounds(game)
    assert only.exact and "every coalition" in only.method


def test_little_work_is_walked_and_much_goes_to_least_squares(wide):
    (little,), (much,) = rounds(wide), rounds(wide, n_walks=6)
    assert little.method.startswith("decoupled walks")
    assert much.method.startswith("least squares")
    # The same work, not more: so many evaluations as the walks would have taken.
    asked = 6 * 2 * (D - 1) * B * N
    assert 0.8 * asked < much.n_evaluations < 1.3 * asked


def test_without_a_budget_a_seed_gives_the_same_values(wide):
    for options in ({}, {"n_walks": 6}, {"halfwidth": 0.02}):
        first, second = rounds(wide, **options)[-1], rounds(wide, **options)[-1]
        np.testing.assert_array_equal(first.values, second.values)
        assert first.method == second.method and first.n_evaluations == second.n_evaluations


def test_a_half_width_takes_walks_then_least_squares(wide, exact):
    first = rounds(wide)[0]
    found = rounds(wide, halfwidth=width(first) / 3)
    assert found[0].method == first.method and width(found[-1]) <= width(first) / 3
    assert "least squares" in found[-1].method and "after decoupled walks" in found[-1].method
    assert not found[-1].exact and not found[-1].notes
    assert found[-1].n_evaluations < N * B * 2**D
    pull = (found[-1].values - exact) / np.sqrt(found[-1].variance)
    assert 0.6 < np.sqrt((pull**2).mean()) < 1.5
    np.testing.assert_allclose(found[-1].values.sum(1), wide.worth[:, :, -1].mean(1) - wide.worth[:, :, 0].mean(1))


def test_a_half_width_that_the_walks_meet_takes_no_more(wide):
    (only,) = rounds(wide, halfwidth=2 * width(rounds(wide)[0]))
    assert only.method.startswith("decoupled walks")


def test_rows_that_are_sure_enough_keep_their_walks(wide):
    first = rounds(wide)[0]
    per_row = T_95 * np.sqrt(first.variance.max((1, 2)))
    found = rounds(wide, halfwidth=float(np.median(per_row)))[-1]
    kept = per_row <= np.median(per_row)
    np.testing.assert_array_equal(found.values[kept], first.values[kept])
    assert (found.values[~kept] != first.values[~kept]).any()


def test_a_narrow_half_width_is_met_by_enumeration(wide, exact):
    found = rounds(wide, halfwidth=1e-5)[-1]
    assert found.exact and found.method.startswith("exact")
    np.testing.assert_allclose(found.values, exact, atol=1e-12)


class _Slow(LookupGame):
    """Each state takes a while, however many are asked for at once."""

    seconds = 1e-5

    def contract(self, prepared, rows, coefs):
        time.sleep(self.seconds * len(rows) * coefs.shape[0] * coefs.shape[1])
        return super().contract(prepared, rows, coefs)

    def evaluate(self, prepared, rows, kept):
        time.sleep(self.seconds * sum(map(len, kept)))
        return super().evaluate(prepared, rows, kept)

    def corners(self, rows, references, players):
        time.sleep(self.seconds * len(rows) * 2 ** players.shape[1])
        return super().corners(rows, references, players)


def test_a_budget_is_used_and_kept(wide):
    """20 ms for each of 240 enumerations are too long; walks take 0.1 s, a first round of least squares 0.2 s."""
    slow = _Slow(wide.worth)
    asked = ExplainOptions(budget_s=3.0)
    pace = asked.pace()
    found = shapley_values(slow, np.full(B, 1 / B), asked, pace)
    assert not found.exact and len(found.rows) == N
    assert "least squares" in found.method
    assert found.n_evaluations > 2 * rounds(wide)[0].n_evaluations


def test_a_budget_for_every_coalition_gets_them(wide):
    assert rounds(wide, budget_s=600.0)[-1].exact


def test_rough_values_soon_even_where_exact_ones_fit(wide):
    first, *_, last = rounds(wide, budget_s=600.0, soon=True)
    assert not first.exact and last.exact


def test_a_budget_too_small_for_one_walk_says_so():
    slow = _Slow(network_worth(1, 2, B, D)[0])
    slow.seconds = 1e-4
    with pytest.raises(ExplanationError, match=r"the budget of 1e-06 s was spent before the first row"):
        rounds(slow, budget_s=1e-6)


def test_a_stop_after_the_walks_keeps_them(wide):
    stop = threading.Event()
    asked = ExplainOptions(halfwidth=1e-3, stop=stop)
    found = []
    for estimate in shapley_rounds(wide, np.full(B, 1 / B), asked, asked.pace()):
        found.append(estimate)
        stop.set()
    assert len(found[-1].rows) == N and np.isfinite(found[-1].values).all()


def test_what_is_pooled_has_the_gap_of_what_it_is_made_of(wide, exact):
    """A half gap is a value of the difference of two halves: it mixes as values do; enumerated rows have none."""
    rows, weights = np.arange(N), np.full(B, 1 / B)
    walked = walk_values(wide, rows, weights, WalkOptions(), Pace())
    some = np.array([1, 4])
    sampled = least_squares_values(wide, some, weights, LeastSquaresOptions(60), Pace())
    pooled = _pooled(walked, sampled, 20.0, wide)
    others = np.setdiff1d(rows, some)
    for name in ("values", "half_gap", "variance"):
        np.testing.assert_array_equal(getattr(pooled, name)[others], getattr(walked, name)[others])
    share = (pooled.values - walked.values)[some] / (sampled.values - walked.values[some])
    np.testing.assert_allclose(share, share.mean(), rtol=1e-6)
    mixed = (1 - share) * walked.half_gap[some] + share * sampled.half_gap
    np.testing.assert_allclose(pooled.half_gap[some], mixed, rtol=1e-6, atol=1e-12)
    variance = (1 - share) ** 2 * walked.variance[some] + share**2 * sampled.variance
    np.testing.assert_allclose(pooled.variance[some], variance, rtol=1e-6, atol=1e-15)
    settled = _pooled(walked, exact_values(wide, some, weights, Pace()), 20.0, wide)
    assert not settled.half_gap[some].any() and not settled.variance[some].any() and not settled.exact
    np.testing.assert_allclose(settled.values[some], exact[some], atol=1e-9)


def test_a_half_width_is_shared_by_the_parts_of_a_blend():
    """Of two parts, each may have half of it; a part whose outputs count fourfold a quarter of that."""
    part = GamePart(LookupGame(network_worth(1, 1, 2, 3)[0]), factor=-4.0)
    assert for_part(ExplainOptions(halfwidth=0.8), part, 2).halfwidth == pytest.approx(0.1)
    assert for_part(ExplainOptions(), part, 2).halfwidth is None


def test_rounds_of_least_squares_add_up(wide):
    """Every pair that was paid for is in the values."""
    asked = LeastSquaresOptions(40, halfwidth=1e-9)
    rounds_of = least_squares_rounds(wide, np.arange(N), np.full(B, 1 / B), asked, Pace())
    for found in itertools.islice(rounds_of, 3):
        said = int(found.method.split(", ")[1].split(" pairs")[0])
        assert said == pytest.approx(found.n_evaluations / (2 * B * N), rel=0.02)
    assert said > 100


def test_what_was_told_stays_and_the_end_is_the_same_without_it(wide):
    """An explanation at once is made in the arrays of its sums; steps that somebody has are not written to."""
    asked, weights = ExplainOptions(halfwidth=0.005), np.full(B, 1 / B)
    told, kept = [], []
    for estimate in shapley_rounds(wide, weights, asked, asked.pace()):
        told.append(estimate)
        kept.append([np.copy(getattr(estimate, name)) for name in ("values", "variance", "half_gap", "background_std")])
    assert len(told) > 2
    for estimate, arrays in zip(told, kept, strict=True):
        for name, array in zip(("values", "variance", "half_gap", "background_std"), arrays, strict=True):
            np.testing.assert_array_equal(getattr(estimate, name), array)
    at_once = shapley_values(wide, weights, asked, asked.pace())
    for name in ("values", "variance", "half_gap", "n_evaluations"):
        np.testing.assert_array_equal(getattr(at_once, name), getattr(told[-1], name))
