"""What training says of itself while it runs: one frozen record, handed to one function."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lepton_lab.training.attribution import Attribution


@dataclass(frozen=True)
class Progress:
    """Where training stands.

    Args:
        stage: `reading`, `baseline`, `linear`, `network`, `trees`, `blend` or `done`.
        member: which member is trained, or the baseline's name.
        fold, n_folds: which fold, from 0, of how many; None without folds.
        epoch, n_epochs: passes over the training rows, done and planned.
        step: updates done.
        train_loss, valid_loss: mean loss (log loss, or RMSE in the target's unit).
        metric_name, metric, best_metric: the shown metric on the validation rows, now and at best.
        is_best: whether this record's weights are the best so far.
        elapsed_s, remaining_s: seconds; None while unknown.
        compiling: whether the next seconds go into compilation.
        message: anything else worth a line.
        attribution: which columns move the network's answers on a few fixed validation rows, a few times a second
            at most; None between such looks.
        left_s: seconds until the whole call's budget ends; None without one.
        device: on what it computes, in words.
        run: the id of the run, to stop or attach to it by.
    """

    stage: str = "network"
    member: str = ""
    fold: int | None = None
    n_folds: int | None = None
    epoch: float | int = 0.0
    n_epochs: float | int = 0.0
    step: int = 0
    train_loss: float | int | None = None
    valid_loss: float | int | None = None
    metric_name: str = ""
    metric: float | int | None = None
    best_metric: float | int | None = None
    is_best: bool = False
    elapsed_s: float | int = 0.0
    remaining_s: float | int | None = None
    compiling: bool = False
    message: str = ""
    attribution: Attribution | None = None
    left_s: float | int | None = None
    device: str = ""
    run: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; numbers that JSON lacks (NaN, infinity) become None."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Progress:
        """The record that `to_json` wrote; keys of a later version are left out."""
        known = {field.name for field in dataclasses.fields(Progress)}
        values = {name: value for name, value in data.items() if name in known}
        if values.get("attribution") is not None:
            values["attribution"] = Attribution.from_json(values["attribution"])
        return Progress(**values)


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """The report of those who don't want one."""
