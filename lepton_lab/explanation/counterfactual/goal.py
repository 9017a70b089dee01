"""What a counterfactual is to reach: `"<0.2"`, a class, `">50000"`, and when a row's prediction is there.

A goal is a few half-spaces in link space: `planes @ logits > offsets`. The smallest slack over them is the
`margin`, above 0 where the goal is reached, and concave in the logits, so that a gradient can follow it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from lepton_lab.errors import OptionError, did_you_mean
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task
from lepton_lab.trained import TrainedModel

_COMPARISON = re.compile(r"\s*(<=|>=|<|>)\s*([-+]?[\d_,]*\.?\d+(?:[eE][-+]?\d+)?)\s*(%?)\s*")
# Float32 members give a row the same logits to about this, whatever rows are asked beside it.
SLACK = 1e-5

Reach = object


@dataclass(frozen=True)
class Goal:
    """What one row is to reach.

    Args:
        planes: normals of the half-spaces; one comparison, two for a range, one a rival class.
        offsets: what `planes @ logits` is to exceed.
        words: the goal as a sentence's end, such as `probability of 'yes' < 0.2`.
        wanted: index of the class the model is to predict; None for a number.
        low, high: what the shown number must lie between; infinite where open.
        closed: whether the ends themselves count.
    """

    planes: Float64[np.ndarray, "plane output"]
    offsets: Float64[np.ndarray, " plane"]
    words: str
    wanted: int | None = None
    low: float = -math.inf
    high: float = math.inf
    closed: bool = False


@dataclass(frozen=True)
class Goals:
    """The goals of some rows, one a row, as arrays.

    Args:
        each: a goal a row; rows may share one.
        planes: of each row's half-spaces.
        offsets: what they are to exceed.
        slack: margin from which a state counts as there: above the noise of float32.
    """

    each: tuple[Goal, ...]
    planes: Float64[np.ndarray, "row plane output"]
    offsets: Float64[np.ndarray, "row plane"]
    slack: float

    def margin(
        self, rows: Int[np.ndarray, " state"], logits: Float[np.ndarray, "state output"]
    ) -> Float64[np.ndarray, " state"]:
        """How far inside its goal each state of a row is, in link space; negative outside."""
        along = np.einsum("spo,so->sp", self.planes[rows], np.asarray(logits, np.float64))
        return (along - self.offsets[rows]).min(axis=1)

    def take(self, rows: Int[np.ndarray, " taken"]) -> Goals:
        """The goals of some of the rows."""
        return Goals(tuple(self.each[i] for i in rows), self.planes[rows], self.offsets[rows], self.slack)


def goals_of(model: TrainedModel, reach: Reach, logits: Float[np.ndarray, "row output"]) -> Goals:
    """The goal of each row.

    Args:
        model: whose prediction is to change.
        reach: a class; `"<0.2"`, `">=50 %"` of the positive class's probability; for a number `">50000"` or
            `(low, high)`; None for the other one of two classes.
        logits: the model's, of the rows as they are.

    Raises:
        OptionError: the goal cannot be read, or none fits the task.
    """
    if reach is None:
        index = _predicted(model, logits)
        if len(model.classes) != 2:
            raise OptionError(f"what is to be reached? Type: {_examples(model.task)}")
        both = [_class_goal(model, wanted) for wanted in (0, 1)]
        each = tuple(both[1 - int(i)] for i in index)
    else:
        each = (_goal(model, reach),) * len(logits)
    unit = float(getattr(model.task, "scale", 1.0))
    n_outputs = model.task.n_outputs
    planes = np.array([goal.planes for goal in each]).reshape(len(each), -1, n_outputs)
    return Goals(each, planes, np.array([goal.offsets for goal in each]).reshape(planes.shape[:2]), SLACK * unit)


def reached(model: TrainedModel, goals: Goals, logits: Float[np.ndarray, "row output"]) -> Bool[np.ndarray, " row"]:
    """Whether the prediction of each row is what its goal says, as `model.predict` decides."""
    index, shown = _predicted(model, logits), shown_number(model, goals, logits)
    there = [
        bool(k == goal.wanted) if goal.wanted is not None else _between(float(number), goal)
        for k, number, goal in zip(index, shown, goals.each, strict=True)
    ]
    return np.array(there, bool)


def shown_number(
    model: TrainedModel, goals: Goals, logits: Float[np.ndarray, "row output"]
) -> Float64[np.ndarray, " row"]:
    """The number that a goal is about: the positive or wanted class's probability, or the estimate."""
    if not model.classes:
        return np.asarray(logits, np.float64)[:, 0]
    probability = model.task.probability(logits)
    if len(model.classes) == 2:
        return probability[:, 1]
    wanted = np.array([goal.wanted or 0 for goal in goals.each], int)
    return probability[np.arange(len(wanted)), wanted]


def unit_of(model: TrainedModel, goals: Goals) -> str:
    """What the shown number is, in words."""
    if not model.classes:
        return _estimated(model)
    k = 1 if len(model.classes) == 2 else (goals.each[0].wanted or 0)
    return f"probability of {model.classes[k]!r}"


def _between(number: float, goal: Goal) -> bool:
    return goal.low <= number <= goal.high if goal.closed else goal.low < number < goal.high


def _predicted(model: TrainedModel, logits: np.ndarray) -> np.ndarray:
    return model.decide(model.task.probability(logits)) if model.classes else np.zeros(len(logits), int)


def _goal(model: TrainedModel, reach: Reach) -> Goal:
    classes = model.classes
    same = [k for k, c in enumerate(classes) if c == reach and isinstance(c, bool) == isinstance(reach, bool)]
    # The class `<=50K` is no comparison: what a class is called goes first.
    same = same or [k for k, c in enumerate(classes) if isinstance(reach, str) and str(c) == reach.strip()]
    if same:
        return _class_goal(model, same[0])
    if isinstance(reach, str) and (match := _COMPARISON.fullmatch(reach)):
        number = float(re.sub("[_,]", "", match[2])) / (100 if match[3] else 1)
        return _comparison(model, match[1], number)
    if isinstance(reach, (tuple, list)) and len(reach) == 2 and not classes:
        low, high = (None if end is None else _number(model, reach, end) for end in reach)
        return _range(model, -math.inf if low is None else low, math.inf if high is None else high)
    raise _unreadable(model, reach)


def _class_goal(model: TrainedModel, wanted: int) -> Goal:
    """The class that the model is to predict: by its threshold, or likelier than every other one."""
    classes = model.classes
    words = f"predicted {classes[wanted]!r}"
    if len(classes) == 2:
        threshold = 0.5 if model.threshold is None else min(max(model.threshold, 1e-12), 1 - 1e-12)
        sign = 1.0 if wanted == 1 else -1.0
        return Goal(np.array([[sign]]), np.array([sign * _logit(threshold)]), words, wanted)
    planes = np.eye(len(classes))[wanted] - np.delete(np.eye(len(classes)), wanted, axis=0)
    return Goal(planes, np.zeros(len(classes) - 1), words, wanted)


def _comparison(model: TrainedModel, sign: str, number: float) -> Goal:
    if len(model.classes) > 2:
        raise _unreadable(model, f"{sign}{number:g}")
    if model.classes and not 0 < number < 1:
        raise OptionError(
            f"reach='{sign}{number:g}': a probability lies between 0 and 1. Type: {_examples(model.task)}"
        )
    what = f"probability of {model.classes[-1]!r}" if model.classes else _estimated(model)
    up = sign.startswith(">")
    offset = _logit(number) if model.classes else number
    ends = {"low": number} if up else {"high": number}
    factor = 1.0 if up else -1.0
    words = f"{what} {sign} {number:g}"
    return Goal(factor * _first_output(model), np.array([factor * offset]), words, None, **ends, closed="=" in sign)


def _range(model: TrainedModel, low: float, high: float) -> Goal:
    if not low < high or (math.isinf(low) and math.isinf(high)):
        raise OptionError(f"reach=({low:g}, {high:g}) holds no number. Type: {_examples(model.task)}")
    words = f"{_estimated(model)} from {low:g} to {high:g}"
    ends = [(1.0, low), (-1.0, -high)]
    kept = [(sign, end) for sign, end in ends if math.isfinite(end)]
    planes = np.concatenate([sign * _first_output(model) for sign, _ in kept])
    return Goal(planes, np.array([end for _, end in kept]), words, None, low, high, closed=True)


def _first_output(model: TrainedModel) -> np.ndarray:
    """The plane of the one number that a goal is about `(1, output)`: of quantiles the median, which comes first."""
    return np.eye(1, model.task.n_outputs)


def _estimated(model: TrainedModel) -> str:
    task = model.task
    return f"log hazard of {task.event!r}" if isinstance(task, Survival) else f"predicted {model.schema.target}"


def _number(model: TrainedModel, reach: Reach, end: object) -> float:
    if isinstance(end, bool) or not isinstance(end, (int, float, np.integer, np.floating)) or not math.isfinite(end):
        raise _unreadable(model, reach)
    return float(end)


def _logit(probability: float) -> float:
    return math.log(probability) - math.log1p(-probability)


def _unreadable(model: TrainedModel, reach: Reach) -> OptionError:
    classes = f" Classes: {', '.join(map(repr, model.classes[:12]))}." if model.classes else ""
    hint = did_you_mean(reach, model.classes) if isinstance(reach, str) else ""
    return OptionError(
        f"reach={reach!r} is no goal for a {model.task.name} target.{hint}{classes} Type: {_examples(model.task)}"
    )


def _examples(task: Task) -> str:
    """What may be typed for a task."""
    if task.name == "binary":
        return f"reach={task.classes[0]!r}, reach='<0.2' or reach='>0.5' (probability of {task.classes[1]!r})"
    if task.name in ("multiclass", "ranking"):
        return " or ".join(f"reach={c!r}" for c in task.classes[:3])
    if isinstance(task, Survival):
        return f"reach='<-0.5', reach='>0.5' or reach=(-1, 0) (log hazard of {task.event!r}: the risk of predict)"
    return "reach='<100', reach='>100' or reach=(100, 200)"
