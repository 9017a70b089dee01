"""A run as its user holds it: live in the process that works on it, read from its folder in any other."""

from __future__ import annotations

import atexit
import contextlib
import functools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lepton_lab.errors import RunError
from lepton_lab.journal.folder import RunFolder, RunRecord
from lepton_lab.journal.labels import check_name, check_tags
from lepton_lab.journal.store import delete_run
from lepton_lab.training.progress import Progress

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel

KEEP_FINISHED = 5
"""Finished runs whose model stays in memory for `Run.result()`; older ones are read from disk."""

_LIVE: dict[str, LiveRun] = {}


class LiveRun:
    """A run this process works on: the event that stops it, and what it has reported.

    Attributes:
        stop: Set it, from any thread, to end with the best weights so far.
        done: Set once there is a model or an error.
        reported: All progress, that of an earlier process among it where the run was resumed.
    """

    def __init__(
        self,
        folder: RunFolder,
        report: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
        earlier: Sequence[Progress] = (),
    ) -> None:
        self.folder = folder
        self.stop = stop or threading.Event()
        self.done = threading.Event()
        self.reported: list[Progress] = list(earlier)
        self._before_s = earlier[-1].elapsed_s if earlier else 0.0
        self.model: TrainedModel | None = None
        self.error: BaseException | None = None
        self._listener = report
        self._written_at = 0.0
        self._looked_at = 0.0

    @property
    def status(self) -> str:
        """running, done, stopped or failed."""
        if not self.done.is_set():
            return "running"
        if self.model is None:
            return "stopped" if isinstance(self.error, KeyboardInterrupt) else "failed"
        return "stopped" if self.stop.is_set() else "done"

    def report(self, progress: Progress) -> None:
        """Hear of progress: remember it, journal it (some ten lines a second at most), pass it on."""
        now, elapsed_s = time.monotonic(), progress.elapsed_s + self._before_s
        progress = replace(progress, run=self.folder.id, elapsed_s=elapsed_s)
        news = not self.reported or self.reported[-1].stage != progress.stage or progress.is_best
        news = news or progress.attribution is not None
        self.reported.append(progress)
        # A validation is a point of a curve, and is passed over only where several come within a tenth of a second.
        if news or now - self._written_at > (0.25 if progress.valid_loss is None else 0.1):
            self.folder.append(progress)
            self._written_at = now
        if now - self._looked_at > 0.1:
            self._looked_at = now
            if self.folder.stop_requested():
                self.stop.set()
        if self._listener is not None:
            self._listener(progress)

    def work(self, train: Callable[[LiveRun], TrainedModel]) -> TrainedModel:
        """Carry the run out in this thread: journal its end, whatever the end is."""
        _remember(self)
        try:
            self.model = self._ended(train(self))
        except BaseException as error:
            self.error = error
            status = "stopped" if isinstance(error, KeyboardInterrupt) else "failed"
            self.folder.set_status(status, f"{type(error).__name__}: {error}")
            raise
        finally:
            self.done.set()
        return self.model

    def work_in_background(self, train: Callable[[LiveRun], TrainedModel]) -> Run:
        """Carry the run out in a thread of its own; what it raises waits in `Run.result()`."""

        def carry_out() -> None:
            # `work` has kept the error for `result`, so nothing is swallowed here.
            with contextlib.suppress(Exception):
                self.work(train)
            # A hook that outlives the run would hold its model, and its frame, until Python ends.
            atexit.unregister(at_exit)

        at_exit = functools.partial(_stop_and_wait, self)
        _remember(self)
        thread = threading.Thread(target=carry_out, name=f"lepton-run-{self.folder.id}", daemon=True)
        # Python must not tear down the libraries under a thread that computes.
        atexit.register(at_exit)
        thread.start()
        return Run(self.folder.id, self.folder.path)

    def _ended(self, model: TrainedModel) -> TrainedModel:
        """The model with the run's id and notes, kept in the folder."""
        model = replace(model, run_id=self.folder.id)
        self.folder.save_model(model)
        self.folder.save_outcome(model)
        if self.stop.is_set():
            self.folder.set_status("stopped", model.notes[0] if model.notes else "")
        else:
            self.folder.set_status("done")
        said = [note for note in (self.folder.removed, self.folder.note) if note]
        return replace(model, notes=(*model.notes, *said))


@dataclass(frozen=True)
class Run:
    """A training run: live where it runs, read-only from its folder elsewhere.

    Example:
        >>> run = ll.train(df, target="bad", background=True)  # doctest: +SKIP
        >>> run.status, run.progress.epoch  # doctest: +SKIP
        ('running', 3.2)
        >>> model = run.result()  # doctest: +SKIP
    """

    id: str
    path: Path

    @property
    def status(self) -> str:
        """running, done, stopped (by somebody, with a model), failed, or killed (its process died)."""
        live = _LIVE.get(self.id)
        return self.record.status if live is None else live.status

    @property
    def is_live(self) -> bool:
        """Whether this very process works, or worked, on it."""
        return self.id in _LIVE

    @property
    def record(self) -> RunRecord:
        """What the run's folder says: config, when, how many rows, the best metric."""
        return RunFolder(self.path).record()

    @property
    def progress(self) -> Progress | None:
        """The newest progress; None before the first."""
        live = _LIVE.get(self.id)
        if live is None:
            return RunFolder(self.path).progress()
        return live.reported[-1] if live.reported else None

    def history(self) -> tuple[Progress, ...]:
        """All progress so far, the oldest first."""
        live = _LIVE.get(self.id)
        return RunFolder(self.path).history() if live is None else tuple(live.reported)

    def stop(self) -> None:
        """Ask it to end with the best weights so far; it does so after the current chunk.

        Raises:
            RunError: It runs in another process and its folder cannot be written.
        """
        live = _LIVE.get(self.id)
        if live is not None:
            live.stop.set()
        elif self.status == "running":
            RunFolder(self.path).request_stop()

    def result(self, timeout: float | None = None) -> TrainedModel:
        """The trained model, waited for at most `timeout` seconds.

        Raises:
            RunError: It still runs after the timeout, or ended without a model.
            LeptonError: What ended the run, if it ran in this process.
        """
        live = _LIVE.get(self.id)
        if live is None:
            return self._result_from_folder(timeout)
        if not live.done.wait(timeout):
            raise self._still_running(timeout)
        if live.model is None:
            raise live.error or RunError(f"run {self.id!r} ended without a model")
        return live.model

    def rename(self, name: str) -> Run:
        """Give it a name, shown beside its id; an empty one takes the name away. The id stays.

        Raises:
            OptionError: It is no line of text.
            RunError: The run is not there any more, or its folder cannot be written.
        """
        folder = RunFolder(self.path)
        folder.label(replace(folder.labels(), name=check_name(name)))
        return self

    def tag(self, *tags: str) -> Run:
        """Add tags, such as "baseline".

        Raises:
            OptionError: A tag is empty or has a comma, or they become too many.
            RunError: The run is not there any more, or its folder cannot be written.
        """
        folder = RunFolder(self.path)
        labels = folder.labels()
        folder.label(replace(labels, tags=check_tags((*labels.tags, *tags))))
        return self

    def untag(self, *tags: str) -> Run:
        """Take tags away; all of them if none is named.

        Raises:
            RunError: The run is not there any more, or its folder cannot be written.
        """
        folder = RunFolder(self.path)
        labels = folder.labels()
        folder.label(replace(labels, tags=tuple(tag for tag in labels.tags if tags and tag not in tags)))
        return self

    def delete(self) -> str:
        """Remove it from the disk, for good: its model, checkpoints and history. Models in variables stay.

        Returns:
            What was removed, in a sentence.

        Raises:
            RunError: It still runs, here or elsewhere; it is not there any more, or cannot be removed.
        """
        said = delete_run(self.path)
        _LIVE.pop(self.id, None)
        return said

    def _result_from_folder(self, timeout: float | None) -> TrainedModel:
        """Wait on the files of another process, then load the model it left."""
        until = None if timeout is None else time.monotonic() + timeout
        while (record := self.record).is_running:
            if until is not None and time.monotonic() > until:
                raise self._still_running(timeout)
            time.sleep(0.1)
        model = RunFolder(self.path).load_model()
        if model is None:
            raise RunError(
                f"run {self.id!r} has no model: it is {record.status} ({record.message or 'no message'}). "
                f"Go on from its last checkpoint with: ll.resume({self.id!r}, df)  (%lepton resume {self.id} df)"
            )
        return replace(model, run_id=self.id)

    def _still_running(self, timeout: float | None) -> RunError:
        return RunError(f"run {self.id!r} still runs after {timeout:g} s. Stop it with: ll.stop({self.id!r})")

    def __repr__(self) -> str:
        last = self.progress
        score = "" if last is None or last.best_metric is None else f", {last.metric_name} {last.best_metric:.4g}"
        return f"Run({self.id!r}: {self.status}{score}; .result() gives the model, .stop() ends it)"


def _remember(live: LiveRun) -> None:
    """Register a live run; forget the oldest finished ones, which hold a model and its frame."""
    _LIVE[live.folder.id] = live
    finished = [id for id, other in _LIVE.items() if other.done.is_set()]
    for id in finished[:-KEEP_FINISHED]:
        del _LIVE[id]


def _stop_and_wait(live: LiveRun) -> None:
    """Stop a background run when Python ends, and give it time to keep its model."""
    if not live.done.is_set():
        live.stop.set()
        live.done.wait(5.0)
