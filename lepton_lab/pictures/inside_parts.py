"""The parts of one object as the pictures show them: ordered, named, with the half-width of their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.explanation.estimate import T_95
from lepton_lab.pictures.numbers import decimals_for, number, signed, value

if TYPE_CHECKING:
    from lepton_lab.explanation.inside.inside_explanation import InsideObject

# Parts that carry their number in the drawing.
AT_MOST_LABELS = 5
# Beside the prediction what is smaller is the rounding of sums.
NOTHING = 1e-9


@dataclass(frozen=True)
class PartRow:
    """One part: its number, name, its mean or words, its value and the half-width of its 95 % interval.

    `decimals` are those that all values of the object are written with.
    """

    part: int
    name: str
    shown: str
    value: float
    half: float
    decimals: int = 2

    @property
    def words(self) -> str:
        """What a pointer over the part is told."""
        bounds = f" ± {number(self.half, 2)}" if self.half else ""
        return f"{self.name}: {self.precise}{bounds}"

    @property
    def precise(self) -> str:
        """Its value with a digit more."""
        return signed(self.value, self.decimals + 1)

    @property
    def effect(self) -> str:
        """Its value as it is written beside others."""
        return signed(self.value, self.decimals)

    @property
    def kind(self) -> str:
        """The class of its colour."""
        return "up" if self.value >= 0 else "down"


def part_rows(one: InsideObject, output: int) -> list[PartRow]:
    """Every part, the strongest first."""
    values, errors, explanation = one.values(output), one.errors(output), one.explanation
    least = NOTHING * max(map(abs, one.ends(output)), default=0.0)
    values = np.where(np.abs(values) <= least, 0.0, values)
    decimals = decimals_for(values.tolist())
    said = [_shown(cell, name) for cell, name in zip(explanation.data[0], explanation.feature_names, strict=True)]
    return [
        PartRow(k, explanation.feature_names[k], said[k], float(values[k]), float(T_95 * errors[k]), decimals)
        for k in np.argsort(-np.abs(values), kind="stable").tolist()
    ]


def shares(rows: list[PartRow]) -> dict[int, float]:
    """How strong each part is beside the strongest, 0 to 1, by its number."""
    largest = max((abs(row.value) for row in rows), default=0.0) or 1.0
    return {row.part: abs(row.value) / largest for row in rows}


def labelled(rows: list[PartRow]) -> list[PartRow]:
    """Parts that carry their number: the strongest, where they are worth one."""
    by = shares(rows)
    return [row for row in rows[:AT_MOST_LABELS] if by[row.part] > 0.1]


def _shown(cell: object, name: str) -> str:
    """A part's mean; a part that is called by its words says them once."""
    if isinstance(cell, str):
        return "" if name.startswith(" ".join(cell.split())) else cell
    return number(float(cell)) if isinstance(cell, (float, np.floating)) else value(cell)
