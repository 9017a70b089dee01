"""Runs on disk: what survives a crash, a full disk, a second kernel, and time."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lepton_lab.errors import RunError
from lepton_lab.evaluation.run_table import Runs
from lepton_lab.journal import LiveRun, Run, RunFolder, create_run, home, list_runs, lock, open_run, store
from lepton_lab.training.progress import Progress

FIRST = Progress(
    stage="network",
    member="network",
    fold=None,
    n_folds=None,
    epoch=1.0,
    n_epochs=10.0,
    step=40,
    train_loss=0.6,
    valid_loss=0.5,
    metric_name="auc",
    metric=0.7,
    best_metric=0.7,
    is_best=True,
    elapsed_s=0.3,
    remaining_s=None,
    compiling=False,
    message="",
)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A fresh home for runs."""
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path))
    home.cache_clear()
    yield tmp_path / "runs"
    home.cache_clear()


def new_run(target="bad") -> RunFolder:
    return create_run("train", {"target": target, "seed": 0}, fingerprint="f00", n_rows=100)


class TestHome:
    def test_is_lepton_home_when_asked_and_private_and_hidden_from_git(self, runs):
        run = new_run()
        assert run.path.parent == runs == home()
        assert run.path.stat().st_mode & 0o777 == 0o700
        assert runs.stat().st_mode & 0o777 == 0o700
        assert "*" in (runs / ".gitignore").read_text().splitlines()

    def test_git_sees_nothing_of_it(self, runs):
        new_run()
        git = {"cwd": runs.parent, "capture_output": True, "text": True, "check": True}
        subprocess.run(["git", "init", "-q"], **git)
        assert subprocess.run(["git", "status", "--porcelain", "--untracked-files=all"], **git).stdout == ""

    def test_is_the_working_folder_else_the_users_folder_and_resolved_once(self, tmp_path, monkeypatch):
        monkeypatch.delenv("LEPTON_HOME")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
        monkeypatch.chdir(tmp_path)
        home.cache_clear()
        assert home() == tmp_path / ".lepton" / "runs"
        assert not (tmp_path / ".lepton").exists()  # asking makes nothing
        monkeypatch.chdir("/")
        assert home() == tmp_path / ".lepton" / "runs"
        home.cache_clear()
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert home() == tmp_path / "user" / "lepton-lab" / "runs"
        home.cache_clear()


class TestFiles:
    def test_what_was_asked_is_kept(self, runs):
        run = new_run("Is Bad?")
        record = open_run(run.id).record()
        assert (record.status, record.kind, record.n_rows, record.fingerprint) == ("running", "train", 100, "f00")
        assert record.config == {"target": "Is Bad?", "seed": 0}
        assert run.id.endswith("-is-bad")

    def test_runs_of_one_second_are_listed_newest_first(self, runs):
        made = [new_run().id for _ in range(8)]
        assert [record.id for record in list_runs()] == made[::-1]

    def test_progress_comes_back_as_it_was(self, runs):
        run = new_run()
        second = replace(FIRST, epoch=2.0, best_metric=0.8)
        run.append(FIRST)
        run.append(second)
        assert run.history() == (FIRST, second)
        assert run.progress() == second
        assert (run.record().metric_name, run.record().score) == ("auc", 0.8)

    def test_a_line_cut_off_by_a_crash_is_left_out(self, runs):
        run = new_run()
        run.append(FIRST)
        with (run.path / "progress.jsonl").open("a") as file:
            file.write('{"stage": "netw')
        assert run.history() == (FIRST,)
        assert run.progress() == FIRST

    def test_a_checkpoint_is_replaced_whole(self, runs):
        run = new_run()
        assert run.load_checkpoint("network") is None
        for step in (1, 2):
            run.save_checkpoint("network", {"w": np.full((2, 3), step, np.float32)}, {"step": step})
        arrays, meta = run.load_checkpoint("network")
        assert meta == {"step": 2}
        np.testing.assert_array_equal(arrays["w"], np.full((2, 3), 2, np.float32))
        assert [p.name for p in (run.path / "checkpoints").iterdir()] == ["network.safetensors"]

    def test_a_single_number_comes_back_as_one(self, runs):
        run = new_run()
        run.save_checkpoint("network", {"step": np.array(7)}, {})
        arrays, _ = run.load_checkpoint("network")
        assert arrays["step"].shape == () and int(arrays["step"]) == 7

    def test_a_damaged_checkpoint_counts_as_none(self, runs):
        run = new_run()
        run.save_checkpoint("network", {"w": np.ones(9)}, {})
        path = run.path / "checkpoints" / "network.safetensors"
        path.write_bytes(path.read_bytes()[:-20])
        assert run.load_checkpoint("network") is None

    @pytest.mark.parametrize("content", ["", "{", "[1]", '{"status": 3', None])
    def test_a_corrupt_run_is_reported_and_the_others_listed(self, runs, content):
        good, bad = new_run(), new_run()
        if content is None:
            (bad.path / "run.json").unlink()
        else:
            (bad.path / "run.json").write_text(content)
        statuses = {record.id: record.status for record in list_runs()}
        assert statuses == {good.id: "running", bad.id: "damaged"}
        assert "run.json cannot be read" in repr(Runs(list_runs()))

    def test_rows_come_back_with_their_folds(self, runs):
        from lepton_lab.data.split import Split

        folds = ((np.array([0, 1]), np.array([2])), (np.array([2, 1]), np.array([0])))
        run = new_run()
        run.save_rows(Split(np.array([0, 1, 2]), np.array([], int), np.array([3]), folds, True))
        back = run.rows()
        assert back is not None and back.nested and back.test.tolist() == [3]
        assert [(a.tolist(), b.tolist()) for a, b in back.folds] == [([0, 1], [2]), ([2, 1], [0])]


class TestFinding:
    def test_by_the_beginning_of_its_id(self, runs):
        run = new_run()
        assert open_run(run.id[:4]).path == run.path

    def test_an_unknown_id_says_what_to_type(self, runs):
        run = new_run()
        with pytest.raises(RunError, match=rf"no run '{run.id}x'.*1 runs.*Did you mean '{run.id}'.*ll.runs\(\)"):
            open_run(run.id + "x")

    @pytest.mark.parametrize("id", ["", ".", "..", "../..", "/"])
    def test_never_leaves_home(self, runs, id):
        new_run()
        with pytest.raises(RunError):
            open_run(id)

    def test_an_ambiguous_beginning_lists_the_runs(self, runs, monkeypatch):
        ids = iter(["aaab-x", "aaac-x"])
        monkeypatch.setattr(store, "_new_id", lambda word: next(ids))
        new_run(), new_run()
        with pytest.raises(RunError, match="2 runs begin with 'aaa': aaab-x, aaac-x"):
            open_run("aaa")

    def test_the_list_is_a_table_newest_first(self, runs):
        first, second = new_run(), new_run()
        (first.path / "run.json").write_text((first.path / "run.json").read_text().replace("20", "19", 1))
        second.append(FIRST)
        lines = repr(Runs(list_runs())).splitlines()
        assert lines[0].split() == ["id", "status", "started", "rows", "metric", "message"]
        assert lines[1].startswith(second.id) and "auc 0.7000" in lines[1]
        assert lines[2].startswith(first.id)

    def test_no_runs_says_how_to_make_one(self, runs):
        assert "ll.train(df" in repr(Runs(list_runs()))


class TestOldRunsMakeRoom:
    def test_the_oldest_go_but_never_a_running_one(self, runs):
        made = [new_run() for _ in range(6)]
        for age, run in enumerate(reversed(made)):
            run.set_status("done")
            os.utime(run.path, (time.time() - age, time.time() - age))
        running = made[0]
        running.take_over()
        os.utime(running.path, (1, 1))
        said = store.make_room(keep_runs=3)
        assert said.startswith("removed 3 old runs") and all(run.id in said for run in made[1:4])
        assert {record.id for record in list_runs()} == {made[0].id, made[4].id, made[5].id}

    def test_so_do_those_beyond_the_bytes(self, runs):
        old, new = new_run(), new_run()
        for run in (old, new):
            (run.path / "big").write_bytes(bytes(60_000))
            run.set_status("done")
        os.utime(old.path, (1, 1))
        assert old.id in store.make_room(keep_bytes=100_000)
        assert [record.id for record in list_runs()] == [new.id]

    def test_a_new_run_says_what_it_removed(self, runs, monkeypatch):
        old = new_run()
        old.set_status("done")
        monkeypatch.setattr(store.make_room, "__defaults__", (1, 10**9))
        assert old.id in new_run().removed


class TestLocks:
    def test_a_run_has_one_owner(self, runs):
        run = new_run()
        with pytest.raises(RunError, match=r"in use by process \d+.*ll.stop"):
            run.take_over()
        run.set_status("stopped", "by hand")
        run.take_over()
        assert run.record().status == "running"

    def test_two_runs_at_once_do_not_disturb_each_other(self, runs):
        made = []
        threads = [threading.Thread(target=lambda: made.append(new_run())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({run.id for run in made}) == 8
        assert {record.status for record in list_runs()} == {"running"}
        assert all(run.note is None for run in made)

    @pytest.mark.parametrize("_", range(100))
    def test_only_one_of_many_takers_gets_a_dead_lock(self, tmp_path, _):
        (tmp_path / "lock").write_text(json.dumps({"pid": 999_999_999, "started": "x", "host": lock.me().host}))
        won, lost = [], []

        def take() -> None:
            try:
                lock.acquire(tmp_path)
                won.append(1)
            except RunError:
                lost.append(1)

        # Threads that change at every step find the gaps between looking and doing.
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            threads = [threading.Thread(target=take) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(before)
        assert (len(won), len(lost)) == (1, 7)
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]

    def test_a_reused_process_id_is_not_the_owner(self, runs):
        run = new_run()
        (run.path / "lock").write_text(json.dumps({"pid": os.getpid(), "started": "long ago", "host": lock.me().host}))
        assert run.record().status == "killed"

    def test_a_lock_from_another_host_lives_while_its_run_writes(self, runs):
        run = new_run()
        (run.path / "lock").write_text(json.dumps({"pid": 1, "started": "?", "host": "elsewhere"}))
        assert run.record().status == "running"
        for path in run.path.iterdir():
            os.utime(path, (1, 1))
        assert run.record().status == "killed"

    def test_a_killed_process_is_noticed_and_its_run_can_be_taken_over(self, runs):
        code = (
            "import time; from lepton_lab.journal import create_run\n"
            "print(create_run('train', {'target': 'bad'}, 'f00', 9).id, flush=True); time.sleep(60)"
        )
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        run = open_run(process.stdout.readline().strip())
        assert run.record().status == "running"
        with pytest.raises(RunError, match=f"in use by process {process.pid}"):
            run.take_over()
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert run.record().status == "killed"
        run.take_over()
        assert run.record().status == "running"


class TestTrouble:
    """A full disk or a read-only folder while journaling."""

    @pytest.fixture
    def full(self, monkeypatch):
        def refuse(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        return lambda: [monkeypatch.setattr(Path, "replace", refuse), monkeypatch.setattr(Path, "open", refuse)]

    @pytest.mark.parametrize(
        "write",
        [
            lambda run: run.append(FIRST),
            lambda run: run.save_checkpoint("network", {"w": np.ones(3)}, {}),
            lambda run: run.set_status("done"),
        ],
    )
    def test_a_full_disk_leaves_a_note_and_raises_nothing(self, runs, full, write):
        run = new_run()
        full()
        write(run)
        assert "No space left on device" in run.note and run.id in run.note

    def test_a_write_that_failed_leaves_no_part_behind(self, runs, monkeypatch):
        run = new_run()
        run.save_checkpoint("network", {"w": np.ones(3)}, {"step": 1})
        monkeypatch.setattr(Path, "replace", lambda a, b: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        run.save_checkpoint("network", {"w": np.zeros(3)}, {"step": 2})
        assert run.load_checkpoint("network")[1] == {"step": 1}
        assert len(list((run.path / "checkpoints").iterdir())) == 1

    def test_a_folder_that_cannot_be_made_is_no_obstacle(self, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("not a folder")
        monkeypatch.setenv("LEPTON_HOME", str(tmp_path / "file"))
        home.cache_clear()
        run = new_run()
        run.append(FIRST)
        assert "no journal" in run.note and "LEPTON_HOME" in run.note
        assert list_runs() == []
        home.cache_clear()


class TestRun:
    def test_an_unknown_later_field_is_ignored(self, runs):
        run = new_run()
        (run.path / "progress.jsonl").write_text(json.dumps(FIRST.to_json() | {"colour": "red"}) + "\n")
        assert run.progress() == FIRST

    def test_what_training_raises_waits_in_the_result(self, runs):
        def fail(live: LiveRun):
            live.report(FIRST)
            raise RunError("gone wrong")

        run = LiveRun(new_run()).work_in_background(fail)
        with pytest.raises(RunError, match="gone wrong"):
            run.result(timeout=60)
        assert run.status == "failed" and "gone wrong" in run.record.message
        told = replace(FIRST, run=run.id)
        assert run.progress == told and run.history() == (told,)

    def test_a_stop_from_another_process_is_heard_with_the_next_report(self, runs):
        heard = threading.Event()

        def wait(live: LiveRun):
            while not live.stop.wait(0.02):
                live.report(FIRST)
            heard.set()
            raise RunError("stopped early")

        run = LiveRun(new_run()).work_in_background(wait)
        code = f"from lepton_lab.journal import Run, open_run; f = open_run({run.id!r}); Run(f.id, f.path).stop()"
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "LEPTON_HOME": str(runs.parent)})
        assert heard.wait(60)

    def test_a_run_without_a_model_says_how_to_go_on(self, runs):
        folder = new_run()
        folder.set_status("failed", "out of memory")
        with pytest.raises(RunError, match=r"failed \(out of memory\).*ll.resume"):
            Run(folder.id, folder.path).result()

    def test_a_run_elsewhere_that_goes_on_times_out(self, runs):
        folder = new_run()
        with pytest.raises(RunError, match=r"still runs after 0.05 s"):
            Run(folder.id, folder.path).result(timeout=0.05)
