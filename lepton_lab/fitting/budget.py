"""The time of a call, shared among the parts still to come."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Relative costs of growing a member once, where nothing is known yet.
COSTS: Mapping[str, float] = {"linear": 0.05, "popularity": 0.01, "network": 1.0, "trees": 0.3}
# Below this a member is not begun: it would hardly be compiled, or imported, in that time.
LEAST_S: Mapping[str, float] = {"linear": 0.0, "popularity": 0.0, "network": 1.0, "trees": 0.5}
# What a member's first growth in a process costs beside its share: compilation, or the import of LightGBM.
FIRST_S: Mapping[str, float] = {"linear": 0.0, "popularity": 0.0, "network": 3.0, "trees": 1.5}
# With less time than this, growing members once more on more rows would take too much from growing them well.
_REGROW_NEEDS_S = 40.0
# Blending, measuring and drawing the background come last and need their time too: this much, and as long as
# intervals will take here; but no more than a share of the whole.
_FINISH_SHARE, _FINISH_MOST_SHARE, _FINISH_MOST_S, _MEASURING = 0.1, 0.4, 1.5, 1.2


@dataclass
class Budget:
    """Wall time until `deadline`, dealt to parts in proportion to their costs.

    Args:
        deadline: `time.monotonic()` seconds; None for no limit.
        parts: names of the members still to grow, one entry for each growth.
        measuring_s: how long measuring the result will take.
    """

    deadline: float | None
    parts: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    warm: set[str] = field(default_factory=set)
    measuring_s: float = 0.0

    def begin(self, part: str) -> float | None:
        """Take the next part off the list; the time at which it must have ended."""
        share = self._share_s(part)
        if part in self.parts:
            self.parts.remove(part)
        self.warm.add(part)
        return None if self.deadline is None else time.monotonic() + share

    def left_s(self) -> float:
        """Seconds for all parts still to come; infinite without a deadline."""
        end = self.end()
        return float("inf") if end is None else end - time.monotonic()

    def end(self) -> float | None:
        """When the last member must have grown, so that blending and measuring come in time; None for no limit."""
        if self.deadline is None:
            return None
        whole = max(0.0, self.deadline - self.began)
        finish = min(_FINISH_MOST_S, _FINISH_SHARE * whole) + _MEASURING * self.measuring_s
        return self.deadline - min(finish, _FINISH_MOST_SHARE * whole)

    def latest(self, part: str) -> float | None:
        """Until when a member's compilation is waited for: the time of the members after it is not touched."""
        end = self.end()
        if end is None:
            return None
        first, left = self._firsts(self.parts), max(0.0, self.left_s())
        others = [p for p in self.parts if p != part]
        share = sum(COSTS[p] for p in others) / max(sum(COSTS[p] for p in self.parts), COSTS[part])
        theirs = sum(self._firsts(others).values()) + share * max(0.0, left - sum(first.values()))
        return end - min(theirs, 0.5 * left)

    def is_worth(self, part: str) -> bool:
        """Whether the next growth of a member gets enough time to begin at all."""
        return self._share_s(part) >= LEAST_S[part]

    def _share_s(self, part: str) -> float:
        """Seconds for the next growth of a member: its first seconds, and its share of what is left beyond them."""
        first = self._firsts([*self.parts, part])
        total = max(sum(COSTS[p] for p in self.parts), COSTS[part])
        fair = first.get(part, 0.0) + COSTS[part] / total * max(0.0, self.left_s() - sum(first.values()))
        return min(fair, max(0.0, self.left_s()))

    def _firsts(self, parts: Sequence[str]) -> dict[str, float]:
        """The first seconds of members that have not grown in this process yet."""
        return {p: FIRST_S[p] for p in set(parts) if p not in self.warm}


def can_regrow(remaining_s: float) -> bool:
    """Whether there is time to grow members once more after one validation set has judged them."""
    return remaining_s >= _REGROW_NEEDS_S
