"""Watch an explanation while it goes on: one bar in a page, one line in a terminal, and nothing once it is over."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from lepton_lab import pictures
from lepton_lab.notebook.watching import Html, has_kernel

if TYPE_CHECKING:
    from lepton_lab.explanation.estimate import ExplainProgress

QUIET_S = 1.0
"""An explanation that is over by then shows no progress."""
REDRAW_S = 0.2


class Shown(Protocol):
    """Where progress is written, over what was there."""

    def write(self, progress: ExplainProgress) -> None:
        """Show how far it is."""

    def clear(self) -> None:
        """Leave nothing."""


class MovingLine:
    """One line of a terminal."""

    def __init__(self) -> None:
        self._width = 0

    def write(self, progress: ExplainProgress) -> None:
        """Write over the line."""
        line = pictures.text(progress)
        sys.stdout.write("\r" + line.ljust(self._width))
        sys.stdout.flush()
        self._width = len(line)

    def clear(self) -> None:
        """Wipe the line."""
        sys.stdout.write("\r" + " " * self._width + "\r")
        sys.stdout.flush()


class MovingBar:
    """One output of a cell, updated in place: the notebook does not grow, and keeps nothing of it."""

    def __init__(self) -> None:
        self._handle: Any = None

    def write(self, progress: ExplainProgress) -> None:
        """Draw the bar, or draw it anew."""
        from IPython.display import display

        drawn = Html(pictures.html(progress), pictures.text(progress))
        if self._handle is None:
            self._handle = display(drawn, display_id=True)
        else:
            self._handle.update(drawn)

    def clear(self) -> None:
        """Leave an empty output."""
        self._handle.update(Html("", ""))


class ProgressWatcher:
    """Passes on at most five reports a second, and none of the first second."""

    def __init__(self, shown: Shown, clock: Callable[[], float] = time.monotonic) -> None:
        self._shown, self._clock = shown, clock
        self._next = clock() + QUIET_S
        self._is_seen = False

    def report(self, progress: ExplainProgress) -> None:
        """Hear of progress."""
        if self._clock() >= self._next:
            self._shown.write(progress)
            self._is_seen = True
            self._next = self._clock() + REDRAW_S

    def end(self) -> None:
        """Take away what was shown."""
        if self._is_seen:
            self._shown.clear()


def watch_explanation(explain: Callable[..., Any]) -> Any:
    """Explain in the foreground, watched; the kernel's interrupt ends it with what is known."""
    watcher = ProgressWatcher(MovingBar() if has_kernel() else MovingLine())
    try:
        return explain(report=watcher.report)
    finally:
        watcher.end()
