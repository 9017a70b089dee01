"""What-if: a row with some values changed. The witness is the model itself, asked with a changed frame."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError
from lepton_lab.evaluation.scenario import what_if
from lepton_lab.members.linear import fit_linear_path
from lepton_lab.metrics import Estimate
from lepton_lab.trained import Blend, TrainedModel

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


def linear_model(task_name: str) -> tuple[TrainedModel, pd.DataFrame]:
    df = frame(task_name)
    table, task, _ = read_table(df, target="y", task=task_name)
    encoder = fit_encoder(table)
    x = encoder.encode(table)
    member = fit_linear_path(x, table.y, None, encoder.blocks, task)[-1]
    blend = Blend(np.array([1.0]), 1.0, np.zeros(task.n_outputs))
    scores = {task.default_metric: Estimate(0.8, 0.7, 0.9)}
    model = TrainedModel(
        table.schema, encoder, task, (member,), blend, scores, {"blend": scores}, "",
        0.4 if task_name == "binary" else None, "", x[:20], table.values()[:20],
    )  # fmt: skip
    return model, df


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
