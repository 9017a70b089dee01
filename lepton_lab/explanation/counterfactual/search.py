"""From proposals to the cheapest changes that the whole model accepts: add, undo, pull back.

single changes   every tried value of every column, one at a time
proposals        the network's (`proposals.py`), or random ones where there is no network
adding           the most promising states that fall short, each with one more of the row's best single changes
undoing          every subset of the changes of a state that is there; the cheapest one that still is, stays
pulling back     each changed number is moved towards the row's own, through all values that occur

Every state is asked of the whole blend (`Asker`); nothing is believed on the network's word.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int

from lepton_lab.explanation.counterfactual.goal import Goals
from lepton_lab.explanation.counterfactual.space import OWN, RowsOf, Space, States
from lepton_lab.explanation.estimate import Pace

# States that fall short and are added to in each round, the single changes added to each, and rounds.
BEAM, MOVES, ROUNDS = 6, 48, 3
# The least that one more change adds to a distance.
LEAST_CHANGE = 0.5
# Steps uphill from the closest states of a row that nothing reaches, and how many of these go on.
CLIMBS, CLIMBERS = 10, 2
# Changes of a state of which every subset is tried; a longer one first loses its least useful changes.
MOST_CHANGES = 6
# Fewest ways of each row that are undone and pulled back: which is cheapest shows only then.
FEWEST_PULLED = 6
# States of one call of the model: some 7 ms, which is what a stop waits for.
PER_CALL = 1024

Margins = Float64[np.ndarray, " state"]


@dataclass(frozen=True)
class Tried:
    """States that were asked, with the model's answers."""

    rows: RowsOf
    states: States
    margin: Margins
    score: Float64[np.ndarray, " state"]

    def take(self, which: np.ndarray) -> Tried:
        """Some of them."""
        return Tried(self.rows[which], self.states[which], self.margin[which], self.score[which])


def joined(*parts: Tried) -> Tried:
    """All states of some parts, each state of a row once."""
    rows, states = np.concatenate([p.rows for p in parts]), np.concatenate([p.states for p in parts])
    margin, score = np.concatenate([p.margin for p in parts]), np.concatenate([p.score for p in parts])
    return Tried(rows, states, margin, score).take(first_of_each(rows, states))


@dataclass
class Asker:
    """Asks the whole model about states until the time is over, and remembers how close each row came.

    Args:
        space: the rows and their values.
        goals: one a row.
        logits_x: the whole model on encoded rows.
        pace: after whose end nothing is asked: such states count as infinitely far.
    """

    space: Space
    goals: Goals
    logits_x: Callable[[np.ndarray], np.ndarray]
    pace: Pace
    n_asked: int = 0
    closest_margin: np.ndarray = field(init=False)
    closest: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.closest_margin = np.full(self.space.n_rows, -np.inf)
        self.closest = np.full((self.space.n_rows, self.space.n_columns), OWN)

    def __call__(self, rows: RowsOf, states: States) -> Tried:
        """The model's margins of some states; each state of a row is asked once."""
        kept = first_of_each(rows, states)
        rows, states = rows[kept], states[kept]
        return Tried(rows, states, self.margins(rows, states), self.space.score(rows, states))

    def margins(self, rows: RowsOf, states: States) -> Margins:
        """How far inside their goals states are; minus infinity where the time was over."""
        margin = np.full(len(rows), -np.inf)
        for at in range(0, len(rows), PER_CALL):
            if self.pace.ended():
                break
            part = slice(at, at + PER_CALL)
            x = self.space.x_of(rows[part], states[part])
            margin[part] = self.goals.margin(rows[part], self.logits_x(x))
            self.n_asked += len(x)
        self._remember(rows, states, margin)
        return margin

    def there(self, tried: Tried) -> Bool[np.ndarray, " state"]:
        """Which states reach their goal."""
        return tried.margin > self.goals.slack

    def _remember(self, rows: np.ndarray, states: np.ndarray, margin: np.ndarray) -> None:
        best = best_of_each(rows, -margin, 1)
        closer = best[margin[best] > self.closest_margin[rows[best]]]
        self.closest_margin[rows[closer]] = margin[closer]
        self.closest[rows[closer]] = states[closer]


def search(ask: Asker, gap: Float64[np.ndarray, " row"], proposals: tuple[RowsOf, States], n: int) -> Tried:
    """States that reach their goals, improved: several for each row, to choose among.

    Args:
        ask: the model, the rows and their goals.
        gap: what each row lacks, in link space.
        proposals: states to start from.
        n: alternatives wanted for each row.
    """
    space = ask.space
    rows, states = space.singles(np.arange(space.n_rows))
    singles = ask(*with_completed(space, rows, states))
    known = joined(singles, ask(*with_completed(space, *proposals)))
    moves = _moves(singles, gap, space.n_rows)
    frontier = known
    for _ in range(ROUNDS):
        start = _promising(ask, frontier, gap, _to_beat(ask, known, n))
        if not len(start.rows) or ask.pace.ended():
            break
        rows, states = _added(start, moves)
        frontier = ask(rows, space.completed(rows, states))
        known = joined(known, frontier)
    return _improved(ask, joined(known, _climbed(ask, known)), n)


def with_completed(space: Space, rows: RowsOf, states: States) -> tuple[RowsOf, States]:
    """States, and the same with what usually goes with their changes."""
    completed = space.completed(rows, states)
    other = (completed != states).any(axis=1)
    return np.concatenate([rows, rows[other]]), np.concatenate([states, completed[other]])


def _to_beat(ask: Asker, known: Tried, n: int) -> Float64[np.ndarray, " row"]:
    """The score of each row's n-th cheapest way (set of changed columns); infinite where there are fewer."""
    there = known.take(np.flatnonzero(ask.there(known)))
    ways = there.take(_cheapest_ways(there, n))
    score = np.full(ask.space.n_rows, np.inf)
    enough = np.bincount(ways.rows, minlength=ask.space.n_rows) >= n
    last = np.flatnonzero(np.append(np.diff(ways.rows) > 0, True)) if len(ways.rows) else np.zeros(0, int)
    score[ways.rows[last]] = ways.score[last]
    return np.where(enough, score, np.inf)


def _cheapest_ways(tried: Tried, n: int) -> Int[np.ndarray, " kept"]:
    """Positions of the cheapest state of each of a row's `n` cheapest ways, rows ascending, cheapest first."""
    order = np.lexsort((tried.score, tried.rows))
    ways = order[first_of_each(tried.rows[order], (tried.states[order] != OWN).astype(np.int64))]
    return ways[best_of_each(tried.rows[ways], tried.score[ways], n)]


def _progress(tried: Tried, gap: np.ndarray) -> np.ndarray:
    """The share of a row's gap that a state closes: 0 as it was, 1 at the goal."""
    return 1 + np.maximum(tried.margin, -1e300) / gap[tried.rows]


def _moves(singles: Tried, gap: np.ndarray, n_rows: int) -> Int[np.ndarray, "row move column"]:
    """The single changes of each row that close most of the gap for their score, `(row, move, column)`."""
    closed = np.maximum(_progress(singles, gap), 1e-3)
    best = best_of_each(singles.rows, singles.score / closed, MOVES)
    moves = np.full((n_rows, MOVES, singles.states.shape[1]), OWN, np.int64)
    moves[singles.rows[best], _rank(singles.rows[best])] = singles.states[best]
    return moves


def _promising(ask: Asker, tried: Tried, gap: np.ndarray, to_beat: np.ndarray) -> Tried:
    """The states that fall short but look cheapest to complete: score over the share of the gap closed.

    A state that one more change, however small, would make dearer than what is known already is left.
    """
    cheap = tried.score + LEAST_CHANGE < to_beat[tried.rows]
    part = tried.take(np.flatnonzero(~ask.there(tried) & np.isfinite(tried.margin) & cheap))
    key = part.score / np.maximum(_progress(part, gap), 0.02)
    return part.take(best_of_each(part.rows, key, BEAM))


def _added(start: Tried, moves: np.ndarray) -> tuple[RowsOf, States]:
    """Each state with each move of its row on top."""
    more = moves[start.rows]
    states = np.where(more == OWN, start.states[:, None], more).reshape(-1, start.states.shape[1])
    rows = np.repeat(start.rows, moves.shape[1])
    new = (states != np.repeat(start.states, moves.shape[1], axis=0)).any(axis=1)
    return rows[new], states[new]


def _climbed(ask: Asker, known: Tried) -> Tried:
    """For rows that nothing reaches yet: the closest states, changed column by column for whatever helps most.

    Cost does not count here. What this does not reach, is said to be out of reach.
    """
    found = np.unique(known.rows[ask.there(known)])
    lost = np.setdiff1d(np.arange(ask.space.n_rows), found)
    nothing = known.take(np.zeros(0, np.int64))
    every_row, every_state = ask.space.singles(lost)
    best, parts = known.take(np.flatnonzero(np.isin(known.rows, lost))), []
    for _ in range(CLIMBS):
        best = best.take(best_of_each(best.rows, -best.margin, CLIMBERS))
        if not len(best.rows) or ask.pace.ended():
            break
        before = ask.closest_margin.copy()
        rows, states = _each_with_each(best, every_row, every_state)
        best = joined(best, ask(rows, states))
        parts.append(best.take(np.flatnonzero(ask.there(best))))
        climbing = (ask.closest_margin > before) & (ask.closest_margin <= ask.goals.slack)
        best = best.take(np.flatnonzero(climbing[best.rows]))
    return joined(nothing, *parts)


def _each_with_each(start: Tried, rows: np.ndarray, changes: np.ndarray) -> tuple[RowsOf, States]:
    """Each state with each single change of its row on top."""
    first, last = np.searchsorted(rows, start.rows), np.searchsorted(rows, start.rows, side="right")
    count = last - first
    of = np.repeat(np.arange(len(start.rows)), count)
    which = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
    states = np.where(changes[which] == OWN, start.states[of], changes[which])
    return start.rows[of], states


def _improved(ask: Asker, known: Tried, n: int) -> Tried:
    """The best ways of each row, undone and pulled back as far as the model lets them."""
    there = known.take(np.flatnonzero(ask.there(known)))
    if not len(there.rows):
        return there
    shorter = undone(ask, shortened(ask, there.take(_different(there, max(3 * n, FEWEST_PULLED)))))
    return _pulled_back(ask, shorter.take(_different(shorter, max(3 * n, FEWEST_PULLED))))


def _different(tried: Tried, n: int) -> Int[np.ndarray, " kept"]:
    """Up to `n` of the cheapest states of each row that change different columns, and half as many of the cheapest."""
    return np.unique(np.concatenate([_cheapest_ways(tried, n), best_of_each(tried.rows, tried.score, n // 2)]))


def shortened(ask: Asker, tried: Tried) -> Tried:
    """States of many changes without those whose loss hurts least, while they stay there."""
    kept = []
    for _ in range(tried.states.shape[1]):
        is_long = (tried.states != OWN).sum(axis=1) > MOST_CHANGES
        kept.append(tried.take(np.flatnonzero(~is_long)))
        tried = tried.take(np.flatnonzero(is_long))
        if not len(tried.rows) or ask.pace.ended():
            break
        state, column = np.nonzero(tried.states != OWN)
        shorter = tried.states[state].copy()
        shorter[np.arange(len(state)), column] = OWN
        answer = ask(tried.rows[state], shorter)
        there = answer.take(np.flatnonzero(ask.there(answer)))
        # A row that needs all its changes keeps them.
        kept.append(tried.take(np.flatnonzero(~np.isin(tried.rows, there.rows))))
        tried = there.take(best_of_each(there.rows, -there.margin, 3))
    return joined(*kept, tried)


def undone(ask: Asker, tried: Tried) -> Tried:
    """Every subset of every state's changes, kept where it is there; the states themselves too."""
    parts = [tried.take(np.zeros(0, np.int64))]
    changed = tried.states != OWN
    count = changed.sum(axis=1)
    for m in range(2, MOST_CHANGES + 1):
        these = np.flatnonzero(count == m)
        if not len(these):
            continue
        columns = np.nonzero(changed[these])[1].reshape(-1, m)
        for kept in itertools.product((False, True), repeat=m):
            if 0 < sum(kept) < m:
                states = tried.states[these].copy()
                np.put_along_axis(states, columns[:, [i for i in range(m) if not kept[i]]], OWN, axis=1)
                parts.append(Tried(tried.rows[these], states, np.zeros(len(these)), np.zeros(len(these))))
    every = joined(*parts)
    answer = ask(every.rows, every.states)
    return joined(tried, answer.take(np.flatnonzero(ask.there(answer))))


def _pulled_back(ask: Asker, tried: Tried) -> Tried:
    """Each state with its changed numbers, one after another, as near to the row's own as still suffices."""
    numbers = (tried.states != OWN) & ask.space.values.ordered & ~np.isnan(ask.space.own[tried.rows])
    count = numbers.sum(axis=1)
    found = tried
    for turn in range(int(count.max(initial=0))):
        which = np.flatnonzero(count > turn)
        column = np.argsort(~numbers[which], axis=1, kind="stable")[:, turn]
        found = bisected(ask, found, which, column)
    return found


def bisected(ask: Asker, tried: Tried, which: np.ndarray, column: np.ndarray) -> Tried:
    """Some states with one number each moved towards the row's own by halving; what is there stays there."""
    states, margin = tried.states.copy(), tried.margin.copy()
    rows = tried.rows[which]
    good = states[which, column]
    below, above = ask.space.around_own()
    grew = good >= above[rows, column]
    bad = np.where(grew, above[rows, column] - 1, below[rows, column] + 1)  # not beyond the own value
    while not ask.pace.ended():
        i = np.flatnonzero(np.abs(good - bad) > 1)
        if not len(i):
            break
        middle = (good[i] + bad[i]) // 2
        candidate = states[which[i]].copy()
        candidate[np.arange(len(i)), column[i]] = middle
        answer = _where_allowed(ask, rows[i], candidate)
        score = ask.space.score(rows[i], candidate)
        ok = (answer > ask.goals.slack) & (score <= tried.score[which[i]] + 1e-9)
        states[which[i[ok]]], margin[which[i[ok]]] = candidate[ok], answer[ok]
        good[i[ok]], bad[i[~ok]] = middle[ok], middle[~ok]
    return Tried(tried.rows, states, margin, ask.space.score(tried.rows, states))


def _where_allowed(ask: Asker, rows: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Margins of states; minus infinity for one with a value that its row must not take."""
    columns = np.arange(states.shape[1])
    allowed = (ask.space.allowed[rows[:, None], columns, np.maximum(states, 0)] | (states == OWN)).all(axis=1)
    margin = np.full(len(rows), -np.inf)
    margin[allowed] = ask.margins(rows[allowed], states[allowed])
    return margin


def first_of_each(rows: np.ndarray, states: np.ndarray) -> Int[np.ndarray, " kept"]:
    """Positions of the states that were not there before for their row, in order."""
    factors = np.random.default_rng(7).integers(1, 2**62, states.shape[1] + 1) | 1
    with np.errstate(over="ignore"):
        hashed = rows * factors[0] + (states * factors[1:]).sum(axis=1)
    return np.sort(np.unique(hashed, return_index=True)[1])


def best_of_each(rows: np.ndarray, key: np.ndarray, n: int) -> Int[np.ndarray, " kept"]:
    """Positions of the `n` smallest keys of each row, rows ascending, keys ascending within."""
    order = np.lexsort((key, rows))
    return order[_rank(rows[order]) < n]


def _rank(rows: np.ndarray) -> np.ndarray:
    """The place of each entry among those of its row, where rows ascend."""
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]])) if len(rows) else np.zeros(0, int)
    return np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
