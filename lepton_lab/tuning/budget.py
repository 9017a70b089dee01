"""The time of a study: how long it may search, and what the ensemble needs at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

# Blending, measuring and saving: at most this share of the whole, and no more than these seconds.
_FINISH_SHARE, _FINISH_MOST_S = 0.08, 2.0
# Growing the survivors once more on all rows may keep this share of the whole from the search.
_REGROW_SHARE = 0.3
# The default recipe gets this share of the time, so that there is something to compare with and time to do so.
_DEFAULT_SHARE = 0.4


@dataclass
class StudyBudget:
    """Seconds until the end of the call.

    Args:
        seconds: of the whole call; None for no limit.
        began: when the call began, on `clock`.
        clock: seconds that only rise.
        regrow_s: what growing the survivors on all rows is expected to take; known once the default has run.
    """

    seconds: float | None
    began: float
    clock: Callable[[], float] = field(default=time.monotonic)
    regrow_s: float | None = None

    def elapsed_s(self) -> float:
        """Seconds since the call began."""
        return self.clock() - self.began

    def left_s(self) -> float:
        """Seconds to the end of the call, what finishing needs taken off; infinite without a limit."""
        if self.seconds is None:
            return float("inf")
        return self.seconds - min(_FINISH_MOST_S, _FINISH_SHARE * self.seconds) - self.elapsed_s()

    def search_left_s(self) -> float:
        """Seconds to the end of the search."""
        if self.seconds is None:
            return float("inf")
        most = _REGROW_SHARE * self.seconds
        return self.left_s() - (most / 2 if self.regrow_s is None else min(most, self.regrow_s))

    def expect_regrowth(self, seconds: float, *, is_needed: bool) -> None:
        """Keep time for growing the survivors on all rows; none where it is no need and would take too much."""
        too_long = self.seconds is not None and seconds > _REGROW_SHARE * self.seconds
        self.regrow_s = 0.0 if too_long and not is_needed else seconds

    def default_s(self) -> float:
        """Seconds that a member of the default recipe may take."""
        return _DEFAULT_SHARE * self.search_left_s()
