"""A run that its budget ended goes on with more time: from where it stood, with the same rows held out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lepton_lab as ll
from lepton_lab.errors import RunError
from lepton_lab.journal import home
from lepton_lab.training.control import Control
from lepton_lab.training.pace import Pace
from lepton_lab.training.progress import Progress
from tests.loans import loans


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A fresh home for runs."""
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path))
    home.cache_clear()
    yield
    home.cache_clear()


def test_a_run_that_its_budget_ended_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    df, told = loans(300), []
    seen = []
    with monkeypatch.context() as patch:
        # The clock, as far as this run knows: time is up at the second validation of the network's first fold.
        patch.setattr(Control, "ended", lambda _: "deadline" if len(seen) > 1 else "")
        first = ll.train(
            df, target="bad", quality="fast",
            report=lambda p: seen.append(p) if p.stage == "network" and p.valid_loss is not None else None,
        )  # fmt: skip
    assert first.run_id is not None
    run = ll.attach(first.run_id)
    assert (run.status, run.record.is_cut) == ("done", True)
    before = run.history()
    stood = max(p.epoch for p in before if p.stage == "network")

    model = ll.resume(first.run_id, df, report=told.append)
    assert run.record.status == "done" and not run.record.is_cut
    network = [p for p in told if p.stage == "network" and p.valid_loss is not None]
    assert network[0].epoch > stood - 1e-9, "it begins where it stood"
    assert run.history()[: len(before)] == before, "what was told before is still told"
    assert run.history()[-1].elapsed_s > before[-1].elapsed_s
    assert {m.name for m in model.members} >= {"linear", "network", "trees"}
    assert set(first.held_out.table.index) <= set(model.held_out.table.index), "folds are the same"
    with pytest.raises(RunError, match=r"done, and not because its time was up"):
        ll.resume(first.run_id, df)
    with pytest.raises(RunError, match="left no whole record"):
        ll.train(df, replay=first.run_id)


def test_a_shortened_schedule_is_opened_again() -> None:
    pace = Pace(1000)
    pace.bend(100, 400)
    assert pace.is_cut and pace.learning_rate(399) < 0.01
    pace.reopen(400)
    assert not pace.is_cut
    assert pace.learning_rate(400) == pytest.approx(Pace(1000).learning_rate(400))
    assert pace.learning_rate(999) < 0.01


def test_runs_of_earlier_versions_are_not_thought_cut() -> None:
    from lepton_lab.training.ending import Ending

    assert not Ending.from_json({"ended": "finished", "size": 3, "bends": [], "failure": ""}).is_cut
    assert Progress.from_json({"stage": "network", "epoch": 1.0}).attribution is None
