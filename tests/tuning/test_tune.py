"""`ll.tune` from end to end on small frames: a model as good as the default's or better, whatever happens meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab.errors import MissingPackageError, OptionError, RunError
from lepton_lab.tuning.study import StudyProgress
from tests.small_models import TASKS, small_frame

QUICK: dict[str, Any] = {
    "target": "outcome", "trials": 6, "quality": "fast", "sampler": "random",
    "space": {"size": ["small"], "learning_rate": (5e-4, 1e-2), "epochs": (3, 9), "trees.leaves": (3, 15)},
}  # fmt: skip


@lru_cache
def study(task: str) -> ll.Study:
    return ll.tune(small_frame(task), **QUICK)


@pytest.mark.parametrize("task", TASKS)
def test_a_study_of_every_task(task: str, tmp_path: Path) -> None:
    found, df = study(task), small_frame(task)
    assert [trial.number for trial in found.trials] == list(range(6))
    assert found.trials[0].member == "default"
    assert {trial.member for trial in found.trials[1:]} == {"network", "trees"}
    board = {line.name: line for line in found.leaderboard}
    assert board["ensemble"].gain.value >= 0, "worse than the default recipe on the validation rows"
    assert board["default recipe"].gain.value == 0
    assert found.best.state == "complete"
    model = found.model
    assert "test rows, kept out of training" in model.metrics_note
    assert model.held_out is not None and model.blend.weights.sum() == pytest.approx(1)
    model.save(tmp_path / "study.lepton")
    np.testing.assert_allclose(ll.load(tmp_path / "study.lepton").logits(df), model.logits(df), atol=1e-6)
    assert found.run_id is not None and found.model.run_id == found.run_id
    assert ll.attach(found.run_id).status == "done"
    text = repr(found)
    assert "6 trials" in text and "default recipe" in text and "held out" in text


def test_the_shown_figures_are_of_rows_no_trial_saw() -> None:
    found = study("binary")
    from lepton_lab.journal import open_run

    assert found.run_id is not None and found.model.held_out is not None
    rows = open_run(found.run_id).rows()
    assert rows is not None and rows.folds is not None
    used = np.unique(np.concatenate([part for fold in rows.folds for part in fold]))
    assert not set(used) & set(rows.test) and len(found.model.held_out.y) == len(rows.test)


def test_the_same_seed_gives_the_same_study() -> None:
    again = ll.tune(small_frame("binary"), **QUICK)
    assert [t.params for t in again.trials] == [t.params for t in study("binary").trials]
    np.testing.assert_allclose([t.value for t in again.trials], [t.value for t in study("binary").trials], atol=1e-6)
    df = small_frame("binary")
    np.testing.assert_allclose(again.model.logits(df), study("binary").model.logits(df), atol=1e-4)


def test_an_ensemble_of_several_networks_is_saved_and_explained(tmp_path: Path) -> None:
    from dataclasses import replace

    model = study("binary").model
    network = next(entry for entry in model.members if entry.name != "linear")
    network = model.member("network") or _some_network()
    twin = replace(network, name="network-2")
    many = replace(model, members=(network, twin), blend=replace(model.blend, weights=np.array([0.5, 0.5])))
    many.save(tmp_path / "many.lepton")
    loaded, df = ll.load(tmp_path / "many.lepton"), small_frame("binary")
    np.testing.assert_allclose(loaded.logits(df), many.logits(df), atol=1e-6)
    explained = ll.explain(many, df.head(2))
    total = explained.base_values + explained.values.sum(axis=1)
    np.testing.assert_allclose(total, many.logits(df.head(2))[:, 0], atol=1e-3)


def _some_network() -> Any:
    from tests.small_models import small_model

    return small_model("binary").member("network")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"space": {"lerning_rate": (1e-3, 1e-2)}}, OptionError, "Did you mean 'learning_rate'"),
        ({"sampler": "bayes"}, OptionError, "sampler='bayes'"),
        ({"metric": "rmse"}, OptionError, "metric"),
        ({"trials": 0}, OptionError, "trials=0"),
        ({"trials": 2.5}, OptionError, "trials=2.5"),
        ({"seed": -1}, OptionError, "seed"),
        ({"budget": "soon"}, OptionError, "soon"),
        ({"target": "outcom"}, ll.LeptonError, "outcome"),
        ({"quality": "bset"}, OptionError, "Did you mean 'best'"),
        ({"budget": 0.05}, OptionError, "too short to tune"),
    ],
)
def test_what_cannot_work_is_said(options: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        ll.tune(small_frame("binary"), **(QUICK | options))
    assert words in str(caught.value)


def test_without_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingPackageError, match=r"lepton-lab\[tune\]"):
        ll.tune(small_frame("binary"), **QUICK)


@pytest.mark.parametrize("stage", ["the default recipe", "searching"])
def test_an_interrupt_keeps_what_finished(stage: str) -> None:
    def report(standing: StudyProgress) -> None:
        if standing.stage == stage and (stage != "searching" or any(t.values for t in standing.trials[1:])):
            os.kill(os.getpid(), signal.SIGINT)

    sent: list[bool] = []

    def once(standing: StudyProgress) -> None:
        if not sent:
            report(standing)
            sent.extend([True] if standing.stage == stage and (stage != "searching" or standing.trials[1:]) else [])

    found = ll.tune(small_frame("binary"), report=once, **QUICK)
    assert "stopped by the user" in found.notes[0]
    assert len(found.model.predict(small_frame("binary"))) == 300
    assert found.run_id is not None and ll.attach(found.run_id).status == "stopped"


KILLED = """
    import os
    import lepton_lab as ll
    from tests.small_models import small_frame
    from tests.tuning.test_tune import QUICK

    def report(standing):
        if sum(len(t.values) for t in standing.trials) >= 4:
            os._exit(9)

    ll.tune(small_frame("binary"), report=report, **QUICK)
"""


def test_a_killed_search_is_resumed(tmp_path: Path) -> None:
    script = [sys.executable, "-c", textwrap.dedent(KILLED)]
    killed = subprocess.run(script, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr
    record = next(run for run in ll.runs() if run.status == "killed" and run.kind == "tune")
    with pytest.raises(RunError, match="another frame"):
        ll.tune(small_frame("binary", seed=5), resume=record.id)
    trained: list[int] = []
    found = ll.resume(record.id, small_frame("binary"), report=lambda p: trained.append(p.step))
    assert isinstance(found, ll.Study)
    whole = study("binary")
    assert [t.params for t in found.trials] == [t.params for t in whole.trials]
    np.testing.assert_allclose([t.value for t in found.trials], [t.value for t in whole.trials], atol=1e-5)
    df = small_frame("binary")
    np.testing.assert_allclose(found.model.logits(df), whole.model.logits(df), atol=1e-3)
    with pytest.raises(RunError, match="done"):
        ll.tune(df, resume=record.id)


def test_a_training_is_no_search_to_resume() -> None:
    from lepton_lab.journal import create_run

    run = create_run("train", {"target": "outcome"}, "", 300)
    run.set_status("failed")
    with pytest.raises(RunError, match="no search"):
        ll.tune(small_frame("binary"), resume=run.id)


def test_a_direction_that_is_asked_for_holds_in_the_ensemble() -> None:
    df = small_frame("binary")
    found = ll.tune(df, monotone={"age": 1}, **(QUICK | {"trials": 3}))
    row = df.drop(columns="outcome").iloc[[0]].loc[[df.index[0]] * 60].assign(age=np.linspace(18, 80, 60).round())
    logits = found.model.logits(row)[:, 0]
    assert (np.diff(logits) >= -1e-5).all()


def test_the_leaderboard_is_told_while_it_grows() -> None:
    told: list[StudyProgress] = []
    ll.tune(small_frame("regression"), report=told.append, **QUICK)
    assert told[0].stage == "the default recipe" and told[-1].stage == "the ensemble"
    n_values = [sum(len(t.values) for t in standing.trials) for standing in told]
    assert n_values == sorted(n_values)
    best = [standing.best.value for standing in told if standing.best is not None]
    assert best == sorted(best, reverse=True)
    progress = told[-1].as_progress()
    assert (progress.stage, progress.n_epochs, progress.metric_name) == ("tune", 6, "rmse")
