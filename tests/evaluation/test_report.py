"""Evaluations against scikit-learn's curves, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import auc, confusion_matrix, roc_curve

import lepton_lab as ll
from lepton_lab.data.table import read_like
from lepton_lab.errors import TargetError
from lepton_lab.evaluation.report import Evaluation, Known, evaluate_rows
from lepton_lab.fitting.scores import trivial_name
from lepton_lab.pictures import html, text
from tests.reference.delong import auc_difference
from tests.small_models import TASKS, small_frame, small_model


def evaluated(task: str, n: int = 400) -> Evaluation:
    model = small_model(task)
    table = read_like(model.schema, small_frame(task, n, seed=5), task=model.task, need_target=True)
    return evaluate_rows(model, table)


@pytest.mark.parametrize("task", TASKS)
def test_new_rows_score_about_as_promised(task: str) -> None:
    found, model = evaluated(task), small_model(task)
    name = model.task.default_metric
    assert found.n_rows == 400
    promised = model.metrics[name]
    width = promised.high - promised.low
    assert promised.low - width < found.metrics[name].value < promised.high + width
    assert set(found.leaderboard) == set(model.leaderboard)
    assert f"{found.n_rows:,} rows" in repr(found)


def test_curves_equal_scikit_learns() -> None:
    model, df = small_model("binary"), small_frame("binary", 150, seed=5)
    table = read_like(model.schema, df, task=model.task, need_target=True)
    found, y = evaluate_rows(model, table), (df["outcome"] == model.classes[1]).to_numpy()
    p = model.predict_proba(df)[:, 1]
    alarms, hits, _ = roc_curve(y, p, drop_intermediate=False)
    assert found.roc is not None
    np.testing.assert_allclose(found.roc.x, alarms)
    np.testing.assert_allclose(found.roc.y, hits)
    assert auc(found.roc.x, found.roc.y) == pytest.approx(found.metrics["auc"].value)
    decided = model.predict(df)["prediction"]
    expected = confusion_matrix(df["outcome"], decided, labels=list(model.classes))
    np.testing.assert_array_equal(found.confusion, expected)
    assert found.metrics["accuracy"].value == pytest.approx((decided == df["outcome"]).mean())
    assert found.scores is not None
    assert found.scores.counts.sum() == 150
    assert found.calibration.count.sum() == 150


def test_numbers_have_residuals_and_no_classes() -> None:
    found = evaluated("regression", 700)
    assert found.confusion is None
    assert found.roc is None
    assert found.residuals is not None
    assert len(found.residuals.predicted) == 500
    assert found.residuals.histogram.counts.sum() == 700


def test_held_out_rows_keep_the_figures_of_the_training() -> None:
    model = small_model("multiclass")
    held = model.held_out
    assert held is not None
    found = evaluate_rows(model, held.table, known=Known(held.logits))
    assert found.metrics == model.metrics
    assert found.note == model.metrics_note


def test_out_of_fold_rows_are_decided_by_the_thresholds_of_the_other_folds() -> None:
    model = small_model("binary")
    held = model.held_out
    assert held is not None and held.threshold is not None
    found = evaluate_rows(model, held.table, known=Known(held.logits, held.threshold))
    assert found.confusion is not None
    accuracy = np.trace(found.confusion) / found.confusion.sum()
    assert accuracy == pytest.approx(model.metrics["accuracy"].value)


def test_a_frame_without_the_target_cannot_be_evaluated() -> None:
    model = small_model("binary")
    with pytest.raises(TargetError, match="outcome"):
        read_like(model.schema, small_frame("binary").drop(columns="outcome"), task=model.task, need_target=True)


@pytest.mark.parametrize("task", TASKS)
def test_every_member_and_baseline_has_intervals_and_a_paired_difference(task: str) -> None:
    model, found = small_model(task), evaluated(task)
    for board, ahead in ((model.leaderboard, model.ahead), (found.leaderboard, found.ahead)):
        others = {*(member.name for member in model.members), trivial_name(model.task)}
        assert set(board) == {"blend", *others}
        assert set(ahead) == others
        for name, row in ahead.items():
            for metric, gap in row.items():
                assert not model.task.metrics[metric].decides
                assert gap.value == pytest.approx(board["blend"][metric].value - board[name][metric].value, abs=1e-12)
                if metric != "calibration_error":  # resampling adds to it, so its interval may lie above it
                    assert gap.low - 1e-4 <= gap.value <= gap.high + 1e-4
        # What both find hard cancels out: paired intervals are narrower than the difference of two.
        shown = model.task.default_metric
        best = min(ahead, key=lambda name: ahead[name][shown].high - ahead[name][shown].low)
        paired = ahead[best][shown].high - ahead[best][shown].low
        assert paired < 0.7 * (board[best][shown].high - board[best][shown].low)


def test_the_leaderboards_difference_is_delongs() -> None:
    model = small_model("binary")
    linear, found = model.member("linear"), evaluated("binary")
    assert linear is not None
    df = small_frame("binary", 400, seed=5)
    truth = (df["outcome"] == model.classes[1]).to_numpy().astype(int)
    difference, error = auc_difference(truth, model.logits(df)[:, 0], linear.logits(model.encode(df))[:, 0])
    gap = found.ahead["linear"]["auc"]
    assert gap.value == pytest.approx(difference)
    assert gap.high - gap.low == pytest.approx(2 * 1.96 * error, rel=0.25)


def test_the_board_is_drawn_and_saved(tmp_path) -> None:
    model = small_model("binary")
    assert "minus it" in html(model) and "minus it" in text(model)
    assert "minus it" in html(evaluated("binary"))
    model.save(tmp_path / "m.lepton")
    loaded = ll.load(tmp_path / "m.lepton")
    assert loaded.ahead == model.ahead
