"""The search on made-up trials: order, budget by an injected clock, what is kept, what a kill costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pytest

from lepton_lab.fitting.grown import Grown
from lepton_lab.journal import RunFolder, create_run
from lepton_lab.training.control import Control
from lepton_lab.training.progress import Progress
from lepton_lab.tuning import search as searching
from lepton_lab.tuning.budget import StudyBudget
from lepton_lab.tuning.default import Default
from lepton_lab.tuning.entry import Entry
from lepton_lab.tuning.search import Plan, next_batch, search
from lepton_lab.tuning.setting import Setting
from lepton_lab.tuning.space import read_space
from lepton_lab.tuning.store import Store
from lepton_lab.tuning.trial import Trial
from tests.tuning.settings_for_tests import setting


class Clock:
    """Seconds that pass when a trial says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Made:
    """A trial without training: noise around the truth that shrinks from rung to rung, to its own floor."""

    member = "network"
    clock = Clock()
    reached: ClassVar[list[tuple[float, int]]] = []
    seconds = 1.0

    def __init__(self, ground: Setting, params: Mapping[str, Any]) -> None:
        self.params, self.ground, self.rung = params, ground, -1
        # Best at 1e-2, seen at every rung.
        self.floor = abs(np.log10(params["learning_rate"]) + 2)

    def reach(self, rung: int, control: Control) -> str:
        type(self).reached.append((self.params["learning_rate"], rung))
        self.clock.now += self.seconds
        control.report(Progress())
        if control.ended():
            return control.ended()
        self.rung = rung
        return ""

    def grown(self) -> list[Grown]:
        if self.rung < 0:
            return []
        y = self.ground.judged.y
        logits = ((2.0 * y - 1) / (0.3 + self.floor + 0.5 / (1 + self.rung)))[:, None]
        return [Grown("network", np.array([0.0]), np.array([0.0]), [logits].__getitem__, None)]  # type: ignore[arg-type]

    def release(self) -> None:
        pass

    def full_s(self) -> float | None:
        return None

    def stored(self) -> tuple[dict, dict]:
        return {"rung": np.array(self.rung)}, {}

    def restore(self, stored: tuple[dict, dict]) -> bool:
        self.rung = int(stored[0].get("rung", np.array(-1)))
        return True

    def history(self) -> list[Progress]:
        return []


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> type[Made]:
    monkeypatch.setattr(searching, "MAKE", {"network": Made})
    Made.reached, Made.clock = [], Clock()
    return Made


SPACE = read_space({"learning_rate": (1e-4, 0.5)})
DEFAULT = Default(Trial(0, "default", {}, (1.0,)), [], (), None, np.zeros(0))  # type: ignore[arg-type]


def run(plan: Plan, *, store: Store | None = None, control: Control | None = None, say: Any = None) -> list[Entry]:
    return search(setting(), plan, DEFAULT, store or Store(), control or Control(), say or (lambda entries: None))


def test_the_better_third_goes_on_and_numbers_follow_the_asking(made: type[Made]) -> None:
    entries = run(Plan(19, space=SPACE, batch=18))
    assert [entry.number for entry in entries] == list(range(1, 19))
    floor = {entry.number: abs(np.log10(entry.contender.params["learning_rate"]) + 2) for entry in entries}
    order = sorted(floor, key=lambda number: floor[number])
    by_rungs = {n: [e.number for e in entries if len(e.values) == n] for n in (1, 2, 3)}
    assert set(by_rungs[3]) == set(order[:2]) and set(by_rungs[2]) == set(order[2:6]) and len(by_rungs[1]) == 12
    assert {e.number for e in entries if e.state == "complete"} == set(by_rungs[3])
    assert {e.state for e in entries if len(e.values) < 3} == {"pruned"}
    # A trial is trained to each rung once, and never again.
    assert len(made.reached) == len(set(made.reached)) == 18 + 6 + 2


def test_a_seed_asks_the_same_trials(made: type[Made]) -> None:
    points = [[e.contender.params for e in run(Plan(20, space=SPACE, batch=7, seed=seed))] for seed in (1, 1, 2)]
    assert points[0] == points[1] != points[2]


def test_everything_is_told(made: type[Made]) -> None:
    seen: list[int] = []
    entries = run(Plan(10, space=SPACE), say=lambda es: seen.append(sum(len(e.values) for e in es)))
    assert seen == sorted(seen) and seen[-1] == sum(len(e.values) for e in entries)


@pytest.mark.parametrize("budget_s", [20.0, 60.0, 300.0])
def test_a_budget_ends_the_search_in_time_and_is_used(made: type[Made], budget_s: float) -> None:
    budget = StudyBudget(budget_s, began=100.0, clock=made.clock)
    budget.expect_regrowth(0.1 * budget_s, is_needed=True)
    control = Control()

    def report(progress: Progress) -> None:
        if budget.search_left_s() <= 0:
            control.stop.set()

    entries = run(Plan(500, space=SPACE), control=Control(report, control.stop))
    spent = made.clock.now - 100.0
    assert spent + 0.1 * budget_s <= 1.1 * budget_s
    assert spent >= 0.75 * budget_s
    assert len(entries) < 499 and any(e.state == "stopped" for e in entries)


def test_the_time_that_is_kept_back() -> None:
    clock = Clock()
    budget = StudyBudget(100.0, began=100.0, clock=clock)
    assert budget.search_left_s() == 83.0  # finishing, and half of the most for growing again
    budget.expect_regrowth(10.0, is_needed=False)
    assert budget.search_left_s() == 88.0
    budget.expect_regrowth(50.0, is_needed=False)
    assert budget.search_left_s() == 98.0  # too long to be worth it
    budget.expect_regrowth(50.0, is_needed=True)
    assert budget.search_left_s() == 68.0
    clock.now += 30
    assert (budget.elapsed_s(), budget.left_s(), budget.search_left_s()) == (30.0, 68.0, 38.0)
    assert StudyBudget(None, 0.0).search_left_s() == float("inf")


@pytest.mark.parametrize(
    ("left", "affordable", "size"),
    [(31, 1e9, 16), (15, 1e9, 15), (17, 1e9, 9), (63, 7.9, 7), (63, 0.1, 3), (2, 0.1, 2)],
)
def test_batches_fit_the_time(left: int, affordable: float, size: int) -> None:
    assert next_batch(left, Plan(batch=16), affordable) == size


def folder() -> RunFolder:
    return create_run("tune", {"target": "search"}, "", 1)


def told(entries: list[Entry]) -> list[tuple]:
    return [(e.number, dict(e.contender.params), e.values, e.state) for e in entries]


@pytest.mark.parametrize("killed_after", [1, 9, 19, 23, 33])
def test_a_killed_search_goes_on_where_it_was(made: type[Made], killed_after: int) -> None:
    plan, run_folder = Plan(31, space=SPACE, batch=15), folder()
    whole = told(run(plan))
    made.reached = []

    def killed(progress: Progress) -> None:
        if len(made.reached) == killed_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan, store=Store(run_folder), control=Control(killed))
    before = made.reached[:-1]
    made.reached = []
    again = run(plan, store=Store(run_folder, resume=True))
    assert told(again) == whole
    assert not set(made.reached) & set(before), "what had been trained was trained again"


def test_a_truncated_file_costs_that_trial_alone(made: type[Made]) -> None:
    plan, run_folder = Plan(10, space=SPACE), folder()
    whole = run(plan, store=Store(run_folder))
    victim = next(e for e in whole if e.state == "complete")
    path = run_folder.path / "checkpoints" / f"trial-{victim.name}.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    made.reached = []
    again = run(plan, store=Store(run_folder, resume=True))
    assert told(again) == told(whole)
    assert {rate for rate, _ in made.reached} == {victim.contender.params["learning_rate"]}


def test_other_parameters_under_the_same_number_are_not_mistaken(made: type[Made]) -> None:
    run_folder = folder()
    run(Plan(6, space=SPACE), store=Store(run_folder))
    made.reached = []
    run(Plan(6, space=SPACE, seed=9), store=Store(run_folder, resume=True))
    assert len(made.reached) >= 5


def test_a_search_of_one_trial_is_the_default_alone(made: type[Made]) -> None:
    assert run(Plan(1, space=SPACE)) == []
    assert made.reached == []
