"""From a game to Shapley values: chooses the estimator, and turns an estimate into an `Explanation`."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int, Shaped

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.exact import exact_cost, exact_values
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.walks import N_PASSES, walk_values

# Enumeration is chosen where it takes no more than this many times the evaluations of the walks ...
WORTH_EXACT = 4
# ... or this many in all, which nobody waits for.
FREE_EVALUATIONS = 30_000
# Of a budget, what enumeration may be planned to take: the forecast is rough.
SAFE_SHARE = 0.7


@dataclass(frozen=True)
class Labels:
    """What an explanation is labelled with.

    Args:
        data: the user's own values of the explained rows.
        feature_names: one a feature.
        output_names: one an output.
        unit: of the outputs.
        row_labels: one a row.
    """

    data: Shaped[np.ndarray, "row feature"]
    feature_names: tuple[str, ...]
    output_names: tuple[str, ...]
    unit: str
    row_labels: Shaped[np.ndarray, " row"]


def shapley_values(
    game: Game, weights: Float64[np.ndarray, " reference"], options: ExplainOptions, pace: Pace
) -> Estimate:
    """Shapley values of all rows of a game, by enumeration where it is cheap or fits the budget, else by walks.

    Without a budget the choice depends only on the data, so that a seed gives the same values on any machine.

    Raises:
        ExplanationError: values are not finite, or no row was reached.
    """
    rows = np.arange(game.n_rows)
    estimate = (
        exact_values(game, rows, weights, pace)
        if _enumerate(game, rows, options, pace)
        else walk_values(game, rows, weights, options.walks(), pace)
    )
    if len(estimate.rows) == 0:
        why = "stopped" if pace.stop.is_set() else f"the budget of {options.budget_s:g} s was spent"
        raise ExplanationError(
            f"{why} before the first row was explained. Give more time, or fewer rows or background rows."
        )
    if not np.isfinite(estimate.values).all():
        raise ExplanationError(
            "the function returned NaN or infinity for some mix of a row's and a background row's values. "
            "Explain a function that returns finite numbers for such mixes."
        )
    return estimate


def _enumerate(game: Game, rows: Int[np.ndarray, " row"], options: ExplainOptions, pace: Pace) -> bool:
    """Whether every coalition should be evaluated."""
    n_exact, n_walks = 0.0, 0.0
    n_rounds = options.walks().rounds(game.n_background)
    for at in range(0, len(rows), 1024):
        differs = game.differs(rows[at : at + 1024])
        n_exact += exact_cost(differs)
        n_walks += n_rounds * N_PASSES * float(np.maximum(differs.sum(axis=2) - 1, 0).sum())
    if n_exact <= max(WORTH_EXACT * n_walks, FREE_EVALUATIONS):
        return True
    if options.budget_s is None or math.isinf(n_exact):
        return False
    return n_exact * _seconds_per_evaluation(game) < SAFE_SHARE * options.budget_s - pace.elapsed()


def _seconds_per_evaluation(game: Game) -> float:
    """Measured on one pair, the second time, when everything is compiled."""
    players = np.arange(min(game.n_players, 10))[None]
    seconds = 0.0
    for _ in range(2):
        started = time.monotonic()
        game.corners(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), players)
        seconds = time.monotonic() - started
    return seconds / 2 ** players.shape[1]


def explanation_of(
    estimate: Estimate,
    base: Float64[np.ndarray, " output"],
    prediction: Float64[np.ndarray, "row output"],
    labels: Labels,
    pace: Pace,
    notes: tuple[str, ...] = (),
) -> Explanation:
    """The rows that an estimate reached, labelled. One output loses its axis, as in shap."""
    one = len(labels.output_names) == 1

    def squeezed(array: np.ndarray) -> np.ndarray:
        return array[..., 0] if one else array

    n = len(estimate.rows)
    return Explanation(
        values=squeezed(estimate.values),
        base_values=squeezed(np.repeat(base[None], n, axis=0)),
        data=labels.data[estimate.rows],
        feature_names=labels.feature_names,
        error_std=squeezed(np.sqrt(estimate.variance)),
        exact=estimate.exact,
        prediction=squeezed(prediction[estimate.rows]),
        output_names=labels.output_names,
        unit=labels.unit,
        row_labels=labels.row_labels[estimate.rows],
        plan=estimate.plan,
        method=estimate.method,
        n_evaluations=estimate.n_evaluations,
        seconds=pace.elapsed(),
        background_std=None if estimate.background_std is None else squeezed(estimate.background_std),
        half_gap=None if estimate.half_gap is None else squeezed(estimate.half_gap),
        notes=(*notes, *estimate.notes),
    )
