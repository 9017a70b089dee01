"""Blend, calibration, threshold, background and ends of growth: closed forms, laws, and a slow obvious version."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score

from lepton_lab.fitting.background import choose_background
from lepton_lab.fitting.blend import fit_weights
from lepton_lab.fitting.calibrate import class_weight_bias, fit_calibration, mean_loss, youden_threshold
from lepton_lab.fitting.grown import Grown, best_end, out_of_fold
from lepton_lab.tasks import Binary, Multiclass, Regression

BINARY, THREE, NUMBER = Binary(0, 1), Multiclass(("a", "b", "c")), Regression(0.0, 1.0)


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True log-odds and classes drawn from them."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 1.5, n)
    return z, (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)


def test_a_member_that_knows_outweighs_noise() -> None:
    z, y = drawn(3000)
    noise = np.random.default_rng(1).normal(size=(3000, 1))
    weights = fit_weights([z[:, None], noise], y, None, BINARY)
    assert weights[0] > 0.9
    assert weights.sum() == pytest.approx(1)
    assert fit_weights([z[:, None]], y, None, BINARY).tolist() == [1.0]


def test_equal_members_share_and_few_rows_keep_to_the_average() -> None:
    z, y = drawn(2000)
    rng = np.random.default_rng(2)
    pair = [(z + rng.normal(size=2000))[:, None] for _ in range(2)]
    np.testing.assert_allclose(fit_weights(pair, y, None, BINARY), 0.5, atol=0.1)
    assert mean_loss(np.mean(pair, axis=0), y, None, BINARY) < mean_loss(pair[0], y, None, BINARY)
    few = fit_weights([pair[0][:20], rng.normal(size=(20, 1))], y[:20], None, BINARY)
    assert 0.2 < few[0] < 0.95


def test_numbers_are_blended_in_their_own_unit() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(0, 100, 2000)
    good, bad = y + rng.normal(0, 10, 2000), y + rng.normal(0, 30, 2000)
    weights = fit_weights([good[:, None], bad[:, None]], y, None, Regression(0.0, 100.0))
    # Independent errors: the best weights are inverse to the variances, 0.9 and 0.1.
    np.testing.assert_allclose(weights, [0.9, 0.1], atol=0.03)


def test_an_overconfident_member_is_not_taken_for_a_bad_one() -> None:
    z, y = drawn(4000)
    rng = np.random.default_rng(3)
    one, other = z + rng.normal(size=4000), z + rng.normal(size=4000)
    weights = fit_weights([one[:, None], other[:, None]], y, None, BINARY)
    loud = fit_weights([3 * one[:, None], 3 * other[:, None]], y, None, BINARY)
    np.testing.assert_allclose(weights, loud, atol=0.05)


@pytest.mark.parametrize("temperature, shift", [(1.0, 0.0), (2.5, 0.0), (0.5, -1.0)])
def test_calibration_finds_the_temperature_and_the_bias(temperature: float, shift: float) -> None:
    z, y = drawn(20_000)
    found = fit_calibration((z[:, None] - shift) * temperature, y, None, BINARY)
    assert found.scale == pytest.approx(1 / temperature, rel=0.08)
    assert found.bias[0] == pytest.approx(shift, abs=0.08)


def test_calibration_of_classes_lowers_the_loss_and_numbers_are_left_alone() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3000, 3))
    y = np.array([rng.choice(3, p=p) for p in THREE.probability(z)])
    loud = 4 * z + np.array([1.0, 0.0, -1.0])
    found = fit_calibration(loud, y, None, THREE)
    assert mean_loss(found.logits(loud), y, None, THREE) == pytest.approx(mean_loss(z, y, None, THREE), abs=0.005)
    identity = fit_calibration(z[:, :1], z[:, 1], None, NUMBER)
    assert (identity.scale, identity.bias.tolist()) == (1.0, [0.0])


def test_class_weights_are_undone_exactly() -> None:
    y = np.array([0] * 80 + [1] * 20)
    weights = np.where(y == 1, 2.5, 0.625)  # balanced
    # A model without columns, trained with these weights, says even odds; unweighted it says 20 to 80.
    assert class_weight_bias(y, weights, BINARY)[0] == pytest.approx(np.log(20 / 80))
    three = np.repeat([0, 1, 2], [50, 30, 20])
    bias = class_weight_bias(three, np.array([1 / 50, 1 / 30, 1 / 20])[three], THREE)
    np.testing.assert_allclose(THREE.probability(bias[None])[0], [0.5, 0.3, 0.2])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_threshold_has_the_best_balanced_accuracy_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = np.append([0, 1], rng.integers(0, 2, 38))
    p = np.round(np.clip(0.3 * y + rng.random(40) * 0.7, 0, 1), 1)
    best = max(balanced_accuracy_score(y, p >= t) for t in np.unique(np.append(p, 1.1)))
    assert balanced_accuracy_score(y, p >= youden_threshold(p, y, None)) == pytest.approx(best)


def test_the_background_keeps_the_classes_shares() -> None:
    y = np.repeat([0, 1, 2], [900, 80, 20])
    chosen = choose_background(y, None, THREE, seed=0)
    assert len(chosen) == 100
    np.testing.assert_allclose(np.bincount(y[chosen]), [90, 8, 2], atol=1)
    assert len(np.unique(chosen)) == 100
    assert choose_background(y[:30], None, THREE, seed=0).tolist() == list(range(30))


def test_every_row_may_be_in_the_background_as_often_as_it_weighs() -> None:
    rng = np.random.default_rng(0)
    y, weights = rng.normal(size=300), rng.integers(1, 4, 300).astype(float)
    counts = np.zeros(300)
    for seed in range(400):
        np.add.at(counts, choose_background(y, weights, NUMBER, seed=seed, n=30), 1)
    assert np.corrcoef(counts, weights)[0, 1] > 0.9


def curve(losses: list[float], at: list[float] | None = None) -> Grown:
    points = np.array(at if at is not None else range(1, len(losses) + 1), float)
    return Grown("trees", points, np.array(losses), lambda k: np.full((1, 1), float(k)), best=None)  # type: ignore[arg-type]


def test_growth_ends_where_the_mean_curve_is_lowest() -> None:
    assert best_end([curve([3, 2, 1, 2]), curve([3, 1, 2, 3])]) == 2
    # A curve that ended early stays at its last loss.
    assert best_end([curve([3, 2]), curve([3, 2.5, 2.4, 2.3])]) == 4
    assert best_end([curve([3, 1, 2], at=[0.5, 1.0, 1.5])]) == 1.0


def test_a_fold_has_no_say_in_its_own_end() -> None:
    others = [curve([3, 2, 1, 2])] * 4
    for own in ([0.0, 9, 9, 9], [9, 9, 9, 0.0]):
        assert out_of_fold([curve(own), *others])[0].item() == 2
    assert out_of_fold([curve([3, 1, 2])])[0].item() == 1
