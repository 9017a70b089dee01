"""Trees of errors: grown on one half, true on the other; nothing where there is nothing; words that select."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeRegressor

import lepton_lab as ll
from lepton_lab.data.schema import Column, Kind, Role
from lepton_lab.data.table import read_like
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.error_tree.ask import error_tree_of
from lepton_lab.evaluation.error_tree.conditions import Condition, joined
from lepton_lab.evaluation.error_tree.grow import grow
from lepton_lab.evaluation.error_tree.losses import row_losses
from lepton_lab.evaluation.error_tree.measure import Sample
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows, evaluated
from tests.small_models import TASKS, small_frame, small_model


def rows_of(task: str, n: int, seed: int = 5) -> EvaluatedRows:
    model = small_model(task)
    table = read_like(model.schema, small_frame(task, n, seed=seed), task=model.task, need_target=True)
    return evaluated(model, table)


def with_error(rows: EvaluatedRows, wrong: np.ndarray, rng: np.random.Generator) -> EvaluatedRows:
    """The rows, their logits made noise of one size for the ones and of another for the others."""
    size = np.where(wrong, 400.0, 100.0)
    return replace(rows, logits=(rows.y + size * rng.normal(size=len(wrong)))[:, None])


@pytest.mark.parametrize(
    ("where", "rule"),
    [
        (lambda t: t.columns["age"] >= 40, {"age ≥ 40"}),
        (lambda t: t.columns["job"] == "cook", {"job is cook"}),
        (lambda t: np.isnan(t.columns["amount"]), {"amount is missing"}),
        (lambda t: t.columns["since"] >= np.datetime64("2021-06-01"), {"since from 2021-06-01 on"}),
        (lambda t: t.columns["owner"] == True, {"owner is True", "owner is not False"}),  # noqa: E712
    ],
)
def test_the_tree_finds_where_it_fails(where, rule) -> None:
    rng, rows = np.random.default_rng(0), rows_of("regression", 4000)
    wrong = where(rows.table)
    tree = error_tree_of(with_error(rows, wrong, rng))
    worst = tree.worst
    assert worst is not None
    found = tree.positions(worst.number)
    assert wrong[found].mean() > 0.9, worst.rule
    # Of numbers and dates the cut may lie a quantile beside.
    assert worst.rule in rule or worst.rule.startswith(("age ≥", "since from"))
    assert worst.loss.low < 400 * np.sqrt(2 / np.pi) < worst.loss.high
    assert len(found) == worst.rows
    assert list(tree.labels(worst.number)) == list(rows.table.index[found])


def test_noise_grows_no_tree() -> None:
    """Of 100 tables whose errors have no reason, about 5 may show one."""
    rng, rows, shown = np.random.default_rng(1), rows_of("regression", 600), 0
    for seed in range(100):
        tree = error_tree_of(with_error(rows, np.zeros(600, bool), rng), seed=seed)
        shown += len(tree) > 1
        assert tree.n_tried > 0
    assert shown <= 12


def test_intervals_hold_the_truth() -> None:
    """The mean error of a part, known in advance, lies in 95 % of its intervals; three sigma of 200 are 5 %."""
    rng, rows, inside = np.random.default_rng(2), rows_of("regression", 600), []
    wrong = rows.table.columns["job"] == "cook"
    for seed in range(200):
        tree = error_tree_of(with_error(rows, wrong, rng), depth=1, seed=seed)
        worst = tree.worst
        if worst is not None and worst.rule == "job is cook":
            inside.append(worst.loss.low < 400 * np.sqrt(2 / np.pi) < worst.loss.high)
    assert len(inside) > 150
    assert 0.90 <= np.mean(inside) <= 0.99


@pytest.mark.parametrize("task", [*TASKS, "survival"])
def test_every_task_has_a_tree(task: str) -> None:
    model, df = small_model(task), small_frame(task, 1500, seed=5)
    tree = ll.error_tree(model, df, depth=2)
    whole, leaves = tree.nodes[0], tree.leaves
    assert whole.rows == 1500
    assert sum(leaf.rows for leaf in leaves) == 1500
    assert sum(leaf.measured for leaf in leaves) == tree.n_measured == 750
    assert sum(leaf.share for leaf in leaves) == pytest.approx(1)
    assert (whole.error_rate is None) == (task in ("regression", "survival"))
    assert whole.loss.value >= 0
    assert "grown on 750 rows" in repr(tree)


def test_losses_are_the_metrics() -> None:
    for task, name in (("binary", "log_loss"), ("multiclass", "log_loss"), ("regression", "mae")):
        rows, found = rows_of(task, 400), ll.evaluate(small_model(task), small_frame(task, 400, seed=5))
        assert row_losses(rows).loss.mean() == pytest.approx(found.metrics[name].value)
    losses = row_losses(rows_of("binary", 400))
    found = ll.evaluate(small_model("binary"), small_frame("binary", 400, seed=5))
    assert 1 - losses.wrong.mean() == pytest.approx(found.metrics["accuracy"].value)


def test_the_deviance_is_least_where_the_hazard_is_right() -> None:
    losses = row_losses(rows_of("survival", 800))
    assert (losses.loss >= 0).all()
    # Sum of expected events about equals those seen, for a model that is calibrated.
    assert losses.predicted.sum() == pytest.approx(losses.observed.sum(), rel=0.25)


def test_growing_equals_scikit_learns_on_numbers() -> None:
    rng = np.random.default_rng(0)
    n, x = 60, rng.normal(size=(60, 3))
    loss = np.abs(x[:, 1]) + (x[:, 0] > 0.3) + rng.normal(0, 0.1, n)
    loss = np.minimum(loss, np.quantile(loss, 0.99))
    columns = [(Column(f"c{j}", Kind.NUMERIC, Role.INPUT, "float"), x[:, j]) for j in range(3)]
    branch = grow(columns, loss, np.ones(n), depth=2, fewest=8)
    other = DecisionTreeRegressor(max_depth=2, min_samples_leaf=8, random_state=0).fit(x, loss)

    def parts(one, inside):
        if one.condition is not None:
            inside = inside & one.condition.holds(x[:, int(one.condition.column[1])])
        return [inside] if one.below is None else [p for below in one.below for p in parts(below, inside)]

    ours = parts(branch, np.ones(n, bool))
    theirs = [other.apply(x) == leaf for leaf in np.unique(other.apply(x))]
    assert {tuple(np.flatnonzero(p)) for p in ours} == {tuple(np.flatnonzero(p)) for p in theirs}


def test_rows_of_a_group_stay_in_one_half_and_count_as_one() -> None:
    rows = rows_of("regression", 800)
    groups = np.arange(800) // 20
    grouped = replace(rows, table=replace(rows.table, groups=groups))
    alike = with_error(grouped, groups % 4 == 0, np.random.default_rng(0))
    assert error_tree_of(alike).n_measured % 20 == 0
    values, everyone = np.repeat(np.random.default_rng(0).normal(size=40), 20), np.ones(800, bool)
    one = Sample(np.ones(800), groups).mean(values, everyone)
    known = np.std(values[::20], ddof=1) / np.sqrt(40) * 2.0227  # Student's t of 39
    assert one.high - one.value == pytest.approx(known, rel=1e-3)


def test_weights_count_as_rows() -> None:
    values, w = np.array([1.0, 2, 5, 6]), np.array([1.0, 3, 2, 2])
    inside, other = np.array([True, True, False, False]), np.array([False, False, True, True])
    sample = Sample(w, np.arange(4))
    assert sample.mean(values, inside).value == pytest.approx(np.average(values[:2], weights=w[:2]))
    assert sample.difference(values, inside, other).value == pytest.approx(1.75 - 5.5)


def test_few_rows_say_so() -> None:
    for n in (1, 60):
        tree = ll.error_tree(small_model("binary"), small_frame("binary", n, seed=5))
        assert len(tree) == 1
        assert "too few" in tree.note
        assert tree.worst is None


def test_a_node_is_explained_by_a_bounded_number_of_its_rows() -> None:
    tree = ll.error_tree(small_model("regression"), small_frame("regression", 300, seed=5))
    explanation = tree.explain(0, n=7)
    assert len(explanation) == 7
    assert set(explanation.row_labels) <= set(tree.labels(0))
    with pytest.raises(OptionError, match="no node 99"):
        tree.explain(99)


def test_an_evaluation_keeps_its_tree() -> None:
    found = ll.evaluate(small_model("binary"))
    assert found.errors is None
    assert found.error_tree() is found.error_tree() is found.errors
    assert found.errors.nodes == ll.error_tree(small_model("binary")).nodes


@pytest.mark.parametrize(
    ("options", "words"), [({"depth": 0}, "1 to 5"), ({"seed": -1}, "seed"), ({"weights": "w"}, "frame")]
)
def test_what_cannot_be_asked_is_told(options, words) -> None:
    with pytest.raises(OptionError, match=words):
        ll.error_tree(small_model("binary"), **options)


def test_conditions_in_words() -> None:
    some = [Condition("age", low=30.0), Condition("job", values=("cook",)), Condition("age", high=50.5, missing=True)]
    assert [str(c) for c in joined(some)] == ["age from 30 to below 50.5", "job is cook"]
    assert str(Condition("a", high=0.1, missing=True, tells_missing=True)) == "a < 0.1 or missing"
    assert str(Condition("a", high=0.1, missing=True)) == "a < 0.1"
    assert str(Condition("d", high=np.datetime64("2021-03-01T00:00:00"))) == "d before 2021-03-01"
    assert str(Condition("w", values=(None, "x", "<b>"), listed=False)) == "w is not missing, x or <b>"
    assert str(Condition("w", values=tuple("abcdefgh"))) == "w is a, b, c, d, e or 3 more"
    assert str(Condition("n", low=12345.0)) == "n ≥ 12,345"
    array = np.array(["x", None, "y"], object)
    np.testing.assert_array_equal(Condition("w", values=(None, "x")).holds(array), [True, True, False])


def test_many_words_and_all_missing_columns() -> None:
    rng = np.random.default_rng(0)
    n = 400
    word = np.array([f"w{i}" for i in rng.integers(0, 300, n)], object)
    columns = [
        (Column("word", Kind.CATEGORY, Role.INPUT, "str"), word),
        (Column("none", Kind.NUMERIC, Role.INPUT, "float"), np.full(n, np.nan)),
        (Column("same", Kind.NUMERIC, Role.INPUT, "float"), np.ones(n)),
        (Column("gone", Kind.CATEGORY, Role.INPUT, "str"), np.full(n, None, object)),
    ]
    branch = grow(columns, rng.random(n), np.ones(n), depth=3, fewest=20)
    assert branch.below is None or branch.below[0].condition.column == "word"


def test_a_frame_of_any_library() -> None:
    df = small_frame("binary", 400, seed=5)
    same = pd.DataFrame(df.to_dict("list"))
    assert ll.error_tree(small_model("binary"), df).nodes == ll.error_tree(small_model("binary"), same).nodes
