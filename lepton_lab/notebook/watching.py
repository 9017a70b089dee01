"""Watch a training while it goes on: a panel where one can be shown, else one line of text that moves."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from lepton_lab.durations import format_duration
from lepton_lab.errors import LeptonError

if TYPE_CHECKING:
    from lepton_lab.journal import Run
    from lepton_lab.training.progress import Progress
    from lepton_lab.tuning.study import StudyProgress

POLL_S = 0.2
# A leaderboard of many trials is a large message: twice a second is live enough.
REDRAW_S = 0.5


class Watcher(Protocol):
    """Whoever shows a training."""

    def report(self, progress: Progress) -> None:
        """Hear of progress."""

    def finish(self, model: Any, *, stopped: bool = False) -> None:
        """Show the model that came out."""

    def fail(self, message: str) -> None:
        """Say that none did."""


class ProgressLine:
    """One line of text that is written over, for a terminal or where widgets are missing."""

    def __init__(self) -> None:
        self._shown_at = 0.0
        self._width = 0

    def report(self, progress: Progress) -> None:
        """Show where training stands, twice a second at most."""
        now = time.monotonic()
        if now - self._shown_at > 0.5:
            self._shown_at = now
            self._write(line_of(progress))

    def finish(self, model: Any, *, stopped: bool = False) -> None:
        """Leave the headline."""
        best = [f"{name} {estimate.value:.3f}" for name, estimate in list(model.metrics.items())[:2]]
        self._write(", ".join(["stopped" if stopped else "done", *best]))
        sys.stdout.write("\n")

    def fail(self, message: str) -> None:
        """Leave what went wrong."""
        self._write(message)
        sys.stdout.write("\n")

    def _write(self, line: str) -> None:
        sys.stdout.write("\r" + line.ljust(self._width))
        sys.stdout.flush()
        self._width = len(line)


def line_of(progress: Progress) -> str:
    """Where training stands, in one line.

    Example:
        >>> from lepton_lab.training.progress import Progress
        >>> line_of(Progress(epoch=3, n_epochs=64, metric_name="auc", best_metric=0.81, elapsed_s=2, remaining_s=40))
        'network  epoch 3/64  best auc 0.8100  2.0s, 40s left'
    """
    parts = [progress.stage]
    if progress.fold is not None:
        parts.append(f"fold {progress.fold + 1}/{progress.n_folds}")
    if progress.n_epochs:
        parts.append(f"epoch {progress.epoch:.0f}/{progress.n_epochs:.0f}")
    if progress.compiling:
        parts.append("compiling")
    if progress.best_metric is not None:
        parts.append(f"best {progress.metric_name} {progress.best_metric:.4f}")
    left = "" if progress.remaining_s is None else f", {format_duration(progress.remaining_s)} left"
    return "  ".join([*parts, format_duration(progress.elapsed_s) + left])


def watch(train: Callable[..., Any], *, code: str, budget_s: float | None) -> Any:
    """Train in the foreground, watched; the kernel's interrupt ends it with the best weights so far."""
    watcher = _watcher(code=code, budget_s=budget_s, stop=None)
    try:
        model = train(report=watcher.report)
    except BaseException as error:
        watcher.fail(f"{type(error).__name__}: {error}")
        raise
    # A search that was resumed brings a study.
    made = getattr(model, "model", model)
    watcher.finish(made, stopped=_was_stopped(made))
    return model


def watch_search(tune: Callable[..., Any]) -> Any:
    """Search in the foreground, its leaderboard redrawn while it grows; the line of text where nothing can be drawn."""
    if not can_show_panels():
        line = ProgressLine()
        study = tune(report=lambda standing: line.report(standing.as_progress()))
        line.finish(study.model)
        return study
    from IPython.display import display

    from lepton_lab import pictures

    handle, shown_at = display(Html("Search"), display_id=True), 0.0
    assert handle is not None, "a display with an id has a handle"

    def report(standing: StudyProgress) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at > REDRAW_S:
            shown_at = now
            handle.update(Html(pictures.html(standing), pictures.text(standing)))

    study = tune(report=report)
    # The result is shown by the cell, as itself; what was drawn on the way is left as one line.
    handle.update(Html("", f"search done: {len(study.trials)} trials"))
    return study


@dataclass(frozen=True)
class Html:
    """Something to show, drawn and in words."""

    drawn: str
    words: str = ""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:
        return {"text/html": self.drawn, "text/plain": self.words or self.drawn}


def _was_stopped(model: Any) -> bool:
    """Whether somebody ended the run that made a model."""
    from lepton_lab.journal import Run, home

    return model.run_id is not None and Run(model.run_id, home() / model.run_id).status == "stopped"


def follow(run: Run, *, code: str, budget_s: float | None = None) -> Run:
    """Watch a run from a thread until it ends, in this process or another; return at once."""
    if not can_show_panels():
        # In a terminal a line that moves would write over what the user types.
        return run
    watcher = _watcher(code=code, budget_s=budget_s, stop=run.stop)
    if run.status != "running":
        _follow(run, watcher)
    else:
        threading.Thread(target=_follow, args=(run, watcher), name=f"lepton-follow-{run.id}", daemon=True).start()
    return run


def _follow(run: Run, watcher: Watcher) -> None:
    """Report what is new until the run ends, then its end; a panel never stays on "running"."""
    try:
        _follow_to_the_end(run, watcher)
    except LeptonError as error:
        watcher.fail(str(error))
    except BaseException as error:
        watcher.fail(f"{type(error).__name__}: {error}")
        raise


def _follow_to_the_end(run: Run, watcher: Watcher) -> None:
    seen = 0
    while True:
        ended = run.status != "running"
        history = run.history()
        for progress in history[seen:]:
            watcher.report(progress)
        seen = len(history)
        if ended:
            break
        time.sleep(POLL_S)
    watcher.finish(run.result(), stopped=run.status == "stopped")


def can_show_panels() -> bool:
    """Whether this is a kernel with widgets, and not a plain terminal."""
    return has_kernel() and all(importlib.util.find_spec(name) for name in ("ipywidgets", "anywidget"))


def has_kernel() -> bool:
    """Whether a page shows what is displayed, and not a plain terminal."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def _watcher(*, code: str, budget_s: float | None, stop: Callable[[], object] | None) -> Watcher:
    """A panel, shown, or the line of text."""
    if not can_show_panels():
        return ProgressLine()
    from IPython.display import display

    from lepton_lab.notebook.panels.training import TrainingPanel

    # In the foreground the kernel is busy and may not hear the button: the panel points to the interrupt.
    panel = TrainingPanel("Training", budget_s, stop is not None, stop, code=code)
    display(panel)
    hear_while_busy(panel)
    return panel


def hear_while_busy(panel: Any) -> None:
    """Let a panel's messages arrive where the page sent them.

    ipykernel 7.4 routes them to whichever shell last published on the comm: the one that is busy
    with a cell (ipykernel issue "comm messages wait for the running cell").
    """
    if getattr(panel.comm, "_reply_subshell_for", None) is not None:
        panel.comm._reply_subshell_for = None
