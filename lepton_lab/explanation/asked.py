"""A question to the estimators: a game, its background's weights, and what labels the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explain_game import Labels, explanation_of
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.game import Game


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

    def answer(self, estimate: Estimate, pace: Pace) -> Explanation:
        """An estimate, labelled."""
        base = self.weights @ self.game.at_background()
        return explanation_of(estimate, base, self.prediction, self.labels, pace, self.notes)
