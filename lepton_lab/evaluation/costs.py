"""What wrong decisions cost, and the threshold that costs least.

A false alarm is a row called positive that is negative; a missed one is a row called negative that is positive.
Where probabilities hold, a row should be called positive from `false_alarm / (false_alarm + missed)` on. That
threshold is kept unless another one is better on the rows by more than two standard errors: the lowest point of
a cost curve drawn from a few hundred rows is mostly luck, and costs more on new ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepton_lab.errors import OptionError, did_you_mean
from lepton_lab.evaluation.paired import Sampling
from lepton_lab.metrics import Estimate
from lepton_lab.tasks import Task

NAMES = ("false_alarm", "missed")
_FOLDS, _POINTS = 5, 200
# The lowest point is the best of many: beyond one standard error it is by luck three times of four.
_BEYOND = 2.0


@dataclass(frozen=True)
class Costs:
    """Of one wrong decision of either kind, in any unit of money or effort; right ones cost nothing.

    Args:
        false_alarm: of calling a row positive that is negative.
        missed: of calling a row negative that is positive.
        unit: what is counted, such as "€"; empty where the user did not say.
    """

    false_alarm: float
    missed: float
    unit: str = ""

    @property
    def in_unit(self) -> str:
        """The unit after a number: a space and the unit, or nothing."""
        return f" {self.unit}" if self.unit else ""

    @property
    def calibrated(self) -> float:
        """The best threshold where probabilities are right."""
        return self.false_alarm / (self.false_alarm + self.missed)

    def of(self, y: np.ndarray, called: np.ndarray) -> np.ndarray:
        """Cost of each row: class index `y`, and whether it is called positive."""
        return np.where(called, self.false_alarm * (y == 0), self.missed * (y == 1)).astype(float)


@dataclass(frozen=True)
class Judged:
    """Rows with the probability of the positive class, class index, weights and groups (None where there are none)."""

    probability: np.ndarray
    y: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> Judged:
        """These rows."""
        parts = (None if part is None else part[rows] for part in (self.weights, self.groups))
        return Judged(self.probability[rows], self.y[rows], *parts)


@dataclass(frozen=True)
class CostChoice:
    """The threshold for given costs, and what it costs.

    Args:
        costs: as given.
        threshold: from which a row should be called positive. Keep it: `model.with_threshold(threshold)`.
        cost: expected, a row, on rows that did not choose the threshold, with its 95 % interval.
        now: the same at the model's own threshold.
        saving: `now - cost`, paired on the same resamples.
        call_none, call_all: cost a row of calling no row, or every row, positive.
        thresholds, curve: cost a row at many thresholds, on all the rows reported on.
        note: how the threshold was chosen, and on which rows its cost is measured.
    """

    costs: Costs
    threshold: float
    cost: Estimate
    now: Estimate
    saving: Estimate
    call_none: float
    call_all: float
    thresholds: np.ndarray
    curve: np.ndarray
    note: str


def read_costs(costs: Mapping[str, float], task: Task, unit: str = "") -> Costs:
    """The costs of wrong decisions between a task's two classes, as the user wrote them.

    Raises:
        OptionError: not two classes, a name or a number that cannot be used.
    """
    if len(task.classes) != 2:
        raise OptionError(
            f"costs= sets a threshold between two classes, and this is a {task.name} model. "
            "Leave costs= out, or train with a target of two classes"
        )
    negative, positive = task.classes
    return costs_between(costs, repr(negative), repr(positive), unit)


def costs_between(costs: Mapping[str, float], negative: str, positive: str, unit: str = "") -> Costs:
    """The same between what is not called and what is, in words.

    Raises:
        OptionError: a name, a number or a unit that cannot be used.
    """
    wanted = "costs={'false_alarm': 1, 'missed': 5}"
    if not isinstance(costs, Mapping):
        raise OptionError(f"costs={costs!r} is no dict. For example: {wanted}")
    for name in costs:
        if name not in NAMES:
            raise OptionError(
                f"costs has no {name!r}.{did_you_mean(name, NAMES)} Give false_alarm (called {positive}, is "
                f"{negative}) and missed (called {negative}, is {positive}): {wanted}"
            )
    if missing := [name for name in NAMES if name not in costs]:
        raise OptionError(f"costs lacks {missing[0]!r}; the threshold hangs on both. For example: {wanted}")
    if not isinstance(unit, str):
        raise OptionError(f"unit={unit!r} is no text. For example: unit='€'")
    return Costs(*(_cost(name, costs[name]) for name in NAMES), unit=unit.strip())


def _cost(name: str, value: object) -> float:
    number = float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else math.nan
    if not (number > 0 and math.isfinite(number)):
        raise OptionError(f"costs[{name!r}] is {value!r}; wanted a number above 0, such as 1")
    return number


def choose_threshold(rows: Judged, costs: Costs) -> float:
    """The threshold that costs least on these rows, or the calibrated one where no other is better beyond chance."""
    thresholds, curve = cost_curve(rows, costs)
    best, kept = float(thresholds[int(np.argmin(curve))]), costs.calibrated
    each = [costs.of(rows.y, rows.probability >= t) for t in (kept, best)]
    gap, w = each[0] - each[1], np.ones(len(rows.y)) if rows.weights is None else rows.weights
    mean = float(np.average(gap, weights=w))
    error = math.sqrt(float(np.sum(w**2 * (gap - mean) ** 2))) / float(w.sum())
    return best if mean > _BEYOND * error else kept


def cost_curve(rows: Judged, costs: Costs) -> tuple[np.ndarray, np.ndarray]:
    """Every threshold that decides differently, rising from 0 to 1, and the mean cost a row at each."""
    w = np.ones(len(rows.y)) if rows.weights is None else rows.weights
    values, group = np.unique(rows.probability, return_inverse=True)
    missed = np.cumsum(np.bincount(group, w * (rows.y == 1)))
    alarms = np.bincount(group, w * (rows.y == 0))
    called = np.concatenate([[alarms.sum()], alarms.sum() - np.cumsum(alarms)])
    cost = costs.false_alarm * called + costs.missed * np.concatenate([[0.0], missed])
    between = 0.5 * (values[1:] + values[:-1])
    return np.concatenate([[0.0], between, [1.0]]), cost / w.sum()


def weigh_costs(
    rows: Judged, costs: Costs, now: np.ndarray | float, *, apart: Judged | None, where: str, seed: int = 0
) -> CostChoice:
    """Choose a threshold, and say what it costs on rows that did not choose it.

    Args:
        rows: to report on.
        costs: of wrong decisions.
        now: the model's threshold, one or one a row.
        apart: other rows that training did not learn from, to choose on; None deals `rows` over folds, each
            decided by the threshold that the others choose.
        where: what to call `apart`.
        seed: of folds and resamples.
    """
    if apart is not None:
        threshold = choose_threshold(apart, costs)
        decided_at: np.ndarray | float = threshold
        note = f"chosen on {len(apart.y):,} {where}, cost measured on the {len(rows.y):,} rows of the frame"
    else:
        threshold = choose_threshold(rows, costs)
        decided_at = _crossed(rows, costs, seed)
        note = (
            f"chosen on all {len(rows.y):,} rows; its cost is measured with each fifth of them decided by the "
            "threshold that the other four choose"
        )
    each = costs.of(rows.y, rows.probability >= decided_at), costs.of(rows.y, rows.probability >= now)
    cost, before, saving = _means(each, Sampling(len(rows.y), rows.weights, rows.groups, seed))
    thresholds, curve = cost_curve(rows, costs)
    shown = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), _POINTS)).round().astype(int))
    if math.isclose(threshold, costs.calibrated):
        note += (
            "; it is what calibrated probabilities ask for, and no other was better by more than two standard errors"
        )
    return CostChoice(
        costs, threshold, cost, before, saving, float(curve[-1]), float(curve[0]), thresholds[shown], curve[shown], note
    )


def _crossed(rows: Judged, costs: Costs, seed: int) -> np.ndarray:
    """Each row's threshold: chosen on the folds it is not in. Rows of a group share a fold."""
    unit = np.arange(len(rows.y)) if rows.groups is None else np.unique(rows.groups, return_inverse=True)[1]
    dealt = np.random.default_rng(seed).permutation(int(unit.max()) + 1)
    fold = dealt[unit] % _FOLDS
    found = np.full(len(rows.y), costs.calibrated)
    for k in range(_FOLDS):
        if 0 < np.sum(fold == k) < len(fold):
            found[fold == k] = choose_threshold(rows.take(fold != k), costs)
    return found


def _means(each: tuple[np.ndarray, np.ndarray], sampling: Sampling) -> tuple[Estimate, Estimate, Estimate]:
    """Mean of two costs a row and of the second minus the first, on shared resamples."""
    parts = np.stack([each[0], each[1], each[1] - each[0]], axis=1)
    w = np.ones(len(parts)) if sampling.weights is None else sampling.weights
    drawn = np.concatenate([(many @ parts) / many.sum(axis=1, keepdims=True) for many in sampling.pieces()])
    low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    value = w @ parts / w.sum()
    first, second, saving = (Estimate(float(v), float(a), float(b)) for v, a, b in zip(value, low, high, strict=True))
    return first, second, saving
