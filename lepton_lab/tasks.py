"""What is learned: two classes, several, a number, or a time to an event. A task is a frozen value that knows
its loss, its link, its metrics and the unit of its logits; it holds no rows and none of a member's parameters.

Logits are always `(row, output)`: one log-odds of the positive class (binary), one logit a class
(multiclass), one number in the target's unit (regression), or one log hazard (survival, in a file of its own).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from lepton_lab import metrics
from lepton_lab.errors import DamagedFileError, OptionError, no_such_option
from lepton_lab.logit_metrics import BINARY, MULTICLASS, REGRESSION, binary_probability, cross_entropy, softmax
from lepton_lab.metrics import Metric
from lepton_lab.quantiles import Quantiles
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    import jax

ClassValue = str | int | float | bool


@runtime_checkable
class Task(Protocol):
    """What fitting, explanation and evaluation need to know of a task."""

    @property
    def name(self) -> str:
        """`binary`, `multiclass`, `regression`, `quantile`, `survival` or `ranking`."""
        ...

    @property
    def n_outputs(self) -> int:
        """Numbers a member gives for one row."""
        ...

    @property
    def classes(self) -> tuple[ClassValue, ...]:
        """The user's own class values, by index (binary: negative, positive); empty without classes."""
        ...

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Every metric that fits the task, by name."""
        ...

    @property
    def default_metric(self) -> str:
        """The metric shown first, and by default the one that training watches."""
        ...

    @property
    def unit(self) -> str:
        """The unit of the logits, in words."""
        ...

    def targets(self, y: np.ndarray) -> np.ndarray:
        """`y` as the loss wants it: class index int32, the standardised target or the exposure float32."""
        ...

    def loss(self, raw: jax.Array, targets: jax.Array) -> jax.Array:
        """Loss of each row: raw outputs `(row, output)` and `targets(y)` `(row,)` to `(row,)`."""
        ...

    def logits(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs of a network trained on `loss`, as logits `(row, output)`."""
        ...

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities `(row, class)`; without classes `(row, 0)`."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `task_from_json` reads."""
        ...


@dataclass(frozen=True)
class Binary:
    """Two classes; the logit is the log-odds of `positive`.

    Args:
        negative: the user's value of the class with index 0.
        positive: the user's value of the class with index 1.
    """

    negative: ClassValue
    positive: ClassValue
    name = "binary"
    n_outputs = 1
    default_metric = "auc"
    unit = "log-odds"

    @property
    def classes(self) -> tuple[ClassValue, ...]:
        """Negative, positive."""
        return (self.negative, self.positive)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics of two classes."""
        return BINARY

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Class index, int32."""
        return np.asarray(y).astype(np.int32)

    def loss(self, raw: jax.Array, targets: jax.Array) -> jax.Array:
        """Cross-entropy, in nats."""
        import jax
        import jax.numpy as jnp

        z = raw[..., 0]
        return jax.nn.softplus(z) - jnp.asarray(targets, z.dtype) * z

    def logits(self, raw: np.ndarray) -> np.ndarray:
        """The raw outputs are log-odds already."""
        return np.asarray(raw)

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Probability of the negative and of the positive class, `(row, 2)`."""
        return binary_probability(logits)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `task_from_json` reads."""
        return {"name": self.name, "negative": self.negative, "positive": self.positive}


@dataclass(frozen=True)
class Multiclass:
    """Three classes or more; one logit a class, defined up to a shift."""

    classes: tuple[ClassValue, ...]
    name = "multiclass"
    default_metric = "log_loss"
    unit = "logits"

    @property
    def n_outputs(self) -> int:
        """One a class."""
        return len(self.classes)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics of several classes."""
        return MULTICLASS

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Class index, int32."""
        return np.asarray(y).astype(np.int32)

    def loss(self, raw: jax.Array, targets: jax.Array) -> jax.Array:
        """Cross-entropy, in nats."""
        return cross_entropy(raw, targets)

    def logits(self, raw: np.ndarray) -> np.ndarray:
        """The raw outputs are logits already."""
        return np.asarray(raw)

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Softmax, `(row, class)`."""
        return softmax(logits)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `task_from_json` reads."""
        return {"name": self.name, "classes": list(self.classes)}


@dataclass(frozen=True)
class Regression:
    """A number. The network learns `(y - location) / scale`; logits are in the target's unit.

    Args:
        location: mean of the target on the training rows.
        scale: its standard deviation, above 0.
        unit: what the number counts, in words.
    """

    location: float = 0.0
    scale: float = 1.0
    unit: str = "target"
    name = "regression"
    n_outputs = 1
    classes = ()
    default_metric = "rmse"

    @staticmethod
    def of(y: np.ndarray, unit: str = "target") -> Regression:
        """The task of a target column: its mean and standard deviation."""
        y = np.asarray(y, np.float64)
        scale = float(np.std(y))
        return Regression(float(np.mean(y)), scale if scale > 0 and math.isfinite(scale) else 1.0, unit)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics of a number."""
        return REGRESSION

    def targets(self, y: np.ndarray) -> np.ndarray:
        """The standardised target, float32."""
        return ((np.asarray(y, np.float64) - self.location) / self.scale).astype(np.float32)

    def loss(self, raw: jax.Array, targets: jax.Array) -> jax.Array:
        """Squared error of the standardised target."""
        return (raw[..., 0] - targets) ** 2

    def logits(self, raw: np.ndarray) -> np.ndarray:
        """The raw outputs in the target's unit."""
        return np.asarray(raw, np.float64) * self.scale + self.location

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """No classes, no columns."""
        return np.zeros((len(logits), 0))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `task_from_json` reads."""
        return {"name": self.name, "location": self.location, "scale": self.scale, "unit": self.unit}


def task_from_json(data: Mapping[str, Any]) -> Task:
    """The task that `to_json` wrote.

    Raises:
        DamagedFileError: for anything else.
    """
    try:
        if data["name"] == "binary":
            return Binary(data["negative"], data["positive"])
        if data["name"] == "multiclass":
            return Multiclass(tuple(data["classes"]))
        if data["name"] == "regression":
            return Regression(float(data["location"]), float(data["scale"]), str(data["unit"]))
        if data["name"] == "ranking":
            return Ranking.from_json(data)
        if data["name"] == "survival":
            return Survival.from_json(data)
        if data["name"] == "quantile":
            return Quantiles.from_json(data)
    except (KeyError, TypeError, ValueError, OptionError) as error:
        raise DamagedFileError(f"the task {data!r} cannot be read: {error!r}.") from error
    raise DamagedFileError(f"the task {data.get('name')!r} is not known to this lepton-lab.")


def metric_of(task: Task, name: str | None) -> Metric:
    """The metric called `name`, or the task's default for None.

    Raises:
        OptionError: where the metric does not fit the task.
    """
    if name is None:
        return task.metrics[task.default_metric]
    if name not in task.metrics:
        raise no_such_option(f"metric (of a {task.name} target)", name, task.metrics)
    return task.metrics[name]


def loss_metric(task: Task) -> Metric:
    """The loss of a task as a metric of logits: what members are judged by while they grow."""
    if isinstance(task, Survival):
        return Metric("log_loss", _survival_loss(task), False, "log loss")
    return task.metrics["log_loss" if task.classes else "pinball" if isinstance(task, Quantiles) else "rmse"]


def output_names(task: Task) -> tuple[str, ...]:
    """What the outputs are called: classes, levels of quantiles, the positive class, or `prediction`."""
    if isinstance(task, Quantiles):
        return task.outputs
    if task.n_outputs > 1:
        return tuple(map(str, task.classes))
    return (str(task.classes[1]) if task.classes else "prediction",)


def are_shifted(task: Task) -> bool:
    """Whether the outputs are classes' logits, defined up to a shift, and so are centred where they are added up."""
    return task.n_outputs > 1 and bool(task.classes)


def unit_of(task: Task) -> tuple[float, float]:
    """Location and scale of a target that is a number; 0 and 1 of another."""
    return (task.location, task.scale) if isinstance(task, (Regression, Quantiles)) else (0.0, 1.0)


def answers(task: Task, logits: np.ndarray, *, of_member: bool = False) -> np.ndarray:
    """Logits as the task's metrics take them: with the survival curves they mean, where the task is survival.

    Args:
        task: what is predicted.
        logits: `(row, output)`, of a model or of one of its members.
        of_member: of a member, before calibration.
    """
    return task.answers(logits, of_member=of_member) if isinstance(task, Survival) else logits


def _survival_loss(task: Survival) -> Any:
    def of_logits(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> metrics.Score:
        each = task.losses(y, np.asarray(logits[:, 0], np.float64))
        return metrics.mean(each, weights)

    return of_logits
