"""The picture of two cohorts: where their columns' effects differ, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import DotColumn
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import count, decimals_for, number, signed
from lepton_lab.pictures.tables import table, text_table
from lepton_lab.quantiles import are_quantiles, said_of_output

if TYPE_CHECKING:
    from lepton_lab.explanation.cohorts import CohortComparison, Difference

AT_MOST = 20


def html(found: CohortComparison, *, output: int | None = None) -> Markup:
    """The picture as self-contained HTML; `output` picks a class where there are several."""
    output = _main_output(found) if output is None else output
    n = min(len(found), AT_MOST)
    value, size = _estimates(found.value, output)[:n], _estimates(found.size, output)[:n]
    dots = [DotColumn.of([*part, Estimate(0.0, 0.0, 0.0)], 220) for part in (value, size)]
    a, b = (_column(side, output)[:n] for side in (found.value.a, found.value.b))
    decimals = decimals_for([float(v) for v in (*a, *b)])
    rows: list[list[object]] = [
        [
            found.feature_names[i], signed(float(a[i]), decimals), signed(float(b[i]), decimals),
            dots[0].cell(value[i], _kind(value[i]), mark=0.0), dots[1].cell(size[i], _kind(size[i]), mark=0.0),
        ]
        for i in range(n)
    ]  # fmt: skip
    rows.append(["", "", "", dots[0].axis(), dots[1].axis()])
    first, second = found.names
    header = ["", f"mean in {first}", f"mean in {second}", "difference of means", "difference of mean |effect|"]
    hidden = count(len(found) - n, "less different column")
    more = tag("div", f"{hidden} not drawn", class_="lep-sub") if len(found) > n else None
    notes = theme.section("Notes", theme.notes(found.notes)) if found.notes else None
    return theme.picture(
        f"{first} against {second}", table(header, rows, numeric=(1, 2)), more, notes, sub=_subtitle(found, output)
    )


def text(found: CohortComparison) -> str:
    """The picture as plain text."""
    output = _main_output(found)
    rows = [
        [name, number(value.value), f"{number(value.low)} to {number(value.high)}", number(size.value),
         f"{number(size.low)} to {number(size.high)}"]
        for name, value, size in zip(
            found.feature_names, _estimates(found.value, output), _estimates(found.size, output), strict=True
        )
    ]  # fmt: skip
    head = f"{found.names[0]} against {found.names[1]} ({_subtitle(found, output)})"
    header = ["column", "difference of means", "95 %", "of mean |effect|", "95 %"]
    return "\n".join([head, text_table(header, rows[:AT_MOST], numeric=(1, 3)), *found.notes])


def _kind(estimate: Estimate) -> str:
    """Coloured where the interval leaves out 0."""
    if estimate.low <= 0 <= estimate.high:
        return "other"
    return "up" if estimate.value > 0 else "down"


def _subtitle(found: CohortComparison, output: int) -> str:
    what = f"{count(found.n_a, 'row')} and {count(found.n_b, 'row')}, effects in {found.unit}"
    if len(found.output_names) > 1:
        what += f", {said_of_output(found.output_names, output)}"
    return f"{what}, 95 % bounds"


def _main_output(found: CohortComparison) -> int:
    """The output in which the cohorts differ most."""
    if are_quantiles(found.output_names):
        return 0
    return int(np.abs(found.value.values).max(axis=0).argmax()) if found.value.values.ndim == 2 else 0


def _column(array: np.ndarray, output: int) -> np.ndarray:
    return array[:, output] if array.ndim == 2 else array


def _estimates(difference: Difference, output: int) -> list[Estimate]:
    parts = (difference.values, difference.lower_bounds, difference.upper_bounds)
    columns = (_column(part, output) for part in parts)
    return [Estimate(float(v), float(low), float(high)) for v, low, high in zip(*columns, strict=True)]
