"""One run on disk: what it was asked, how it went, and what it can go on from.

    <home>/<id>/
      run.json          what was asked, by whom, the status and its message
      progress.jsonl    one Progress a line
      checkpoints/      one safetensors file a part that can be resumed
      rows.safetensors  which rows were trained on, validated on, and held out
      course.json       where each member ended, by the clock or by the user, so that the run can be repeated
      model.lepton      the result
      result.json       its metrics, and held_out.safetensors its answers on the rows held out (outcome.py)
      labels.json       the name and the tags that its user gave it (labels.py)
      lock, stop        who runs it; that somebody asked it to stop

Journaling never ends training. The first write that fails (a full disk, a folder made read-only)
leaves a note, and the run goes on without its journal.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.errors import ModelFileError, RunError
from lepton_lab.journal import lock
from lepton_lab.journal.labels import FILE as LABELS
from lepton_lab.journal.labels import Labels, read_labels
from lepton_lab.journal.outcome import HeldOutAnswers, Outcome, answers_from, answers_of, outcome_json, read_outcome
from lepton_lab.training.progress import Progress

if TYPE_CHECKING:
    from lepton_lab.data.split import Split
    from lepton_lab.trained import TrainedModel

Arrays = dict[str, np.ndarray]
ASKED_WEIGHTS = "weights"
"""The checkpoint that holds row weights given as an array; it is no growth."""
# Nor are the readers of columns of texts.
_NO_GROWTHS = (ASKED_WEIGHTS, "readers")


@dataclass(frozen=True)
class RunRecord:
    """What `run.json` says of a run; a run whose process died says "killed".

    Attributes:
        status: running, done, stopped, failed, killed, or damaged where run.json cannot be read.
        created: Local time in ISO form.
        config: The arguments of the call that made it, as JSON.
        score: The best metric so far, as in progress.
        name: What its user calls it; empty where nothing.
        tags: Of its user.
        is_cut: Whether its time budget ended it, so that it can go on with more.
    """

    id: str
    path: Path
    status: str
    kind: str = ""
    message: str = ""
    created: str = ""
    n_rows: int = 0
    fingerprint: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    pid: int = 0
    metric_name: str = ""
    score: float | None = None
    elapsed_s: float = 0.0
    name: str = ""
    tags: tuple[str, ...] = ()
    is_cut: bool = False

    @property
    def is_running(self) -> bool:
        """Whether a living process works on it."""
        return self.status == "running"

    @property
    def began(self) -> str:
        """Local time as people write it, to the second."""
        return self.created.replace("T", " ")[:19]


class RunFolder:
    """The folder of one run: every write is atomic, guarded, and stops at the first failure.

    Attributes:
        id: The run's name, as typed after `attach`.
        note: Why journaling ended early; None while it works.
        removed: Old runs that made room for this one, as one sentence; empty if none did.
    """

    def __init__(self, path: Path, note: str | None = None) -> None:
        self.path = path
        self.id = path.name
        self.note = note
        self.removed = ""
        self._writing = threading.Lock()

    def record(self) -> RunRecord:
        """What is known of the run, with the status of a dead process corrected to "killed"."""
        try:
            stored = json.loads((self.path / "run.json").read_text())
            record = RunRecord(id=self.id, path=self.path, **_known(stored))
        except (OSError, ValueError, TypeError) as error:
            return RunRecord(self.id, self.path, "damaged", message=f"run.json cannot be read: {error}")
        if record.is_running and not lock.is_held(self.path):
            record = replace(record, status="killed", message="its process ended without saying so")
        last, labels = self.progress(), read_labels(self.path)
        is_cut = bool((self.course() or {}).get("is_cut"))
        record = replace(record, name=labels.name, tags=labels.tags, is_cut=is_cut)
        if last is None:
            return record
        return replace(record, metric_name=last.metric_name, score=last.best_metric, elapsed_s=last.elapsed_s)

    # ---- progress

    def append(self, progress: Progress) -> None:
        """Add one line to `progress.jsonl`."""
        line = json.dumps(progress.to_json(), default=float) + "\n"
        self._guarded(lambda: _append(self.path / "progress.jsonl", line))

    def history(self) -> tuple[Progress, ...]:
        """Every progress line that can be read; a last line cut off by a crash is left out."""
        try:
            lines = (self.path / "progress.jsonl").read_text(errors="replace").splitlines()
        except OSError:
            return ()
        return tuple(_progresses(lines))

    def progress(self) -> Progress | None:
        """The newest progress line, read from the end of the file."""
        try:
            with (self.path / "progress.jsonl").open("rb") as file:
                file.seek(0, os.SEEK_END)
                file.seek(max(0, file.tell() - 65_536))
                tail = file.read().decode(errors="replace").splitlines()
        except OSError:
            return None
        return next(_progresses(reversed(tail)), None)

    # ---- checkpoints, rows, model

    def save_checkpoint(self, name: str, arrays: Arrays, meta: dict[str, Any]) -> None:
        """Keep arrays and a JSON value under `name`, replacing what was there."""
        from safetensors.numpy import save

        # `ascontiguousarray` makes a single number an array of one, and a step's number must come back as it was.
        whole = {key: np.ascontiguousarray(value).reshape(np.shape(value)) for key, value in arrays.items()}
        data = save(whole, metadata={"meta": json.dumps(meta)})
        self._guarded(lambda: write_atomically(self.path / "checkpoints" / f"{name}.safetensors", data))

    def load_checkpoint(self, name: str) -> tuple[Arrays, dict[str, Any]] | None:
        """What `save_checkpoint` kept under `name`; None where nothing readable is."""
        return _read_arrays(self.path / "checkpoints" / f"{name}.safetensors")

    def save_rows(self, split: Split) -> None:
        """Keep which rows (positions in the frame as read) went where."""
        from safetensors.numpy import save

        arrays: Arrays = {"train": split.train, "valid": split.valid, "test": split.test}
        for number, (train, valid) in enumerate(split.folds or ()):
            arrays |= {f"fold_{number}_train": train, f"fold_{number}_valid": valid}
        meta = {"nested": bool(split.nested), "n_folds": None if split.folds is None else len(split.folds)}
        whole = {key: np.ascontiguousarray(value, dtype=np.int64) for key, value in arrays.items()}
        data = save(whole, metadata={"meta": json.dumps(meta)})
        self._guarded(lambda: write_atomically(self.path / "rows.safetensors", data))

    def rows(self) -> Split | None:
        """The split that `save_rows` kept; None where nothing readable is."""
        from lepton_lab.data.split import Split

        read = _read_arrays(self.path / "rows.safetensors")
        if read is None:
            return None
        arrays, meta = read
        folds = None
        try:
            if meta["n_folds"] is not None:
                folds = tuple((arrays[f"fold_{i}_train"], arrays[f"fold_{i}_valid"]) for i in range(meta["n_folds"]))
            return Split(arrays["train"], arrays["valid"], arrays["test"], folds, meta["nested"])
        except KeyError:
            return None

    def forget_growths(self) -> bool:
        """Remove the checkpoints, except those of what was asked; whether there were any."""
        paths = [path for path in (self.path / "checkpoints").glob("*.safetensors") if path.stem not in _NO_GROWTHS]
        for path in paths:
            self._guarded(path.unlink, always=True)
        return bool(paths)

    def save_course(self, course: dict[str, Any]) -> None:
        """Keep how the run went, as plain JSON."""
        data = json.dumps(course, indent=1).encode()
        self._guarded(lambda: write_atomically(self.path / "course.json", data))

    def course(self) -> dict[str, Any] | None:
        """What `save_course` kept; None where nothing readable is."""
        try:
            return dict(json.loads((self.path / "course.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def save_model(self, model: TrainedModel) -> None:
        """Keep the result; tried even after an earlier write failed."""
        self._guarded(lambda: model.save(self.path / "model.lepton"), always=True)

    def load_model(self) -> TrainedModel | None:
        """The result, or None where the run has none yet."""
        path = self.path / "model.lepton"
        if not path.exists():
            return None
        from lepton_lab.model_file import read_model

        return read_model(path)

    def save_outcome(self, model: TrainedModel) -> None:
        """Keep the metrics, and the answers on held-out rows, for lists and comparisons of runs."""
        from safetensors.numpy import save

        arrays = {name: np.ascontiguousarray(part).reshape(part.shape) for name, part in answers_of(model).items()}
        data = save(arrays, metadata={"meta": "{}"})
        self._guarded(lambda: write_atomically(self.path / "held_out.safetensors", data))
        result = outcome_json(model, self.record().fingerprint)
        self._guarded(lambda: write_atomically(self.path / "result.json", result))

    def outcome(self) -> Outcome | None:
        """What came of the run; None where it has no model that can be read."""
        return read_outcome(self.path)

    def answers(self) -> HeldOutAnswers | None:
        """The model's answers on held-out rows; None where the run was made before they were kept."""
        read = _read_arrays(self.path / "held_out.safetensors")
        return None if read is None else answers_from(read[0])

    # ---- name and tags

    def label(self, labels: Labels) -> None:
        """Keep a name and tags, in place of those there were.

        Raises:
            RunError: They cannot be written, or the run is not there any more.
        """
        if not self.path.is_dir():
            raise RunError(f"run {self.id!r} is not there any more: it was deleted. List the runs with: ll.runs()")
        try:
            write_atomically(self.path / LABELS, labels.to_json())
        except OSError as error:
            raise RunError(f"the name and tags of run {self.id!r} cannot be written: {error}.") from None

    def labels(self) -> Labels:
        """The name and tags; empty where none were given."""
        return read_labels(self.path)

    # ---- status, stop

    def start(self, **stored: Any) -> None:
        """Take the lock and write the first `run.json`, or say in `note` why that is impossible."""
        self._guarded(lambda: self._start(stored))

    def set_status(self, status: str, message: str = "") -> None:
        """Say how the run stands; any status but "running" gives the lock back."""
        self._guarded(lambda: self._update(status=status, message=message), always=True)
        if status != "running":
            self._guarded(lambda: lock.release(self.path), always=True)

    def take_over(self) -> None:
        """Make this process the one that runs it, to resume it.

        Raises:
            RunError: A living process runs it.
        """
        lock.acquire(self.path)
        (self.path / "stop").unlink(missing_ok=True)
        self._guarded(lambda: self._update(status="running", message="resumed", pid=os.getpid()))

    def request_stop(self) -> None:
        """Ask the process that runs it to stop and keep the best weights; it looks between chunks.

        Raises:
            RunError: The request cannot be written.
        """
        try:
            (self.path / "stop").touch()
        except OSError as error:
            raise RunError(
                f"cannot ask run {self.id!r} to stop: {error}. Interrupt its own notebook instead."
            ) from None

    def stop_requested(self) -> bool:
        """Whether somebody, in any process, asked for a stop."""
        return (self.path / "stop").exists()

    # ---- writing

    def _start(self, stored: dict[str, Any]) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(self.path)
        write_atomically(self.path / "run.json", json.dumps(stored, indent=1).encode())

    def _update(self, **changed: Any) -> None:
        path = self.path / "run.json"
        stored = json.loads(path.read_text()) if path.exists() else {}
        write_atomically(path, json.dumps(stored | changed, indent=1).encode())

    def _guarded(self, write: Callable[[], object], *, always: bool = False) -> None:
        """Do one write; after the first that failed, none but those that are `always` tried."""
        if self.note is not None and not always:
            return
        try:
            with self._writing:
                write()
        except (OSError, ModelFileError) as error:
            if self.note is None:
                self.note = (
                    f"the journal of run {self.id} ended early ({error}): this run cannot be attached or resumed"
                )


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new, never a part."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line)


def _progresses(lines: Iterable[str]) -> Iterator[Progress]:
    """The progress of every line that is whole."""
    for line in lines:
        try:
            yield Progress.from_json(json.loads(line))
        except (ValueError, TypeError, KeyError):
            continue


def _read_arrays(path: Path) -> tuple[Arrays, dict[str, Any]] | None:
    """Arrays and the JSON value beside them; None where the file is missing or damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, json.loads((file.metadata() or {})["meta"])  # noqa: SIM118
    except (OSError, SafetensorError, ValueError, KeyError):
        return None


def _known(stored: dict[str, Any]) -> dict[str, Any]:
    """The entries of `run.json` that a RunRecord has; a later version may write more."""
    derived = {"id", "path", "metric_name", "score", "elapsed_s", "name", "tags", "is_cut"}
    return {key: stored[key] for key in RunRecord.__dataclass_fields__ if key in stored and key not in derived}
