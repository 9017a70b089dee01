"""The threshold for costs against brute force, its honest cost, and thresholds set by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score, confusion_matrix, roc_curve

import lepton_lab as ll
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.costs import Costs, Judged, _crossed, choose_threshold, cost_curve, read_costs, weigh_costs
from lepton_lab.evaluation.report import Evaluation
from lepton_lab.pictures import html, text
from lepton_lab.trained import TrainedModel
from tests.small_models import small_frame, small_model

COSTS = {"false_alarm": 1, "missed": 5}


def calibrated(n: int, seed: int) -> Judged:
    """Rows whose probabilities are right."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(1, 2, n)
    return Judged(probability, (rng.random(n) < probability).astype(int))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.floats(0.1, 20), st.booleans())
def test_curve_equals_counting(seed: int, n: int, missed: float, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    rows = Judged(rng.random(n).round(1), rng.integers(0, 2, n), rng.random(n) + 0.1 if weighted else None)
    costs = Costs(1.0, missed)
    thresholds, curve = cost_curve(rows, costs)
    for threshold, cost in zip(thresholds[:-1], curve[:-1], strict=True):
        each = costs.of(rows.y, rows.probability >= threshold)
        assert cost == pytest.approx(np.average(each, weights=rows.weights))
    grid = [
        np.average(costs.of(rows.y, rows.probability >= t), weights=rows.weights) for t in np.linspace(0, 1.01, 203)
    ]
    assert curve.min() == pytest.approx(min(grid))


def test_calibrated_probabilities_keep_their_threshold() -> None:
    costs = Costs(1.0, 4.0)
    kept = [choose_threshold(calibrated(300, seed), costs) == costs.calibrated for seed in range(40)]
    assert np.mean(kept) > 0.7
    assert choose_threshold(calibrated(50_000, 1), costs) == pytest.approx(0.2, abs=0.03)


def test_shifted_probabilities_move_the_threshold() -> None:
    rows = calibrated(3000, 0)
    shifted = replace(rows, probability=rows.probability / 2)
    assert choose_threshold(shifted, Costs(1.0, 1.0)) == pytest.approx(0.25, abs=0.04)


def test_honest_cost_covers_and_the_lowest_point_flatters() -> None:
    """Over many draws: the cross-chosen cost is what a new row costs, the curve's lowest point is below it."""
    costs, told, lowest, truth, hits = Costs(1.0, 1.0), [], [], [], 0
    new = calibrated(40_000, 999)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        few = calibrated(400, seed)
        few = replace(few, probability=np.clip(few.probability + 0.25, 0, 1) + 1e-9 * rng.random(400))
        found = weigh_costs(few, costs, 0.5, apart=None, where="", seed=seed)
        seen = np.clip(new.probability + 0.25, 0, 1) >= found.threshold
        truth.append(costs.of(new.y, seen).mean())
        told.append(found.cost.value)
        lowest.append(found.curve.min())
        hits += found.cost.low <= truth[-1] <= found.cost.high
    assert np.mean(lowest) < np.mean(truth) - 0.003
    assert abs(np.mean(told) - np.mean(truth)) < 0.02
    assert hits >= 33


@pytest.mark.parametrize("grouped", [False, True])
def test_a_row_does_not_choose_the_threshold_that_decides_it(grouped: bool) -> None:
    """One row may weigh as much as all the others together, and be of the other class: its threshold stays."""
    rows, changed = calibrated(200, 3), []
    rows = replace(rows, groups=np.arange(200) // 4 if grouped else None)
    before = _crossed(rows, Costs(1.0, 1.0), 0)
    for i in range(0, 200, 20):
        heavy = replace(rows, y=np.where(np.arange(200) == i, 1 - rows.y, rows.y))
        heavy = replace(heavy, weights=np.where(np.arange(200) == i, 1e5, 1.0))
        after = _crossed(heavy, Costs(1.0, 1.0), 0)
        assert after[i] == before[i]
        changed.append((after != before).any())
    assert any(changed), "the others' thresholds do hear of it"


def test_costs_of_a_model_on_the_rows_held_out() -> None:
    model = small_model("binary")
    found = ll.evaluate(model, costs=COSTS)
    assert found.costs is not None
    assert "each fifth" in found.costs.note
    assert found.costs.threshold < 0.5
    assert found.costs.saving.value == pytest.approx(found.costs.now.value - found.costs.cost.value)
    positive = np.mean(model.held_out.y == 1)  # type: ignore[union-attr]
    assert found.costs.call_none == pytest.approx(5 * positive)
    assert found.costs.call_all == pytest.approx(1 - positive)
    for drawn in (html(found), text(found), repr(found)):
        assert "each fifth" in drawn
    assert f"with_threshold({found.costs.threshold:.4g})" in html(found)


def test_costs_on_other_rows_choose_on_the_held_out_ones() -> None:
    model = small_model("binary")
    held = model.held_out
    assert held is not None
    found = ll.evaluate(model, small_frame("binary", 200, seed=6), costs=COSTS)
    assert found.costs is not None
    assert "chosen on 300 rows held out of training" in found.costs.note
    expected = choose_threshold(Judged(model.task.probability(held.logits)[:, 1], held.y), Costs(1, 5))
    assert found.costs.threshold == expected
    # The same rows may not choose and report.
    again = ll.evaluate(model, small_frame("binary"), costs=COSTS)
    assert again.costs is not None and "each fifth" in again.costs.note


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({"false_alarm": 1}, "lacks 'missed'"),
        ({"false_alrm": 1, "missed": 5}, "Did you mean 'false_alarm'"),
        ({"false_positive": 1, "missed": 5}, "false_alarm .called 'bad', is 'good'."),
        ({"false_alarm": 1, "missed": 0}, "wanted a number above 0"),
        ({"false_alarm": "1", "missed": 5}, "wanted a number above 0"),
        ({"false_alarm": float("nan"), "missed": 5}, "wanted a number above 0"),
        (5, "no dict"),
    ],
)
def test_costs_that_cannot_be_used(costs, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        ll.evaluate(small_model("binary"), costs=costs)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_costs_and_thresholds_need_two_classes(task: str) -> None:
    with pytest.raises(OptionError, match=f"{task} model"):
        ll.evaluate(small_model(task), costs=COSTS)
    with pytest.raises(OptionError, match=f"{task} model"):
        small_model(task).with_threshold(0.3)
    assert read_costs(COSTS, small_model("binary").task) == Costs(1.0, 5.0)


def test_a_threshold_set_by_hand_decides_and_is_saved(tmp_path) -> None:
    model = small_model("binary")
    moved = model.with_threshold(0.2)
    assert model.threshold != 0.2
    df = small_frame("binary", 100, seed=3)
    called = moved.predict_proba(df)[:, 1] >= 0.2
    np.testing.assert_array_equal(np.asarray(moved.predict(df)["prediction"] == "bad"), called)
    found = ll.evaluate(moved)
    held = model.held_out
    assert held is not None and found.confusion is not None
    assert found.confusion[:, 1].sum() == np.sum(model.task.probability(held.logits)[:, 1] >= 0.2)
    assert found.metrics["accuracy"].value == pytest.approx(np.trace(found.confusion) / 300)
    assert moved.metrics["auc"] == model.metrics["auc"]
    moved.save(tmp_path / "m.lepton")
    loaded = ll.load(tmp_path / "m.lepton")
    assert (loaded.threshold, loaded.threshold_note) == (0.2, "set by hand")
    assert "accuracy" not in loaded.with_threshold(0.4).metrics
    assert html(loaded.with_threshold(0.4))


@pytest.mark.parametrize("threshold", [-0.1, 1.5, float("nan"), "0.3", True])
def test_thresholds_that_are_no_probability(threshold) -> None:
    with pytest.raises(OptionError, match="no probability"):
        small_model("binary").with_threshold(threshold)


def weighted(n: int = 150) -> tuple[Evaluation, np.ndarray, np.ndarray, np.ndarray]:
    """An evaluation with weights, and its classes, probabilities and weights."""
    model, df = small_model("binary"), small_frame("binary", n, seed=5)
    w = np.random.default_rng(0).integers(0, 4, n).astype(float)
    y = (df["outcome"] == model.classes[1]).to_numpy()
    return ll.evaluate(model, df, weights=w), y, model.predict_proba(df)[:, 1], w


def test_weights_count_in_every_curve() -> None:
    found, y, p, w = weighted()
    assert found.roc is not None and found.precision_recall is not None and found.confusion is not None
    alarms, hits, _ = roc_curve(y, p, sample_weight=w, drop_intermediate=False)
    assert auc(found.roc.x, found.roc.y) == pytest.approx(auc(alarms, hits))
    assert auc(found.roc.x, found.roc.y) == pytest.approx(found.metrics["auc"].value)
    np.testing.assert_allclose(np.interp(alarms, found.roc.x, found.roc.y), np.interp(alarms, alarms, hits), atol=0.05)
    steps = np.diff(np.append(0.0, found.precision_recall.x)) @ found.precision_recall.y
    assert steps == pytest.approx(average_precision_score(y, p, sample_weight=w))
    model = small_model("binary")
    assert model.threshold is not None
    expected = confusion_matrix(y, p >= model.threshold, sample_weight=w / w.mean())
    np.testing.assert_allclose(found.confusion, expected)
    assert found.scores is not None
    for total in (found.scores.counts.sum(), found.calibration.count.sum(), found.confusion.sum()):
        assert total == pytest.approx(150)
    assert "weights" in found.note
    assert html(found)


def test_a_weight_counts_like_as_many_rows() -> None:
    found, _, _, w = weighted()
    df = small_frame("binary", 150, seed=5)
    repeated = ll.evaluate(small_model("binary"), df.loc[np.repeat(df.index, w.astype(int))])
    assert found.roc is not None and repeated.roc is not None
    assert found.confusion is not None and repeated.confusion is not None
    np.testing.assert_allclose(np.unique(found.roc.y), np.unique(repeated.roc.y), atol=1e-12)
    np.testing.assert_allclose(found.confusion / found.confusion.sum(), repeated.confusion / repeated.confusion.sum())
    assert found.metrics["log_loss"].value == pytest.approx(repeated.metrics["log_loss"].value)


def test_weights_of_the_training_count_in_the_curves_of_held_out_rows() -> None:
    df = small_frame("binary").assign(w=np.random.default_rng(1).random(300) + 0.1)
    model = ll.train(df, target="outcome", weights="w", quality="fast", budget=8)
    assert isinstance(model, TrainedModel)
    found = ll.evaluate(model)
    assert found.roc is not None and found.confusion is not None
    assert auc(found.roc.x, found.roc.y) == pytest.approx(found.metrics["auc"].value)
    assert np.trace(found.confusion) / found.confusion.sum() == pytest.approx(found.metrics["accuracy"].value)
    # A frame that has the column is weighed by it; one that lacks it is not.
    assert "weights" in ll.evaluate(model, df).note
    assert "weights" not in ll.evaluate(model, df.drop(columns="w")).note


def test_balanced_classes_are_no_weights_of_rows() -> None:
    model = small_model("binary", "balanced")
    held = model.held_out
    assert held is not None and held.weights is None
    found = ll.evaluate(model)
    assert found.confusion is not None
    np.testing.assert_array_equal(found.confusion.sum(axis=1), np.bincount(held.y))


def test_weights_need_a_frame() -> None:
    with pytest.raises(OptionError, match="belongs to the rows of a frame"):
        ll.evaluate(small_model("binary"), weights=np.ones(300))
