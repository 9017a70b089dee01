"""From a game to Shapley values: chooses the estimator.

Exact where that is cheap. Else walks while little is asked of them; more than three coalition pairs a
player and background row go to least squares, which needs fewer evaluations for the same error. Towards
a half-width, or within a budget, walks come first: every row has values soon, and the errors and the
speed seen then say how much least squares to plan, or that enumeration ends sooner. Without a budget
all this depends on data and seed only, so a seed gives the same values on every machine.
"""

from __future__ import annotations

import collections
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.closed_form import closed_form
from lepton_lab.explanation.estimate import T_95, Estimate, Pace, working_time
from lepton_lab.explanation.exact import exact_cost, exact_values
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.least_squares import (
    LEAST_PAIRS,
    LeastSquaresOptions,
    enough_plans,
    least_squares_rounds,
    least_squares_values,
)
from lepton_lab.explanation.memory import row_blocks, rows_compared
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.unsteady import is_unsteady, with_answers_error
from lepton_lab.explanation.walks import WalkOptions, walk_rounds, walk_values

# Enumeration is chosen where it takes no more than this many times the evaluations of the walks ...
WORTH_EXACT = 4
# ... or this many in all, which nobody waits for.
FREE_EVALUATIONS = 30_000
# Of a budget, what enumeration may be planned to take: the forecast is rough.
SAFE_SHARE = 0.7
# Evaluations a second that no device reaches: enumeration that would need more is not even timed.
AT_MOST_PER_S = 1e9
# Of what is left of a budget, what the first plan of least squares may take: some is for compiling.
FIRST_SHARE = 0.3
# Least squares on m pairs a player is worth this times the root of m as many pairs of walks: 1.7 at 4, 3.4 at 16.
LEAST_SQUARES_GAIN = 0.85


def shapley_values(
    game: Game, weights: Float64[np.ndarray, " reference"], options: ExplainOptions, pace: Pace
) -> Estimate:
    """Shapley values of all rows of a game by the estimator that gets to what was asked soonest.

    Raises:
        ExplanationError: values are not finite, or no row was reached.
    """
    stages = _checked(_rounds(game, weights, options, pace.with_grace(), told=False), pace)
    (last,) = collections.deque(stages, maxlen=1)
    return replace(last, ours=True)


def shapley_rounds(
    game: Game, weights: Float64[np.ndarray, " reference"], options: ExplainOptions, pace: Pace
) -> Iterator[Estimate]:
    """What is known after each round of work; the last is what `shapley_values` returns.

    Raises:
        ExplanationError: values are not finite, or no row was reached.
    """
    yield from _checked(_rounds(game, weights, options, pace.with_grace(), told=True), pace)


def _checked(estimates: Iterator[Estimate], pace: Pace) -> Iterator[Estimate]:
    """Estimates of at least one row, and of finite values."""
    for estimate in estimates:
        if len(estimate.rows) == 0:
            why = "stopped" if pace.stop.is_set() else f"the budget of {pace.budget_s or 0:g} s was spent"
            raise ExplanationError(
                f"{why} before the first row was explained. Give more time, or fewer rows or background rows."
            )
        if not np.isfinite(estimate.values).all():
            raise ExplanationError(
                "the function returned NaN or infinity for some mix of a row's and a background row's values. "
                "Explain a function that returns finite numbers for such mixes."
            )
        yield estimate


def _rounds(game: Game, weights: np.ndarray, options: ExplainOptions, pace: Pace, *, told: bool) -> Iterator[Estimate]:
    """The stages: enumeration alone, or walks or least squares as asked for, then least squares as needed.

    Where nobody is `told` of what is known in between, it is not made, and the last is made in the sums.
    """
    rows = np.arange(game.n_rows)
    if is_unsteady(game):
        # Only the gaps between walks count what the answers vary by.
        asked = game, rows, weights, options.walks(), pace
        for estimate in walk_rounds(*asked) if told else [walk_values(*asked)]:
            yield with_answers_error(game, weights, estimate)
        return
    work = _work(game, rows, options)
    if _enumerate(game, work, options, pace):
        yield from _exactly(game, weights, work, options, pace, told=told)
        return
    if work.pairs >= LEAST_PAIRS * game.n_players * enough_plans(weights):
        more = LeastSquaresOptions(round(work.pairs), options.halfwidth, options.seed)
        asked = game, rows, weights, more, pace
        yield from least_squares_rounds(*asked) if told else [least_squares_values(*asked)]
        return
    # No half-width is too wide for the walks: they end after those asked for, whatever the budget.
    started, compiled = working_time(), pace.compiling()
    first = walk_values(game, rows, weights, WalkOptions(options.n_walks, math.inf, options.seed), pace)
    first = replace(first, ours=not told)
    yield _told(first, options)
    if len(first.rows) == len(rows):
        exact = closed_form(game, weights, first, options.seed, pace)
        if exact is not None:
            yield exact
            return
        # What comes next is likely to be compiled too, in about the same time.
        cost = _Cost((working_time() - started) / max(first.n_evaluations, 1), pace.compiling() - compiled)
        yield from _refined(game, weights, first, work, options, pace, cost)


def _exactly(
    game: Game, weights: np.ndarray, work: _Work, options: ExplainOptions, pace: Pace, *, told: bool
) -> Iterator[Estimate]:
    """Every coalition; after a few walks where rough values are wanted soon, which then stand for rows not reached."""
    rows, first = np.arange(game.n_rows), None
    if options.soon and not _cheap(work):
        first = walk_values(game, rows, weights, WalkOptions(options.n_walks, math.inf, options.seed), pace)
        first = replace(first, ours=not told)
        yield _told(first, options)
    if first is None:
        yield exact_values(game, rows, weights, pace)
    elif len(first.rows) == len(rows):
        yield from _enumerated(game, weights, first, work, options, pace)


def _enumerated(
    game: Game, weights: np.ndarray, first: Estimate, work: _Work, options: ExplainOptions, pace: Pace
) -> Iterator[Estimate]:
    """Every coalition after walks, which stand for the rows that a stop left out."""
    exact = exact_values(game, first.rows, weights, pace)
    if len(exact.rows) == len(first.rows):
        yield exact
    elif len(exact.rows):
        yield _told(_pooled(first, exact, work.pairs, game), options)


@dataclass(frozen=True)
class _Work:
    """What estimators would take.

    Args:
        exact: evaluations of the enumeration of all rows.
        walks: evaluations of the walks asked for.
        pairs: of these, complement pairs for each row and background row.
    """

    exact: float
    walks: float
    pairs: float


def _work(game: Game, rows: Int[np.ndarray, " row"], options: ExplainOptions) -> _Work:
    """Counted from the values that differ."""
    exact, steps = 0.0, 0.0
    size = rows_compared(game.n_background, game.n_players)
    for at in range(0, len(rows), size):
        differs = game.differs(rows[at : at + size])
        exact += exact_cost(differs)
        steps += float(np.maximum(differs.sum(axis=2) - 1, 0).sum())
    n_walks = 2 * options.walks().rounds(game.n_background)
    # A walk goes along an order and back: two states a step.
    return _Work(exact, 2 * n_walks * steps, n_walks * steps / max(1, len(rows) * game.n_background))


def _enumerate(game: Game, work: _Work, options: ExplainOptions, pace: Pace) -> bool:
    """Whether every coalition should be evaluated from the start."""
    if _cheap(work):
        return True
    if options.budget_s is None or work.exact / AT_MOST_PER_S > options.budget_s:
        return False
    return work.exact * seconds_per_evaluation(game) < SAFE_SHARE * options.budget_s - pace.elapsed()


def _cheap(work: _Work) -> bool:
    """Whether enumeration takes hardly more than the walks would."""
    return work.exact <= max(WORTH_EXACT * work.walks, FREE_EVALUATIONS)


def seconds_per_evaluation(game: Game) -> float:
    """Measured on one pair, the second time, when everything is compiled."""
    players = np.arange(min(game.n_players, 10))[None]
    seconds = 0.0
    for _ in range(2):
        started = time.monotonic()
        game.corners(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), players)
        seconds = time.monotonic() - started
    return seconds / 2 ** players.shape[1]


@dataclass(frozen=True)
class _Cost:
    """What walks cost: seconds an evaluation, and seconds of compiling."""

    evaluation_s: float
    compile_s: float


def _refined(
    game: Game, weights: np.ndarray, first: Estimate, work: _Work, options: ExplainOptions, pace: Pace, cost: _Cost
) -> Iterator[Estimate]:
    """Least squares after the walks, for the rows that need it; or every coalition where that ends sooner."""
    if options.halfwidth is None and options.budget_s is None:
        return
    width = _half_width(first)
    wanted = np.flatnonzero(width > (options.halfwidth or 0.0))
    if len(wanted) == 0:
        return
    factor = (float(width.max()) / options.halfwidth) ** 2 if options.halfwidth else math.inf
    per_pair = 2 * len(wanted) * game.n_background
    pairs = _gainful(work.pairs * factor, game.n_players)
    if options.budget_s is None and work.exact <= pairs * per_pair:
        yield from _enumerated(game, weights, first, work, options, pace)
        return
    if options.budget_s is not None:
        left = options.budget_s - pace.elapsed() - cost.compile_s
        evaluations = FIRST_SHARE * max(left, 0.0) / max(cost.evaluation_s, 1e-12)
        pairs = min(pairs, evaluations / per_pair)
    least = LEAST_PAIRS * game.n_players
    more = LeastSquaresOptions(round(np.clip(pairs, least, 10 * least)), options.halfwidth, options.seed)
    if pace.ended(cost.compile_s + least * 2 * game.n_background * cost.evaluation_s):
        return
    asked = game, first.rows[wanted], weights, more, pace, first.plan[wanted]
    for second in [least_squares_values(*asked)] if first.ours else least_squares_rounds(*asked):
        if len(second.rows):
            yield _told(_pooled(first, second, work.pairs, game), options)


def _gainful(walk_pairs: float, n_players: int) -> float:
    """Pairs of least squares worth so many of walks: m pairs a player gain `LEAST_SQUARES_GAIN * sqrt(m)`."""
    return n_players * (walk_pairs / n_players / LEAST_SQUARES_GAIN) ** (2 / 3)


def _half_width(estimate: Estimate) -> Float64[np.ndarray, " row"]:
    return T_95 * np.sqrt(estimate.variance.max((1, 2), initial=0.0))


def _pooled(first: Estimate, second: Estimate, first_pairs: float, game: Game) -> Estimate:
    """Walks and least squares of some of their rows, weighted by what their pairs are worth; in the walks' arrays
    where they are ours."""
    at = np.searchsorted(first.rows, second.rows)
    per_player = second.n_evaluations / (2 * len(second.rows) * game.n_background * game.n_players)
    worth = LEAST_SQUARES_GAIN * per_player**1.5 * game.n_players
    share = 1.0 if second.exact else worth / (worth + first_pairs)

    def mixed(ours: np.ndarray, theirs: np.ndarray | None, our_share: float, their_share: float) -> np.ndarray:
        found = ours if first.ours else ours.copy()
        for part in row_blocks(len(at)):
            found[at[part]] = our_share * ours[at[part]] + (0.0 if theirs is None else their_share * theirs[part])
        return found

    spread = first.background_std
    if spread is not None and second.background_std is not None:
        spread = mixed(spread, second.background_std, 1 - share, share)
    return replace(
        first,
        values=mixed(first.values, second.values, 1 - share, share),
        variance=mixed(first.variance, second.variance, (1 - share) ** 2, share**2),
        background_std=spread,
        half_gap=None if first.half_gap is None else mixed(first.half_gap, second.half_gap, 1 - share, share),
        n_evaluations=first.n_evaluations + second.n_evaluations,
        exact=second.exact and len(at) == len(first.rows),
        method=f"{second.method}, after {first.method}",
    )


def _told(estimate: Estimate, options: ExplainOptions) -> Estimate:
    """With a note on the rows whose intervals are wider than asked for."""
    if options.halfwidth is None:
        return estimate
    n_wide = int((_half_width(estimate) > options.halfwidth).sum())
    wide = f"{n_wide} of {len(estimate.rows)} rows have a 95 % half-width above the {options.halfwidth:g} asked for."
    return replace(estimate, notes=(*estimate.notes, wide)) if n_wide else estimate
