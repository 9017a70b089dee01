"""What a search asks of a trial, whatever it trains: go on to a rung, be judged, be kept on disk, be grown anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from lepton_lab.fitting.grown import Grown
from lepton_lab.fitting.kept import Kept
from lepton_lab.members.member import Member
from lepton_lab.training.control import Control

Stored = tuple[dict[str, np.ndarray], dict[str, Any]]


class Contender(Protocol):
    """A trial that can pause at a rung and go on from there."""

    member: str
    params: Mapping[str, Any]

    def reach(self, rung: int, control: Control) -> str:
        """Train to a rung; an empty string, or why it did not get there."""
        ...

    def grown(self) -> list[Grown]:
        """How it grew, a fold each; empty where it has nothing to show."""
        ...

    def release(self) -> None:
        """Let go of what only further training needs."""
        ...

    def full_s(self) -> float | None:
        """Seconds that one fold took, compilation left out; None where that is not known."""
        ...

    def stored(self) -> Stored:
        """All that going on from here needs, as arrays and plain JSON."""
        ...

    def restore(self, stored: Stored) -> bool:
        """Stand where `stored` stood; whether that was possible."""
        ...

    def regrow(self, end: float, control: Control, kept: Kept, name: str) -> Member:
        """The member trained on all rows of the problem, to this end.

        Raises:
            NothingGrownError: there was no time.
        """
        ...


def ended_of(endings: Sequence[str]) -> str:
    """The ending of a trial of several folds: whatever stopped the first that did not get there."""
    return next((ended for ended in endings if ended), "")
