"""The Python halves of the panels: what they tell the page, and what they make of what the page says. No browser."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from lepton_lab.errors import ColumnError
from lepton_lab.notebook.panels.explanation import ExplanationPanel
from lepton_lab.notebook.panels.training import Actions, TrainingPanel
from lepton_lab.notebook.panels.training_curves import Curves
from lepton_lab.notebook.panels.whatif import WhatIfPanel
from lepton_lab.training.attribution import Attribution
from lepton_lab.training.progress import Progress
from tests.pictures import examples

pytestmark = pytest.mark.usefixtures("recorded")

# --- the training panel


def test_at_most_ten_updates_a_second(monkeypatch):
    panel = TrainingPanel("Training", 60.0)
    now = [0.0]
    monkeypatch.setattr("lepton_lab.notebook.panels.training.time.monotonic", lambda: now[0])
    before = len(panel.comm.updates)
    for i in range(1000):
        now[0] = i * 0.002  # two seconds
        panel.report(examples.progress(epoch=i / 10, step=i))
    assert 6 <= len(panel.comm.updates) - before <= 21


def test_an_update_is_plain_json_without_nan_and_without_rows():
    panel = TrainingPanel("Training", 60.0)
    panel.report(examples.progress(valid_loss=float("nan"), metric=float("inf")))
    sent = json.dumps(panel.comm.updates[-1], allow_nan=False)
    assert '"best": 0.78' in sent
    assert len(sent) < 2000


def test_the_best_stays_where_nothing_is_measured():
    panel = TrainingPanel("Training", 60.0)
    panel.report(examples.progress())
    seen = panel.state["best"], panel.state["metric_name"]
    panel._sent_at = 0.0
    panel.report(Progress(stage="trees", member="trees", epoch=3, n_epochs=40, valid_loss=0.4))
    assert panel.state["stage"] == "trees"
    assert (panel.state["best"], panel.state["metric_name"]) == seen


def test_the_metric_stays_between_two_validations():
    panel = TrainingPanel("Training", 60.0)
    for step, metric in ((150, 0.77), (160, None)):
        panel._sent_at = 0.0
        panel.report(examples.progress(step=step, metric=metric, valid_loss=None))
    assert (panel.state["step"], panel.state["metric"]) == (160, 0.77)
    panel._sent_at = 0.0
    panel.report(examples.progress(fold=1, metric=None, valid_loss=None))
    assert panel.state["metric"] is None, "that of another fold is not the one of now"


def test_what_came_too_fast_is_drawn_with_the_next(monkeypatch):
    panel = TrainingPanel("Training")
    now = [0.0]
    monkeypatch.setattr("lepton_lab.notebook.panels.training.time.monotonic", lambda: now[0])
    for i in range(5):
        panel.report(examples.progress(epoch=float(i)))
    now[0] = 1.0
    panel.report(examples.progress(epoch=5.0))
    assert panel.growing["x"] == [0, 1, 2, 3, 4, 5]


def test_long_curves_are_thinned_and_keep_their_ends():
    curves = Curves()
    for progress in examples.history(5000):
        curves.add(progress)
        curves.add(replace(progress, valid_loss=None, metric=None))  # between two validations
    assert len(curves.growing["x"]) <= 160
    assert (curves.growing["x"][0], curves.growing["x"][-1]) == (1.0, 5000.0)
    assert None not in curves.growing["valid"]


def test_the_best_point_is_drawn_however_many_there_are():
    curves = Curves()
    for i, progress in enumerate(examples.history(2000)):
        curves.add(replace(progress, valid_loss=0.1 if i == 777 else 0.5, metric=0.9 if i == 1235 else 0.8))
    assert (min(curves.growing["valid"]), max(curves.growing["metric"])) == (0.1, 0.9)


def test_a_curve_that_grows_no_more_is_not_sent_again():
    panel = TrainingPanel("Training")
    for fold in (0, 1):
        for progress in examples.history(20, fold=fold):
            panel._sent_at = 0.0
            panel.report(progress)
    sent = [update for update in panel.comm.updates if "past" in update]
    assert len(sent) == 1
    assert [(c["fold"], len(c["x"])) for c in (*panel.past, panel.growing)] == [(0, 20), (1, 20)]
    assert len(json.dumps(panel.comm.updates[-1])) < 3000


def test_the_stop_button_stops_once_and_names_the_run():
    stopped = []
    panel = TrainingPanel("Training", None, Actions(stop=stopped.append))
    panel.report(examples.progress(run="k3fa"))
    panel.comm.say({"type": "stop"})
    panel.comm.say({"type": "stop"})
    assert stopped == ["k3fa"]
    assert panel.state["status"] == "stopping"
    panel.report(examples.progress())
    assert panel.state["status"] == "stopping"


def test_a_stop_before_the_run_has_said_anything_is_not_lost():
    stopped = []
    panel = TrainingPanel("Training", None, Actions(stop=stopped.append))
    panel.comm.say({"type": "stop"})
    assert stopped == [] and panel.state["status"] == "stopping"
    panel.report(examples.progress(run="k3fa"))
    panel.report(examples.progress(run="k3fa"))
    assert stopped == ["k3fa"] and panel.state["status"] == "stopping"


def test_a_button_without_an_action_is_not_there():
    panel = TrainingPanel("Training")
    panel.finish(examples.model(), can_go_on=True)
    assert not any(panel.state[name] for name in ("can_stop", "can_go_on", "can_keep"))
    for kind in ("stop", "keep", "continue"):
        panel.comm.say({"type": kind})
    assert panel.state["status"] == "done"


def test_a_run_goes_on_from_the_panel_and_the_code_says_how():
    went, kept = [], []
    keep = lambda model: kept.append(model) or "model_2"  # noqa: E731
    panel = TrainingPanel(
        "T", 60.0, Actions(go_on=lambda run, budget: went.append((run, budget)), keep=keep), frame="df"
    )
    panel.report(examples.progress(run="k3fa"))
    model = examples.model()
    panel.finish(model, can_go_on=True)
    assert panel.state["lines"]["continue"].startswith("model = ll.resume(")
    panel.comm.say({"type": "keep"})
    assert (kept, panel.state["kept"]) == ([model], "model_2")
    panel.comm.say({"type": "continue", "budget": "soon"})
    assert "soon" in panel.state["trouble"] and went == []
    panel.comm.say({"type": "continue", "budget": "5m"})
    assert went == [("k3fa", "5m")]
    assert (panel.state["status"], panel.state["budget_s"], panel.state["results"]) == ("running", 300.0, [])


def test_the_page_is_told_of_the_baseline_and_of_what_the_network_looks_at():
    panel = TrainingPanel("Training")
    panel.report(Progress(stage="baseline", member="always the mean", valid_loss=0.69, metric=0.5, metric_name="auc"))
    found = Attribution.of(("a", "b", "leak"), np.array([0.1, 0.2, 9.7]), 32)
    panel._sent_at = 0.0
    panel.report(examples.progress(attribution=found))
    assert panel.state["baseline"] == {"name": "always the mean", "loss": 0.69, "metric": 0.5}
    shown = panel.state["attribution"]
    assert (list(shown["columns"]), shown["n_rows"]) == (["leak", "b", "a"], 32)
    assert "'leak' alone has 97% of all" in shown["warning"]
    assert "leak" in panel.twin_html() and "97%" in panel.twin_html()


def test_the_end_shows_the_models_metrics_and_makes_its_picture_the_twin():
    panel = TrainingPanel("Training")
    panel.finish(examples.model())
    assert panel.state["status"] == "done"
    assert panel.state["results"][0] == {"name": "AUC", "value": 0.793, "low": 0.753, "high": 0.831}
    assert "Boosted trees" in panel.twin_html()
    panel.fail("it went wrong")
    assert panel.state["status"] == "failed"


@pytest.mark.parametrize(("metric", "higher"), [("auc", True), ("log_loss", False), ("rmse", False), ("r2", True)])
def test_the_better_direction_is_known(metric, higher):
    panel = TrainingPanel("Training")
    panel.report(examples.progress(metric_name=metric))
    assert panel.state["higher_is_better"] is higher


# --- the explanation panel


def test_rows_travel_by_message_only_when_asked():
    panel = ExplanationPanel(examples.explanation(200))
    state = json.dumps({k: v for k, v in panel.get_state().items() if k not in ("_esm", "_css")}, default=str)
    assert "below 200" not in state
    assert len(state) < 2000
    assert panel.comm.custom == []
    panel.comm.say({"type": "ready"})
    assert [content["type"] for content, _ in panel.comm.custom] == ["data"]


def test_what_is_drawn_is_what_was_computed():
    explanation = examples.explanation(50)
    panel = ExplanationPanel(explanation)
    panel.comm.say({"type": "ready"})
    ((message, (values, shades, cells)),) = panel.comm.custom
    importance = explanation.importance()
    assert [column["name"] for column in message["columns"]] == list(importance.feature_names)
    drawn = np.frombuffer(values, "<f4").reshape(-1, 50)
    np.testing.assert_allclose(drawn, explanation.values[:, importance.order].T, rtol=1e-6)
    place = list(importance.feature_names).index("status_of_account")
    told = np.frombuffer(cells, "<f8").reshape(-1, 50)
    words = [message["columns"][place]["texts"][int(c)] for c in told[place]]
    assert words == list(explanation.data[:, 0])
    number = list(importance.feature_names).index("duration_months")
    assert message["columns"][number]["texts"] is None
    assert told[number].tolist() == explanation.data[:, 1].tolist()
    assert set(np.frombuffer(shades, np.uint8).reshape(-1, 50)[place]) == {255}
    json.dumps(message, allow_nan=False)


@pytest.mark.parametrize("n_classes", [1, 3])
def test_a_rows_waterfall_adds_up_to_its_prediction(n_classes):
    explanation = examples.explanation(20, n_classes=n_classes)
    panel = ExplanationPanel(explanation)
    panel.comm.say({"type": "row", "row": 7, "output": n_classes - 1})
    (message, _) = panel.comm.custom[-1]
    assert message["row"] == 7
    total = message["base"] + sum(step["value"] for step in message["steps"])
    assert total == pytest.approx(message["prediction"])
    assert message["steps"][0]["shown"] == explanation.data[7, 0]
    assert message["code"] == "ll.explain(model, df.loc[[7]])"


@pytest.mark.parametrize(
    "content",
    ["words", {"type": 3}, {"type": "row", "row": 99}, {"type": "row", "row": -1}, {"type": "row", "row": "3"},
     {"type": "ready", "output": 9}, {"type": "ready", "output": "x"}, {"type": "unheard of"}, None],
)  # fmt: skip
def test_what_is_no_question_has_no_answer(content):
    panel = ExplanationPanel(examples.explanation(5))
    panel.comm.say(content)
    assert panel.comm.custom == []


def test_more_rows_than_can_be_drawn_are_thinned_and_said():
    panel = ExplanationPanel(examples.explanation(10_500, columns=examples.COLUMNS[:2]))
    panel.comm.say({"type": "ready"})
    message, buffers = panel.comm.custom[0]
    assert len(message["labels"]) == 10_000
    assert "10,000 of them drawn" in message["note"]
    assert len(buffers[0]) == 4 * 2 * 10_000


# --- the what-if panel


def test_the_page_gets_controls_and_the_first_answer():
    panel = WhatIfPanel(examples.what_if())
    panel.comm.say({"type": "ready"})
    message, _ = panel.comm.custom[0]
    assert [column["name"] for column in message["columns"]][:2] == ["duration_months", "amount"]
    assert message["columns"][0]["curve"]["points"] == [4, 24, 72]
    assert message["answer"]["positive"] == "yes"
    assert message["answer"]["waterfall"]["steps"]
    json.dumps(message, allow_nan=False)


def test_an_answer_carries_the_id_of_its_question_and_the_code_of_it():
    panel = WhatIfPanel(examples.what_if())
    panel.comm.say({"type": "set", "id": 41, "changes": {"amount": 100}, "explain": False})
    message, _ = panel.comm.custom[-1]
    assert message["id"] == 41
    assert message["waterfall"] is None
    assert message["code"] == "ll.whatif(model, row=17).answer({'amount': 100})"
    panel.comm.say({"type": "set", "id": 42, "changes": {"amount": 100}, "explain": True})
    assert panel.comm.custom[-1][0]["waterfall"]["unit"] == "log-odds"


def test_a_value_that_cannot_be_read_is_said_and_nothing_is_lost(monkeypatch):
    whatif = examples.what_if()
    panel = WhatIfPanel(whatif)

    def refuse(changes, *, explain):
        raise ColumnError("'old' is not a value of 'age'.")

    monkeypatch.setattr(whatif, "answer", refuse)
    panel.comm.say({"type": "set", "id": 5, "changes": {"age": "old"}, "explain": True})
    told, _ = panel.comm.custom[-1]
    assert (told["type"], told["id"], told["error"]) == ("answer", 5, "'old' is not a value of 'age'.")


def test_the_twin_follows_what_was_explained():
    panel = WhatIfPanel(examples.what_if())
    assert "Changed" not in panel.twin_html()
    panel.comm.say({"type": "set", "id": 1, "changes": {"amount": 100}, "explain": True})
    assert "Changed" in panel.twin_html()
    assert "If one column alone were different" in panel.twin_html()
