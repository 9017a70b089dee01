"""How one prediction comes about: from the base value, column by column, to the prediction, with 95 % bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lepton_lab.explanation.estimate import T_95
from lepton_lab.pictures.axes import Scale, extent, ticks
from lepton_lab.pictures.markup import Markup, join
from lepton_lab.pictures.numbers import decimals_for, fixed, number, signed
from lepton_lab.pictures.svg import CHARACTER_WIDTH, label, line, rect, svg, text

ROW = 24.0


@dataclass(frozen=True)
class Step:
    """One column's share in a prediction: its value as the user wrote it, what it added, and the standard error."""

    name: str
    shown: str
    value: float
    error_std: float = 0.0


def largest_first(steps: Sequence[Step], at_most: int = 12) -> list[Step]:
    """The steps by size; the smallest are added up in one where there are more than `at_most`."""
    ordered = sorted(steps, key=lambda step: -abs(step.value))
    if len(ordered) <= at_most:
        return ordered
    rest = ordered[at_most - 1 :]
    # The errors of one plan hang together: their sum is the bound that cannot be too small.
    other = Step(f"{len(rest)} other columns", "", sum(s.value for s in rest), sum(s.error_std for s in rest))
    return [*ordered[: at_most - 1], other]


def _running(base: float, steps: Sequence[Step]) -> list[float]:
    levels = [base]
    for step in steps:
        levels.append(levels[-1] + step.value)
    return levels


def waterfall(
    steps: Sequence[Step], base: float, prediction: float, *, unit: str, width: float = 720, at_most: int = 12
) -> Markup:
    """The drawing.

    Args:
        steps: one a column, in any order.
        base: mean output over the background, in `unit`.
        prediction: the model's output for the row, in `unit`.
        unit: what the numbers count; log-odds get a probability beside them.
        width: of the drawing, in pixels.
        at_most: rows drawn; further columns are added up in the last.
    """
    shown = largest_first(steps, at_most)
    levels = _running(base, shown)
    names = _Names.of(shown, width)
    scale = Scale(*extent([*levels, *_bounds(shown, levels), prediction], pad=0.03), names.end + 52, width - 58)
    height = ROW * (len(shown) + 2) + 30
    decimals = decimals_for([step.value for step in shown])
    parts = [_grid(scale, height), _end_row(0, "Average prediction", base, scale, names, unit)]
    for i, step in enumerate(shown):
        parts.append(_step_row(i + 1, step, levels[i], scale, names, decimals))
    parts.append(_end_row(len(shown) + 1, "This prediction", prediction, scale, names, unit))
    parts.append(text((scale.start + scale.end) / 2, height - 1, unit, kind="s", anchor="middle"))
    words = f"Waterfall from {number(base)} to {number(prediction)} {unit}"
    return svg(width, height + 4, words, *parts)


def _bounds(steps: Sequence[Step], levels: Sequence[float]) -> list[float]:
    ends = zip(steps, levels[1:], strict=True)
    return [end + side * T_95 * step.error_std for step, end in ends for side in (-1, 1)]


def _grid(scale: Scale, height: float) -> Markup:
    floor = height - 28
    marks = ticks(scale.low, scale.high, 5)
    lines = [line(scale(v), 2, scale(v), floor) for v in marks]
    return join(lines, [text(scale(v), floor + 13, number(v), kind="s", anchor="middle") for v in marks])


@dataclass(frozen=True)
class _Names:
    """Where the names end and the values beside them begin and end, in pixels."""

    name_end: float
    end: float

    @classmethod
    def of(cls, steps: Sequence[Step], width: float) -> _Names:
        """As wide as the longest needs, up to two fifths of the drawing."""
        name = max([len("Average prediction") + 3, *(len(s.name) for s in steps)]) * CHARACTER_WIDTH
        shown = max([0, *(len(s.shown) for s in steps)]) * CHARACTER_WIDTH
        name_end = min(name, width * 0.27) + 2
        return cls(name_end, name_end + (min(shown, width * 0.2) + 14 if shown else 0))


def _end_row(i: int, name: str, level: float, scale: Scale, names: _Names, unit: str) -> Markup:
    middle, x = ROW * i + ROW / 2, scale(level)
    words = fixed(level, 2) if abs(level) < 100 else number(level, 4)
    if unit == "log-odds":
        words += f"  ({100 / (1 + math.exp(-max(min(level, 500), -500))):.0f} %)"
    left = x + 12 + len(words) * CHARACTER_WIDTH > scale.end + 58
    return join(
        text(names.name_end, middle + 4, name, kind="b", anchor="end"),
        line(x, ROW * i + 3, x, ROW * (i + 1) - 3, "s-ink", stroke_width=2.5),
        text(x - 8 if left else x + 8, middle + 4, words, kind="b halo", anchor="end" if left else None),
    )


def _step_row(i: int, step: Step, start: float, scale: Scale, names: _Names, decimals: int) -> Markup:
    top, middle, end = ROW * i, ROW * i + ROW / 2, start + step.value
    x1, x2 = sorted((scale(start), scale(end)))
    half = T_95 * step.error_std
    low, high = scale(end - half), scale(end + half)
    hover = f"{step.name} = {step.shown}: {signed(step.value, decimals)}" + (f" ± {number(half, 2)}" if half else "")
    parts = [
        _name(step, names, middle),
        line(scale(end), top + ROW - 5, scale(end), top + ROW + 5, "axis"),
        rect(x1, top + 5, max(x2 - x1, 1), ROW - 10, "up" if step.value >= 0 else "down", r=2, title=hover),
    ]
    if high - low > 1.5:
        parts += [
            line(low, middle, high, middle, "s-ink", stroke_width=1.3),
            line(low, middle - 3.5, low, middle + 3.5, "s-ink", stroke_width=1.3),
            line(high, middle - 3.5, high, middle + 3.5, "s-ink", stroke_width=1.3),
        ]
    right = step.value >= 0
    x = max(x2, high) + 6 if right else min(x1, low) - 6
    parts.append(text(x, middle + 4, signed(step.value, decimals), kind="halo", anchor=None if right else "end"))
    return join(parts)


def _name(step: Step, names: _Names, middle: float) -> Markup:
    return join(
        label(names.name_end, middle + 4, step.name, names.name_end, kind="s", anchor="end"),
        label(names.name_end + 12, middle + 4, step.shown, names.end - names.name_end - 12) if step.shown else None,
    )
