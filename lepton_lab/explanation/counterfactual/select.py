"""Which of the states that are there to show: the cheapest first, then ones that go another way."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int

from lepton_lab.explanation.counterfactual.search import Tried
from lepton_lab.explanation.counterfactual.space import OWN


def selected(found: Tried, n: int, ordered: Bool[np.ndarray, " column"]) -> Int[np.ndarray, " kept"]:
    """Positions of up to `n` states of each row, rows ascending, the cheapest of a row first.

    First come states whose changed columns do not contain those of one already taken: each is another way, and
    none changes more than it must. Where these are fewer than `n`, states that give the same columns other
    categories follow. The same change by another number is no other way.
    """
    order = np.lexsort((found.score, found.rows))
    ends = np.flatnonzero(np.diff(found.rows[order])) + 1
    kept = [_of_row(found.states, part, n, ordered) for part in np.split(order, ends) if len(part)]
    return np.concatenate(kept) if kept else np.zeros(0, np.int64)


def _of_row(states: np.ndarray, order: np.ndarray, n: int, ordered: np.ndarray) -> np.ndarray:
    """The same for one row's states, in order of their score."""
    taken: list[int] = []
    for any_value in (np.ones_like(ordered), ordered):
        for i in order.tolist():
            if len(taken) == n:
                break
            if i not in taken and not any(_contains(states[i], states[k], any_value) for k in taken):
                taken.append(i)
    place = {int(i): rank for rank, i in enumerate(order)}
    return np.array(sorted(taken, key=place.__getitem__), np.int64)


def _contains(state: np.ndarray, other: np.ndarray, any_value: np.ndarray) -> bool:
    """Whether a state makes every change that another makes; where `any_value`, to whatever value."""
    same = np.where(any_value, state != OWN, state == other)
    return bool(np.all((other == OWN) | same))
