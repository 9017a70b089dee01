"""From what a user gives to `explain_inside` to rows and a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.evaluation.ask import Which
from lepton_lab.evaluation.rows_of import LEARNED_FROM, choose, rows_of
from lepton_lab.evaluation.truths import truths_of
from lepton_lab.explanation.inside.explain_inside import RowsInside, object_column

if TYPE_CHECKING:
    from lepton_lab.explanation.inside.cut import Wanted
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation
    from lepton_lab.explanation.options import ExplainOptions
    from lepton_lab.trained import TrainedModel

# Rows looked into where nobody says which: each takes a thousand objects and more.
INSIDE_ROWS = 8


def rows_inside(
    model: TrainedModel, df: Any, column: str | None, which: Which, verb: str = "explain_inside"
) -> tuple[RowsInside, tuple[str, ...]]:
    """The rows whose objects are looked into, and what a reader should know of their choice.

    Raises:
        OptionError: no such row, or no frame for a model that was loaded.
        ColumnError: no such column of objects.
    """
    column = object_column(model, column)
    table, where = rows_of(model, df, verb, row=which.row)
    n_rows, notes = which.rows, ()
    if n_rows is which.row is which.at is None and table.n_rows > INSIDE_ROWS:
        n_rows = INSIDE_ROWS
        notes = (f"a sample of {n_rows} of {table.n_rows:,} rows; rows= says how many, row= and at= which.",)
    chosen = choose(model, table, where, rows=n_rows, row=which.row, at=which.at, seed=which.seed)
    table = table.take(chosen)
    notes += (f"row {which.row} was learned from, not held out",) if where == LEARNED_FROM else ()
    truth, objects = truths_of(model, table), table.columns[column]
    x, labels = model.encoder.encode(table), table.index.to_numpy()
    return RowsInside(model, x, objects, labels, column, truth), notes


def preview_inside(
    model: TrainedModel,
    df: Any,
    column: str,
    which: Which,
    wanted: Wanted,
    method: str,
    output: str | int | None,
    options: ExplainOptions,
) -> InsideExplanation:
    """A quick look into the objects of a column, from gradients.

    Raises:
        OptionError: no such row, parts, baseline, method or output.
        ColumnError: no such column of objects.
        ExplanationError: no row has an object, or its kind has no such gradients.
    """
    from lepton_lab.explanation.inside.preview_inside import preview_inside_rows

    with model.encoder.visit():
        rows, notes = rows_inside(model, df, column, which, "explain_preview")
        return preview_inside_rows(rows, wanted, method, output, options, notes)
