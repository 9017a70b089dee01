"""Two sets of explained rows side by side: which columns move their outputs differently, and how sure that is.

The intervals count both sources of error: that these rows were explained and not others like them, and
the sampling error of the values, which rows that used one sampling plan have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int
from scipy import stats

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.importance import less_noise_bias


@dataclass(frozen=True)
class Difference:
    """A difference of two means, feature by feature.

    Args:
        a: mean over the first cohort.
        b: mean over the second.
        error_std: standard error of `values`.
        sampling_std: the part of it that comes from sampled values (0 where exact).
        degrees: degrees of freedom of the interval.
    """

    a: Float64[np.ndarray, "feature *class"]
    b: Float64[np.ndarray, "feature *class"]
    error_std: Float64[np.ndarray, "feature *class"]
    sampling_std: Float64[np.ndarray, "feature *class"]
    degrees: Float64[np.ndarray, "feature *class"]

    @property
    def values(self) -> Float64[np.ndarray, "feature *class"]:
        """First less second."""
        return self.a - self.b

    @property
    def lower_bounds(self) -> Float64[np.ndarray, "feature *class"]:
        """Lower end of the 95 % interval."""
        return self.values - self._half

    @property
    def upper_bounds(self) -> Float64[np.ndarray, "feature *class"]:
        """Upper end of the 95 % interval."""
        return self.values + self._half

    @property
    def _half(self) -> np.ndarray:
        return stats.t.ppf(0.975, np.maximum(self.degrees, 1.0)) * self.error_std


@dataclass(frozen=True)
class CohortComparison:
    """What moves the output differently in two cohorts, the most different feature first.

    Args:
        feature_names: most different mean value first (over outputs: largest mean difference).
        value: difference of the mean values: in which direction a feature pushes each cohort.
        size: difference of the mean |values|: how much it matters in each.
        order: position of each listed feature in the explanation.
        n_a: rows of the first cohort.
        n_b: rows of the second.
        names: of the cohorts.
        output_names: one an output; numbers have a class axis when there is more than one.
        unit: of the values.
        notes: what a reader should know.
    """

    feature_names: tuple[str, ...]
    value: Difference
    size: Difference
    order: Int[np.ndarray, " feature"]
    n_a: int
    n_b: int
    names: tuple[str, str]
    output_names: tuple[str, ...]
    unit: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.feature_names)


def compare(
    explanation: Explanation, rows_a: Any, rows_b: Any = None, *, names: tuple[str, str] = ("A", "B")
) -> CohortComparison:
    """Mean value and mean |value| of each feature in two cohorts of explained rows, with 95 % intervals.

    Args:
        explanation: of both cohorts, so that they share their background.
        rows_a: the first cohort: a truth value for each explained row, or positions.
        rows_b: the second; all other rows by default.
        names: what to call them.

    Raises:
        ExplanationError: a cohort has no rows, or they share some, or a choice does not fit the explained rows.

    Example:
        >>> compare(explanation, df["age"] < 30)  # doctest: +SKIP
    """
    a = _positions(explanation, rows_a, names[0])
    b = np.setdiff1d(np.arange(len(explanation)), a) if rows_b is None else _positions(explanation, rows_b, names[1])
    if len(b) == 0:
        raise ExplanationError(f"cohort {names[0]!r} holds all {len(explanation)} rows: none are left to compare with.")
    shared = np.intersect1d(a, b)
    if len(shared):
        raise ExplanationError(
            f"{len(shared)} rows are in both cohorts (such as position {shared[0]}). A row belongs to one of them."
        )
    values, error = explanation.values, explanation.error_std
    value = _difference(explanation, values, np.ones_like(values), error, a, b)
    size = _difference(explanation, less_noise_bias(values, error), np.sign(values), error, a, b)
    gap = np.abs(value.values).reshape(len(value.values), -1).mean(axis=1)
    order = np.argsort(-gap, kind="stable")
    single = tuple(f"cohort {name!r} is one row: its interval counts no other row like it."
                   for name, rows in zip(names, (a, b), strict=True) if len(rows) == 1)  # fmt: skip
    return CohortComparison(
        feature_names=tuple(explanation.feature_names[j] for j in order),
        value=_ordered(value, order),
        size=_ordered(size, order),
        order=order,
        n_a=len(a),
        n_b=len(b),
        names=names,
        output_names=explanation.output_names,
        unit=explanation.unit,
        notes=single,
    )


def _positions(explanation: Explanation, rows: Any, name: str) -> Int[np.ndarray, " row"]:
    """Positions of a cohort's rows, ascending.

    Raises:
        ExplanationError: none, doubled, out of range, or truth values for another number of rows.
    """
    given, n = np.asarray(rows), len(explanation)
    if given.dtype == object and all(isinstance(v, (bool, np.bool_)) for v in given.ravel()):
        given = given.astype(bool)
    if given.dtype == bool:
        if given.shape != (n,):
            raise ExplanationError(
                f"cohort {name!r} is {given.shape} truth values for {n} explained rows. Give one for each: for a frame "
                "of more rows, those of explanation.row_labels."
            )
        given = np.flatnonzero(given)
    if given.size == 0:
        raise ExplanationError(f"cohort {name!r} has 0 of the {n} explained rows. Give at least one.")
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ExplanationError(
            f"cohort {name!r} is {given.dtype} of shape {given.shape}. Give one truth value for each row, or positions."
        )
    if given.min() < -n or given.max() >= n:
        raise ExplanationError(f"cohort {name!r} names position {given.max()}; {n} rows were explained.")
    positions = np.unique(given % n)
    if len(positions) < len(given):
        raise ExplanationError(f"cohort {name!r} names a row twice. Name each once.")
    return positions


def _difference(
    explanation: Explanation, values: np.ndarray, slope: np.ndarray, error: np.ndarray, a: np.ndarray, b: np.ndarray
) -> Difference:
    """Difference of the means of `values`, whose change with a Shapley value is `slope`."""
    share = np.zeros(len(explanation))
    share[a], share[b] = 1 / len(a), -1 / len(b)
    parts = [_row_variance(values[rows], error[rows], explanation.plan[rows]) for rows in (a, b)]
    rows = [variance / len(of) for variance, of in zip(parts, (a, b), strict=True)]
    sampling, n_plans = _sampling_variance(explanation, slope, error, share)
    total = rows[0] + rows[1] + sampling
    # Welch and Satterthwaite: each variance counts with its own degrees of freedom.
    spread = rows[0] ** 2 / max(len(a) - 1, 1) + rows[1] ** 2 / max(len(b) - 1, 1) + sampling**2 / max(n_plans, 1)
    degrees = np.where(spread > 0, total**2 / np.where(spread > 0, spread, 1.0), np.inf)
    return Difference(
        values[a].mean(axis=0), values[b].mean(axis=0), np.sqrt(total), np.sqrt(sampling), np.minimum(degrees, 1e6)
    )


def _row_variance(values: np.ndarray, error: np.ndarray, plan: np.ndarray) -> np.ndarray:
    """Variance between rows, free of sampling error: from pairs of rows whose plans, and so errors, are independent."""
    n = len(values)
    if n < 2:
        return np.zeros(values.shape[1:])
    _, which = np.unique(plan, return_inverse=True)
    n_plans = int(which.max()) + 1
    if n_plans == 1 or not error.any():
        # What one plan's errors have in common does not spread its rows; the rest is left in, to be safe.
        return values.var(axis=0, ddof=1)
    centred = values - values.mean(axis=0)
    counts = np.bincount(which)
    sums, squares = (np.zeros((n_plans, *values.shape[1:])) for _ in range(2))
    np.add.at(sums, which, centred)
    np.add.at(squares, which, centred**2)
    within = (counts[:, None] * squares.reshape(n_plans, -1) - sums.reshape(n_plans, -1) ** 2).sum(axis=0)
    every = n * (centred**2).sum(axis=0).ravel()
    n_pairs = (n**2 - int((counts**2).sum())) / 2
    across = (every - within).reshape(values.shape[1:]) / (2 * n_pairs)
    return np.maximum(across - (error**2).mean(axis=0), 0.0)


def _sampling_variance(
    explanation: Explanation, slope: np.ndarray, error: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, int]:
    """Variance of `sum share * value` from sampling, and the plans it rests on.

    Half the gap of two independent halves has the variance of their mean's error; within a plan it is
    added up over rows first, which keeps what rows have in common, or what cancels between cohorts.
    """
    if explanation.exact or not error.any():
        return np.zeros(explanation.values.shape[1:]), 0
    _, which = np.unique(explanation.plan, return_inverse=True)
    # Without halves the errors of a plan's rows are taken to go together, which is the worst case.
    moves = np.abs(slope) * error if explanation.half_gap is None else slope * explanation.half_gap
    weight = np.abs(share) if explanation.half_gap is None else share
    sums = np.zeros((int(which.max()) + 1, *moves.shape[1:]))
    np.add.at(sums, which, weight.reshape(-1, *[1] * (moves.ndim - 1)) * moves)
    return (sums**2).sum(axis=0), len(sums)


def _ordered(difference: Difference, order: np.ndarray) -> Difference:
    return Difference(
        difference.a[order], difference.b[order], difference.error_std[order], difference.sampling_std[order],
        difference.degrees[order],
    )  # fmt: skip
