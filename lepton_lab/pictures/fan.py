"""A forecast as a fan: what was, what is said of each step ahead with its quantiles, and what the naive says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.reshape_forecast import Forecast
from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import extent
from lepton_lab.pictures.curves import FIGURE
from lepton_lab.pictures.markup import Markup, coordinate, join, tag
from lepton_lab.pictures.svg import Chart, dots, line, polyline
from lepton_lab.quantiles import Quantiles

if TYPE_CHECKING:
    from lepton_lab.data.rows import Table
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.trained import TrainedModel

# Steps of the past that are drawn for each step ahead.
_PAST = 3


@dataclass(frozen=True)
class Fan:
    """One origin of a forecast.

    Args:
        name: the series and its origin, in words.
        unit: of the target.
        step: steps ahead `(step,)`.
        quantiles: `(step, level)`, rising; of a figure without quantiles one column.
        levels: of them.
        naive: `(step,)`, what the seasonal naive says.
        truth: `(step,)`, NaN where it is not known.
        past: the last known values, the last one at the origin.
    """

    name: str
    unit: str
    step: np.ndarray
    quantiles: np.ndarray
    levels: tuple[float, ...]
    naive: np.ndarray
    truth: np.ndarray
    past: np.ndarray


def fan_of(model: TrainedModel, table: Table, logits: np.ndarray, origin: int = -1) -> Fan | None:
    """The fan of one of a table's origins, the last if left out; None where the rows are of no forecast."""
    reshape, task = model.schema.reshape, model.task
    if not isinstance(reshape, Forecast) or task.classes or reshape.naive is None or not table.n_rows:
        return None
    whose = table.index.droplevel(-1)
    code, names = whose.factorize()
    at = np.flatnonzero(code == np.arange(len(names))[origin])
    at = at[np.argsort(table.columns["step"][at])]
    many = isinstance(task, Quantiles)
    found = task.in_order(logits[at]) if many else logits[at][:, :1]
    histories: list[ArrayValue] = table.columns[reshape.name].tolist()
    past = histories[at[0]].array[:, 0]
    truth = np.full(len(at), np.nan) if table.y is None else np.asarray(table.y, np.float64)[at]
    naive = np.asarray(table.columns[reshape.naive], np.float64)[at]
    levels = task.levels if many else (0.5,)
    steps, shown = np.asarray(table.columns["step"], float)[at], past[-_PAST * len(at) :]
    return Fan(_said(names[origin]), task.unit, steps, found, levels, naive, truth, shown)


def fan(one: Fan) -> Markup:
    """The figure."""
    drawn = join(chart(one), theme.legend([("main", "forecast"), ("other", "what was"), ("third", "seasonal naive")]))
    outer = f"bands: {one.levels[0]:g} to {one.levels[-1]:g} and within" if len(one.levels) > 2 else "no quantiles"
    return theme.figure(f"Forecast from {one.name}", drawn, outer)


def chart(one: Fan) -> Markup:
    """Past, bands, median, naive and truth."""
    back = np.arange(1 - len(one.past), 1.0)
    values = np.concatenate([one.past, one.quantiles.ravel(), one.naive, one.truth])
    frame = Chart(
        (float(back[0]), float(one.step[-1])), extent(values.tolist()), 1.9 * FIGURE, 240, "steps from the origin",
        one.unit, left=58, label=f"Forecast of {one.unit} from {one.name}",
    )  # fmt: skip
    steps = one.step.tolist()
    marks: list[object] = []
    for k in range(len(one.levels) // 2):
        low, high = one.quantiles[:, k], one.quantiles[:, -1 - k]
        marks.append(_band([*frame.points(steps, high.tolist()), *reversed(frame.points(steps, low.tolist()))]))
    marks += [polyline(part, "thin s-other", title="what was") for part in _pieces(frame, back, one.past)]
    marks += [
        polyline(part, "thin s-third", title="seasonal naive", stroke_dasharray="4 3")
        for part in _pieces(frame, one.step, one.naive)
    ]
    middle = one.quantiles[:, int(np.argmin(np.abs(np.array(one.levels) - 0.5)))]
    marks.append(polyline(frame.points(steps, middle.tolist()), "line s-main", title="forecast, the median"))
    seen = ~np.isnan(one.truth)
    marks.append(dots(frame.points(one.step[seen].tolist(), one.truth[seen].tolist()), "s-other", 4))
    at = frame.x_scale(0.0)
    return frame.draw(line(at, frame.y_scale.start, at, frame.y_scale.end, "axis"), *marks)


def fan_figures(evaluation: Evaluation) -> list[Markup]:
    """The last origin of the evaluated rows; nothing where they are of no forecast."""
    rows = evaluation.rows
    if rows is None or not rows.has_inputs:
        return []
    found = fan_of(rows.model, rows.table, rows.logits)
    return [] if found is None else [fan(found)]


def _pieces(frame: Chart, x: np.ndarray, y: np.ndarray) -> list[list[tuple[float, float]]]:
    """A line's points, in pieces where values are missing."""
    known = ~np.isnan(y)
    cuts = np.flatnonzero(np.diff(known.astype(int))) + 1
    parts = zip(np.split(x, cuts), np.split(y, cuts), np.split(known, cuts), strict=True)
    return [frame.points(a.tolist(), b.tolist()) for a, b, there in parts if len(there) and there[0]]


def _band(points: list[tuple[float, float]]) -> Markup:
    path = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points) + "Z"
    return tag("path", d=path, class_="main", opacity="0.16")


def _said(label: object) -> str:
    return " ".join(map(str, label)) if isinstance(label, tuple) else str(label)
