"""What a loaded model's own run kept of its held-out rows: the truth and its answers, never the rows themselves.

A `.lepton` file holds no held-out rows, and no answers on them either: beside the model, an exact answer names the
row that it is of, and so tells the truth about anybody whose inputs one knows. The run's folder, which never leaves
the machine, has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.rows import without_columns
from lepton_lab.evaluation.report import Evaluation, Known, evaluate_rows
from lepton_lab.evaluation.rows_of import held_out_of
from lepton_lab.journal import RunFolder, home
from lepton_lab.trained import HeldOut

if TYPE_CHECKING:
    from lepton_lab.evaluation.costs import Costs
    from lepton_lab.journal.outcome import HeldOutAnswers
    from lepton_lab.trained import TrainedModel

BY_HAND = "set by hand"
"""The note of a threshold that replaced those chosen in training."""


def evaluate_held_out(model: TrainedModel, *, costs: Costs | None = None, folders: Iterable[Path] = ()) -> Evaluation:
    """A model measured on the rows held out of its training: its own, or what its run kept of them.

    Args:
        model: just trained, or loaded.
        costs: of wrong decisions.
        folders: with runs, as `kept_answers` takes them.

    Raises:
        OptionError: it was loaded, and its run is not there.
    """
    held = model.held_out if model.held_out is not None else kept_answers(model, folders)
    if held is None:
        held = held_out_of(model, "evaluate")
    known = Known(held.logits, held.threshold, held.weights)
    return evaluate_rows(model, held.table, known=known, costs=costs)


def kept_answers(model: TrainedModel, folders: Iterable[Path] = ()) -> HeldOut | None:
    """The held-out rows of a model as its run kept them: a table without columns.

    Args:
        model: with the id of its run.
        folders: with runs, to look in after this process's own.

    Returns:
        None where no run of this id is there, or it is not this model's: what it kept must give the very metrics
        that the model was saved with.
    """
    for folder in (home(), *folders):
        kept = None if not _is_name(model.run_id) else RunFolder(folder / str(model.run_id)).answers()
        if kept is not None and _are_of(kept, model):
            return _as_rows(kept, model)
    return None


def runs_beside(path: Path) -> tuple[Path, ...]:
    """Where a notebook beside a file, or in a folder above it, would have kept its runs."""
    return tuple(folder / ".lepton" / "runs" for folder in path.absolute().parents)


def _is_name(run_id: object) -> bool:
    """Whether an id out of a file can be a folder's name, and no way out of the folder."""
    return isinstance(run_id, str) and run_id not in ("", ".", "..") and Path(run_id).name == run_id


def _are_of(kept: HeldOutAnswers, model: TrainedModel) -> bool:
    """Whether the answers give the metrics that the model was saved with, but for those that hang on a threshold."""
    counted = {name: one for name, one in model.metrics.items() if not model.task.metrics[name].decides}
    if not counted or not _fit(kept, model):
        return False
    found = [float(model.task.metrics[name].function(kept.y, kept.logits, kept.weights)) for name in counted]
    return bool(np.allclose(found, [one.value for one in counted.values()], rtol=1e-6, equal_nan=True))


def _fit(kept: HeldOutAnswers, model: TrainedModel) -> bool:
    """Whether the arrays are of the task's shape and classes."""
    n_classes = len(model.classes)
    of_classes = n_classes == 0 or bool(((kept.y >= 0) & (kept.y < n_classes)).all())
    per_row = not isinstance(kept.threshold, np.ndarray) or kept.threshold.shape == kept.y.shape
    wide_enough = kept.logits.shape[1] >= model.task.n_outputs
    return len(kept.y) > 0 and kept.y.ndim == 1 and of_classes and per_row and wide_enough


def _as_rows(kept: HeldOutAnswers, model: TrainedModel) -> HeldOut:
    table = without_columns(model.schema, kept.y, kept.groups)
    chosen = kept.threshold if isinstance(kept.threshold, np.ndarray) and model.threshold_note != BY_HAND else None
    how = "test" if chosen is None else "out-of-fold"
    return HeldOut(table, kept.y, kept.logits, how, chosen, kept.weights)
