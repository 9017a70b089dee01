"""From two trained models to a `Comparison`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.evaluation.common_rows import CommonRows, Side, check_comparable, held_out_of_both, rows_of_frame
from lepton_lab.evaluation.comparison import Compared, Comparison
from lepton_lab.evaluation.paired import Sampling, compare_pairs
from lepton_lab.trained import at_threshold

if TYPE_CHECKING:
    import numpy as np

    from lepton_lab.tasks import Task
    from lepton_lab.trained import TrainedModel


def compare_models(a: TrainedModel, b: TrainedModel, df: Any = None, *, seed: int = 0) -> Comparison:
    """Every metric of two models on the same rows, with paired intervals of the difference.

    Args:
        a, b: models of the same target.
        df: rows with the target; None for the rows held out of both trainings.
        seed: of the resamples.

    Raises:
        OptionError: the models predict different things, or no rows are known that were held out of both.
        DataError: the frame has no rows.
    """
    check_comparable(a, b)
    rows = held_out_of_both(a, b) if df is None else rows_of_frame(a, b, df)
    compared = compare_rows(a.task, rows, seed)
    shown = str(a.config.get("metric") or a.task.default_metric)
    return Comparison(
        names=_names(a, b),
        target=a.schema.target,
        task=a.task,
        n_rows=len(rows.y),
        metrics=compared,
        shown=shown,
        settings=_settings(a, b),
        note=note_of(rows),
    )


def compare_rows(task: Task, rows: CommonRows, seed: int) -> dict[str, Compared]:
    """Every metric of a task on the same rows, with paired intervals of the difference."""
    metrics = task.metrics
    of_a, of_b = ({name: _seen(side, metrics[name].decides) for name in metrics} for side in rows.sides)
    sampling = Sampling(len(rows.y), rows.weights, rows.groups, seed)
    found = compare_pairs(metrics, rows.y, of_a, of_b, sampling)
    return {
        name: Compared(metrics[name].label, metrics[name].higher_is_better, f.a, f.b, f.difference, f.probability)
        for name, f in found.items()
    }


def note_of(rows: CommonRows) -> str:
    """Which rows these are, in words."""
    return rows.note if rows.groups is None else f"{rows.note}; rows of one group drawn together"


def _seen(side: Side, decides: bool) -> np.ndarray:
    """The logits that a metric sees: moved so that decisions fall at the model's own threshold."""
    return side.logits if side.threshold is None or not decides else at_threshold(side.logits, side.threshold)


def _names(a: TrainedModel, b: TrainedModel) -> tuple[str, str]:
    """The ids of their runs, or a and b."""
    if a.run_id and b.run_id and a.run_id != b.run_id:
        return a.run_id, b.run_id
    return "a", "b"


def _settings(a: TrainedModel, b: TrainedModel) -> dict[str, tuple[Any, Any]]:
    """What was asked differently, columns that only one reads, and members that only one has."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in dict.fromkeys([*a.config, *b.config]):
        pair = a.config.get(name), b.config.get(name)
        if pair[0] != pair[1]:
            found[name] = pair
    columns = [m.schema.names for m in (a, b)]
    only = tuple([n for n in columns[i] if n not in columns[1 - i]] for i in (0, 1))
    if only[0] or only[1]:
        found["columns only it reads"] = (only[0], only[1])
    members = tuple([m.name for m, w in zip(x.members, x.blend.weights, strict=True) if w] for x in (a, b))
    if members[0] != members[1]:
        found["members in the blend"] = (members[0], members[1])
    versions = tuple(x.versions.get("lepton-lab") for x in (a, b))
    if versions[0] != versions[1]:
        found["lepton-lab"] = (versions[0], versions[1])
    return found
