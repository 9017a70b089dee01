"""One trial of a search, as its study reports it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATES = ("complete", "pruned", "stopped", "failed")


@dataclass(frozen=True)
class Trial:
    """What was tried, and how it went.

    Args:
        number: its place in the search; 0 is the default recipe.
        member: `default` (all members blended), `network` or `trees`.
        params: what differs from the default recipe.
        values: the watched metric on validation rows at each rung it reached.
        state: `complete` (it had its whole schedule), `pruned` (others were better), `stopped` (by the budget
            or the user, in the middle) or `failed`.
        seconds: of training, in all rungs.
    """

    number: int
    member: str
    params: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[float, ...] = ()
    state: str = "complete"
    seconds: float = 0.0

    @property
    def value(self) -> float:
        """The metric at the last rung; NaN where it reached none."""
        return self.values[-1] if self.values else math.nan

    @property
    def words(self) -> str:
        """Its parameters in one line.

        Example:
            >>> Trial(3, "network", {"size": "small", "learning_rate": 0.00123456}).words
            'size small, learning_rate 0.00123'
        """
        if self.member == "default":
            return "the default recipe"
        return ", ".join(f"{name} {_short(value)}" for name, value in self.params.items())


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
