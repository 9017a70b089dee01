"""Evaluations against scikit-learn's curves, and against each other."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import auc, confusion_matrix, roc_curve

from lepton_lab.data.table import read_like
from lepton_lab.errors import TargetError
from lepton_lab.evaluation.report import Evaluation, Known, evaluate_rows
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
