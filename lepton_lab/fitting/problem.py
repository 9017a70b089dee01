"""What members learn from: encoded rows, their targets, and two kinds of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.data.encode_tabular import AnyBlock
from lepton_lab.tasks import Task


@dataclass(frozen=True)
class Rows:
    """Some rows of a problem.

    Args:
        x: encoded, `(row, column)`.
        y: class index, or the number.
        weights: that members learn with; None for equal ones.
        counted: weights that losses and metrics are measured with; None for equal ones.
    """

    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None
    counted: np.ndarray | None

    def take(self, rows: np.ndarray) -> Rows:
        """These rows only."""
        return Rows(self.x[rows], self.y[rows], _taken(self.weights, rows), _taken(self.counted, rows))


@dataclass(frozen=True)
class Problem:
    """Everything that growing a member needs to know beside its settings.

    Args:
        rows: all rows that may be learned from or judged on, test rows not among them.
        blocks: the encoder's.
        task: what is learned.
        undo: `(output,)`, added to every member's logits: gives back what class weights shifted.
        seed: of every random choice.
    """

    rows: Rows
    blocks: tuple[AnyBlock, ...]
    task: Task
    undo: np.ndarray
    seed: int


def _taken(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if weights is None else weights[rows]
