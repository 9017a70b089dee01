"""Importance bars with intervals beside a beeswarm: one row a column of the user's frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_lab.pictures.axes import Scale, extent, ticks
from lepton_lab.pictures.markup import Markup, join
from lepton_lab.pictures.numbers import number
from lepton_lab.pictures.svg import CHARACTER_WIDTH, dots, label, line, rect, svg, text

ROW = 27.0
TOP = 24.0
SHADES = 7


@dataclass(frozen=True)
class SwarmRow:
    """One feature: its importance with interval, the drawn rows' effects, and how high their values are, 0..1."""

    name: str
    importance: float
    low: float
    high: float
    values: Sequence[float]
    heights: Sequence[float | None]


def swarm(rows: Sequence[SwarmRow], *, unit: str, width: float = 800) -> Markup:
    """The drawing: names, bars of mean |value| with 95 % whiskers, and one dot a row of the frame."""
    names = min(max((len(r.name) for r in rows), default=0) * CHARACTER_WIDTH, width * 0.26) + 2
    bars_end = names + width * 0.23
    floor = TOP + ROW * len(rows)
    top = max((r.high for r in rows), default=1.0) or 1.0
    bars = Scale(0, top, names + 10, bars_end - 46)
    points = Scale(*extent([v for r in rows for v in r.values], include=(0.0,)), bars_end + 8, width - 10)
    parts = [_grid(bars, floor, 3), _grid(points, floor, 5), line(points(0), TOP - 4, points(0), floor, "axis")]
    parts += [
        text(bars.start, 12, "Mean |effect|", kind="s b"),
        text(points.start, 12, "Effect of each row", kind="s b"),
    ]
    for i, row in enumerate(rows):
        parts.append(_bar(row, TOP + ROW * i, bars, names))
        parts.append(_points(row, TOP + ROW * (i + 0.5), points))
    parts.append(text((points.start + points.end) / 2, floor + 30, f"effect in {unit}", kind="s", anchor="middle"))
    return svg(width, floor + 34, "Importance of each column and its effect in each row", *parts)


def _grid(scale: Scale, floor: float, n: int) -> Markup:
    marks = ticks(scale.low, scale.high, n)
    return join(
        [line(scale(v), TOP - 4, scale(v), floor) for v in marks],
        [text(scale(v), floor + 14, number(v), kind="s", anchor="middle") for v in marks],
    )


def _bar(row: SwarmRow, top: float, scale: Scale, names: float) -> Markup:
    middle = top + ROW / 2
    hover = f"{row.name}: {number(row.importance)} ({number(row.low)} to {number(row.high)})"
    parts = [
        label(names, middle + 4, row.name, names, anchor="end"),
        rect(
            scale.start,
            top + 7,
            scale(row.importance) - scale.start,
            ROW - 14,
            "main",
            r=2,
            title=hover,
            opacity="0.85",
        ),
    ]
    x = scale(row.importance)
    if scale(row.high) - scale(row.low) > 1.5:
        parts.append(line(scale(row.low), middle, scale(row.high), middle, "s-ink", stroke_width=1.3))
        x = scale(row.high)
    # The rounding of sums is no effect.
    shown = 0.0 if row.importance < 1e-9 * scale.high else row.importance
    return join(parts, text(x + 6, middle + 4, number(shown, 2), kind="s halo"))


def _points(row: SwarmRow, middle: float, scale: Scale) -> Markup:
    xs = [scale(v) for v in row.values]
    ys = stack(xs, middle, ROW / 2 - 4)
    shades: dict[str, list[tuple[float, float]]] = {}
    for x, y, height in zip(xs, ys, row.heights, strict=True):
        shades.setdefault(shade(height), []).append((x, y))
    return join(*(shaded(shade, points) for shade, points in sorted(shades.items())))


def shade(height: float | None) -> str:
    """The name of a height's colour, by which `shaded` draws it; "grey" for what has none."""
    return "grey" if height is None or math.isnan(height) else str(min(SHADES - 1, int(height * SHADES)))


def shaded(shade: str, points: list[tuple[float, float]]) -> Markup:
    """Dots of one shade. Browsers without `color-mix` keep the plain colour of the class."""
    if shade == "grey":
        return dots(points, "s-other", 3.6, 0.6)
    end, weight = _mix(int(shade) / (SHADES - 1))
    mixed = f"stroke:color-mix(in oklab,var(--lep-{end}) {weight}%,var(--lep-mid))"
    return dots(points, f"s-{end}", 3.6, 0.75, style=mixed)


def _mix(height: float) -> tuple[str, int]:
    """The end of the colour scale a height lies towards, and its share in the mixture in per cent."""
    return ("down", round(100 - 200 * height)) if height < 0.5 else ("up", round(200 * height - 100))


def stack(xs: Sequence[float], middle: float, half: float, size: float = 3.0) -> list[float]:
    """Heights that keep dots of one place apart: each bin is filled from the middle outwards, squeezed to `half`."""
    bins: dict[int, list[int]] = {}
    for i, x in enumerate(xs):
        bins.setdefault(round(x / size), []).append(i)
    fullest = max((len(members) for members in bins.values()), default=1)
    step = min(size, half / max(fullest // 2, 1))
    ys = [middle] * len(xs)
    for members in bins.values():
        for place, i in enumerate(members):
            ys[i] = middle + (-1) ** place * ((place + 1) // 2) * step
    return ys
