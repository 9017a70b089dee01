"""The verbs that explain: Shapley values of a trained model or of any function, and what-if.

Like all verbs, short lists of steps; nothing heavy is imported before one needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lepton_lab.durations import parse_duration
from lepton_lab.environment import is_model, model_in
from lepton_lab.errors import OptionError

if TYPE_CHECKING:
    from lepton_lab.evaluation.scenario import WhatIf
    from lepton_lab.explanation.counterfactual import Counterfactuals
    from lepton_lab.explanation.estimate import ExplainProgress
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.options import ExplainOptions
    from lepton_lab.trained import TrainedModel

HELD_OUT_ROWS = 500
"""Rows explained where neither a frame nor a number of rows is given."""
COUNTERFACTUAL_ROWS = 100
"""Rows looked at by `counterfactuals` where neither a frame nor a number of rows is given."""
N_BACKGROUND = 100
"""Rows of a given background that are compared with; a larger one is sampled."""


def explain(
    model: Any,
    df: Any = None,
    background: Any = None,
    budget: str | float | None = None,
    *,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    seed: int = 0,
) -> Explanation:
    """Split each prediction into one contribution per column: Shapley values with 95 % bounds.

    Args:
        model: A trained model, or any function of an array or frame (JAX functions are explained fastest).
        df: The rows to explain; for a trained model the rows held out of training if left out.
        background: Rows to compare with; a trained model has its own.
        budget: Wall time, as seconds or "30s".
        rows: Explain a sample of so many rows, seeded, that keeps the proportions of the target.
        row: Explain the one row with this index label.
        at: Explain the one row at this position.
        seed: Of the sample and of the walks.

    Returns:
        Values in link space (log-odds, or the target's unit), with error_std, bounds, and `to_shap()`.

    Raises:
        OptionError: No such row, or no frame for a model that was loaded.
        ExplanationError: The function cannot be explained as asked.
    """
    from lepton_lab.evaluation.rows_of import LEARNED_FROM, background_of, choose, rows_of
    from lepton_lab.explanation.explain_model import explain_trained
    from lepton_lab.explanation.options import ExplainOptions
    from lepton_lab.training.interrupt import sigint_sets

    budget_s, stop = None if budget is None else parse_duration(budget), threading.Event()
    options = ExplainOptions(budget_s=budget_s, seed=seed, stop=stop)
    if not is_model(getattr(model, "model_", model)):
        with sigint_sets(stop):
            return _explain_function(model, df, background, options, rows=rows, row=row, at=at)
    model = model_in(model)
    table, where = rows_of(model, df, "explain", row=row)
    if df is None and rows is row is at is None:
        rows = HELD_OUT_ROWS
    table = table.take(choose(model, table, where, rows=rows, row=row, at=at, seed=seed))
    against = background_of(model, background, seed)
    x, values = model.encoder.encode(table), table.values()
    with sigint_sets(stop):
        found = explain_trained(model, x, values, table.index.to_numpy(), background=against, options=options)
    learned = where == LEARNED_FROM
    return replace(found, notes=(*found.notes, f"row {row} was learned from, not held out")) if learned else found


def whatif(model: TrainedModel, df: Any = None, *, row: object = None, at: int | None = None) -> WhatIf:
    """One row to change: `.set(column=value)` answers with the prediction and its reasons.

    Args:
        model: A trained model.
        df: The frame that holds the row; the rows held out of training if left out.
        row: The index label of the row to begin with.
        at: Its position; the first row if neither is given.

    Example:
        >>> ll.whatif(model, row=17).set(age=40).probability  # doctest: +SKIP
    """
    from lepton_lab.evaluation.rows_of import choose, rows_of
    from lepton_lab.evaluation.scenario import what_if

    model = model_in(model)
    table, where = rows_of(model, df, "whatif", row=row)
    first = 0 if row is None and at is None else at
    return what_if(model, table, int(choose(model, table, where, row=row, at=first)[0]))


def counterfactuals(
    model: TrainedModel,
    df: Any = None,
    *,
    reach: Any = None,
    row: object = None,
    at: int | None = None,
    rows: int | None = None,
    immutable: Sequence[str] = (),
    bounds: Mapping[str, Any] | None = None,
    only_increase: Sequence[str] = (),
    only_decrease: Sequence[str] = (),
    n: int = 4,
    timeout: str | float | None = "5s",
    seed: int = 0,
    background: Any = None,
    report: Callable[[ExplainProgress], None] | None = None,
) -> Counterfactuals:
    """The smallest changes of a row that lead to another prediction, each checked against the whole model.

    Changed columns take values that occur in known rows and nothing else; nothing becomes missing.

    Args:
        model: A trained model.
        df: The rows; those held out of training if left out.
        reach: A class, such as "good". For two classes also a limit of the positive one's probability: "<0.2",
            ">=50%"; left out, the other class. For a number: "<100", ">50000", or (low, high).
        row: The one row with this index label.
        at: The one row at this position.
        rows: A sample of so many rows, seeded; 100 where neither a frame nor this is given.
        immutable: Columns that keep their value.
        bounds: Values a column may be changed to: (low, high), None for an open end, or a list of values.
        only_increase: Columns that may only grow, such as an age.
        only_decrease: Columns that may only shrink.
        n: Alternatives wanted for each row, each by other columns where there are such ways.
        timeout: Wall time after which what is found so far is returned; None for no limit.
        seed: Of the sample and of the starts.
        background: Rows that exist, whose values may be used; by default those given to `train`, for a loaded
            model the rows kept with it.
        report: Hears an `ExplainProgress` after each batch of rows.

    Returns:
        For each row up to `n` alternatives, the nearest and likeliest first, or the reason why there are none.

    Raises:
        OptionError: The goal or a limit cannot be read or fits no column's kind; nothing may change.
        ColumnError: A limit names no column.

    Example:
        >>> ll.counterfactuals(model, df, at=0, reach="good", immutable=["age"])  # doctest: +SKIP
    """
    from lepton_lab.data.table import read_like
    from lepton_lab.evaluation.rows_of import choose, rows_of
    from lepton_lab.explanation.counterfactual_find import Asked, find_counterfactuals
    from lepton_lab.explanation.counterfactual_values import Limits
    from lepton_lab.explanation.estimate import Pace
    from lepton_lab.training.interrupt import sigint_sets

    stop = threading.Event()
    pace = Pace(None if timeout is None else parse_duration(timeout), stop, report)
    asked = Asked(reach, Limits(immutable, bounds or {}, only_increase, only_decrease), n, seed)
    model = model_in(model)
    table, where = rows_of(model, df, "counterfactuals", row=row)
    if df is None and rows is row is at is None:
        rows = COUNTERFACTUAL_ROWS
    table = table.take(choose(model, table, where, rows=rows, row=row, at=at, seed=seed))
    known = None if background is None else read_like(model.schema, background)
    with sigint_sets(stop):
        return find_counterfactuals(model, table, asked, pace, known)


def _explain_function(
    function: Any,
    rows_in: Any,
    background: Any,
    options: ExplainOptions,
    *,
    rows: int | None,
    row: object,
    at: int | None,
) -> Explanation:
    """Explain any function on some rows of an array or frame."""
    from lepton_lab.data.pick_rows import cut
    from lepton_lab.explanation.background import Background
    from lepton_lab.explanation.explain_function import explain_function

    if not callable(function) or rows_in is None:
        line = "ll.explain(function, X, background=X_train)"
        raise OptionError(f"a function is explained on some rows: got a {type(function).__name__}. Type: {line}")
    chosen = cut(rows_in, rows=rows, row=row, at=at, seed=options.seed)
    against = None if background is None else Background(cut(background, rows=N_BACKGROUND, seed=options.seed))
    return explain_function(function, chosen, against, options=options)
