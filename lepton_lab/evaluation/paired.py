"""Paired bootstrap: the same resamples of the same rows for two sets of predictions.

What is hard about a row is hard for both models, so their metrics rise and fall together, and the
difference is known far better than two intervals side by side suggest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lepton_lab.metrics import Estimate, Metric

# Numbers drawn in all; fewer resamples of many rows, where intervals are narrow and smooth.
_NUMBERS, _MOST, _FEWEST = 4_000_000, 1000, 200
# Numbers held at once.
_PIECE = 1_000_000


@dataclass(frozen=True)
class Paired:
    """A metric of two models `a`, `b`, their difference `a - b`, and how often `a` is better (ties count half)."""

    a: Estimate
    b: Estimate
    difference: Estimate
    probability: float


@dataclass(frozen=True)
class Sampling:
    """How rows are drawn again: `weights` multiply the counts, rows of one group are drawn together.

    Args:
        n_rows: rows.
        weights: of the rows, or None.
        groups: a code for each row, or None: rows of one customer say less than as many customers.
        seed: of the draws.
    """

    n_rows: int
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    seed: int = 0

    def pieces(self) -> Iterator[np.ndarray]:
        """Resamples `(resample, row)`, some at a time."""
        n = int(np.clip(_NUMBERS // max(self.n_rows, 1), _FEWEST, _MOST))
        at_once = max(1, _PIECE // max(self.n_rows, 1))
        code = np.arange(self.n_rows) if self.groups is None else np.unique(self.groups, return_inverse=True)[1]
        n_units, rng = int(code.max()) + 1, np.random.default_rng(self.seed)
        for start in range(0, n, at_once):
            drawn = rng.integers(0, n_units, (min(at_once, n - start), n_units))
            counts = np.stack([np.bincount(one, minlength=n_units) for one in drawn]).astype(float)[:, code]
            yield counts if self.weights is None else counts * self.weights


def compare_pairs(
    metrics: Mapping[str, Metric],
    y: np.ndarray,
    a: Mapping[str, np.ndarray],
    b: Mapping[str, np.ndarray],
    sampling: Sampling,
) -> dict[str, Paired]:
    """Each metric of two sets of logits, `a[name]` and `b[name]`, with paired intervals.

    Args:
        metrics: by name.
        y: class index, or the number.
        a, b: logits `(row, output)` by metric (those that count decisions see logits moved by the threshold).
        sampling: of the rows.
    """
    drawn: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in metrics}
    for resamples in sampling.pieces():
        for name, metric in metrics.items():
            found = metric.function(y, a[name], resamples), metric.function(y, b[name], resamples)
            drawn[name].append((np.asarray(found[0]), np.asarray(found[1])))
    return {name: _summary(metrics[name], y, (a[name], b[name]), sampling.weights, drawn[name]) for name in metrics}


def _summary(
    metric: Metric,
    y: np.ndarray,
    logits: tuple[np.ndarray, np.ndarray],
    weights: np.ndarray | None,
    drawn: list[tuple[np.ndarray, np.ndarray]],
) -> Paired:
    value = [metric(y, z, weights) for z in logits]
    many_a, many_b = (np.concatenate(part) for part in zip(*drawn, strict=True))
    gap = many_a - many_b
    known = gap[~np.isnan(gap)]
    ahead = known if metric.higher_is_better else -known
    probability = float(np.mean(ahead > 0) + 0.5 * np.mean(ahead == 0)) if len(known) else float("nan")
    return Paired(
        _estimate(value[0], many_a), _estimate(value[1], many_b), _estimate(value[0] - value[1], gap), probability
    )


def _estimate(value: float, drawn: np.ndarray) -> Estimate:
    """The value with the middle 95 % of its resamples; without them where most are undefined."""
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or len(known) < max(2, len(drawn) // 2):
        return Estimate(value)
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(value, float(low), float(high))
