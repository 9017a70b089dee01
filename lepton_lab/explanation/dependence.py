"""A column's effect along its own values, and the column that changes it most.

This file holds the frozen result and makes it from an explanation. `strongest.py` finds the other column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Shaped

from lepton_lab.errors import ExplanationError, no_such_column
from lepton_lab.explanation.column_places import places_of
from lepton_lab.explanation.effects.grids import ColumnValues, Kind
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.interactions import Interactions
from lepton_lab.explanation.strongest import Together, together

ESTIMATED = "share of what the column's own value leaves of its effect, on held-out rows"
MEASURED = "mean |interaction|"


@dataclass(frozen=True)
class Strength:
    """How strongly another column changes the effect of this one.

    Args:
        name: the other column.
        value: as `Dependence.measure` says.
        low: lower end of its 95 % interval, for all columns at once where it was estimated.
        high: upper end.
    """

    name: str
    value: float
    low: float
    high: float

    @property
    def found(self) -> bool:
        """Whether there is an interaction beyond doubt: the interval leaves out 0."""
        return self.low > 0


@dataclass(frozen=True)
class Dependence:
    """Where each row's value of a column lies, and what effect it has there.

    Args:
        column: the column.
        kind: "number", "date" or "category".
        place: of each row: the number, days since 1970, or position among `levels`; NaN where it is missing.
        levels: the categories, most frequent first.
        own: the values as the user wrote them.
        values: the column's effect in each row, in `unit`.
        error_std: standard error of `values`; 0 where exact.
        colour: the column to colour by: the one asked for, else the strongest that was found; None without one.
        colour_own: its values, as the user wrote them.
        strengths: of the other columns, the strongest first.
        measure: what the numbers of `strengths` are.
        own_share: share of the effect's variance that the column's own value explains; NaN where not estimated.
        exact: whether `values` hold no sampling error.
        unit: of `values`.
        output_name: the output they are of.
        row_labels: the user's own row labels.
    """

    column: str
    kind: Kind
    place: Float64[np.ndarray, " row"]
    levels: tuple[object, ...]
    own: Shaped[np.ndarray, " row"]
    values: Float64[np.ndarray, " row"]
    error_std: Float64[np.ndarray, " row"]
    colour: str | None
    colour_own: Shaped[np.ndarray, " row"] | None
    strengths: tuple[Strength, ...]
    measure: str
    own_share: float
    exact: bool
    unit: str
    output_name: str
    row_labels: Shaped[np.ndarray, " row"]

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        by = f", coloured by {self.colour!r}" if self.colour else ""
        return f"Dependence(effect of {self.column!r} in {len(self):,} rows{by})"

    @property
    def lower_bounds(self) -> Float64[np.ndarray, " row"]:
        """Lower end of the 95 % interval of each value."""
        return self.values - T_95 * self.error_std

    @property
    def upper_bounds(self) -> Float64[np.ndarray, " row"]:
        """Upper end of the 95 % interval of each value."""
        return self.values + T_95 * self.error_std


def dependence(
    explanation: Explanation,
    column: str,
    *,
    colour: str | None = None,
    output: int = 0,
    interactions: Interactions | None = None,
) -> Dependence:
    """A column's effect along its own values.

    Args:
        explanation: of many rows.
        column: the column, or group of columns.
        colour: a column to colour by; the strongest that is found if left out.
        output: position of the output.
        interactions: where they are known, by `ll.interactions`: they then say which column is the strongest.

    Raises:
        ColumnError: no such column.
        ExplanationError: no rows.
    """
    for name in (column, *((colour,) if colour is not None else ())):
        if name not in explanation.feature_names:
            raise no_such_column(str(name), list(explanation.feature_names), where="the explanation")
    if len(explanation) == 0:
        raise ExplanationError("the explanation has 0 rows: there is nothing to draw. Explain at least one row.")
    one = explanation.output(output)
    j = one.feature_names.index(column)
    columns = [places_of(name, one.data[:, k]) for k, name in enumerate(one.feature_names)]
    values = one.values.reshape(*one.values.shape[:2])[:, j]
    found = together(values, columns, j, one.plan) if interactions is None else None
    strengths = _measured(interactions, column) if interactions is not None else _estimated(found, columns, j)
    best = strengths[0].name if strengths and strengths[0].found else None
    colour = colour if colour is not None else best
    mine = columns[j]
    return Dependence(
        column=column, kind=mine.kind, place=mine.place, levels=mine.levels, own=mine.own, values=values,
        error_std=one.error_std.reshape(*one.values.shape[:2])[:, j], colour=colour,
        colour_own=None if colour is None else one.data[:, one.feature_names.index(colour)], strengths=strengths,
        measure=ESTIMATED if found is not None else f"{MEASURED} in {one.unit}",
        own_share=float("nan") if found is None else found.own, exact=one.exact, unit=one.unit,
        output_name=one.output_names[0], row_labels=one.row_labels,
    )  # fmt: skip


def _estimated(found: Together | None, columns: list[ColumnValues], j: int) -> tuple[Strength, ...]:
    if found is None:
        return ()
    order = [int(k) for k in np.argsort(-found.share, kind="stable") if k != j]
    return tuple(
        Strength(columns[k].name, float(found.share[k]), float(found.share[k] - found.half[k]),
                 float(found.share[k] + found.half[k]))
        for k in order
    )  # fmt: skip


def _measured(interactions: Interactions, column: str) -> tuple[Strength, ...]:
    """Mean size of the interactions with the column, from what `ll.interactions` found.

    Raises:
        ColumnError: it was asked about other columns.
    """
    if column not in interactions.feature_names:
        raise no_such_column(column, list(interactions.feature_names), where="the interactions")
    pairs = interactions.strongest(None)
    names = interactions.feature_names
    first, second = np.triu_indices(len(names), 1)
    j, found = names.index(column), []
    for place, at in enumerate(pairs.order):
        if j in (first[at], second[at]):
            other = names[second[at] if first[at] == j else first[at]]
            bounds = float(pairs.lower_bounds[place]), float(pairs.upper_bounds[place])
            found.append(Strength(other, float(pairs.values[place]), *bounds))
    return tuple(found)
