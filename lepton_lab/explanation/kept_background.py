"""What is known of one background's rows, whatever row they are compared with: kept from one question to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lepton_lab.explanation.explain_trees import KeptPatterns
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.trained import TrainedModel


class KeptBackground:
    """It belongs to a `Background` and lives as long: what-if asks again and again about one."""

    def __init__(self) -> None:
        self.patterns = KeptPatterns()
        # By identity, with the thing itself, so that its id stays its own.
        self._predicted: dict[int, tuple[TrainedModel, np.ndarray]] = {}
        self._games: dict[tuple[int, tuple[int, ...] | None], tuple[Any, JaxGame]] = {}

    def predictions(self, model: TrainedModel, background: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A model's logits of the background and of other rows; the first time in one call, of a size that is
        compiled anyway."""
        if id(model) in self._predicted:
            return self._predicted[id(model)][1], model.logits_x(x)
        at_background, at_x = np.split(model.logits_x(np.concatenate([background, x])), [len(background)])
        self._predicted[id(model)] = model, at_background
        return at_background, at_x

    def game(
        self, member: Any, x: np.ndarray, player_of: tuple[int, ...] | None, made: Callable[[], JaxGame]
    ) -> JaxGame:
        """The game of a member at other rows; `made` makes the first one."""
        key = id(member), player_of
        if key not in self._games:
            self._games[key] = member, made()
            return self._games[key][1]
        return self._games[key][1].at(x)
