"""A question to the estimators: a game, its background's weights, and what labels the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explain_game import shapley_values
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.labelled import Labels, explanation_of
from lepton_lab.explanation.options import ExplainOptions

# From a game to its values: one estimate, or better and better ones.
Estimator = Callable[[Game, np.ndarray, ExplainOptions, Pace], Iterator[Estimate]]


def at_once(
    game: Game, weights: Float64[np.ndarray, " reference"], options: ExplainOptions, pace: Pace
) -> Iterator[Estimate]:
    """The estimator that makes one estimate, by the best method for its options."""
    yield shapley_values(game, weights, options, pace)


@dataclass(frozen=True)
class Asked:
    """What is to be explained; the answer may come at once or in steps.

    Args:
        game: rows, background and players.
        weights: of the background rows, summing to 1.
        labels: of rows, players and outputs.
        prediction: the function's outputs at the rows.
        notes: what a reader should know before any estimate.
    """

    game: Game
    weights: Float64[np.ndarray, " reference"]
    labels: Labels
    prediction: Float64[np.ndarray, "row output"]
    notes: tuple[str, ...] = ()

    def distances(self) -> Float64[np.ndarray, "row output"]:
        """How far predictions are from the base value."""
        return self.prediction - self.weights @ self.game.at_background()

    def answers(self, estimator: Estimator, options: ExplainOptions, pace: Pace) -> Iterator[Explanation]:
        """The explanation at each step of the estimator."""
        for estimate in estimator(self.game, self.weights, options, pace):
            yield self.answer(estimate, pace)

    def answer(self, estimate: Estimate, pace: Pace) -> Explanation:
        """An estimate, labelled."""
        base = self.weights @ self.game.at_background()
        return explanation_of(estimate, base, self.prediction, self.labels, pace, self.notes)
