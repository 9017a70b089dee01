"""The task of a time to an event that some rows have not reached.

One number a row is learned: the log hazard, relative to a baseline that is constant between a few times
(the piecewise exponential model). Given the baseline, the likelihood of a row is that of a Poisson count:
its event, with the hazard it was exposed to as the expected count. So the loss is one of each row, exact on
any batch, and the same for the network, the linear model and the trees; with the baseline refitted it is
Cox's model. After blending, the number becomes a survival curve by levels and slopes fitted out of fold.

Source: Cox 1972, JRSS B 34; Holford 1980, Biometrics 36; Laird and Olivier 1981, JASA 76, for the Poisson
    form; Friedman 1982, Annals of Statistics 10, for the piecewise constant baseline.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.censored import scores
from lepton_lab.censored.curves import (
    Curves,
    baseline_of,
    choose_edges,
    fit_curves,
    hazard_at,
    marginal,
    time_of_hazard,
)
from lepton_lab.censored.times import events_of, kaplan_meier, times_of
from lepton_lab.errors import OptionError
from lepton_lab.metrics import Metric, Score

if TYPE_CHECKING:
    import jax

# Least exposure of a row: its logarithm is taken, and a row seen for no time at all has none.
_LEAST = 1e-6
# Metrics look no further than this share of events, and of rows still followed.
_REACH, _FOLLOWED = 0.95, 0.05
# A hazard e^15 times the baseline is certain; beyond it only numbers would overflow.
_MOST = 15.0


@dataclass(frozen=True)
class Survival:
    """A time to an event, censored where it has not happened yet.

    `y` is signed time: negative where the row was censored. Where metrics compare models, a model's answer
    is `(row, 1 + interval)`: its number, then the cumulative hazard at each edge.

    Args:
        event: name of the column that says whether the event happened.
        edges: `(interval,)` ends of the intervals of constant hazard, the last the longest time seen.
        baseline: `(interval,)` cumulative hazard at each edge of a row whose number is 0, as members learn it.
        horizons: times that predictions are shown for; the middle one is that of metrics at a time.
        reach: time up to which metrics look.
        curves: from the blend's number to hazards; None before they are fitted.
    """

    event: str
    edges: tuple[float, ...]
    baseline: tuple[float, ...]
    horizons: tuple[float, ...]
    reach: float
    curves: Curves | None = None
    name = "survival"
    n_outputs = 1
    classes = ()
    default_metric = "concordance"
    unit = "log hazard"

    @staticmethod
    def of(y: np.ndarray, event: str) -> Survival:
        """The task of signed times: its intervals, and the hazard of all rows together."""
        edges = choose_edges(y)
        base = marginal(y, np.array(edges))
        return Survival(event, edges, tuple(base.tolist()), choose_horizons(y), _reach(y))

    def with_baseline(self, y: np.ndarray, z: np.ndarray, weights: np.ndarray | None) -> Survival:
        """The same with the baseline that fits some rows' log hazards best (Breslow's)."""
        return replace(self, baseline=tuple(baseline_of(y, z, self._edges, weights).tolist()))

    def with_curves(self, y: np.ndarray, z: np.ndarray, weights: np.ndarray | None) -> Survival:
        """The same with curves fitted to rows that `z` `(row,)` was not learned from."""
        return replace(self, curves=fit_curves(y, z, self._edges, weights))

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics of censored times; those at a time are of the middle horizon."""
        return self._metrics

    @cached_property
    def _metrics(self) -> dict[str, Metric]:
        by = f"{self.horizon:g}"
        found = (
            Metric("concordance", self._concordance, True, "concordance"),
            Metric("integrated_brier", self._integrated_brier, False, "integrated Brier score"),
            Metric("auc", self._at_horizon(scores.auc_by), True, f"AUC at {by}"),
            Metric("brier", self._at_horizon(scores.brier_by), False, f"Brier score at {by}"),
            Metric("calibration_error", self._at_horizon(scores.calibration_by), False, f"calibration error at {by}"),
        )
        return {metric.name: metric for metric in found}

    @property
    def horizon(self) -> float:
        """The time that metrics at one time are of."""
        return self.horizons[len(self.horizons) // 2]

    def targets(self, y: np.ndarray) -> np.ndarray:
        """The cumulative baseline hazard that a row was exposed to, negative where it was censored, float32."""
        whole = np.interp(times_of(y), np.append(0.0, self._edges), np.append(0.0, self.baseline))
        return np.copysign(np.maximum(whole, _LEAST), y).astype(np.float32)

    def loss(self, raw: jax.Array, targets: jax.Array) -> jax.Array:
        """Negative log-likelihood of time and event, up to what does not depend on the network, in nats."""
        import jax.numpy as jnp

        z = raw[..., 0]
        return jnp.exp(jnp.minimum(z, _MOST)) * jnp.abs(targets) - jnp.where(targets > 0, z, jnp.zeros_like(z))

    def losses(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The same of each row, of log hazards `(row, ...)`, in numpy."""
        exposed, happened = self.exposure(y)
        shape = (-1, *(1,) * (z.ndim - 1))
        return np.exp(np.minimum(z, _MOST)) * exposed.reshape(shape) - happened.reshape(shape) * z

    def exposure(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The hazard each row was exposed to, and 1 where its event happened: count and expectation of a Poisson."""
        return np.abs(self.targets(y)).astype(np.float64), events_of(y).astype(np.float64)

    def logits(self, raw: np.ndarray) -> np.ndarray:
        """The raw outputs are log hazards already."""
        return np.asarray(raw)

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """No classes, no columns."""
        return np.zeros((len(logits), 0))

    def answers(self, logits: np.ndarray, *, of_member: bool = False) -> np.ndarray:
        """Log hazards `(row, 1)` as the answer that metrics take, `(row, 1 + interval)`; an answer as it is.

        Args:
            logits: log hazards.
            of_member: hazards as a member learned them, proportional to the baseline.
        """
        if logits.shape[1] > 1:
            return logits
        z = np.asarray(logits, np.float64)
        proportional = np.exp(np.minimum(z, _MOST)) * np.array(self.baseline)
        if of_member or self.curves is None:
            return np.concatenate([z, proportional], axis=1)
        return np.concatenate([z, self.curves.cumulative(z[:, 0])], axis=1)

    def answer_without_columns(self, y: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        """What Kaplan-Meier says of every row, `(1 + interval,)`."""
        shown = kaplan_meier(y, weights).at(self._edges)[0]
        return np.concatenate([[0.0], -np.log(np.maximum(shown, 1e-12))])

    def translated(self, answers: np.ndarray, other: Survival) -> np.ndarray:
        """Another task's answers at the edges of this one; beyond its last edge nothing more happens."""
        hazards = hazard_at(answers[:, 1:], other._edges, self._edges)
        return np.concatenate([answers[:, :1], hazards], axis=1)

    def survival(self, logits: np.ndarray, times: np.ndarray | Sequence[float]) -> np.ndarray:
        """The chance of no event by each time, `(row, time)`.

        Raises:
            OptionError: no time, or one that is negative, no number, or beyond the longest seen.
        """
        asked = np.ravel(np.asarray(times, np.float64))
        inside = (asked >= 0) & (asked <= self.edges[-1])
        if not inside.all() or not len(asked):
            raise OptionError(
                f"times={asked[~inside][:3].tolist()} cannot be answered: the rows of training were followed from 0 "
                f"to {self.edges[-1]:g}. For example: times={list(self.horizons)}"
            )
        return np.exp(-hazard_at(self.answers(logits)[:, 1:], self._edges, asked))

    def expected(self, y: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """Events to expect of each row until the time it was followed to, `(row,)`: its cumulative hazard there."""
        whole = np.concatenate([np.zeros((len(y), 1)), self.answers(logits)[:, 1:]], axis=1)
        ends, times = np.append(0.0, self._edges), np.clip(times_of(y), 0.0, self.edges[-1])
        upper = np.clip(np.searchsorted(ends, times, side="left"), 1, len(self.edges))
        share = (times - ends[upper - 1]) / (ends[upper] - ends[upper - 1])
        row = np.arange(len(y))
        return whole[row, upper - 1] * (1 - share) + whole[row, upper] * share

    def median(self, logits: np.ndarray) -> np.ndarray:
        """The time by which half of such rows have the event `(row,)`; infinite beyond the longest time seen."""
        return time_of_hazard(self.answers(logits)[:, 1:], self._edges, math.log(2))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        found = {"name": self.name, "event": self.event, "reach": self.reach}
        found |= {name: list(getattr(self, name)) for name in ("edges", "baseline", "horizons")}
        curves = self.curves
        return found | {"curves": curves and {"level": list(curves.level), "slope": list(curves.slope)}}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Survival:
        """The task that `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: for anything else.
        """
        edges, baseline, horizons = (_numbers(data[name]) for name in ("edges", "baseline", "horizons"))
        curves = data["curves"] and Curves(_numbers(data["curves"]["level"]), _numbers(data["curves"]["slope"]))
        lengths = {len(edges), len(baseline)} | ({len(curves.level), len(curves.slope)} if curves else set())
        if len(lengths) > 1 or not horizons or not edges or edges[0] <= 0 or (np.diff(edges) <= 0).any():
            raise ValueError("the intervals of a survival task do not fit together")
        if (np.diff((0.0, *baseline)) < 0).any() or (curves and min(curves.slope) <= 0):
            raise ValueError("a hazard of a survival task is negative")
        return Survival(str(data["event"]), edges, baseline, horizons, float(data["reach"]), curves)

    @cached_property
    def _edges(self) -> np.ndarray:
        return np.array(self.edges)

    def _concordance(self, y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> Score:
        return scores.concordance(y, np.asarray(logits[:, 0], np.float64), weights)

    def _integrated_brier(self, y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> Score:
        looked = self._edges[self._edges <= self.reach]
        looked = looked if len(looked) else self._edges[:1]
        shown = np.exp(-self.answers(logits, of_member=True)[:, 1 : 1 + len(looked)])
        return scores.integrated_brier(y, shown, looked, weights)

    def _at_horizon(self, function: Callable[..., Score]) -> Callable[..., Score]:
        def of_logits(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> Score:
            hazards = self.answers(logits, of_member=True)[:, 1:]
            shown = np.exp(-hazard_at(hazards, self._edges, np.array([self.horizon])))[:, 0]
            return function(y, shown, self.horizon, weights)

        return of_logits


def choose_horizons(y: np.ndarray) -> tuple[float, ...]:
    """Times at which a quarter, a half and three quarters of the events have happened, to two digits."""
    time = times_of(y)
    rounded = [_two_digits(q) for q in np.quantile(_of_events(y), (0.25, 0.5, 0.75))]
    found = sorted({h for h in rounded if 0 < h <= time.max()})
    return tuple(found) or (float(time.max()),)


def _two_digits(number: float) -> float:
    return float(f"{number:.2g}")


def _reach(y: np.ndarray) -> float:
    """Up to here nearly all events happen, and enough rows are followed to see them."""
    time = times_of(y)
    followed = np.sort(time)[::-1][min(len(time) - 1, max(10, int(_FOLLOWED * len(time))))]
    return float(min(np.quantile(_of_events(y), _REACH), followed))


def _of_events(y: np.ndarray) -> np.ndarray:
    """The times of events; of all rows where a part of the data has none."""
    event = events_of(y)
    return times_of(y)[event] if event.any() else times_of(y)


def _numbers(values: Any) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    if not np.isfinite(found).all():
        raise ValueError("a number of a survival task is not finite")
    return found
