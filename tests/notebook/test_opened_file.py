"""What JupyterLab hears of an opened `.lepton` file: what it holds, what it cannot show and why, and its panels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lepton_lab as ll
from lepton_lab import pictures
from lepton_lab.journal import create_run, home
from lepton_lab.notebook.opened_file import OpenedFile, reply
from tests.small_models import TASKS, small_model

GOLDEN = "tests/golden/format1-binary.lepton"


@pytest.fixture
def opened() -> Iterator[OpenedFile]:
    one = OpenedFile()
    yield one
    one.close()


def ask(opened: OpenedFile, **message: Any) -> dict[str, Any]:
    return reply({"id": 7, **message}, opened)["answer"]


def test_a_file_alone_says_what_it_holds_and_what_is_missing(opened: OpenedFile) -> None:
    told = ask(opened, ask="open", path=GOLDEN)
    assert (
        told["about"][1] == "It holds a model of 'outcome' and 100 real rows of its training data, to explain against."
    )
    assert told["line"] == f"model = %lepton load {GOLDEN}"
    assert [name for name, _ in told["tabs"]] == ["model", "explanation", "whatif"]
    (missing,) = told["missing"]
    assert "it names no run" in missing and "evaluate it on rows whose 'outcome' you know" in missing
    assert "<svg" in told["picture"]


@pytest.mark.parametrize("task", [*TASKS, "survival"])
def test_a_file_whose_run_is_here_opens_with_its_result(task: str, opened: OpenedFile, tmp_path: Path) -> None:
    run = create_run("train", {"target": "outcome"}, "", 300)
    model = replace(small_model(task), run_id=run.id)
    run.save_outcome(model)
    told = ask(opened, ask="open", path=ll.save(model, tmp_path / "m.lepton"))
    assert (told["tabs"][0], told["missing"]) == (["result", "Result"], [])
    widget = ask(opened, ask="panel", name="result")["widget"]
    assert ask(opened, ask="panel", name="result")["widget"] == widget, "made twice"
    assert opened.panels["result"].twin_text() == pictures.text(ll.evaluate(model))


def test_the_run_of_a_notebook_in_a_folder_above_is_found(
    opened: OpenedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path / ".lepton"))  # where a notebook in tmp_path keeps its runs
    home.cache_clear()
    run = create_run("train", {"target": "outcome"}, "", 300)
    model = replace(small_model("binary"), run_id=run.id)
    run.save_outcome(model)
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path / "elsewhere"))
    home.cache_clear()
    (tmp_path / "models").mkdir()
    told = ask(opened, ask="open", path=ll.save(model, tmp_path / "models" / "m.lepton"))
    home.cache_clear()
    assert told["missing"] == []
    assert ask(opened, ask="panel", name="result")["widget"]


def test_without_rows_there_is_nothing_to_explain(opened: OpenedFile, tmp_path: Path) -> None:
    path = ll.save(ll.load(GOLDEN), tmp_path / "bare.lepton", background=False)
    told = ask(opened, ask="open", path=path)
    assert [name for name, _ in told["tabs"]] == ["model"]
    assert "saved without rows" in told["missing"][1]


def test_reading_again_lets_the_old_panels_go(opened: OpenedFile) -> None:
    ask(opened, ask="open", path=GOLDEN)
    first = ask(opened, ask="panel", name="whatif")["widget"]
    old = opened.panels["whatif"]
    ask(opened, ask="open", path=GOLDEN)
    assert old.comm is None and not opened.panels
    assert ask(opened, ask="panel", name="whatif")["widget"] != first


@pytest.mark.parametrize(("content", "words"), [(None, "No such file"), (b"PK\x03\x04 no", "is damaged")])
def test_a_file_that_cannot_be_read_is_said_in_words(
    content: bytes | None, words: str, tmp_path: Path, opened: OpenedFile
) -> None:
    path = tmp_path / "m.lepton"
    if content is not None:
        path.write_bytes(content)
    assert words in reply({"id": 1, "ask": "open", "path": str(path)}, opened)["error"]


@pytest.mark.parametrize("message", [{"ask": "opne"}, {"ask": "panel", "name": "result"}, {}])
def test_what_cannot_be_answered_is_an_error_in_words(message: dict[str, Any], opened: OpenedFile) -> None:
    assert reply(message, opened)["error"]
