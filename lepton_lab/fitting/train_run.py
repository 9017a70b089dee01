"""One training from a frame to a model: read, keep a journal, fit, and survive a stop at any moment."""

from __future__ import annotations

import functools
import importlib
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.fingerprint import fingerprint
from lepton_lab.data.frames import open_frame
from lepton_lab.data.monotone import with_monotone
from lepton_lab.data.reshaping import reshape_of, usual_split
from lepton_lab.data.schema import kinds_of
from lepton_lab.data.table import read_table
from lepton_lab.data.told_types import with_immutable
from lepton_lab.errors import RunError
from lepton_lab.fitting.asked import ARRAY, Asked
from lepton_lab.fitting.recipe import recipe_for
from lepton_lab.fitting.replay import repeat_of, said_of
from lepton_lab.journal import LiveRun, Run, RunFolder, RunRecord, create_run
from lepton_lab.networks.encoders import check_encoders
from lepton_lab.tasks import metric_of
from lepton_lab.training.control import Control
from lepton_lab.training.progress import Progress, Report

if TYPE_CHECKING:
    from lepton_lab.data.quality import Finding
    from lepton_lab.data.table import Table
    from lepton_lab.fitting.course import Repeat
    from lepton_lab.tasks import Task
    from lepton_lab.trained import TrainedModel


@dataclass(frozen=True)
class Job:
    """A table that was read, and how it is to be fitted."""

    asked: Asked
    table: Table
    task: Task
    findings: tuple[Finding, ...]
    deadline: float | None
    resumed: bool
    repeat: Repeat | None
    further: bool = False


def train_run(
    df: Any,
    asked: Asked,
    *,
    weights: Any = None,
    began: float | None = None,
    background: bool = False,
    report: Report | None = None,
    resumed: RunFolder | None = None,
    stop: threading.Event | None = None,
) -> TrainedModel | Run:
    """Train as asked, in this thread or in one of its own.

    Args:
        df: The user's frame, or what `open_frame` made of it.
        asked: The options.
        weights: Row weights as the user gave them; an array cannot be part of `asked`.
        began: `time.monotonic()` when the call began; the budget counts from there.
        background: Return a Run at once.
        report: Called with each Progress.
        resumed: The run to go on with; a new one if left out.
        stop: Ends training with what there is, also while the frame is still being read.
    """
    began = time.monotonic() if began is None else began
    stop = stop or threading.Event()
    if report is not None:
        report(Progress(stage="reading", message="reading the frame"))
    job = _read(df, asked, weights, began, resumed is not None)
    earlier = () if resumed is None else Run(resumed.id, resumed.path).history()
    if resumed is not None and resumed.record().status == "done":
        job = replace(job, further=True)
    live = LiveRun(_folder(df, job, weights, resumed), report, stop, earlier)
    work = functools.partial(_fit, job)
    if not background:
        return live.work(work)
    # The caller goes on and may import the same modules: two threads that do may each get a half-made one.
    importlib.import_module("lepton_lab.fitting.fit")
    return live.work_in_background(work)


def check_resumable(record: RunRecord, df: Any) -> None:
    """Make sure that a run can go on, with this frame.

    Raises:
        RunError: It runs, is done, cannot be read, or was of another frame.
    """
    if record.status == "damaged":
        raise RunError(f"run {record.id!r} cannot be resumed: {record.message}. Train again: ll.train(df, target=...)")
    if record.is_running:
        raise RunError(f"run {record.id!r} still runs. Wait for it with: ll.attach({record.id!r}).result()")
    if record.status == "done" and not record.is_cut:
        raise RunError(
            f"run {record.id!r} is done, and not because its time was up: more of it would change nothing. "
            f"Its model: ll.attach({record.id!r}).result()"
        )
    if fingerprint(df) != record.fingerprint:
        raise RunError(_other_frame(record, df))


def _read(df: Any, asked: Asked, weights: Any, began: float, resumed: bool) -> Job:
    """The frame as a table, its task, and what reading found."""
    table, task, findings = read_table(
        df,
        target=asked.target,
        task=asked.task,
        positive=asked.positive,
        split=asked.split,
        weights=weights,
        ignore=asked.ignore,
        event=asked.event,
        types=asked.types,
        reshape=reshape_of(asked.reshape),
    )
    asked = replace(asked, split=asked.split or usual_split(table.schema))
    table = with_immutable(with_monotone(table, task, asked.monotone), asked.immutable)
    # Before a run is made of it: a misspelt option should not leave a failed run behind.
    recipe_for(asked.quality, table.n_rows, metric_of(task, asked.metric).name)
    if table.schema.reshape is not None and not asked.encoders:
        asked = replace(asked, encoders=dict(table.schema.reshape.encoders) or None)
    check_encoders(asked.encoders, kinds_of(table.schema))
    asked.compute.check()
    repeat = None if asked.replay is None else repeat_of(asked.replay, df)
    deadline = None if asked.budget_s is None or repeat is not None else began + asked.budget_s
    return Job(asked, table, task, findings, deadline, resumed, repeat)


def _folder(df: Any, job: Job, weights: Any, resumed: RunFolder | None) -> RunFolder:
    """The run's folder: a new one, or the one to go on with."""
    if resumed is not None:
        resumed.take_over()
        return resumed
    folder = create_run("train", job.asked.to_json(), fingerprint(df), open_frame(df).n_rows)
    if job.asked.weights == ARRAY:
        folder.save_checkpoint("weights", {"weights": np.asarray(weights, np.float64)}, {})
    return folder


def _fit(job: Job, live: LiveRun) -> TrainedModel:
    """Fit, and note what reading found."""
    from lepton_lab.fitting.fit import fit

    asked = job.asked
    model = fit(
        job.table,
        job.task,
        split=asked.split,
        quality=asked.quality,
        control=Control(live.report, live.stop, job.deadline),
        seed=asked.seed,
        metric=asked.metric,
        weights=asked.weights,
        run=live.folder,
        resume=job.resumed,
        further=job.further,
        repeat=job.repeat,
        compute=asked.compute,
        encoders=asked.encoders,
    )
    found = tuple(finding.message for finding in job.findings)
    again = () if job.repeat is None else said_of(model, job.repeat)
    return replace(model, config=asked.to_json(), notes=(*model.notes, *again, *asked.said_of_domain, *found))


def _other_frame(record: RunRecord, df: Any) -> str:
    """What is different about a frame, as far as the run knows."""
    target, n_rows = record.config.get("target"), open_frame(df).n_rows
    known = [str(name) for name in getattr(df, "columns", df)]
    if n_rows != record.n_rows:
        what = f"it had {record.n_rows:,} rows, this one has {n_rows:,}"
    elif target not in known:
        what = f"it had the target {target!r}, this one has no such column"
    else:
        what = "the rows are as many, but names, types or values of columns differ"
    return (
        f"run {record.id!r} was of another frame: {what}. Give the same frame, or train anew: "
        f"ll.train(df, target={target!r})"
    )
