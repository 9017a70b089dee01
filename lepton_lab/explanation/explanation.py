"""The result of explaining: Shapley values, how sure they are, and what they were computed from.

This file holds the frozen result and its ways out (slices, shap, importance). It computes no values.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float64, Int, Shaped

from lepton_lab.data.objects import object_array
from lepton_lab.errors import ExplanationError, no_such_option
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.importance import Importance, mean_importance
from lepton_lab.explanation.shown_values import shown_to_shap
from lepton_lab.quantiles import are_quantiles

if TYPE_CHECKING:
    import pandas
    import shap

    from lepton_lab.explanation.dependence import Dependence
    from lepton_lab.explanation.interactions import Interactions
    from lepton_lab.explanation.reason_codes import ReasonCodes

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
    "model_std",
    "truth",
    "events",
)
# Of these, those with a class axis where there are several outputs.
_BY_OUTPUT = ("values", "base_values", "error_std", "prediction", "background_std", "half_gap", "model_std")


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
            means over the background), or None where it was not measured, as in a blend of several members.
        half_gap: half the difference between the two independent halves of the walks; the
            importance takes its interval from it. None where exact.
        notes: what a reader should know: fallbacks, early stops, unmet wishes.
        one_row: True for `explanation[3]`: `to_shap` then drops the row axis, as shap does.
        model_std: spread of the values over the heads of the model's network, which is how much they
            disagree and never an interval; None where it was not asked for.
        truth: what happened, as the user wrote it: the class, or the number; None where the explained rows
            came without their target.
        events: of a model of times to an event, 1 where the event came and 0 where not, and how many the model
            expected until then; None otherwise.
        model: the `TrainedModel` that was explained, to look further into these rows; None of functions, and of an
            explanation that was read from a file.
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
    model_std: Float64[np.ndarray, "row feature *class"] | None = None
    truth: Shaped[np.ndarray, " row"] | None = None
    events: Float64[np.ndarray, "row 2"] | None = None
    model: Any = field(default=None, repr=False, compare=False)

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

    def __getitem__(self, at: Any) -> Explanation:
        """Some rows, by position, slice, mask or list; or rows and one output: `ex[..., "bad"]`, `ex[3, :, 1]`.

        The row axis stays; a single position is remembered for `to_shap`. Features are all kept, since
        values add up to the prediction only together: take some from `to_shap()`.

        Raises:
            IndexError: no row at a position.
            ExplanationError: some features are asked for.
            OptionError: no such output.
        """
        if isinstance(at, tuple) or at is Ellipsis:
            rows, output = _rows_and_output(at if isinstance(at, tuple) else (at,))
            found = self if output is None else self.output(output)
            return found if rows is None else found[rows]
        single = isinstance(at, (int, np.integer)) and not isinstance(at, bool)
        if single and not -len(self) <= at < len(self):
            raise IndexError(f"row {at} of an explanation of {len(self)} rows")
        rows: Any = [at] if single else at
        keep = np.arange(len(self))[rows]
        arrays = {name: getattr(self, name) for name in _PER_ROW}
        taken = {name: None if array is None else array[keep] for name, array in arrays.items()}
        return dataclasses.replace(self, **taken, one_row=single)

    def output(self, name: str | int) -> Explanation:
        """One output of several, by name or position: an explanation without a class axis.

        Raises:
            OptionError: no such output.
        """
        names = self.output_names
        k = names.index(str(name)) if str(name) in names else name
        if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or not -len(names) <= k < len(names):
            raise no_such_option("output", name, names)
        if len(names) == 1:
            return self
        arrays = {name: getattr(self, name) for name in _BY_OUTPUT}
        taken = {name: None if array is None else array[..., k] for name, array in arrays.items()}
        return dataclasses.replace(self, **taken, output_names=(names[k],))

    def with_truth(self, truth: Any) -> Explanation:
        """The same with what happened in each row: a class as in `output_names`, or a number; None is not known.

        Trained models know it where the explained frame holds the target; functions are told.

        Raises:
            ExplanationError: another number of rows.
        """
        given = list(truth)
        if len(given) != len(self):
            raise ExplanationError(f"{len(given)} truths for {len(self)} explained rows. Give one for each.")
        known = [item.item() if isinstance(item, np.generic) else item for item in given]
        return dataclasses.replace(self, truth=object_array(known), events=None)

    def where(self, *conditions: Any) -> Bool[np.ndarray, " row"]:
        """Which rows meet all conditions, each a column, one of < <= > >= = != in, and a value as you write it.

        Raises:
            ColumnError: no such column.
            OptionError: no such comparison.
            ExplanationError: the value does not fit.

        Example:
            >>> young = explanation.where(("age", "<", 30), ("job", "in", ["cook", None]))  # doctest: +SKIP
            >>> ll.compare_cohorts(explanation, young)  # doctest: +SKIP
        """
        from lepton_lab.explanation.row_filter import matching

        return matching(self, conditions)

    def rows(self, sort: str = "row", *, output: str | int | None = None, ascending: bool = False) -> pandas.DataFrame:
        """The explained rows as a frame: prediction, what was true, error, surprise, and your own values.

        `error` is prediction less truth: of a class its probability less 1 or 0, else in the target's unit.
        `surprise` is in bits: minus the binary logarithm of the probability that the model gave to what happened,
        or for a number of the share of these rows that are at least as far off. 1 bit is a coin toss.

        Args:
            sort: "row" (as explained), "prediction", "error" or "surprise".
            output: of several, whose probability; the one most often predicted if left out.
            ascending: the smallest first.

        Raises:
            OptionError: nothing to sort by, or no such output.

        Example:
            >>> explanation.rows("surprise").head()  # doctest: +SKIP
        """
        from lepton_lab.explanation.row_scores import sorted_rows

        return sorted_rows(self, sort, self._position(output), ascending=ascending)

    def dependence(
        self,
        column: str,
        *,
        colour: str | None = None,
        output: str | int | None = None,
        interactions: Interactions | None = None,
    ) -> Dependence:
        """A column's effect along its own values, with the column that changes it most.

        Args:
            column: the column.
            colour: a column to colour by; the strongest found if left out.
            output: of several; the one most often predicted if left out.
            interactions: what `ll.interactions` found, to tell the strongest by; estimated from these rows if left out.

        Raises:
            ColumnError: no such column.
            OptionError: no such output.

        Example:
            >>> explanation.dependence("age").strengths[0]  # doctest: +SKIP
            Strength(name='income', value=0.61, low=0.55, high=0.67)
        """
        from lepton_lab.explanation.dependence import dependence

        return dependence(self, column, colour=colour, output=self._position(output), interactions=interactions)

    def reason_codes(
        self,
        n: int = 4,
        *,
        words: Mapping[str, str] | None = None,
        output: str | int | None = None,
        fall: bool = False,
    ) -> ReasonCodes:
        """The columns that moved each row most towards an outcome, as notices of a refusal give them.

        Args:
            n: reasons a row at most.
            words: how a notice says it, by column; the column's name if left out.
            output: of several, towards which one; the one most often predicted if left out.
            fall: towards a low prediction instead.

        Raises:
            OptionError: no such number of reasons, or no such output.
            ColumnError: words for no column.

        Example:
            >>> explanation.reason_codes(4, words={"duration_months": "The loan runs for long"})  # doctest: +SKIP
        """
        from lepton_lab.explanation.reason_codes import reason_codes

        return reason_codes(self, n, words=words, output=output, fall=fall)

    @property
    def main_output(self) -> int:
        """The output to look at first: the class that the explained rows' predictions favour most often; the median."""
        if len(self.output_names) < 2 or self.prediction.ndim < 2 or len(self) == 0 or are_quantiles(self.output_names):
            return 0
        return int(np.bincount(self.prediction.argmax(axis=1)).argmax())

    def _position(self, output: str | int | None) -> int:
        """The position of an output; of the main one for None."""
        if output is None:
            return self.main_output
        return self.output_names.index(self.output(output).output_names[0])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one file: numbers and text only, nothing that runs when it is read.

        Args:
            path: where to; ".explanation" is a good ending. What was there is replaced as a whole.

        Raises:
            ModelFileError: the file cannot be written.

        Example:
            >>> explanation.save("test.explanation")  # doctest: +SKIP
            >>> Explanation.load("test.explanation")  # doctest: +SKIP
        """
        from lepton_lab.explanation.explanation_file import write_explanation

        write_explanation(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Explanation:
        """The explanation that `save` wrote.

        Raises:
            ModelFileError: there is no such file.
            DamagedFileError: it is truncated, changed, or no explanation.
            NewerFormatError: a later lepton-lab wrote it.
        """
        from lepton_lab.explanation.explanation_file import read_explanation

        return read_explanation(path)

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
        numbers, shown = shown_to_shap(self.data)
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


def _rows_and_output(at: tuple[Any, ...]) -> tuple[Any, Any]:
    """What was asked for of the axes row, feature, class; None is all.

    Raises:
        ExplanationError: some features, or more axes than there are.
    """
    everything = slice(None)
    parts: list[Any] = list(at)
    # Not `in`: a mask of rows compares to an array.
    for where, part in enumerate(parts):
        if part is Ellipsis:
            parts[where : where + 1] = [everything] * (4 - len(parts))
            break
    parts += [everything] * (3 - len(parts))
    if len(parts) > 3 or not isinstance(parts[1], slice) or parts[1] != everything:
        raise ExplanationError(
            "an explanation keeps all its features, as only they add up to the prediction. "
            "Take rows and an output, ex[3, :, 'bad'], or some features of shap's object: ex.to_shap()[:, 'age']"
        )
    rows, output = (None if isinstance(part, slice) and part == everything else part for part in (parts[0], parts[2]))
    return rows, output
