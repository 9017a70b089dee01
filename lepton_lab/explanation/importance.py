"""Global importance: the mean absolute Shapley value of each feature, with an interval that is honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy import special, stats


@dataclass(frozen=True)
class Importance:
    """Mean absolute value of each feature over the explained rows, most important first.

    Args:
        feature_names: most important first.
        values: mean |value| over the rows, averaged over outputs; in the explanation's unit.
        error_std: Monte Carlo standard error of `values`, for these rows and this background; 0 where exact.
        lower_bounds: lower end of the 95 % Monte Carlo interval.
        upper_bounds: upper end of it.
        rows_std: standard error that comes from having explained these rows and not others like
            them; quote it beside `error_std` when speaking of rows that were not explained.
        by_output: the same means for each output.
        order: position of each listed feature in the explanation.
        output_names: one name an output.
    """

    feature_names: tuple[str, ...]
    values: Float64[np.ndarray, " feature"]
    error_std: Float64[np.ndarray, " feature"]
    lower_bounds: Float64[np.ndarray, " feature"]
    upper_bounds: Float64[np.ndarray, " feature"]
    rows_std: Float64[np.ndarray, " feature"]
    by_output: Float64[np.ndarray, "feature output"]
    order: Int[np.ndarray, " feature"]
    output_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.feature_names)


def mean_importance(
    values: Float64[np.ndarray, "row feature *class"],
    error_std: Float64[np.ndarray, "row feature *class"],
    half_gap: Float64[np.ndarray, "row feature *class"] | None,
    plan: Int[np.ndarray, " row"],
    feature_names: tuple[str, ...],
    output_names: tuple[str, ...],
) -> Importance:
    """Mean |value| with its noise bias reduced and an interval computed over sampling plans.

    The absolute value of a noisy number is too large on average; part of that excess is taken off
    (a quarter where there is noise only, nearly all where a value is above two standard errors).
    Rows that used one plan share its sampling error, so the interval counts plans, not rows.
    """
    n_rows = len(values)
    by_row = less_noise_bias(values, error_std).reshape(n_rows, len(feature_names), -1)
    means = by_row.mean(axis=0)
    overall = means.mean(axis=1)
    std, n_plans = _plan_error(values, half_gap, plan)
    half = std * (stats.t.ppf(0.975, n_plans) if n_plans else 0.0)
    rows_std = (
        by_row.mean(axis=2).std(axis=0, ddof=1) / np.sqrt(n_rows) if n_rows > 1 else np.full(len(overall), np.nan)
    )
    order = np.argsort(-overall, kind="stable")
    return Importance(
        feature_names=tuple(feature_names[j] for j in order),
        values=overall[order],
        error_std=std[order],
        lower_bounds=np.maximum(overall - half, 0.0)[order],
        upper_bounds=(overall + half)[order],
        rows_std=rows_std[order],
        by_output=means[order],
        order=order,
        output_names=output_names,
    )


def less_noise_bias(values: np.ndarray, error_std: np.ndarray) -> np.ndarray:
    """`|value|` less the bias that normal noise would give an absolute value of this size."""
    size = np.abs(values)
    scale = np.where(error_std > 0, error_std, 1.0)
    ratio = size / scale
    folded = np.sqrt(2 / np.pi) * scale * np.exp(-(ratio**2) / 2) + size * special.erf(ratio / np.sqrt(2))
    return np.where(error_std > 0, np.maximum(2 * size - folded, 0.0), size)


def _plan_error(
    values: np.ndarray, half_gap: np.ndarray | None, plan: np.ndarray
) -> tuple[Float64[np.ndarray, " feature"], int]:
    """Standard error of the mean |value| (averaged over outputs), and the plans it rests on.

    The half gap of two independent halves has the variance of their mean's error. Within a plan it
    is averaged over rows first, which keeps what the rows have in common; plans are independent.
    """
    n_features = values.shape[1]
    if half_gap is None or len(values) == 0:
        return np.zeros(n_features), 0
    moves = (np.sign(values) * half_gap).reshape(len(values), n_features, -1).mean(axis=2)
    _, which = np.unique(plan, return_inverse=True)
    sums = np.zeros((which.max() + 1, n_features))
    np.add.at(sums, which, moves)
    return np.sqrt((sums**2).sum(axis=0)) / len(values), len(sums)
