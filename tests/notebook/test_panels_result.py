"""The result panel's Python half: each message is one call of an evaluation, told as plain JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lepton_lab.notebook.panels.result import ResultPanel
from tests.pictures.examples import NASTY
from tests.pictures.result_examples import evaluated
from tests.small_models import small_frame, small_model

pytestmark = pytest.mark.usefixtures("recorded")


def told(panel: ResultPanel, kind: str) -> tuple[dict, list]:
    """The last message of a kind; plain JSON without NaN."""
    message, buffers = next(sent for sent in reversed(panel.comm.custom) if sent[0]["type"] == kind)
    json.dumps(message, allow_nan=False)
    return message, buffers


def opened(*args, **options) -> ResultPanel:
    panel = ResultPanel(evaluated(*args, **options))
    panel.comm.say({"type": "ready", "view": "v"})
    return panel


def test_the_page_gets_what_python_computes_at_every_stop():
    panel = opened()
    message, (buffer,) = told(panel, "class")
    stops, found, alarms = np.frombuffer(buffer, "<f8").reshape(3, -1)
    assert message["stops"] == len(stops) < 2_000
    evaluation = panel._evaluation
    for k in range(0, len(stops), 61):
        decided = evaluation.at(float(stops[k]))
        assert (found[k], alarms[k]) == (decided.found, decided.alarms)
        assert (message["positives"], message["negatives"]) == (decided.positives, decided.negatives)
    assert evaluation.threshold in stops
    assert message["name"] == NASTY[2]


@pytest.mark.parametrize(("task", "n_classes"), [("binary", 2), ("multiclass", 3), ("multiclass", 30)])
def test_every_class_can_be_looked_at(task, n_classes):
    panel = opened(task, 900, n_classes)
    message, _ = told(panel, "ready")
    names = message["classes"]
    assert len(names) == n_classes
    assert np.sum(message["matrix"]) == pytest.approx(900)
    for k in {0, n_classes // 2, n_classes - 1}:
        panel.comm.say({"type": "class", "view": "v", "k": k})
        one, (buffer,) = told(panel, "class")
        assert (one["k"], one["name"]) == (k, names[k])
        truth = panel._evaluation.rows.y == k
        assert one["positives"] == pytest.approx(truth.sum())
        assert len(buffer) < 60_000
        assert one["call"] == ("" if n_classes == 2 else f", of={panel._evaluation.classes[k]!r}")


@pytest.mark.parametrize("task", ["regression", "survival"])
def test_tasks_without_classes_have_figures(task):
    if task == "regression":
        panel = opened(task)
    else:
        import lepton_lab as ll

        panel = ResultPanel(ll.evaluate(small_model(task), small_frame(task, 200, seed=5)))
        panel.comm.say({"type": "ready", "view": "v"})
    message, _ = told(panel, "ready")
    assert len(message["figures"]) >= 2
    for figure in message["figures"]:
        for shape in figure["shapes"]:
            assert len(shape["xs"]) == len(shape["ys"]) + (shape["shape"] == "bars")
    assert message["matrix"] is None
    assert not [m for m, _ in panel.comm.custom if m["type"] == "class"]


def test_costs_are_answered_by_the_evaluation_and_stay_in_the_twin():
    panel = opened()
    panel.comm.say({"type": "costs", "view": "v", "false_alarm": 2, "missed": 10, "unit": "€"})
    message, _ = told(panel, "costs")
    chosen = panel._evaluation.costs
    assert message["threshold"] == chosen.threshold
    assert message["cost"] == chosen.cost.value
    assert "€ a row" in message["words"]
    assert message["code"] == ("evaluation.for_costs({'false_alarm': 2, 'missed': 10}, unit='€').costs.threshold")
    assert "Where to draw the line" in panel.twin_html()
    panel.comm.say({"type": "costs", "view": "v", "false_alarm": 0, "missed": 10})
    assert "above 0" in told(panel, "costs")[0]["error"]
    assert panel._evaluation.costs is chosen


def test_the_tree_and_the_reasons_of_a_part():
    panel = opened(n=1500)
    assert told(panel, "ready")[0]["askErrors"]
    panel.comm.say({"type": "errors", "view": "v"})
    message, _ = told(panel, "errors")
    tree = panel._evaluation.errors
    assert [node["number"] for node in message["nodes"]] == list(range(len(tree)))
    assert {len(node["cells"]) + 2 for node in message["nodes"]} == {len(message["header"])}
    for drawn, node in zip(message["nodes"], tree.nodes, strict=True):
        assert drawn["loss"] == [node.loss.value, node.loss.low, node.loss.high]
        assert drawn["rule"] == node.rule
    assert "Where it fails" in panel.twin_html()
    worst = tree.worst.number
    panel.comm.say({"type": "node", "view": "v", "number": worst})
    reasons, _ = told(panel, "node")
    importance = tree.explain(worst).importance()
    assert [one["name"] for one in reasons["features"]] == list(importance.feature_names)
    assert [one["value"] for one in reasons["features"]] == pytest.approx(importance.values.tolist())
    assert "50 rows drawn of" in reasons["words"]
    panel.comm.say({"type": "costs", "view": "v", "false_alarm": 1, "missed": 4})
    assert panel._evaluation.errors is not None, "new costs leave the parts where they were"


@pytest.mark.parametrize("n", [1, 2])
def test_a_row_or_two(n):
    panel = opened(n=n)
    panel.comm.say({"type": "errors", "view": "v"})
    assert "too few" in told(panel, "errors")[0]["note"]
    told(panel, "ready")
    told(panel, "class")


def test_weights_are_told():
    w = np.linspace(0.5, 2, 600)
    panel = opened(weights=w)
    assert told(panel, "ready")[0]["weighed"]
    one, _ = told(panel, "class")
    assert one["positives"] + one["negatives"] == pytest.approx(600)
    assert one["effective"] < 1


@pytest.mark.parametrize(
    "content",
    [{"type": "class"}, {"type": "class", "k": 7}, {"type": "class", "k": "x"}, {"type": "node", "number": 1},
     {"type": "node", "number": 99}, {"type": "nothing"}, {"type": "costs"}, {"type": "costs", "missed": [1]}],
)  # fmt: skip
def test_what_is_no_question_changes_nothing(content):
    panel = opened()
    before = panel._evaluation
    panel.answer({"view": "v", **content})
    assert panel._evaluation is before
