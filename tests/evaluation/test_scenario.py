"""What-if: a row with some values changed. The witness is the model itself, asked with a changed frame."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.table import read_like
from lepton_lab.errors import ColumnError, ExplanationError, OptionError
from lepton_lab.evaluation.scenario import what_if
from lepton_lab.trained import TrainedModel
from tests.evaluation import linear_models

ROWS = 60


def frame(target: str) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    df = pd.DataFrame({
        "age": rng.integers(20, 70, ROWS), "amount": rng.normal(3000, 800, ROWS).round(1),
        "job": rng.choice(["clerk", "driver", "<b>boss</b>"], ROWS), "owner": rng.random(ROWS) < 0.5,
        "since": pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), "D"),
    }, index=np.arange(100, 100 + ROWS))  # fmt: skip
    df.loc[df.index[::7], "amount"] = np.nan
    z = 0.08 * (df["age"] - 45) + (df["job"] == "clerk") + rng.normal(0, 0.5, ROWS)
    answers = {
        "binary": np.where(z > 0.3, "yes", "no"),
        "multiclass": np.digitize(z, [-0.5, 1]),
        "regression": 100 + 10 * z,
    }
    return df.assign(y=answers[target])


def linear_model(task_name: str, *, seen: bool = False) -> tuple[TrainedModel, pd.DataFrame]:
    df = frame(task_name)
    return linear_models.linear_model(df, task=task_name, seen=seen), df


def start(model: TrainedModel, df: pd.DataFrame, position: int = 3):
    return what_if(model, read_like(model.schema, df), position)


@pytest.mark.parametrize("task_name", ["binary", "multiclass", "regression"])
def test_an_answer_is_what_the_model_says_of_the_changed_frame(task_name):
    model, df = linear_model(task_name)
    changes = {"age": 61, "job": "driver", "owner": False, "amount": None, "since": "2020-02-29"}
    answer = start(model, df).answer(changes)
    changed = df.iloc[[3]].copy().astype({"owner": object})
    for name, item in changes.items():
        changed[name] = [pd.Timestamp(item) if name == "since" else item]
    expected = model.logits(changed)[0]
    np.testing.assert_allclose(answer.link, expected, rtol=1e-6)
    if task_name == "regression":
        assert answer.estimate == pytest.approx(expected[0])
        assert answer.probability is None
    else:
        np.testing.assert_allclose(
            list(answer.probabilities.values()), model.task.probability(expected[None])[0], rtol=1e-6
        )
        assert answer.prediction in model.classes


def test_nothing_changed_is_the_row_itself():
    model, df = linear_model("binary")
    whatif = start(model, df)
    np.testing.assert_allclose(whatif.answer({}).link, model.logits(df.iloc[[3]])[0], rtol=1e-6)
    assert whatif.label == 103
    assert repr(whatif).startswith("WhatIf(row 103;")
    assert whatif.answer({}).explanation is None


def test_the_threshold_of_the_model_decides():
    model, df = linear_model("binary")
    whatif = start(model, df)
    seen = set()
    for age in range(20, 70, 2):
        answer = whatif.answer({"age": age})
        assert answer.prediction == ("yes" if answer.probability >= 0.4 else "no")
        seen.add(answer.prediction)
    assert seen == {"yes", "no"}


def test_an_explained_answer_sums_to_its_link():
    model, df = linear_model("binary")
    answer = start(model, df).set(age=66, job="clerk")
    explanation = answer.explanation
    assert explanation.base_values[0] + explanation.values[0].sum() == pytest.approx(answer.link[0], abs=1e-5)
    assert list(explanation.data[0][:1]) == [66]
    assert answer.changes == {"age": 66.0, "job": "clerk"}


def test_controls_are_plain_json_and_say_the_row():
    model, df = linear_model("binary")
    columns = {column["name"]: column for column in start(model, df, 7).columns}
    assert json.loads(json.dumps(list(columns.values())))
    assert columns["age"]["step"] == 1
    assert columns["age"]["low"] == df["age"].min()
    assert columns["amount"]["nullable"]
    assert columns["amount"]["value"] is None
    assert {one["value"] for one in columns["job"]["categories"]} == {"clerk", "driver", "<b>boss</b>"}
    assert columns["owner"]["kind"] == "boolean"
    assert columns["since"]["value"] == df["since"].iloc[7].date().isoformat()


def test_what_the_controls_say_is_no_change():
    model, df = linear_model("binary")
    whatif = start(model, df)
    as_shown = {column["name"]: column["value"] for column in whatif.columns}
    np.testing.assert_allclose(whatif.answer(as_shown).link, whatif.answer({}).link, rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"agee": 3}, "Did you mean 'age'"), ({"age": "old"}, "wants a number"), ({"since": "yesterday"}, "wants a date")],
)
def test_what_cannot_be_read_is_said(changes, words):
    model, df = linear_model("binary")
    with pytest.raises(ColumnError, match=words):
        start(model, df).answer(changes)


# --- curves, goals, neighbours, scenarios


@pytest.mark.parametrize("task_name", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("seen", [True, False])
def test_each_curve_is_the_model_asked_with_that_column_changed(task_name, seen):
    model, df = linear_model(task_name, seen=seen)
    whatif = start(model, df)
    changes = {"age": 61, "job": "driver"}
    curves = {curve.column: curve for curve in whatif.curves(changes)}
    assert list(curves) == list(whatif.values)
    for name, at in (("age", -1), ("amount", 0), ("job", 0), ("owner", 1), ("since", 2)):
        asked = whatif.answer({**changes, name: _plain(curves[name].grid[at])})
        np.testing.assert_allclose(np.atleast_1d(curves[name].outputs[at]), asked.link, rtol=1e-5, atol=1e-5)


def test_spreads_count_the_known_rows_at_the_points_of_the_curves():
    model, df = linear_model("binary", seen=True)
    whatif = start(model, df)
    spreads = dict(zip(whatif.values, whatif.spreads, strict=True))
    jobs = dict(zip(whatif.curves()[2].grid, spreads["job"].bars, strict=True))
    assert jobs == pytest.approx(df["job"].value_counts(normalize=True).to_dict())
    assert spreads["age"].bars.sum() == pytest.approx(1)
    assert (spreads["age"].low, spreads["age"].high) == (df["age"].min(), df["age"].max())


def test_a_goal_is_reached_from_the_changed_row_with_columns_locked():
    model, df = linear_model("binary", seen=True)
    whatif = start(model, df)
    changes = {"owner": False}
    chance = whatif.answer(changes).probability
    goal = ">0.9" if chance < 0.9 else "<0.1"
    found = whatif.reach(goal, changes=changes, locked=["job", "since"], timeout=None)
    (row,) = found.rows
    assert (row.label, row.values["owner"]) == (103, False)
    assert row.alternatives
    for way in row:
        assert not {"job", "since"} & set(way.columns)
        there = whatif.answer({**changes, **{c.column: _plain(c.after) for c in way.changes}}).probability
        assert (there > 0.9) if goal == ">0.9" else (there < 0.1)


@pytest.mark.parametrize("seen", [True, False])
def test_the_nearest_rows_are_real_and_not_the_row_itself(seen):
    model, df = linear_model("binary", seen=seen)
    found = start(model, df).nearest(n=3)
    assert len(found) == 3
    assert ("60 rows given to train" if seen else "20 background rows") in found.where
    distances = [row.distance for row in found.rows]
    assert distances == sorted(distances)
    if seen:
        assert 103 not in [row.label for row in found.rows]
        for row in found.rows:
            assert row.truth == df.loc[row.label, "y"]
            assert row.values["age"] == df.loc[row.label, "age"]
            assert row.probability == pytest.approx(model.predict(df.loc[[row.label]])["probability_yes"].iloc[0], 1e-5)
    assert list(found.to_frame()["distance"]) == distances


def test_what_differs_from_a_neighbour_is_named():
    model, df = linear_model("binary", seen=True)
    other = dict(start(model, df, 8).values)
    (row,) = start(model, df).nearest({**other, "age": other["age"] + 1}, n=1).rows
    assert (row.label, row.differs) == (108, ("age",))


def test_scenarios_are_compared_with_the_row_as_it_is():
    model, df = linear_model("binary")
    whatif = start(model, df)
    found = whatif.compare({"older": {"age": 66}, "boss": {"job": "<b>boss</b>", "age": 66}})
    assert found.changed == ("age", "job")
    assert found.value("older", "job") == df["job"].iloc[3]
    table = found.to_frame()
    assert list(table["scenario"]) == ["as it is", "older", "boss"]
    assert table["probability_yes"][2] == pytest.approx(whatif.answer({"job": "<b>boss</b>", "age": 66}).probability)


def test_a_model_saved_without_rows_says_that_it_has_no_curves():
    model, df = linear_model("binary")
    bare = dataclasses.replace(model, background_x=model.background_x[:0], background_values=None)
    with pytest.raises(ExplanationError, match="saved without"):
        start(bare, df).curves()


@pytest.mark.parametrize("n", [0, "three", True])
def test_a_number_of_neighbours_is_a_number(n):
    model, df = linear_model("binary")
    with pytest.raises(OptionError, match="from 1"):
        start(model, df).nearest(n=n)


def _plain(item):
    return item.item() if hasattr(item, "item") else item
