"""Rows by error and surprise, and rows by conditions: against what one would work out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, ExplanationError, OptionError
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.row_scores import row_scores
from tests.evaluation.linear_models import linear_model
from tests.pictures import examples
from tests.small_models import small_frame, small_model


def two_classes(truth=("yes", "no", None, "no")):
    """Probabilities of "yes": 0.5, 0.8, 0.9, 0.2."""
    ex = examples.explanation(4, exact=True)
    link = np.log(np.array([0.5, 0.8, 0.9, 0.2]) / np.array([0.5, 0.2, 0.1, 0.8]))
    return dataclasses.replace(ex, prediction=link).with_truth(truth)


def test_error_and_surprise_of_two_classes():
    found = row_scores(two_classes())
    np.testing.assert_allclose(found.prediction, [0.5, 0.8, 0.9, 0.2])
    np.testing.assert_allclose(found.error, [-0.5, 0.8, np.nan, 0.2])
    np.testing.assert_allclose(found.surprise, [1.0, -np.log2(0.2), np.nan, -np.log2(0.8)])


def test_of_several_classes_the_error_is_one_classes_and_the_surprise_is_of_what_happened():
    ex = examples.explanation(50, n_classes=3).with_truth(["class 1"] * 50)
    grown = np.exp(ex.prediction)
    chance = grown / grown.sum(axis=1, keepdims=True)
    for k in range(3):
        found = row_scores(ex, k)
        np.testing.assert_allclose(found.error, chance[:, k] - (k == 1))
        np.testing.assert_allclose(found.surprise, -np.log2(chance[:, 1]))


def test_of_a_number_the_surprise_is_how_rare_so_large_an_error_is():
    ex = dataclasses.replace(two_classes(), unit="francs", prediction=np.array([10.0, 20.0, 30.0, 40.0]))
    found = row_scores(ex.with_truth([11.0, 24.0, 30.0, None]))
    np.testing.assert_allclose(found.error, [-1, -4, 0, np.nan])
    np.testing.assert_allclose(found.surprise, [np.log2(3 / 2), np.log2(3), 0, np.nan])
    assert not found.share


def test_of_times_to_an_event_the_error_is_the_martingale_residual_and_the_surprise_ranks_deviances():
    seen, expected = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.01, 0.3, 3.0])
    ex = dataclasses.replace(two_classes(), unit="log hazard", events=np.stack([seen, expected], axis=1))
    found = row_scores(ex)
    np.testing.assert_allclose(found.error, [0, -0.99, 0.3, 3.0])  # a death nobody expected, a life nobody expected
    # Deviances 0, -2.69, 0.77, 2.45: the early death is the rarest, then the long life.
    np.testing.assert_allclose(found.surprise, [0, 2, np.log2(4 / 3), 1])
    assert "martingale" in found.meaning and not found.share
    assert ex.rows("surprise").index.tolist() == [1, 3, 2, 0]
    assert ex[[1, 3]].events.tolist() == [[1, 0.01], [0, 3.0]]
    assert ex.with_truth([None] * 4).events is None


def test_a_survival_models_rows_are_scored_by_its_own_hazards(tmp_path):
    model, df = small_model("survival"), small_frame("survival", 40, seed=5)
    ex = ll.explain(model, df)
    (time,), event = (model.schema.target,), "died"
    seen = df[event].to_numpy().astype(float)
    follow = np.minimum(df[time].to_numpy(float), model.task.edges[-1])
    alive = np.array([model.task.survival(model.logits(df.iloc[[i]]), [t])[0, 0] for i, t in enumerate(follow)])
    frame = ex.rows()
    np.testing.assert_allclose(frame["error"], -np.log(alive) - seen, atol=1e-6)
    assert frame["surprise"].notna().all() and str(frame["truth"].iloc[0]).startswith(("event at", "no event by"))
    ex.save(tmp_path / "ex.zip")
    np.testing.assert_array_equal(ll.Explanation.load(tmp_path / "ex.zip").events, ex.events)


def test_rows_come_sorted_with_the_users_own_values_and_unknown_ones_last():
    frame = two_classes().rows("surprise")
    assert frame.index.tolist() == [1, 0, 3, 2]
    assert list(frame.columns[:4]) == ["prediction", "truth", "error", "surprise"]
    assert frame["truth"].tolist()[:3] == ["no", "yes", "no"]
    assert frame["purpose"].tolist() == two_classes().data[[1, 0, 3, 2], 3].tolist()
    assert two_classes().rows("prediction", ascending=True).index.tolist() == [3, 0, 1, 2]
    assert two_classes().rows().index.tolist() == [0, 1, 2, 3]
    with pytest.raises(OptionError, match="surprise"):
        two_classes().rows("suprise")


def test_a_column_of_the_users_keeps_its_name():
    ex = dataclasses.replace(two_classes(), feature_names=("prediction", *examples.COLUMNS[1:]))
    assert list(ex.rows().columns[:5]) == ["prediction_", "truth", "error", "surprise", "prediction"]


def test_without_truths_there_is_no_error():
    ex = examples.explanation(5)
    assert "error" not in ex.rows("prediction").columns
    assert np.isnan(row_scores(ex).surprise).all()
    with pytest.raises(ExplanationError, match="3 truths for 5"):
        ex.with_truth([1, 2, 3])


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_trained_model_knows_what_happened(kind):
    """The mean surprise is the log-loss in bits; the errors of a number are its residuals."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"a": rng.normal(size=90), "b": rng.choice(["x", None], 90)}, index=np.arange(100, 190))
    codes = np.digitize(df["a"] + rng.normal(size=90), [-0.5, 0.5])
    df["y"] = {"binary": codes > 0, "multiclass": np.array(["l", "m", "h"])[codes], "regression": codes * 2.5}[kind]
    model = linear_model(df, task=kind)
    ex = ll.explain(model, df)
    assert ex.truth.tolist() == df["y"].tolist()
    found = row_scores(ex)
    if kind == "regression":
        np.testing.assert_allclose(found.error, model.predict(df).iloc[:, 0] - df["y"], atol=1e-4)
        return
    said = model.predict_proba(df)
    chance = said[np.arange(90), [list(model.classes).index(y) for y in df["y"]]]
    np.testing.assert_allclose(found.surprise, -np.log2(chance), atol=1e-4)
    assert ll.explain(model, df.drop(columns="y")).truth is None


def test_truth_travels_with_rows_and_files(tmp_path):
    ex = two_classes()
    assert ex[[3, 0]].truth.tolist() == ["no", "yes"]
    ex.save(tmp_path / "a.explanation")
    assert Explanation.load(tmp_path / "a.explanation").truth.tolist() == ["yes", "no", None, "no"]


@pytest.fixture(scope="module")
def mixed():
    data = np.empty((5, 4), object)
    data[:, 0] = [20, 40.5, None, 60, 1_000_000]
    data[:, 1] = ["cook", None, "smith", "cook", "<b>"]
    data[:, 2] = ["2024-01-01", "2024-06-01", None, "2025-01-01", "2023-05-05"]
    data[:, 3] = [True, False, True, None, False]
    ex = examples.explanation(5, columns=("age", "job", "since", "owns"))
    return dataclasses.replace(ex, data=data)


@pytest.mark.parametrize(
    ("conditions", "rows"),
    [
        ([("age", ">", 40)], [1, 3, 4]),
        ([("age", "<=", 40.5)], [0, 1]),
        ([("age", "=", None)], [2]),
        ([("age", "!=", 20)], [1, 2, 3, 4]),
        ([("job", "=", "cook"), ("age", ">=", 60)], [3]),
        ([("job", "in", ["<b>", None])], [1, 4]),
        ([("job", "!=", None)], [0, 2, 3, 4]),
        ([("since", ">", "2024-01-01")], [1, 3]),
        ([("owns", "=", True)], [0, 2]),
        ([("owns", "=", "False")], [1, 4]),
        ([("age", "in", [20, 60])], [0, 3]),
        ([], [0, 1, 2, 3, 4]),
    ],
)
def test_rows_by_conditions(mixed, conditions, rows):
    assert np.flatnonzero(mixed.where(*conditions)).tolist() == rows


@pytest.mark.parametrize(
    ("condition", "error", "words"),
    [
        (("agee", ">", 4), ColumnError, "Did you mean 'age'"),
        (("age", "=>", 4), OptionError, "comparison"),
        (("job", "<", "cook"), ExplanationError, "categories"),
        (("age", ">", "old"), ExplanationError, "numbers"),
        (("since", ">", "soon"), ExplanationError, "dates"),
        ("age > 4", ExplanationError, "no condition"),
    ],
)
def test_a_condition_that_cannot_be_says_why(mixed, condition, error, words):
    with pytest.raises(error, match=words):
        mixed.where(condition)


def test_conditions_are_cohorts(mixed):
    found = ll.compare_cohorts(mixed, mixed.where(("age", ">", 40)))
    assert (found.n_a, found.n_b) == (3, 2)
