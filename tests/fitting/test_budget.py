"""The budget: its parts fit in it, and what is not worth beginning is not begun."""

from __future__ import annotations

import time

import pytest

from lepton_lab.fitting.budget import Budget, can_regrow

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
