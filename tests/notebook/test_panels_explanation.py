"""The explanation panel's Python half: a column, cohorts, and the table of rows, each one call of the explanation."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab.data.array_values import ArrayValue
from lepton_lab.notebook.panels import explanation as panels
from lepton_lab.notebook.panels.explanation import ExplanationPanel
from tests.pictures import examples

pytestmark = pytest.mark.usefixtures("recorded")
NAMES = (*examples.NASTY, *examples.COLUMNS[:5])


@pytest.fixture
def ex():
    found = examples.explanation(80, columns=NAMES)
    return found.with_truth(np.random.default_rng(0).choice(["yes", "no"], 80))


def asked(explanation, **content):
    """What the page is told for a message: the content, and its buffers."""
    panel = ExplanationPanel(explanation)
    panel.comm.say({"view": "v", **content})
    ((message, buffers),) = panel.comm.custom
    json.dumps(message, allow_nan=False)
    assert message["view"] == "v"
    return message, buffers


def numbers(buffer):
    return np.frombuffer(buffer, "<f8")


def again(code, ex):
    """What the copied line makes."""
    return eval(code, {"ll": ll, "ex": ex, "np": np})


@pytest.mark.parametrize("colour", [None, NAMES[1]])
@pytest.mark.parametrize("column", NAMES[:3])
def test_a_dependence_is_that_of_the_explanation(ex, column, colour):
    message, (place, values, half, cells, shades, by) = asked(ex, type="dependence", column=column, colour=colour)
    found = ex.dependence(column, colour=colour)
    assert (message["column"], message["colour"]) == (column, found.colour)
    np.testing.assert_array_equal(numbers(values), found.values)
    np.testing.assert_allclose(numbers(half), found.upper_bounds - found.values)
    if found.kind == "category":
        shown = [message["levels"][int(k)] for k in numbers(place)]
    else:
        np.testing.assert_array_equal(numbers(place), found.place)
        shown = found.own.tolist()
    texts = message["texts"]
    assert shown == [texts[int(k)] for k in numbers(cells)] if texts else numbers(cells).tolist() == found.own.tolist()
    assert len(shades) == 80 and len(numbers(by)) == 80
    made = again(message["code"], ex)
    np.testing.assert_array_equal(made.values, found.values)
    assert made.colour == found.colour


def test_categories_stand_by_their_mean_effect_and_rare_ones_together():
    ex = examples.explanation(10_000, columns=("a", "b"))
    ex.data[:, 0] = [f"word {i}" if i % 3 else "often" for i in range(10_000)]
    message, (place, *_) = asked(ex, type="dependence", column="a")
    assert len(message["levels"]) == 41
    assert message["levels"][-1] == "6,627 others"
    means = [ex.values[numbers(place) == k, 0].mean() for k in range(40)]
    assert means == sorted(means)


@pytest.mark.parametrize(
    "conditions", [[[NAMES[0], "=", "below 200"]], [[NAMES[1], ">", 30], [NAMES[1], "<=", 50]], [[NAMES[4], "=", None]]]
)
def test_conditions_make_cohorts_and_the_copied_line_makes_them_again(ex, conditions):
    message, (mask,) = asked(ex, type="cohort", conditions=conditions)
    rows = ex.where(*map(tuple, conditions))
    found = ll.compare_cohorts(ex, rows)
    assert np.frombuffer(mask, np.uint8).astype(bool).tolist() == rows.tolist()
    assert message["n"] == [found.n_a, found.n_b]
    assert [one["name"] for one in message["features"]] == list(found.feature_names)
    np.testing.assert_allclose([one["low"] for one in message["features"]], found.value.lower_bounds)
    np.testing.assert_allclose([one["size"]["high"] for one in message["features"]], found.size.upper_bounds)
    np.testing.assert_array_equal(again(message["code"], ex).value.values, found.value.values)


def test_rows_that_were_drawn_around_are_a_cohort(ex):
    message, (mask,) = asked(ex, type="cohort", rows=[3, 5, 8])
    assert np.flatnonzero(np.frombuffer(mask, np.uint8)).tolist() == [3, 5, 8]
    assert message["code"] == "ll.compare_cohorts(ex, [3, 5, 8], names=('selected', 'rest'))"
    assert message["n"] == [3, 77]


def test_rows_of_a_thinned_drawing_are_compared_with_the_drawn_ones(ex, monkeypatch):
    monkeypatch.setattr(panels, "AT_MOST_ROWS", 20)
    message, _ = asked(ex, type="cohort", rows=[0, 19])
    assert message["n"] == [2, 18]
    made = again(message["code"], ex)
    assert [made.value.a[0]] == [ex.values[[0, 79]][:, made.order[0]].mean()]
    whole, (mask,) = asked(ex, type="cohort", conditions=[[NAMES[1], ">", 30]])
    assert sum(whole["n"]) == 80 and len(mask) == 20


def test_a_choice_of_no_or_all_rows_says_so(ex):
    for content in (
        {"rows": []},
        {"rows": list(range(80))},
        {"conditions": [[NAMES[0], ">", 3]]},
        {"conditions": [["x"]]},
    ):
        panel = ExplanationPanel(ex)
        panel.comm.say({"type": "cohort", "id": 4, **content})
        ((message, _),) = panel.comm.custom
        assert message["id"] == 4 and message["error"]


@pytest.mark.parametrize("n_classes", [1, 3])
def test_the_table_sorts_by_what_python_sorts_by(n_classes):
    ex = examples.explanation(60, n_classes=n_classes)
    truth = np.random.default_rng(0).choice(["yes", "no"] if n_classes == 1 else list(ex.output_names), 60)
    ex = ex.with_truth(truth)
    message, (prediction, error, surprise, cells) = asked(ex, type="scores", output=n_classes - 1)
    assert [message["texts"][int(k)] for k in numbers(cells)] == truth.tolist()
    for sort, buffer in (("prediction", prediction), ("error", error), ("surprise", surprise)):
        frame = ex.rows(sort, output=n_classes - 1)
        np.testing.assert_array_equal(numbers(buffer)[np.argsort(-numbers(buffer), kind="stable")], frame[sort])


def test_the_twin_keeps_what_was_looked_at(ex):
    panel = ExplanationPanel(ex)
    before = panel.twin_html()
    panel.comm.say({"type": "dependence", "column": NAMES[3]})
    panel.comm.say({"type": "cohort", "rows": [1, 2]})
    after = panel.twin_html()
    assert f"{NAMES[3]}: its effect along its values" in after and "selected against rest" in after
    assert after.startswith(before) and len(after) < 200_000
    assert "selected against rest" in panel.twin_text()
    assert not re.search(r"<(img|script)", after)


@pytest.mark.parametrize(
    "content",
    [{"type": "cohort"}, {"type": "cohort", "rows": ["1"]}, {"type": "cohort", "conditions": [3]},
     {"type": "cohort", "rows": [True]}, {"type": "scores", "output": -1}],
)  # fmt: skip
def test_what_is_no_question_has_no_answer(ex, content):
    panel = ExplanationPanel(ex)
    panel.comm.say(content)
    assert panel.comm.custom == []


def test_a_column_that_is_not_there_is_an_error_told(ex):
    message, _ = asked(ex, type="dependence", column=3)
    assert "no column '3'" in message["error"]


def test_two_hundred_columns_and_groups_are_told():
    ex = examples.explanation(30, columns=tuple(f"c{j}" for j in range(200)))
    message, buffers = asked(ex, type="ready")
    assert len(message["columns"]) == 30 and message["hidden"] == 170 and len(message["names"]) == 200
    assert len(buffers[0]) == 4 * 30 * 30
    told, _ = asked(ex, type="dependence", column="c199")
    assert told["column"] == "c199"


def test_a_row_leads_inside_its_objects(ex):
    data = np.array(ex.data, dtype=object)
    data[3, 0], data[3, 1] = ArrayValue(np.zeros((4, 4), np.uint8)), "my card was stolen last night"
    message, _ = asked(dataclasses.replace(ex, data=data), type="row", row=3)
    assert [one["name"] for one in message["inside"]] == list(NAMES[:2])
    assert (
        message["inside"][0]["code"] == f"ll.explain_inside(model, df, {NAMES[0]!r}, row={ex.row_labels.tolist()[3]!r})"
    )
    message, _ = asked(ex, type="row", row=3)
    assert message["inside"] == []
