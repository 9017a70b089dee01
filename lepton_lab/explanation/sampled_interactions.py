"""Shapley interaction values from sampled coalitions, with their errors.

The index of a pair depends only on the mean of a coalition's and its complement's output, as Shapley
values depend only on their difference. So one plan of complement pairs serves both. The means are
regressed on products of two players, cross-fitted as in `coalition_plans.py`: without bias at any
number of samples, and without error for games of pairs.

Source: Fumagalli et al. (2024), "KernelSHAP-IQ: Weighted Least-Square Optimization for Shapley
Interactions", arXiv:2405.10852, for regressions in this place; ours corrects one without bias instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from lepton_lab.explanation.coalition_plans import Strata, cross_fitted, draw_pairs, strata_of
from lepton_lab.explanation.estimate import T_95, Pace, StoppedError, widened, working_time
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.interaction_values import InteractionEstimate, as_matrix, pair_weights
from lepton_lab.explanation.least_squares import LEAST_PAIRS, N_DESIGNS, enough_plans, settled, shapley_coefficients
from lepton_lab.explanation.walks import deal_plans

# Complement pairs for each interaction that the regression estimates.
PAIRS_PER_TERM = 2
# Numbers of one block's coefficients: bounds memory.
BLOCK_NUMBERS = 1 << 23
# Rows evaluated together.
CHUNK_ROWS = 8
# Growing ends at this many plans.
MAX_ROUNDS = 64


def sampled_pairs(n_players: int) -> int:
    """Complement pairs a background row that sampling takes."""
    return max(LEAST_PAIRS * n_players, PAIRS_PER_TERM * (1 + n_players * (n_players - 1) // 2))


@dataclass(frozen=True)
class _Design:
    """Coalitions of some background rows, and coefficients of values and gaps: of players, then of pairs."""

    masks: Bool[np.ndarray, "reference pair player"]
    odd: Float64[np.ndarray, "reference pair single"]
    even: Float64[np.ndarray, "reference pair double"]

    @property
    def n_values(self) -> int:
        """Players and pairs of players."""
        return (self.odd.shape[2] + self.even.shape[2]) // 2

    def relabelled(self, order: Int[np.ndarray, "reference player"], at: int) -> _Design:
        """Designs of the background rows from position `at` on: ours in turn, with the players renamed for each."""
        d = self.masks.shape[2]
        design = np.arange(at, at + len(order)) % len(self.masks)
        number = np.zeros((d, d), dtype=np.int64)
        first, second = np.triu_indices(d, 1)
        number[first, second] = number[second, first] = np.arange(len(first))
        pairs = number[order[:, first], order[:, second]]

        def taken(coefs: np.ndarray, names: np.ndarray) -> np.ndarray:
            both = np.concatenate([names, coefs.shape[2] // 2 + names], axis=1)
            return np.stack([coefs[g][:, b] for g, b in zip(design, both, strict=True)])

        masks = np.stack([self.masks[g][:, o] for g, o in zip(design, order, strict=True)])
        return _Design(masks, taken(self.odd, order), taken(self.even, pairs))


def sampled_interactions(
    game: Game,
    rows: Int[np.ndarray, " row"],
    weights: Float64[np.ndarray, " reference"],
    seed: int,
    pace: Pace,
    halfwidth: float | None = None,
) -> InteractionEstimate:
    """Interaction matrices of some rows from sampled coalitions, with their errors.

    Every row gets one plan; while a budget lasts, or a half-width is not met, rows get another, and the
    estimates are averaged.

    Args:
        game: rows and background.
        rows: positions of the rows to explain.
        weights: of the background rows, summing to 1.
        seed: of all plans.
        pace: budget, stop, progress.
        halfwidth: widest 95 % half-width wanted of any number in a matrix, in the output's unit.
    """
    plan = deal_plans(len(rows), seed)
    shape = (len(rows), game.n_players, game.n_players, game.n_outputs)
    sums = [np.zeros(shape) for _ in range(4)]
    rounds, spent, n_round, row_s, ended = np.zeros(len(rows), dtype=np.int64), 0, 0, 0.0, ""
    strata = strata_of(game.n_players, sampled_pairs(game.n_players))
    while not ended:
        wanted = _wanted(widened(sums[1], sums[3]), rounds, n_round, enough_plans(weights), strata, halfwidth, pace)
        if len(wanted) == 0:
            break
        for chunk in _chunks(plan, wanted):
            if ended := pace.ended(row_s * len(chunk)):
                break
            started = working_time()
            seeds = (seed, n_round, int(plan[chunk[0]]))
            try:
                found = _matrices(game, rows[chunk], weights, strata, seeds)
            except StoppedError:
                ended = "stop"
                break
            for part, add in zip(sums, found, strict=True):
                part[chunk] += add
            row_s = (working_time() - started) / len(chunk)
            rounds[chunk] += 1
            spent += len(chunk) * (1 + 2 * strata.n_pairs * game.n_background)
            pace.tell(float((rounds[wanted] > n_round).mean()), spent, f"coalitions of plan {n_round + 1}")
        n_round += 1
    return _sampled(rows, plan, sums, rounds, spent, strata, ended, halfwidth)


def _wanted(
    variance: np.ndarray,
    rounds: np.ndarray,
    n_round: int,
    least: int,
    strata: Strata,
    halfwidth: float | None,
    pace: Pace,
) -> Int[np.ndarray, " row"]:
    """Rows that get another plan: all at first, then the too wide ones, or all while a budget lasts."""
    every = np.arange(len(rounds))
    if n_round == 0 or (n_round < least and not strata.complete):
        return every
    if strata.complete or n_round >= max(MAX_ROUNDS, least) or not variance.any():
        return every[:0]
    if halfwidth is not None:
        return every[_half_width(variance, rounds) > halfwidth]
    return every if pace.budget_s is not None else every[:0]


def _half_width(variance: np.ndarray, rounds: np.ndarray) -> Float64[np.ndarray, " row"]:
    """Widest 95 % half-width in each matrix, from the sums of its variances."""
    return T_95 * np.sqrt(variance.max((1, 2, 3), initial=0.0)) / np.maximum(rounds, 1)


def _chunks(plan: np.ndarray, wanted: np.ndarray) -> list[np.ndarray]:
    """The wanted rows, a few of one plan at a time."""
    by_plan = [wanted[plan[wanted] == p] for p in np.unique(plan[wanted])]
    return [of[at : at + CHUNK_ROWS] for of in by_plan for at in range(0, len(of), CHUNK_ROWS)]


def _matrices(
    game: Game, rows: np.ndarray, weights: np.ndarray, strata: Strata, seed: tuple[int, int, int]
) -> list[np.ndarray]:
    """One plan's matrices of some rows: their values, variances, half gaps, and the squared terms of the variances."""
    d, n = game.n_players, game.n_background
    sums = [np.zeros((len(rows), d, d, game.n_outputs)) for _ in range(4)]
    rng = np.random.default_rng([17, *seed])
    design = _design(strata, n, rng)
    size = max(1, min(n, BLOCK_NUMBERS // (4 * strata.n_pairs * design.n_values)))
    for at in range(0, n, size):
        real = np.arange(at, min(at + size, n))
        b = np.concatenate([real, np.zeros(size - len(real), dtype=np.int64)])
        value, gap = _block(game, rows, b, design.relabelled(np.argsort(rng.random((size, d)), axis=1), at))
        w = np.where(np.arange(size) < len(real), weights[b], 0.0)
        for total, share, part in zip(sums, (w, w**2, w, w**4), (value, gap**2, gap, gap**4), strict=True):
            total += np.einsum("b,rbijo->rijo", share, part)
    return sums


def _design(strata: Strata, n_background: int, rng: np.random.Generator) -> _Design:
    """The coalitions and coefficients that all background rows relabel."""
    masks = draw_pairs(strata, min(n_background, N_DESIGNS), rng)
    return _Design(masks, shapley_coefficients(strata, masks), interaction_coefficients(strata, masks))


def interaction_coefficients(
    strata: Strata, masks: Bool[np.ndarray, "reference pair player"]
) -> Float64[np.ndarray, "reference pair value"]:
    """What the mean of each pair's outputs adds to every interaction, and then to every half gap.

    The outputs are counted from the mean of the empty and the full coalition's, which the index
    weighs by `2 / (d - 1)`: so the product of two players' presence (+-1) is a game of interaction 4
    between them, less that weight for all pairs.
    """
    d = strata.n_players
    first, second = np.triu_indices(d, 1)
    mine, other = masks[:, :, first], masks[:, :, second]
    products = np.concatenate([np.where(mine == other, 1.0, -1.0), np.ones((*masks.shape[:2], 1))], axis=2)
    n_terms = len(first)
    effect = np.concatenate([4 * np.eye(n_terms), np.zeros((1, n_terms))]) - 2 / (d - 1)
    share = pair_weights(d, mine & other, mine ^ other, masks.sum(axis=2)[:, :, None])
    kernel = 2 * strata.population[strata.stratum][:, None] * share
    value, gap = cross_fitted(strata, products, effect, kernel)
    return np.concatenate([value, gap], axis=2)


def _block(game: Game, rows: np.ndarray, references: np.ndarray, design: _Design) -> tuple[np.ndarray, np.ndarray]:
    """Matrices of some rows against some background rows, and their half gaps."""
    d, masks = game.n_players, design.masks
    prepared = game.prepare(np.concatenate([masks, ~masks], axis=1), references)
    coefs = np.concatenate([design.odd, design.even], axis=2) / 2
    mirrored = np.concatenate([-design.odd, design.even], axis=2) / 2
    out = np.asarray(game.contract(prepared, rows, np.concatenate([coefs, mirrored], axis=1)), dtype=np.float64)
    ends, starts = game.at_rows(rows)[:, None], game.at_background()[references]
    differs, moved = game.differs(rows)[:, references], ends - starts
    slope = np.einsum("bpk,bp->bk", design.odd, masks.sum(axis=2) - d / 2)
    odd = out[:, :, : 2 * d] - slope[..., None] * moved[:, :, None] / d
    even = out[:, :, 2 * d :] - design.even.sum(axis=1)[..., None] * ((ends + starts) / 2)[:, :, None]
    first, second = np.triu_indices(d, 1)
    even *= np.tile(differs[:, :, first] & differs[:, :, second], 2)[..., None]
    n = len(first)
    value = settled(odd[:, :, :d] + moved[:, :, None] / d, differs, moved)
    gap = settled(odd[:, :, d:], differs, np.zeros_like(moved))
    return as_matrix(value, even[:, :, :n]), as_matrix(gap, even[:, :, n:])


def _sampled(
    rows: np.ndarray,
    plan: np.ndarray,
    sums: list[np.ndarray],
    rounds: np.ndarray,
    spent: int,
    strata: Strata,
    ended: str,
    halfwidth: float | None,
) -> InteractionEstimate:
    """Means over each row's own rounds, for the rows that were reached."""
    reached = np.flatnonzero(rounds)
    n = rounds[reached][:, None, None, None]
    values, variance, half_gap, peaks = (part[reached] for part in sums)
    variance = widened(variance, peaks)
    why = "stopped" if ended == "stop" else "the budget was spent"
    left = f"{why} after {len(reached)} of {len(rounds)} rows: the other rows are left out."
    widths = np.zeros(0) if strata.complete or halfwidth is None else _half_width(variance, rounds[reached])
    n_wide = int((widths > (halfwidth or 0.0)).sum())
    wide = f"{n_wide} of {len(reached)} rows have a 95 % half-width above the {halfwidth} asked for."
    exact = strata.complete
    return InteractionEstimate(
        rows=rows[reached],
        values=values / n,
        variance=np.zeros_like(variance) if exact else variance / n**2,
        half_gap=None if exact else half_gap / n,
        plan=plan[reached],
        n_evaluations=spent,
        exact=exact,
        method=f"least squares on leverage-sampled coalitions, {strata.n_pairs} pairs a background row and plan",
        notes=((left,) if len(reached) < len(rounds) else ()) + ((wide,) if n_wide else ()),
    )
