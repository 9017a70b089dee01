"""Watch a training while it goes on: a panel where one can be shown, else one line of text that moves."""

from __future__ import annotations

import functools
import importlib.util
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import lepton_lab
from lepton_lab.durations import format_duration, parse_duration
from lepton_lab.errors import LeptonError

if TYPE_CHECKING:
    from lepton_lab.journal import Run
    from lepton_lab.notebook.names import Value as Frame
    from lepton_lab.training.progress import Progress
    from lepton_lab.tuning.study import StudyProgress

POLL_S = 0.2
# A leaderboard of many trials is a large message: twice a second is live enough.
REDRAW_S = 0.5


class Watcher(Protocol):
    """Whoever shows a training."""

    def report(self, progress: Progress) -> None:
        """Hear of progress."""

    def finish(self, model: Any, *, stopped: bool = False, can_go_on: bool = False) -> None:
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

    def finish(self, model: Any, *, stopped: bool = False, can_go_on: bool = False) -> None:
        """Leave the headline."""
        best = [f"{name} {estimate.value:.3f}" for name, estimate in list(model.metrics.items())[:2]]
        self._write(", ".join(["stopped" if stopped else "done", *best]))
        sys.stdout.write("\n")

    def fail(self, message: str) -> None:
        """Leave the line where it stands: what went wrong is raised right after, and said then."""
        if self._width:
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
        parts.append(progress.message or "compiling")
    if progress.best_metric is not None:
        parts.append(f"best {progress.metric_name} {progress.best_metric:.4f}")
    left = "" if progress.remaining_s is None else f", {format_duration(progress.remaining_s)} left"
    return "  ".join([*parts, format_duration(progress.elapsed_s) + left])


def watch(train: Callable[..., Any], *, code: str, budget_s: float | None, frame: Frame | None = None) -> Any:
    """Train in the foreground, watched; the kernel's interrupt ends it with the best weights so far."""
    watcher = _watcher(code=code, budget_s=budget_s, frame=frame, in_foreground=True)
    try:
        model = train(report=watcher.report)
    except BaseException as error:
        watcher.fail(f"{type(error).__name__}: {error}")
        raise
    # A search that was resumed brings a study.
    made = getattr(model, "model", model)
    run = None if made.run_id is None else lepton_lab.attach(made.run_id)
    watcher.finish(made, **_how_it_ended(run))
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


def _how_it_ended(run: Run | None) -> dict[str, bool]:
    """Whether somebody ended a run that has a model, and whether more time would change something."""
    stopped = run is not None and run.status == "stopped"
    return {"stopped": stopped, "can_go_on": run is not None and (stopped or run.record.is_cut)}


def follow(run: Run, *, code: str, budget_s: float | None = None, frame: Frame | None = None) -> Run:
    """Watch a run from a thread until it ends, in this process or another; return at once."""
    if not can_show_panels():
        # In a terminal a line that moves would write over what the user types.
        return run
    watcher = _watcher(code=code, budget_s=budget_s or _budget_s(run), frame=frame)
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
    watcher.finish(run.result(), **_how_it_ended(run))


def can_show_panels() -> bool:
    """Whether this is a kernel with widgets, and not a plain terminal."""
    return has_kernel() and all(importlib.util.find_spec(name) for name in ("ipywidgets", "anywidget"))


def has_kernel() -> bool:
    """Whether a page shows what is displayed, and not a plain terminal."""
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def _watcher(*, code: str, budget_s: float | None, frame: Frame | None, in_foreground: bool = False) -> Watcher:
    """A panel, shown, or the line of text."""
    if not can_show_panels():
        return ProgressLine()
    from IPython.display import display

    from lepton_lab.notebook.panels.training import Actions, TrainingPanel

    def go_on(run: str, budget: str) -> None:
        assert frame is not None, "a button without a frame"
        work = functools.partial(_go_on, panel, run, frame, budget)
        threading.Thread(target=work, name=f"lepton-continue-{run}", daemon=True).start()

    actions = Actions(lepton_lab.stop, None if frame is None else go_on, _keep)
    words = "df" if frame is None else frame.source
    panel = TrainingPanel("Training", budget_s, actions, in_foreground=in_foreground, code=code, frame=words)
    display(panel)
    hear_while_busy(panel)
    return panel


def _go_on(panel: Any, run: str, frame: Frame, budget: str) -> None:
    """Train on, watched by the same panel."""
    try:
        resumed: Any = lepton_lab.resume(run, frame.object, budget=budget, background=True)
    except LeptonError as error:
        panel.fail(str(error))
        return
    _follow(resumed, panel)


def _keep(model: Any) -> str:
    """Put a model into the notebook as `model`, or under the run's name where that is taken; the name."""
    from IPython import get_ipython

    variables = get_ipython().user_ns
    name = "model" if variables.get("model", model) is model else "model_" + re.sub(r"\W.*", "", model.run_id or "kept")
    variables[name] = model
    return name


def _budget_s(run: Run) -> float | None:
    """The budget a run was given, as its folder tells."""
    budget = run.record.config.get("budget")
    return None if budget is None else parse_duration(budget)


def hear_while_busy(panel: Any) -> None:
    """Let a panel's messages arrive where the page sent them.

    ipykernel 7.4 routes them to whichever shell last published on the comm: the one that is busy
    with a cell (ipykernel issue "comm messages wait for the running cell").
    """
    if getattr(panel.comm, "_reply_subshell_for", None) is not None:
        panel.comm._reply_subshell_for = None
