"""What all trials of a study share: the rows they learn from and are judged on, the default recipe, the metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lepton_lab.data.split import Split
from lepton_lab.fitting.grow_trees import Beside, beside_boosted
from lepton_lab.fitting.problem import Problem, Rows
from lepton_lab.fitting.recipe import Recipe
from lepton_lab.metrics import Metric
from lepton_lab.tasks import Task

Folds = tuple[tuple[np.ndarray, np.ndarray], ...]


@dataclass(frozen=True)
class Setting:
    """The common ground of trials.

    Args:
        problem: all rows but the test rows.
        positions: (train, valid) rows of each fold in the problem; one of them, or several.
        folds: the rows themselves, taken once for all trials.
        recipe: the default.
        metric: that trials are compared by.
        shares: of its schedule that a trial has had at each rung; the last is 1.
    """

    problem: Problem
    positions: Folds
    folds: tuple[tuple[Rows, Rows], ...]
    recipe: Recipe
    metric: Metric
    shares: tuple[float, ...]

    @staticmethod
    def of(problem: Problem, positions: Folds, recipe: Recipe, metric: Metric, shares: Sequence[float]) -> Setting:
        """With the rows of each fold taken."""
        folds = tuple((problem.rows.take(train), problem.rows.take(valid)) for train, valid in positions)
        return Setting(problem, positions, folds, recipe, metric, tuple(shares))

    @cached_property
    def beside(self) -> tuple[Beside | None, ...]:
        """Of each fold the trees that stand beside its boosted ones, whatever a trial asks of these; None for none."""
        return tuple(beside_boosted(self.problem, train, self.recipe) for train, _ in self.folds)

    @property
    def judged(self) -> Rows:
        """The validation rows of all folds, one after another."""
        return self.problem.rows.take(np.concatenate([valid for _, valid in self.positions]))

    def score(self, logits: np.ndarray) -> float:
        """The metric of logits of the judged rows."""
        rows = self.judged
        return self.metric(rows.y, logits, rows.counted)


def judging_metric(task: Task, name: str | None) -> Metric:
    """What trials are compared by: the metric asked for, else the loss, which tells close trials apart best.

    Raises:
        OptionError: the metric does not fit the task.
    """
    from lepton_lab.tasks import metric_of

    return metric_of(task, name or ("log_loss" if task.classes else "rmse"))


def with_test_rows(rows: Split) -> Split:
    """The split with rows that only measure: where folds would measure, the last fold is set aside.

    Out-of-fold figures of the best of many trials would be too good, as all trials were compared on them.
    """
    if len(rows.test) or rows.folds is None:
        return rows
    *folds, (_, last) = rows.folds
    kept = tuple((np.setdiff1d(train, last), valid) for train, valid in folds)
    used = np.unique(np.concatenate([part for fold in kept for part in fold]))
    return Split(used, rows.valid, last, kept)
