"""How long a chunk may be, and how the learning rate decays: to its end inside the time there is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

# A chunk is what an interrupt waits for. Well under the 200 ms promised, because steps vary.
CHUNK_S = 0.12
WARM_UP = 0.05


@dataclass
class Pace:
    """Where the schedule stands and how fast steps are. The clock only shortens a run that would not fit.

    Args:
        n_steps: steps of the full schedule.
        end: the step at which the schedule ends: `n_steps`, or fewer where time is short.
        anchor, anchor_place: a step and its place in the schedule (0 to 1); the place grows evenly to 1 at `end`.
        step_s: seconds of one step, checks included; None before the first timed chunk.
        bends: `(step, end)` each time the end was moved.
    """

    n_steps: int
    end: int = 0
    anchor: int = 0
    anchor_place: float = 0.0
    step_s: float | None = None
    chunk_step_s: float | None = None
    bends: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.end = self.end or self.n_steps

    def place(self, step: int) -> float:
        """Where a step lies in the schedule, 0 to 1."""
        left = (step - self.anchor) / max(self.end - self.anchor, 1)
        return min(1.0, self.anchor_place + (1 - self.anchor_place) * left)

    def learning_rate(self, step: int) -> float:
        """Share of the peak learning rate at a step: warm-up, then half a cosine to 0."""
        place = self.place(step)
        if place < WARM_UP:
            return (place + 0.5 / self.n_steps) / WARM_UP
        return 0.5 * (1 + math.cos(math.pi * (place - WARM_UP) / (1 - WARM_UP)))

    def chunk(self) -> int:
        """How many steps fit in a chunk; a guess before anything was timed."""
        return 16 if self.chunk_step_s is None else max(1, int(CHUNK_S / self.chunk_step_s))

    def timed(self, n_steps: int, chunk_s: float, whole_s: float) -> None:
        """Learn from a chunk: its own seconds, and those with the report and check that followed it."""
        self.chunk_step_s = _blend(self.chunk_step_s, chunk_s / n_steps)
        self.step_s = _blend(self.step_s, whole_s / n_steps)

    def fit_into(self, step: int, remaining_s: float) -> None:
        """Move the schedule's end so that it is reached in the time that is left; never beyond the full schedule.

        The learning rate goes on from where it is. Changes of a few percent are left alone.
        """
        if self.step_s is None or not math.isfinite(remaining_s):
            return
        affordable = step + max(1, int(0.93 * remaining_s / self.step_s))
        end = min(self.n_steps, affordable)
        if abs(end - self.end) > 0.04 * (self.end - step):
            self.bend(step, max(end, step + 1))

    def bend(self, step: int, end: int) -> None:
        """Move the schedule's end; the learning rate goes on from where it is."""
        self.anchor, self.anchor_place, self.end = step, self.place(step), end
        self.bends.append((step, end))

    @property
    def is_cut(self) -> bool:
        """Whether the schedule now ends before its full length."""
        return self.end < self.n_steps

    def reopen(self, step: int) -> None:
        """Put the end back to the full schedule's, and the learning rate to where that has it at this step."""
        self.anchor, self.anchor_place, self.end = step, min(1.0, step / self.n_steps), self.n_steps

    def remaining_s(self, step: int) -> float | None:
        """Seconds to the schedule's end, or None while unknown."""
        return None if self.step_s is None else (self.end - step) * self.step_s


def _blend(before: float | None, now: float) -> float:
    """A running mean that forgets within a few chunks."""
    return now if before is None else 0.7 * before + 0.3 * now
