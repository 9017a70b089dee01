"""Estimates as dots with their 95 % intervals, one a table cell, on one shared scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lepton_lab.metrics import Estimate
from lepton_lab.pictures.axes import Scale, extent, ticks
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import is_nothing, metric, number
from lepton_lab.pictures.svg import circle, line, svg, text


def with_interval(estimate: Estimate | None) -> str:
    """`0.786 (0.742 to 0.829)`, without the brackets where there is no interval."""
    if estimate is None or is_nothing(estimate.value):
        return "–"
    spread = interval(estimate)
    return f"{metric(estimate.value)} ({spread})" if spread else metric(estimate.value)


def interval(estimate: Estimate) -> str:
    """`0.742 to 0.829`; nothing where there is no interval, or none to speak of."""
    if is_nothing(estimate.low) or estimate.low == estimate.high:
        return ""
    return f"{metric(estimate.low)} to {metric(estimate.high)}"


@dataclass(frozen=True)
class DotColumn:
    """A column of dots with intervals that share a scale, so that rows compare at a glance."""

    scale: Scale
    width: float = 150

    @classmethod
    def of(cls, estimates: Sequence[Estimate | None], width: float = 150) -> DotColumn:
        """The scale that holds all of them."""
        ends = [end for e in estimates if e is not None for end in (e.value, e.low, e.high)]
        low, high = extent(ends, pad=0.06)
        return cls(Scale(low, high, 8, width - 8), width)

    def cell(self, estimate: Estimate | None, kind: str, *, mark: float | None = None) -> Markup:
        """One estimate; `mark` draws a faint line at the estimate to compare with."""
        if estimate is None or is_nothing(estimate.value):
            return Markup("")
        at, middle = self.scale, 11
        parts = [line(8, middle, self.width - 8, middle)]
        if mark is not None and not is_nothing(mark):
            parts.append(line(at(mark), 0, at(mark), 22, "dash"))
        if not is_nothing(estimate.low):
            ends = (at(estimate.low), middle, at(estimate.high), middle)
            parts.append(line(*ends, f"s-{kind}", stroke_width=3, stroke_linecap="round", opacity="0.55"))
        parts.append(circle(at(estimate.value), middle, 4.5, kind, title=with_interval(estimate)))
        return svg(self.width, 22, with_interval(estimate), *parts)

    def axis(self) -> Markup:
        """The ticks under the column."""
        parts = [line(8, 1, self.width - 8, 1, "axis")]
        for value in ticks(self.scale.low, self.scale.high, 4):
            parts += [line(self.scale(value), 1, self.scale(value), 5, "axis")]
            parts += [text(self.scale(value), 16, number(value), kind="s", anchor="middle")]
        return svg(self.width, 20, "scale", *parts)
