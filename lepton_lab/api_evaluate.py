"""The verbs that say how good a model is: figures, where it fails, and which of two is better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lepton_lab.api_runs import attach
from lepton_lab.environment import model_in
from lepton_lab.errors import OptionError

if TYPE_CHECKING:
    from lepton_lab.evaluation.comparison import Comparison
    from lepton_lab.evaluation.error_tree.tree import ErrorTree
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.journal import Run
    from lepton_lab.trained import TrainedModel


def evaluate(
    model: TrainedModel,
    df: Any = None,
    *,
    weights: Any = None,
    costs: Mapping[str, float] | None = None,
    unit: str = "",
) -> Evaluation:
    """How good a model is on a frame: metrics with intervals, curves, confusion, calibration.

    Args:
        model: A trained model.
        df: A frame with the target; the rows held out of training if left out. Of a loaded model these are known
            while its run is kept on this machine, without their columns: every figure, but no tree of errors.
        weights: Row weights of `df`: a column's name, or an array; the column that weighed the rows of
            training if left out and there. They count in every figure and curve.
        costs: Of wrong decisions, `{"false_alarm": 1, "missed": 5}` in any unit: finds the threshold that
            costs least (`.costs.threshold`, to keep with `model.with_threshold`) and what it costs a row. Those of
            the model's domain if left out, where it has some.
        unit: Of the costs, such as "€".

    Returns:
        Figures and curves; `.at(0.3)` is what becomes of the rows at another threshold, `.shown` what the model's
        domain asks for, `.show("score_bands")` any other such figure.

    Raises:
        OptionError: No frame was given, and the model was loaded and its run is not kept here; or costs
            for a model that does not decide between two classes.
        DataError: The frame has no rows.
        SchemaMismatchError: The frame is not like the one trained on.
    """
    from lepton_lab.data.table import read_like
    from lepton_lab.evaluation.costs import read_costs
    from lepton_lab.evaluation.kept_answers import evaluate_held_out
    from lepton_lab.evaluation.report import evaluate_rows

    model = model_in(model)
    costs = costs or (_costs_of_domain(model) if len(model.classes) == 2 else None)
    weighed = None if costs is None else read_costs(costs, model.task, unit)
    if df is not None:
        table = read_like(model.schema, df, task=model.task, need_target=True, weights=weights)
        return evaluate_rows(model, table, costs=weighed)
    if weights is not None:
        raise OptionError("weights= belongs to the rows of a frame. Type: ll.evaluate(model, df, weights=...)")
    return evaluate_held_out(model, costs=weighed)


def error_tree(model: TrainedModel, df: Any = None, *, weights: Any = None, depth: int = 3, seed: int = 0) -> ErrorTree:
    """Where a model fails: a small tree of the rows' errors, in the columns' own values.

    The tree is grown on one half of the rows; its figures are of the other half, and splits that the other
    half does not bear out are left out. So it may well say that there is no such place.

    Args:
        model: A trained model.
        df: A frame with the target; the rows held out of training if left out.
        weights: Row weights of `df`, as for `evaluate`.
        depth: Conditions on the way to a part, at most: 1 to 5.
        seed: Of the halves.

    Returns:
        Nodes with rule, rows, mean loss and error rate; `.worst`, `.labels(number)`, `.explain(number)`.

    Raises:
        OptionError: No frame, and a model that was loaded; or a depth that cannot be used.
        DataError: The frame has no rows.
        SchemaMismatchError: The frame is not like the one trained on.

    Example:
        >>> tree = ll.error_tree(model, df)  # doctest: +SKIP
        >>> df.loc[tree.labels(tree.worst.number)]  # doctest: +SKIP
    """
    from lepton_lab.data.table import read_like
    from lepton_lab.evaluation.error_tree.ask import error_tree_of
    from lepton_lab.evaluation.evaluated_rows import evaluated, held_out_rows
    from lepton_lab.evaluation.rows_of import held_out_of

    model = model_in(model)
    if df is not None:
        table = read_like(model.schema, df, task=model.task, need_target=True, weights=weights)
        return error_tree_of(evaluated(model, table), depth=depth, seed=seed)
    if weights is not None:
        raise OptionError("weights= belongs to the rows of a frame. Type: ll.error_tree(model, df, weights=...)")
    return error_tree_of(held_out_rows(held_out_of(model, "error_tree"), model), depth=depth, seed=seed)


def compare(a: TrainedModel | Run | str, b: TrainedModel | Run | str, df: Any = None, *, seed: int = 0) -> Comparison:
    """Two models side by side on the same rows: is one better, and by more than noise?

    Intervals are paired: both models see the same resamples of the same rows, so that what is hard for
    both does not hide their difference.

    Args:
        a: A trained model, a run, or a run's id.
        b: The other one, with the same target.
        df: A frame with the target; the rows held out of both trainings if left out. Of the frame both
            were trained on, only rows held out of both runs are used.
        seed: Of the resamples.

    Raises:
        OptionError: The models predict different things, or no rows are known that were held out of both.
        RunError: No such run, or it has no model.

    Example:
        >>> ll.compare(model, other).words  # doctest: +SKIP
        'The difference is within noise: AUC 0.786 against 0.781, difference +0.005 (95 %: -0.012 to +0.022).'
    """
    from lepton_lab.errors import bad_seed
    from lepton_lab.evaluation.compare_models import compare_models

    if error := bad_seed(seed):
        raise error
    return compare_models(_model_of(a), _model_of(b), df, seed=seed)


def _costs_of_domain(model: TrainedModel) -> Mapping[str, float] | None:
    """What wrong decisions cost by the model's domain; None without one."""
    return (model.config.get("pack") or {}).get("costs")


def _model_of(model_or_run: Any) -> TrainedModel:
    """A model, or the model of a run that has ended."""
    run = attach(model_or_run) if isinstance(model_or_run, str) else model_or_run
    return model_in(run.result(timeout=0) if hasattr(run, "result") else run)
