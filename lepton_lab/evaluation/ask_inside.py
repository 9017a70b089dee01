"""From what a user gives to `explain_inside`, or from an explained row, to rows and a column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lepton_lab.data.rows import Table
from lepton_lab.data.table import read_like
from lepton_lab.evaluation.ask import Which
from lepton_lab.evaluation.rows_of import LEARNED_FROM, choose, rows_of
from lepton_lab.evaluation.scenario import own_value
from lepton_lab.evaluation.truths import truths_of
from lepton_lab.explanation.inside.explain_inside import RowsInside, explain_inside_rows, object_column

if TYPE_CHECKING:
    from lepton_lab.explanation.explanation import Explanation
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
    return _rows(model, table, column), notes


def can_look_inside(explanation: Explanation) -> bool:
    """Whether an explanation knows its model, and each row as the model takes it: not in groups of columns."""
    model = explanation.model
    return model is not None and explanation.feature_names == tuple(column.name for column in model.schema.inputs)


def inside_of_row(
    explanation: Explanation, at: int, column: str, wanted: Wanted, options: ExplainOptions
) -> InsideExplanation:
    """What the parts of an explained row's object did.

    Args:
        explanation: that `can_look_inside`.
        at: position of the row.
        column: of objects.
        wanted: how to cut it.
        options: of the work.

    Raises:
        OptionError: no such parts or baseline.
        ColumnError: the column holds no objects.
        ExplanationError: the row has no object.
    """
    model = explanation.model
    names = zip(explanation.feature_names, explanation.data[at], strict=True)
    table = read_like(model.schema, {name: [own_value(item)] for name, item in names})
    label = explanation.row_labels[at]
    table = replace(table, index=table.index.map(lambda _: label))
    with model.encoder.visit():
        rows = _rows(model, table, object_column(model, column))
        truth = None if explanation.truth is None else explanation.truth[[at]]
        return explain_inside_rows(replace(rows, truth=truth), wanted, options)


def _rows(model: TrainedModel, table: Table, column: str) -> RowsInside:
    x, labels = model.encoder.encode(table), table.index.to_numpy()
    return RowsInside(model, x, table.columns[column], labels, column, truths_of(model, table))


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
