"""What happened in a table's rows, as their user wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.objects import object_array
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.trained import TrainedModel


def truths_of(model: TrainedModel, table: Table) -> np.ndarray | None:
    """The class, the number, or whether and when the event came, by row; None where the target is not known."""
    if table.y is None:
        return None
    return object_array([_truth(model, y) for y in table.y])


def events_in(model: TrainedModel, table: Table, logits: np.ndarray) -> np.ndarray | None:
    """Events seen and expected, `(row, 2)`; None unless the model is of times to an event, and those are known."""
    if not isinstance(model.task, Survival) or table.y is None:
        return None
    _, seen = model.task.exposure(table.y)
    return np.stack([seen, model.task.expected(table.y, logits)], axis=1)


def _truth(model: TrainedModel, y: float) -> object:
    if isinstance(model.task, Survival):
        return f"event at {y:g}" if y >= 0 else f"no event by {-y:g}"
    return model.classes[int(y)] if model.classes else float(y)
