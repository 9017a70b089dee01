"""Shapley values of a trained model: each member by its own exact or fast method, added up in link space.

Shapley values are linear in the model, and the blend is affine in its members' logits. So the linear
member is explained in closed form, the trees exactly, the network as an additive game, and the sum is
checked against the prediction. Where it does not match, the whole blend is explained through `logits_x`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64

from lepton_lab.data.mix_rows import stack_rows
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.background import Background, as_background, background_weights
from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explain_game import Labels, explanation_of, shapley_values
from lepton_lab.explanation.explain_trees import tree_values
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.game import AdditiveForm, JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.members.linear import LinearMember
from lepton_lab.members.trees import TreesMember
from lepton_lab.trained import TrainedModel
from lepton_lab.training.network_member import NetworkMember

# Largest gap between the sum of the parts and the prediction, relative to the distance from the base.
TOLERANCE = 1e-5


def explain_trained(
    model: TrainedModel,
    x: np.ndarray,
    values: np.ndarray,
    row_labels: np.ndarray,
    *,
    background: Background | np.ndarray | None = None,
    options: ExplainOptions | None = None,
) -> Explanation:
    """Shapley values of a trained model's logits, calibration included, at encoded rows.

    Args:
        model: whose blend is explained.
        x: encoded rows `(row, column)`, as the members see them.
        values: the user's own values of these rows, for display.
        row_labels: the user's labels of these rows.
        background: encoded reference rows; by default those kept with the model.
        options: walks, budget, half-width, seed, progress.

    Returns:
        One output: log-odds of the positive class, or the target's unit. Several classes: centred
        logits, one a class.

    Raises:
        ExplanationError: no rows, or a model saved without its background and none given.
    """
    options = options or ExplainOptions()
    pace = options.pace()
    given = _background(model, background)
    weights = background_weights(given.weights, len(given.x))
    if len(x) == 0:
        raise ExplanationError("there are 0 rows to explain. Give at least one.")
    task = model.task
    names = tuple(map(str, task.classes)) if task.n_outputs > 1 else (_output_name(task),)
    labels = Labels(
        values, tuple(column.name for column in model.schema.inputs), names, task.unit, np.asarray(row_labels)
    )
    at_rows, at_background = model.logits_x(x), model.logits_x(given.x)
    base = weights @ at_background
    estimate = _blend_values(model, x, np.asarray(given.x), weights, options, pace)
    gap = _gap(estimate, base, at_rows, getattr(task, "scale", 1.0))
    notes: tuple[str, ...] = ()
    if gap > TOLERANCE:
        notes = (f"the members' values missed the prediction by {gap:.1e}: explained through predict instead.",)
        game = PredictGame(model.logits_x, stack_rows(x, np.asarray(given.x)))
        estimate = shapley_values(game, weights, options, pace)
    # Shown is the sum of the parts: just checked against the prediction, and free of float32's last digit.
    shown = np.array(at_rows, np.float64)
    shown[estimate.rows] = base + estimate.values.sum(axis=1)
    return explanation_of(estimate, base, shown, labels, pace, notes)


def _background(model: TrainedModel, given: Background | np.ndarray | None) -> Background:
    if given is not None:
        return as_background(given)
    if model.background_x is None or len(model.background_x) == 0:
        raise ExplanationError(
            "this model was saved without its background rows. Give some: explain(model, df, background=df_train)."
        )
    return Background(model.background_x, model.background_weights)


def _output_name(task: Any) -> str:
    return str(task.classes[1]) if task.classes else "prediction"


@dataclass(frozen=True)
class _Question:
    """What every member is asked."""

    x: np.ndarray
    background: np.ndarray
    weights: np.ndarray
    options: ExplainOptions
    pace: Pace


def _blend_values(
    model: TrainedModel, x: np.ndarray, background: np.ndarray, weights: np.ndarray, options: ExplainOptions, pace: Pace
) -> Estimate:
    """Values of the blend's logits: the members' values times their shares, for the rows all members reached."""
    shares = np.asarray(model.blend.weights, np.float64) * model.blend.scale
    used = [(member, share) for member, share in zip(model.members, shares, strict=True) if share != 0]
    # The network last: it is the one that can use what is left of a budget.
    used.sort(key=lambda pair: isinstance(pair[0], NetworkMember))
    total: Estimate | None = None
    for member, share in used:
        # A half-width is asked of the blend, so the member may be wider by its share.
        wanted = options.halfwidth and options.halfwidth / abs(share)
        question = _Question(x, background, weights, replace(options, halfwidth=wanted), pace)
        part = _scaled(_member_values(member, question), share, model.task.n_outputs)
        total = part if total is None else _sum(total, part)
    return total if total is not None else _closed_form(np.zeros((*x.shape, model.task.n_outputs)), "constant model")


def _member_values(member: Any, question: _Question) -> Estimate:
    """Values of one member's own logits."""
    for kind, explain in _HOW.items():
        if isinstance(member, kind):
            return explain(member, question)
    game = PredictGame(member.logits, stack_rows(question.x, question.background))
    return shapley_values(game, question.weights, question.options, question.pace)


def _linear(member: LinearMember, question: _Question) -> Estimate:
    base = np.einsum("b,bfo->fo", question.weights, member.contributions(question.background))
    return _closed_form(member.contributions(question.x) - base, "linear in closed form")


def _trees(member: TreesMember, question: _Question) -> Estimate:
    question.pace.tell(0.0, 0, "trees")
    return _closed_form(tree_values(member, question.x, question.background, question.weights), "trees exactly")


@dataclass(frozen=True)
class _Centred:
    """`rest`, centred over the classes: errors are then those of the centred logits. Equal where `rest` is."""

    rest: Callable[[Any, Any], Any]

    def __call__(self, params: Any, hidden: Any) -> Any:
        """Logits of hidden states, less their mean over the classes."""
        logits = self.rest(params, hidden)
        return logits - logits.mean(axis=-1, keepdims=True)


def _network(member: NetworkMember, question: _Question) -> Estimate:
    """Values of the raw network, then scaled in float64: a large target unit costs no precision."""
    pure = member.functions
    form = AdditiveForm(pure.project, pure.bias, _Centred(pure.rest) if member.n_outputs > 1 else pure.rest)
    game = JaxGame(form, member.params, question.x, np.asarray(question.background, np.float32))
    options = question.options
    raw = replace(options, halfwidth=options.halfwidth and options.halfwidth / abs(member.scale))
    part = shapley_values(game, question.weights, raw, question.pace)
    return _scaled(replace(part, method=f"network by {part.method}"), member.scale, 1)


_HOW: dict[type, Callable[[Any, _Question], Estimate]] = {
    LinearMember: _linear,
    TreesMember: _trees,
    NetworkMember: _network,
}


def _closed_form(values: Float64[np.ndarray, "row feature output"], method: str) -> Estimate:
    n_rows = len(values)
    return Estimate(
        rows=np.arange(n_rows),
        values=values,
        variance=np.zeros_like(values),
        background_std=None,
        half_gap=None,
        plan=np.zeros(n_rows, dtype=np.int64),
        n_evaluations=0,
        exact=True,
        method=method,
    )


def _scaled(part: Estimate, share: float, n_outputs: int) -> Estimate:
    """Values of `share` times the member's logits, centred over the classes where there are several."""

    def centred(array: np.ndarray) -> np.ndarray:
        return share * (array - array.mean(axis=2, keepdims=True) if n_outputs > 1 else array)

    return replace(
        part,
        values=centred(part.values),
        variance=part.variance * share**2,
        background_std=None if part.background_std is None else part.background_std * abs(share),
        half_gap=None if part.half_gap is None else centred(part.half_gap),
    )


def _sum(exact: Estimate, part: Estimate) -> Estimate:
    """An exact part plus another: errors, plans and rows are the other's."""
    return replace(
        part,
        values=part.values + exact.values[part.rows],
        background_std=None,
        exact=part.exact and exact.exact,
        method=f"{exact.method}, {part.method}",
    )


def _gap(estimate: Estimate, base: np.ndarray, at_rows: np.ndarray, unit: float) -> float:
    """Largest distance between the sum of values and the prediction, relative to `max(unit, distance)`."""
    distance = at_rows[estimate.rows] - base
    gap = np.abs(estimate.values.sum(axis=1) - distance) / np.maximum(unit, np.abs(distance))
    return float(gap.max(initial=0.0))
