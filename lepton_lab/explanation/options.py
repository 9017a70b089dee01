"""How an explanation may be asked for: the options that travel together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from lepton_lab.errors import OptionError, bad_seed
from lepton_lab.explanation.estimate import ExplainProgress, Pace
from lepton_lab.explanation.memory import MEMORY
from lepton_lab.explanation.steady import steady
from lepton_lab.explanation.walks import WalkOptions


@dataclass(frozen=True)
class ExplainOptions:
    """How much work an explanation may take, and who listens.

    Args:
        n_walks: antithetic walks for each background row (2 or more); more where few background rows are.
        halfwidth: widest 95 % half-width wanted, in the output's unit: walks are added until it is met.
        budget_s: wall time to use: walks are added until it is spent, or until `halfwidth` is met.
        seed: of all random orders and samples.
        report: hears an `ExplainProgress` after each chunk of work.
        stop: set from outside to end after the current chunk; rows done so far are returned.
        soon: whether rough values are wanted first, even where exact ones fit the budget.
        memory: bytes to stay under, above the model, the data and the result.
    """

    n_walks: int = 2
    halfwidth: float | None = None
    budget_s: float | None = None
    seed: int = 0
    report: Callable[[ExplainProgress], None] | None = None
    stop: threading.Event | None = None
    soon: bool = False
    memory: int = MEMORY

    def __post_init__(self) -> None:
        if error := bad_seed(self.seed):
            raise error
        if self.n_walks < 2:
            raise OptionError(
                f"n_walks={self.n_walks}: an error bar takes 2 walks a background row. Use n_walks=2 or more."
            )
        for name in ("halfwidth", "budget_s"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise OptionError(f"{name}={value} must be above 0, or None for no limit.")

    def pace(self) -> Pace:
        """The clock, started now."""
        report = self.report and steady(self.report, self.budget_s, open_end=self.halfwidth is not None)
        return Pace(self.budget_s, self.stop or threading.Event(), report, memory=self.memory)

    def walks(self) -> WalkOptions:
        """What concerns the walks."""
        return WalkOptions(self.n_walks, self.halfwidth, self.seed)
