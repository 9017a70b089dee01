"""What a threshold does to rows: how many are called, how many of them rightly, what that costs. Exact at any one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.costs import Costs
from lepton_lab.metrics import Estimate

_Z = float(special.ndtri(0.975))
# Where a slider may rest: every thousandth, and two digits in the tails, where rare classes have their scores.
_EVEN = 1000
_TAIL = np.round([digits * 10.0**-power for power in range(4, 9) for digits in range(10, 100)], 8)


@dataclass(frozen=True)
class Decisions:
    """What becomes of the rows at one threshold: a row is called from this probability on.

    Args:
        threshold: 0 to 1.
        found: weight of the rows of the class that are called.
        alarms: weight of the other rows that are called.
        positives, negatives: weight of all rows of the class, and of all others.
        effective: rows that one unit of weight is worth: 1 without weights, less where few rows weigh much.
        costs: of wrong decisions; None where they were not given.

    Shares carry the 95 % interval of Wilson, for rows that were drawn one by one.

    Source: Wilson 1927, JASA 22; Kish 1965, Survey Sampling, for the effective number of weighted rows.
    """

    threshold: float
    found: float
    alarms: float
    positives: float
    negatives: float
    effective: float = 1.0
    costs: Costs | None = None

    @property
    def confusion(self) -> np.ndarray:
        """Rows, or their weight, `(true class, decided class)`, the class itself second."""
        return np.array([[self.negatives - self.alarms, self.alarms], [self.positives - self.found, self.found]])

    @property
    def alerts(self) -> float:
        """Rows called, or their weight."""
        return self.found + self.alarms

    @property
    def n(self) -> float:
        """All rows, or their weight."""
        return self.positives + self.negatives

    @property
    def sensitivity(self) -> Estimate:
        """Share of the class that is called (recall)."""
        return self._share(self.found, self.positives)

    @property
    def specificity(self) -> Estimate:
        """Share of the others that is not called."""
        return self._share(self.negatives - self.alarms, self.negatives)

    @property
    def precision(self) -> Estimate:
        """Share of the called rows that is of the class."""
        return self._share(self.found, self.alerts)

    @property
    def alert_share(self) -> Estimate:
        """Share of all rows that is called."""
        return self._share(self.alerts, self.n)

    @property
    def accuracy(self) -> Estimate:
        """Share of all rows that is decided rightly."""
        return self._share(self.found + self.negatives - self.alarms, self.n)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and sensitivity; NaN where no row is of the class and none is called."""
        total = self.positives + self.alerts
        return 2 * self.found / total if total > 0 else math.nan

    @property
    def cost(self) -> float | None:
        """Of all wrong decisions together; None without costs."""
        costs = self.costs
        return None if costs is None else costs.false_alarm * self.alarms + costs.missed * (self.positives - self.found)

    @property
    def cost_a_row(self) -> float | None:
        """The same, a row."""
        return None if self.cost is None else self.cost / self.n

    def _share(self, part: float, whole: float) -> Estimate:
        return wilson(part, whole, self.effective)

    def __repr__(self) -> str:
        parts = {"sensitivity": self.sensitivity, "specificity": self.specificity, "precision": self.precision}
        lines = [f"Decisions at {self.threshold:.4g}: {_rows(self.alerts)} of {_rows(self.n)} rows called"]
        lines.append(f"  {_rows(self.found)} rightly, {_rows(self.alarms)} false alarms, {_rows(self._missed)} missed")
        lines += [f"  {name:<12} {share}" for name, share in parts.items()]
        if self.costs is not None:
            lines.append(
                f"  costs {self.cost:.5g}{self.costs.in_unit}, {self.cost_a_row:.4g}{self.costs.in_unit} a row"
            )
        return "\n".join(lines)

    @property
    def _missed(self) -> float:
        return self.positives - self.found


def wilson(part: float, whole: float, effective: float = 1.0) -> Estimate:
    """A share `part / whole` with its 95 % interval; NaN of nothing.

    Args:
        part, whole: rows, or their weight.
        effective: rows that one unit of weight is worth.

    Source: Wilson 1927, JASA 22, 209-212.
    """
    if not whole > 0:
        return Estimate(math.nan)
    share, n = min(max(part / whole, 0.0), 1.0), whole * effective
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


@dataclass(frozen=True)
class Thresholds:
    """What every threshold does to some rows, as sums over their distinct probabilities: nothing is thinned.

    Args:
        probability: `(point,)`, distinct, falling.
        found: `(point,)`, weight of the rows of the class with at least that probability.
        alarms: `(point,)`, the same of the other rows.
        effective: rows that one unit of weight is worth.
    """

    probability: np.ndarray
    found: np.ndarray
    alarms: np.ndarray
    effective: float = 1.0

    @property
    def positives(self) -> float:
        """Weight of the rows of the class."""
        return float(self.found[-1])

    @property
    def negatives(self) -> float:
        """Weight of the other rows."""
        return float(self.alarms[-1])

    def called(self, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`found` and `alarms` at each of some thresholds."""
        places = np.searchsorted(-self.probability, -np.asarray(thresholds, np.float64), side="right")
        return tuple(np.append(0.0, part)[places] for part in (self.found, self.alarms))  # type: ignore[return-value]

    def at(self, threshold: float, costs: Costs | None = None) -> Decisions:
        """What becomes of the rows at one threshold.

        Raises:
            OptionError: it is no probability.
        """
        number = isinstance(threshold, (int, float, np.number)) and not isinstance(threshold, bool)
        if not number or not 0 <= threshold <= 1:
            raise OptionError(f"threshold={threshold!r} is no probability from 0 to 1. For example: .at(0.3)")
        found, alarms = self.called(np.array([threshold]))
        return Decisions(
            float(threshold), float(found[0]), float(alarms[0]), self.positives, self.negatives, self.effective, costs
        )

    def stops(self, *also: float | None) -> np.ndarray:
        """Thresholds with few digits, rising: a slider that rests at these has exact numbers at each of them.

        Args:
            also: further ones, such as the model's own.
        """
        known = [float(one) for one in also if one is not None and 0 <= one <= 1]
        return np.unique(np.concatenate([np.arange(_EVEN + 1) / _EVEN, _TAIL, np.round(1 - _TAIL, 8), known]))


def thresholds_of(y: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> Thresholds:
    """What every threshold does to rows.

    Args:
        y: `(row,)`, whether each is of the class.
        probability: `(row,)`, of the class.
        weights: `(row,)`, of mean 1.
    """
    order = np.argsort(-probability, kind="stable")
    ordered = probability[order]
    ends = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    yes = np.where(y, weights, 0.0)[order]
    found, alarms = np.cumsum(yes)[ends], np.cumsum(weights[order] - yes)[ends]
    effective = float(weights.sum() / np.sum(weights**2))
    return Thresholds(ordered[ends].astype(np.float64), found, alarms, effective)


def _rows(weight: float) -> str:
    return f"{weight:,.0f}" if float(weight).is_integer() else f"{weight:,.1f}"
