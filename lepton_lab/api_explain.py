"""The verbs that explain: Shapley values of a trained model or of any function, and what-if.

Like all verbs, short lists of steps; nothing heavy is imported before one needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lepton_lab.durations import parse_duration
from lepton_lab.environment import is_model, model_in
from lepton_lab.errors import OptionError
from lepton_lab.sizes import parse_size

if TYPE_CHECKING:
    from lepton_lab.evaluation.scenario import WhatIf
    from lepton_lab.explanation.asked import Asked
    from lepton_lab.explanation.counterfactual.result import Counterfactuals
    from lepton_lab.explanation.estimate import ExplainProgress, Pace
    from lepton_lab.explanation.explain_model import AskedBlend
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.interactions import Interactions
    from lepton_lab.explanation.options import ExplainOptions
    from lepton_lab.trained import TrainedModel

COUNTERFACTUAL_ROWS = 100
"""Rows looked at by `counterfactuals` where neither a frame nor a number of rows is given."""
INTERACTION_ROWS = 100
"""Rows asked by `interactions` of a trained model where neither a frame nor a number of rows is given."""


def explain(
    model: Any,
    df: Any = None,
    background: Any = None,
    budget: str | float | None = None,
    *,
    halfwidth: float | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    background_weights: Any = None,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    seed: int = 0,
    heads: bool = False,
    memory: str | float = "1GB",
    report: Callable[[ExplainProgress], None] | None = None,
) -> Explanation:
    """Split each prediction into one contribution per column: Shapley values with 95 % bounds.

    Ctrl-C ends it with what is known so far, with its wider intervals.

    Args:
        model: A trained model, or any function of an array or frame: JAX functions and Flax modules (fastest),
            the predict_proba or decision_function of an estimator, a torch module.
        df: The rows to explain; for a trained model the rows held out of training if left out.
        background: Rows to compare with: up to 1,000 as they are, a hundred of a larger frame (a note says so); a
            trained model has its own.
        budget: Wall time to use, as seconds or "30s"; more of it makes intervals narrower, until `halfwidth`.
        halfwidth: Widest 95 % half-width wanted, in the output's unit; work goes on until it is reached.
        groups: Columns that are one player, as {"address": ["zip", "city"]}; of an array by number.
        background_weights: How much each row of `background` counts; alike if left out.
        rows: Explain a sample of so many rows, seeded, that keeps the proportions of the target.
        row: Explain the one row with this index label.
        at: Explain the one row at this position.
        seed: Of the samples and of all random orders.
        heads: Measure `model_std` too: how much the heads of the model's network disagree on each value.
        memory: To stay under, above the model, the data and the result; less of it is slower.
        report: Called with each ExplainProgress: share done, seconds left.

    Returns:
        Values in link space (log-odds, or the target's unit), with error_std, bounds, and `to_shap()`.

    Raises:
        OptionError: No such row, no frame for a model that was loaded, groups that overlap, a half-width of 0.
        ColumnError: No such column in a group.
        ExplanationError: The function cannot be explained as asked.

    Example:
        >>> import lepton_lab as ll
        >>> ex = ll.explain(lambda x: x[:, 0] * x[:, 1], [[2.0, 3.0]], background=[[0.0, 0.0]])
        >>> ex.values.tolist()
        [[3.0, 3.0]]
    """
    from lepton_lab.explanation.asked import at_once
    from lepton_lab.training.interrupt import sigint_sets

    stop = threading.Event()
    options = replace(explain_options(budget, halfwidth, seed, report, stop), memory=parse_size(memory))
    with sigint_sets(stop):
        pace = options.pace()
        asked = _asked(model, df, (background, background_weights), groups, (rows, row, at), options)
        asked = _with_heads(asked, groups, options, pace) if heads else asked
        *_, found = asked.answers(at_once, options, pace)
        return found


def explain_stream(
    model: Any,
    df: Any = None,
    background: Any = None,
    budget: str | float | None = None,
    *,
    halfwidth: float | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    background_weights: Any = None,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    seed: int = 0,
    report: Callable[[ExplainProgress], None] | None = None,
) -> Iterator[Explanation]:
    """Explanations that get better: a preview or a rough one at once, then narrower and narrower intervals.

    Each is an `Explanation` complete in itself, and says in `method` and `error_std` what it has reached; a
    preview says that it is one. It ends when values are exact, `halfwidth` is reached, `budget` is spent, or
    on Ctrl-C; without either limit when half-widths are 2 % of a prediction's typical distance from the base
    value. Leaving the loop ends it too. Work done for one is kept for the next.

    Args:
        model: As for `explain`.
        df: As for `explain`.
        background: As for `explain`.
        budget: Wall time from the first step on.
        halfwidth: Widest 95 % half-width wanted, in the output's unit.
        groups: As for `explain`.
        background_weights: As for `explain`.
        rows: As for `explain`.
        row: As for `explain`.
        at: As for `explain`.
        seed: As for `explain`.
        report: As for `explain`.

    Raises:
        OptionError: As `explain`.
        ColumnError: As `explain`.
        ExplanationError: As `explain`.

    Example:
        >>> for ex in ll.explain_stream(model, df, budget="10s"):  # doctest: +SKIP
        ...     print(ex.method, ex.error_std.max())
    """
    from lepton_lab.explanation.stream import explanations
    from lepton_lab.training.interrupt import sigint_sets

    stop = threading.Event()
    options = explain_options(budget, halfwidth, seed, report, stop)
    with sigint_sets(stop):
        pace = options.pace()
        # Between two steps the user may change an array.
        df, background = (part.copy() if hasattr(part, "__array_interface__") else part for part in (df, background))
        asked = _asked(model, df, (background, background_weights), groups, (rows, row, at), options)
    steps = explanations(asked, options, pace)
    while True:
        # Ctrl-C is ours while we compute, and the loop's own between two steps.
        with sigint_sets(stop):
            found = next(steps, None)
        if found is None:
            return
        yield found


def interactions(
    model: Any,
    df: Any = None,
    background: Any = None,
    budget: str | float | None = None,
    *,
    halfwidth: float | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    background_weights: Any = None,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    seed: int = 0,
    report: Callable[[ExplainProgress], None] | None = None,
) -> Interactions:
    """Split each prediction into main effects and what every two columns do together (Shapley interactions).

    Few columns are exact, of trees any number; many are sampled, with 95 % bounds.

    Args:
        model: As for `explain`.
        df: The rows; for a trained model a hundred of those held out of training if left out.
        background: As for `explain`.
        budget: Wall time to use; more of it makes intervals narrower, until `halfwidth`.
        halfwidth: Widest 95 % half-width wanted of any number, in the output's unit.
        groups: As for `explain`.
        background_weights: As for `explain`.
        rows: As for `explain`.
        row: As for `explain`.
        at: As for `explain`.
        seed: As for `explain`.
        report: As for `explain`.

    Returns:
        A matrix a row, in shap's convention: halves of interactions off the diagonal, main effects on it; its
        rows sum to the Shapley values. `strongest()` lists pairs.

    Raises:
        OptionError: As `explain`.
        ColumnError: As `explain`.
        ExplanationError: As `explain`.

    Example:
        >>> import lepton_lab as ll
        >>> found = ll.interactions(lambda x: x[:, 0] * x[:, 1], [[2.0, 3.0]], background=[[0.0, 0.0]])
        >>> found.values.tolist()
        [[[0.0, 3.0], [3.0, 0.0]]]
    """
    from lepton_lab.explanation.explain_interactions import answer_interactions
    from lepton_lab.training.interrupt import sigint_sets

    stop = threading.Event()
    options = explain_options(budget, halfwidth, seed, report, stop)
    if df is None and rows is row is at is None:
        rows = INTERACTION_ROWS
    with sigint_sets(stop):
        pace = options.pace()
        asked = _asked(model, df, (background, background_weights), groups, (rows, row, at), options)
        return answer_interactions(asked, options, pace)


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
    immutable: Sequence[str] | None = None,
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
        immutable: Columns that keep their value; if left out, those that `train` was told cannot change.
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
    from lepton_lab.explanation.counterfactual.find import Asked, find_counterfactuals
    from lepton_lab.explanation.counterfactual.values import Limits
    from lepton_lab.explanation.estimate import Pace
    from lepton_lab.training.interrupt import sigint_sets

    stop = threading.Event()
    pace = Pace(None if timeout is None else parse_duration(timeout), stop, report)
    model = model_in(model)
    kept = model.schema.immutable if immutable is None else immutable
    asked = Asked(reach, Limits(kept, bounds or {}, only_increase, only_decrease), n, seed)
    table, where = rows_of(model, df, "counterfactuals", row=row)
    if df is None and rows is row is at is None:
        rows = COUNTERFACTUAL_ROWS
    table = table.take(choose(model, table, where, rows=rows, row=row, at=at, seed=seed))
    known = None if background is None else read_like(model.schema, background)
    with sigint_sets(stop):
        return find_counterfactuals(model, table, asked, pace, known)


def explain_options(
    budget: str | float | None,
    halfwidth: float | None,
    seed: int,
    report: Callable[[ExplainProgress], None] | None,
    stop: threading.Event,
) -> ExplainOptions:
    """How much work, who listens, and the flag that Ctrl-C sets.

    Raises:
        OptionError: A half-width that is no number, or a duration that cannot be read.
    """
    from lepton_lab.explanation.options import ExplainOptions

    budget_s = None if budget is None else parse_duration(budget)
    if halfwidth is not None and (isinstance(halfwidth, (bool, str)) or not hasattr(halfwidth, "__float__")):
        raise OptionError(f"halfwidth={halfwidth!r} is no number. Give it in the output's unit: halfwidth=0.05")
    halfwidth = None if halfwidth is None else float(halfwidth)
    return ExplainOptions(halfwidth=halfwidth, budget_s=budget_s, seed=seed, report=report, stop=stop)


def _asked(
    model: Any,
    df: Any,
    background: tuple[Any, Any],
    groups: Mapping[str, Sequence[str | int]] | None,
    which: tuple[int | None, object, int | None],
    options: ExplainOptions,
) -> Asked | AskedBlend:
    """The question about a trained model, or about any function."""
    from lepton_lab.evaluation.ask import Against, Which, ask_any, ask_model

    against, chosen = Against(*background, options.seed), Which(*which, options.seed)
    inner = getattr(model, "model_", model)
    if is_model(inner):
        return ask_model(inner, df, chosen, against, groups)
    return ask_any(model, df, chosen, against, groups, options.stop)


def _with_heads(
    asked: Asked | AskedBlend,
    groups: Mapping[str, Sequence[str | int]] | None,
    options: ExplainOptions,
    pace: Pace,
) -> AskedBlend:
    """The question, its answers to hold the disagreement of the network's heads.

    Raises:
        OptionError: It is about no trained model.
    """
    from lepton_lab.explanation.asked import Asked
    from lepton_lab.explanation.background import Background
    from lepton_lab.explanation.heads import head_spread

    if isinstance(asked, Asked):
        raise OptionError("heads=True is for models of ll.train: a function has no heads. Leave it out.")
    rows = asked.rows
    against = Background(rows.background, rows.weights)
    spread = head_spread(rows.model, rows.x, background=against, groups=groups, options=options, pace=pace)
    return replace(asked, model_std=spread) if len(spread) == len(rows.x) else asked
