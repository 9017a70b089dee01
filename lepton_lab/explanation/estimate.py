"""What an estimator hands back, and how a long one reports, stops and keeps to a budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int

# Half-width of a 95 % interval in standard errors: Student's t for the 32 pairs of walks that every
# error rests on at least. (With 1.96 the intervals cover 93.8 % on average.)
T_95 = 2.04


@dataclass(frozen=True)
class Estimate:
    """Shapley values of the rows that were reached, with what is known of their error.

    Args:
        rows: positions of these rows in the game, ascending.
        values: Shapley values.
        variance: Monte Carlo variance of `values`; 0 where exact.
        background_std: spread of a value over the background rows.
        half_gap: half the difference of the two independent halves; None where exact.
        plan: sampling plan of each row.
        n_evaluations: model evaluations spent.
        exact: whether no sampling was done.
        method: in words.
        notes: what a reader should know.
    """

    rows: Int[np.ndarray, " row"]
    values: Float64[np.ndarray, "row feature output"]
    variance: Float64[np.ndarray, "row feature output"]
    background_std: Float64[np.ndarray, "row feature output"] | None
    half_gap: Float64[np.ndarray, "row feature output"] | None
    plan: Int[np.ndarray, " row"]
    n_evaluations: int
    exact: bool
    method: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExplainProgress:
    """How far an explanation is. `share` is of the work known so far; more walks may follow within a budget."""

    share: float
    n_evaluations: int
    elapsed_s: float
    remaining_s: float | None
    message: str


@dataclass(frozen=True)
class Pace:
    """Limits and listeners of one explanation.

    Args:
        budget_s: wall time from `started`; None is no limit.
        stop: set from outside to end after the current chunk.
        report: hears an `ExplainProgress` after each chunk.
        started: `time.monotonic()` at the start.
    """

    budget_s: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    report: Callable[[ExplainProgress], None] | None = None
    started: float = field(default_factory=time.monotonic)

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def ended(self, next_chunk_s: float = 0.0) -> str:
        """Why no further chunk of this length should start: "stop", "budget", or "" to go on."""
        if self.stop.is_set():
            return "stop"
        over = self.budget_s is not None and self.elapsed() + next_chunk_s > self.budget_s
        return "budget" if over else ""

    def tell(self, share: float, n_evaluations: int, message: str) -> None:
        """Report progress, with the time left extrapolated from the share done."""
        if self.report is None:
            return
        elapsed = self.elapsed()
        remaining = elapsed * (1 - share) / share if share > 0 else None
        self.report(ExplainProgress(share, n_evaluations, elapsed, remaining, message))
