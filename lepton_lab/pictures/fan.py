"""Fans of a forecast, one a series: what was, what is said of each step ahead with its quantiles, and the naive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.evaluation.fans import Fan, Fans, fans_of
from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import extent
from lepton_lab.pictures.curves import FIGURE
from lepton_lab.pictures.markup import Markup, coordinate, join, tag
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.svg import Chart, dots, line, polyline

if TYPE_CHECKING:
    from lepton_lab.evaluation.report import Evaluation

KEYS = (("main", "forecast"), ("other", "what was"), ("third", "seasonal naive"))


def html(fans: Fans) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture("Forecast", theme.row(*map(fan, fans.fans)), sub=said_of_series(fans))


def text(fans: Fans) -> str:
    """The picture as plain text: whose forecasts they are; the numbers are in the prediction."""
    return "\n".join(f"forecast from {said(one)}" for one in fans.fans)


def said_of_series(fans: Fans) -> str:
    """Which series are shown, where not all are."""
    return f"the first {len(fans.fans)} of {fans.n_series:,} series" if fans.n_series > len(fans.fans) else ""


def said(one: Fan) -> str:
    """The series and the origin in words."""
    return " ".join(value(part) for part in one.label)


def fan(one: Fan) -> Markup:
    """The figure."""
    drawn = join(chart(one), theme.legend(list(KEYS)))
    return theme.figure(f"Forecast from {said(one)}", drawn, said_of_bands(one))


def said_of_bands(one: Fan) -> str:
    """What the bands are."""
    return f"bands: {one.levels[0]:g} to {one.levels[-1]:g} and within" if len(one.levels) > 2 else "no quantiles"


@dataclass(frozen=True)
class Layer:
    """One thing that a fan draws: `band`, `line`, `thin`, `dashed` or `dots`; its colour, its points, and words."""

    shape: str
    kind: str
    xs: list[float]
    ys: list[float]
    name: str = ""


def layers(one: Fan) -> list[Layer]:
    """Bands, the past, the naive, the median and the truth, from back to front; the fan opens at the origin."""
    back, last = np.arange(1 - len(one.past), 1.0), one.past[-1:]
    opens = len(last) > 0 and not np.isnan(last[0])
    ahead = np.concatenate([[0.0], one.step]) if opens else one.step
    lines = np.concatenate([np.full((1, one.quantiles.shape[1]), last[0]), one.quantiles]) if opens else one.quantiles
    found = []
    for k in range(len(one.levels) // 2):
        low, high = lines[:, k], lines[:, -1 - k]
        around = [*ahead.tolist(), *ahead[::-1].tolist()], [*high.tolist(), *low[::-1].tolist()]
        found.append(Layer("band", "main", *around))
    found += [Layer("thin", "other", *piece, "what was") for piece in _pieces(back, one.past)]
    found += [Layer("dashed", "third", *piece, "seasonal naive") for piece in _pieces(one.step, one.naive)]
    middle = lines[:, int(np.argmin(np.abs(np.array(one.levels) - 0.5)))]
    found.append(Layer("line", "main", ahead.tolist(), middle.tolist(), "forecast, the median"))
    seen = ~np.isnan(one.truth)
    if seen.any():
        found.append(Layer("dots", "other", one.step[seen].tolist(), one.truth[seen].tolist()))
    return found


def axes(one: Fan) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of both."""
    values = np.concatenate([one.past, one.quantiles.ravel(), one.naive, one.truth])
    return (float(1 - max(len(one.past), 1)), float(one.step[-1])), extent(values.tolist())


STEPS = "steps from the origin"


def chart(one: Fan) -> Markup:
    """The layers over their axes."""
    label = f"Forecast of {one.unit} from {said(one)}"
    frame = Chart(*axes(one), 1.9 * FIGURE, 240, STEPS, one.unit, left=66, label=label)
    at = frame.x_scale(0.0)
    origin = line(at, frame.y_scale.start, at, frame.y_scale.end, "axis")
    return frame.draw(origin, *(_drawn(layer, frame) for layer in layers(one)))


def _drawn(layer: Layer, frame: Chart) -> Markup:
    points = frame.points(layer.xs, layer.ys)
    if layer.shape == "band":
        path = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points) + "Z"
        return tag("path", d=path, class_=layer.kind, opacity="0.16")
    if layer.shape == "dots":
        return dots(points, f"s-{layer.kind}", 4)
    width = "line" if layer.shape == "line" else "thin"
    dashes = {"stroke_dasharray": "4 3"} if layer.shape == "dashed" else {}
    return polyline(points, f"{width} s-{layer.kind}", title=layer.name, **dashes)


def fans_of_evaluation(evaluation: Evaluation) -> Fans | None:
    """The latest origins of the evaluated rows; None where they are of no forecast, or their columns are not known."""
    rows = evaluation.rows
    return fans_of(rows.model, rows.table, rows.logits) if rows is not None and rows.has_inputs else None


def fan_figures(evaluation: Evaluation) -> list[Markup]:
    """A figure a series; nothing where the rows are of no forecast."""
    found = fans_of_evaluation(evaluation)
    return [] if found is None else [fan(one) for one in found.fans]


def _pieces(x: np.ndarray, y: np.ndarray) -> list[tuple[list[float], list[float]]]:
    """A line's points, in pieces where values are missing."""
    known = ~np.isnan(y)
    cuts = np.flatnonzero(np.diff(known.astype(int))) + 1
    parts = zip(np.split(x, cuts), np.split(y, cuts), np.split(known, cuts), strict=True)
    return [(a.tolist(), b.tolist()) for a, b, there in parts if len(there) and there[0]]
