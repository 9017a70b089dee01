"""Shapley interaction values: their definition, and their exact computation by enumeration.

The interaction of two players is the mean, over the coalitions of the others, of what they gain
together beyond what each gains alone: the Shapley interaction index. As in shap, a row's values are a
matrix: half of each pair's index on either side of the diagonal, and on the diagonal what is left of
the player's Shapley value, its main effect; so rows of the matrix sum to the Shapley values.

It is the index of shap's TreeExplainer; shap's ExactExplainer has another one (Shapley-Taylor).

Source: Grabisch and Roubens (1999), "An axiomatic approach to the concept of interaction among players
in cooperative games"; Lundberg et al. (2020), "From local explanations to global understanding with
explainable AI for trees", Methods 11, for the matrix.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy import special

from lepton_lab.explanation.estimate import Pace, StoppedError, working_time
from lepton_lab.explanation.exact import CHUNK_STATES, MAX_PLAYERS
from lepton_lab.explanation.forms import corner_bits
from lepton_lab.explanation.game import Game


@dataclass(frozen=True)
class InteractionEstimate:
    """Interaction matrices of the rows that were reached.

    Args:
        rows: positions of these rows in the game, ascending.
        values: halves of the interactions off the diagonal, main effects on it.
        variance: Monte Carlo variance of `values`; 0 where exact.
        half_gap: half the difference of two independent halves of the sample; None where exact.
        plan: sampling plan of each row.
        n_evaluations: model evaluations spent.
        exact: whether no sampling was done.
        method: in words.
        notes: what a reader should know.
    """

    rows: Int[np.ndarray, " row"]
    values: Float64[np.ndarray, "row player player output"]
    variance: Float64[np.ndarray, "row player player output"]
    half_gap: Float64[np.ndarray, "row player player output"] | None
    plan: Int[np.ndarray, " row"]
    n_evaluations: int
    exact: bool
    method: str
    notes: tuple[str, ...] = ()


def exact_interactions(
    game: Game, rows: Int[np.ndarray, " row"], weights: Float64[np.ndarray, " reference"], pace: Pace
) -> InteractionEstimate:
    """Interaction matrices of some rows from every coalition of the players that differ.

    Args:
        game: rows and background.
        rows: positions of the rows to explain.
        weights: of the background rows, summing to 1.
        pace: budget, stop, progress.
    """
    d = game.n_players
    values = np.zeros((len(rows), d, d, game.n_outputs))
    n_evaluations, n_done, row_s = 0, 0, 0.0
    while n_done < len(rows) and not pace.ended(row_s):
        started = working_time()
        try:
            n_evaluations += _enumerate_row(game, rows[n_done : n_done + 1], weights, values[n_done])
        except StoppedError:
            break
        n_done, row_s = n_done + 1, working_time() - started
        pace.tell(n_done / len(rows), n_evaluations, "every coalition")
    left = len(rows) - n_done
    return InteractionEstimate(
        rows=rows[:n_done],
        values=values[:n_done],
        variance=np.zeros_like(values[:n_done]),
        half_gap=None,
        plan=np.zeros(n_done, dtype=np.int64),
        n_evaluations=n_evaluations,
        exact=True,
        method="exact: every coalition of the features that differ from the background row",
        notes=(f"ended after {n_done} of {len(rows)} rows: the other rows are left out.",) if left else (),
    )


def _enumerate_row(game: Game, row: np.ndarray, weights: np.ndarray, into: np.ndarray) -> int:
    """Add one row's matrix against every background row; the evaluations spent."""
    differs = game.differs(row)[0]
    counts = differs.sum(axis=1)
    end, starts = game.at_rows(row), game.at_background()
    spent = 0
    for m in np.unique(counts[counts > 0]).tolist():
        references = np.flatnonzero(counts == m)
        step = max(1, CHUNK_STATES >> m)
        for at in range(0, len(references), step):
            b = references[at : at + step]
            players = np.nonzero(differs[b])[1].reshape(len(b), m)
            worth = game.corners(np.repeat(row, len(b)), b, players)
            worth[:, 0], worth[:, -1] = starts[b], end
            found = np.einsum("ks,bso->bko", _corner_effects(m), worth)
            matrix = as_matrix(found[:, :m], found[:, m:])
            np.add.at(into, (players[:, :, None], players[:, None, :]), weights[b][:, None, None, None] * matrix)
            spent += len(b) << m
    return spent


def as_matrix(
    values: Float64[np.ndarray, "*some player output"], pairs: Float64[np.ndarray, "*some pair output"]
) -> Float64[np.ndarray, "*some player player output"]:
    """Shapley values and interactions of pairs (ascending) as one symmetric matrix in shap's convention."""
    d = values.shape[-2]
    first, second = np.triu_indices(d, 1)
    out = np.zeros((*values.shape[:-2], d, d, values.shape[-1]))
    out[..., first, second, :] = out[..., second, first, :] = pairs / 2
    out[..., np.arange(d), np.arange(d), :] = values - out.sum(axis=-2)
    return out


def pair_weights(n_players: int, both: np.ndarray, one: np.ndarray, size: np.ndarray) -> Float64[np.ndarray, "..."]:
    """What a coalition's worth adds to the interaction of two players, by how many of them it holds.

    Source: Grabisch and Roubens (1999): a pair's gain over a coalition of size s of the others counts
    s! (d - s - 2)! / (d - 1)!.
    """
    others = size - 2 * both - one
    return np.where(one, -1.0, 1.0) / ((n_players - 1) * special.comb(n_players - 2, others))


@functools.lru_cache(maxsize=MAX_PLAYERS)
def _corner_effects(m: int) -> Float64[np.ndarray, "value corner"]:
    """What each coalition's worth adds to each Shapley value, and then to each pair's interaction."""
    bits = corner_bits(m)
    first, second = np.triu_indices(m, 1)
    mine, other = bits[:, first], bits[:, second]
    size = bits.sum(axis=1)[:, None]
    pairs = pair_weights(m, mine & other, mine ^ other, size)
    singles = np.where(bits, 1.0, -1.0) / (m * special.comb(m - 1, size - bits))
    return np.concatenate([singles.T, pairs.T])
