"""Functions that answer the same rows differently each time, as with dropout left on: noticed, and counted.

What is explained is then the mean answer, and no value is exact. Walks ask about every state anew, so the
gaps between them, and with these the errors, hold what the answers vary by. Whole rows are shared by all
walks: they are asked several times, and what their means vary by is added to the errors here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float64, Int

from lepton_lab.explanation.estimate import Estimate
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.predict_game import PredictGame

# Rows asked once more.
N_ROWS = 32
# Times that whole rows of such a function are asked.
N_ASKS = 16
# What rounding may make of an answer in another batch: of the spread of the answers, and of their size.
OF_SPREAD, OF_SIZE = 1e-4, 2e-6
# Rows whose errors are summed at once: bounds memory.
CHUNK_ROWS = 256


def is_unsteady(game: Game) -> bool:
    """Whether the game's function was found to answer the same rows differently."""
    return isinstance(game, PredictGame) and game.n_asks > 1


def steadied(game: Game) -> tuple[Game, tuple[str, ...]]:
    """The game, with whole rows asked several times where answers differ; and a note that says by how much."""
    if not isinstance(game, PredictGame):
        return game, ()
    n = game.n_rows + game.n_background
    # Background rows first, and not all that were asked together: an answer may depend on its neighbours.
    some = np.arange(n)[::-1][:: 2 if n > 1 else 1][:N_ROWS]
    every = np.concatenate([game.at_rows(np.arange(game.n_rows)), game.at_background()])
    moved = game.whole_rows(some) - every[some]
    noise = np.maximum(OF_SPREAD * every.std(axis=0), OF_SIZE * np.abs(every).max(axis=0))
    if (np.abs(moved) <= noise).all():
        return game, ()
    worst = int(np.argmax(np.abs(moved).max(axis=0) / np.maximum(noise, np.finfo(float).tiny)))
    typical = float(np.sqrt(np.mean(moved[:, worst] ** 2)))
    note = (
        f"the function answers the same rows differently each time: asked twice, by {typical:.2g} (root mean square; "
        f"over rows its answers spread by {every[:, worst].std():.2g}). Values are those of its mean answer, none is "
        "exact. Error bars count this as far as each answer varies on its own, not what a whole call shares, such as "
        "one dropout mask. If it is not wanted, switch dropout off, or fix the seed inside the function."
    )
    return replace(game, n_asks=N_ASKS), (note,)


def with_answers_error(game: Game, weights: Float64[np.ndarray, " reference"], estimate: Estimate) -> Estimate:
    """An estimate whose errors count what the answers at whole rows vary by."""
    if not isinstance(game, PredictGame):
        return estimate
    parts = [
        _shared_error(game, weights, estimate.rows[at : at + CHUNK_ROWS])
        for at in range(0, len(estimate.rows), CHUNK_ROWS)
    ]
    return replace(estimate, variance=estimate.variance + np.concatenate(parts)) if parts else estimate


def _shared_error(
    game: PredictGame, weights: np.ndarray, rows: Int[np.ndarray, " row"]
) -> Float64[np.ndarray, "row player output"]:
    """Variance from the outputs at whole rows: of m players that differ, each has a share of 1/m in them."""
    differs = game.differs(rows)
    share = weights[:, None] * differs / np.maximum(differs.sum(axis=2, keepdims=True), 1)
    at_rows, at_background = game.answers_variance[rows], game.answers_variance[game.n_rows :]
    own = share.sum(axis=1)[..., None] ** 2 * at_rows[:, None]
    return own + np.einsum("rbp,bo->rpo", share**2, at_background)
