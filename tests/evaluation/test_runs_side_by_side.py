"""Runs side by side: names and tags, deletion, the leaderboard, and comparisons by a process that trained none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab import pictures
from lepton_lab.errors import OptionError, RunError
from lepton_lab.journal import RunFolder, create_run, handle, home, list_runs, open_run
from lepton_lab.journal.store import make_room
from lepton_lab.training.progress import Progress
from tests.pictures.examples import NASTY


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home without runs."""
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path))
    home.cache_clear()
    yield tmp_path / "runs"
    home.cache_clear()


def new_run(target: str = "bad", status: str = "done") -> RunFolder:
    run = create_run("train", {"target": target}, "f" * 32, 100)
    if status != "running":
        run.set_status(status)
    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """Three small models of one frame: two that held out the same rows, one of other rows and fewer columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEPTON_HOME", str(tmp_path_factory.mktemp("home")))
        home.cache_clear()
        rng = np.random.default_rng(0)
        df = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)}, index=[f"r{i}" for i in range(300)])
        df["bad"] = np.where(df["a"] + rng.normal(size=300) > 0, "yes", "no")
        made = {
            "a": ll.train(df, target="bad", quality="fast", budget="3s"),
            "b": ll.train(df, target="bad", quality="fast", budget="3s", ignore=["a"]),
        }
        handle._LIVE.clear()  # as another process would see them
        yield {"df": df, **made}
        home.cache_clear()


def test_a_run_is_renamed_and_tagged_in_a_file_of_its_own(empty) -> None:
    folder = new_run()
    before = (folder.path / "run.json").read_bytes()
    run = ll.attach(folder.id).rename(NASTY[0]).tag("baseline", "v1").tag("v1")
    assert (run.record.name, run.record.tags) == (NASTY[0].strip(), ("baseline", "v1"))
    assert run.untag("v1").record.tags == ("baseline",)
    assert run.untag().record.tags == ()
    assert (folder.path / "run.json").read_bytes() == before
    assert open_run(NASTY[0].strip()).id == folder.id
    assert run.rename("").record.name == ""
    assert pictures.text(ll.runs()).count(folder.id) == 1


@pytest.mark.parametrize(("verb", "word"), [("rename", "a\nb"), ("rename", "x" * 201), ("tag", ""), ("tag", "a,b")])
def test_labels_that_cannot_be_are_refused(empty, verb, word) -> None:
    run = ll.attach(new_run().id)
    with pytest.raises(OptionError, match=r"one line|without a comma"):
        getattr(run, verb)(word)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 3, "tags": "x"}', '{"tags": [1, "ok"]}'])
def test_labels_that_cannot_be_read_are_none(empty, text) -> None:
    folder = new_run()
    (folder.path / "labels.json").write_text(text)
    record = folder.record()
    assert (record.name, record.status) == ("", "done")
    assert record.tags == (("ok",) if "ok" in text else ())


def test_a_named_run_is_not_removed_to_make_room(empty) -> None:
    runs = [new_run() for _ in range(4)]
    ll.attach(runs[0].id).rename("keep me")
    make_room(keep_runs=2)
    assert runs[0].id in [run.id for run in list_runs()]
    assert len(list_runs()) < 4


def test_a_run_is_deleted_whole_and_says_so(empty) -> None:
    folder, other = new_run(), new_run()
    said = ll.attach(folder.id).delete()
    assert folder.id in said
    assert [run.id for run in ll.runs()] == [other.id]
    assert [path.name for path in empty.iterdir() if path.name != ".gitignore"] == [other.id]
    for gone in (ll.attach(other.id), ll.attach(other.id)):
        if other.path.exists():
            gone.delete()
        else:
            with pytest.raises(RunError, match="not there any more"):
                gone.delete()
            with pytest.raises(RunError, match="was deleted"):
                gone.rename("x")
    assert not other.path.exists()


def test_a_run_that_cannot_be_removed_stays_whole(empty, monkeypatch) -> None:
    run = new_run()

    def refuse(_path: Path, _to: Path) -> Path:
        raise PermissionError("in use")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(RunError, match="Nothing was changed"):
        ll.attach(run.id).delete()
    monkeypatch.undo()
    assert run.record().status == "done"
    assert not (run.path / "lock").exists()


def test_a_live_run_is_not_deleted(empty) -> None:
    running = new_run(status="running")
    with pytest.raises(RunError, match="in use by process"):
        ll.attach(running.id).delete()
    assert running.record().is_running


def test_a_live_run_of_another_process_is_not_deleted(empty) -> None:
    code = (
        "from lepton_lab.journal import create_run\nr = create_run('train', {'target': 'y'}, 'f', 1)\n"
        "print(r.id, flush=True)\ninput()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        id = other.stdout.readline().strip()
        with pytest.raises(RunError, match=f"in use by process {other.pid}"):
            ll.attach(id).delete()
        other.communicate("\n")
    assert open_run(id).record().status == "killed"
    assert "which was killed" in ll.attach(id).delete()


def test_what_a_cut_short_removal_left_is_swept_and_never_listed(empty) -> None:
    folder = new_run()
    folder.path.rename(empty / ".deleted-x-1")
    assert ll.runs() == ()
    make_room()
    assert not (empty / ".deleted-x-1").exists()


def test_the_leaderboard_ranks_by_held_out_metrics(trained) -> None:
    board = ll.runs().leaderboard()
    ids = [trained["a"].run_id, trained["b"].run_id]
    assert [one.run.id for one in board] == ids  # b cannot see the column that decides
    for one, name in zip(board, "ab", strict=True):
        assert one.estimate == trained[name].metrics["auc"]
        assert one.same_rows is True
    assert (board.metric, board.higher_is_better, board.target) == ("auc", True, "bad")
    assert [one.run.id for one in ll.runs().leaderboard("log_loss")] == ids
    assert all(f"{one.estimate.value:.4f}" in pictures.html(board) for one in board)
    assert ids[0] in pictures.text(board)
    with pytest.raises(OptionError, match="not known"):
        ll.runs().leaderboard("acu")
    with pytest.raises(RunError, match="Targets of runs with a model: bad"):
        ll.runs().leaderboard(target="good")


def test_a_comparison_from_disk_is_the_one_of_the_models(trained) -> None:
    a, b = trained["a"], trained["b"]
    found = ll.runs().compare(a.run_id, b.run_id)
    pair = found.pairs[b.run_id]
    whole = ll.compare(a, b)
    for name, one in whole.metrics.items():
        assert pair.metrics[name].difference.value == pytest.approx(one.difference.value, abs=1e-12)
        assert pair.metrics[name].a.value == pytest.approx(one.a.value, abs=1e-12)
    assert pair.n_rows == whole.n_rows
    assert found.asked["ignore"] == ([], ["a"])
    assert found.came["columns only it reads"] == (["a"], [])
    assert "<svg" in pictures.html(found)
    assert a.run_id in pictures.text(found)


def test_what_cannot_be_compared_is_said(trained) -> None:
    a = trained["a"]
    old = create_run("train", {"target": "bad"}, "f" * 32, 300)
    old.append(Progress(metric_name="auc", best_metric=0.7, elapsed_s=1.0))
    running = create_run("train", {"target": "bad"}, "f" * 32, 300)
    old.set_status("failed", "MemoryError")
    pairs = ll.runs().compare(a.run_id, old.id, running.id).pairs
    assert "failed and has no model" in pairs[old.id]
    assert "still runs" in pairs[running.id]
    running.set_status("done")
    with pytest.raises(OptionError, match="wanted 2 to 8"):
        ll.runs().compare(a.run_id, a.run_id)
    for folder in (old, running):
        ll.attach(folder.id).delete()


def test_a_folder_of_an_earlier_version_has_its_metrics_and_says_what_it_lacks(trained, tmp_path) -> None:
    a, b = trained["a"], trained["b"]
    folder = open_run(b.run_id)
    kept = {name: (folder.path / name).read_bytes() for name in ("result.json", "held_out.safetensors")}
    for name in kept:
        (folder.path / name).unlink()
    try:
        assert ll.runs().leaderboard().standings[1].estimate.value == pytest.approx(b.metrics["auc"].value)
        assert ll.runs().leaderboard().standings[1].same_rows is None
        assert "kept no answers" in ll.runs().compare(a.run_id, b.run_id).pairs[b.run_id]
    finally:
        for name, data in kept.items():
            (folder.path / name).write_bytes(data)


def test_another_frame_is_not_compared(trained) -> None:
    b = open_run(trained["b"].run_id)
    kept = (b.path / "run.json").read_text()
    (b.path / "run.json").write_text(json.dumps(json.loads(kept) | {"fingerprint": "other"}))
    try:
        said = ll.runs().compare(trained["a"].run_id, b.id).pairs[b.id]
        assert "different frames" in said
    finally:
        (b.path / "run.json").write_text(kept)


def test_a_loaded_model_is_measured_by_what_its_run_kept(trained, tmp_path) -> None:
    model = trained["a"]
    loaded = ll.load(ll.save(model, tmp_path / "a.lepton"))
    here, kept = ll.evaluate(model), ll.evaluate(loaded)
    assert (kept.metrics, kept.n_rows, kept.note) == (here.metrics, here.n_rows, here.note)
    assert pictures.html(kept) == pictures.html(here), "another curve, matrix or histogram"
    assert kept.at(0.3) == here.at(0.3)
    costs = {"false_alarm": 1, "missed": 5}
    assert repr(kept.for_costs(costs)) == repr(here.for_costs(costs))
    with pytest.raises(OptionError, match=r"only the answers were kept. Give the rows: ll.error_tree\(model, df\)"):
        kept.error_tree()


def test_a_threshold_set_by_hand_decides_what_a_run_kept(trained, tmp_path) -> None:
    model = trained["a"].with_threshold(0.9)
    loaded = ll.load(ll.save(model, tmp_path / "a.lepton"))
    np.testing.assert_array_equal(ll.evaluate(loaded).confusion, ll.evaluate(model).confusion)


@pytest.mark.parametrize("id", ["{b}", "../runs/{a}", "..", "", "nothing"], ids=repr)
def test_answers_of_another_run_or_place_are_not_taken_for_a_models(trained, id: str) -> None:
    named = id.format(a=trained["a"].run_id, b=trained["b"].run_id)
    stranger = replace(trained["a"], run_id=named, held_out=None)
    with pytest.raises(OptionError, match="evaluate needs a frame"):
        ll.evaluate(stranger)
