"""What an estimator hands back, and how a long one reports, stops and keeps to a budget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float64, Int
from scipy import special

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.memory import MEMORY
from lepton_lab.training.compilation import compile_seconds

# Student's t for the 32 pairs of walks that every error rests on at least.
T_PAIRS = 2.04
# Half-width of a 95 % interval in standard errors. Marginals of real networks have heavier tails than
# Student's t allows for: with 2.04 the intervals of a hard case hold 91 % of the exact values, and an easy
# one's 95 % (benchmarks/explanation_coverage.py).
T_95 = 2.2
# Of a budget, what compiling may take before a note says so; and how late, in budgets, is late.
MUCH_OF_BUDGET, LATE = 0.25, 1.2
# Seconds that a budget gets on top where compiling has spent it.
GRACE_S = 0.3


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
        ours: whether its arrays are nobody else's: what is made of it next may be made in them.
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
    ours: bool = False


@dataclass(frozen=True)
class ExplainProgress:
    """How far an explanation is. `share` is of the work known so far; more walks may follow within a budget."""

    share: float
    n_evaluations: int
    elapsed_s: float
    remaining_s: float | None
    message: str


def working_time() -> float:
    """Seconds of a clock that stands still while something is compiled: what was slow once is not slow again."""
    return time.monotonic() - compile_seconds()


@dataclass(frozen=True)
class Pace:
    """Limits and listeners of one explanation.

    Args:
        budget_s: wall time from `started`; None is no limit.
        stop: set from outside to end after the current chunk.
        report: hears an `ExplainProgress` after each chunk.
        started: `time.monotonic()` at the start.
        compiled_s: seconds spent compiling before the start.
        grace: set where compiling has spent the budget: it counts no more, nor does the budget before this is set,
            after a first chunk.
        memory: bytes to stay under, above the model, the data and the result.
    """

    budget_s: float | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    report: Callable[[ExplainProgress], None] | None = None
    started: float = field(default_factory=lambda: time.monotonic())
    compiled_s: float = field(default_factory=lambda: compile_seconds())
    grace: threading.Event | None = None
    memory: int = MEMORY

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def compiling(self) -> float:
        """Of these, the seconds that something was compiled."""
        return compile_seconds() - self.compiled_s

    def with_grace(self) -> Pace:
        """A last short while, where compiling has spent all the budget: it should not have been for nothing."""
        late = self.ended() == "budget" and self.compiling() >= MUCH_OF_BUDGET * (self.budget_s or 0.0)
        working = self.elapsed() - self.compiling()
        return replace(self, budget_s=working + GRACE_S, grace=threading.Event()) if late else self

    def budget_note(self) -> tuple[str, ...]:
        """What compiling took of a budget, where that is much."""
        compiling = self.compiling()
        if self.budget_s is None or compiling < MUCH_OF_BUDGET * self.budget_s:
            return ()
        late = self.elapsed() > LATE * self.budget_s
        took = f", which ended after {self.elapsed():.1f} s" if late else ""
        return (
            f"compiling the function took {compiling:.1f} s of a budget of {self.budget_s:g} s{took}: "
            "the next explanation of this function does without.",
        )

    def ended(self, next_chunk_s: float = 0.0) -> str:
        """Why no further chunk of this length should start: "stop", "budget", or "" to go on."""
        if self.stop.is_set():
            return "stop"
        if self.budget_s is None or (self.grace is not None and not self.grace.is_set()):
            return ""
        spent = self.elapsed() if self.grace is None else self.elapsed() - self.compiling()
        return "budget" if spent + next_chunk_s > self.budget_s else ""

    def tell(self, share: float, n_evaluations: int, message: str) -> None:
        """Report progress, with the time left extrapolated from the share done."""
        if self.grace is not None and share > 0:
            self.grace.set()
        if self.report is None:
            return
        elapsed = self.elapsed()
        remaining = elapsed * (1 - share) / share if share > 0 else None
        self.report(ExplainProgress(share, n_evaluations, elapsed, remaining, message))
