"""What a search comes back with: its trials, how they stand against the default recipe, and one trained model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.durations import format_duration
from lepton_lab.metrics import Estimate, Metric, draw_resamples
from lepton_lab.training.progress import Progress
from lepton_lab.tuning.halving import ranked
from lepton_lab.tuning.trial import Trial

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel

_SHOWN = 8


@dataclass(frozen=True)
class Standing:
    """A line of the leaderboard.

    Args:
        name: `ensemble`, `default recipe`, or `trial 7 network`.
        value: the metric on validation rows, with its 95 % interval.
        gain: by how much it is better than the default recipe on the same rows, above 0 is better, with the
            95 % interval of paired resamples.
        weight: share in the ensemble; None for whole blends.
        words: its parameters.
    """

    name: str
    value: Estimate
    gain: Estimate
    weight: float | None = None
    words: str = ""


@dataclass(frozen=True)
class StudyProgress:
    """Where a search stands, for a live leaderboard.

    Args:
        trials: so far, in their order; those that still wait among them.
        n_trials: that were asked for.
        metric_name: that decides.
        higher_is_better: of it.
        elapsed_s: since the call began.
        budget_s: of the call, or None.
        stage: in words.
    """

    trials: tuple[Trial, ...] = ()
    n_trials: int = 0
    metric_name: str = ""
    higher_is_better: bool = False
    elapsed_s: float = 0.0
    budget_s: float | None = None
    stage: str = "searching"

    @property
    def best(self) -> Trial | None:
        """The trial with the best value so far; None before the first."""
        return best_of(self.trials, higher_is_better=self.higher_is_better)

    def as_progress(self) -> Progress:
        """The same in the words of a training's progress."""
        best, done = self.best, sum(trial.state != "waiting" for trial in self.trials)
        return Progress(
            stage="tune",
            member="" if best is None else f"trial {best.number}",
            epoch=done,
            n_epochs=self.n_trials,
            metric_name=self.metric_name,
            best_metric=None if best is None else best.value,
            elapsed_s=self.elapsed_s,
            remaining_s=None if self.budget_s is None else max(0.0, self.budget_s - self.elapsed_s),
            message=self.stage,
        )


StudyReport = Callable[[StudyProgress], None]


@dataclass(frozen=True)
class Study:
    """The result of `tune`.

    Args:
        trials: all that were begun, in their order; number 0 is the default recipe.
        model: the ensemble of the best, measured on rows that nothing in the search has seen.
        metric_name: that trials were compared by, on validation rows.
        higher_is_better: of it.
        leaderboard: the ensemble, the default recipe, and the trials that had their whole schedule, best first.
        seconds: of the whole call.
        notes: what happened, a sentence each.
        run_id: of its journal.
        config: the arguments of the call.
    """

    trials: tuple[Trial, ...]
    model: TrainedModel
    metric_name: str
    higher_is_better: bool
    leaderboard: tuple[Standing, ...]
    seconds: float
    notes: tuple[str, ...] = ()
    run_id: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def best(self) -> Trial:
        """The trial with the best value on validation rows, among those that had their whole schedule."""
        found = best_of(self.trials, higher_is_better=self.higher_is_better)
        return self.trials[0] if found is None else found

    def __repr__(self) -> str:
        states = [f"{n} {state}" for state in _STATES if (n := sum(t.state == state for t in self.trials))]
        head = f"Study of {self.model.schema.target!r}: {len(self.trials)} trials ({', '.join(states)})"
        lines = [f"{head} in {format_duration(self.seconds)}; {self.metric_name} on validation rows:"]
        for line in self.leaderboard[:_SHOWN]:
            share = "" if line.weight is None else f"  {line.weight:4.0%} of the ensemble"
            lines.append(f"  {line.name:<18} {line.value}{share}  {line.words}".rstrip())
        shown = self.model.metrics.get(self.metric_name)
        lines.append(f"  held out: {self.metric_name} {shown}; {self.model.metrics_note}")
        return "\n".join(lines + [f"  {note}" for note in self.notes] + ["  .model is the ensemble, a TrainedModel"])


_STATES = ("complete", "pruned", "stopped", "failed")


def best_of(trials: Sequence[Trial], *, higher_is_better: bool) -> Trial | None:
    """The trial with the best value, those that had their whole schedule first; None without any value."""
    for states in (("complete",), ("waiting", "stopped", "pruned")):
        values = {trial.number: trial.value for trial in trials if trial.state in states}
        order = ranked(values, higher_is_better=higher_is_better)
        if order:
            return next(trial for trial in trials if trial.number == order[0])
    return None


def standings(
    named: Mapping[str, tuple[np.ndarray, float | None, str]],
    default: np.ndarray,
    metric: Metric,
    y: np.ndarray,
    counted: np.ndarray | None,
    seed: int,
) -> tuple[Standing, ...]:
    """Each name's metric, and its gain over the default recipe, with intervals from the same resamples.

    Args:
        named: name to logits `(row, output)`, share in the ensemble, and words.
        default: logits of the default recipe's blend.
        metric: that decides.
        y: of the rows.
        counted: weights of the rows, or None.
        seed: of the resamples.
    """
    many = draw_resamples(len(y), counted, seed=seed)
    base, base_drawn = metric(y, default, counted), np.asarray(metric.function(y, default, many))
    sign = 1.0 if metric.higher_is_better else -1.0
    found = []
    for name, (logits, weight, words) in named.items():
        value, drawn = metric(y, logits, counted), np.asarray(metric.function(y, logits, many))
        gain = _interval(sign * (value - base), sign * (drawn - base_drawn))
        found.append(Standing(name, _interval(value, drawn), gain, weight, words))
    return tuple(found)


def _interval(value: float, drawn: np.ndarray) -> Estimate:
    known = drawn[~np.isnan(drawn)]
    if len(known) < 2 or math.isnan(value):
        return Estimate(value)
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(value, float(low), float(high))
