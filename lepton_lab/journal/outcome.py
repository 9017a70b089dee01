"""What came of a run, small enough to read for every run of a list: its metrics, and its answers on held-out rows.

    result.json              metrics with intervals, the task, which members count, which rows were held out
    held_out.safetensors     the truth and the model's answers on these rows, and a hash of each row's label

The answers let two runs be compared on the same rows in any later process; the rows themselves are not kept here.
A run made before there were these files has its metrics read from its model.
"""

from __future__ import annotations

import functools
import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.errors import DamagedFileError
from lepton_lab.metrics import Estimate
from lepton_lab.tasks import Task, task_from_json

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Args:
        task: what was learned.
        metrics: on held-out rows, by name.
        shown: the metric to look at first.
        note: on which rows.
        members: those that count in the blend.
        columns: that the model reads.
        rows_key: the same for two runs that held out the same rows of the same frame; empty where not known.
    """

    task: Task
    metrics: Mapping[str, Estimate]
    shown: str
    note: str
    members: tuple[str, ...]
    columns: tuple[str, ...]
    rows_key: str = ""


@dataclass(frozen=True)
class HeldOutAnswers:
    """What was true, and what the model said, of rows that it did not learn from.

    Args:
        labels: a hash of each row's label `(row,)`.
        y: class index, number, or signed time.
        logits: `(row, output)`.
        weights: of the rows, or None.
        groups: a code for each row, or None.
        threshold: that decides each row, or all; None where the likeliest class is taken.
    """

    labels: np.ndarray
    y: np.ndarray
    logits: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    threshold: np.ndarray | float | None = None


def outcome_json(model: TrainedModel, fingerprint: str) -> bytes:
    """The file `result.json` of a model."""
    held = model.held_out
    weights = [float(w) for w in model.blend.weights]
    stored = {
        "task": model.task.to_json(),
        "metrics": {name: _numbers(one) for name, one in model.metrics.items()},
        "shown": str(model.config.get("metric") or model.task.default_metric),
        "note": model.metrics_note,
        "members": [member.name for member, weight in zip(model.members, weights, strict=True) if weight],
        "columns": list(model.schema.names),
        "rows_key": "" if held is None else _key(fingerprint, label_hashes(held.table.index)),
    }
    return json.dumps(stored, indent=1).encode()


def answers_of(model: TrainedModel) -> dict[str, np.ndarray]:
    """The arrays of `held_out.safetensors`; none where no rows were held out."""
    held = model.held_out
    if held is None:
        return {}
    threshold = model.threshold if held.threshold is None else held.threshold
    parts = {
        "labels": label_hashes(held.table.index), "y": held.y, "logits": held.logits, "weights": held.weights,
        "groups": held.table.groups, "threshold": threshold,
    }  # fmt: skip
    return {name: np.asarray(part) for name, part in parts.items() if part is not None}


def read_outcome(folder: Path) -> Outcome | None:
    """What came of the run in a folder; None where nothing readable is."""
    try:
        return _outcome(json.loads((folder / "result.json").read_text()))
    except FileNotFoundError:
        return _from_model(folder / "model.lepton")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, DamagedFileError):
        return None


def answers_from(arrays: Mapping[str, np.ndarray]) -> HeldOutAnswers | None:
    """The answers in the arrays of `held_out.safetensors`; None where they do not fit each other."""
    needed = [arrays.get(name) for name in ("labels", "y", "logits")]
    labels, y, logits = needed
    if labels is None or y is None or logits is None or logits.ndim != 2:
        return None
    weights, groups = arrays.get("weights"), arrays.get("groups")
    if any(len(part) != len(y) for part in (labels, logits, weights, groups) if part is not None):
        return None
    threshold = arrays.get("threshold")
    if threshold is not None and threshold.ndim == 0:
        return HeldOutAnswers(labels, y, logits, weights, groups, float(threshold))
    return HeldOutAnswers(labels, y, logits, weights, groups, threshold)


def label_hashes(index: Iterable[object]) -> np.ndarray:
    """A number for each row label: labels may be names of people, and need not be kept to be matched."""
    found = [hashlib.blake2b(repr(label).encode(), digest_size=8).digest() for label in index]
    return np.frombuffer(b"".join(found), np.uint64).copy()


def _key(fingerprint: str, labels: np.ndarray) -> str:
    return hashlib.sha256(fingerprint.encode() + np.sort(labels).tobytes()).hexdigest()[:16]


def _outcome(stored: Mapping[str, Any]) -> Outcome:
    metrics = {str(name): _estimate(numbers) for name, numbers in stored["metrics"].items()}
    return Outcome(
        task_from_json(stored["task"]), metrics, str(stored["shown"]), str(stored["note"]),
        tuple(map(str, stored["members"])), tuple(map(str, stored["columns"])), str(stored.get("rows_key", "")),
    )  # fmt: skip


def _from_model(path: Path) -> Outcome | None:
    """The metrics in a model's file, without reading the model."""
    try:
        return _from_written(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=256)
def _from_written(path: Path, _written: int) -> Outcome | None:
    """Of a file as it was written then: a list that is looked at is made anew every few seconds."""
    try:
        with zipfile.ZipFile(path) as file:
            stored = json.loads(file.read("model.json"))
        task = task_from_json(stored["task"])
        members = [name for name, w in zip(stored["members"], stored["blend"]["weights"], strict=True) if w]
        columns = [column["name"] for column in stored["schema"]["columns"] if column["role"] == "input"]
        shown = str((stored.get("config") or {}).get("metric") or task.default_metric)
        metrics = {name: _estimate(numbers) for name, numbers in stored["metrics"].items()}
        return Outcome(task, metrics, shown, str(stored["metrics_note"]), tuple(members), tuple(columns))
    except (OSError, zipfile.BadZipFile, ValueError, TypeError, KeyError, AttributeError, DamagedFileError):
        return None


def _numbers(one: Estimate) -> list[float | None]:
    return [None if value != value else float(value) for value in (one.value, one.low, one.high)]


def _estimate(numbers: Any) -> Estimate:
    """An estimate from `[value, low, high]`, or from a dict of them."""
    parts = [numbers.get(name) for name in ("value", "low", "high")] if isinstance(numbers, dict) else numbers
    value, low, high = (float("nan") if part is None else float(part) for part in parts)
    return Estimate(value, low, high)
