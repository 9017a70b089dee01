"""How growing trees answer the validation rows, read off LightGBM while it grows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from lepton_lab.survival import Survival
from lepton_lab.tasks import Task

if TYPE_CHECKING:
    from lightgbm import Dataset


class ValidLogits:
    """The validation rows' logits after the last round, which LightGBM keeps anyway: asking again would cost much."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._answers: np.ndarray = np.zeros(0)
        self._offset: np.ndarray | None = None

    def __call__(self, answers: np.ndarray, rows: Dataset) -> list[tuple[str, float, bool]]:
        """LightGBM's hook for a metric of one's own: remembers, and measures nothing."""
        offset = rows.get_init_score()
        self._answers, self._offset = answers, None if offset is None else np.asarray(offset, np.float64)
        return []

    def take(self, answers: np.ndarray) -> None:
        """Remember the answers of several boosters `(row, output)`."""
        self._answers = answers

    def logits(self) -> Float[np.ndarray, "row output"]:
        """Of each row, as the member would give them."""
        answers, n_outputs = np.asarray(self._answers, np.float64), self._task.n_outputs
        if isinstance(self._task, Survival):
            return (np.log(np.maximum(answers, 1e-300)) - (0.0 if self._offset is None else self._offset))[:, None]
        if not self._task.classes:
            return answers.reshape(len(answers), n_outputs)
        share = np.clip(answers, 1e-15, 1 - 1e-15)
        if n_outputs == 1:
            return (np.log(share) - np.log1p(-share))[:, None]
        return np.log(share if share.ndim == 2 else share.reshape(n_outputs, -1).T)
