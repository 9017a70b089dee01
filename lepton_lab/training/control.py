"""What may end a training from outside: a stop event and a deadline. Looked at between chunks."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from lepton_lab.training.progress import Report, silent


@dataclass(frozen=True)
class Control:
    """Whom to tell, and when to end.

    Args:
        report: called after every chunk, with a `Progress`.
        stop: set it, from any thread or signal handler, to end training with the best weights so far.
        deadline: `time.monotonic()` seconds at which training has ended by itself; None for no limit.
        latest: until when what cannot be interrupted, compilation, is waited for beyond the deadline; None for
            as long as it takes.
    """

    report: Report = silent
    stop: threading.Event = field(default_factory=threading.Event)
    deadline: float | int | None = None
    latest: float | int | None = None

    def ended(self) -> str:
        """Why training should end now: `interrupt`, `deadline`, or an empty string."""
        if self.stop.is_set():
            return "interrupt"
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "deadline"
        return ""

    def too_late(self) -> str:
        """Why even a compilation should not be waited for: `interrupt`, `deadline`, or an empty string."""
        if self.stop.is_set():
            return "interrupt"
        return "deadline" if self.latest is not None and time.monotonic() >= self.latest else ""

    def remaining_s(self) -> float:
        """Seconds until the deadline; infinite without one."""
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()


def never_stop() -> Control:
    """No deadline, nobody to tell."""
    return Control()
