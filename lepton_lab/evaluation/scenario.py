"""One row to play with: change a column, hear the prediction and its reasons, look for a way to another one.

Everything that the panel shows is one call here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.pick_rows import pick_rows
from lepton_lab.data.schema import OBJECTS, Column
from lepton_lab.durations import parse_duration
from lepton_lab.errors import OptionError, no_such_column
from lepton_lab.evaluation.controls import Spread, control, spread_of, typed
from lepton_lab.evaluation.scenario_answer import WhatIfAnswer, answer_of
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.evaluation.compared_scenarios import ComparedScenarios
    from lepton_lab.evaluation.nearest import NearestRows
    from lepton_lab.explanation.background import Background
    from lepton_lab.explanation.counterfactual.result import Counterfactuals
    from lepton_lab.explanation.effects.row_curves import ModelGrids, RowCurve
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.trained import TrainedModel

MOST_KNOWN = 5_000
"""Rows that the points of curves and the spreads of columns are taken from, of more that are known."""


@dataclass(frozen=True)
class WhatIf:
    """A row of the user's frame, and the model to ask about it.

    Args:
        model: a trained model.
        values: the row, by column, as the user wrote it; missing values are None.
        label: the row's index label.
        seed: of the walks, so that the same question has the same answer.
        others: the rows that it was taken with, whose objects it may be given.

    Example:
        >>> ll.whatif(model, row=17).set(duration=24).probability  # doctest: +SKIP
        0.31
    """

    model: TrainedModel
    values: dict[str, object]
    label: object = None
    seed: int = 0
    others: Table | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"WhatIf(row {self.label!r}; .set(column=value), .curves(), .reach(goal), .nearest(), .compare(...))"

    @cached_property
    def columns(self) -> tuple[dict[str, Any], ...]:
        """What a control needs of each input column, as plain JSON: kind, range, step, categories, value."""
        return tuple(control(column, self.values[column.name]) for column in self.model.schema.inputs)

    def set(self, **changes: object) -> WhatIfAnswer:
        """The explained answer with columns changed; `answer` takes names that are no Python words."""
        return self.answer(changes, explain=True)

    def answer(self, changes: Mapping[str, object], *, explain: bool = False) -> WhatIfAnswer:
        """The prediction with some values changed; with its Shapley values where `explain` asks for them.

        Raises:
            ColumnError: a column is not an input of the model, or a value is not of its kind.
        """
        changed = self._typed(changes)
        table = self._table({**self.values, **changed})
        x = self.model.encoder.encode(table)
        logits = np.asarray(self.model.logits_x(x), np.float64)
        explanation = self._explain(x, table.values()) if explain else None
        return answer_of(self.model, logits, changed, explanation, self.model.seen_x(x))

    def values_of(self, label: object) -> dict[str, object]:
        """The values of another of the rows that this one was taken with: `.set(scan=asked.values_of(17)["scan"])`.

        Raises:
            OptionError: there is no such row.
        """
        if self.others is None:
            raise OptionError("this row was taken alone: there are no others beside it.")
        place = pick_rows(self.others.index, row=label, where="the rows it was taken with")
        values = self.others.take(place).values()[0]
        return dict(zip(self.model.schema.names, map(own_value, values), strict=True))

    def objects(self, column: str, most: int) -> list[tuple[object, object]]:
        """Labels and objects of a column in other rows, at even distances; none that this row has itself."""
        if self.others is None:
            return []
        some = self.others.thinned(2 * most)
        labels, found = some.index.tolist(), dict.fromkeys([self.values[column], None])
        pairs = []
        for label, one in zip(labels, some.columns[column], strict=True):
            if one not in found:
                found[one] = None
                pairs.append((label, one))
        step = -(-len(pairs) // most)
        return pairs[:: max(step, 1)]

    def curves(self, changes: Mapping[str, object] | None = None) -> tuple[RowCurve, ...]:
        """The ICE curve of every column at the changed row: its output if that column alone were different.

        Args:
            changes: what differs from the row as it was.

        Raises:
            ColumnError: as `answer`.
            ExplanationError: the model was saved without rows to take values from.
        """
        from lepton_lab.explanation.effects.row_curves import ice_curves

        return ice_curves(self.model, self._x(changes or {})[0], self.grids)

    def reach(
        self,
        goal: object = None,
        *,
        changes: Mapping[str, object] | None = None,
        locked: Sequence[str] | None = None,
        n: int = 3,
        timeout: str | float | None = "3s",
    ) -> Counterfactuals:
        """The smallest further changes that lead the changed row to another prediction.

        Args:
            goal: as `reach` of `ll.counterfactuals`: a class, "<20%", ">50000"; the other class if left out.
            changes: what differs from the row as it was.
            locked: columns that keep their value; if left out, those that `train` was told cannot change.
            n: ways wanted.
            timeout: wall time.

        Raises:
            OptionError: the goal cannot be read, or every column is locked.
            ColumnError: as `answer`, or a locked column that is none.
        """
        from lepton_lab.explanation.counterfactual.find import Asked, find_counterfactuals
        from lepton_lab.explanation.counterfactual.values import Limits
        from lepton_lab.explanation.estimate import Pace

        pace = Pace(None if timeout is None else parse_duration(timeout))
        table = self._table({**self.values, **self._typed(changes or {})})
        kept = self.model.schema.immutable if locked is None else tuple(locked)
        asked = Asked(goal, Limits(kept), n, self.seed)
        return find_counterfactuals(self.model, table, asked, pace)

    def nearest(self, changes: Mapping[str, object] | None = None, *, n: int = 5) -> NearestRows:
        """The known rows most like the changed row, with what became of them where that is known.

        Args:
            changes: what differs from the row as it was.
            n: how many, from 1.

        Raises:
            ColumnError: as `answer`.
            OptionError: a number of rows below 1.
        """
        from lepton_lab.evaluation.nearest import nearest_rows

        return nearest_rows(self.model, self._x(changes or {}), n, without=(self.label, self._x({})))

    def compare(self, scenarios: Mapping[str, Mapping[str, object]]) -> ComparedScenarios:
        """Several sets of changes side by side, each explained; the row as it is comes first.

        Args:
            scenarios: changes by the name of the scenario.

        Raises:
            ColumnError: as `answer`.
        """
        from lepton_lab.evaluation.compared_scenarios import ComparedScenarios

        answers = {name: self.answer(changes, explain=True) for name, changes in scenarios.items()}
        return ComparedScenarios(self.label, self.values, self.answer({}, explain=True), answers)

    def example_goal(self) -> object:
        """A goal to begin with, as `reach` takes it: another class, half the probability or an even chance, a tenth
        more; None where there is no other class."""
        found = self.answer({})
        if self.model.task.name == "binary":
            chance = found.probability or 0.0
            return f"<{max(1, round(50 * chance))}%" if chance >= 0.2 else ">50%"
        if found.probabilities and not isinstance(self.model.task, Survival):
            others = {c: p for c, p in found.probabilities.items() if c != found.prediction}
            return max(others, key=lambda c: others[c]) if others else None
        return f">{float(f'{found.link[0] + 0.1 * abs(found.link[0]):.3g}'):.10g}"

    def shown(self, outputs: np.ndarray, output: int = 0) -> np.ndarray:
        """Outputs of curves as the number people read: a probability, or the estimate.

        Args:
            outputs: `(point,)` or `(point, class)`, in link space.
            output: whose probability, of several classes.

        Returns:
            `(point,)`: of two classes the positive one's; of a time to an event the chance of none by the middle
            one of its typical times.
        """
        task, logits = self.model.task, np.asarray(outputs, np.float64).reshape(len(outputs), -1)
        if isinstance(task, Survival):
            return np.asarray(task.survival(logits, task.horizons), np.float64)[:, len(task.horizons) // 2]
        if not task.classes:
            return logits[:, 0]
        return task.probability(logits)[:, 1 if len(task.classes) == 2 else output]

    @cached_property
    def grids(self) -> ModelGrids:
        """The points of every column's curve: values that occur."""
        from lepton_lab.explanation.effects.row_curves import model_grids

        return model_grids(self.model, self._known)

    @cached_property
    def spreads(self) -> tuple[Spread, ...]:
        """How each column's values are spread over known rows, at the points of the curves."""
        return spreads_of(self.model, self._known, self.grids)

    @cached_property
    def _known(self) -> Table:
        from lepton_lab.explanation.counterfactual.find import known_rows

        return known_rows(self.model).thinned(MOST_KNOWN)

    def _typed(self, changes: Mapping[str, object]) -> dict[str, object]:
        return {name: typed(self._column(name), item) for name, item in changes.items()}

    def _x(self, changes: Mapping[str, object]) -> np.ndarray:
        return self.model.encoder.encode(self._table({**self.values, **self._typed(changes)}))

    def _column(self, name: str) -> Column:
        for column in self.model.schema.inputs:
            if column.name == name:
                return column
        raise no_such_column(name, [column.name for column in self.model.schema.inputs], where="the model's inputs")

    def _table(self, values: Mapping[str, object]) -> Table:
        from lepton_lab.data.table import read_like

        table = read_like(self.model.schema, {name: [item] for name, item in values.items()})
        return replace(table, index=table.index.map(lambda _: self.label))

    def _explain(self, x: np.ndarray, values: np.ndarray) -> Explanation:
        from lepton_lab.explanation.explain_model import explain_trained
        from lepton_lab.explanation.options import ExplainOptions

        options = ExplainOptions(seed=self.seed)
        label = np.array([self.label], object)
        return explain_trained(self.model, x, values, label, background=self._background, options=options)

    @cached_property
    def _background(self) -> Background:
        """One for all answers: what is prepared of it once serves them all."""
        from lepton_lab.explanation.background import given_background

        return given_background(self.model, None)


def spreads_of(model: TrainedModel, known: Table, grids: ModelGrids) -> tuple[Spread, ...]:
    """How each column's values are spread over known rows, at the points of its curve."""
    from lepton_lab.explanation.effects.grids import column_values, presence

    shown, spreads = known.values(), []
    for j, (of, grid) in enumerate(zip(model.schema.inputs, grids.grids, strict=True)):
        name, array = of.name, known.columns[of.name]
        column = presence(name, array) if of.kind in OBJECTS else column_values(name, array, shown[:, j])
        spreads.append(spread_of(column.place, grid, ordered=column.kind != "category"))
    return tuple(spreads)


def what_if(model: TrainedModel, table: Table, position: int = 0) -> WhatIf:
    """A row of a table that `read_like` made, to play with."""
    one = table.take(np.array([position]))
    values = dict(zip(model.schema.names, one.values()[0], strict=True))
    label = one.index[0]
    own = {name: own_value(item) for name, item in values.items()}
    return WhatIf(model, own, label.item() if hasattr(label, "item") else label, others=table)


def own_value(item: object) -> object:
    """A value of a frame as plain Python: no numpy scalars, nothing but None for what is missing."""
    if isinstance(item, np.datetime64):
        return None if np.isnat(item) else item.astype("datetime64[us]").item()
    if hasattr(item, "to_pydatetime"):
        return None if type(item).__name__ == "NaTType" else item.to_pydatetime()  # type: ignore[attr-defined]
    if hasattr(item, "item"):
        item = item.item()  # type: ignore[attr-defined]
    missing = item is None or type(item).__name__ in ("NAType", "NaTType") or (isinstance(item, float) and item != item)
    return None if missing else item
