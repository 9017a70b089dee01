"""Where a growth ended, and how the clock bent it on the way: enough to take the same way again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OUTSIDE = ("interrupt", "deadline", "out of memory")
"""Endings that no number decides: the user's, the clock's, the machine's. Others come by themselves."""


@dataclass(frozen=True)
class Ending:
    """The end of one growth of a member.

    Args:
        ended: why it ended; empty for "of itself".
        size: penalties, steps or boosting rounds done.
        bends: `(step, end)`: after that step the schedule's end was moved, to fit into the time left.
        failure: why nothing came of it, in words; empty where something did.
        is_cut: whether the clock ended it, or shortened its schedule: with more time it would have gone on.
    """

    ended: str = ""
    size: int = 0
    bends: tuple[tuple[int, int], ...] = ()
    failure: str = ""
    is_cut: bool = False

    def at(self, size: int) -> str:
        """The word of the end from outside, where so much was done by then; else an empty string."""
        return self.ended if self.ended in OUTSIDE and size >= self.size else ""

    def next_turn(self, step: int) -> int | None:
        """The next step after `step` at which the schedule bends or all ends; None where there is none."""
        turns = [at for at, _ in self.bends] + ([self.size] if self.ended in OUTSIDE else [])
        return min((at for at in turns if at > step), default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        told = {"ended": self.ended, "size": self.size, "bends": [list(b) for b in self.bends], "failure": self.failure}
        return told | {"is_cut": self.is_cut}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Ending:
        """What `to_json` wrote."""
        bends = tuple((int(step), int(end)) for step, end in data["bends"])
        is_cut = bool(data.get("is_cut", False))  # runs of earlier versions did not say
        return Ending(str(data["ended"]), int(data["size"]), bends, str(data["failure"]), is_cut)
