"""Which columns act together: Shapley interaction values of a trained model or of any function.

Interactions are linear in the model, so a blend is taken apart: the linear member has main effects
only, the trees are exact leaf by leaf, the network is a game. The main effects on the diagonal are what
the Shapley values of the parts leave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from lepton_lab.data.mix_rows import stack_rows
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.asked import Asked
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.blend_parts import BlendRows, for_part, game_parts, used_members
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.exact import exact_cost
from lepton_lab.explanation.explain_function import Naming, ask_function
from lepton_lab.explanation.explain_game import FREE_EVALUATIONS, SAFE_SHARE, seconds_per_evaluation
from lepton_lab.explanation.explain_model import TOLERANCE, AskedBlend, ask_trained
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.interaction_values import InteractionEstimate, exact_interactions
from lepton_lab.explanation.interactions import Interactions
from lepton_lab.explanation.labelled import Labels
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.explanation.sampled_interactions import sampled_interactions, sampled_pairs
from lepton_lab.explanation.tree_interactions import tree_interactions
from lepton_lab.explanation.unsteady import is_unsteady
from lepton_lab.explanation.unsteady_interactions import repeated_interactions
from lepton_lab.members.trees import TreesMember
from lepton_lab.tasks import are_shifted
from lepton_lab.trained import TrainedModel

# Enumeration is chosen where it takes no more than this many times the evaluations of sampling.
WORTH_EXACT = 8


def interactions_function(
    fn: Any,
    x: Any,
    background: Any = None,
    *,
    naming: Naming | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    options: ExplainOptions | None = None,
) -> Interactions:
    """Interactions of every two columns in a function's outputs; the arguments are those of `explain_function`.

    Raises:
        ExplanationError: nothing to explain, or the function returns what cannot be explained.
        ColumnError: the background lacks a column, or columns are doubled.
        OptionError: groups that cannot be.

    Example:
        >>> import numpy as np
        >>> found = interactions_function(lambda x: x[:, 0] * x[:, 1], np.array([[2.0, 3.0]]), np.zeros((1, 2)))
        >>> found.values.round(3).tolist()
        [[[0.0, 3.0], [3.0, 0.0]]]
    """
    options = options or ExplainOptions()
    pace = options.pace()
    asked = ask_function(fn, x, background, naming=naming, groups=groups, seed=options.seed, stop=pace.stop)
    return answer_interactions(asked, options, pace)


def interactions_trained(
    model: TrainedModel,
    x: np.ndarray,
    values: np.ndarray,
    row_labels: np.ndarray,
    *,
    background: Background | np.ndarray | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    options: ExplainOptions | None = None,
) -> Interactions:
    """Interactions of every two columns in a trained model's logits; the arguments are those of `explain_trained`.

    Raises:
        ExplanationError: no rows, or a model saved without its background and none given.
        ColumnError: a group names no column.
        OptionError: groups overlap, or are empty.
    """
    options = options or ExplainOptions()
    pace = options.pace()
    asked = ask_trained(model, x, values, row_labels, background=background, groups=groups)
    return answer_interactions(asked, options, pace)


def answer_interactions(asked: Asked | AskedBlend, options: ExplainOptions, pace: Pace) -> Interactions:
    """The interactions in what was asked about; a blend's sum is checked against its prediction.

    Raises:
        ExplanationError: values are not finite, or no row was reached.
    """
    if isinstance(asked, Asked):
        return _answer(asked, options, pace)
    found, notes = _blend(asked.rows, options, pace), asked.notes
    gap = _sum_gap(asked, found.rows, found.values.sum(axis=2))
    if gap > TOLERANCE:
        rows = asked.rows
        game = PredictGame(rows.model.logits_x, stack_rows(rows.x, rows.background), rows.players, stop=pace.stop)
        found = game_interactions(game, rows.weights, options, pace)
        notes += (f"the members' values missed the prediction by {gap:.1e}: explained through predict instead.",)
    shown = np.array(asked.at_rows, np.float64)
    shown[found.rows] = asked.base + found.values.sum(axis=(1, 2))
    return _labelled(found, asked.base, shown, asked.labels, pace, notes)


def _answer(asked: Asked, options: ExplainOptions, pace: Pace) -> Interactions:
    """Of one function; repeated where it answers differently each time."""
    game, prediction = asked.game, asked.prediction
    base = asked.weights @ game.at_background()

    def once(game: Game, k: int, pace: Pace) -> InteractionEstimate:
        return game_interactions(game, asked.weights, replace(options, seed=(options.seed + k) % 2**32), pace)

    if not (isinstance(game, PredictGame) and is_unsteady(game)):
        found = once(game, 0, pace)
    else:
        found = repeated_interactions(once, game, pace)
        # Each repetition asked for the prediction anew: shown is what their mean comes to.
        prediction = np.array(prediction)
        prediction[found.rows] = base + found.values.sum(axis=(1, 2))
    return _labelled(found, base, prediction, asked.labels, pace, asked.notes)


def _sum_gap(
    asked: AskedBlend, rows: Int[np.ndarray, " row"], values: Float64[np.ndarray, "row player output"]
) -> float:
    """Largest distance between the sum of values and the prediction, relative to `max(unit, distance)`."""
    distance = asked.at_rows[rows] - asked.base
    unit = getattr(asked.rows.model.task, "scale", 1.0)
    gap = np.abs(values.sum(axis=1) - distance) / np.maximum(unit, np.abs(distance))
    return float(gap.max(initial=0.0))


def game_interactions(
    game: Game, weights: Float64[np.ndarray, " reference"], options: ExplainOptions, pace: Pace
) -> InteractionEstimate:
    """Matrices of all rows of a game, by enumeration where that is cheap or fits the budget, else sampled.

    Raises:
        ExplanationError: values are not finite, or no row was reached.
    """
    rows, pace = np.arange(game.n_rows), pace.with_grace()
    found = (
        exact_interactions(game, rows, weights, pace)
        if _enumerate(game, options, pace)
        else sampled_interactions(game, rows, weights, options.seed, pace, options.halfwidth)
    )
    if len(found.rows) == 0:
        why = "stopped" if pace.stop.is_set() else f"the budget of {options.budget_s:g} s was spent"
        raise ExplanationError(
            f"{why} before the first row was explained. Give more time, or fewer rows or background rows."
        )
    if not np.isfinite(found.values).all():
        raise ExplanationError(
            "the function returned NaN or infinity for some mix of a row's and a background row's values. "
            "Explain a function that returns finite numbers for such mixes."
        )
    return found


def _enumerate(game: Game, options: ExplainOptions, pace: Pace) -> bool:
    """Whether every coalition should be evaluated."""
    parts = (np.arange(at, min(at + 1024, game.n_rows)) for at in range(0, game.n_rows, 1024))
    exact = sum(exact_cost(game.differs(part)) for part in parts)
    sampled = 2 * sampled_pairs(game.n_players) * game.n_rows * game.n_background
    if exact <= max(WORTH_EXACT * sampled, FREE_EVALUATIONS):
        return True
    if options.budget_s is None or math.isinf(exact):
        return False
    return exact * seconds_per_evaluation(game) < SAFE_SHARE * options.budget_s - pace.elapsed()


def _blend(rows: BlendRows, options: ExplainOptions, pace: Pace) -> InteractionEstimate:
    """The sum of the members' matrices, for the rows that all of them reached."""
    closed = rows.closed_part(pace)
    rows = replace(rows, x=rows.x[: len(closed.rows)])
    total = InteractionEstimate(
        rows=closed.rows,
        values=_off_diagonal(rows, pace),
        variance=np.zeros((len(closed.rows), *closed.values.shape[1:2], *closed.values.shape[1:])),
        half_gap=None,
        plan=closed.plan,
        n_evaluations=0,
        exact=True,
        method=closed.method,
        notes=closed.notes,
    )
    at = np.arange(closed.values.shape[1])
    total.values[:, at, at] += closed.values - total.values.sum(axis=2)
    parts = game_parts(rows, len(closed.rows))
    for part in parts:
        found = game_interactions(part.game, rows.weights, for_part(options, part, len(parts)), pace)
        named = replace(found, method=f"{part.name}{found.method}")
        total = _added(total, _scaled(named, part.factor, are_shifted(rows.model.task)))
    return total


def _off_diagonal(rows: BlendRows, pace: Pace) -> Float64[np.ndarray, "row player player output"]:
    """Halves of the interactions inside the members with a closed form: only trees have any."""
    d, n_outputs = rows.players.n_players, rows.model.task.n_outputs
    total = np.zeros((len(rows.x), d, d, n_outputs))
    for member, share in used_members(rows.model):
        if isinstance(member, TreesMember):
            pace.tell(0.0, 0, "interactions in the trees")
            found = tree_interactions(member, rows.x, rows.background, rows.weights, rows.players)
            total += share * _centred(found, are_shifted(rows.model.task))
    return total


def _centred(array: np.ndarray, shifts: bool) -> np.ndarray:
    """Over the classes, where there are several: logits are defined only up to a shift."""
    return array - array.mean(axis=-1, keepdims=True) if shifts else array


def _scaled(part: InteractionEstimate, share: float, shifts: bool) -> InteractionEstimate:
    """Of `share` times the part's outputs."""
    gap = part.half_gap
    return replace(
        part,
        values=share * _centred(part.values, shifts),
        variance=share**2 * part.variance,
        half_gap=None if gap is None else share * _centred(gap, shifts),
    )


def _added(first: InteractionEstimate, second: InteractionEstimate) -> InteractionEstimate:
    """Two parts of one sum, for the rows that both reached. Parts that both sample share their seed: errors add up."""
    rows = np.intersect1d(first.rows, second.rows)
    a, b = np.searchsorted(first.rows, rows), np.searchsorted(second.rows, rows)
    gaps = [gap[at] for gap, at in ((first.half_gap, a), (second.half_gap, b)) if gap is not None]
    sampled = second if not second.exact else first
    return InteractionEstimate(
        rows=rows,
        values=first.values[a] + second.values[b],
        variance=(np.sqrt(first.variance[a]) + np.sqrt(second.variance[b])) ** 2,
        half_gap=sum(gaps[1:], gaps[0]) if gaps else None,
        plan=sampled.plan[b if sampled is second else a],
        n_evaluations=first.n_evaluations + second.n_evaluations,
        exact=first.exact and second.exact,
        method=", ".join(part.method for part in (first, second) if part.method),
        notes=(*first.notes, *second.notes),
    )


def _labelled(
    found: InteractionEstimate,
    base: Float64[np.ndarray, " output"],
    prediction: Float64[np.ndarray, "row output"],
    labels: Labels,
    pace: Pace,
    notes: tuple[str, ...] = (),
) -> Interactions:
    """The rows that were reached, labelled. One output loses its axis, as in shap."""
    one = len(labels.output_names) == 1

    def squeezed(array: np.ndarray) -> np.ndarray:
        return array[..., 0] if one else array

    return Interactions(
        values=squeezed(found.values),
        base_values=squeezed(np.repeat(base[None], len(found.rows), axis=0)),
        data=labels.data[found.rows],
        feature_names=labels.feature_names,
        error_std=squeezed(np.sqrt(found.variance)),
        exact=found.exact,
        prediction=squeezed(prediction[found.rows]),
        output_names=labels.output_names,
        unit=labels.unit,
        row_labels=labels.row_labels[found.rows],
        plan=found.plan,
        method=found.method or "constant model",
        n_evaluations=found.n_evaluations,
        seconds=pace.elapsed(),
        half_gap=None if found.half_gap is None else squeezed(found.half_gap),
        notes=(*notes, *found.notes, *pace.budget_note()),
    )
