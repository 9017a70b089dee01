"""Exact Shapley values: every coalition of the players that differ from the background row.

A feature that has the background row's value is a dummy and gets 0 there, so a pair of row and
background row with m differing features costs 2**m evaluations, not 2**d.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Bool, Float64, Int

from lepton_lab.explanation.estimate import Estimate, Pace, StoppedError, working_time
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.memory import row_blocks

# More differing features than this are never enumerated: 65,536 coalitions a background row.
MAX_PLAYERS = 16
# States enumerated between two looks at the clock.
CHUNK_STATES = 1 << 18
# What a stop may take with it, about: slow games get fewer rows a chunk.
CHUNK_S = 0.5


def exact_cost(differs: Bool[np.ndarray, "row reference feature"]) -> float:
    """Evaluations that enumerating these rows takes; infinite where a pair has too many players."""
    players = differs.sum(axis=2)
    return math.inf if players.max(initial=0) > MAX_PLAYERS else float((2.0**players).sum())


def exact_values(
    game: Game, rows: Int[np.ndarray, " row"], weights: Float64[np.ndarray, " reference"], pace: Pace
) -> Estimate:
    """Shapley values of some rows without sampling error. A stop returns the rows that were reached.

    Args:
        game: rows and background.
        rows: positions of the rows to explain.
        weights: of the background rows, summing to 1.
        pace: budget, stop, progress.
    """
    values = np.zeros((len(rows), game.n_players, game.n_outputs))
    squares = np.zeros_like(values)
    n_evaluations, n_done, n_states, row_s = 0, 0, 1.0, math.inf
    while n_done < len(rows) and not pace.ended():
        # Rows alike in cost go together, so that their pairs fill whole blocks.
        n_chunk = int(np.clip(min(CHUNK_STATES / (4 * n_states), CHUNK_S / max(row_s, 1e-6)), 1, 64))
        started = working_time()
        chunk = np.arange(n_done, min(n_done + n_chunk, len(rows)))
        try:
            n, ended = _add_pairs(game, rows[chunk], chunk, weights, values, squares, pace)
        except StoppedError:
            break
        if ended:
            break
        n_states, row_s = max(1.0, n / len(chunk)), min(row_s, (working_time() - started) / len(chunk))
        n_done, n_evaluations = n_done + len(chunk), n_evaluations + n
        pace.tell(n_done / len(rows), n_evaluations, "every coalition")
    values, spread = values[:n_done], squares[:n_done]
    for part in row_blocks(n_done):
        spread[part] = np.sqrt(np.maximum(spread[part] - values[part] ** 2, 0.0))
    left = len(rows) - n_done
    return Estimate(
        rows=rows[:n_done],
        values=values,
        variance=np.zeros_like(values),
        background_std=spread,
        half_gap=None,
        plan=np.zeros(n_done, dtype=np.int64),
        n_evaluations=n_evaluations,
        exact=True,
        method="exact: every coalition of the features that differ from the background row",
        notes=(f"ended after {n_done} of {len(rows)} rows: the other rows are left out.",) if left else (),
    )


def _add_pairs(
    game: Game,
    rows: np.ndarray,
    into: np.ndarray,
    weights: np.ndarray,
    values: np.ndarray,
    squares: np.ndarray,
    pace: Pace,
) -> tuple[int, str]:
    """Add the weighted values of all (row, background row) pairs; the evaluations spent, and why it ended early."""
    differs = game.differs(rows) & (weights > 0)[:, None]
    counts = differs.sum(axis=2)
    ends, starts = game.at_rows(rows), game.at_background()
    spent = 0
    for m in np.unique(counts[counts > 0]):
        row_of, reference = np.nonzero(counts == m)
        players = np.nonzero(differs[row_of, reference])[1].reshape(len(row_of), m)
        step = max(1, CHUNK_STATES >> int(m))
        for at in range(0, len(row_of), step):
            if spent and (ended := pace.ended()):
                return spent, ended
            r, b, p = row_of[at : at + step], reference[at : at + step], players[at : at + step]
            phi = game.exact_pairs(rows[r], b, p)
            # What float32 sums on a device leave of the known total, some 1e-7, is shared by the players.
            phi += (ends[r] - starts[b] - phi.sum(axis=1))[:, None] / m
            share = weights[b][:, None, None]
            np.add.at(values, (into[r][:, None], p), share * phi)
            np.add.at(squares, (into[r][:, None], p), share * phi**2)
            spent += len(r) << int(m)
    return spent, ""
