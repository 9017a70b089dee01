"""Successive halving: all trials get a little, the better third gets more, and the best of those get all.

Pure: it knows numbers and a function that brings trials to a rung, nothing of what is trained.

Source: Jamieson and Talwalkar 2016, arXiv:1502.07943; eta is 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

SHARES = (1 / 9, 1 / 3, 1.0)
"""Share of its own schedule that a trial has had at each rung."""
_ETA = 3

Reach = Callable[[Sequence[int], int], Mapping[int, float]]


def successive_halving(
    numbers: Sequence[int], n_rungs: int, reach: Reach, *, higher_is_better: bool, at_least: int = 1
) -> list[int]:
    """Bring trials from rung to rung, fewer each time; the numbers of those that reached the last, best first.

    Args:
        numbers: of the trials.
        n_rungs: how many rungs there are.
        reach: brings trials, all below a rung, to it; their values there. A trial without a value in the
            answer is out: it failed, or the search was stopped.
        higher_is_better: of the values.
        at_least: how many go on from a rung, where as many arrived. Else the nearest number to a third: with
            batches of eleven, rounding up would bring twice as many to the end as a third of a third.

    Example:
        >>> successive_halving(range(9), 3, lambda trials, rung: {t: float(t) for t in trials}, higher_is_better=True)
        [8]
    """
    alive, values = list(numbers), {}
    for rung in range(n_rungs):
        values = reach(alive, rung) if alive else {}
        alive = ranked(values, higher_is_better=higher_is_better)
        if rung + 1 < n_rungs:
            alive = alive[: max(at_least, round(len(alive) / _ETA))]
    return alive


def ranked(values: Mapping[int, float], *, higher_is_better: bool) -> list[int]:
    """Trials, the best first; of equals the earlier. A value that is no number is left out."""
    known = [number for number, value in values.items() if not math.isnan(value)]
    return sorted(known, key=lambda number: (-values[number] if higher_is_better else values[number], number))
