"""The verbs beyond single values: effects of a column, what accuracy rests on, cohorts, previews.

Like all verbs, short lists of steps; nothing heavy is imported before one needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lepton_lab.durations import parse_duration
from lepton_lab.environment import is_model, model_in
from lepton_lab.errors import OptionError

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.explanation.cohorts import CohortComparison
    from lepton_lab.explanation.effects.effect import Effect
    from lepton_lab.explanation.estimate import ExplainProgress, Pace
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation
    from lepton_lab.explanation.loss_importance import LossImportance
    from lepton_lab.trained import TrainedModel

    Listener = Callable[[ExplainProgress], None]

DEPENDENCE_ROWS = 1000
"""Rows asked by `partial_dependence` where no number is given: a mean over more moves by less than a line's width."""
ACCUMULATED_ROWS = 20_000
"""Rows asked by `accumulated_effects`: each takes two or three evaluations, not one a grid point."""
LOSS_ROWS = 500
"""Rows asked by `loss_importance`: each takes some thousand evaluations."""
HELD_OUT_ROWS = 500
"""Rows previewed where neither a frame nor a number of rows is given."""
N_BACKGROUND = 100
"""Rows of a given background that are compared with; a larger one is sampled."""


def partial_dependence(
    model: Any,
    column: object,
    df: Any = None,
    *,
    values: Sequence[object] | None = None,
    points: int = 40,
    scale: str = "link",
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    budget: str | float | None = None,
    seed: int = 0,
    report: Listener | None = None,
) -> Effect:
    """How the output moves with one column: the mean over rows (PDP) and a curve for each row (ICE).

    Every row is asked with the column at each value, also where no such row could be; where columns hang
    together, `accumulated_effects` stays among the data.

    Args:
        model: A trained model, or any function of an array or frame.
        column: Its name; for an array also its position.
        df: The rows; for a trained model those held out of training if left out.
        values: Where to ask, in your own values (None for missing); values that occur if left out.
        points: How many of them; fewer where the column has fewer.
        scale: "link" (log-odds, logits, the target's unit) or "probability".
        rows: A sample of so many rows, seeded; 1,000 if left out.
        row: The one row with this index label: its ICE curve.
        at: The one row at this position.
        budget: Wall time, as seconds or "5s": the mean is then over the rows asked so far.
        seed: Of the sample.
        report: Hears an `ExplainProgress` after each chunk.

    Returns:
        Grid, mean with 95 % interval over rows, curves; `.centred()` moves all curves to start at 0.

    Raises:
        ColumnError: No such column, or a value that does not fit it.
        OptionError: A scale that is not known, or no frame for a model that was loaded.

    Example:
        >>> ll.partial_dependence(model, "age").mean  # doctest: +SKIP
    """
    from lepton_lab.explanation.effects.ask import function_dependence, trained_dependence
    from lepton_lab.explanation.effects.effect import EffectOptions

    asked = _Rows(model, df, "partial_dependence", f"model, {column!r}, df", rows, row, at, seed, DEPENDENCE_ROWS)
    with _listening(budget, report) as pace:
        options = EffectOptions(points, scale, seed, pace)
        if asked.is_model:
            table, pool = asked.table_and_all()
            return trained_dependence(asked.model, table, str(column), values=values, pool=pool, options=options)
        return function_dependence(model, asked.rows_in(), column, values=values, pool=df, options=options)


def accumulated_effects(
    model: Any,
    column: object,
    df: Any = None,
    *,
    points: int = 40,
    scale: str = "link",
    rows: int | None = None,
    budget: str | float | None = None,
    seed: int = 0,
    report: Listener | None = None,
) -> Effect:
    """How the output moves with one column, added up from neighbouring values among rows that have them (ALE).

    Columns that hang together with this one keep their own effects. Categories are put in order of how
    alike their rows are otherwise; missing numbers have no place on the curve.

    Args:
        model: A trained model, or any function of an array or frame.
        column: Its name; for an array also its position.
        df: The rows; for a trained model those held out of training if left out.
        points: Bins with about equally many rows.
        scale: "link" (log-odds, logits, the target's unit) or "probability".
        rows: A sample of so many rows, seeded; 20,000 if left out.
        budget: Wall time, as seconds or "5s".
        seed: Of the sample.
        report: Hears an `ExplainProgress` after each chunk.

    Returns:
        Edges and effect, centred over the rows, with 95 % interval over rows.

    Raises:
        ColumnError: No such column.
        ExplanationError: The column has one value in these rows.

    Example:
        >>> ll.accumulated_effects(model, "age").mean  # doctest: +SKIP
    """
    from lepton_lab.explanation.effects.ask import function_accumulated, trained_accumulated
    from lepton_lab.explanation.effects.effect import EffectOptions

    asked = _Rows(model, df, "accumulated_effects", f"model, {column!r}, df", rows, None, None, seed, ACCUMULATED_ROWS)
    with _listening(budget, report) as pace:
        options = EffectOptions(points, scale, seed, pace)
        if asked.is_model:
            return trained_accumulated(asked.model, asked.table(), str(column), options=options)
        return function_accumulated(model, asked.rows_in(), column, options=options)


def loss_importance(
    model: Any,
    df: Any = None,
    y: Any = None,
    *,
    loss: str | None = None,
    background: Any = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    halfwidth: float | None = None,
    rows: int | None = None,
    budget: str | float | None = None,
    seed: int = 0,
    report: Listener | None = None,
) -> LossImportance:
    """Which columns the model's accuracy rests on: how much loss each takes off (SAGE), with 95 % intervals.

    Args:
        model: A trained model, or any function that returns probabilities or a number.
        df: The rows; for a trained model with the target, those held out of training if left out.
        y: For a function: what is true of the rows.
        loss: For a function: "log_loss" or "squared_error".
        background: Rows that unknown columns take their values from; a trained model has its own.
        groups: Columns that are known together, by the group's name.
        halfwidth: Widest 95 % half-width wanted, in the loss's unit.
        rows: A sample of so many rows, seeded; 500 if left out.
        budget: Wall time, as seconds or "30s": orders are added until it is spent.
        seed: Of the sample and of the orders.
        report: Hears an `ExplainProgress` after each row.

    Returns:
        Values that add up to the loss of the mean prediction less the model's own loss.

    Raises:
        ExplanationError: No target, or a function that returns what cannot be used.
        OptionError: Groups that cannot be, or a loss that is not known.

    Example:
        >>> ll.loss_importance(model).values.sum()  # doctest: +SKIP
    """
    from lepton_lab.explanation.ask_loss import function_loss_importance, trained_loss_importance
    from lepton_lab.explanation.loss_importance import LossOptions

    asked = _Rows(model, df, "loss_importance", "model, df", rows, None, None, seed, LOSS_ROWS)
    with _listening(budget, report) as pace:
        options = LossOptions(halfwidth, seed=seed, pace=pace)
        if asked.is_model:
            table, against = asked.table(), asked.background(background)
            x = asked.model.encoder.encode(table)
            return trained_loss_importance(asked.model, x, table.y, groups=groups, background=against, options=options)
        if y is None:
            raise OptionError("what is true of the rows? Type: ll.loss_importance(function, X, y)")
        x, truth = asked.rows_in(), asked.rows_in(_as_column(y))[:, 0]
        against = asked.cut_background(background)
        return function_loss_importance(model, x, truth, against, loss=loss, groups=groups, options=options)


def compare_cohorts(
    explanation: Explanation, rows_a: Any, rows_b: Any = None, *, names: tuple[str, str] = ("A", "B")
) -> CohortComparison:
    """Which columns move the output differently in two sets of explained rows, the most different first.

    Args:
        explanation: Of both, so that they are compared with one background.
        rows_a: The first cohort: a truth value for each explained row (such as `df["age"] < 30`), or positions.
        rows_b: The second; all other rows if left out.
        names: What to call them.

    Returns:
        Differences of mean value and of mean |value|, with 95 % intervals that count rows and sampling.

    Raises:
        ExplanationError: A cohort has no rows, or they share some.

    Example:
        >>> ll.compare_cohorts(ll.explain(model, df), df["age"] < 30)  # doctest: +SKIP
    """
    from lepton_lab.explanation.cohorts import compare

    return compare(explanation, rows_a, rows_b, names=names)


def explain_preview(
    model: Any,
    df: Any = None,
    background: Any = None,
    *,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    seed: int = 0,
    inside: str | None = None,
    method: str = "integrated_gradients",
    parts: str | None = None,
    n_parts: int | None = None,
    baseline: Any = None,
    output: str | int | None = None,
    report: Listener | None = None,
) -> Explanation | InsideExplanation:
    """A quick look at an explanation, from gradients (DeepLIFT): near the Shapley values, but not them.

    With `inside="scan"` the look is into the objects of a column, as in `explain_inside`.

    Args:
        model: A trained model, or a JAX function of an array.
        df: The rows; for a trained model those held out of training if left out.
        background: Rows to compare with; a trained model has its own.
        groups: Columns that are one player, by the group's name.
        rows: A sample of so many rows, seeded.
        row: The one row with this index label.
        at: The one row at this position.
        seed: Of samples.
        inside: A column of images or series of a trained model, to look into its objects.
        method: Inside objects: "integrated_gradients", or of images "grad_cam".
        parts: Inside objects, as for `explain_inside`.
        n_parts: Inside objects, as for `explain_inside`.
        baseline: Inside objects, as for `explain_inside`.
        output: Inside objects: the one looked at; of several the first row's prediction if left out.
        report: Hears an `ExplainProgress` after each chunk.

    Returns:
        An explanation whose `method` begins with "preview:".

    Raises:
        ExplanationError: A function that is no JAX function, or missing values in its rows; no such gradients.
        OptionError: No such row, method, parts, baseline or output.
        ColumnError: No such column of objects.

    Example:
        >>> ll.explain_preview(model, df).method  # doctest: +SKIP
        'preview: linear in closed form, trees exactly, network by DeepLIFT (rescale rule)'
    """
    from lepton_lab.evaluation.ask import Which
    from lepton_lab.evaluation.ask_inside import preview_inside
    from lepton_lab.explanation.gradients import preview_function, preview_trained
    from lepton_lab.explanation.inside.cut import Wanted
    from lepton_lab.explanation.options import ExplainOptions

    asked = _Rows(model, df, "explain_preview", "model, df", rows, row, at, seed, None)
    with _listening(None, report) as pace:
        options = ExplainOptions(seed=seed, report=report, stop=pace.stop)
        if inside is not None:
            chosen = Which(rows, row, at, seed)
            return preview_inside(
                asked.model, df, inside, chosen, Wanted(parts, n_parts, baseline), method, output, options
            )
        if asked.is_model:
            table, against = asked.table(), asked.background(background)
            x, labels = asked.model.encoder.encode(table), table.index.to_numpy()
            shown = table.values()
            return preview_trained(asked.model, x, shown, labels, background=against, groups=groups, options=options)
        against = asked.cut_background(background)
        return preview_function(model, asked.rows_in(), against, groups=groups, options=options)


@dataclass(frozen=True)
class _Rows:
    """Which rows a verb is asked about, and of what."""

    given: Any
    df: Any
    verb: str
    typed: str
    rows: int | None
    row: object
    at: int | None
    seed: int
    default_rows: int | None

    @property
    def is_model(self) -> bool:
        """Whether it is a trained model, or one of our estimators around one."""
        return is_model(getattr(self.given, "model_", self.given))

    @property
    def model(self) -> TrainedModel:
        """The trained model."""
        return model_in(self.given)

    @property
    def _sample(self) -> int | None:
        """How many rows to sample."""
        return self.default_rows if self.rows is self.row is self.at is None else self.rows

    def table(self) -> Table:
        """The rows asked for."""
        return self.table_and_all()[0]

    def table_and_all(self) -> tuple[Table, Table]:
        """The rows asked for, and all they are chosen from: a trained model's frame, or the rows held out of training.

        Raises:
            OptionError: no frame, and nothing held out.
        """
        from lepton_lab.evaluation.rows_of import choose, rows_of

        if self.df is None and self.model.held_out is None:
            raise OptionError(
                f"{self.verb} needs a frame: this model was loaded from a file, which holds no held-out rows. "
                f"Type: ll.{self.verb}({self.typed})"
            )
        table, where = rows_of(self.model, self.df, self.verb, row=self.row)
        every = self._sample is None and self.row is self.at is None
        sample = HELD_OUT_ROWS if every and self.df is None else self._sample
        return table.take(
            choose(self.model, table, where, rows=sample, row=self.row, at=self.at, seed=self.seed)
        ), table

    def background(self, df: Any) -> Any:
        """A frame to compare a trained model's rows with, encoded; None for its own."""
        from lepton_lab.evaluation.rows_of import background_of

        return background_of(self.model, df, self.seed)

    def rows_in(self, data: Any = None) -> Any:
        """The rows of a function's array or frame, or the same rows of other data."""
        from lepton_lab.data.pick_rows import cut

        if not callable(self.given) or self.df is None:
            raise OptionError(
                f"a function is asked about some rows: got a {type(self.given).__name__} and {type(self.df).__name__}. "
                f"Type: ll.{self.verb}({self.typed.replace('model', 'function')})"
            )
        data = self.df if data is None else data
        return cut(data, rows=self._sample, row=self.row, at=self.at, seed=self.seed)

    def cut_background(self, background: Any) -> Any:
        """At most a hundred rows of a function's background."""
        from lepton_lab.data.pick_rows import cut

        return None if background is None else cut(background, rows=N_BACKGROUND, seed=self.seed)


def _as_column(y: Any) -> Any:
    """One value a row, as an array of one column."""
    import numpy as np

    return np.asarray(y).reshape(-1, 1)


@contextmanager
def _listening(budget: str | float | None, report: Listener | None) -> Iterator[Pace]:
    """A pace that Ctrl-C ends with what is known so far."""
    from lepton_lab.explanation.estimate import Pace
    from lepton_lab.training.interrupt import sigint_sets

    stop = threading.Event()
    with sigint_sets(stop):
        yield Pace(None if budget is None else parse_duration(budget), stop, report)
