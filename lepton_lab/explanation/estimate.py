"""What an estimator hands back, and how a long one reports, stops and keeps to a budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64, Int
from scipy import special

from lepton_lab.errors import ExplanationError

# Student's t for the 32 pairs of walks that every error rests on at least.
T_PAIRS = 2.04
# Half-width of a 95 % interval in standard errors. Marginals of real networks have heavier tails than
# Student's t allows for: with 2.04 the intervals of a hard case hold 91 % of the exact values, and an easy
# one's 95 % (benchmarks/explanation_coverage.py).
T_95 = 2.2


class StoppedError(ExplanationError):
    """A stop was set between two calls of a function: the row begun is given up, those done before stand."""

    def __init__(self) -> None:
        super().__init__(
            "stopped before the first row was explained. Give more time, or fewer rows or background rows."
        )


def widened(
    variance: Float64[np.ndarray, "*value"], peaks: Float64[np.ndarray, "*value"]
) -> Float64[np.ndarray, "*value"]:
    """A variance raised so far that its root serves an interval even where few terms make it up.

    A variance is a sum of one squared gap for each background row and round. Where a few of them carry it,
    because most background rows share the value or the gaps have heavy tails, it is known less well.

    Args:
        variance: sums of such terms.
        peaks: sums of their squares.

    Source: Satterthwaite (1946), "An Approximate Distribution of Estimates of Variance Components":
        degrees of freedom `2 S^2 / Var(S)`, with the variance of each term taken as its square, which is
        right where tails are heavy and harmless where they are not.
    """
    freedom = np.full(variance.shape, np.inf)
    np.divide(2 * variance**2, peaks, out=freedom, where=peaks > 0)
    t = special.stdtrit(np.maximum(freedom, 2.0), 0.975)
    return variance * np.maximum(t / T_PAIRS, 1.0) ** 2


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
