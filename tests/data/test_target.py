"""What is learned from a target, and which targets are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, OptionError, TargetError
from tests.data import frames

RNG = np.random.default_rng(1)


def rows(target, n: int | None = None) -> pd.DataFrame:
    n = n or len(target)
    return pd.DataFrame({"a": RNG.normal(size=n), "b": RNG.choice(["x", "y"], n), "goal": target})


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (["no", "yes", "no"] * 10, ("no", "yes")),
        (["Yes", "No", "Yes"] * 10, ("No", "Yes")),
        ([True, False, True] * 10, (False, True)),
        ([0, 1, 1] * 10, (0, 1)),
        ([0.0, 1.0, 1.0] * 10, (0, 1)),
        ([1, 2, 2] * 10, (2, 1)),
        ([-1, 1, 1] * 10, (-1, 1)),
        (["0", "1", "1"] * 10, ("0", "1")),
        (["false", "true", "true"] * 10, ("false", "true")),
        (["good", "bad", "good"] * 10, ("good", "bad")),
        (["bad", "good", "bad"] * 10, ("bad", "good")),
        (pd.Categorical(["a", "b", "a"] * 10), ("a", "b")),
        (pd.Series([True, False, True] * 10, dtype="boolean"), (False, True)),
        (pd.Series([1, 0, 1] * 10, dtype="Int64"), (0, 1)),
        ([2.5, 7.5, 2.5] * 10, (2.5, 7.5)),
    ],
)
def test_two_classes_are_negative_and_positive(target, classes):
    table, task, findings = read_table(rows(target), target="goal")
    assert task.name == "binary" and task.classes == classes
    assert [type(c) for c in task.classes] == [type(c) for c in classes]
    values = list(target)
    assert table.y.dtype == np.int32
    assert [classes[i] for i in table.y] == [v if not isinstance(v, np.generic) else v.item() for v in values]
    positive = next(f for f in findings if f.kind == "positive")
    assert repr(classes[1]) in positive.message and positive.share == pytest.approx(table.y.mean())


@pytest.mark.parametrize("positive", ["no", "No", "NO"])
def test_positive_can_be_chosen(positive):
    table, task, _ = read_table(rows(["no", "yes", "no"] * 10), target="goal", positive=positive)
    assert task.classes == ("yes", "no") and table.y.mean() == pytest.approx(2 / 3)


@pytest.mark.parametrize(("positive", "words"), [("yse", "Did you mean 'yes'"), (2, "Choose one of: 'no', 'yes'")])
def test_a_wrong_positive_is_an_error(positive, words):
    with pytest.raises(OptionError, match=words):
        read_table(rows(["no", "yes", "no"] * 10), target="goal", positive=positive)


@pytest.mark.parametrize(
    ("target", "task", "name"),
    [
        (["a", "b", "c"] * 10, None, "multiclass"),
        ([0, 1, 2] * 10, None, "multiclass"),
        ([1, 2, 3] * 10, None, "multiclass"),
        ([0.0, 1.0, 2.0] * 10, None, "multiclass"),
        ([3, 4, 5] * 10, None, "regression"),
        ([0, 1, 5] * 10, None, "regression"),
        (list(range(12)) * 3, None, "regression"),
        ([0.5, 1.5, 2.5] * 10, None, "regression"),
        ([0, 1, 2] * 10, "regression", "regression"),
        ([3, 4, 5] * 10, "multiclass", "multiclass"),
        ([0, 1, 1] * 10, "regression", "regression"),
        ([f"{v:.2f}" for v in RNG.normal(size=30)], None, "regression"),
        (["1", "2", "3"] * 10, None, "multiclass"),
    ],
)
def test_the_task_is_read_off_the_values_or_given(target, task, name):
    assert read_table(rows(target), target="goal", task=task)[1].name == name


def test_a_number_is_kept_in_its_unit():
    y = RNG.normal(50, 10, 40)
    table, task, _ = read_table(rows(y), target="goal")
    np.testing.assert_array_equal(table.y, y)
    assert task.unit == "goal" and task.location == pytest.approx(y.mean()) and task.scale == pytest.approx(y.std())


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ([None] * 30, {}, "no value in any of the 30 rows"),
        ([np.nan] * 30, {}, "no value in any"),
        ([1] * 30, {}, "is 1 in every row"),
        (["x"] * 30, {}, "is 'x' in every row"),
        ([2.5] * 30, {"task": "regression"}, "is 2.5 in every row"),
        (["a"] * 29 + ["b"], {}, r"class 'b' of target 'goal' has one row.*df = df\[df\['goal'\] != 'b'\]"),
        (["a", "b"] * 15 + ["c"], {}, "class 'c' of target 'goal' has one row"),
        (pd.date_range("2024-01-01", periods=30), {}, r"holds dates.*dt.days"),
        (["2024-01-01", "2024-02-01", "2024-03-01"] * 10, {}, "holds dates"),
        ([1.0, np.inf, 2.0] * 10, {}, r"infinite in 10 rows.*np.isfinite"),
        (["a", "b", "c"] * 10, {"task": "regression"}, r"holds words \('a', 'b', 'c'\)"),
        (["a", "b", "c"] * 10, {"task": "binary"}, "3 different values.*task='binary' needs two"),
        (["a", "b"] * 15, {"task": "multiclass"}, "two classes.*task='binary'"),
        ([f"name {i}" for i in range(30)] * 2, {}, "30 classes in 60 rows.*name or free text"),
        ([[1]] * 30, {}, "neither numbers, words nor truth values"),
    ],
)
def test_a_target_that_cannot_be_learned(target, options, words):
    with pytest.raises(TargetError, match=words):
        read_table(rows(target), target="goal", **options)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"target": "gaol"}, ColumnError, "no column 'gaol'.*Did you mean 'goal'"),
        ({"task": "classify"}, OptionError, "task='classify' is not known.*binary"),
        ({"task": "regresion"}, OptionError, "Did you mean 'regression'"),
        ({"ignore": ["c"]}, ColumnError, "no column 'c'"),
        ({"ignore": ["goal"]}, ColumnError, "cannot be both target and ignored"),
        ({"split": "stratifed"}, OptionError, "Did you mean 'stratified'"),
        ({"split": "grp:a"}, OptionError, "split='grp:a' is not known.*group:COLUMN"),
        ({"split": "group"}, OptionError, 'names no column. For example: split="group:COLUMN"'),
        ({"split": "group:z"}, ColumnError, "no column 'z'"),
        ({"split": "time:b"}, ColumnError, "neither dates nor numbers"),
        ({"weights": "balance"}, ColumnError, "Did you mean 'balanced'"),
        ({"weights": "zzz"}, ColumnError, "neither 'balanced' nor a column"),
        ({"weights": np.ones(7)}, OptionError, "7 numbers for 30 rows"),
        ({"weights": -np.ones(30)}, ColumnError, "negative, missing or infinite in 30 rows"),
        ({"weights": np.r_[np.nan, np.ones(29)]}, ColumnError, "missing or infinite in 1 row"),
        ({"weights": np.zeros(30)}, ColumnError, "0 in every row"),
        ({"weights": "b"}, ColumnError, "column 'b' holds words"),
        ({"weights": 3}, OptionError, "weights=3 is not known"),
    ],
)
def test_options_that_cannot_work(options, error, words):
    with pytest.raises(error, match=words):
        read_table(rows(["no", "yes", "no"] * 10), **{"target": "goal"} | options)


def test_rows_without_a_target_are_left_out_and_said_so():
    df = frames.credit(100)
    df.loc[df.index[:7], "bad"] = None
    table, _, findings = read_table(df, target="bad", weights=np.arange(100) + 1.0)
    assert table.n_rows == 93 and table.index.tolist() == list(range(7, 100))
    np.testing.assert_allclose(table.weights, (np.arange(7, 100) + 1) / np.mean(np.arange(7, 100) + 1))
    found = next(f for f in findings if f.kind == "missing_target")
    assert found.share == pytest.approx(0.07) and "7 rows have no target" in found.message and found.severity == "warn"


def test_balanced_weights_give_each_class_the_same_sum_and_mean_one():
    table, _, _ = read_table(frames.credit(), target="bad", weights="balanced")
    assert table.weights.mean() == pytest.approx(1)
    assert table.weights[table.y == 0].sum() == pytest.approx(table.weights[table.y == 1].sum())
    with pytest.raises(OptionError, match="needs classes"):
        read_table(frames.credit(), target="amount", weights="balanced")


def test_a_number_has_no_positive_class():
    with pytest.raises(OptionError, match="positive=3 needs a target of two classes; 'amount' is a number"):
        read_table(frames.credit(), target="amount", positive=3)


def test_columns_of_weights_groups_and_time_are_no_inputs():
    df = frames.credit(60).assign(
        w=np.arange(60) + 1.0, who=[f"c{i // 3}" for i in range(60)], day=pd.date_range("2024-01-01", periods=60)
    )
    table, _, _ = read_table(df, target="bad", weights="w", split="group:who", ignore=["day"])
    assert table.schema.names == ("amount", "job", "age")
    assert [str(table.schema.column(n).role) for n in ("w", "who", "day", "bad")] == [
        "weight",
        "group",
        "ignored",
        "target",
    ]
    assert table.weights.mean() == pytest.approx(1) and table.weights[59] == pytest.approx(60 * table.weights[0])
    assert len(np.unique(table.groups)) == 20 and (table.groups[:3] == table.groups[0]).all()
    timed, _, _ = read_table(df, target="bad", weights="w", split="time:day", ignore="who")
    np.testing.assert_allclose(np.diff(timed.times), 1)


def test_rows_without_a_group_stand_alone():
    df = frames.credit(60).assign(who=(["a", None, None] * 20))
    table, _, _ = read_table(df, target="bad", split="group:who")
    assert len(np.unique(table.groups)) == 41


@pytest.mark.parametrize(
    ("target", "later", "y"),
    [
        (["no", "yes", "no"] * 10, ["yes", "no"], [1, 0]),
        ([0, 1, 1] * 10, [1.0, 0.0], [1, 0]),
        ([0, 1, 1] * 10, ["1", "0"], [1, 0]),
        ([0, 1, 1] * 10, [True, False], [1, 0]),
        ([False, True, True] * 10, ["True", "False"], [1, 0]),
        ([0.5, 1.5, 2.5] * 10, ["7.5", "8"], [7.5, 8]),
    ],
)
def test_a_target_at_evaluation_may_be_stored_in_another_way(target, later, y):
    df = rows(target)
    table, task, _ = read_table(df, target="goal")
    again = read_like(table.schema, df.iloc[:2].assign(goal=later), task=task, need_target=True)
    assert again.y.tolist() == y


def test_targets_at_evaluation():
    df = frames.credit(60)
    table, task, _ = read_table(df, target="bad")
    odd = df.assign(bad="maybe")
    with pytest.raises(TargetError, match=r"'maybe', which the model was not trained on.*'no', 'yes'"):
        read_like(table.schema, odd, task=task, need_target=True)
    assert read_like(table.schema, odd, task=task).y is None
    with pytest.raises(TargetError, match="no column 'bad', the target"):
        read_like(table.schema, df.drop(columns="bad"), task=task, need_target=True)
    assert read_like(table.schema, df.drop(columns="bad"), task=task).y is None
    holes = df.assign(bad=df["bad"].where(df.index >= 5))
    found = read_like(table.schema, holes, task=task, need_target=True)
    assert found.n_rows == 55 and found.index[0] == 5 and "5 rows without a target" in found.notes[0]
    assert read_like(table.schema, holes, task=task).n_rows == 60
    with pytest.raises(TargetError, match="no value in any of the 60 rows"):
        read_like(table.schema, df.assign(bad=None), task=task, need_target=True)
