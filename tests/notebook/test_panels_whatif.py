"""The what-if panel's Python half with a real model: each message is one call of `WhatIf`, told as plain JSON."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.table import read_like
from lepton_lab.evaluation.scenario import what_if
from lepton_lab.notebook.panels.whatif import MOST_PINS, WhatIfPanel
from tests.evaluation.linear_models import linear_model
from tests.pictures.examples import NASTY

pytestmark = pytest.mark.usefixtures("recorded")


def made(n_columns: int = 3, n_categories: int = 3, task: str = "binary") -> WhatIfPanel:
    """A panel of a frame with nasty names and values."""
    rng = np.random.default_rng(0)
    n = max(60, 2 * n_categories)
    df = pd.DataFrame({f"c{j}": rng.normal(size=n).round(3) for j in range(n_columns)})
    df[NASTY[0]] = df["c0"] > 0
    words = [*NASTY, *(f"word {i}" for i in range(n_categories - len(NASTY)))]
    df["word"] = [words[i % len(words)] for i in range(n)]
    z = 2 * df["c0"] + (df["word"] == NASTY[1]) + rng.normal(0, 0.2, n)
    df["y"] = {"binary": np.where(z > 0, "<b>yes</b>", "no"), "multiclass": np.digitize(z, [-1, 1]), "regression": z}[
        task
    ]
    model = linear_model(df, task=task, seen=True)
    return WhatIfPanel(what_if(model, read_like(model.schema, df), 5))


def told(panel: WhatIfPanel, kind: str) -> tuple[dict, list]:
    """The last message of a kind; plain JSON without NaN."""
    message, buffers = next(sent for sent in reversed(panel.comm.custom) if sent[0]["type"] == kind)
    json.dumps(message, allow_nan=False)
    return message, buffers


def outputs(panel: WhatIfPanel, columns: list[dict], buffers: list) -> dict[str, np.ndarray]:
    """The curves of a message, by column."""
    whole = np.frombuffer(buffers[0], "<f4").reshape(-1, len(panel._first.link))
    ends = np.cumsum([len(column["curve"]["points"]) for column in columns])[:-1]
    return {c["name"]: part for c, part in zip(columns, np.split(whole, ends), strict=True)}


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_page_gets_every_curve_in_the_models_own_outputs(task):
    panel = made(task=task)
    panel.comm.say({"type": "ready", "view": "v1"})
    message, buffers = told(panel, "columns")
    curves = outputs(panel, message["columns"], buffers)
    assert message["view"] == "v1"
    assert message["link"] == {"binary": "sigmoid", "multiclass": "softmax", "regression": "identity"}[task]
    for curve in panel._whatif.curves({}):
        np.testing.assert_allclose(curves[curve.column], curve.outputs.reshape(len(curve.grid), -1), rtol=1e-5)
    column = next(c for c in message["columns"] if c["name"] == "c0")
    asked = panel._whatif.answer({"c0": column["curve"]["points"][7]})
    np.testing.assert_allclose(curves["c0"][7], asked.link, rtol=1e-4, atol=1e-5)


def test_while_it_moves_only_the_answer_travels_and_at_rest_the_curves_too():
    panel = made()
    panel.comm.say({"type": "set", "view": "a", "id": 1, "changes": {"c0": 0.5}, "explain": True, "rest": False})
    assert [m["type"] for m, _ in panel.comm.custom] == ["answer"]
    panel.comm.say({"type": "set", "view": "a", "id": 2, "changes": {"c0": 0.5}, "explain": True, "rest": True})
    assert [(m["type"], m["id"], m["view"]) for m, _ in panel.comm.custom[1:]] == [
        ("answer", 2, "a"),
        ("curves", 2, "a"),
    ]
    (_, buffers) = panel.comm.custom[-1]
    np.testing.assert_allclose(
        np.frombuffer(buffers[0], "<f4"),
        np.concatenate([c.outputs for c in panel._whatif.curves({"c0": 0.5})]),
        rtol=1e-5,
    )


def test_a_second_view_or_a_reloaded_page_goes_on_where_the_first_was():
    panel = made()
    panel.comm.say({"type": "set", "view": "a", "id": 1, "changes": {"c0": 0.5}, "explain": True, "rest": True})
    panel.comm.say({"type": "pins", "view": "a", "pins": {"A": {"c0": 0.5}}})
    panel.comm.say({"type": "reach", "view": "a", "goal": ">50%", "locked": ["c1"], "changes": {}})
    panel.comm.say({"type": "ready", "view": "b"})
    message, _ = told(panel, "columns")
    assert (message["view"], message["changes"], message["pins"]) == ("b", {"c0": 0.5}, {"A": {"c0": 0.5}})
    assert message["locked"] == ["c1"]
    assert message["answer"]["link"] != message["first"]["link"]


def test_pinned_scenarios_are_the_models_and_stay_in_the_twin():
    panel = made()
    panel.comm.say({"type": "pins", "pins": {"A": {"c0": 0.5}, "B": {"word": NASTY[1]}}})
    message, _ = told(panel, "pins")
    assert message["answers"]["A"]["link"] == pytest.approx(panel._whatif.answer({"c0": 0.5}).link)
    assert message["code"].endswith(".compare({'A': {'c0': 0.5}, 'B': {'word': " + repr(NASTY[1]) + "}})")
    assert "Scenarios" in panel.twin_html()
    assert "<img" not in panel.twin_html()


@pytest.mark.parametrize(
    "pins", ["A", {"A": 3}, {str(i): {} for i in range(MOST_PINS + 1)}, {"A": {"no such": 1}}, {"A": {"c0": "x"}}]
)
def test_pins_that_are_none_leave_those_that_are(pins):
    panel = made()
    panel.comm.say({"type": "pins", "pins": {"A": {"c0": 0.5}}})
    panel.comm.say({"type": "pins", "pins": pins})
    assert panel._pins == {"A": {"c0": 0.5}}


def test_a_way_leads_where_it_says():
    panel = made()
    chance = panel._first.probability
    goal = ">50 %" if chance < 0.5 else "<50 %"
    panel.comm.say({"type": "reach", "view": "a", "goal": goal, "locked": [NASTY[0], "word"], "changes": {"c1": 0.1}})
    message, _ = told(panel, "reach")
    way = message["ways"][0]
    changes = {"c1": 0.1, **{one["name"]: one["value"] for one in way["changes"]}}
    assert panel._whatif.answer(changes).probability == pytest.approx(way["number"], abs=1e-6)
    assert not {NASTY[0], "word"} & {one["name"] for one in way["changes"]}
    assert (
        message["code"]
        == f"ll.whatif(model, row=5).reach({goal!r}, changes={{'c1': 0.1}}, locked={[NASTY[0], 'word']!r})"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [({"goal": "much less"}, "no goal"), ({"goal": "<20%", "locked": ["no such"]}, "no column"),
     ({"goal": "<20%", "locked": [NASTY[0], "word", "c0", "c1", "c2"]}, "")],
)  # fmt: skip
def test_a_goal_that_cannot_be_is_told(content, words):
    panel = made()
    panel.comm.say({"type": "reach", "changes": {}, **content})
    message, _ = told(panel, "reach")
    assert words in message["error"]


def test_a_class_is_a_goal_as_it_is_written():
    panel = made()
    panel.comm.say({"type": "reach", "changes": {}, "goal": "<b>yes</b>"})
    assert told(panel, "reach")[0]["wanted"] == "predicted '<b>yes</b>'"


def test_the_nearest_rows_say_where_they_come_from():
    panel = made()
    panel.comm.say({"type": "nearest", "view": "a", "changes": {"c0": 0.5}})
    message, _ = told(panel, "nearest")
    assert message["where"] == "the 60 rows given to train"
    assert len(message["rows"]) == 5
    assert {row["truth"] for row in message["rows"]} <= {"<b>yes</b>", "no"}
    assert message["code"] == "ll.whatif(model, row=5).nearest({'c0': 0.5})"


def test_a_model_without_known_rows_has_a_panel_without_curves():
    import dataclasses

    panel = made()
    model = dataclasses.replace(
        panel._whatif.model, seen=None, background_values=None, background_x=panel._whatif.model.background_x
    )
    bare = WhatIfPanel(dataclasses.replace(panel._whatif, model=model))
    bare.comm.say({"type": "ready", "view": "a"})
    message, buffers = told(bare, "columns")
    assert buffers == []
    assert not any("curve" in column for column in message["columns"])
    bare.comm.say({"type": "nearest", "changes": {}})
    assert "background" in told(bare, "nearest")[0]["error"]
    assert bare.twin_html()


@pytest.mark.parametrize(("columns", "categories"), [(200, 3), (3, 10_000)])
def test_wide_frames_and_long_lists_stay_small(columns, categories):
    panel = made(columns, categories)
    panel.comm.say({"type": "ready", "view": "a"})
    message, (curves,) = told(panel, "columns")
    assert len(message["columns"]) == columns + 2
    assert len(curves) < 50_000
    assert len(json.dumps(message)) < 1_000_000
    assert len(panel.twin_html()) < 200_000


@pytest.mark.parametrize(
    "content",
    [{"type": "set"}, {"type": "set", "changes": 3}, {"type": "curves"}, {"type": "reach", "locked": 3, "changes": {}},
     {"type": "nearest"}, {"type": "set", "changes": {"c0": [1]}}, {"type": "reach", "goal": [1], "changes": {}}],
)  # fmt: skip
def test_what_is_no_question_changes_nothing(content):
    panel = made()
    panel.answer(content)
    panel.comm.say({"type": "ready", "view": "a"})
    assert told(panel, "columns")[0]["changes"] == {}
