"""Least squares on leverage-sampled coalitions: Shapley values with fewer evaluations than walks need.

Every background row has a plan of its own (`coalition_plans.py`): pairs of a coalition and its
complement, of every size alike. A pair tells of the values only through half the difference of its two
outputs, so effects of two features at once cancel, and what least squares has to average out is less
than what walks have: at equal evaluations about half the variance at eight evaluations a player and
background row, a third at thirty. With less than six, walks are as good, and they skip the states of
features that equal the background row's.

The values are linear in the outputs with coefficients that rows share, so `Game.contract` sums them
where the model runs. A feature that equals the background row's is a dummy there: its estimate is noise
around 0, so it is set to 0 and the noise is shared by the others, which keeps every mean and the sum.

Source: see `coalition_plans.py`; the regression is eq. 4-8 of Lundberg and Lee (2017), "A Unified
Approach to Interpreting Model Predictions", with the sum constraint solved for.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from lepton_lab.explanation.coalition_plans import Strata, cross_fitted, draw_pairs, strata_of
from lepton_lab.explanation.estimate import T_95, Estimate, Pace, StoppedError, widened, working_time
from lepton_lab.explanation.game import ROWS_PER_CALL, Game
from lepton_lab.explanation.memory import kept, row_blocks, taken
from lepton_lab.explanation.pair_plans import Pairs
from lepton_lab.explanation.walks import CHUNK_S, MIN_PAIRS, deal_plans

# Pairs a player below which walks are as good.
LEAST_PAIRS = 3
# Growing without a budget ends at this many pairs a player and background row.
MAX_PAIRS = 256
# Regressions solved for a plan; each serves many background rows.
N_DESIGNS = 10
# States of one plan, over all background rows: bounds memory. More pairs are several plans.
MAX_PLAN_STATES = 1 << 17


@dataclass(frozen=True)
class LeastSquaresOptions:
    """How many coalitions, and when to stop adding them.

    Args:
        n_pairs: complement pairs for each background row, at least; rounded so that every size has some.
        halfwidth: add pairs to a row until every value's 95 % half-width is below this, in the output's unit.
        seed: of all plans.
    """

    n_pairs: int
    halfwidth: float | None = None
    seed: int = 0


@dataclass(frozen=True)
class _Block:
    """Some background rows with their coalitions, whose coefficients are those of all values, then of all half gaps.

    `slope` is what the coefficients make of a pair's size: the part of the worths that the sum fixes.
    """

    references: Int[np.ndarray, " reference"]
    prepared: Any
    slope: Float64[np.ndarray, "reference value"]
    n_states: int


@dataclass
class _Tally:
    """Running sums over rounds, weighted by their pairs, a row each: the one thing here that changes."""

    values: Float64[np.ndarray, "row player output"]
    variance: Float64[np.ndarray, "row player output"]
    half_gap: Float64[np.ndarray, "row player output"]
    squares: Float64[np.ndarray, "row player output"]
    peaks: Float64[np.ndarray, "row player output"]
    pairs: Int[np.ndarray, " row"]
    complete: Bool[np.ndarray, " row"]
    n_evaluations: int = 0

    @classmethod
    def empty(cls, n_rows: int, game: Game) -> _Tally:
        """Nothing known yet."""
        shape = n_rows, game.n_players, game.n_outputs
        # Apart, so that who keeps the values of a result does not keep the rest.
        values, variance, half_gap, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
        return cls(
            values, variance, half_gap, squares, np.zeros(shape), np.zeros(n_rows, np.int64), np.zeros(n_rows, bool)
        )

    def own(self) -> _Tally:
        """A copy, to be finished while this one goes on."""
        values, variance = self.values.copy(), self.variance.copy()
        return replace(
            self, values=values, variance=variance, half_gap=self.half_gap.copy(), squares=self.squares.copy()
        )

    def forget(self, rows: Int[np.ndarray, " row"]) -> None:
        """Start anew: what was sampled adds nothing to all coalitions."""
        for sums in (self.values, self.variance, self.half_gap, self.squares, self.peaks, self.pairs):
            sums[rows] = 0

    def half_width(self) -> Float64[np.ndarray, " row"]:
        """Widest 95 % half-width of each row so far."""
        widest = [
            widened(self.variance[rows], self.peaks[rows]).max((1, 2), initial=0.0)
            for rows in row_blocks(len(self.pairs))
        ]
        return T_95 * np.sqrt(np.concatenate([np.zeros(0), *widest])) / np.maximum(self.pairs, 1)


def least_squares_values(
    game: Game,
    rows: Int[np.ndarray, " row"],
    weights: Float64[np.ndarray, " reference"],
    options: LeastSquaresOptions,
    pace: Pace,
    plan: Int[np.ndarray, " row"] | None = None,
) -> Estimate:
    """Shapley values of some rows by least squares, until the pairs asked for, the half-width or the budget.

    Args:
        game: rows and background.
        rows: positions of the rows to explain.
        weights: of the background rows, summing to 1.
        options: number of pairs, half-width, seed.
        pace: budget, stop, progress.
        plan: which rows share plans, where they have been dealt already.
    """
    plan, tally = deal_plans(len(rows), options.seed) if plan is None else plan, _Tally.empty(len(rows), game)
    rounds = _each_round(game, rows, weights, plan, tally, options, pace)
    ended = functools.reduce(lambda _, last: last, rounds, "")
    return _estimate(rows, plan, tally, options, ended)


def least_squares_rounds(
    game: Game,
    rows: Int[np.ndarray, " row"],
    weights: Float64[np.ndarray, " reference"],
    options: LeastSquaresOptions,
    pace: Pace,
    plan: Int[np.ndarray, " row"] | None = None,
) -> Iterator[Estimate]:
    """What is known after each round of new plans; the arguments are those of `least_squares_values`."""
    plan, tally = deal_plans(len(rows), options.seed) if plan is None else plan, _Tally.empty(len(rows), game)
    for ended in _each_round(game, rows, weights, plan, tally, options, pace):
        yield _estimate(rows, plan, tally.own(), options, ended)


def _each_round(
    game: Game,
    rows: np.ndarray,
    weights: np.ndarray,
    plan: np.ndarray,
    tally: _Tally,
    options: LeastSquaresOptions,
    pace: Pace,
) -> Iterator[str]:
    """Adds round after round to the tally; says after each why it ended early, if it did."""
    sizes = _Sizes(game, weights, options, pace)
    ended, n_round = "", 0
    while not ended:
        wanted, strata = sizes.following(tally, n_round)
        if len(wanted) == 0 and n_round:
            return
        started = working_time()
        ended = _one_round(game, rows, weights, plan, wanted, strata, tally, (options.seed, n_round), pace)
        sizes.took(strata, len(wanted), working_time() - started)
        n_round += 1
        yield ended


def enough_plans(weights: Float64[np.ndarray, " reference"]) -> int:
    """Plans that an interval should rest on: few background rows get several, each with its own half gap."""
    return math.ceil(MIN_PAIRS * float((weights**2).sum()))


class _Sizes:
    """How large the next round's plans should be. Sizes double, so that few shapes are compiled."""

    def __init__(self, game: Game, weights: np.ndarray, options: LeastSquaresOptions, pace: Pace) -> None:
        self.n_players, self.options, self.pace = game.n_players, options, pace
        self.largest = max(LEAST_PAIRS * game.n_players, MAX_PLAN_STATES // (2 * game.n_background))
        # A larger wish than one plan holds is met by several of equal size.
        self.n_first = max(enough_plans(weights), math.ceil(options.n_pairs / self.largest))
        self.first = max(math.ceil(options.n_pairs / self.n_first), LEAST_PAIRS * game.n_players)
        self.row_pair_s: dict[int, float] = {}

    def took(self, strata: Strata, n_rows: int, seconds: float) -> None:
        """Remember what a round cost."""
        self.row_pair_s[strata.n_pairs] = seconds / max(1, n_rows * strata.n_pairs)

    def following(self, tally: _Tally, n_round: int) -> tuple[np.ndarray, Strata]:
        """The rows that get another round, and its strata."""
        every = np.arange(len(tally.pairs))
        first = strata_of(self.n_players, self.first)
        if n_round < self.n_first and (n_round == 0 or not first.complete):
            return every, first
        wide = tally.half_width()
        most = max(MAX_PAIRS * self.n_players, self.options.n_pairs)
        if not tally.variance.any() or tally.pairs.max(initial=0) >= most:
            return every[:0], first
        if self.options.halfwidth is None:
            wanted, lacking = (every, math.inf) if self.pace.budget_s is not None else (every[:0], 0.0)
        else:
            wanted = every[wide > self.options.halfwidth]
            lacking = float(((wide / self.options.halfwidth) ** 2 * tally.pairs - tally.pairs).max(initial=0.0))
        return wanted, strata_of(self.n_players, self._size(tally, lacking, len(wanted)))

    def _size(self, tally: _Tally, lacking: float, n_rows: int) -> int:
        """Twice what was done, or less where less is lacking or the budget holds no more."""
        size = self.first
        while 2 * size <= min(2 * tally.pairs.max(initial=0), self.largest) and size < lacking:
            size *= 2
        if self.pace.budget_s is None:
            return size
        left, cost = self.pace.budget_s - self.pace.elapsed(), max(self.row_pair_s.values(), default=0.0)
        while size > self.first and size * n_rows * cost > left / 2:
            size //= 2
        return size


def _one_round(
    game: Game,
    rows: np.ndarray,
    weights: np.ndarray,
    plan: np.ndarray,
    wanted: np.ndarray,
    strata: Strata,
    tally: _Tally,
    seed: tuple[int, int],
    pace: Pace,
) -> str:
    """New plans for the wanted rows, a chunk of rows of one plan at a time; why it ended early, if it did."""
    n_done, chunk_rows, row_s = 0, 2, 0.0
    designs = _draw_designs(game, strata, seed)
    for p in np.unique(plan[wanted]):
        if ended := pace.ended(row_s):
            return ended
        blocks = kept(functools.partial(_blocks, game, strata, designs, (*seed, int(p)), pace.memory), pace.memory)
        left = wanted[plan[wanted] == p]
        while len(left):
            ended = pace.ended(row_s * min(chunk_rows, len(left)))
            if ended:
                return ended
            started = working_time()
            chunk, left = left[:chunk_rows], left[chunk_rows:]
            try:
                outputs = _outputs(game, rows[chunk], blocks)
            except StoppedError:
                return "stop"
            if strata.complete:
                tally.forget(chunk)
            _add_rows(game, rows[chunk], chunk, weights, outputs, strata.n_pairs, tally)
            if strata.complete:
                tally.complete[chunk], tally.variance[chunk], tally.half_gap[chunk] = True, 0.0, 0.0
            row_s = (working_time() - started) / len(chunk)
            chunk_rows = int(np.clip(CHUNK_S / max(row_s, 1e-6), 1, ROWS_PER_CALL))
            n_done += len(chunk)
            pace.tell(n_done / len(wanted), tally.n_evaluations, f"least squares on {strata.n_pairs} pairs")
    return ""


def _draw_designs(game: Game, strata: Strata, seed: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Masks and coefficients of the designs of this round.

    All plans use them, each with other names for the players, as if drawn for it alone. That plans err independently
    is what the intervals of importances rest on, whose coverage `benchmarks/explanation_coverage.py` measures.
    """
    if game.n_players == 1:
        return np.zeros((1, 0, 1), dtype=bool), np.zeros((1, 0, 2))
    masks = draw_pairs(strata, min(game.n_background, N_DESIGNS), np.random.default_rng([13, *seed]))
    return masks, shapley_coefficients(strata, masks)


def _blocks(
    game: Game, strata: Strata, designs: tuple[np.ndarray, np.ndarray], seed: tuple[int, int, int], memory: int
) -> Iterator[_Block]:
    """The plan of this seed: names of the designs' players for all background rows, in blocks of one size."""
    n, d = game.n_background, game.n_players
    size = math.ceil(n / math.ceil(n / game.most_references(2 * strata.n_pairs, memory)))
    if d == 1:
        yield _Block(np.arange(n), None, np.zeros((n, 2)), 0)
        return
    masks, solved = designs
    rng = np.random.default_rng([13, *seed])
    for at in range(0, n, size):
        references = np.arange(at, min(at + size, n))
        order = np.argsort(rng.random((size, d)), axis=1)[: len(references)]
        which = np.arange(at, at + len(references)) % len(masks)
        # The last block is padded to the size of the others, so that it compiles nothing; the padding is dropped.
        whole = np.arange(size) % len(references)
        pairs = Pairs(references[whole], masks, solved, which[whole], order[whole])
        yield _Block(references, game.pair_plan(pairs), pairs.slope()[: len(references)], 2 * pairs.n_pairs)


def shapley_coefficients(
    strata: Strata, masks: Bool[np.ndarray, "reference pair player"]
) -> Float64[np.ndarray, "reference pair value"]:
    """What half the difference of each pair's outputs adds to every value, and then to every half gap.

    In terms of presence +-1/2, less its mean over the players, the Shapley values are the sum over
    sizes s below d/2 of `2 d / (s (d - s))` times the mean of presence times half difference; half of
    that at d/2. It is Lundberg and Lee's weighted regression, whose normal matrix is known.
    """
    d = strata.n_players
    presence = masks - 0.5
    centred = presence - presence.mean(axis=2, keepdims=True)
    gain = 2 * d / (strata.size * (d - strata.size)) / np.where(2 * strata.size == d, 2, 1)
    kernel = gain[strata.stratum][:, None] * centred
    value, gap = cross_fitted(strata, centred, np.eye(d) - 1 / d, kernel)
    return np.concatenate([value, gap], axis=2)


def _outputs(game: Game, rows: np.ndarray, blocks: Iterable[_Block]) -> list[tuple[_Block, np.ndarray | None]]:
    """What the pairs of each block come to at some rows; all before any is added, as a stop may fall among them."""
    # The plan itself is let go: where plans are too large to keep, one is held at a time.
    return [
        (replace(block, prepared=None), game.contract_pairs(block.prepared, rows) if block.n_states else None)
        for block in blocks
    ]


def _add_rows(
    game: Game,
    rows: np.ndarray,
    into: np.ndarray,
    weights: np.ndarray,
    blocks: list[tuple[_Block, np.ndarray | None]],
    n_pairs: int,
    tally: _Tally,
) -> None:
    """Add what the outputs of one plan at some rows say, weighted by its pairs."""
    d = game.n_players
    ends, starts, differs = game.at_rows(rows), game.at_background(), game.differs(rows)
    effort = max(n_pairs, 1)
    for block, out in blocks:
        real = differs[:, block.references]
        moved = ends[:, None] - starts[block.references]
        found = np.zeros((*moved.shape[:2], 2 * d, moved.shape[2]))
        if out is not None:
            found = out[:, : len(block.references)] - block.slope[..., None] * moved[:, :, None] / d
        value = settled(found[:, :, :d] + moved[:, :, None] / d, real, moved)
        gap = settled(found[:, :, d:], real, np.zeros_like(moved))
        w = weights[block.references]
        tally.values[into] += effort * np.einsum("b,rbfo->rfo", w, value)
        tally.half_gap[into] += effort * np.einsum("b,rbfo->rfo", w, gap)
        tally.variance[into] += effort**2 * np.einsum("b,rbfo->rfo", w**2, gap**2)
        tally.peaks[into] += effort**4 * np.einsum("b,rbfo->rfo", w**4, gap**4)
        # The square of an estimate is too large by its variance.
        tally.squares[into] += effort * np.einsum("b,rbfo->rfo", w, value**2 - gap**2)
        tally.n_evaluations += len(rows) * len(block.references) * block.n_states
    tally.pairs[into] += effort
    tally.n_evaluations += len(rows)


def settled(
    values: Float64[np.ndarray, "row reference player output"],
    differs: Bool[np.ndarray, "row reference player"],
    total: Float64[np.ndarray, "row reference output"],
) -> Float64[np.ndarray, "row reference player output"]:
    """Dummies at 0, and what is then missing of the total shared by the other players alike."""
    values = values * differs[..., None]
    missing = (total - values.sum(axis=2)) / np.maximum(differs.sum(axis=2), 1)[..., None]
    return values + differs[..., None] * missing[:, :, None]


def _estimate(rows: np.ndarray, plan: np.ndarray, tally: _Tally, options: LeastSquaresOptions, ended: str) -> Estimate:
    """Means of the sums over each row's own pairs, for the rows that were reached; made in the sums."""
    notes, reached = _notes(tally, options.halfwidth, ended), np.flatnonzero(tally.pairs)
    exact = bool(tally.complete[reached].all())
    values, variance, spread, half_gap = (
        taken(array, reached) for array in (tally.values, tally.variance, tally.squares, tally.half_gap)
    )
    for part in row_blocks(len(reached)):
        n, peaks = tally.pairs[reached[part]][:, None, None], tally.peaks[reached[part]]
        values[part] /= n
        spread[part] = np.sqrt(np.maximum(spread[part] / n - values[part] ** 2, 0.0))
        variance[part] = widened(variance[part], peaks) / n**2
        half_gap[part] /= n
    pairs = np.unique(tally.pairs[reached])
    count = " to ".join(f"{p:,}" for p in ([pairs[0], pairs[-1]] if len(pairs) > 1 else pairs))
    return Estimate(
        rows=rows[reached],
        values=values,
        variance=variance,
        background_std=spread,
        half_gap=None if exact else half_gap,
        plan=plan[reached],
        n_evaluations=tally.n_evaluations,
        exact=exact,
        method=f"least squares on leverage-sampled coalitions, {count or 'no'} pairs a background row",
        notes=notes,
    )


def _notes(tally: _Tally, halfwidth: float | None, ended: str) -> tuple[str, ...]:
    """What was asked for and not done."""
    notes = []
    reached = tally.pairs > 0
    why = {"stop": "stopped", "budget": "the budget was spent"}.get(ended, "")
    if not reached.all():
        notes.append(f"{why} after {reached.sum()} of {len(reached)} rows: the other rows are left out.")
    n_wide = 0 if halfwidth is None else int((tally.half_width()[reached] > halfwidth).sum())
    if n_wide:
        notes.append(f"{n_wide} of {reached.sum()} rows have a 95 % half-width above the {halfwidth:g} asked for.")
    return tuple(notes)
