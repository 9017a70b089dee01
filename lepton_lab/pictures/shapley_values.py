"""The picture of an explanation: importance and beeswarm for many rows, a waterfall for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.explanation.column_places import places_of, relative_heights
from lepton_lab.explanation.estimate import T_95
from lepton_lab.pictures import theme
from lepton_lab.pictures.curves import thin
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, number, seconds, signed, value
from lepton_lab.pictures.swarm import SwarmRow, swarm
from lepton_lab.pictures.tables import text_table
from lepton_lab.pictures.waterfall import Step, waterfall
from lepton_lab.quantiles import said_of_output

if TYPE_CHECKING:
    from lepton_lab.explanation.explanation import Explanation

AT_MOST_FEATURES = 20
AT_MOST_DOTS = 300


def html(explanation: Explanation, *, output: int | None = None) -> Markup:
    """The picture as self-contained HTML; `output` picks a class where there are several."""
    if len(explanation) == 0:
        return theme.picture("Explanation of 0 rows", sub=explanation.method)
    output = explanation.main_output if output is None else output
    drawing = _one_row(explanation, output) if len(explanation) == 1 else _many_rows(explanation, output)
    notes = theme.section("Notes", theme.notes(explanation.notes)) if explanation.notes else None
    return theme.picture(title(explanation), drawing, notes, _footer(explanation), sub=_subtitle(explanation, output))


def text(explanation: Explanation) -> str:
    """The picture as plain text."""
    if len(explanation) == 0:
        return f"Explanation of 0 rows ({explanation.method})"
    head = f"{title(explanation)} ({_subtitle(explanation, explanation.main_output)})"
    return f"{head}\n{_text_one(explanation) if len(explanation) == 1 else _text_many(explanation)}"


def of_output(array: np.ndarray, output: int) -> np.ndarray:
    """One output of values `(row, feature[, class])` or of bases `(row[, class])`, at their last axis."""
    return array[..., output]


def steps(explanation: Explanation, row: int, output: int = 0) -> tuple[list[Step], float, float]:
    """What a waterfall of one row shows: its steps, base value and prediction."""
    many = len(explanation.output_names) > 1 or explanation.values.ndim == 3
    values = explanation.values[row][:, output] if many else explanation.values[row]
    errors = explanation.error_std[row][:, output] if many else explanation.error_std[row]
    base = explanation.base_values[row][output] if many else explanation.base_values[row]
    prediction = (
        explanation.prediction[row][output] if np.ndim(explanation.prediction[row]) else explanation.prediction[row]
    )
    data = explanation.data[row]
    made = [
        Step(name, value(shown), float(v), float(e))
        for name, shown, v, e in zip(explanation.feature_names, data, values, errors, strict=True)
    ]
    return made, float(base), float(prediction)


def swarm_rows(explanation: Explanation, output: int) -> list[SwarmRow]:
    """The rows of the beeswarm, most important first, with evenly spread rows where there are too many to draw."""
    importance = explanation.importance()
    many = explanation.values.ndim == 3
    drawn = thin(len(explanation), AT_MOST_DOTS)
    values = (explanation.values[:, :, output] if many else explanation.values)[drawn]
    rows = []
    for place in range(min(len(importance), AT_MOST_FEATURES)):
        j = int(importance.order[place])
        rows.append(
            SwarmRow(
                importance.feature_names[place], float(importance.values[place]),
                float(importance.lower_bounds[place]), float(importance.upper_bounds[place]),
                [float(v) for v in values[:, j]], heights(explanation.data[:, j][drawn]),
            )
        )  # fmt: skip
    return rows


def heights(column: np.ndarray) -> list[float | None]:
    """How high each value is among the others, 0..1, for its colour; None for words and what is missing."""
    return [None if np.isnan(height) else float(height) for height in relative_heights(places_of("", column))]


def title(explanation: Explanation) -> str:
    """What the picture, and the panel, are called."""
    preview = "Preview: " if is_preview(explanation) else ""
    if len(explanation) == 1:
        return f"{preview}Why row {value(explanation.row_labels[0])} was predicted so"
    return f"{preview}What moves the prediction, over {count(len(explanation), 'row')}"


def is_preview(explanation: Explanation) -> bool:
    """Whether the values come from gradients, and are no Shapley values."""
    return explanation.method.startswith("preview:")


def _subtitle(explanation: Explanation, output: int) -> str:
    what = f"effects in {explanation.unit}"
    if len(explanation.output_names) > 1:
        what += f", {said_of_output(explanation.output_names, output)}"
    if is_preview(explanation):
        return f"{what}, from gradients: not Shapley values"
    return what + (", exact" if explanation.exact else ", with 95 % bounds of the sampling error")


def _one_row(explanation: Explanation, output: int) -> Markup:
    made, base, prediction = steps(explanation, 0, output)
    return theme.section("", waterfall(made, base, prediction, unit=explanation.unit))


def _many_rows(explanation: Explanation, output: int) -> Markup:
    rows = swarm_rows(explanation, output)
    keys = theme.legend(
        [("down", "low value"), ("mid", "middle"), ("up", "high value"), ("other", "category or missing")]
    )
    hidden = len(explanation.feature_names) - len(rows)
    left = [f"{count(hidden, 'less important column')} not drawn"] if hidden else []
    left += [f"dots: {AT_MOST_DOTS} of {len(explanation):,} rows"] if len(explanation) > AT_MOST_DOTS else []
    small = tag("div", "; ".join(left), class_="lep-sub")
    return join(theme.section("", swarm(rows, unit=explanation.unit)), keys, small if left else None)


def _footer(explanation: Explanation) -> Markup:
    spent = f"{explanation.n_evaluations:,} evaluations in " if explanation.n_evaluations else ""
    words = f"{explanation.method} · {spent}{seconds(explanation.seconds)}"
    return tag("div", words, class_="lep-sub", style="margin-top:8px")


def _text_one(explanation: Explanation) -> str:
    made, base, prediction = steps(explanation, 0, explanation.main_output)
    ordered = sorted(made, key=lambda step: -abs(step.value))[:AT_MOST_FEATURES]
    rows = [
        [s.name, s.shown, signed(s.value, 3), f"± {number(T_95 * s.error_std, 2)}" if s.error_std else ""]
        for s in ordered
    ]
    ends = f"average {number(base)}, this prediction {number(prediction)}"
    return f"{text_table(['column', 'value', 'effect', '95 %'], rows, numeric=(2,))}\n{ends}"


def _text_many(explanation: Explanation) -> str:
    importance = explanation.importance()
    rows = [
        [name, number(v), "exact" if explanation.exact else f"{number(low)} to {number(high)}"]
        for name, v, low, high in zip(
            importance.feature_names, importance.values, importance.lower_bounds, importance.upper_bounds, strict=True
        )
    ]
    return text_table(["column", "mean |effect|", "95 %"], rows[:AT_MOST_FEATURES], numeric=(1,))
