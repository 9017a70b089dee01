"""One row to play with: change a column, hear the prediction and its reasons. The panel only asks here."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.schema import Column, Kind
from lepton_lab.errors import ColumnError, no_such_column
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.trained import TrainedModel

SLIDER_STEPS = 200


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


@dataclass(frozen=True)
class WhatIf:
    """A row of the user's frame, and the model to ask about it.

    Args:
        model: a trained model.
        values: the row, by column, as the user wrote it; missing values are None.
        label: the row's index label.
        seed: of the walks, so that the same question has the same answer.

    Example:
        >>> ll.whatif(model, row=17).set(duration=24).probability  # doctest: +SKIP
        0.31
    """

    model: TrainedModel
    values: dict[str, object]
    label: object = None
    seed: int = 0

    @cached_property
    def columns(self) -> tuple[dict[str, Any], ...]:
        """What a control needs of each input column, as plain JSON: kind, range, step, categories, value."""
        return tuple(_control(column, self.values[column.name]) for column in self.model.schema.inputs)

    def set(self, **changes: object) -> WhatIfAnswer:
        """The explained answer with columns changed; `answer` takes names that are no Python words."""
        return self.answer(changes, explain=True)

    def answer(self, changes: Mapping[str, object], *, explain: bool = False) -> WhatIfAnswer:
        """The prediction with some values changed; with its Shapley values where `explain` asks for them.

        Raises:
            ColumnError: a column is not an input of the model, or a value is not of its kind.
        """
        typed = {name: _typed(self._column(name), item) for name, item in changes.items()}
        table = self._table({**self.values, **typed})
        x = self.model.encoder.encode(table)
        logits = np.asarray(self.model.logits_x(x), np.float64)
        explanation = self._explain(x, table.values()) if explain else None
        return _answer(self.model, logits, typed, explanation)

    def _column(self, name: str) -> Column:
        for column in self.model.schema.inputs:
            if column.name == name:
                return column
        raise no_such_column(name, [column.name for column in self.model.schema.inputs], where="the model's inputs")

    def _table(self, values: Mapping[str, object]) -> Table:
        from lepton_lab.data.table import read_like

        return read_like(self.model.schema, {name: [item] for name, item in values.items()})

    def _explain(self, x: np.ndarray, values: np.ndarray) -> Explanation:
        from lepton_lab.explanation.explain_model import explain_trained
        from lepton_lab.explanation.options import ExplainOptions

        options = ExplainOptions(seed=self.seed)
        return explain_trained(self.model, x, values, np.array([self.label], object), options=options)


def what_if(model: TrainedModel, table: Table, position: int = 0) -> WhatIf:
    """A row of a table that `read_like` made, to play with."""
    one = table.take(np.array([position]))
    values = dict(zip(model.schema.names, one.values()[0], strict=True))
    label = one.index[0]
    return WhatIf(model, {n: _own(v) for n, v in values.items()}, label.item() if hasattr(label, "item") else label)


def _answer(model: TrainedModel, logits: np.ndarray, changes: dict[str, object], explanation: Explanation | None):
    link = tuple(float(z) for z in logits[0])
    classes = model.task.classes
    if isinstance(model.task, Survival):
        median, chances = float(model.task.median(logits)[0]), model.task.survival(logits, model.task.horizons)[0]
        shown = {f"no event by {h:g}": float(p) for h, p in zip(model.task.horizons, chances, strict=True)}
        return WhatIfAnswer(median, shown, None, link, model.task.unit, explanation, 0, changes)
    if not classes:
        return WhatIfAnswer(link[0], {}, link[0], link, model.task.unit, explanation, 0, changes)
    probability = model.task.probability(logits)[0]
    chosen = int(probability.argmax())
    if len(classes) == 2 and model.threshold is not None:
        chosen = int(probability[1] >= model.threshold)
    probabilities = {c: float(p) for c, p in zip(classes, probability, strict=True)}
    output = chosen if len(link) > 1 else 0
    return WhatIfAnswer(classes[chosen], probabilities, None, link, model.task.unit, explanation, output, changes)


def _own(item: object) -> object:
    """A value of a frame as plain Python: no numpy scalars, nothing but None for what is missing."""
    if isinstance(item, np.datetime64):
        return None if np.isnat(item) else item.astype("datetime64[us]").item()
    if hasattr(item, "to_pydatetime"):
        return None if type(item).__name__ == "NaTType" else item.to_pydatetime()  # type: ignore[attr-defined]
    if hasattr(item, "item"):
        item = item.item()  # type: ignore[attr-defined]
    missing = item is None or type(item).__name__ in ("NAType", "NaTType") or (isinstance(item, float) and item != item)
    return None if missing else item


def _typed(column: Column, item: object) -> object:
    """A value from outside (a page, a keyword) as the column's own kind."""
    if item is None:
        return None
    try:
        if column.kind == Kind.NUMERIC:
            return float(item)  # type: ignore[arg-type]
        if column.kind == Kind.DATETIME and isinstance(item, str):
            return dt.datetime.fromisoformat(item)
    except (TypeError, ValueError) as error:
        wanted = "a number" if column.kind == Kind.NUMERIC else "a date such as 2024-03-31"
        raise ColumnError(
            f"{item!r} is not a value of {column.name!r}. It wants {wanted}, or None for missing."
        ) from error
    return item


def _control(column: Column, item: object) -> dict[str, Any]:
    kind = str(column.kind.value)
    low, high = column.low, column.high
    if isinstance(item, float) and (column.integer or item.is_integer()) and math.isfinite(item):
        item = int(item) if column.integer else item
    return {
        "name": column.name,
        "kind": kind if kind in ("numeric", "boolean", "datetime") else "category",
        "low": low if kind == "numeric" else None,
        "high": high if kind == "numeric" else None,
        "step": 1 if column.integer else _step(low, high),
        "categories": [{"value": c, "shown": str(c)} for c in _choices(column, item)],
        "value": item.isoformat() if isinstance(item, dt.date) else item,
        "nullable": column.missing > 0 or item is None,
    }


def _choices(column: Column, item: object) -> list[Any]:
    """The known categories, and the row's own value where it is none of them."""
    if column.kind == Kind.NUMERIC or column.kind == Kind.DATETIME:
        return []
    known = list(column.categories) or ([False, True] if column.kind == Kind.BOOLEAN else [])
    return known if item is None or item in known else [item, *known]


def _step(low: float | None, high: float | None) -> float:
    """A round step that divides the range into about two hundred."""
    if low is None or high is None or not high > low:
        return 0.01
    power = 10.0 ** math.floor(math.log10((high - low) / SLIDER_STEPS))
    return float(f"{power:.0e}")
