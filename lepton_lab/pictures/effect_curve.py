"""The picture of a column's effect: the mean with its interval over the rows' own curves; categories as dots."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import extent, nice_extent
from lepton_lab.pictures.curves import thin
from lepton_lab.pictures.intervals import DotColumn
from lepton_lab.pictures.markup import Markup, coordinate, tag
from lepton_lab.pictures.numbers import count, is_nothing, number, seconds, value
from lepton_lab.pictures.svg import Chart, circle, polyline
from lepton_lab.pictures.tables import table, text_table
from lepton_lab.quantiles import are_quantiles, said_of_output

if TYPE_CHECKING:
    from lepton_lab.explanation.effects.effect import Effect

AT_MOST_CURVES = 60
AT_MOST_TICKS = 200
AT_MOST_LINES = 24


def html(effect: Effect, *, output: int | None = None) -> Markup:
    """The picture as self-contained HTML; `output` picks a class where there are several."""
    output = _main_output(effect) if output is None else output
    curved = effect.kind != "category" and int((~np.isnan(effect.place)).sum()) > 1
    drawing = _curve(effect, output) if curved else _dots(effect, range(len(effect)), output)
    missing = [i for i, place in enumerate(effect.place) if curved and np.isnan(place)]
    beside = theme.section("Where it is missing", _dots(effect, missing, output)) if missing else None
    notes = theme.section("Notes", theme.notes(effect.notes)) if effect.notes else None
    return theme.picture(
        _title(effect), theme.section("", drawing), _legend(effect, curved=curved), beside, notes,
        tag("div", f"{count(effect.n_rows, 'row')} · {seconds(effect.seconds)}", class_="lep-sub"),
        sub=_subtitle(effect, output),
    )  # fmt: skip


def text(effect: Effect) -> str:
    """The picture as plain text."""
    output = _main_output(effect)
    mean, low, high = _numbers(effect, output)
    rows = [
        [value(effect.grid[i]), number(mean[i]), _range(low[i], high[i]), f"{effect.counts[i]:,}"]
        for i in thin(len(effect), AT_MOST_LINES)
    ]
    head = f"{_title(effect)} ({_subtitle(effect, output)})"
    body = text_table([effect.column, effect.unit, "95 % over rows", "rows near"], rows, numeric=(1, 3))
    return "\n".join([head, body, *effect.notes])


def _title(effect: Effect) -> str:
    if effect.n_rows == 1 and effect.curves is not None:
        return f"Row {value(effect.row_labels[0])} with another {effect.column}"
    words = effect.method[:1].upper() + effect.method[1:]
    return f"{words.partition(';')[0]} of {effect.column}"


def _subtitle(effect: Effect, output: int) -> str:
    what = f"in {effect.unit}"
    if len(effect.output_names) > 1:
        what += f", {said_of_output(effect.output_names, output)}"
    return f"{what}, 95 % bounds over rows like these" if effect.n_rows > 1 else f"{what}, one row"


def _main_output(effect: Effect) -> int:
    """The output that moves most."""
    if are_quantiles(effect.output_names):
        return 0
    return int(np.ptp(effect.mean, axis=0).argmax()) if effect.mean.ndim == 2 else 0


def _numbers(effect: Effect, output: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = (effect.mean, effect.lower_bounds, effect.upper_bounds)
    mean, low, high = (array[:, output] if array.ndim == 2 else array for array in found)
    return mean, low, high


def _range(low: float, high: float) -> str:
    return "" if is_nothing(float(low)) else f"{number(low)} to {number(high)}"


def _curve(effect: Effect, output: int) -> Markup:
    known = np.flatnonzero(~np.isnan(effect.place))
    xs = [float(x) for x in effect.place[known]]
    mean, low, high = (array[known] for array in _numbers(effect, output))
    curves = _some_curves(effect, known, output)
    bounds = [float(v) for v in (*mean, *low, *high) if np.isfinite(v)]
    y = nice_extent(*extent([*bounds, *(v for curve in curves for v in _inner(curve))], pad=0.03))
    dates = effect.kind == "date"
    chart = Chart(
        (xs[0], xs[-1]), y, 620, 270, effect.column, effect.unit, x_format=_day if dates else number, left=58,
        label=_title(effect),
    )  # fmt: skip
    marks: list[object] = [
        polyline(_clipped(chart, xs, curve), "thin s-other", opacity=f"{_faintness(len(curves)):g}") for curve in curves
    ]
    if np.isfinite(low).all():
        marks.append(_band(chart, xs, low, high))
    marks += [
        polyline(chart.points(xs, [float(v) for v in mean]), "line s-main"),
        _rug(effect, chart),
        _own(effect, chart, mean),
    ]
    return chart.draw(*marks)


def _own(effect: Effect, chart: Chart, mean: np.ndarray) -> Markup | None:
    """Where a single row stands on its curve."""
    if effect.n_rows != 1 or effect.row_place[0] < 0 or np.isnan(effect.place[effect.row_place[0]]):
        return None
    at = int((effect.place < effect.place[effect.row_place[0]]).sum())
    ((x, y),) = chart.points([float(effect.place[effect.row_place[0]])], [float(mean[at])])
    return circle(x, y, 4.5, "main", title=f"this row, near {value(effect.grid[effect.row_place[0]])}")


def _some_curves(effect: Effect, known: np.ndarray, output: int) -> list[list[float]]:
    """A few of the rows' curves, spread evenly over all."""
    if effect.curves is None or effect.n_rows == 1:
        return []
    curves = effect.curves[..., output] if effect.curves.ndim == 3 else effect.curves
    return [[float(v) for v in curves[i, known]] for i in thin(len(curves), AT_MOST_CURVES)]


def _inner(curve: list[float]) -> list[float]:
    return [min(curve), max(curve)]


def _clipped(chart: Chart, xs: list[float], ys: list[float]) -> list[tuple[float, float]]:
    return [(x, chart.y_scale.clamp(y)) for (x, _), y in zip(chart.points(xs, ys), ys, strict=True)]


def _faintness(n: int) -> float:
    return 0.5 if n < 10 else 0.28


def _band(chart: Chart, xs: list[float], low: np.ndarray, high: np.ndarray) -> Markup:
    there = chart.points(xs, [float(v) for v in high])
    back = chart.points(xs, [float(v) for v in low])[::-1]
    path = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in [*there, *back]) + "Z"
    return tag("path", d=path, class_="main", opacity="0.22")


def _rug(effect: Effect, chart: Chart) -> Markup:
    """A tick for each asked row's value, under the curve: where there are rows, and where there are none."""
    places = np.sort(effect.column_place[~np.isnan(effect.column_place)])
    shown = [places[i] for i in thin(len(places), AT_MOST_TICKS)]
    floor = chart.y_scale.start
    inside = [chart.x_scale(float(x)) for x in shown if chart.x[0] <= x <= chart.x[1]]
    path = "".join(f"M{coordinate(x)} {coordinate(floor)}v-5" for x in inside)
    return tag("path", d=path, class_="s-soft", stroke_width=1, opacity="0.5", fill="none") if path else Markup("")


def _day(days: float) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=float(days))).isoformat()


def _dots(effect: Effect, points: range | list[int], output: int) -> Markup:
    mean, low, high = _numbers(effect, output)
    estimates = [_estimate(mean[i], low[i], high[i]) for i in points]
    dots = DotColumn.of(estimates, 270)
    rows: list[list[object]] = [
        [value(effect.grid[i]), dots.cell(estimate, "main"), number(mean[i]), f"{effect.counts[i]:,}"]
        for i, estimate in zip(points, estimates, strict=True)
    ]
    rows.append(["", dots.axis(), "", ""])
    return table([effect.column, effect.unit, "mean", "rows"], rows, numeric=(2, 3))


def _estimate(mean: float, low: float, high: float) -> Estimate:
    return Estimate(float(mean), float(low), float(high))


def _legend(effect: Effect, *, curved: bool) -> Markup | None:
    if not curved or effect.curves is None or effect.n_rows == 1:
        return None
    drawn = min(AT_MOST_CURVES, effect.n_rows)
    return theme.legend([("main", "mean over the rows"), ("other", f"{drawn} of {effect.n_rows:,} rows")])
