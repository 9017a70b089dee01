"""The runs panel's Python half: the list as it is on disk now, whoever else changes it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

import lepton_lab as ll
from lepton_lab.journal import RunFolder, create_run, home
from lepton_lab.notebook.panels.runs import RunsPanel
from lepton_lab.training.progress import Progress
from tests.pictures.examples import NASTY

pytestmark = pytest.mark.usefixtures("recorded")


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path))
    home.cache_clear()
    yield
    home.cache_clear()


def new_run(status: str = "done", **config: object) -> RunFolder:
    run = create_run("train", {"target": "bad", **config}, "f" * 32, 100)
    for i in range(3):
        run.append(
            Progress(epoch=i, valid_loss=0.7 - 0.1 * i, metric_name="auc", best_metric=0.6 + 0.1 * i, elapsed_s=i)
        )
    if status != "running":
        run.set_status(status)
    return run


def ask(panel: RunsPanel, **content: object) -> dict:
    """The list that answers a message; plain JSON without NaN."""
    panel.comm.say({"view": "v", **content})
    message = next(sent for sent, _ in reversed(panel.comm.custom) if sent["type"] == "runs")
    json.dumps(message, allow_nan=False)
    assert (message["view"], message["asked"]) == ("v", content["type"])
    return message


def test_the_list_is_what_is_on_disk_now() -> None:
    panel = RunsPanel(ll.runs())
    assert ask(panel, type="list")["runs"] == []
    run = new_run("running")
    (listed,) = ask(panel, type="list")["runs"]
    assert (listed["id"], listed["status"], listed["score"]) == (run.id, "running", 0.8)
    assert listed["held"] is None
    assert listed["resume"] == ""
    run.set_status("failed", "MemoryError")
    (listed,) = ask(panel, type="list")["runs"]
    assert (listed["status"], listed["message"]) == ("failed", "MemoryError")
    assert listed["resume"] == f"model = ll.resume({run.id!r}, df)"
    shutil.rmtree(run.path)  # another process deletes it
    assert ask(panel, type="list")["runs"] == []


def test_names_and_tags_travel_to_the_folder() -> None:
    run = new_run()
    panel = RunsPanel(ll.runs())
    message = ask(panel, type="rename", id=run.id, name=NASTY[0])
    assert message["runs"][0]["name"] == NASTY[0].strip() == run.record().name
    assert message["said"] == f"ll.attach({run.id!r}).rename({NASTY[0]!r})"
    ask(panel, type="tags", id=run.id, tags=["a", "b"])
    message = ask(panel, type="tags", id=run.id, tags=["b", "c"])
    assert message["said"] == f"ll.attach({run.id!r}).tag('c').untag('a')"
    assert run.record().tags == ("b", "c")
    assert "without a comma" in ask(panel, type="tags", id=run.id, tags=["a,b"])["error"]
    assert NASTY[0] not in panel.twin_html()


def test_deleting_says_what_went_and_refuses_a_live_run() -> None:
    run, live = new_run(), new_run("running")
    panel = RunsPanel(ll.runs())
    message = ask(panel, type="delete", id=run.id)
    assert run.id in message["said"]
    assert [one["id"] for one in message["runs"]] == [live.id]
    assert "was deleted meanwhile" in ask(panel, type="delete", id=run.id)["error"]
    assert "in use by process" in ask(panel, type="delete", id=live.id)["error"]
    assert live.path.exists()
    assert "asked to stop" in ask(panel, type="stop", id=live.id)["said"]
    assert live.stop_requested()


def test_runs_are_compared_and_what_cannot_be_is_said() -> None:
    a, b = new_run(seed=0), new_run(seed=1)
    panel = RunsPanel(ll.runs())
    ask(panel, type="compare", ids=[a.id, b.id])
    message = next(sent for sent, _ in panel.comm.custom if sent["type"] == "compared")
    json.dumps(message, allow_nan=False)
    assert message["ids"] == [a.id, b.id]
    assert message["traces"][0]["losses"] == pytest.approx([0.7, 0.6, 0.5])
    assert message["traces"][0]["best"] == pytest.approx([0.6, 0.7, 0.8])
    assert {"what": "asked", "name": "seed", "values": ["0", "1"]} in message["differs"]
    assert "has no model" in message["pairs"][0]["why"]
    assert eval(message["code"], {"ll": ll}).runs[0].id == a.id
    assert "wanted 2 to 8" in ask(panel, type="compare", ids=[a.id])["error"]
    shutil.rmtree(b.path)
    assert "no run" in ask(panel, type="compare", ids=[a.id, b.id])["error"]


@pytest.mark.parametrize("content", [{"type": "compare", "ids": "ab"}, {"type": "tags", "id": None, "tags": 3}])
def test_what_cannot_be_read_is_answered_by_the_list(content) -> None:
    panel = RunsPanel(ll.runs())
    assert ask(panel, **content)["runs"] == []


def test_a_damaged_folder_is_listed_and_harms_nothing() -> None:
    run = new_run()
    (run.path / "run.json").write_text("{")
    (listed,) = ask(RunsPanel(ll.runs()), type="list")["runs"]
    assert listed["status"] == "damaged"
