"""What a domain asks of an evaluation, as sections of its picture: headlines, a table, curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import extent, nice_extent
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import NOTHING, is_nothing, metric, number, percent
from lepton_lab.pictures.svg import Chart, line, polyline
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.evaluation.shown.result import Cell, Plot, Shown

KINDS = ("main", "other", "third", "up", "fourth")


def html_of_shown(shown: Mapping[str, Shown], lacking: Sequence[str] = ()) -> list[Markup]:
    """A section for each figure, and a note on those that are not there."""
    sections = [_section(one) for one in shown.values()]
    if lacking:
        sections.append(theme.section("Not shown", theme.notes(list(lacking))))
    return sections


def lines_of_shown(shown: Mapping[str, Shown], lacking: Sequence[str] = ()) -> list[str]:
    """The same as plain text."""
    lines: list[str] = []
    for one in shown.values():
        lines += ["", one.title]
        lines += [f"  {label}: {value}" + (f" ({note})" if note else "") for label, value, note in heads(one)]
        if one.rows:
            lines.append(text_table([column.words for column in one.columns], cells(one), numeric=numeric(one)))
        lines += [one.note] if one.note else []
    return [*lines, *[f"not shown: {why}" for why in lacking]]


def heads(one: Shown) -> list[tuple[str, str, str]]:
    """Each headline's label, its value, and its interval with what there is to note."""
    found = []
    for head in one.headlines:
        value = percent(head.value.value) if head.is_share else metric(head.value.value)
        whole = _estimate(head.value, "share" if head.is_share else "number")
        spread = f"95 %: {whole.partition('(')[2].removesuffix(')')}" if "(" in whole else ""
        note = "; ".join(words for words in (spread, head.note) if words)
        found.append((head.said or head.label, value, note))
    return found


def cells(one: Shown) -> list[list[str]]:
    """The table's cells in words."""
    return [[_cell(cell, column.kind) for cell, column in zip(row, one.columns, strict=True)] for row in one.rows]


def numeric(one: Shown) -> list[int]:
    """Positions of the columns that hold numbers."""
    return [k for k, column in enumerate(one.columns) if column.kind != "text"]


def _section(one: Shown) -> Markup:
    kpis = theme.kpis(*(theme.kpi(label, value, note) for label, value, note in heads(one))) if one.headlines else None
    grid = table([column.words for column in one.columns], cells(one), numeric=numeric(one)) if one.rows else None
    plots = theme.row(*(theme.figure(plot.caption, _drawn(plot)) for plot in one.plots)) if one.plots else None
    return theme.section(one.title, kpis, grid, plots, theme.notes([one.note] if one.note else []))


def _drawn(plot: Plot) -> Markup:
    x, y = ends(plot)
    along, up = (percent if axis in plot.shares else number for axis in "xy")
    chart = Chart(x, y, 420, 220, plot.x_name, plot.y_name, along, up, left=58, label=plot.caption)
    marks = [
        polyline(chart.points(curve.x.tolist(), curve.y.tolist()), f"line s-{kind}", title=curve.name)
        for curve, kind in zip(plot.curves, KINDS, strict=False)
    ]
    if plot.mark is not None:
        at = chart.x_scale.clamp(plot.mark)
        marks.append(line(at, chart.y_scale.end, at, chart.y_scale.start, "dash"))
    drawn = chart.draw(*marks)
    if len(plot.curves) < 2:
        return drawn
    keys = [(kind, curve.name) for curve, kind in zip(plot.curves, KINDS, strict=False)]
    return Markup(drawn + theme.legend(keys))


def ends(plot: Plot) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of the axes."""
    x = extent([v for curve in plot.curves for v in curve.x.tolist()], pad=0)
    heights = [v for curve in plot.curves for v in curve.y.tolist()]
    y = nice_extent(*extent(heights, pad=0.0, include=(0.0,)))
    return (x[0], max(x[1], x[0] + 1e-9)), y


def _cell(cell: Cell, kind: str) -> str:
    if isinstance(cell, Estimate):
        return _estimate(cell, kind)
    if isinstance(cell, str):
        return cell
    if is_nothing(cell):
        return NOTHING
    assert cell is not None
    return _share(cell) if kind == "share" else f"{cell:,.0f}" if kind == "count" else number(cell)


def _estimate(found: Estimate, kind: str) -> str:
    """A value with its interval; of shares in per cent."""
    if kind != "share":
        return with_interval(found)
    if math.isnan(found.low) or found.low == found.high:
        return percent(found.value)
    return f"{percent(found.value)} ({percent(found.low)} to {percent(found.high)})"


def _share(share: float) -> str:
    """In per cent; those that were asked for as whole ones stay so."""
    whole = abs(100 * share - round(100 * share)) < 1e-9
    return percent(share, 0 if whole else None)
