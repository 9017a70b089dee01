"""The training panel: live curves of a run, at most ten updates a second, and a stop button where it is heard."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets

from lepton_lab import pictures
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import TwinnedPanel
from lepton_lab.pictures import learning
from lepton_lab.pictures.curves import thin
from lepton_lab.pictures.trained_model import scoreboard
from lepton_lab.survival import Survival
from lepton_lab.tasks import Binary, Regression

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel
    from lepton_lab.training.progress import Progress

EVERY_S = 0.1
AT_MOST_POINTS = 300


class TrainingPanel(TwinnedPanel):
    """A picture of a run that moves.

    Args:
        title: what trains.
        budget_s: wall time the run may take; None for no budget.
        can_stop: whether the panel's own stop button is heard while the run goes on. In the
            foreground the kernel is busy, and the panel points to the kernel's interrupt instead.
        stop: what the button does.
        device: what it trains on, in words.
        code: the Python line that started the run.
    """

    _esm = script("training")
    state = traitlets.Dict().tag(sync=True)
    curves = traitlets.List().tag(sync=True)
    can_stop = traitlets.Bool(False).tag(sync=True)
    higher_is_better = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self, title: str, budget_s: float | None = None, can_stop: bool = False,
        stop: Callable[[], object] | None = None, *, device: str = "cpu", code: str = "",
    ) -> None:  # fmt: skip
        super().__init__(title=title, code=code)
        self._stop = stop
        self._budget_s, self._device = budget_s, device
        self._reported: list[Progress] = []
        self._model: TrainedModel | None = None
        self._sent_at = -math.inf
        with self.hold_sync():
            self.can_stop = can_stop and stop is not None
            self.state = self._state(None, "running")

    def report(self, progress: Progress) -> None:
        """Hear of progress; what comes faster than ten times a second is kept and sent with the next."""
        self._reported.append(progress)
        if time.monotonic() - self._sent_at >= EVERY_S:
            self._publish(self.state["status"] if self.state["status"] == "stopping" else "running")

    def finish(self, model: TrainedModel, *, stopped: bool = False) -> None:
        """The run is over: show the model's metrics, and make its picture the twin."""
        self._model = model
        self._publish("stopped" if stopped else "done", results=_results(model), message=(model.notes or ("",))[0])
        self.refresh_twin()

    def fail(self, message: str) -> None:
        """The run ended without a model."""
        self._publish("failed", message=message)
        self.refresh_twin()

    def answer(self, content: dict[str, Any]) -> None:
        """The stop button."""
        if content["type"] == "stop" and self._stop is not None and self.state["status"] == "running":
            self.state = {**self.state, "status": "stopping"}
            self._stop()

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
        last = self._last()
        with self.hold_sync():
            self.state = {**self._state(last, status), **more}
            self.curves = curves(self._reported)
            if last is not None:
                metric = _METRICS.get(last.metric_name)
                self.higher_is_better = metric is None or metric.higher_is_better

    def _state(self, last: Progress | None, status: str) -> dict[str, Any]:
        fixed = {"status": status, "device": self._device, "budget_s": self._budget_s, "results": []}
        if last is None:
            return {**_NOTHING_YET, **fixed}
        known = {name: _finite(getattr(last, name)) for name in _NOTHING_YET if name != "best"}
        # Trees report no metric, and the last fit, on all rows, has no validation rows to measure one on.
        measured = next((p for p in reversed(self._reported) if p.best_metric is not None), last)
        metric = _METRICS.get(measured.metric_name)
        label = metric.label if metric else measured.metric_name
        return {**known, "best": _finite(measured.best_metric), "metric_name": label, **fixed}


_TIMES = Survival("", (1.0,), (1.0,), (1.0,), 1.0)
_METRICS = {**_TIMES.metrics, **Regression().metrics, **Binary(False, True).metrics}
_NOTHING_YET: dict[str, Any] = {
    "stage": "reading", "member": "", "fold": None, "n_folds": None, "epoch": 0.0, "n_epochs": 0.0, "step": 0,
    "metric_name": "", "metric": None, "best": None, "elapsed_s": 0.0, "remaining_s": None, "compiling": False,
    "message": "",
}  # fmt: skip


def curves(reported: list[Progress]) -> list[dict[str, Any]]:
    """Progress as one curve a member and fold, thinned to what a chart can show."""
    groups: dict[tuple[str, int | None], list[Progress]] = {}
    for progress in reported:
        if progress.valid_loss is not None or progress.train_loss is not None:
            groups.setdefault((progress.stage, progress.fold), []).append(progress)
    return [_curve(member, fold, records) for (member, fold), records in groups.items()]


def _curve(member: str, fold: int | None, records: list[Progress]) -> dict[str, Any]:
    kept = [records[i] for i in thin(len(records), AT_MOST_POINTS)]
    return {
        "member": member,
        "fold": fold,
        "x": [round(p.epoch, 3) for p in kept],
        "train": [_finite(p.train_loss) for p in kept],
        "valid": [_finite(p.valid_loss) for p in kept],
        "metric": [_finite(p.metric) for p in kept],
    }


def _finite(value: Any) -> Any:
    """JSON knows no NaN; five significant digits are more than a screen shows."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _results(model: TrainedModel) -> list[dict[str, Any]]:
    shown = [(name, model.metrics[name]) for name in scoreboard(model).names]
    labels = model.task.metrics
    return [
        {"name": labels[name].label if name in labels else name, "value": _finite(float(e.value)),
         "low": _finite(float(e.low)), "high": _finite(float(e.high))}
        for name, e in shown
    ]  # fmt: skip
