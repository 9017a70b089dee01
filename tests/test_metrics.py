"""Metrics against scikit-learn, against their definition on repeated rows, and the bootstrap against many samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as peer

from lepton_lab import metrics
from lepton_lab.metrics import Estimate, Metric, bootstrap

NUMBERS = ("rmse", "mae", "r2", "median_absolute_error")
CLASSES = ("auc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy", "f1", "calibration_error")


def rows_of(n_classes: int, n: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n)
    probability = rng.dirichlet(np.ones(n_classes), n)
    probability = np.round(0.6 * probability + 0.4 * np.eye(n_classes)[y], 2)  # rounded: scores tie
    return y, probability / probability.sum(axis=1, keepdims=True), rng.integers(0, 4, n).astype(float)


PEERS = {
    "auc": lambda y, p, w: peer.roc_auc_score(y, p[:, 1], sample_weight=w),
    "average_precision": lambda y, p, w: peer.average_precision_score(y, p[:, 1], sample_weight=w),
    "log_loss": lambda y, p, w: peer.log_loss(y, p, sample_weight=w),
    "brier": lambda y, p, w: peer.brier_score_loss(y, p[:, 1], sample_weight=w),
    "accuracy": lambda y, p, w: peer.accuracy_score(y, p[:, 1] >= 0.5, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: peer.balanced_accuracy_score(y, p[:, 1] >= 0.5, sample_weight=w),
    "f1": lambda y, p, w: peer.f1_score(y, p[:, 1] >= 0.5, sample_weight=w),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", PEERS)
def test_equals_scikit_learn_for_two_classes(name: str, weighted: bool) -> None:
    y, probability, weights = rows_of(2)
    w = weights if weighted else None
    assert getattr(metrics, name)(y, probability, w) == pytest.approx(PEERS[name](y, probability, w), abs=1e-12)


def test_equals_scikit_learn_for_several_classes() -> None:
    y, p, w = rows_of(4)
    assert metrics.auc(y, p, w) == pytest.approx(
        np.mean([peer.roc_auc_score(y == k, p[:, k], sample_weight=w) for k in range(4)])
    )
    assert metrics.log_loss(y, p, w) == pytest.approx(peer.log_loss(y, p, sample_weight=w))
    assert metrics.f1(y, p, w) == pytest.approx(peer.f1_score(y, p.argmax(1), average="macro", sample_weight=w))
    assert metrics.accuracy(y, p, w) == pytest.approx(peer.accuracy_score(y, p.argmax(1), sample_weight=w))


@pytest.mark.parametrize("weighted", [False, True])
def test_equals_scikit_learn_for_numbers(weighted: bool) -> None:
    rng = np.random.default_rng(3)
    y, weights = rng.normal(1e6, 3, 500), rng.integers(0, 4, 500).astype(float)
    prediction, w = y + rng.normal(size=500), weights if weighted else None
    assert metrics.rmse(y, prediction, w) == pytest.approx(peer.root_mean_squared_error(y, prediction, sample_weight=w))
    assert metrics.mae(y, prediction, w) == pytest.approx(peer.mean_absolute_error(y, prediction, sample_weight=w))
    assert metrics.r2(y, prediction, w) == pytest.approx(peer.r2_score(y, prediction, sample_weight=w), abs=1e-6)
    if not weighted:
        expected = peer.median_absolute_error(y, prediction)
        assert metrics.median_absolute_error(y, prediction) == pytest.approx(expected)


@pytest.mark.parametrize("name", [*CLASSES, *NUMBERS])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_weight_counts_as_so_many_copies(name: str, seed: int) -> None:
    y, prediction, weights = rows_of(3 if seed % 2 else 2, 60, seed)
    if name in NUMBERS:
        y, prediction = y.astype(float), prediction[:, 0]
    copies = np.repeat(np.arange(len(y)), weights.astype(int))
    # A tie may fall on either side of a bin's border, so bins are compared on rows without ties.
    if name == "calibration_error":
        prediction = np.round(prediction, 6) + np.random.default_rng(seed).uniform(0, 1e-4, prediction.shape)
    found = getattr(metrics, name)(y, prediction, weights)
    tolerance = 0.08 if name == "calibration_error" else 1e-9
    assert found == pytest.approx(getattr(metrics, name)(y[copies], prediction[copies]), abs=tolerance, nan_ok=True)


@pytest.mark.parametrize("name", [*CLASSES, *NUMBERS])
def test_many_weights_at_once_are_as_one_after_another(name: str) -> None:
    y, prediction, _ = rows_of(3)
    if name in NUMBERS:
        y, prediction = y.astype(float), prediction[:, 0]
    many = np.random.default_rng(0).integers(0, 4, (7, len(y))).astype(float)
    function = getattr(metrics, name)
    np.testing.assert_allclose(function(y, prediction, many), [function(y, prediction, w) for w in many], atol=1e-12)


@pytest.mark.parametrize("name", ["auc", "average_precision"])
def test_one_class_has_no_ranking(name: str) -> None:
    y, probability, _ = rows_of(2)
    assert np.isnan(getattr(metrics, name)(np.zeros_like(y), probability))
    assert np.isnan(metrics.r2(np.ones(5), np.arange(5.0)))


def test_perfect_calibration_has_a_small_error_and_a_shift_shows() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, 20_000)
    y = (rng.random(20_000) < p).astype(int)
    stacked = np.stack([1 - p, p], axis=1)
    assert metrics.calibration_error(y, stacked) < 0.015
    shifted = np.stack([1.1 - p, p - 0.1], axis=1)
    assert metrics.calibration_error(y, shifted) == pytest.approx(0.1, abs=0.015)


def test_the_interval_covers_what_other_samples_give() -> None:
    def sample(seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, 300)
        p = 1 / (1 + np.exp(-(rng.normal(size=300) + y)))
        return y, np.stack([1 - p, p], axis=1)

    truth = np.mean([metrics.auc(*sample(s)) for s in range(300)])
    intervals = [bootstrap(metrics.auc, *sample(1000 + s)) for s in range(60)]
    covered = np.mean([i.low <= truth <= i.high for i in intervals])
    assert 0.85 <= covered <= 1
    assert bootstrap(metrics.auc, *sample(0)) == bootstrap(metrics.auc, *sample(0))


def test_an_interval_that_cannot_be_drawn_is_left_out() -> None:
    alone = bootstrap(metrics.accuracy, np.array([1]), np.array([[0.2, 0.8]]))
    assert alone.value == 1
    assert np.isnan(alone.low)
    assert str(alone) == "1"
    assert str(Estimate(0.5, 0.4, 0.6)) == "0.5 [0.4, 0.6]"


def test_better_knows_the_direction_and_nan() -> None:
    loss = Metric("log_loss", metrics.log_loss, higher_is_better=False, label="log loss")
    assert loss.better(0.1, 0.2)
    assert loss.better(0.1, float("nan"))
    assert not loss.better(float("nan"), 0.1)
