"""A short rule for the rows of a segment, in the user's own values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.schema import Column
from lepton_lab.evaluation.error_tree.conditions import Condition, joined
from lepton_lab.evaluation.error_tree.grow import Branch, grow

_DEPTH = 3


@dataclass(frozen=True)
class Rule:
    """Conditions in words, and how well they tell the rows: shares as `Segment` has them."""

    words: str
    precision: float
    recall: float


def rule_of(columns: Sequence[tuple[Column, np.ndarray]], inside: np.ndarray) -> Rule:
    """The node of a small tree that tells the rows inside best (by the harmonic mean of precision and recall)."""
    arrays = {column.name: array for column, array in columns}
    fewest = max(5, round(0.02 * len(inside)))
    tree = grow(columns, inside.astype(float), np.ones(len(inside)), depth=_DEPTH, fewest=fewest)
    best, score = Rule("no short rule tells them", float(inside.mean()), 1.0), 0.0
    for path in _paths(tree, ()):
        met = np.ones(len(inside), bool)
        for condition in path:
            met &= condition.holds(arrays[condition.column])
        right = int((met & inside).sum())
        harmonic = 2 * right / (met.sum() + inside.sum())
        # A longer rule must be clearly better.
        if harmonic > score + 0.01:
            words = " and ".join(map(str, joined(path)))
            best, score = Rule(words, right / int(met.sum()), right / int(inside.sum())), harmonic
    return best


def _paths(branch: Branch, above: tuple[Condition, ...]) -> Iterator[tuple[Condition, ...]]:
    """The conditions from the root to each node below it, short ones first."""
    level = [(branch, above)]
    while level:
        level = [
            (below, (*path, below.condition))
            for node, path in level
            for below in node.below or ()
            if below.condition is not None
        ]
        yield from (path for _, path in level)
