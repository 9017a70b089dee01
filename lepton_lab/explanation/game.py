"""Games: what is asked when a coalition of features keeps its row's values and the rest take a background row's.

A game answers three questions for the estimators: its output at rows and at background rows, at the
states of a shared set of coalitions (`prepare`, then `evaluate`), and at every coalition of a few
players (`corners`). What estimators add up of many states has a way of its own (`walk`, `contract_pairs`,
`exact_pairs`), so that a game may do it where its outputs are. `jax_game.py` holds the game on JAX functions,
`predict_game.py` the one on any Python `predict`.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from lepton_lab.explanation.jax_exact import corner_weights
from lepton_lab.explanation.pair_plans import Pairs
from lepton_lab.explanation.walk_plans import Orders, Walked, walked

# Rows that estimators ask for at once, at most.
ROWS_PER_CALL = 16
# States of one plan that holds them all.
MAX_STATES = 1 << 14


class Game(abc.ABC):
    """What the estimators need of a game. Rows and background rows are named by position."""

    @property
    @abc.abstractmethod
    def n_rows(self) -> int:
        """Rows that can be explained."""

    @property
    @abc.abstractmethod
    def n_background(self) -> int:
        """Background rows."""

    @property
    @abc.abstractmethod
    def n_players(self) -> int:
        """Columns, or groups of columns, that keep or lose their values together."""

    @functools.cached_property
    def n_outputs(self) -> int:
        """Outputs of the function."""
        return self.at_background().shape[1]

    @abc.abstractmethod
    def at_rows(self, rows: np.ndarray) -> np.ndarray:
        """Outputs at whole rows, `(row, output)` in float64."""

    @abc.abstractmethod
    def at_background(self) -> np.ndarray:
        """Outputs at whole background rows, `(reference, output)` in float64."""

    @abc.abstractmethod
    def differs(self, rows: np.ndarray) -> np.ndarray:
        """`(row, reference, player)`: whether any of the row's values differs; a player without is a dummy."""

    @abc.abstractmethod
    def prepare(self, masks: np.ndarray, references: np.ndarray) -> Any:
        """What `evaluate` shares between rows: masks `(reference, state, player)` of some background rows."""

    @abc.abstractmethod
    def evaluate(self, prepared: Any, rows: np.ndarray, kept: Sequence[np.ndarray]) -> np.ndarray:
        """Outputs of each row at its kept states, one row after another, `(state, output)`.

        A state's number is its place in the masks, counted through all the references.
        """

    def contract(self, prepared: Any, rows: np.ndarray, coefs: np.ndarray) -> np.ndarray:
        """What linear estimators need: sums over states of coefficient times output, `(row, reference, k, output)`.

        Args:
            prepared: of masks `(reference, state, player)`; all states are evaluated.
            rows: positions of the rows to explain.
            coefs: `(reference, state, k)`, shared by the rows.
        """
        n_references, n_states, _ = coefs.shape
        every = np.arange(n_references * n_states)
        outputs = self.evaluate(prepared, rows, [every] * len(rows)).reshape(len(rows), n_references, n_states, -1)
        return np.einsum("rbso,bsk->rbko", outputs, np.asarray(coefs, np.float64))

    def exact_pairs(self, rows: np.ndarray, references: np.ndarray, players: np.ndarray) -> np.ndarray:
        """Exact values of games of one background row each, `(pair, m, output)`, between `players (pair, m)`."""
        worth = self.corners(rows, references, players)
        return np.einsum("ms,pso->pmo", corner_weights(players.shape[1]), worth)

    def pair_plan(self, pairs: Pairs) -> Any:
        """What `contract_pairs` shares between rows."""
        return self.prepare(pairs.states(), pairs.references), pairs.state_coefs()

    def most_references(self, n_states: int, memory: int) -> int:
        """Background rows of one plan with this many states each, so that it stays small beside all of `memory`."""
        # A state's mask and the row mixed for it, and what is made of both on the way.
        most = min(MAX_STATES, memory // (64 * self.n_players))
        return max(1, most // max(1, n_states))

    def contract_pairs(self, plan: Any, rows: np.ndarray) -> np.ndarray:
        """What the pairs' half differences come to, `(row, reference, value, output)`: see `contract`."""
        prepared, coefs = plan
        return self.contract(prepared, rows, coefs)

    def walk_plan(self, orders: Orders) -> Any:
        """What `walk` shares between rows: walks of some background rows."""
        return orders, self.prepare(orders.masks(), orders.references) if self.n_players > 1 else None

    def walk(self, plan: Any, rows: np.ndarray) -> Walked:
        """Walks of some rows through a plan, summed over its background rows."""
        orders, prepared = plan
        return walked(self, prepared, orders, rows)

    @abc.abstractmethod
    def corners(self, rows: np.ndarray, references: np.ndarray, players: np.ndarray) -> np.ndarray:
        """`(pair, 2**m, output)`: every coalition of `players (pair, m)`; bit i of the state is player i."""
