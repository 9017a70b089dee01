"""What the kernel tells JupyterLab's sidebar: names, sizes and states; never a row, and nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from lepton_lab.environment import look_around
from lepton_lab.journal import create_run
from lepton_lab.notebook import sidebar, warm_up
from lepton_lab.notebook.train_form import MOST_COLUMNS, free_name, likely_targets

SECRET = "Jane Doe, 4 Elm Street"


@pytest.fixture
def variables() -> dict[str, Any]:
    warm_up.wait()  # where another test began the imports
    people = pd.DataFrame({"name": [SECRET, "b"], "<b>age</b>": [41, 37], "bad": [True, False]})
    return {"people": people, "columns": {"a": [1, 2]}, "n": 3, "_hidden": people}


def ask(variables: dict[str, Any], **message: Any) -> dict[str, Any]:
    return sidebar.reply({"id": 7, **message}, variables)["answer"]


def test_a_look_names_frames_and_sizes_and_no_row(variables: dict[str, Any]) -> None:
    found = ask(variables, ask="look")
    assert [(f["name"], f["rows"], f["columns"]) for f in found["frames"]] == [
        ("people", 2, 3), ("columns", 2, 1)
    ]  # fmt: skip
    assert found["next"] == look_around(variables).next_step
    for word in ("look", "columns", "form"):
        assert SECRET not in json.dumps(ask(variables, ask=word, frame="people"))


def test_of_very_many_frames_a_look_says_how_many_it_leaves_out(variables: dict[str, Any]) -> None:
    many = {f"frame_{i}": variables["people"] for i in range(sidebar.MOST_FRAMES + 3)}
    found = ask(many, ask="look")
    assert (len(found["frames"]), found["hidden"]) == (sidebar.MOST_FRAMES, 3)


def test_a_second_look_says_only_that_nothing_changed(variables: dict[str, Any]) -> None:
    seen = ask(variables, ask="look")["seen"]
    assert ask(variables, ask="look", seen=seen) == {"seen": seen}
    variables["more"] = variables["people"]
    assert len(ask(variables, ask="look", seen=seen)["frames"]) == 3


def test_a_look_shows_the_runs_that_the_magic_shows(variables: dict[str, Any]) -> None:
    run = create_run("train", {"target": "bad"}, "", 2)
    run.set_status("failed", "no luck")
    newest = ask(variables, ask="look")["runs"][0]
    assert (newest["id"], newest["status"], newest["message"]) == (run.id, "failed", "no luck")


def test_while_imports_go_on_a_look_imports_nothing(variables: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "is_running", lambda: True)
    monkeypatch.setattr(sidebar, "look_around", lambda namespace: pytest.fail("this imports the journal"))
    found = ask(variables, ask="look")
    assert found["runs"] is None
    assert len(found["frames"]) == 2


def test_columns_have_the_kinds_of_their_library(variables: dict[str, Any]) -> None:
    assert ask(variables, ask="columns", frame="people")["columns"][1] == {"name": "<b>age</b>", "kind": "int64"}
    assert ask(variables, ask="columns", frame="columns")["columns"] == [{"name": "a", "kind": "list"}]


def test_columns_of_other_libraries_have_their_kinds_too() -> None:
    arrow, polars = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    frames = {"arrow": arrow.table({"x": [1.5]}), "polars": polars.DataFrame({"x": ["a"]})}
    assert ask(frames, ask="columns", frame="arrow")["columns"] == [{"name": "x", "kind": "double"}]
    assert ask(frames, ask="columns", frame="polars")["columns"] == [{"name": "x", "kind": "String"}]


def test_a_form_offers_the_likely_targets_first(variables: dict[str, Any]) -> None:
    form = ask(variables, ask="form", frame="people")
    assert form["likely"][0] == "bad"
    assert form["to"] == "model"
    assert likely_targets(["id", "Survived", "fare"]) == ["Survived", "fare"]
    assert likely_targets([]) == []
    assert free_name("model", {"model": 1, "model2": 2}) == "model3"


def test_a_form_of_a_very_wide_frame_says_how_many_columns_it_leaves_out() -> None:
    wide = pd.DataFrame([[0] * (MOST_COLUMNS + 5)])
    form = ask({"wide": wide}, ask="form", frame="wide")
    assert (len(form["columns"]), form["hidden"]) == (MOST_COLUMNS, 5)


def test_a_line_is_written_as_a_user_would(variables: dict[str, Any]) -> None:
    options = {"target": "bad", "task": "", "budget": "60s", "split": "group:<b>age</b>"}
    written = ask(variables, ask="line", verb="train", words=["people"], options=options, to="model")["code"]
    assert written == 'model = %lepton train people --target bad --budget 60s --split "group:<b>age</b>"'


def test_the_cell_that_measures_a_file_writes_over_no_model(variables: dict[str, Any]) -> None:
    variables["model"] = 1
    found = ask(variables, ask="evaluation", path="../my models/credit.lepton", frame="people")["code"]
    assert found.splitlines() == [
        'model2 = %lepton load "../my models/credit.lepton"',
        "%lepton evaluate model2 people",
    ]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"ask": "form", "frame": "peopel"}, "Did you mean 'people'"),
        ({"ask": "lok"}, "nobody answers 'lok'. Did you mean 'look'"),
        ({"ask": "line", "verb": "trian"}, "no verb 'trian'. Did you mean 'train'"),
        ({}, "nobody answers"),
    ],
)
def test_what_cannot_be_answered_is_an_error_in_words(
    message: dict[str, Any], words: str, variables: dict[str, Any]
) -> None:
    assert words in sidebar.reply({"id": 1, **message}, variables)["error"]


def test_the_comm_answers_with_the_id_it_was_asked_with(variables: dict[str, Any]) -> None:
    targets: dict[str, Any] = {}
    manager = SimpleNamespace(targets=targets, register_target=targets.__setitem__)
    shell = SimpleNamespace(kernel=SimpleNamespace(comm_manager=manager), user_ns=variables)
    sidebar.register(shell)
    handlers: list[Any] = []
    said: list[dict[str, Any]] = []
    targets[sidebar.TARGET](SimpleNamespace(on_msg=handlers.append, send=said.append), {})
    assert said == [], "nothing is sent before the page asks"
    handlers[0]({"content": {"data": {"id": "a1", "ask": "columns", "frame": "columns"}}})
    assert said == [{"id": "a1", "answer": {"columns": [{"name": "a", "kind": "list"}], "hidden": 0}}]
    sidebar.forget(shell)
    assert not targets


def test_a_shell_without_a_kernel_has_no_sidebar() -> None:
    sidebar.register(SimpleNamespace(user_ns={}))


def test_loading_it_imports_nothing_heavy() -> None:
    code = (
        "import sys, lepton_lab.notebook.sidebar; "
        "print([m for m in ('jax', 'numpy', 'pandas', 'sklearn', 'lepton_lab.journal') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
