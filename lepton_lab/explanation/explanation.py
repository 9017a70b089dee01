"""The result of explaining: Shapley values, how sure they are, and what they were computed from.

This file holds the frozen result and its ways out (slices, shap, importance). It computes no values.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64, Int, Shaped

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.importance import Importance, mean_importance

if TYPE_CHECKING:
    import shap

_PER_ROW = (
    "values",
    "base_values",
    "data",
    "error_std",
    "prediction",
    "row_labels",
    "plan",
    "background_std",
    "half_gap",
)


@dataclass(frozen=True)
class Explanation:
    """Shapley values of some rows in link space, with their standard errors.

    `base_values + values.sum(axis=1)` is `prediction`, to 1e-5 of `max(1, distance from base)`.

    Args:
        values: what each feature moved the output by, against the background; in `unit`.
        base_values: mean output over the background.
        data: the user's own values (not encoded ones), one column a feature.
        feature_names: names of the features, in the order of `values`.
        error_std: Monte Carlo standard error of `values` for this background; 0 where exact.
        exact: whether `values` hold no sampling error.
        prediction: the model's output for each row, in `unit`.
        output_names: one name an output; values have a class axis when there is more than one.
        unit: "log-odds", "logits", or the unit of the target.
        row_labels: the user's own row labels (a frame's index).
        plan: which sampling plan each row used. Rows with one plan share its sampling error.
        method: in words, how the values were computed.
        n_evaluations: model evaluations spent.
        seconds: wall time spent.
        background_std: spread of a value over the background rows (not an error: the values are
            means over the background), or None where it was not measured.
        half_gap: half the difference between the two independent halves of the walks; the
            importance takes its interval from it. None where exact.
        notes: what a reader should know: fallbacks, early stops, unmet wishes.
        one_row: True for `explanation[3]`: `to_shap` then drops the row axis, as shap does.
    """

    values: Float64[np.ndarray, "row feature *class"]
    base_values: Float64[np.ndarray, "row *class"]
    data: Shaped[np.ndarray, "row feature"]
    feature_names: tuple[str, ...]
    error_std: Float64[np.ndarray, "row feature *class"]
    exact: bool
    prediction: Float64[np.ndarray, "row *class"]
    output_names: tuple[str, ...]
    unit: str
    row_labels: Shaped[np.ndarray, " row"]
    plan: Int[np.ndarray, " row"]
    method: str
    n_evaluations: int
    seconds: float
    background_std: Float64[np.ndarray, "row feature *class"] | None = None
    half_gap: Float64[np.ndarray, "row feature *class"] | None = None
    notes: tuple[str, ...] = ()
    one_row: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `values`."""
        return self.values.shape

    @property
    def lower_bounds(self) -> Float64[np.ndarray, "row feature *class"]:
        """Lower end of the 95 % interval of each value."""
        return self.values - T_95 * self.error_std

    @property
    def upper_bounds(self) -> Float64[np.ndarray, "row feature *class"]:
        """Upper end of the 95 % interval of each value."""
        return self.values + T_95 * self.error_std

    @property
    def additivity_gap(self) -> float:
        """Largest `|base + sum of values - prediction|`, relative to `max(1, |prediction - base|)`."""
        distance = self.prediction - self.base_values
        gap = np.abs(self.values.sum(axis=1) - distance) / np.maximum(1.0, np.abs(distance))
        return float(gap.max(initial=0.0))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: int | slice | list[int] | np.ndarray) -> Explanation:
        """Some rows, by position. The row axis stays; a single position is remembered for `to_shap`."""
        single = isinstance(rows, (int, np.integer))
        if single and not -len(self) <= rows < len(self):
            raise IndexError(f"row {rows} of an explanation of {len(self)} rows")
        keep = np.arange(len(self))[[rows] if single else rows]
        arrays = {name: getattr(self, name) for name in _PER_ROW}
        taken = {name: None if array is None else array[keep] for name, array in arrays.items()}
        return dataclasses.replace(self, **taken, one_row=single)

    def importance(self) -> Importance:
        """Mean absolute value of each feature over the rows, most important first, with intervals."""
        return mean_importance(
            self.values, self.error_std, self.half_gap, self.plan, self.feature_names, self.output_names
        )

    def to_shap(self) -> shap.Explanation:
        """The same values as a `shap.Explanation`, bounds included, for any function of `shap.plots`.

        shap colours by number, so where `data` holds text the numbers are codes of the sorted values
        and the user's own values travel in `display_data`.

        Example:
            >>> shap.plots.beeswarm(explanation.to_shap())  # doctest: +SKIP
            >>> shap.plots.waterfall(explanation[0].to_shap())  # doctest: +SKIP
        """
        import shap

        if len(self) == 0:
            raise ExplanationError("an explanation of 0 rows cannot be drawn by shap. Explain at least one row.")
        numbers = _as_numbers(self.data)
        shown = None if _all_numbers(self.data) else _as_shown(self.data)
        at = (lambda array: array[0]) if self.one_row else (lambda array: array)
        many = len(self.output_names) > 1
        return shap.Explanation(
            values=at(self.values),
            base_values=_plain(at(self.base_values)),
            data=at(numbers),
            display_data=None if shown is None else at(shown),
            feature_names=list(self.feature_names),
            output_names=list(self.output_names) if many else None,
            lower_bounds=at(self.lower_bounds),
            upper_bounds=at(self.upper_bounds),
            error_std=at(self.error_std),
            compute_time=self.seconds,
        )


def _plain(base: Any) -> Any:
    """A float for a scalar: shap's plots ask a base value for its length."""
    return float(base) if np.ndim(base) == 0 else base


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _is_missing(value: object) -> bool:
    # NaN and NaT differ from themselves; pandas.NA answers a comparison with itself.
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def _all_numbers(data: np.ndarray) -> bool:
    if data.dtype != object:
        return data.dtype.kind in "fiu"
    return all(_is_number(v) or _is_missing(v) for v in data.ravel())


def _as_numbers(data: Shaped[np.ndarray, "row feature"]) -> Float64[np.ndarray, "row feature"]:
    """Numbers for shap's colour scales: numbers as they are, dates as days, text as sorted codes."""
    if data.dtype.kind in "fiub":
        return data.astype(np.float64)
    columns = [_column_as_numbers(data[:, j]) for j in range(data.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros(data.shape)


def _as_shown(data: Shaped[np.ndarray, "row feature"]) -> Shaped[np.ndarray, "row feature"]:
    """The user's own values: numbers as they are, all else as text, as shap's force plot fails on None and dates."""
    shown = np.array(data, dtype=object)
    for at in np.ndindex(shown.shape):
        if not _is_number(shown[at]) or _is_missing(shown[at]):
            shown[at] = _text(shown[at])
    return shown


def _text(value: object) -> str:
    if _is_missing(value):
        return "missing"
    return str(value).removesuffix(" 00:00:00")


def _column_as_numbers(column: Shaped[np.ndarray, " row"]) -> Float64[np.ndarray, " row"]:
    missing = np.array([_is_missing(v) for v in column], dtype=bool)
    present = column[~missing]
    out = np.full(len(column), np.nan)
    if all(_is_number(v) or isinstance(v, (bool, np.bool_)) for v in present):
        out[~missing] = present.astype(np.float64)
    elif all(isinstance(v, (dt.date, np.datetime64)) for v in present):
        out[~missing] = present.astype("datetime64[s]").astype(np.float64) / 86_400
    else:
        _, out[~missing] = np.unique(present.astype(str), return_inverse=True)
    return out
