"""Functions whose columns act alone or in pairs: walks find their Shapley values without sampling error.

A walk there and back lets each column come once before and once after every other. Where columns act at most in
pairs, the mean of the two is half of each pair's interaction, whatever the order: the Shapley value. So in linear
and additive functions, and in those with pairwise products, walks of different orders agree to float error in
every background row; where columns act by threes they do not, but by chance. Agreement is checked with more walks
before values are called exact.

Source: Grabisch and Roubens (1999), "An axiomatic approach to the concept of interaction among players in
cooperative games": in a 2-additive game a player's Shapley value is its own effect and half of each of its
interactions.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.memory import row_blocks
from lepton_lab.explanation.walks import WalkOptions, walk_values

# Of the largest output: what float32 leaves over of two walks that should agree.
FLOAT_ERROR = 1e-6
# Walks that have to agree besides the first: of three columns that act together each hides from one in three.
MORE_WALKS = 4


def closed_form(
    game: Game, weights: Float64[np.ndarray, " reference"], first: Estimate, seed: int, pace: Pace
) -> Estimate | None:
    """The values as exact ones where all walks agree, else None: the walks then stand as they are.

    Args:
        game: rows and background.
        weights: of the background rows, summing to 1.
        first: walks of all rows of the game.
        seed: of the walks that check.
        pace: budget, stop, progress.
    """
    scale = max(np.abs(game.at_rows(first.rows)).max(), np.abs(game.at_background()).max())
    if pace.ended() or not _without_error(first, scale):
        return None
    n_evaluations = first.n_evaluations
    for part in row_blocks(len(first.rows)):
        rows = first.rows[part]
        again = walk_values(game, rows, weights, WalkOptions(MORE_WALKS, math.inf, seed + 1), pace)
        same = len(again.rows) == len(rows) and _without_error(again, scale)
        if not same or not (np.abs(again.values - first.values[part]) <= FLOAT_ERROR * scale).all():
            return None
        n_evaluations += again.n_evaluations
    n_walks = 2 + MORE_WALKS
    return replace(
        first,
        variance=np.zeros_like(first.variance),
        half_gap=None,
        n_evaluations=n_evaluations,
        exact=True,
        method=f"closed form of columns that act alone or in pairs, as {n_walks} walks a background row agree",
    )


def _without_error(estimate: Estimate, scale: float) -> bool:
    """Whether the walks differ by no more than float error."""
    return bool(np.sqrt(estimate.variance.max(initial=0.0)) <= FLOAT_ERROR * scale)
