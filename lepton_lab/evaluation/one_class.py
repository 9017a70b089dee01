"""One class against all others: what of two classes the positive one is, any of several can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.errors import OptionError, did_you_mean
from lepton_lab.evaluation.curves import (
    CalibrationBins,
    Curve,
    Histogram,
    calibration,
    ranking_curves,
    score_histogram,
)
from lepton_lab.evaluation.decisions import Thresholds, thresholds_of
from lepton_lab.tasks import ClassValue, Task


@dataclass(frozen=True)
class OneClass:
    """What the probability of one class does for telling it from the rest.

    Args:
        name: the class, as the user wrote it.
        thresholds: every threshold.
        roc: false alarms against found rows of the class.
        precision_recall: recall against precision.
        calibration: predicted against observed.
        scores: rows by probability `(2, bin)`, the rest and the class.
    """

    name: ClassValue
    thresholds: Thresholds
    roc: Curve
    precision_recall: Curve
    calibration: CalibrationBins
    scores: Histogram


def one_class(name: ClassValue, is_it: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> OneClass:
    """One class against the rest.

    Args:
        name: of the class.
        is_it: `(row,)`, whether each row is of it.
        probability: `(row,)`, of the class.
        weights: `(row,)`, of mean 1.
    """
    both = np.stack([1 - probability, probability], axis=1)
    return OneClass(
        name,
        thresholds_of(is_it, probability, weights),
        *ranking_curves(is_it.astype(int), probability, weights),
        calibration(is_it.astype(int), both, weights),
        score_histogram(is_it.astype(int), both, weights),
    )


def class_index(task: Task, of: object) -> int:
    """The index of a class: the positive one of two where none is named.

    Raises:
        OptionError: no such class, several and none named, or no classes.
    """
    if not task.classes:
        raise OptionError(f"a threshold calls rows of a class, and this is a {task.name} model: it has none")
    if of is None:
        if len(task.classes) == 2:
            return 1
        raise OptionError(f"which of {len(task.classes)} classes is called? For example: of={task.classes[0]!r}")
    for k, known in enumerate(task.classes):
        # 1 and True are equal to Python, and are other classes to the user.
        if known == of and isinstance(known, bool) == isinstance(of, bool):
            return k
    raise OptionError(
        f"{task.name} model has no class {of!r}.{did_you_mean(str(of), list(map(str, task.classes)))} "
        f"Its classes: {', '.join(map(repr, task.classes[:12]))}"
    )
