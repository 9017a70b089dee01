"""The training panel: live curves of a run, at most four updates a second; stop it, keep its model, go on with it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import traitlets

from lepton_lab import pictures
from lepton_lab.durations import parse_duration
from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.training_curves import Curves, finite
from lepton_lab.notebook.panels.twin import Content, Heard, TwinnedPanel
from lepton_lab.pictures import learning
from lepton_lab.pictures.trained_model import scoreboard
from lepton_lab.survival import Survival
from lepton_lab.tasks import Binary, Regression

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel
    from lepton_lab.training.progress import Progress

# Ten a second would be allowed; but a page that draws takes from the cores that train, and four look as live.
EVERY_S = 0.25
# A kernel that dies leaves the twin as it was last put into the notebook.
TWIN_EVERY_S = 15.0


@dataclass(frozen=True)
class Actions:
    """What the panel's buttons do, each one call of lepton_lab; None for a button that is not there.

    Args:
        stop: asks the run with this id to end with the best weights so far.
        go_on: trains the run with this id on for a budget, while the panel watches.
        keep: puts the model into the notebook; the name it got.
    """

    stop: Callable[[str], object] | None = None
    go_on: Callable[[str, str], object] | None = None
    keep: Callable[[TrainedModel], str] | None = None


class TrainingPanel(TwinnedPanel):
    """A picture of a run that moves.

    Args:
        title: what trains.
        budget_s: wall time the run may take; None for no budget.
        actions: what its buttons do.
        in_foreground: whether a cell waits for the run, so that a busy kernel may not hear the panel's button,
            and the panel points to the kernel's interrupt as well.
        code: the Python line that started the run.
        frame: the name of the frame it trains on, for lines of code.
    """

    _esm = script("training")
    state = traitlets.Dict().tag(sync=True)
    past = traitlets.List().tag(sync=True)
    growing = traitlets.Dict().tag(sync=True)

    def __init__(
        self, title: str, budget_s: float | None = None, actions: Actions | None = None, *,
        in_foreground: bool = False, code: str = "", frame: str = "df",
    ) -> None:  # fmt: skip
        super().__init__(title=title, code=code)
        self._actions = actions or Actions()
        self._fixed = {"budget_s": budget_s, "can_stop": self._actions.stop is not None, "in_foreground": in_foreground}
        self._frame = frame
        self.restart()

    def restart(self, budget_s: float | None = None) -> None:
        """Begin to watch anew: a run that goes on tells all of itself again."""
        if budget_s is not None:
            self._fixed["budget_s"] = budget_s
        self._reported: list[Progress] = []
        self._curves = Curves()
        self._measured: Progress | None = None
        self._judged: Progress | None = None
        self._looked: Progress | None = None
        self._model: TrainedModel | None = None
        self._publish("running")
        self._sent_at, self._drawn_at = -math.inf, time.monotonic()

    def report(self, progress: Progress) -> None:
        """Hear of progress; what comes faster than four times a second is kept and sent with the next."""
        self._reported.append(progress)
        self._curves.add(progress)
        # Trees report no best, and the last fit, on all rows, has no validation rows to measure one on.
        self._measured = progress if progress.best_metric is not None else self._measured
        # Most reports come between two validations; what was judged before is of the same member and fold.
        before = self._judged if self._judged and _part(self._judged) == _part(progress) else None
        self._judged = before if progress.metric is None else progress
        self._looked = progress if progress.attribution is not None else self._looked
        if len(self._reported) == 1 and self.state["status"] == "stopping":
            self._pass_stop_on()
        now = time.monotonic()
        if now - self._sent_at >= EVERY_S:
            self._publish(self.state["status"] if self.state["status"] == "stopping" else "running")
            if now - self._drawn_at >= TWIN_EVERY_S:
                self._drawn_at = now
                self.refresh_twin()

    def finish(self, model: TrainedModel, *, stopped: bool = False, can_go_on: bool = False) -> None:
        """The run is over: show the model's metrics, and make its picture the twin.

        Args:
            model: that came out.
            stopped: whether somebody ended the run.
            can_go_on: whether more time would change something, because the clock or somebody ended it.
        """
        self._model = model
        message = (model.notes or ("",))[0]
        actions = {
            "can_go_on": can_go_on and self._actions.go_on is not None,
            "can_keep": self._actions.keep is not None,
        }
        lines = self._lines(model.run_id or "", can_go_on=can_go_on)
        self._publish(
            "stopped" if stopped else "done", results=_results(model), message=message, lines=lines, **actions
        )
        self.refresh_twin()

    def fail(self, message: str) -> None:
        """The run ended without a model."""
        self._publish("failed", message=message)
        self.refresh_twin()

    def heard(self) -> Heard:
        """The three buttons."""
        return {"stop": self._stop, "keep": self._keep, "continue": self._go_on}

    def trouble(self, content: Content, error: LeptonError) -> None:
        """What a button could not do stands in the panel's state, which every view shows."""
        self.state = {**self.state, "trouble": str(error)}

    def _stop(self, _content: Content) -> None:
        if self._actions.stop is not None and self.state["status"] == "running":
            self.state = {**self.state, "status": "stopping"}
            self._pass_stop_on()

    def _pass_stop_on(self) -> None:
        """End the run, or, while it has not said who it is, as soon as it does."""
        if self._actions.stop is not None and self._reported:
            self._actions.stop(self._reported[-1].run)

    def _keep(self, _content: Content) -> None:
        if self._actions.keep is not None and self._model is not None:
            name = self._actions.keep(self._model)
            self.state = {**self.state, "kept": name}

    def _go_on(self, content: Content) -> None:
        if self._actions.go_on is None or not self.state.get("can_go_on"):
            return
        budget = str(content.get("budget") or "").strip()
        budget_s = parse_duration(budget)
        run = self._reported[-1].run
        self._fixed["in_foreground"] = False
        self.restart(budget_s)
        self._actions.go_on(run, budget)

    def twin_html(self) -> str:
        """The model's picture, or the run's where there is no model yet."""
        if self._model is not None:
            return pictures.html(self._model)
        return learning.html(self._last(), tuple(self._reported), title=self.title)

    def twin_text(self) -> str:
        """The same as plain text."""
        return pictures.text(self._model) if self._model is not None else learning.text(self._last())

    def _last(self) -> Progress | None:
        return self._reported[-1] if self._reported else None

    def _publish(self, status: str, **more: Any) -> None:
        self._sent_at = time.monotonic()
        with self.hold_sync():
            self.state = {**self._state(status), **more}
            self.past, self.growing = self._curves.past, self._curves.growing

    def _state(self, status: str) -> dict[str, Any]:
        last, measured = self._last(), self._measured or self._last()
        state = {**_NOTHING_YET, **self._fixed, "status": status}
        if last is None or measured is None:
            return state
        known = {name: finite(getattr(last, name)) for name in _TOLD}
        metric = _METRICS.get(measured.metric_name)
        return {
            **state, **known, "metric": finite((self._judged or last).metric), "best": finite(measured.best_metric),
            "metric_name": metric.label if metric else measured.metric_name,
            "higher_is_better": metric is None or metric.higher_is_better,
            "baseline": self._curves.baseline, "attribution": _attribution(self._looked),
        }  # fmt: skip

    def _lines(self, run: str, *, can_go_on: bool) -> dict[str, str]:
        """Each button as a line of Python."""
        keep = f"model = ll.attach({run!r}).result()"
        return {
            "keep": keep,
            "continue": f"model = ll.resume({run!r}, {self._frame}, budget=BUDGET)" if can_go_on else "",
        }


_TIMES = Survival("", (1.0,), (1.0,), (1.0,), 1.0)
_METRICS = {**_TIMES.metrics, **Regression().metrics, **Binary(False, True).metrics}
_NOTHING_YET: dict[str, Any] = {
    "stage": "reading", "member": "", "fold": None, "n_folds": None, "epoch": 0.0, "n_epochs": 0.0, "step": 0,
    "metric": None, "elapsed_s": 0.0, "remaining_s": None, "left_s": None, "compiling": False, "message": "",
    "device": "", "run": "", "metric_name": "", "best": None, "higher_is_better": True, "baseline": None,
    "attribution": None, "results": [], "lines": {}, "can_go_on": False, "can_keep": False, "kept": "", "trouble": "",
}  # fmt: skip
_TOLD = (
    "stage", "member", "fold", "n_folds", "epoch", "n_epochs", "step", "elapsed_s", "remaining_s", "left_s",
    "compiling", "message", "device", "run",
)  # fmt: skip


def _part(progress: Progress) -> tuple[str, int | None]:
    """What is being trained."""
    return progress.stage, progress.fold


def _attribution(looked: Progress | None) -> dict[str, Any] | None:
    """What the page draws of the newest look at the probe rows."""
    if looked is None or looked.attribution is None:
        return None
    found = looked.attribution
    return {**asdict(found), "warning": found.warning, "epoch": finite(looked.epoch), "fold": looked.fold}


def _results(model: TrainedModel) -> list[dict[str, Any]]:
    shown = [(name, model.metrics[name]) for name in scoreboard(model).names]
    labels = model.task.metrics
    return [
        {"name": labels[name].label if name in labels else name, "value": finite(float(e.value)),
         "low": finite(float(e.low)), "high": finite(float(e.high))}
        for name, e in shown
    ]  # fmt: skip
