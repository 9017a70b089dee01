"""The result of asking which columns act together: a matrix of Shapley interaction values a row.

This file holds the frozen result and its ways out. `interaction_values.py` and
`sampled_interactions.py` compute, `explain_interactions.py` asks.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64, Int, Shaped

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.importance import Importance, mean_importance
from lepton_lab.explanation.shown_values import all_numbers, as_numbers, as_shown

if TYPE_CHECKING:
    import shap

_PER_ROW = ("values", "base_values", "data", "error_std", "prediction", "row_labels", "plan", "half_gap")
_PER_PAIR = (
    "feature_names", "values", "error_std", "lower_bounds", "upper_bounds", "rows_std", "by_output", "order"
)  # fmt: skip


@dataclass(frozen=True)
class Interactions:
    """Shapley interaction values of some rows in link space, with their standard errors.

    A row's matrix is symmetric. Off the diagonal is half of what two features do together beyond what
    each does alone (the other half is on the other side); on it is a feature's main effect. The sums
    over a matrix's rows are the Shapley values, and `base_values` plus all of it is `prediction`.

    Args:
        values: the matrices, in `unit`.
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
        half_gap: half the difference between two independent halves of the sample, or None where exact.
        notes: what a reader should know: early stops, unmet wishes.
        one_row: True for `interactions[3]`: `to_shap` then drops the row axis, as shap does.
    """

    values: Float64[np.ndarray, "row feature feature *class"]
    base_values: Float64[np.ndarray, "row *class"]
    data: Shaped[np.ndarray, "row feature"]
    feature_names: tuple[str, ...]
    error_std: Float64[np.ndarray, "row feature feature *class"]
    exact: bool
    prediction: Float64[np.ndarray, "row *class"]
    output_names: tuple[str, ...]
    unit: str
    row_labels: Shaped[np.ndarray, " row"]
    plan: Int[np.ndarray, " row"]
    method: str
    n_evaluations: int
    seconds: float
    half_gap: Float64[np.ndarray, "row feature feature *class"] | None = None
    notes: tuple[str, ...] = ()
    one_row: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `values`."""
        return self.values.shape

    @property
    def shapley_values(self) -> Float64[np.ndarray, "row feature *class"]:
        """Each feature's Shapley value: its main effect and its half of each interaction."""
        return self.values.sum(axis=2)

    @property
    def lower_bounds(self) -> Float64[np.ndarray, "row feature feature *class"]:
        """Lower end of the 95 % interval of each value."""
        return self.values - T_95 * self.error_std

    @property
    def upper_bounds(self) -> Float64[np.ndarray, "row feature feature *class"]:
        """Upper end of the 95 % interval of each value."""
        return self.values + T_95 * self.error_std

    @property
    def additivity_gap(self) -> float:
        """Largest `|base + sum of values - prediction|`, relative to `max(1, |prediction - base|)`."""
        distance = self.prediction - self.base_values
        gap = np.abs(self.values.sum(axis=(1, 2)) - distance) / np.maximum(1.0, np.abs(distance))
        return float(gap.max(initial=0.0))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: int | slice | list[int] | np.ndarray) -> Interactions:
        """Some rows, by position. The row axis stays; a single position is remembered for `to_shap`."""
        single = isinstance(rows, (int, np.integer))
        if single and not -len(self) <= rows < len(self):
            raise IndexError(f"row {rows} of the interactions of {len(self)} rows")
        keep = np.arange(len(self))[[rows] if single else rows]
        arrays = {name: getattr(self, name) for name in _PER_ROW}
        taken = {name: None if array is None else array[keep] for name, array in arrays.items()}
        return dataclasses.replace(self, **taken, one_row=single)

    def strongest(self, n: int | None = 10) -> Importance:
        """The pairs of features that act together most: mean |interaction| over the rows, with intervals.

        Args:
            n: pairs to list; None for all.

        Returns:
            Names such as "age × income"; values are whole interactions, both halves.
        """
        first, second = np.triu_indices(len(self.feature_names), 1)
        names = tuple(f"{self.feature_names[i]} × {self.feature_names[j]}" for i, j in zip(first, second, strict=True))
        if not names:
            return _no_importance(self.output_names)
        gap = None if self.half_gap is None else 2 * self.half_gap[:, first, second]
        found = mean_importance(
            2 * self.values[:, first, second], 2 * self.error_std[:, first, second], gap, self.plan, names,
            self.output_names,
        )  # fmt: skip
        first_n = {name: getattr(found, name)[:n] for name in _PER_PAIR}
        return dataclasses.replace(found, **first_n)

    def mean_matrix(self) -> Float64[np.ndarray, "feature feature"]:
        """Mean size over rows and outputs: of main effects on the diagonal, of whole interactions off it."""
        sizes = np.abs(self.values).reshape(*self.values.shape[:3], -1).mean(axis=(0, 3))
        return sizes * (2 - np.eye(len(sizes)))

    def to_shap(self) -> shap.Explanation:
        """The same values as a `shap.Explanation`, of the form that shap's TreeExplainer gives interactions.

        Example:
            >>> shap.summary_plot(interactions.to_shap().values, interactions.data)  # doctest: +SKIP
        """
        import shap

        if len(self) == 0:
            raise ExplanationError("interactions of 0 rows cannot be drawn by shap. Explain at least one row.")
        numbers, shown = as_numbers(self.data), None if all_numbers(self.data) else as_shown(self.data)
        at = (lambda array: array[0]) if self.one_row else (lambda array: array)
        base = at(self.base_values)
        return shap.Explanation(
            values=at(self.values),
            base_values=float(base) if np.ndim(base) == 0 else base,
            data=at(numbers),
            display_data=None if shown is None else at(shown),
            feature_names=list(self.feature_names),
            output_names=list(self.output_names) if len(self.output_names) > 1 else None,
            compute_time=self.seconds,
        )


def _no_importance(output_names: tuple[str, ...]) -> Importance:
    """Of nothing: one feature has no pairs."""
    nothing = np.zeros(0)
    return Importance(
        feature_names=(),
        values=nothing,
        error_std=nothing,
        lower_bounds=nothing,
        upper_bounds=nothing,
        rows_std=nothing,
        by_output=np.zeros((0, len(output_names))),
        order=np.zeros(0, dtype=np.int64),
        output_names=output_names,
    )
