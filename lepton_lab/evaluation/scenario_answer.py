"""What a model says of one row, in the reader's own terms: a class, a probability, an estimate, a median time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.ranking import without_seen
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.trained import TrainedModel


@dataclass(frozen=True)
class WhatIfAnswer:
    """What the model says of a row with some values changed.

    Args:
        prediction: the class predicted at the model's threshold, the estimate, or the median time to an event.
        probabilities: of each class, by the user's own class value; of no event by some times; empty for regression.
        estimate: the predicted number; None for classes.
        link: the model's output, in `unit`: log-odds, one logit a class, or the target's unit.
        explanation: of the changed row, where it was asked for.
        output: the output to look at first in `explanation`: the predicted class of several.
        changes: what differs from the row as it was.
    """

    prediction: object
    probabilities: Mapping[Any, float]
    estimate: float | None
    link: tuple[float, ...]
    unit: str
    explanation: Explanation | None = None
    output: int = 0
    changes: dict[str, object] = field(default_factory=dict)

    @property
    def probability(self) -> float | None:
        """Of the positive class (two classes), of the predicted one (several); None without classes."""
        if self.unit == Survival.unit:
            return None
        if len(self.probabilities) == 2:
            return list(self.probabilities.values())[1]
        return self.probabilities[self.prediction] if self.probabilities else None


def answer_of(
    model: TrainedModel,
    logits: np.ndarray,
    changes: dict[str, object],
    explanation: Explanation | None,
    seen: np.ndarray | None = None,
) -> WhatIfAnswer:
    """What logits `(1, output)` of a row with these changes say; items that the row has `seen` are not predicted."""
    link = tuple(float(z) for z in logits[0])
    classes = model.task.classes
    if isinstance(model.task, Survival):
        median, chances = float(model.task.median(logits)[0]), model.task.survival(logits, model.task.horizons)[0]
        shown = {f"no event by {h:g}": float(p) for h, p in zip(model.task.horizons, chances, strict=True)}
        return WhatIfAnswer(median, shown, None, link, model.task.unit, explanation, 0, changes)
    if not classes:
        return WhatIfAnswer(link[0], {}, link[0], link, model.task.unit, explanation, 0, changes)
    probability = model.task.probability(without_seen(logits, seen))
    chosen = int(model.decide(probability)[0])
    probabilities = {c: float(p) for c, p in zip(classes, probability[0], strict=True)}
    output = chosen if len(link) > 1 else 0
    return WhatIfAnswer(classes[chosen], probabilities, None, link, model.task.unit, explanation, output, changes)
