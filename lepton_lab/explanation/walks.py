"""Decoupled walks: Shapley values from an independent antithetic permutation walk for every background row.

A walk switches the features of one background row to the explained row's values in a random order,
and then in the reverse order; each switch is one marginal contribution. Walks of different background
rows are independent (shap's permutation explainer gives all of them one order), which costs the same
and needs about ten times fewer evaluations for the same error. Two walks a background row tell the
sampling error apart from the spread over the background.

Features whose value equals the background row's change nothing, and their states are not evaluated.

Source: Strumbelj and Kononenko (2014), "Explaining prediction models and individual predictions with
feature contributions", section 3.3, with antithetic permutations as in Mitchell et al. (2022),
"Sampling Permutations for Shapley Value Estimation", section 2.4. Independent orders for each
background row, and the errors from pairs of walks, are ours.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from lepton_lab.explanation.estimate import T_95, Estimate, Pace, StoppedError, widened, working_time
from lepton_lab.explanation.game import ROWS_PER_CALL, Game
from lepton_lab.explanation.memory import kept, row_blocks, taken
from lepton_lab.explanation.walk_plans import N_PASSES, Orders

# Rows are dealt over this many plans: rows of one plan share its error, plans are independent.
N_PLANS = 16
# Pairs of walks that an interval should rest on; few background rows get more walks instead.
MIN_PAIRS = 32
# Growing towards a half-width without a budget ends at this many walks a background row.
MAX_WALKS = 256
# A chunk of about this length can be stopped after: slow games get fewer rows a chunk.
CHUNK_S = 0.2


@dataclass(frozen=True)
class WalkOptions:
    """How many walks, and when to stop adding them.

    Args:
        n_walks: antithetic walks for each background row, at least 2; rounded up to an even number.
        halfwidth: add walks to a row until every value's 95 % half-width is below this, in the output's unit.
        seed: of all orders.
    """

    n_walks: int = 2
    halfwidth: float | None = None
    seed: int = 0

    def rounds(self, n_background: int) -> int:
        """Rounds of two walks that every row gets; more than asked for where the background is small."""
        return max(math.ceil(self.n_walks / 2), math.ceil(MIN_PAIRS / n_background))


@dataclass
class _Sums:
    """Running sums over rounds of walks, a row each: the one thing here that changes.

    Without `peaks` there is one round only, whose variance is widened as it comes.
    """

    values: Float64[np.ndarray, "row feature output"]
    variance: Float64[np.ndarray, "row feature output"]
    half_gap: Float64[np.ndarray, "row feature output"]
    squares: Float64[np.ndarray, "row feature output"]
    peaks: Float64[np.ndarray, "row feature output"] | None
    rounds: Int[np.ndarray, " row"]
    n_evaluations: int = 0

    @classmethod
    def empty(cls, n_rows: int, game: Game, *, one_round: bool) -> _Sums:
        """Nothing known yet."""
        shape = n_rows, game.n_players, game.n_outputs
        # Apart, so that who keeps the values of a result does not keep the rest.
        values, variance, half_gap, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
        peaks = None if one_round else np.zeros(shape)
        return cls(values, variance, half_gap, squares, peaks, np.zeros(n_rows, dtype=np.int64))

    def own(self) -> _Sums:
        """A copy, to be finished while this one goes on."""
        values, variance = self.values.copy(), self.variance.copy()
        return replace(
            self, values=values, variance=variance, half_gap=self.half_gap.copy(), squares=self.squares.copy()
        )

    def widened(self, rows: slice) -> Float64[np.ndarray, "row feature output"]:
        """The variance that intervals are made of."""
        return self.variance[rows] if self.peaks is None else widened(self.variance[rows], self.peaks[rows])

    def half_width(self) -> Float64[np.ndarray, " row"]:
        """Widest 95 % half-width of each row so far."""
        widest = [self.widened(rows).max((1, 2)) for rows in row_blocks(len(self.rounds))]
        return T_95 * np.sqrt(np.concatenate([np.zeros(0), *widest])) / np.maximum(self.rounds, 1)


def deal_plans(n_rows: int, seed: int) -> Int[np.ndarray, " row"]:
    """The plan of each row, at random: any estimator deals the same rows alike."""
    return np.random.default_rng([seed, 7]).permutation(n_rows) % N_PLANS


def walk_values(
    game: Game,
    rows: Int[np.ndarray, " row"],
    weights: Float64[np.ndarray, " reference"],
    options: WalkOptions,
    pace: Pace,
) -> Estimate:
    """Shapley values of some rows by decoupled walks, until the walks asked for, the half-width or the budget.

    Every row gets its first two walks a background row before any row gets more. A stop or a spent
    budget returns the rows that were reached; the others are left out, and a note says so.

    Args:
        game: rows and background.
        rows: positions of the rows to explain.
        weights: of the background rows, summing to 1.
        options: number of walks, half-width, seed.
        pace: budget, stop, progress.
    """
    plan, n_rounds = deal_plans(len(rows), options.seed), options.rounds(game.n_background)
    more = options.halfwidth is not None or pace.budget_s is not None
    one_round = n_rounds == 1 and (not more or options.halfwidth == math.inf)
    sums = _Sums.empty(len(rows), game, one_round=one_round)
    rounds = _each_round(game, rows, weights, plan, sums, options, pace)
    ended = functools.reduce(lambda _, last: last, rounds, "")
    return _estimate(rows, plan, sums, options, n_rounds, ended)


def walk_rounds(
    game: Game,
    rows: Int[np.ndarray, " row"],
    weights: Float64[np.ndarray, " reference"],
    options: WalkOptions,
    pace: Pace,
) -> Iterator[Estimate]:
    """What is known after each round of two more walks; the arguments are those of `walk_values`."""
    plan, n_rounds = deal_plans(len(rows), options.seed), options.rounds(game.n_background)
    sums = _Sums.empty(len(rows), game, one_round=False)
    for ended in _each_round(game, rows, weights, plan, sums, options, pace):
        yield _estimate(rows, plan, sums.own(), options, n_rounds, ended)


def _each_round(
    game: Game,
    rows: np.ndarray,
    weights: np.ndarray,
    plan: np.ndarray,
    sums: _Sums,
    options: WalkOptions,
    pace: Pace,
) -> Iterator[str]:
    """Adds round after round to the sums; says after each why it ended early, if it did."""
    n_round, ended = 0, ""
    while not ended:
        wanted = _wanted(sums, n_round, options, game.n_background, pace)
        if len(wanted) == 0:
            return
        ended = _one_round(game, rows, weights, plan, wanted, sums, (options.seed, n_round), pace)
        n_round += 1
        yield ended


def _wanted(sums: _Sums, n_round: int, options: WalkOptions, n_background: int, pace: Pace) -> Int[np.ndarray, " row"]:
    """Rows that get another round: all at first, then the too wide ones, or all while a budget lasts."""
    every = np.arange(len(sums.rounds))
    if n_round < options.rounds(n_background):
        return every
    if 2 * n_round >= max(MAX_WALKS, options.n_walks) or not sums.variance.any():
        return every[:0]
    if options.halfwidth is not None:
        return every[:0] if options.halfwidth == math.inf else every[sums.half_width() > options.halfwidth]
    return every if pace.budget_s is not None else every[:0]


def _one_round(
    game: Game,
    rows: np.ndarray,
    weights: np.ndarray,
    plan: np.ndarray,
    wanted: np.ndarray,
    sums: _Sums,
    seed: tuple[int, int],
    pace: Pace,
) -> str:
    """Two more walks for the wanted rows, a chunk of rows of one plan at a time; why it ended early, if it did."""
    n_done, chunk_rows, row_s = 0, 2, 0.0
    for p in np.unique(plan[wanted]):
        plans = kept(functools.partial(_plans, game, weights, (*seed, int(p)), pace.memory), pace.memory)
        left = wanted[plan[wanted] == p]
        while len(left):
            ended = pace.ended(row_s * min(chunk_rows, len(left)))
            if ended:
                return ended
            started = working_time()
            chunk, left = left[:chunk_rows], left[chunk_rows:]
            try:
                _add_walks(game, rows[chunk], chunk, weights, plans, sums)
            except StoppedError:
                return "stop"
            row_s = (working_time() - started) / len(chunk)
            chunk_rows = int(np.clip(CHUNK_S / max(row_s, 1e-6), 1, ROWS_PER_CALL))
            n_done += len(chunk)
            pace.tell(n_done / len(wanted), sums.n_evaluations, f"walks {2 * seed[1] + 1}-{2 * seed[1] + 2}")
    return ""


def _plans(game: Game, weights: np.ndarray, seed: tuple[int, int, int], memory: int) -> Iterator[Any]:
    """The plan of this seed: orders for all background rows, in blocks of one size."""
    n, d = game.n_background, game.n_players
    size = math.ceil(n / math.ceil(n / game.most_references(N_PASSES * (d - 1), memory)))
    rng = np.random.default_rng([11, *seed])
    for at in range(0, n, size):
        real = np.arange(at, min(at + size, n))
        references = np.concatenate([real, np.zeros(size - len(real), dtype=np.int64)])
        share = np.concatenate([weights[real], np.zeros(size - len(real))])
        yield game.walk_plan(Orders(references, share, np.argsort(rng.random((size, N_PASSES // 2, d)), axis=2)))


def _add_walks(
    game: Game, rows: np.ndarray, into: np.ndarray, weights: np.ndarray, plans: Iterable[Any], sums: _Sums
) -> None:
    """Walk some rows of one plan through all its blocks and add what they found to the sums."""
    values, peaks = np.zeros((2, len(rows), *sums.values.shape[1:]))
    # All is evaluated before any of it is added: a stop among them leaves the sums as they were.
    for found in [game.walk(plan, rows) for plan in plans]:
        values += found.values
        sums.half_gap[into] += found.half_gap
        sums.variance[into] += found.variance
        sums.squares[into] += found.squares
        if sums.peaks is None:
            peaks += found.peak**2
        else:
            sums.peaks[into] += found.peak**2
        sums.n_evaluations += found.n_evaluations
    sums.values[into] += _settled(values, game.at_rows(rows) - weights @ game.at_background())
    if sums.peaks is None:
        sums.variance[into] = widened(sums.variance[into], peaks)
    sums.rounds[into] += 1
    sums.n_evaluations += len(rows)


def _settled(
    values: Float64[np.ndarray, "row player output"], total: Float64[np.ndarray, "row output"]
) -> Float64[np.ndarray, "row player output"]:
    """Values that sum to what is known: a device's float32 sums leave some 1e-7 over, shared by all but dummies."""
    real = values != 0
    missing = (total - values.sum(axis=1)) / np.maximum(real.sum(axis=1), 1)
    return values + real * missing[:, None]


def _estimate(
    rows: np.ndarray, plan: np.ndarray, sums: _Sums, options: WalkOptions, n_rounds: int, ended: str
) -> Estimate:
    """Means of the sums over each row's own number of rounds, for the rows that were reached; made in the sums."""
    notes, reached = _notes(sums, options.halfwidth, n_rounds, ended), np.flatnonzero(sums.rounds)
    values, variance, spread, half_gap = (
        taken(array, reached) for array in (sums.values, sums.variance, sums.squares, sums.half_gap)
    )
    for part in row_blocks(len(reached)):
        n, some = sums.rounds[reached[part]][:, None, None], reached[part]
        values[part] /= n
        spread[part] = np.sqrt(np.maximum(spread[part] / n - values[part] ** 2, 0.0))
        peaks = None if sums.peaks is None else sums.peaks[some]
        variance[part] = (variance[part] if peaks is None else widened(variance[part], peaks)) / n**2
        half_gap[part] /= n
    walks = sorted({int(2 * r) for r in np.unique(sums.rounds[reached])})
    count = " to ".join(str(w) for w in ([walks[0], walks[-1]] if len(walks) > 1 else walks))
    return Estimate(
        rows=rows[reached],
        values=values,
        variance=variance,
        background_std=spread,
        half_gap=half_gap,
        plan=plan[reached],
        n_evaluations=sums.n_evaluations,
        exact=False,
        method=f"decoupled walks, {count or 'no'} a background row",
        notes=notes,
    )


def _notes(sums: _Sums, halfwidth: float | None, n_rounds: int, ended: str) -> tuple[str, ...]:
    """What was asked for and not done."""
    notes = []
    reached = sums.rounds > 0
    why = {"stop": "stopped", "budget": "the budget was spent"}.get(ended, "")
    if not reached.all():
        notes.append(f"{why} after {reached.sum()} of {len(reached)} rows: the other rows are left out.")
    if ended and (sums.rounds[reached] < n_rounds).any():
        notes.append(f"{why} before every row had its {2 * n_rounds} walks a background row: some intervals are wider.")
    n_wide = 0 if halfwidth in (None, math.inf) else int((sums.half_width()[reached] > halfwidth).sum())
    if n_wide:
        notes.append(f"{n_wide} of {reached.sum()} rows have a 95 % half-width above the {halfwidth:g} asked for.")
    return tuple(notes)
