"""Several what-ifs of one row, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.objects import object_array
from lepton_lab.data.table import frame_of

if TYPE_CHECKING:
    import pandas

    from lepton_lab.evaluation.scenario import WhatIfAnswer


@dataclass(frozen=True)
class ComparedScenarios:
    """Scenarios of one row; made by `WhatIf.compare`.

    Args:
        label: of the row.
        values: the row as it is, by column.
        as_is: what the model says of it.
        answers: what it says of each scenario, by name.
    """

    label: object
    values: dict[str, object]
    as_is: WhatIfAnswer
    answers: Mapping[str, WhatIfAnswer]

    @property
    def changed(self) -> tuple[str, ...]:
        """Columns that differ in any scenario, in the frame's order."""
        return tuple(name for name in self.values if any(name in a.changes for a in self.answers.values()))

    def value(self, scenario: str, column: str) -> object:
        """A column's value in a scenario."""
        return self.answers[scenario].changes.get(column, self.values[column])

    def to_frame(self) -> pandas.DataFrame:
        """One line a scenario, the row as it is first: the changed columns, the prediction, and probabilities.

        Example:
            >>> ll.whatif(model, row=17).compare({"short": {"months": 6}}).to_frame()  # doctest: +SKIP
        """
        every = {"as it is": self.as_is, **self.answers}
        columns: dict[str, list[object]] = {"scenario": list(every)}
        for name in self.changed:
            columns[name] = [answer.changes.get(name, self.values[name]) for answer in every.values()]
        columns["prediction"] = [answer.prediction for answer in every.values()]
        for known in self.as_is.probabilities:
            columns[f"probability_{known}"] = [answer.probabilities[known] for answer in every.values()]
        return frame_of({name: _plain(cells) for name, cells in columns.items()})


def _plain(cells: list[object]) -> np.ndarray:
    """Numbers as numbers, all else as objects."""
    numbers = all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in cells)
    return np.array(cells) if numbers else object_array(cells)
