"""The confusion matrix: counts, and the share of each true class, as a shaded grid."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import percent
from lepton_lab.pictures.svg import CHARACTER_WIDTH, label, rect, svg, text

AT_MOST = 12
SMALLEST = 34.0  # a side on which four digits are read
LEANING = 80.0  # of names that would not fit over their columns


def confusion(counts: Sequence[Sequence[float]], classes: Sequence[str], width: float = 226) -> Markup:
    """The drawing: a row a true class, a column a decided class; the diagonal is right.

    Args:
        counts: `(true class, decided class)`, rows or their weight.
        classes: their names; of more than twelve those with most rows are drawn, and the others are counted.
        width: of the drawing, in pixels; many classes take more.
    """
    chosen = _chosen(counts)
    names, n = [classes[i] for i in chosen], len(chosen)
    left = min(max(len(name) for name in names) * CHARACTER_WIDTH + 10, width * 0.35)
    cell = min(max((width - left) / n, SMALLEST), 84.0)
    longest = max(len(name) for name in names) * CHARACTER_WIDTH
    leaning = n > 4 and longest > cell - 4
    top = 24.0 + min(longest, LEANING) * 0.8 if leaning else 40.0
    width = max(width, left + cell * n + (min(longest, LEANING) * 0.7 if leaning else 0))
    parts: list[Markup] = [text(left + cell * n / 2, 11, "predicted", kind="s", anchor="middle")]
    for j, name in enumerate(names):
        middle = left + cell * (j + 0.5)
        if leaning:
            parts.append(
                tag("g", label(0, 0, name, LEANING), transform=f"translate({middle:.1f} {top - 6:.1f}) rotate(-50)")
            )
        else:
            parts.append(label(middle, 30, name, cell - 4, anchor="middle"))
    for i, name in enumerate(names):
        parts.append(label(left - 8, top + cell * (i + 0.5) + 4, name, left - 8, anchor="end"))
        row = counts[chosen[i]]
        total = sum(row)
        parts += [
            _cell(left + cell * j, top + cell * i, cell, round(row[k]), total, right=i == j)
            for j, k in enumerate(chosen)
        ]
    end = top + cell * n + 4
    if n < len(classes):
        end += 14
        more = f"{len(classes) - n} classes of fewer rows are not drawn"
        parts.append(text(left, end - 4, more, kind="s"))
    return svg(width, end, "Confusion matrix", *parts)


def _chosen(counts: Sequence[Sequence[float]]) -> list[int]:
    """The classes to draw, in their order."""
    most = sorted(range(len(counts)), key=lambda i: -sum(counts[i]))[:AT_MOST]
    return sorted(most)


def _cell(x: float, y: float, size: float, n: int, total: float, *, right: bool) -> Markup:
    share = n / total if total else 0.0
    shade = rect(x + 1, y + 1, size - 2, size - 2, "main" if right else "up", r=3, opacity=f"{0.06 + 0.5 * share:.2f}")
    middle = x + size / 2
    if size < 44:
        return Markup(shade + text(middle, y + size / 2 + 4, f"{n:,}", anchor="middle"))
    count = text(middle, y + size / 2 + 1, f"{n:,}", kind="b", anchor="middle")
    return Markup(shade + count + text(middle, y + size / 2 + 16, percent(share, 0), kind="s", anchor="middle"))
