"""How a column's values lie, small: bars for all rows, a line a class, and a dashed line for a second frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from lepton_lab.pictures.markup import Markup, coordinate, tag
from lepton_lab.pictures.numbers import is_nothing, value
from lepton_lab.pictures.svg import line, svg
from lepton_lab.pictures.theme import SERIES

if TYPE_CHECKING:
    from lepton_lab.data.column_card import Bins, ColumnCard
    from lepton_lab.data.shifts import ColumnDrift

WIDTH, HEIGHT = 170.0, 38.0
# Of the classes' lines: the second, which of two is the positive one, is the orange one.
LINES = (*SERIES, "soft")


def of_card(card: ColumnCard, drift: ColumnDrift | None = None) -> Markup:
    """The bars of a column, a line a class (its own shares), or the target's mean in each bin."""
    n = n_drawn(card, drift)
    whole = shares(card.counts)[:n]
    lines = [(shares(one)[:n], kind) for one, kind in zip(card.by_class, LINES, strict=False)]
    second = second_of(card, drift)[:n]
    top = max([*whole, *(v for one, _ in lines for v in one), *second, 1e-12])
    marks = [_bars(whole, top), *(_steps(one, top, f"thin s-{kind}") for one, kind in lines)]
    if second:
        marks.append(_steps(second, top, "thin s-ink", dashed=True))
    if not lines and card.target_mean:
        marks.append(_means(card.target_mean[:n]))
    return svg(WIDTH, HEIGHT, words_of(card), *marks, line(0, HEIGHT - 0.5, WIDTH, HEIGHT - 0.5, "axis"))


def of_drift(drift: ColumnDrift) -> Markup:
    """The shares of the first frame as bars, of the second as a dashed line."""
    first, second = drift.shares
    if not first:
        return Markup("")
    top = max(*first, *second, 1e-12)
    label = f"{drift.name}: bars the first frame, dashed line the second"
    return svg(WIDTH, HEIGHT, label, _bars(first, top), _steps(second, top, "thin s-ink", dashed=True),
               line(0, HEIGHT - 0.5, WIDTH, HEIGHT - 0.5, "axis"))  # fmt: skip


def second_of(card: ColumnCard, drift: ColumnDrift | None) -> tuple[float, ...]:
    """The second frame's shares in a card's bins; nothing where there are none."""
    if drift is None or len(drift.shares[1]) != len(card.counts):
        return ()
    return drift.shares[1]


def n_drawn(card: ColumnCard, drift: ColumnDrift | None = None) -> int:
    """How many bins there are to draw: that of all other values only where there are any."""
    second = second_of(card, drift)
    rest = card.counts[-1] or (second and second[-1])
    return len(card.counts) if card.bins.ordered or rest else len(card.counts) - 1


def shares(counts: Sequence[int]) -> list[float]:
    """Counts as parts of their sum."""
    whole = max(sum(counts), 1)
    return [count / whole for count in counts]


def words_of(card: ColumnCard) -> str:
    """A column's values in words, for those who cannot see the drawing."""
    names = bin_names(card.bins, card.column.kind == "datetime")
    most = max(range(len(card.counts)), key=lambda i: card.counts[i])
    return f"{card.name}: most rows ({max(shares(card.counts)):.0%}) in {names[most]}"


def bin_names(bins: Bins, dates: bool = False) -> list[str]:
    """What each bin holds, as people write it."""
    if not bins.ordered:
        return [*(value(one) for one in bins.values), "other values"]
    ends = [day(edge) if dates else f"{edge:,.4g}" for edge in bins.edges]
    return [f"{low} to {high}" for low, high in pairwise(ends)]


def day(days: float) -> str:
    """A date from days since 1970."""
    import numpy as np

    return str(np.datetime64("1970-01-01", "D") + np.timedelta64(int(days), "D"))


def _bars(parts: Sequence[float], top: float) -> Markup:
    """All bars as one path."""
    step = WIDTH / max(len(parts), 1)
    gap = min(1.0, step / 5)
    path = "".join(
        f"M{coordinate(i * step + gap / 2)} {coordinate(HEIGHT)}v{coordinate(-_tall(p, top))}"
        f"h{coordinate(step - gap)}v{coordinate(_tall(p, top))}z"
        for i, p in enumerate(parts)
        if p > 0
    )
    return tag("path", d=path, class_="other", opacity="0.35")


def _steps(parts: Sequence[float], top: float, kind: str, *, dashed: bool = False) -> Markup:
    """A stepped line over the bars."""
    step = WIDTH / len(parts)
    path = f"M0 {coordinate(HEIGHT - _tall(parts[0], top))}" + "".join(
        f"V{coordinate(HEIGHT - _tall(p, top))}h{coordinate(step)}" for p in parts
    )
    return tag("path", d=path, class_=kind, stroke_dasharray="3 2" if dashed else None)


def _means(means: Sequence[float]) -> Markup:
    """The target's mean in each bin, from its smallest to its largest, as dots."""
    known = [m for m in means if not is_nothing(m)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    step = WIDTH / len(means)
    path = "".join(
        f"M{coordinate((i + 0.5) * step)} {coordinate(HEIGHT - 5 - (HEIGHT - 10) * (m - low) / ((high - low) or 1))}h0"
        for i, m in enumerate(means)
        if not is_nothing(m)
    )
    return tag("path", d=path, class_="s-main", stroke_width=4, stroke_linecap="round", fill="none")


def _tall(part: float, top: float) -> float:
    return max(part / top * (HEIGHT - 3), 0.6 if part else 0.0)
