"""The task of several quantiles of a number: not one figure, but what it lies below in a tenth, half, ... of cases.

Each level is an output of its own, learned by the pinball loss. Levels are learned apart, so in some rows they may
cross; wherever quantiles are shown or measured they are put in order, which is never worse.

Source: Koenker and Bassett 1978, Econometrica 46, for the loss; Chernozhukov et al. 2010, Econometrica 78, for the
    order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab import metrics
from lepton_lab.errors import OptionError
from lepton_lab.metrics import Metric, Score

if TYPE_CHECKING:
    import jax

# How outputs are told from those of classes wherever only their names are known.
_NAMED = "quantile "
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
_EXAMPLE = 'task="quantile:0.1,0.5,0.9"'
# The pinball loss has no slope at 0: the linear model's is round over this share of the target's spread.
ROUND = 0.02


@dataclass(frozen=True)
class Quantiles:
    """Quantiles of a number. Logits are in the target's unit, the level nearest to the median first.

    So whoever asks for one number of a row, output 0, is given its median.

    Args:
        levels: rising, each above 0 and below 1: the share of cases below.
        location: middle of the target on the training rows.
        scale: its standard deviation, above 0.
        unit: what the number counts, in words.
    """

    levels: tuple[float, ...] = LEVELS
    location: float = 0.0
    scale: float = 1.0
    unit: str = "target"
    name = "quantile"
    classes = ()
    default_metric = "pinball"

    def __post_init__(self) -> None:
        if (
            not self.levels
            or not all(0 < level < 1 for level in self.levels)
            or list(self.levels) != sorted(set(self.levels))
        ):
            raise OptionError(
                f"levels {list(self.levels)} of quantiles: wanted different numbers above 0 and below 1, rising. "
                f"For example: {_EXAMPLE}"
            )

    @staticmethod
    def of(y: np.ndarray, levels: Sequence[float] = LEVELS, unit: str = "target") -> Quantiles:
        """The task of a target column."""
        y = np.asarray(y, np.float64)
        scale = float(np.std(y))
        return Quantiles(tuple(levels), float(np.median(y)), scale if 0 < scale < math.inf else 1.0, unit)

    @property
    def n_outputs(self) -> int:
        """One a level."""
        return len(self.levels)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Which of `levels` each output is: the one nearest to the median, then the others, rising."""
        main = min(range(len(self.levels)), key=lambda k: abs(self.levels[k] - 0.5))
        return (main, *(k for k in range(len(self.levels)) if k != main))

    @cached_property
    def output_levels(self) -> np.ndarray:
        """The level of each output `(output,)`."""
        return np.array([self.levels[k] for k in self.order])

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs' names: their levels."""
        return tuple(f"{_NAMED}{level:g}" for level in self.output_levels)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics of quantiles."""
        return {metric.name: metric for metric in _metrics(self)}

    @property
    def interval(self) -> tuple[float, float] | None:
        """The outermost levels as an interval, where they lie on both sides of the median."""
        low, high = self.levels[0], self.levels[-1]
        return (low, high) if low < 0.5 < high else None

    def in_order(self, logits: np.ndarray) -> np.ndarray:
        """The quantiles of each row `(row, level)`, rising with the level."""
        return np.sort(np.asarray(logits, np.float64), axis=-1)

    def at(self, logits: np.ndarray, level: float) -> np.ndarray:
        """The quantile of any level `(row,)`, straight between those that were learned; beyond them the outermost."""
        found = self.in_order(logits)
        place = float(np.interp(level, self.levels, np.arange(len(self.levels))))
        low = min(int(place), max(len(self.levels) - 2, 0))
        high = min(low + 1, len(self.levels) - 1)
        return found[:, low] + (place - low) * (found[:, high] - found[:, low])

    def columns(self, logits: np.ndarray) -> dict[str, np.ndarray]:
        """A prediction's columns: the level nearest to the median, and every level."""
        found = self.in_order(logits)
        levels = {f"quantile_{level:g}": found[:, k] for k, level in enumerate(self.levels)}
        return {"prediction": found[:, self.order[0]], **levels}

    def losses(self, y: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """The pinball loss of each row `(row,)`, the mean over levels, in the target's unit."""
        return pinball(np.asarray(y, np.float64), np.asarray(logits, np.float64), self.output_levels).mean(axis=-1)

    def targets(self, y: np.ndarray) -> np.ndarray:
        """The standardised target, float32."""
        return ((np.asarray(y, np.float64) - self.location) / self.scale).astype(np.float32)

    def loss(self, raw: jax.Array, targets: jax.Array) -> jax.Array:
        """The pinball loss of the standardised target, the mean over levels."""
        import jax.numpy as jnp

        level = jnp.asarray(self.output_levels, raw.dtype)
        gap = targets[..., None] - raw
        return jnp.maximum(level * gap, (level - 1) * gap).mean(axis=-1)

    def logits(self, raw: np.ndarray) -> np.ndarray:
        """The raw outputs in the target's unit."""
        return np.asarray(raw, np.float64) * self.scale + self.location

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """No classes, no columns."""
        return np.zeros((len(logits), 0))

    def answer_without_columns(self, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """What the best guess that looks at no column says of every row: the target's own quantiles `(output,)`."""
        return np.array([weighted_quantile(np.asarray(y, np.float64), weights, level) for level in self.output_levels])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        return {
            "name": self.name, "levels": list(self.levels), "location": self.location, "scale": self.scale,
            "unit": self.unit,
        }  # fmt: skip

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Quantiles:
        """The task that `to_json` wrote."""
        levels = tuple(float(level) for level in data["levels"])
        return Quantiles(levels, float(data["location"]), float(data["scale"]), str(data["unit"]))


def rounded_pinball(gap: np.ndarray, levels: np.ndarray, width: float) -> np.ndarray:
    """The pinball loss of gaps `(row, level)`, round over `width` where it has a corner: for searches by slopes.

    Source: Zheng 2011, International Journal of Machine Learning and Cybernetics 2.
    """
    return levels * gap + width * np.logaddexp(0, -gap / width)


def are_quantiles(names: Sequence[str]) -> bool:
    """Whether outputs of these names are quantiles: the first is then the one to look at first."""
    return all(name.startswith(_NAMED) for name in names)


def said_of_output(names: Sequence[str], output: int) -> str:
    """One of several outputs in words.

    Example:
        >>> said_of_output(("low", "high"), 1), said_of_output(("quantile 0.5", "quantile 0.1"), 0)
        ('class high', 'quantile 0.5')
    """
    return names[output] if are_quantiles(names) else f"class {names[output]}"


def read_levels(task: str) -> tuple[float, ...]:
    """The levels of a task as typed: `quantile`, or `quantile:0.05,0.5,0.95`.

    Raises:
        OptionError: they are no levels.

    Example:
        >>> read_levels("quantile:0.9,0.1")
        (0.1, 0.9)
    """
    _, colon, said = task.partition(":")
    if not colon:
        return LEVELS
    try:
        levels = tuple(sorted(float(word) for word in said.split(",")))
    except ValueError:
        raise OptionError(f"task={task!r}: levels are numbers above 0 and below 1. For example: {_EXAMPLE}") from None
    return Quantiles(levels).levels


def pinball(y: np.ndarray, quantiles: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """The pinball loss of each quantile `(row, level)`: least in the mean where that share of cases lies below it."""
    gap = y[:, None] - quantiles
    return np.maximum(levels * gap, (levels - 1) * gap)


def weighted_quantile(values: np.ndarray, weights: np.ndarray | None, level: float) -> float:
    """The smallest value with at least this share of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)[order])
    place = int(np.searchsorted(passed, level * passed[-1] * (1 - 1e-12)))
    return float(values[order][min(place, len(values) - 1)])


def conformal_shifts(task: Quantiles, logits: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """What to add to each output `(output,)` so that its share of these rows lies below it.

    Rows that no member learned from say how far off a level is; few of them are believed only partly.

    Source: Romano et al. 2019, arXiv:1905.03222. Theirs moves both ends of an interval alike, ours each level by
        itself, and towards 0 where rows are few.
    """
    gap = np.asarray(y, np.float64)[:, None] - np.asarray(logits, np.float64)
    n = len(gap)
    # Beyond the middle a little further out: a new row may lie outside of all that are here.
    levels = np.clip(0.5 + (task.output_levels - 0.5) * (n + 1) / max(n, 1), 0.0, 1.0)
    shifts = [weighted_quantile(gap[:, k], weights, float(level)) for k, level in enumerate(levels)]
    return np.array(shifts) * n / (n + _BELIEVED_FROM)


# So many rows count as much as the belief that a level is right as it is.
_BELIEVED_FROM = 50.0


def _metrics(task: Quantiles) -> list[Metric]:
    """The pinball loss, the error of the median, and how wide and how right the outermost interval is."""
    levels, main = np.array(task.levels), task.order[0]

    def of_pinball(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> Score:
        return metrics.mean(pinball(np.asarray(y, np.float64), task.in_order(logits), levels).mean(axis=1), weights)

    def of_median(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> Score:
        return metrics.mae(y, task.in_order(logits)[:, main], weights)

    found = [Metric("pinball", of_pinball, False, "pinball loss"), Metric("mae", of_median, False, _named(task))]
    if task.interval is None:
        return found
    wanted = task.interval[1] - task.interval[0]

    def of_gap(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> Score:
        share = metrics.mean(inside(task, y, logits).astype(float), weights)
        return abs(share - wanted) if isinstance(share, float) else np.abs(share - wanted)

    def of_width(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> Score:
        ends = task.in_order(logits)
        return metrics.mean(ends[:, -1] - ends[:, 0], weights)

    return [
        *found,
        Metric("coverage_gap", of_gap, False, f"off {wanted:.0%} coverage"),
        Metric("width", of_width, False, f"width of {wanted:.0%}"),
    ]


def inside(task: Quantiles, y: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Whether each row lies between its outermost quantiles `(row,)`."""
    ends = task.in_order(logits)
    return (np.asarray(y) >= ends[:, 0]) & (np.asarray(y) <= ends[:, -1])


def _named(task: Quantiles) -> str:
    level = task.levels[task.order[0]]
    return "mean absolute error" + ("" if level == 0.5 else f" of the {level:g} quantile")
