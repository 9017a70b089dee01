"""The result of asking for counterfactuals: for each row, the changes that would have led elsewhere.

This file holds the frozen result and its way out to a frame. It searches for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.table import Table, frame_of

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Change:
    """One column's change, in the user's own values; None is missing."""

    column: str
    before: object
    after: object


@dataclass(frozen=True)
class Counterfactual:
    """One way to another prediction.

    Args:
        changes: what differs from the row, in the frame's order of columns.
        number: what the model says of the changed row, in the unit of `Counterfactuals.unit`.
        prediction: the class predicted, or the estimate.
        valid: whether the whole model, asked once more through its frame, gives what was to be reached.
        distance: each changed category counts 1, each changed number 1/2 plus half its change in units of the
            spread (5 % to 95 %) of the known rows.
        plausibility: share of known rows that lie at least as far from their own nearest rows, 0 to 1.
        unlikely: pairs of columns whose values, after the change, known rows hardly ever hold together.
    """

    changes: tuple[Change, ...]
    number: float
    prediction: object
    valid: bool
    distance: float
    plausibility: float
    unlikely: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the changed columns."""
        return tuple(change.column for change in self.changes)


@dataclass(frozen=True)
class RowCounterfactuals:
    """What was found for one row.

    Args:
        label: the row's label in the user's frame.
        values: the row, by column, in the user's own values.
        number: what the model says of it, in the unit of `Counterfactuals.unit`.
        prediction: the class predicted, or the estimate.
        wanted: what was to be reached, in words.
        alternatives: ways to it, each by other columns where there are such ways. The best first: by distance, plus
            1.5 for each unlikely pair, plus up to 0.5 for being unlike known rows.
        reason: why there are none; empty where there are.
        closest: where there are none, the changes that came closest; not valid.
    """

    label: object
    values: dict[str, object]
    number: float
    prediction: object
    wanted: str
    alternatives: tuple[Counterfactual, ...] = ()
    reason: str = ""
    closest: Counterfactual | None = None

    def __len__(self) -> int:
        return len(self.alternatives)

    def __getitem__(self, i: int) -> Counterfactual:
        return self.alternatives[i]

    def __iter__(self) -> Iterator[Counterfactual]:
        return iter(self.alternatives)


@dataclass(frozen=True)
class Counterfactuals:
    """Alternatives for some rows, each checked against the model.

    Args:
        rows: what was found for each row.
        unit: what `number` is: a class's probability, or the predicted target.
        columns: names of the model's inputs.
        immutable: those that were to keep their value.
        seconds: wall time spent.
        n_evaluations: rows that the model was asked about.
        ended: `"budget"` where the time-out came first, `"stop"` where it was stopped; else empty.
        notes: what a reader should know.
        table: every alternative's row, for `to_frame`, in order of `rows` and their alternatives (or closest).
    """

    rows: tuple[RowCounterfactuals, ...]
    unit: str
    columns: tuple[str, ...]
    immutable: tuple[str, ...]
    seconds: float
    n_evaluations: int
    ended: str
    notes: tuple[str, ...]
    table: Table

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[RowCounterfactuals]:
        return iter(self.rows)

    def __getitem__(self, i: int) -> RowCounterfactuals:
        """What was found for the row at a position."""
        return self.rows[i]

    def __repr__(self) -> str:
        wanted = self.rows[0].wanted if self.rows else ""
        same = all(row.wanted == wanted for row in self.rows)
        goal = f" ({wanted})" if same else ""
        return f"Counterfactuals of {len(self.rows):,} rows: {self.n_reached:,} reach it{goal}; .to_frame() lists them"

    @property
    def n_reached(self) -> int:
        """Rows with at least one valid alternative."""
        return sum(any(found.valid for found in row) for row in self.rows)

    def to_frame(self) -> pandas.DataFrame:
        """One line an alternative: the changed row, as `model.predict` takes it, and what is known of it.

        Beside the model's inputs: `row` (its label), `alternative` (1 is the best, 0 the closest try of a row
        without any), `changed`, `before`, `after`, `valid`, `distance`, `plausibility`; a name that the model
        uses itself gets a trailing underscore.

        Example:
            >>> ll.counterfactuals(model, df, at=0).to_frame().query("valid")  # doctest: +SKIP
        """
        lines = [(row, k, found) for row in self.rows for k, found in shown(row)]
        known: dict[str, list[object]] = {
            "row": [row.label for row, _, _ in lines],
            "alternative": [k for _, k, _ in lines],
            "changed": [", ".join(found.columns) for _, _, found in lines],
            "before": [row.number for row, _, _ in lines],
            "after": [found.number for _, _, found in lines],
            "valid": [found.valid for _, _, found in lines],
            "distance": [found.distance for _, _, found in lines],
            "plausibility": [found.plausibility for _, _, found in lines],
        }
        named = {name + "_" * (name in self.columns): np.array(column) for name, column in known.items()}
        inputs = {column.name: self._input(column.name, column.integer) for column in self.table.schema.inputs}
        return frame_of(inputs | named, self.table.index)

    def _input(self, name: str, integer: bool) -> np.ndarray:
        """A column of the changed rows; whole numbers stay whole."""
        array = self.table.columns[name]
        whole = integer and array.dtype.kind == "f" and bool(np.all(array == np.rint(array)))
        return array.astype(np.int64) if whole else array


def shown(row: RowCounterfactuals) -> list[tuple[int, Counterfactual]]:
    """A row's alternatives with their numbers from 1; the closest try of a row without any has number 0."""
    if not row.alternatives and row.closest is not None:
        return [(0, row.closest)]
    return list(enumerate(row.alternatives, 1))
