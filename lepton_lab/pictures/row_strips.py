"""Every column's curve for one row, small: known values as bars, the prediction as a line, the row as a dot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.pictures.axes import Scale, extent
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import is_nothing, number, percent, value
from lepton_lab.pictures.svg import circle, line, polyline, rect, short, svg

if TYPE_CHECKING:
    from lepton_lab.evaluation.controls import Spread
    from lepton_lab.evaluation.scenario import WhatIf, WhatIfAnswer
    from lepton_lab.explanation.effects.row_curves import RowCurve

AT_MOST = 24
WIDTH, HEIGHT, PAD = 200, 44, 6


@dataclass(frozen=True)
class Strip:
    """One column's curve.

    Args:
        column: its name.
        kind: "number", "date" or "category".
        grid: values of the points, as the user wrote them.
        place: where each is drawn; NaN for missing.
        heights: the prediction at each, as people read it.
        spread: of known values.
        now: the row's own value.
    """

    column: str
    kind: str
    grid: Sequence[object]
    place: np.ndarray
    heights: np.ndarray
    spread: Spread
    now: object

    @property
    def reach(self) -> float:
        """How far the prediction moves along the curve."""
        known = self.heights[np.isfinite(self.heights)]
        return float(np.ptp(known)) if len(known) else 0.0


def strips_of(whatif: WhatIf, found: WhatIfAnswer, curves: Sequence[RowCurve]) -> tuple[Strip, ...]:
    """The curves of a row, in the number people read, at the scenario of an answer."""
    now = {**whatif.values, **found.changes}
    made = []
    for curve, spread in zip(curves, whatif.spreads, strict=True):
        heights = whatif.shown(curve.outputs, found.output)
        made.append(Strip(curve.column, curve.kind, list(curve.grid), curve.place, heights, spread, now[curve.column]))
    return tuple(made)


def strips(items: Sequence[Strip], *, share: bool) -> Markup:
    """The columns that move the prediction most, on one scale.

    Args:
        items: a strip a column.
        share: whether heights are probabilities.
    """
    chosen = sorted(items, key=lambda one: -one.reach)[:AT_MOST]
    every = np.concatenate([one.heights[np.isfinite(one.heights)] for one in chosen]) if chosen else np.zeros(0)
    scale = Scale(*extent(every.tolist(), pad=0.05), HEIGHT - 3, 3)
    shown = percent if share else number
    return tag("div", [_one(one, scale, shown) for one in chosen], class_="lep-row")


def _one(one: Strip, scale: Scale, shown: object) -> Markup:
    low, high = _ends(one)
    reach = f"{shown(low)} to {shown(high)}"  # type: ignore[operator]
    room = WIDTH - 7 * len(reach) - 12  # what the caption's other words leave
    caption = tag("figcaption", short(one.column, room), " ", tag("span", reach), title=one.column)
    label = f"{one.column}: {reach}, now {value(one.now)}"
    drawing = svg(WIDTH, HEIGHT, label, _bars(one), _curve(one, scale))
    return tag("figure", caption, drawing, style=f"width:{WIDTH}px;overflow:hidden")


def _ends(one: Strip) -> tuple[float | None, float | None]:
    known = one.heights[np.isfinite(one.heights)]
    return (float(known.min()), float(known.max())) if len(known) else (None, None)


def _x(one: Strip) -> Scale:
    low, high = one.spread.low, one.spread.high
    return Scale(low, high if high > low else low + 1.0, PAD, WIDTH - PAD)


def _bars(one: Strip) -> list[Markup]:
    n, top = len(one.spread.bars), max(float(one.spread.bars.max(initial=0.0)), 1e-12)
    step = (WIDTH - 2 * PAD) / max(n - 1, 1) if one.kind == "category" else (WIDTH - 2 * PAD) / max(n, 1)
    wide = min(step * 0.7, 14) if one.kind == "category" else step
    start = PAD - wide / 2 if one.kind == "category" else PAD
    style = "fill:var(--lep-line)"
    made = [line(0, HEIGHT - 0.5, WIDTH, HEIGHT - 0.5, "axis")]
    for i, bar in enumerate(one.spread.bars):
        tall = (HEIGHT - 4) * math.sqrt(bar / top)
        if tall >= 0.5:
            made.append(rect(start + i * step, HEIGHT - tall, wide, tall, "", style=style))
    return made


def _curve(one: Strip, scale: Scale) -> list[Markup]:
    to_x = _x(one)
    there = np.isfinite(one.place) & np.isfinite(one.heights)
    points = [(to_x(x), scale(y)) for x, y in zip(one.place[there], one.heights[there], strict=True)]
    if one.kind == "category":
        drawn = [circle(x, y, 2.6, "main") for x, y in points]
    else:
        drawn = [polyline(points, "line s-main")]
    spot = _now(one)
    if spot is None:
        return drawn
    x, y = to_x(spot[0]), scale(spot[1])
    return [*drawn, line(x, 2, x, HEIGHT, "dash"), circle(x, y, 3.6, "up", title=f"now {value(one.now)}")]


def _now(one: Strip) -> tuple[float, float] | None:
    """Where the row itself is on its curve; None beyond it, or where its value is missing."""
    if is_nothing(one.now):
        return None
    places = {value(v): i for i, v in enumerate(one.grid)}
    if (i := places.get(value(one.now))) is not None:
        return float(one.place[i]), float(one.heights[i])
    there = np.isfinite(one.place) & np.isfinite(one.heights)
    if one.kind != "number" or not there.any():
        return None
    at = float(one.now)  # type: ignore[arg-type]
    if not one.place[there].min() <= at <= one.place[there].max():
        return None
    return at, float(np.interp(at, one.place[there], one.heights[there]))
