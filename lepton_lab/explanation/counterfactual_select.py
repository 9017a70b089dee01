"""Which of the states that are there to show: the cheapest first, then ones that go another way."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from lepton_lab.explanation.counterfactual_search import Tried
from lepton_lab.explanation.counterfactual_space import OWN


def selected(found: Tried, n: int) -> Int[np.ndarray, " kept"]:
    """Positions of up to `n` states of each row, rows ascending, the cheapest of a row first.

    First come states whose changed columns do not contain those of one already taken: each is another way, and
    none changes more than it must. Where these are fewer than `n`, states that give the same columns other
    values follow, as long as they do not contain all changes of one already taken.
    """
    order = np.lexsort((found.score, found.rows))
    ends = np.flatnonzero(np.diff(found.rows[order])) + 1
    kept = [_of_row(found.states, part, n) for part in np.split(order, ends) if len(part)]
    return np.concatenate(kept) if kept else np.zeros(0, np.int64)


def _of_row(states: np.ndarray, order: np.ndarray, n: int) -> np.ndarray:
    """The same for one row's states, in order of their score."""
    taken: list[int] = []
    for contains in (_same_columns, _same_values):
        for i in order.tolist():
            if len(taken) == n:
                break
            if i not in taken and not any(contains(states[i], states[k]) for k in taken):
                taken.append(i)
    place = {int(i): rank for rank, i in enumerate(order)}
    return np.array(sorted(taken, key=place.__getitem__), np.int64)


def _same_columns(state: np.ndarray, other: np.ndarray) -> bool:
    """Whether a state changes every column that another changes."""
    return bool(np.all((other == OWN) | (state != OWN)))


def _same_values(state: np.ndarray, other: np.ndarray) -> bool:
    """Whether a state makes every change that another makes."""
    return bool(np.all((other == OWN) | (state == other)))
