"""Measures of predicted times against one row and one pair at a time, and against what must hold of any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.censored import scores
from lepton_lab.censored.times import censoring, events_of, kaplan_meier, nelson_aalen, signed, times_of
from tests.reference import censored as slow


def some_rows(n: int, seed: int, *, tied: bool):
    """Times, events, log hazards, survival at a few times, weights."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n).round(1)
    time, leaves = rng.exponential(np.exp(-z)), rng.exponential(1.5, n)
    if tied:
        time, leaves = np.ceil(4 * time) / 4, np.ceil(4 * leaves) / 4
    event = time <= leaves
    seen = np.minimum(time, leaves)
    at = np.quantile(seen, [0.3, 0.6])
    return seen, event, z, np.exp(-at * np.exp(z)[:, None]), at, rng.integers(0, 3, n).astype(float)


CASES = [(12, 0, True), (40, 1, True), (60, 2, False)]


def test_a_signed_time_holds_time_and_event_also_at_zero():
    y = signed(np.array([0.0, 0.0, 2.5]), np.array([0, 1, 0]))
    assert times_of(y).tolist() == [0, 0, 2.5]
    assert events_of(y[[0, 1, 2]].astype(np.float32)).tolist() == [False, True, False]


@pytest.mark.parametrize(("n", "seed", "tied"), CASES)
def test_estimates_equal_the_slow_ones(n, seed, tied):
    time, event, _, _, at, w = some_rows(n, seed, tied=tied)
    y = signed(time, event)
    for t in [*at, float(time.max()), float(time[0])]:
        assert kaplan_meier(y, w).at(np.array([t]))[0, 0] == pytest.approx(slow.kaplan_meier(time, event, w, t))
        for before in (False, True):
            wanted = slow.not_censored(time, event, w, t, before=before)
            assert censoring(y, w).at(np.array([t]), just_before=before)[0, 0] == pytest.approx(wanted)


def test_kaplan_meier_is_the_empirical_share_without_censoring_and_the_hazard_its_logarithm_nearly():
    y = np.arange(1.0, 1001.0)
    at = np.array([100.0, 500.5])
    np.testing.assert_allclose(kaplan_meier(y).at(at)[0], [0.9, 0.5])
    np.testing.assert_allclose(nelson_aalen(y).at(at)[0], -np.log([0.9, 0.5]), atol=2e-3)


@pytest.mark.parametrize(("n", "seed", "tied"), CASES)
@pytest.mark.parametrize("few", [0, 1000])
def test_concordance_equals_all_pairs(monkeypatch, n, seed, tied, few):
    monkeypatch.setattr(scores, "FEW_ROWS", few)
    time, event, z, _, _, w = some_rows(n, seed, tied=tied)
    y = signed(time, event)
    assert scores.concordance(y, z) == pytest.approx(slow.concordance(time, event, z, np.ones(n)))
    assert scores.concordance(y, z, w) == pytest.approx(slow.concordance(time, event, z, w))


def test_many_weights_give_what_each_gives_and_nearly_so_to_first_order(monkeypatch):
    time, event, z, _, _, _ = some_rows(300, 3, tied=True)
    y, w = signed(time, event), np.random.default_rng(0).poisson(1, (100, 300)).astype(float)
    each = np.array([scores.concordance(y, z, row) for row in w])
    np.testing.assert_allclose(scores.concordance(y, z, w), each)
    monkeypatch.setattr(scores, "FEW_ROWS", 0)
    straight = np.asarray(scores.concordance(y, z, w))
    assert np.abs(straight - each).mean() < 0.2 * each.std()
    assert straight.std() == pytest.approx(each.std(), rel=0.05)


@pytest.mark.parametrize(("n", "seed", "tied"), CASES)
def test_brier_auc_and_known_rows_equal_the_slow_ones(n, seed, tied):
    time, event, _, shown, at, w = some_rows(n, seed, tied=tied)
    y = signed(time, event)
    for k, t in enumerate(at):
        args = (time, event, shown[:, k], float(t))
        assert scores.brier_by(y, shown[:, k], float(t), w) == pytest.approx(slow.brier(*args, w))
        assert scores.auc_by(y, shown[:, k], float(t), w) == pytest.approx(slow.auc(*args, w))
    curve = scores.brier_at(y, shown, at, w)[0]
    assert scores.integrated_brier(y, shown, at, w) == pytest.approx(curve.mean())


def test_without_censoring_they_are_the_measures_of_two_classes():
    rng = np.random.default_rng(4)
    time, shown = rng.exponential(1, 200), rng.random(200)
    y, late = signed(time, np.ones(200)), time > 0.7
    assert scores.brier_by(y, shown, 0.7) == pytest.approx(np.mean((late - shown) ** 2))
    assert scores.auc_by(y, shown, 0.7) == pytest.approx(np.mean(shown[late][:, None] > shown[~late]))


def test_true_chances_are_calibrated_and_shifted_ones_are_not():
    rng = np.random.default_rng(5)
    z = rng.normal(size=20_000)
    time, leaves = rng.exponential(np.exp(-z)), rng.exponential(1, 20_000)
    y = signed(np.minimum(time, leaves), time <= leaves)
    shown = np.exp(-0.5 * np.exp(z))
    assert scores.calibration_by(y, shown, 0.5) < 0.015
    assert scores.calibration_by(y, shown**1.5, 0.5) > 0.05


def test_what_is_not_defined_is_nan():
    y = signed(np.array([1.0, 2.0, 3.0]), np.array([0, 0, 0]))
    shown = np.array([0.5, 0.6, 0.7])
    assert np.isnan(scores.concordance(y, shown))
    assert np.isnan(scores.auc_by(y, shown, 2.0))
    assert np.isnan(scores.brier_by(-y, shown, 9.0))
    assert np.isnan(scores.auc_by(-y, shown, 9.0))
    assert np.isnan(scores.integrated_brier(-y, shown[:, None], np.array([9.0])))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(-2, 2)), min_size=2, max_size=25))
def test_concordance_turns_round_with_the_risk_and_does_not_mind_the_order_of_rows(rows):
    time, event, risk = (np.array(part, float) for part in zip(*rows, strict=True))
    y = signed(time, event)
    found = scores.concordance(y, risk)
    if np.isnan(found):
        return
    assert scores.concordance(y, -risk) == pytest.approx(1 - found)
    order = np.random.default_rng(0).permutation(len(y))
    assert scores.concordance(y[order], np.exp(risk[order])) == pytest.approx(found)
