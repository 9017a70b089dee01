"""Fit end to end on small tables: every task, every end, weights, honest figures, and going on after a kill."""

from __future__ import annotations

import itertools
import threading
import time

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.encode_tabular import Block
from lepton_lab.data.split import Split
from lepton_lab.data.table import read_table
from lepton_lab.errors import OptionError
from lepton_lab.fitting import members as growing
from lepton_lab.fitting.budget import Budget
from lepton_lab.fitting.fit import fit, known_rows
from lepton_lab.fitting.grow import NothingGrownError
from lepton_lab.fitting.grow_trees import regrow_trees
from lepton_lab.fitting.kept import Kept
from lepton_lab.fitting.problem import Problem, Rows
from lepton_lab.fitting.recipe import recipe_for
from lepton_lab.journal import create_run
from lepton_lab.trained import TrainedModel
from lepton_lab.training.control import Control
from lepton_lab.training.learner import Learner
from lepton_lab.training.progress import Progress
from tests.small_models import TASKS, small_frame, small_model


def fitted(df: pd.DataFrame, **options: object) -> TrainedModel:
    table, task, _ = read_table(df, target="outcome")
    return fit(table, task, **{"quality": "fast", **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_beats_the_trivial_guess(task: str) -> None:
    model = small_model(task)
    metric = model.task.metrics[model.task.default_metric]
    trivial = next(row for name, row in model.leaderboard.items() if name.startswith("baseline"))
    assert metric.better(model.metrics[metric.name].value, trivial[metric.name].value)
    assert [m.name for m in model.members] == ["linear", "network", "trees"]
    assert model.blend.weights.sum() == pytest.approx(1)
    assert model.metrics[metric.name].low <= model.metrics[metric.name].value <= model.metrics[metric.name].high
    assert len(model.background_x) == len(model.background_values) == 100
    assert "out-of-fold" in model.metrics_note
    assert model.held_out is not None
    found = metric(model.held_out.y, model.held_out.logits, None)
    assert model.metrics[metric.name].value == pytest.approx(found)


def test_noise_scores_like_noise() -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(400, 5)), columns=list("abcde")).assign(
        word=rng.choice([f"w{i}" for i in range(40)], 400), outcome=rng.choice(["no", "yes"], 400)
    )
    model = fitted(df)
    auc = model.metrics["auc"]
    assert auc.low - 0.03 < 0.5 < auc.high + 0.03
    assert model.metrics["log_loss"].value < 0.72  # calibrated: hardly worse than saying one half


def test_the_same_seed_gives_the_same_model_and_another_seed_another() -> None:
    df = small_frame("binary", 150)
    one, again, other = fitted(df, seed=1), fitted(df, seed=1), fitted(df, seed=2)
    np.testing.assert_array_equal(one.logits(df), again.logits(df))
    assert not np.array_equal(one.logits(df), other.logits(df))


def test_balanced_weights_leave_probabilities_calibrated() -> None:
    rng = np.random.default_rng(0)
    n = 1500
    df = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)})
    df["outcome"] = np.where(rng.random(n) < 1 / (1 + np.exp(3 - df["a"])), "bad", "good")
    table, task, _ = read_table(df, target="outcome", weights="balanced")
    model = fit(table, task, quality="fast", weights="balanced")
    share = (df["outcome"] == "bad").mean()
    assert model.predict_proba(df)[:, 1].mean() == pytest.approx(share, rel=0.15)
    assert model.metrics["calibration_error"].value < 0.03


def test_a_metric_that_does_not_fit_and_an_unknown_quality() -> None:
    with pytest.raises(OptionError, match="rmse"):
        fitted(small_frame("binary"), metric="rmse")
    with pytest.raises(OptionError, match="'balanced'"):
        fitted(small_frame("binary"), quality="balanecd")


def test_progress_is_told_in_order_and_kept_for_the_curves() -> None:
    told: list[Progress] = []
    model = fitted(small_frame("binary", 150), control=Control(told.append), metric="log_loss")
    stages = list(dict.fromkeys(p.stage for p in told))
    assert [s for s in stages if s != "trees"] == ["baseline", "linear", "network", "blend", "done"]
    assert told[-1].metric == pytest.approx(model.metrics["log_loss"].value)
    assert {p.fold for p in told if p.stage == "linear"} == {0, 1, 2, 3, 4}
    assert all(a.elapsed_s <= b.elapsed_s for a, b in itertools.pairwise(told))
    assert any(p.stage == "network" for p in model.history)


@pytest.mark.parametrize("after", ["linear", "network"])
def test_a_stop_leaves_a_usable_model_that_says_so(after: str) -> None:
    stop, df = threading.Event(), small_frame("binary")

    def report(progress: Progress) -> None:
        if progress.stage == after and (after == "linear" or progress.is_best):
            stop.set()

    model = fitted(df, control=Control(report, stop))
    names = [m.name for m in model.members]
    assert names == (["linear"] if after == "linear" else ["linear", "network"])
    assert "stopped by the user" in model.notes[0]
    assert model.metrics["auc"].value > 0.7
    assert len(model.predict(df)) == len(df)


@pytest.mark.parametrize("budget_s", [0.0, 4.0])
def test_a_short_budget_leaves_a_usable_model(budget_s: float) -> None:
    df = small_frame("binary", 1000)
    began = time.monotonic()
    model = fitted(df, control=Control(deadline=began + budget_s))
    assert model.member("linear") is not None
    assert model.metrics["auc"].value > 0.7
    if budget_s == 0:
        assert [m.name for m in model.members] == ["linear"]
        assert any("time budget" in note for note in model.notes)
        assert "test rows" in model.metrics_note


def test_a_compilation_that_takes_too_long_leaves_the_other_members(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = threading.Event()

    def compile_for_ever(*_: object) -> float:
        compiled.wait(300)
        return 0.0

    monkeypatch.setattr(Learner, "advance", compile_for_ever)
    # Whoever is slow to begin leaves the network out for another reason.
    monkeypatch.setattr(Budget, "is_worth", lambda *_: True)
    model = fitted(small_frame("binary", 400), control=Control(deadline=time.monotonic() + 4))
    compiled.set()
    assert model.member("linear") is not None and model.member("network") is None
    assert any("while compiling" in note for note in model.notes)
    assert model.metrics["auc"].low < model.metrics["auc"].value < model.metrics["auc"].high


@pytest.mark.parametrize("failure", [MemoryError(), NothingGrownError("network: the loss was no finite number.")])
def test_a_member_that_fails_is_left_out_with_a_note(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(growing, "grow_network", fail)
    model = fitted(small_frame("regression"))
    assert [m.name for m in model.members] == ["linear", "trees"]
    assert any("finite" in note or "memory" in note for note in model.notes)


def test_a_killed_run_goes_on_from_the_folds_it_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    df = small_frame("binary", 250)
    whole = fitted(df)
    run = create_run("train", {}, "", len(df))
    grown = []

    def killed_in_fold_three(*args: object, **options: object) -> object:
        if len(grown) == 3:
            raise KeyboardInterrupt
        grown.append(original(*args, **options))  # type: ignore[arg-type]
        return grown[-1]

    original = growing.grow_network
    monkeypatch.setattr(growing, "grow_network", killed_in_fold_three)
    with pytest.raises(KeyboardInterrupt):
        fitted(df, run=run)
    monkeypatch.setattr(growing, "grow_network", original)
    told: list[Progress] = []
    resumed = fitted(df, run=run, resume=True, control=Control(told.append))
    assert {p.fold for p in told if p.stage == "network"} == {3, 4, None}
    np.testing.assert_allclose(resumed.logits(df), whole.logits(df), atol=1e-4)


def test_a_run_whose_rows_are_lost_keeps_nothing_that_may_have_seen_its_test_rows() -> None:
    df = small_frame("binary", 250)
    run = create_run("train", {}, "", len(df))
    fitted(df, run=run, control=Control(deadline=time.monotonic() + 4))  # no folds: a fifth of the rows for the test
    assert any((run.path / "checkpoints").iterdir())
    run.save_checkpoint("weights", {"weights": np.ones(250)}, {})
    (run.path / "rows.safetensors").write_bytes(b"not what was written")
    told: list[Progress] = []
    resumed = fitted(df, run=run, resume=True, control=Control(told.append))
    assert {p.fold for p in told if p.stage == "network"} == {0, 1, 2, 3, 4, None}
    assert any("cannot be read: rows were divided anew" in note for note in resumed.notes)
    assert run.load_checkpoint("weights") is not None
    assert known_rows(run, 250) is not None


@pytest.mark.parametrize(
    ("split", "holds"),
    [
        (Split(np.arange(0, 200), np.arange(200, 225), np.arange(225, 250)), True),
        (Split(np.arange(0, 200), np.arange(200, 225), np.arange(225, 251)), False),
        (Split(np.arange(0, 200), np.arange(200, 250), np.arange(190, 240)), False),
        (Split(np.arange(0, 200), np.arange(199, 225), np.arange(225, 250)), False),
        (Split(np.arange(0, 9), np.empty(0, int), np.arange(9, 12), ((np.arange(5), np.arange(4, 9)),)), False),
    ],
)
def test_rows_that_cannot_be_those_of_the_table_are_not_taken(split: Split, holds: bool) -> None:
    run = create_run("train", {}, "", 250)
    run.save_rows(split)
    assert (known_rows(run, 250) is not None) == holds


def test_a_run_killed_before_its_rows_were_kept_just_begins() -> None:
    run = create_run("train", {}, "", 120)
    model = fitted(small_frame("binary", 120), run=run, resume=True, control=Control(deadline=time.monotonic()))
    assert not any("divided anew" in note for note in model.notes)


def test_trees_that_find_no_split_on_all_rows_are_kept() -> None:
    table, task, _ = read_table(small_frame("binary", 100), target="outcome")
    x, blocks = np.zeros((100, 1), np.float32), (Block("amount", "numeric"),)
    problem = Problem(Rows(x, np.asarray(table.y), None, None), blocks, task, np.zeros(1), 0)
    place = Kept(None, False).place("trees-all")
    member = regrow_trees(problem, problem.rows, recipe_for("fast", 100, None), 5, Control(), place)
    assert len(np.unique(member.logits(x))) == 1


def test_rows_held_out_by_group_stay_together() -> None:
    df = small_frame("binary").assign(customer=lambda d: np.arange(len(d)) // 5)
    table, task, _ = read_table(df, target="outcome", split="group:customer")
    run = create_run("train", {}, "", len(df))
    fit(table, task, quality="fast", split="group:customer", run=run)
    rows = run.rows()
    assert rows is not None
    assert rows.folds is not None
    for train, valid in rows.folds:
        assert not set(df["customer"].iloc[train]) & set(df["customer"].iloc[valid])


@pytest.mark.slow
def test_many_rows_use_one_validation_set_and_a_test_set() -> None:
    model = fitted(small_frame("binary", 6000))
    assert "1,200 test rows" in model.metrics_note
    assert model.held_out is not None
    np.testing.assert_allclose(
        model.held_out.logits, model.logits_x(model.encoder.encode(model.held_out.table)), atol=1e-6
    )
