"""The confusion matrix: counts, and the share of each true class, as a shaded grid."""

from __future__ import annotations

from collections.abc import Sequence

from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import percent
from lepton_lab.pictures.svg import CHARACTER_WIDTH, label, rect, svg, text

AT_MOST = 12


def confusion(counts: Sequence[Sequence[float]], classes: Sequence[str], width: float = 226) -> Markup:
    """The drawing: a row a true class, a column a decided class; the diagonal is right.

    Args:
        counts: `(true class, decided class)`, rows or their weight.
        classes: their names; of more than twelve the first are drawn.
        width: of the drawing, in pixels.
    """
    n = min(len(classes), AT_MOST)
    left = min(max(len(name) for name in classes) * CHARACTER_WIDTH + 10, width * 0.35)
    cell = min((width - left) / n, 84.0)
    top = 40.0
    parts: list[Markup] = [text(left + cell * n / 2, 11, "predicted", kind="s", anchor="middle")]
    for j in range(n):
        parts.append(label(left + cell * (j + 0.5), 30, classes[j], cell - 4, anchor="middle"))
    for i in range(n):
        parts.append(label(left - 8, top + cell * (i + 0.5) + 4, classes[i], left - 8, anchor="end"))
        total = sum(counts[i])
        parts += [
            _cell(left + cell * j, top + cell * i, cell, round(counts[i][j]), total, right=i == j) for j in range(n)
        ]
    return svg(width, top + cell * n + 4, "Confusion matrix", *parts)


def _cell(x: float, y: float, size: float, n: int, total: float, *, right: bool) -> Markup:
    share = n / total if total else 0.0
    shade = rect(x + 1, y + 1, size - 2, size - 2, "main" if right else "up", r=3, opacity=f"{0.06 + 0.5 * share:.2f}")
    middle = x + size / 2
    if size < 44:
        return Markup(shade + text(middle, y + size / 2 + 4, f"{n:,}", anchor="middle"))
    count = text(middle, y + size / 2 + 1, f"{n:,}", kind="b", anchor="middle")
    return Markup(shade + count + text(middle, y + size / 2 + 16, percent(share, 0), kind="s", anchor="middle"))
