"""The verbs that explain: Shapley values of a trained model or of any function, and what-if.

Like all verbs, short lists of steps; nothing heavy is imported before one needs it.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lepton_lab.durations import parse_duration
from lepton_lab.environment import is_model, model_in
from lepton_lab.errors import OptionError

if TYPE_CHECKING:
    from lepton_lab.evaluation.scenario import WhatIf
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.options import ExplainOptions
    from lepton_lab.trained import TrainedModel

HELD_OUT_ROWS = 500
"""Rows explained where neither a frame nor a number of rows is given."""
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
