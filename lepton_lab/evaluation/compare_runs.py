"""Runs side by side, read from their folders: curves, what was asked and came out differently, paired differences.

Any process can compare any runs, because each keeps its answers on the rows it held out. Where two runs
held out no rows in common, or cannot be compared, that is said instead of a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.common_rows import FEWEST, CommonRows, Side
from lepton_lab.evaluation.compare_models import compare_rows, note_of
from lepton_lab.evaluation.comparison import Comparison
from lepton_lab.journal import RunFolder, RunRecord
from lepton_lab.journal.outcome import HeldOutAnswers, Outcome
from lepton_lab.survival import Survival
from lepton_lab.training.progress import Progress

MOST = 8


@dataclass(frozen=True)
class Trace:
    """How one run went, by time and by epoch.

    Args:
        seconds: since it began `(record,)`.
        best: its best metric so far on validation rows, None before the first.
        metric: that metric's name.
        epochs: of the network's first fold, where it has a validation loss.
        losses: that loss.
    """

    seconds: tuple[float, ...]
    best: tuple[float | None, ...]
    metric: str
    epochs: tuple[float, ...]
    losses: tuple[float, ...]


@dataclass(frozen=True)
class RunComparison:
    """Two or more runs, the others set against the first.

    Args:
        runs: as their folders said when they were compared.
        traces: how each went, by id.
        pairs: by the id of each other run: the comparison with the first on the same rows (`a` is the first),
            or why there is none.
        asked: options that differ: the value of each run, in order.
        came: what came out differently: the value of each run, in order.
    """

    runs: tuple[RunRecord, ...]
    traces: Mapping[str, Trace]
    pairs: Mapping[str, Comparison | str]
    asked: Mapping[str, tuple[Any, ...]]
    came: Mapping[str, tuple[Any, ...]]

    def __repr__(self) -> str:
        lines = [f"{', '.join(run.id for run in self.runs)}"]
        lines += [f"  against {id}: {getattr(pair, 'words', pair)}" for id, pair in self.pairs.items()]
        lines += [f"  {name}: {' | '.join(map(str, values))}" for name, values in {**self.asked, **self.came}.items()]
        return "\n".join(lines)


def compare_runs(runs: Sequence[RunRecord], *, seed: int = 0) -> RunComparison:
    """Some runs side by side.

    Args:
        runs: two to eight; the first is what the others are set against.
        seed: of the resamples.

    Raises:
        OptionError: fewer than two different runs, or more than eight.
    """
    unique = list({run.id: run for run in runs}.values())
    if not 2 <= len(unique) <= MOST:
        raise OptionError(f"{len(unique)} different runs were named; wanted 2 to {MOST}: ll.runs().compare(a, b)")
    outcomes = [None if run.is_running else RunFolder(run.path).outcome() for run in unique]
    sides = list(zip(unique, outcomes, strict=True))
    return RunComparison(
        tuple(unique),
        {run.id: _trace(RunFolder(run.path).history()) for run in unique},
        {run.id: _pair(sides[0], (run, found), seed) for run, found in sides[1:]},
        _asked(unique),
        _came(unique, outcomes),
    )


def _trace(history: Sequence[Progress]) -> Trace:
    best: list[float | None] = []
    for record in history:
        best.append(best[-1] if record.best_metric is None and best else record.best_metric)
    learned = [p for p in history if p.stage == "network" and p.valid_loss is not None]
    first = [p for p in learned if p.fold == learned[0].fold]
    return Trace(
        tuple(float(p.elapsed_s) for p in history), tuple(best),
        next((p.metric_name for p in reversed(history) if p.metric_name), ""),
        tuple(float(p.epoch) for p in first), tuple(float(p.valid_loss or 0.0) for p in first),
    )  # fmt: skip


def _pair(a: tuple[RunRecord, Outcome | None], b: tuple[RunRecord, Outcome | None], seed: int) -> Comparison | str:
    """The second run against the first on the rows both held out, or why that cannot be."""
    (run_a, of_a), (run_b, of_b) = a, b
    for run, found in (a, b):
        if run.is_running:
            return f"{run.id} still runs: its model is compared once it has one"
        if found is None:
            return f"{run.id} is {run.status} and has no model"
    assert of_a is not None and of_b is not None, "seen above"
    why = _differ(run_a, of_a, run_b, of_b)
    answers = RunFolder(run_a.path).answers(), RunFolder(run_b.path).answers()
    if not why and None in answers:
        which = run_a.id if answers[0] is None else run_b.id
        why = f"{which} kept no answers on held-out rows (an earlier version made it); ll.compare(a, b, df) needs none"
    rows = None if why or answers[0] is None or answers[1] is None else _common(answers[0], answers[1])
    if isinstance(rows, str) or rows is None:
        return why or str(rows)
    compared = compare_rows(of_a.task, rows, seed)
    shown = of_a.shown if of_a.shown in compared else of_a.task.default_metric
    return Comparison((run_a.id, run_b.id), str(run_a.config.get("target")), of_a.task, len(rows.y), compared, shown,
                      {name: (x, y) for name, (x, y) in _asked([run_a, run_b]).items()}, note_of(rows))  # fmt: skip


def _differ(run_a: RunRecord, a: Outcome, run_b: RunRecord, b: Outcome) -> str:
    """Why two runs cannot be compared; empty where nothing stands against it."""
    targets = run_a.config.get("target"), run_b.config.get("target")
    if targets[0] != targets[1]:
        return f"they predict different columns, {targets[0]!r} and {targets[1]!r}"
    if a.task.name != b.task.name or tuple(a.task.classes) != tuple(b.task.classes):
        return f"they answer different questions about {targets[0]!r}: {a.task.name} and {b.task.name}"
    if isinstance(a.task, Survival) and a.task.to_json() != b.task.to_json():
        return "their times are cut at different places, so that their answers are not for the same times"
    if run_a.fingerprint != run_b.fingerprint:
        return "they were trained on different frames; for rows that neither has seen: ll.compare(a, b, df)"
    return ""


def _common(a: HeldOutAnswers, b: HeldOutAnswers) -> CommonRows | str:
    """The rows that both held out, or why they cannot be told."""
    if len(np.unique(a.labels)) < len(a.labels) or len(np.unique(b.labels)) < len(b.labels):
        if not np.array_equal(a.labels, b.labels):
            return "row labels occur more than once, so the rows held out of both cannot be told"
        at = np.arange(len(a.labels)), np.arange(len(a.labels))
    else:
        _, *places = np.intersect1d(a.labels, b.labels, assume_unique=True, return_indices=True)
        at = places[0], places[1]
    if len(at[0]) < FEWEST:
        return (
            f"{len(at[0])} rows were held out of both ({len(a.y):,} and {len(b.y):,} of each), too few to compare on; "
            "the same seed= and split= hold out the same rows"
        )
    if not np.array_equal(a.y[at[0]], b.y[at[1]]):
        return "rows with the same label differ in their target"
    same_weights = _weights(a, at[0]), _weights(b, at[1])
    weights = same_weights[0] if np.allclose(*same_weights) else None
    said = f"{len(at[0]):,} rows held out of both trainings"
    if a.weights is not None or b.weights is not None:
        said += ", weighted" if weights is not None else ", all counted alike, as the runs weigh them differently"
    groups = None if a.groups is None else a.groups[at[0]]
    plain = None if a.weights is None and b.weights is None else weights
    return CommonRows(a.y[at[0]], (_side(a, at[0]), _side(b, at[1])), plain, groups, said)


def _side(answers: HeldOutAnswers, at: np.ndarray) -> Side:
    threshold = answers.threshold
    return Side(answers.logits[at], threshold[at] if isinstance(threshold, np.ndarray) else threshold)


def _weights(answers: HeldOutAnswers, at: np.ndarray) -> np.ndarray:
    found = np.ones(len(at)) if answers.weights is None else answers.weights[at]
    return found / found.mean()


def _asked(runs: Sequence[RunRecord]) -> dict[str, tuple[Any, ...]]:
    """Options that are not the same in all runs."""
    # What a domain tells the model to show follows from its name.
    names = dict.fromkeys(name for run in runs for name in run.config if name != "pack")
    found = {name: tuple(run.config.get(name) for run in runs) for name in names}
    # An option of a later version was not asked for by an earlier one: an empty list is then the same as nothing.
    return {name: values for name, values in found.items() if any((v or None) != (values[0] or None) for v in values)}


def _came(runs: Sequence[RunRecord], outcomes: Sequence[Outcome | None]) -> dict[str, tuple[Any, ...]]:
    """What is known of each run and is not the same in all."""
    columns = [found.columns if found else () for found in outcomes]
    shared = set.intersection(*(set(one) for one in columns if one)) if any(columns) else set()
    found: dict[str, tuple[Any, ...]] = {
        "status": tuple(run.status for run in runs),
        "rows": tuple(run.n_rows for run in runs),
        "frame": tuple(run.fingerprint[:8] for run in runs),
        "seconds": tuple(round(float(run.elapsed_s), 1) for run in runs),
        "members in the blend": tuple(list(one.members) if one else None for one in outcomes),
        "columns only it reads": tuple([name for name in one if name not in shared] for one in columns),
        "measured": tuple(one.note if one else None for one in outcomes),
    }
    return {name: values for name, values in found.items() if any(v != values[0] for v in values)}
