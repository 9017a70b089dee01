"""A run ended by the clock or by its user, repeated bit for bit; and what cannot be repeated."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.data.table import read_table
from lepton_lab.errors import OptionError, RunError
from lepton_lab.fitting import members as growing
from lepton_lab.fitting.asked import Asked
from lepton_lab.fitting.course import Course, Repeat
from lepton_lab.fitting.fit import fit
from lepton_lab.fitting.train_run import train_run
from lepton_lab.journal import RunFolder, create_run, home, open_run
from lepton_lab.training.progress import Progress
from tests.loans import loans
from tests.small_models import small_frame


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A fresh home for runs."""
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path))
    home.cache_clear()
    yield tmp_path / "runs"
    home.cache_clear()


@pytest.fixture
def df() -> pd.DataFrame:
    return loans(200)


def stopped(df: pd.DataFrame, when: Callable[[Progress], bool], **options: Any) -> Any:
    """A model whose user pressed stop at the first progress that `when` is true of."""
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if when(progress):
            stop.set()

    asked = Asked(**{"target": "bad", "quality": "fast", **options})
    return train_run(df, asked, report=report, stop=stop)


CUTS: dict[str, Callable[[Progress], bool]] = {
    "at once": lambda p: p.stage == "linear",
    "before any validation": lambda p: p.stage == "network" and p.step > 0,
    "in the third fold": lambda p: p.stage == "network" and p.fold == 2 and p.valid_loss is not None,
    "before the trees on all rows": lambda p: p.stage == "trees",
}


@pytest.mark.parametrize("cut", CUTS)
def test_a_run_that_was_stopped_is_repeated_bit_for_bit(
    cut: str, df: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = stopped(df, CUTS[cut])
    # Another pace, as on a busier day.
    monkeypatch.setattr("lepton_lab.training.pace.CHUNK_S", 0.004)
    again = ll.train(df, target="bad", replay=model.run_id[:4])
    np.testing.assert_array_equal(model.logits(df), again.logits(df))
    assert [m.name for m in again.members] == [m.name for m in model.members]
    assert again.metrics == model.metrics
    assert any("the same weights, bit for bit" in note for note in again.notes)
    assert again.config["replay"] == model.run_id and again.config["quality"] == "fast"


def test_a_replay_can_be_replayed(df: pd.DataFrame) -> None:
    model = stopped(df, CUTS["at once"])
    again = ll.train(df, replay=ll.train(df, replay=model.run_id).run_id)
    np.testing.assert_array_equal(again.logits(df), model.logits(df))


@pytest.mark.parametrize("budget_s", [0.0, 0.7, 3.0])
def test_a_run_cut_by_its_budget_is_repeated_bit_for_bit(budget_s: float) -> None:
    df = loans(2500)
    began = time.monotonic() + (0.0 if budget_s else -1.0)
    asked = Asked(target="bad", budget=max(budget_s, 0.5))
    model = train_run(df, asked, began=began)
    again = ll.train(df, replay=model.run_id)
    np.testing.assert_array_equal(model.logits(df), again.logits(df))
    left_out = [note for note in model.notes if "left out" in note]
    assert [note for note in again.notes if "left out" in note] == left_out
    assert bool(left_out) or budget_s > 0


def test_a_run_that_was_killed_and_resumed_is_repeated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    df, run, grown = small_frame("binary", 250), create_run("train", {}, "", 250), []
    table, task, _ = read_table(df, target="outcome", weights="balanced")
    options: dict[str, Any] = {"quality": "fast", "weights": "balanced"}

    def killed_in_fold_three(*args: Any, **given: Any) -> object:
        if len(grown) == 2:
            raise KeyboardInterrupt
        grown.append(original(*args, **given))
        return grown[-1]

    original = growing.grow_network
    monkeypatch.setattr(growing, "grow_network", killed_in_fold_three)
    with pytest.raises(KeyboardInterrupt):
        fit(table, task, run=run, **options)
    monkeypatch.setattr(growing, "grow_network", original)
    assert run.course() is None  # it has not ended
    resumed = fit(table, task, run=run, resume=True, **options)
    course, rows = Course.from_json(run.course() or {}), run.rows()
    assert course.is_whole and rows is not None
    again = fit(table, task, repeat=Repeat(run.id, course, rows), **options)
    np.testing.assert_array_equal(resumed.logits(df), again.logits(df))


def test_a_replay_that_is_stopped_says_that_it_is_not_the_same(df: pd.DataFrame) -> None:
    model = stopped(df, CUTS["in the third fold"])
    again = stopped(df, CUTS["before any validation"], replay=model.run_id)
    notes = " ".join(again.notes)
    assert "stopped by the user" in notes and "its weights differ from the run's" in notes


def test_a_replay_that_was_killed_goes_on_as_one(df: pd.DataFrame) -> None:
    def die(progress: Progress) -> None:
        if progress.stage == "network" and progress.fold == 1:
            raise ZeroDivisionError

    model = stopped(df, CUTS["in the third fold"])
    with pytest.raises(ZeroDivisionError):
        ll.train(df, replay=model.run_id, report=die)
    resumed = ll.resume(ll.runs()[0].id, df)
    assert resumed.run_id != model.run_id
    np.testing.assert_array_equal(resumed.logits(df), model.logits(df))


class TestWhatCannotBeRepeated:
    """Each refusal says why, and what to type."""

    @pytest.fixture
    def run(self, df: pd.DataFrame) -> RunFolder:
        return open_run(str(stopped(df, CUTS["at once"]).run_id))

    def test_an_unknown_run(self, df: pd.DataFrame, run: RunFolder) -> None:
        with pytest.raises(RunError, match=r"no run 'zzzz'.*ll.runs"):
            ll.train(df, target="bad", replay="zzzz")

    def test_other_data(self, df: pd.DataFrame, run: RunFolder) -> None:
        with pytest.raises(RunError, match=r"of another frame \(200 rows\).*without replay"):
            ll.train(df.assign(age=df["age"] + 1), replay=run.id)
        assert len(ll.runs()) == 1

    @pytest.mark.parametrize(
        ("option", "words"),
        [
            ({"target": "age"}, "target='bad'; target='age'"),
            ({"quality": "best"}, "quality='fast'; quality='best'"),
            ({"budget": "60s"}, "budget=None; budget='60s'"),
            ({"seed": 2}, "seed=0; seed=2"),
            ({"monotone": {"age": 1}}, "monotone"),
            ({"weights": np.ones(200)}, "weights"),
            ({"ignore": ["age"]}, r"ignore=\(\)"),
        ],
    )
    def test_other_options(self, df: pd.DataFrame, run: RunFolder, option: dict[str, Any], words: str) -> None:
        with pytest.raises(OptionError, match=words) as error:
            ll.train(df, replay=run.id, **option)
        assert "without replay" in str(error.value)

    def test_the_same_options_are_no_other_ones(self, df: pd.DataFrame, run: RunFolder) -> None:
        assert ll.train(df, target="bad", quality="fast", replay=run.id).config["replay"] == run.id

    @pytest.mark.parametrize("lost", ["course.json", "rows.safetensors"])
    def test_a_run_without_a_record(self, df: pd.DataFrame, run: RunFolder, lost: str) -> None:
        (run.path / lost).write_bytes(b"{")
        with pytest.raises(RunError, match=r"left no whole record.*ll.resume"):
            ll.train(df, replay=run.id)

    def test_a_run_that_goes_on(self, df: pd.DataFrame, run: RunFolder) -> None:
        run.take_over()
        with pytest.raises(RunError, match="still runs"):
            ll.train(df, replay=run.id)

    def test_a_search(self, df: pd.DataFrame) -> None:
        folder = create_run("tune", {"target": "bad"}, "", 3)
        with pytest.raises(RunError, match="is a search: only trainings"):
            ll.train(df, replay=folder.id)


def test_other_versions_are_a_note(df: pd.DataFrame) -> None:
    model = stopped(df, CUTS["at once"])
    path = open_run(model.run_id).path / "course.json"
    course = json.loads(path.read_text())
    course["versions"]["jax"], course["machine"]["cores"] = "0.1.0", "77"
    path.write_text(json.dumps(course))
    notes = " ".join(ll.train(df, replay=model.run_id).notes)
    assert "jax 0.1.0 -> 0." in notes and "cores 77 -> " in notes and "Last digits may differ" in notes


def test_an_array_of_weights_is_remembered(df: pd.DataFrame) -> None:
    weights = np.linspace(1, 2, len(df))
    model = train_run(df, Asked(target="bad", budget=0.5, weights="(an array)"), weights=weights, began=0.0)
    again = ll.train(df, replay=model.run_id, weights=weights)
    np.testing.assert_array_equal(model.logits(df), again.logits(df))
    with pytest.raises(OptionError, match="weights"):
        ll.train(df, replay=model.run_id, weights=weights + 1)
