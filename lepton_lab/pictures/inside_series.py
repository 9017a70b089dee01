"""A series with what its stretches did: each channel's signal over a strip of colours, one stretch a field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.pictures.axes import Scale, extent, ticks
from lepton_lab.pictures.inside_image import mark
from lepton_lab.pictures.inside_parts import PartRow, labelled, part_rows, shares
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import number
from lepton_lab.pictures.svg import label, line, polyline, svg
from lepton_lab.pictures.svg import text as words

if TYPE_CHECKING:
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject

WIDTH, LEFT, GAP, FLOOR = 620.0, 92.0, 6.0, 34.0
MOST_COVER = 0.55
# Channels drawn, the strongest; steps of a line.
AT_MOST_CHANNELS, AT_MOST_STEPS = 24, 600


def drawing(inside: InsideExplanation, one: InsideObject, output: int) -> Markup:
    """One strip a channel, time to the right."""
    rows = part_rows(one, output)
    channels = drawn_channels(one, output)
    height = strip_height(len(channels))
    n_steps = len(one.owner)
    to_x = Scale(0, n_steps, LEFT, WIDTH - 8)
    by, of = shares(rows), {row.part: row for row in rows}
    names = {row.part for row in labelled(rows)}
    parts: list[Markup] = []
    for place, channel in enumerate(channels):
        top = place * (height + GAP) + 2
        runs = runs_of(one.owner[:, channel])
        parts += [_field(of[part], by[part], to_x(a), top, to_x(b) - to_x(a), height) for part, a, b in runs]
        parts.append(_signal(one, channel, to_x, top, height))
        parts.append(label(LEFT - 8, top + height / 2 + 4, inside.channels[channel], LEFT - 10, kind="s", anchor="end"))
        # A part of several channels carries its number once.
        for part, a, b in [run for run in runs if run[0] in names]:
            names.discard(part)
            middle = to_x((a + b) / 2)
            parts.append(words(middle, top + 12, of[part].effect, kind="b halo", anchor="middle"))
    floor = len(channels) * (height + GAP)
    strongest = "; ".join(row.words for row in rows[:3])
    axis = _axis(to_x, floor, n_steps)
    drawn = svg(WIDTH, floor + FLOOR, f"{inside.column} with its stretches: {strongest}", parts, axis)
    left = np.shape(one.shown)[1] - len(channels)
    more = tag("div", f"{left} channels that did less are not drawn", class_="lep-sub") if left else None
    return tag("div", drawn, more)


def text(inside: InsideExplanation, one: InsideObject, output: int) -> str:
    """One line a channel: # and + raise the score, = and - lower it, weaker ones are dots."""
    values = one.values(output)
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    width = max(len(name) for name in inside.channels)
    lines = []
    for channel in drawn_channels(one, output):
        places = np.linspace(0, len(one.owner) - 1, min(60, len(one.owner))).round().astype(int)
        marks = "".join(mark(float(values[one.owner[k, channel]]) / largest) for k in places)
        lines.append(f"  {inside.channels[channel]:<{width}}  {marks}")
    return "\n".join(lines)


def shapes(one: InsideObject) -> dict[str, Any]:
    """What a page draws: of each channel its signal and its baseline, thinned, and its fields."""
    n_steps, n_channels = np.shape(one.shown)
    kept = np.unique(np.linspace(0, n_steps - 1, min(AT_MOST_STEPS, n_steps)).round().astype(int))

    def listed(array: Any, channel: int) -> list[float | None]:
        values = np.asarray(array)[kept, channel].astype(float).tolist()
        return [None if value != value else value for value in values]

    return {
        "steps": n_steps, "at": kept.tolist(),
        "signals": [listed(one.shown, k) for k in range(n_channels)],
        "baselines": [listed(one.hidden, k) for k in range(n_channels)],
        "fields": [[list(run) for run in runs_of(one.owner[:, k])] for k in range(n_channels)],
    }  # fmt: skip


def drawn_channels(one: InsideObject, output: int) -> list[int]:
    """The channels that did most, in their own order."""
    strength = np.abs(one.values(output))[one.owner].max(axis=0)
    return sorted(np.argsort(-strength, kind="stable")[:AT_MOST_CHANNELS].tolist())


def strip_height(n_channels: int) -> float:
    """Pixels of each strip."""
    return float(np.clip(260 / max(n_channels, 1), 24, 120))


def runs_of(owner: np.ndarray) -> list[tuple[int, int, int]]:
    """Stretches of one part along a channel: its number, first step, and the one behind its last."""
    starts = np.flatnonzero(np.diff(owner, prepend=-2))
    ends = [*starts[1:].tolist(), len(owner)]
    return [(int(owner[a]), int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def _field(row: PartRow, share: float, x: float, top: float, width: float, height: float) -> Markup:
    return tag(
        "rect", tag("title", row.words), x=float(x), y=float(top), width=float(width), height=float(height),
        class_=f"lep-piece {row.kind}", style=f"--cover:{MOST_COVER * share:.2f};--edge:{0.25 + 0.75 * share:.2f}",
    )  # fmt: skip


def _signal(one: InsideObject, channel: int, to_x: Scale, top: float, height: float) -> Markup:
    """The channel's line, and its baseline's dashed."""
    shown, hidden = (np.asarray(array)[:, channel] for array in (one.shown, one.hidden))
    low, high = extent([*shown[np.isfinite(shown)], *hidden[np.isfinite(hidden)]], pad=0.08)
    to_y = Scale(low, high, top + height, top)
    lines = []
    for series, kind in ((hidden, "dash"), (shown, "line thin s-ink")):
        kept = np.unique(np.linspace(0, len(series) - 1, min(AT_MOST_STEPS, len(series))).round().astype(int))
        kept = kept[np.isfinite(series[kept])]
        lines.append(polyline([(to_x(k + 0.5), to_y(float(series[k]))) for k in kept], kind))
    return tag("g", lines, class_="lep-signal")


def _axis(to_x: Scale, floor: float, n_steps: int) -> Markup:
    marks = [step for step in ticks(1, n_steps, 6) if step >= 1 and float(step).is_integer()]
    below = [words(to_x(step - 0.5), floor + 14, number(step), kind="s", anchor="middle") for step in marks]
    name = words((to_x.start + to_x.end) / 2, floor + 29, "step", kind="s", anchor="middle")
    return tag("g", line(to_x.start, floor, to_x.end, floor, "axis"), below, name)
