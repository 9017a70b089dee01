"""From members' out-of-fold logits to the blend, its calibration and its threshold, and honest logits of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from lepton_lab.errors import TrainingError
from lepton_lab.fitting.blend import fit_weights
from lepton_lab.fitting.calibrate import fit_calibration, youden_threshold
from lepton_lab.fitting.members import Members
from lepton_lab.fitting.problem import Problem
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task, answers, are_shifted
from lepton_lab.trained import Blend, as_blended


@dataclass(frozen=True)
class Combined:
    """The blend, and what it gives on rows that nothing in it has seen.

    Args:
        task: what is predicted; of survival with the blend's curves.
        blend: weights, temperature, biases.
        threshold: of the positive class; None unless there are two classes.
        threshold_note: how it was chosen.
        rows: positions in the problem of the judged rows.
        members: each member's out-of-fold logits of them.
        crossed: the blend's logits of them, blend and calibration fitted on the other folds; of survival its
            answers, curves likewise.
        crossed_threshold: each row's threshold, likewise.
        note: what the metrics of `crossed` are measured on.
        notes: what happened.
    """

    task: Task
    blend: Blend
    threshold: float | None
    threshold_note: str
    rows: np.ndarray
    members: dict[str, np.ndarray]
    crossed: np.ndarray
    crossed_threshold: np.ndarray | None
    note: str
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class _Judged:
    """Members' logits `(member, row, output)` of rows that they did not learn from."""

    z: np.ndarray
    y: np.ndarray
    counted: np.ndarray | None
    fold: np.ndarray

    def take(self, rows: np.ndarray) -> _Judged:
        return _Judged(
            self.z[:, rows], self.y[rows], None if self.counted is None else self.counted[rows], self.fold[rows]
        )


def combine(problem: Problem, members: Members) -> Combined:
    """Blend, calibrate and choose a threshold, on the folds that every member finished.

    Raises:
        TrainingError: no member could be grown; says why.
    """
    names = list(members.judged)
    if not names:
        raise TrainingError(" ".join(members.notes) or "no member could be trained. Try fewer rows or columns.")
    n_folds = min(len(members.judged[name]) for name in names)
    rows = np.concatenate(members.folds[:n_folds])
    z = np.stack([as_blended(problem.task, np.concatenate(members.judged[name][:n_folds])) for name in names])
    fold = np.repeat(np.arange(n_folds), [len(valid) for valid in members.folds[:n_folds]])
    counted = problem.rows.counted
    judged = _Judged(z, problem.rows.y[rows], None if counted is None else counted[rows], fold)
    fitted = _fit(judged, problem.task)
    task, blend, threshold = fitted
    crossed, crossed_threshold = _crossed(judged, problem.task, fitted)
    return Combined(
        task=task,
        blend=_undone(blend, problem.undo),
        threshold=threshold,
        threshold_note="" if threshold is None else _THRESHOLD_NOTE.format(n=len(rows)),
        rows=rows,
        members=dict(zip(names, z, strict=True)),
        crossed=crossed,
        crossed_threshold=crossed_threshold,
        note=_note(len(rows), n_folds),
    )


_THRESHOLD_NOTE = "highest balanced accuracy (Youden's J) on {n:,} rows kept out of training"


def _note(n_rows: int, n_folds: int) -> str:
    if n_folds > 1:
        return (
            f"measured out-of-fold on {n_rows:,} rows: every row by members, blend and calibration "
            f"of the other {_folds(n_folds - 1)}"
        )
    return f"measured on the {n_rows:,} rows that also chose the blend, as training was short: somewhat optimistic"


def _folds(n: int) -> str:
    return "fold" if n == 1 else f"{n} folds"


# Each has a logit for every item, and a weight and a temperature are soon known.
_RANKED_ROWS = 1000


def _fit(judged: _Judged, task: Task) -> tuple[Task, Blend, float | None]:
    if isinstance(task, Ranking) and len(judged.y) > _RANKED_ROWS:
        judged = judged.take(np.random.default_rng(0).choice(len(judged.y), _RANKED_ROWS, replace=False))
    weights = fit_weights(list(judged.z), judged.y, judged.counted, task)
    z = np.tensordot(weights, judged.z, axes=1)
    calibration = fit_calibration(z, judged.y, judged.counted, task)
    blend = Blend(weights, calibration.scale, calibration.bias, shifts=are_shifted(task))
    if isinstance(task, Survival):
        return task.with_curves(judged.y, calibration.logits(z)[:, 0], judged.counted), blend, None
    if len(task.classes) != 2:
        return task, blend, None
    probability = task.probability(calibration.logits(z))[:, 1]
    return task, blend, youden_threshold(probability, judged.y, judged.counted)


def _crossed(
    judged: _Judged, task: Task, whole: tuple[Task, Blend, float | None]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Each fold's logits by the blend of the other folds; with one fold by the only blend there is."""
    found: list[tuple[np.ndarray, np.ndarray]] = []
    thresholds = np.zeros(len(judged.y))
    for k in np.unique(judged.fold):
        inside = judged.fold == k
        own, blend, threshold = whole if inside.all() else _fit(judged.take(~inside), task)
        found.append((np.flatnonzero(inside), answers(own, blend.logits(list(judged.z[:, inside])))))
        thresholds[inside] = 0.5 if threshold is None else threshold
    order = np.argsort(np.concatenate([rows for rows, _ in found]))
    logits = np.concatenate([of_fold for _, of_fold in found])[order]
    return logits, None if whole[2] is None else thresholds


def _undone(blend: Blend, undo: np.ndarray) -> Blend:
    """The blend of members as they were trained: what class weights shifted goes into its bias."""
    return replace(blend, bias=blend.bias + blend.scale * undo)
