"""From a trained model, or any function, to the question of a column's effect, and to the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_lab.data.mix_rows import frame_labels, is_frame, stack_rows
from lepton_lab.data.own_values import rows_with, with_values
from lepton_lab.data.rows import Table
from lepton_lab.data.schema import OBJECTS
from lepton_lab.errors import ColumnError, ExplanationError, OptionError, no_such_column
from lepton_lab.explanation.effects.accumulated import accumulated, in_order_of_likeness
from lepton_lab.explanation.effects.effect import Effect, EffectOptions, EffectQuestion, dependence
from lepton_lab.explanation.effects.grids import ColumnValues, Grid, column_values, edge_grid, even_grid
from lepton_lab.explanation.effects.swaps import ColumnSwap, JaxSwap, PredictSwap, TrainedSwap
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.predict_game import PredictGame, checked_outputs
from lepton_lab.explanation.row_function import RowFunction, row_function
from lepton_lab.tasks import output_names
from lepton_lab.trained import TrainedModel


def trained_dependence(
    model: TrainedModel,
    table: Table,
    column: str,
    *,
    values: Sequence[object] | None = None,
    pool: Table | None = None,
    options: EffectOptions | None = None,
) -> Effect:
    """Partial dependence of a trained model's logits, or probability, on one column, averaged over some rows.

    Args:
        model: whose calibrated blend is asked.
        table: the rows.
        column: an input column.
        values: at which to ask; by default values that occur in the rows given to `train` where the model
            still knows them, else in `pool`.
        pool: rows to take values from; `table` by default.
        options: number of points, scale, seed, pace.

    Raises:
        ColumnError: no such input column, or a value is not of its kind.
        ExplanationError: no rows, or none reached.
    """
    options = options or EffectOptions()
    place = _input(model, column)
    if values is not None:
        pool = rows_with(model.schema, table, column, values)
        grid = _all_of(_values_of(pool, column))
    else:
        pool = (table if pool is None else pool) if model.seen is None else model.seen
        grid = even_grid(_values_of(pool, column), options.n_points)
    encoded = model.encoder.encode(pool.take(grid.sources))[:, place]
    return dependence(_trained_question(model, table, column, grid, encoded, options))


def trained_accumulated(
    model: TrainedModel, table: Table, column: str, *, options: EffectOptions | None = None
) -> Effect:
    """Accumulated local effects of one column on a trained model's logits, or probability.

    Args:
        model: whose calibrated blend is asked.
        table: rows that say which values go together.
        column: an input column.
        options: number of bins, scale, seed, pace.

    Raises:
        ColumnError: no such input column.
        ExplanationError: the column has one value in these rows; no rows, or none reached.
    """
    options = options or EffectOptions()
    place = _input(model, column)
    known = _values_of(table, column)
    grid = edge_grid(known, options.n_points)
    if known.kind == "category":
        others = [_values_of(table, name) for name in model.schema.names if name != column]
        grid = in_order_of_likeness(grid, known, others)
    encoded = model.encoder.encode(table.take(grid.sources))[:, place]
    return accumulated(_trained_question(model, table, column, grid, encoded, options))


def _trained_question(
    model: TrainedModel, table: Table, column: str, grid: Grid, encoded: np.ndarray, options: EffectOptions
) -> EffectQuestion:
    if table.n_rows == 0:
        raise ExplanationError("there are 0 rows to ask about. Give at least one.")
    task = model.task
    if options.scale == "probability" and not task.classes:
        raise OptionError("scale='probability' needs classes, and this model predicts a number. Use scale='link'.")
    probability = options.scale == "probability"
    names = output_names(task)

    def link(logits: np.ndarray) -> np.ndarray:
        if not probability:
            return logits
        shares = task.probability(logits)
        return shares if task.n_outputs > 1 else shares[:, 1:]

    swap = TrainedSwap(model, model.encoder.encode(table), _input(model, column), encoded)
    return EffectQuestion(
        swap, _values_of(table, column), grid, link, table.index.to_numpy(), names,
        "probability" if probability else task.unit, options.seed, options.pace or Pace(),
    )  # fmt: skip


def _input(model: TrainedModel, column: str) -> int:
    """The place of an input column.

    Raises:
        ColumnError: no such input; says which name is close.
    """
    if column not in model.schema.names:
        raise no_such_column(column, model.schema.names, where="the model's inputs")
    kind = model.schema.column(column).kind
    if kind in OBJECTS:
        raise ColumnError(
            f"column {column!r} holds objects of the kind {str(kind)!r}, which lie on no axis: it has no curve. "
            f"Choose another column, or explain rows: ll.explain(model, df)"
        )
    return model.schema.names.index(column)


def _values_of(table: Table, column: str) -> ColumnValues:
    place = table.schema.names.index(column)
    return column_values(column, table.columns[column], table.values()[:, place])


def _all_of(column: ColumnValues) -> Grid:
    """Every row a point, in the order given."""
    return Grid(np.arange(len(column.place)), column.place, column.own)


def function_dependence(
    fn: Any,
    x: Any,
    column: object,
    *,
    values: Sequence[object] | None = None,
    pool: Any = None,
    options: EffectOptions | None = None,
) -> Effect:
    """Partial dependence of any function's outputs on one column, averaged over some rows.

    Args:
        fn: rows to one number, or one row of numbers, each.
        x: an array `(row, feature)` or a frame.
        column: its name, or for an array its position.
        values: at which to ask; by default values that occur in `pool`.
        pool: rows of the same kind to take values from; `x` by default.
        options: number of points, seed, pace.

    Raises:
        ColumnError: no such column.
        ExplanationError: no rows, or the function returns what cannot be used.

    Example:
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> function_dependence(lambda x: x @ np.array([1.0, 10.0]), x, 1).mean.tolist()
        [22.0, 42.0]
    """
    options = options or EffectOptions()
    asked = _function_of(fn, x, column, options)
    if values is not None:
        added = with_values(x if is_frame(x) else np.asarray(x), asked.place, values)
        return dependence(asked.question(_all_of(asked.column_of(added)), added))
    pool = x if pool is None else pool
    return dependence(asked.question(even_grid(asked.column_of(pool), options.n_points), pool))


def function_accumulated(fn: Any, x: Any, column: object, *, options: EffectOptions | None = None) -> Effect:
    """Accumulated local effects of one column on any function's outputs.

    Args:
        fn: rows to one number, or one row of numbers, each.
        x: rows that say which values go together: an array `(row, feature)` or a frame.
        column: its name, or for an array its position.
        options: number of bins, seed, pace.

    Raises:
        ColumnError: no such column.
        ExplanationError: the column has one value in these rows; no rows, or the function returns what cannot be used.
    """
    options = options or EffectOptions()
    asked = _function_of(fn, x, column, options)
    grid = edge_grid(asked.column, options.n_points)
    if asked.column.kind == "category":
        others = [column_values("", values) for j, values in enumerate(asked.columns) if j != asked.place]
        grid = in_order_of_likeness(grid, asked.column, others)
    return accumulated(asked.question(grid, x))


@dataclass(frozen=True)
class _AskedFunction:
    """A function, its rows, and the column in question."""

    rows: RowFunction
    name: str
    place: int
    columns: list[np.ndarray]
    labels: np.ndarray
    options: EffectOptions

    @property
    def column(self) -> ColumnValues:
        return column_values(self.name, self.columns[self.place])

    def column_of(self, rows: Any) -> ColumnValues:
        """The same column of other rows."""
        return column_values(self.name, _columns(rows if is_frame(rows) else np.asarray(rows))[1][self.place])

    def question(self, grid: Grid, pool: Any) -> EffectQuestion:
        """The question; the grid's sources are rows of `pool`."""
        swap = self._swap(grid, self.rows.like(pool))
        n_outputs = swap.outputs(np.zeros(1, np.int64), np.zeros((1, 1), np.int64)).shape[2]
        known = self.rows.callee.output_names
        numbered = ("output",) if n_outputs == 1 else tuple(f"output {k}" for k in range(n_outputs))
        names = known if known is not None and len(known) == n_outputs else numbered
        pace = self.options.pace or Pace()
        return EffectQuestion(
            swap, self.column, grid, lambda out: out, self.labels, names, self.rows.callee.unit, self.options.seed, pace
        )

    def _swap(self, grid: Grid, pool: Any) -> ColumnSwap:
        x = self.rows.x
        if self.rows.compiled:
            values = np.asarray(pool[grid.sources, self.place], np.float32)
            return JaxSwap(_checked(self.rows.fn), x, self.place, values)
        game = PredictGame(self.rows.fn, stack_rows(x, pool))
        return PredictSwap(game, self.place, len(self.labels) + grid.sources)


def _checked(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: checked_outputs(fn(x), len(x))


def _function_of(fn: Any, x: Any, column: object, options: EffectOptions) -> _AskedFunction:
    if options.scale != "link":
        raise OptionError("scale='probability' is for trained models. Give a function that returns probabilities.")
    rows = row_function(fn, x)
    names, columns = _columns(x if is_frame(x) else np.asarray(x))
    place = _place(column, names, by_position=not is_frame(x))
    return _AskedFunction(rows, names[place], place, columns, frame_labels(x), options)


def _place(column: object, names: tuple[str, ...], *, by_position: bool) -> int:
    if str(column) in names:
        return names.index(str(column))
    if by_position and isinstance(column, (int, np.integer)) and -len(names) <= column < len(names):
        return int(column) % len(names)
    raise no_such_column(column, names, where="the rows")


def _columns(x: Any) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Names and values of the columns of an array or a frame."""
    if isinstance(x, np.ndarray):
        return tuple(f"feature {j}" for j in range(x.shape[1])), list(x.T)
    stacked = stack_rows(x, x)
    return stacked.column_names, [stacked.values[:, j] for j in range(stacked.values.shape[1])]
