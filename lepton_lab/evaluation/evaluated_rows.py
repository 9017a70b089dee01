"""The rows that an evaluation measures, kept beside it for questions that its figures do not answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.errors import DataError
from lepton_lab.ranking import without_seen
from lepton_lab.tasks import answers

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.trained import HeldOut, TrainedModel


@dataclass(frozen=True)
class EvaluatedRows:
    """The rows themselves, for questions that the figures do not answer. Never saved.

    Args:
        model: the one that was measured.
        table: its rows.
        logits: the model's, `(row, output)`; of a time to an event its answers.
        weights: that the metrics count each row with; None for equal ones.
        threshold: that decided each row, chosen on the other folds; None for the model's own.
        held_out: whether they are the rows held out of the model's training.
    """

    model: TrainedModel
    table: Table
    logits: np.ndarray
    weights: np.ndarray | None = None
    threshold: np.ndarray | None = None
    held_out: bool = False

    @property
    def has_inputs(self) -> bool:
        """Whether the columns are known; of a loaded model's held-out rows only the answers were kept."""
        return bool(self.table.columns)

    @property
    def y(self) -> np.ndarray:
        """Class index, the number, or the signed time."""
        return np.asarray(self.table.y)

    @cached_property
    def w(self) -> np.ndarray:
        """What each row counts, of mean 1."""
        return np.ones(len(self.y)) if self.weights is None else self.weights / self.weights.mean()

    @cached_property
    def probability(self) -> np.ndarray:
        """Of each class, `(row, class)`."""
        return self.model.task.probability(self.logits)


def evaluated(model: TrainedModel, table: Table) -> EvaluatedRows:
    """The rows of a table that holds their target, as the model answers them.

    Raises:
        DataError: there are no rows.
    """
    if not table.n_rows:
        raise DataError("the frame has no rows to evaluate on. Give the rows with their target: ll.evaluate(model, df)")
    x = model.encoder.encode(table)
    found = without_seen(answers(model.task, model.logits_x(x)), model.seen_x(x))
    return EvaluatedRows(model, table, found, table.weights)


def held_out_rows(held: HeldOut, model: TrainedModel) -> EvaluatedRows:
    """The rows held out of a model's training, as training answered and decided them."""
    return EvaluatedRows(model, held.table, held.logits, held.weights, held.threshold, held_out=True)
