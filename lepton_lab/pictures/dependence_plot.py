"""The picture of a dependence: each row's value of a column against its effect, coloured by another column."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import extent, nice_extent
from lepton_lab.pictures.curves import thin
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, number, percent, signed, value
from lepton_lab.pictures.shapley_values import heights
from lepton_lab.pictures.svg import Chart, label, line, rect, svg
from lepton_lab.pictures.swarm import shade, shaded
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.explanation.dependence import Dependence

AT_MOST_DOTS = 800
AT_MOST_LEVELS = 12
AT_MOST_STRENGTHS = 5
AT_MOST_BOUNDS = 200
N_BINS = 8
WIDTH, LEFT = 640, 58


def html(found: Dependence) -> Markup:
    """The picture as self-contained HTML."""
    drawn = np.array(thin(len(found), AT_MOST_DOTS), int)
    axis = axis_of(found)
    small = f"dots: {len(drawn):,} of {len(found):,} rows" if len(drawn) < len(found) else ""
    return theme.picture(
        f"{found.column}: its effect along its values",
        theme.section("", _scatter(found, axis, drawn), _spread(found, axis)),
        _legend(found),
        theme.section("Acts together with", _strengths(found), sub=found.measure) if found.strengths else None,
        tag("div", small, class_="lep-sub") if small else None,
        sub=_subtitle(found),
    )


def text(found: Dependence) -> str:
    """The picture as plain text."""
    axis = axis_of(found)
    rows = [
        [axis.words[k], signed(float(found.values[inside].mean()), 3), f"{int(inside.sum()):,}"]
        for k, inside in enumerate(axis.bins)
        if inside.any()
    ]
    body = text_table([found.column, f"mean effect ({found.unit})", "rows"], rows, numeric=(1, 2))
    others = [[str(cell) for cell in row] for row in _others(found)]
    head = f"Acts together with ({found.measure}):"
    beside = f"{head}\n{text_table(['column', '', '95 %', ''], others, numeric=(1,))}" if others else ""
    return "\n\n".join(part for part in (f"{found.column} ({_subtitle(found)})\n{body}", beside) if part)


@dataclass(frozen=True)
class Axis:
    """Where the rows stand on the horizontal axis of a dependence.

    Args:
        place: of each row; NaN where it is missing.
        extent: the axis's ends.
        bins: which rows are in each bar below, and in each line of the text.
        words: what each bin is called.
        ticks: places and words, where these are no numbers; empty otherwise.
    """

    place: np.ndarray
    extent: tuple[float, float]
    bins: tuple[np.ndarray, ...]
    words: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]


def axis_of(found: Dependence) -> Axis:
    """Numbers and dates as they are; categories by the mean of their effect, the rare ones together."""
    if found.kind == "category":
        return _levels(found)
    known = np.isfinite(found.place)
    if not known.any():
        return Axis(np.full(len(found), 0.0), (-0.5, 0.5), (~known,), ("missing",), ((0.0, "missing"),))
    low, high = float(found.place[known].min()), float(found.place[known].max())
    edges = np.unique(np.quantile(found.place[known], np.linspace(0, 1, N_BINS + 1)))
    which = np.clip(np.searchsorted(edges, found.place, side="right") - 1, 0, max(len(edges) - 2, 0))
    bins = [known & (which == k) for k in range(max(len(edges) - 1, 1))]
    say = _day if found.kind == "date" else number
    words = [f"{say(float(a))} to {say(float(b))}" for a, b in pairwise(edges)] or [say(low)]
    if not known.all():
        bins, words = [*bins, ~known], [*words, "missing"]
    # What is missing stands left of all that is known.
    room = 0.0 if known.all() else 0.08 * (high - low or 1.0)
    place = np.where(known, found.place, low - room)
    return Axis(place, extent([low - room, high], pad=0.03), tuple(bins), tuple(words), ())


def _levels(found: Dependence) -> Axis:
    counts = np.bincount(found.place.astype(int), minlength=len(found.levels))
    kept = np.argsort(-counts, kind="stable")[:AT_MOST_LEVELS]
    means = {int(k): float(found.values[found.place == k].mean()) for k in kept if counts[k]}
    order = sorted(means, key=lambda k: means[k])
    at = np.full(len(found.levels), float(len(order)))
    at[order] = np.arange(len(order), dtype=float)
    place = at[found.place.astype(int)]
    words = [value(found.levels[k]) for k in order]
    if (left := len(found.levels) - len(order)) > 0:
        words.append(f"{left:,} others")
    bins = tuple(place == k for k in range(len(words)))
    return Axis(place, (-0.5, len(words) - 0.5), bins, tuple(words), tuple(enumerate(words)))


def _scatter(found: Dependence, axis: Axis, drawn: np.ndarray) -> Markup:
    low, high = found.lower_bounds[drawn], found.upper_bounds[drawn]
    bounded = not found.exact and len(drawn) <= AT_MOST_BOUNDS
    ends = [*low, *high] if bounded else [*found.values[drawn]]
    y = nice_extent(*extent([float(v) for v in ends], include=(0.0,), pad=0.03))
    say = (lambda _: "") if axis.ticks else (_day if found.kind == "date" else number)
    chart = Chart(axis.extent, y, WIDTH, 280, "" if axis.ticks else found.column, f"effect, {found.unit}",
                  x_format=say, left=LEFT, label=f"effect of {found.column} by its value")  # fmt: skip
    xs = axis.place[drawn] + (_jitter(len(drawn)) if axis.ticks else 0.0)
    points = chart.points([float(x) for x in xs], [float(v) for v in found.values[drawn]])
    shades: dict[str, list[tuple[float, float]]] = {}
    for point, height in zip(points, _heights(found, drawn), strict=True):
        shades.setdefault(shade(height), []).append(point)
    whiskers = [
        line(x, chart.y_scale(float(a)), x, chart.y_scale(float(b)), "s-soft", opacity="0.35")
        for (x, _), a, b in zip(points, low, high, strict=True)
    ]  # fmt: skip
    zero = line(chart.x_scale.start, chart.y_scale(0.0), chart.x_scale.end, chart.y_scale(0.0), "axis")
    names = [label(chart.x_scale(x), chart.height - 20, words, 580 / len(axis.ticks), kind="s", anchor="middle")
             for x, words in axis.ticks]  # fmt: skip
    return chart.draw(zero, whiskers if bounded else None, [shaded(k, p) for k, p in sorted(shades.items())], names)


def _heights(found: Dependence, drawn: np.ndarray) -> Sequence[float | None]:
    return [None] * len(drawn) if found.colour_own is None else heights(found.colour_own[drawn])


def _jitter(n: int) -> np.ndarray:
    """Sideways, so that rows of one category are seen; the same every time."""
    return 0.6 * (np.arange(n) * 0.6180339887 % 1.0 - 0.5)


def _spread(found: Dependence, axis: Axis) -> Markup:
    """How many rows lie where, under the axis."""
    n = len(axis.words) if axis.ticks else 30
    counts, edges = np.histogram(axis.place, bins=n, range=axis.extent)
    span = (axis.extent[1] - axis.extent[0]) or 1.0
    to_x = [LEFT + (WIDTH - 10 - LEFT) * (float(edge) - axis.extent[0]) / span for edge in edges]
    tallest = max(int(counts.max()), 1)
    bars = [
        rect(to_x[i] + 0.5, 36 - 34 * n_rows / tallest, to_x[i + 1] - to_x[i] - 1, 34 * n_rows / tallest, "other",
             opacity="0.5", title=count(int(n_rows), "row"))
        for i, n_rows in enumerate(counts)
    ]  # fmt: skip
    return svg(WIDTH, 38, f"how many rows have which value of {found.column}", join(*bars))


def _strengths(found: Dependence) -> Markup:
    return table(["column", "", "95 %", ""], _others(found), numeric=(1,))


def _others(found: Dependence) -> list[list[object]]:
    """The strongest other columns: all that were found, or the first of those that may be nothing."""
    sure = [one for one in found.strengths if one.found][:AT_MOST_STRENGTHS] or list(found.strengths[:1])
    return [
        [one.name, _value(found, one.value), f"{_value(found, one.low)} to {_value(found, one.high)}",
         "" if one.found else "may be none"]
        for one in sure
    ]  # fmt: skip


def _value(found: Dependence, strength: float) -> str:
    """A share as such; it cannot be below 0 or above 1, whatever its estimate is."""
    return number(strength) if np.isnan(found.own_share) else percent(min(max(strength, 0.0), 1.0))


def _legend(found: Dependence) -> Markup | None:
    if found.colour is None:
        return None
    keys = [("down", "low value"), ("mid", "middle"), ("up", "high value"), ("other", "category or missing")]
    return join(tag("div", f"Colour: {found.colour}", class_="lep-sub"), theme.legend(keys))


def _subtitle(found: Dependence) -> str:
    sure = "exact" if found.exact else "with 95 % bounds of the sampling error"
    own = "" if np.isnan(found.own_share) else f", {percent(found.own_share)} of its spread told by the value alone"
    return f"{count(len(found), 'row')}, effects in {found.unit}, {found.output_name}, {sure}{own}"


def _day(days: float) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=float(days))).isoformat()
