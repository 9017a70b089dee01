"""A member as it grew: its logits on validation rows at each point where growth could have ended.

Where growth should end is chosen from these curves. Fold j takes the point that the other folds
choose, so its out-of-fold logits owe nothing to its own rows, and no row is spent on a second
validation set inside the fold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.members.member import Member


@dataclass(frozen=True)
class Grown:
    """One growth of one member.

    Args:
        name: of the member.
        at: `(point,)`, rising: index of the penalty, epoch, or boosting round.
        losses: `(point,)`, on the validation rows.
        logits_at: the validation rows' logits `(row, output)` at a point.
        best: the member at the point with the least loss.
        ended: why growth ended.
        message: the same in words, for notes; empty where nothing is worth saying.
    """

    name: str
    at: np.ndarray
    losses: np.ndarray
    logits_at: Callable[[int], np.ndarray]
    best: Member
    ended: str = ""
    message: str = ""

    def point_near(self, at: float) -> int:
        """The point closest to a penalty, epoch or round."""
        return int(np.argmin(np.abs(self.at - at)))


def best_end(grown: Sequence[Grown]) -> float:
    """Where growth ends best by the mean of several curves; a curve that ended early stays at its last loss."""
    grid = max((g.at for g in grown), key=len)
    mean = np.mean([np.interp(grid, g.at, g.losses) for g in grown], axis=0)
    return float(grid[int(np.argmin(mean))])


def out_of_fold(grown: Sequence[Grown]) -> list[np.ndarray]:
    """Each fold's validation logits at the end that the other folds choose."""
    found = []
    for j, fold in enumerate(grown):
        others = [g for k, g in enumerate(grown) if k != j] or [fold]
        found.append(fold.logits_at(fold.point_near(best_end(others))))
    return found
