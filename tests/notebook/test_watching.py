"""Following a run from a panel: whatever happens, the panel hears the end."""

from __future__ import annotations

import pytest

from lepton_lab.errors import RunError
from lepton_lab.notebook.watching import _follow


class Watcher:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def report(self, progress: object) -> None:
        self.told.append(f"at {progress}")

    def finish(self, model: object, *, stopped: bool = False, can_go_on: bool = False) -> None:
        self.told.append(f"{model}{' stopped' if stopped else ''}{', may go on' if can_go_on else ''}")

    def fail(self, message: str) -> None:
        self.told.append(f"failed: {message}")


class Ended:
    """A run that has ended."""

    status = "stopped"

    def __init__(self, outcome: object) -> None:
        self.outcome = outcome

    def history(self) -> list[str]:
        return ["1", "2"]

    def result(self) -> object:
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


def test_the_end_is_told_after_what_came_before():
    watcher = Watcher()
    _follow(Ended("model"), watcher)
    assert watcher.told == ["at 1", "at 2", "model stopped, may go on"]


def test_a_run_that_failed_says_why():
    watcher = Watcher()
    _follow(Ended(RunError("the disk is full")), watcher)
    assert watcher.told[-1] == "failed: the disk is full"


def test_a_defect_is_told_and_raised():
    watcher = Watcher()
    with pytest.raises(ZeroDivisionError):
        _follow(Ended(ZeroDivisionError("x")), watcher)
    assert watcher.told[-1] == "failed: ZeroDivisionError: x"
