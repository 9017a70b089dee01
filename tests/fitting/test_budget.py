"""The budget: its parts fit in it, and what is not worth beginning is not begun."""

from __future__ import annotations

import time

import numpy as np
import pytest

from lepton_lab.fitting.budget import Budget, can_regrow
from lepton_lab.fitting.scores import measuring_s, resamples_in
from lepton_lab.metrics import RESAMPLES
from lepton_lab.tasks import Binary

PARTS = ["linear", "network", "network", "trees", "trees"]


def test_without_a_deadline_nothing_is_limited() -> None:
    budget = Budget(None, list(PARTS))
    assert budget.is_worth("network")
    assert budget.begin("network") is None
    assert budget.parts == ["linear", "network", "trees", "trees"]
    assert can_regrow(float("inf"))


@pytest.mark.parametrize("budget_s", [6, 30, 600])
def test_parts_that_use_all_they_get_end_within_the_budget(budget_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    budget = Budget(1000.0 + budget_s, list(PARTS), began=1000.0)
    for part in PARTS:
        if budget.is_worth(part):
            clock[0] = max(clock[0], budget.begin(part) or clock[0])
        else:
            budget.parts.remove(part)
    assert clock[0] <= 1000.0 + budget_s
    assert clock[0] >= 1000.0 + 0.5 * budget_s


def test_the_network_gets_most_of_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    budget = Budget(60.0, ["linear", "network", "trees"], began=0.0)
    budget.begin("linear")
    assert 35 < (budget.begin("network") or 0) < 55


def test_what_cannot_be_compiled_in_time_is_not_begun() -> None:
    assert not Budget(time.monotonic() - 1, list(PARTS)).is_worth("trees")
    assert Budget(time.monotonic() - 1, list(PARTS)).is_worth("linear")


def test_measuring_gets_its_time_but_never_most_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    budget = Budget(20.0, list(PARTS), began=0.0)
    assert budget.left_s() == pytest.approx(18.5)
    budget.measuring_s = 3.0
    assert budget.left_s() == pytest.approx(14.9)
    budget.measuring_s = 300.0
    assert budget.left_s() == pytest.approx(12.0)


@pytest.mark.parametrize("budget_s", [2.0, 8.0, 60.0])
def test_compilation_is_waited_for_until_the_time_of_the_others_begins(
    budget_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    budget = Budget(budget_s, ["network", "network", "trees", "trees"], began=0.0)
    latest, end = budget.latest("network"), budget.end()
    assert latest is not None and end is not None
    assert latest >= (budget.begin("network") or 0) - 1e-9 or budget_s < 8
    assert 0.5 * end <= latest < end
    alone = Budget(budget_s, ["network"], began=0.0)
    assert alone.latest("network") == alone.end()
    assert Budget(None, list(PARTS)).latest("network") is None


def test_short_of_time_intervals_rest_on_fewer_resamples() -> None:
    assert resamples_in(float("inf"), 3.0) == resamples_in(5.1, 3.0) == RESAMPLES
    assert resamples_in(2.5, 3.0) == RESAMPLES // 2
    assert resamples_in(-5.0, 3.0) == resamples_in(0.01, 3.0) > 0


def test_measuring_more_rows_is_expected_to_take_longer() -> None:
    draw = np.random.default_rng(0)
    y, logits = draw.integers(0, 2, 500), draw.normal(size=(500, 1))
    task = Binary("no", "yes")
    assert 0 < measuring_s(task, y, logits, None, 100) < measuring_s(task, y, logits, np.ones(500), 10_000_000)
