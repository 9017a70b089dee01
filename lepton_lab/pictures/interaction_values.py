"""The picture of interactions: a heat map of every two columns, and the strongest pairs with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import count, number, seconds
from lepton_lab.pictures.svg import CHARACTER_WIDTH, label, rect, svg
from lepton_lab.pictures.svg import text as words
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.explanation.interactions import Interactions

AT_MOST_FEATURES = 14
AT_MOST_PAIRS = 10
# Cells smaller than this, in pixels, show their number on hover only.
ROOM_FOR_NUMBER = 40.0


def html(interactions: Interactions) -> Markup:
    """The picture as self-contained HTML."""
    if len(interactions) == 0:
        return theme.picture("Interactions of 0 rows", sub=interactions.method)
    order = _order(interactions)
    parts = [theme.section("", heat_map(interactions, order))]
    hidden = len(interactions.feature_names) - len(order)
    if hidden:
        parts.append(tag("div", f"{count(hidden, 'column')} with the least effect not drawn", class_="lep-sub"))
    if len(interactions.feature_names) > 1:
        parts.append(theme.section("Strongest pairs", _pairs(interactions)))
    if interactions.notes:
        parts.append(theme.section("Notes", theme.notes(interactions.notes)))
    return theme.picture(title(interactions), *parts, _footer(interactions), sub=_subtitle(interactions))


def text(interactions: Interactions) -> str:
    """The picture as plain text."""
    if len(interactions) == 0:
        return f"Interactions of 0 rows ({interactions.method})"
    rows = _rows(interactions)
    body = text_table(["pair", "mean |interaction|", "95 %"], rows, numeric=(1,)) if rows else "one column: no pairs"
    return f"{title(interactions)} ({_subtitle(interactions)})\n{body}"


def title(interactions: Interactions) -> str:
    """What the picture is called."""
    return f"Which columns act together, over {count(len(interactions), 'row')}"


def heat_map(interactions: Interactions, order: np.ndarray, width: float = 640) -> Markup:
    """The drawing: mean sizes, main effects on the diagonal in another colour; each colour has its own scale."""
    sizes = interactions.mean_matrix()[np.ix_(order, order)]
    names = [interactions.feature_names[j] for j in order]
    n = len(names)
    left = min(max(len(name) for name in names) * CHARACTER_WIDTH + 12, 170.0)
    cell = min((width - left) / n, 72.0)
    diagonal = np.eye(n, dtype=bool)
    largest = {True: sizes[diagonal].max(initial=0.0), False: sizes[~diagonal].max(initial=0.0)}
    parts: list[Markup] = []
    for j, name in enumerate(names):
        parts.append(label(left + cell * (j + 0.5), 14, name, cell - 4, anchor="middle"))
        parts.append(label(left - 8, 24 + cell * (j + 0.5) + 4, name, left - 10, anchor="end"))
    for i in range(n):
        for j in range(n):
            share = sizes[i, j] / largest[i == j] if largest[i == j] else 0.0
            pair = names[i] if i == j else f"{names[i]} × {names[j]}"
            parts.append(_cell(left + cell * j, 24 + cell * i, cell, sizes[i, j], share, pair, main=i == j))
    return svg(left + cell * n, 28 + cell * n, "Mean size of main effects and interactions", *parts)


def _cell(x: float, y: float, size: float, value: float, share: float, name: str, *, main: bool) -> Markup:
    kind = "other" if main else "up"
    what = f"{name}: {'main effect' if main else 'interaction'} {number(value)}"
    shade = rect(x + 1, y + 1, size - 2, size - 2, kind, r=3, title=what, opacity=f"{0.05 + 0.6 * share:.2f}")
    if size < ROOM_FOR_NUMBER:
        return shade
    return Markup(shade + words(x + size / 2, y + size / 2 + 4, number(value, 2), kind="s", anchor="middle"))


def _order(interactions: Interactions) -> np.ndarray:
    """The columns to draw: those that do most, alone and together, first."""
    effect = interactions.mean_matrix().sum(axis=0)
    return np.argsort(-effect, kind="stable")[:AT_MOST_FEATURES]


def _rows(interactions: Interactions) -> list[list[str]]:
    if len(interactions.feature_names) < 2:
        return []
    found = interactions.strongest(AT_MOST_PAIRS)
    ends = zip(found.feature_names, found.values, found.lower_bounds, found.upper_bounds, strict=True)
    return [
        [name, number(v), "exact" if interactions.exact else f"{number(low)} to {number(high)}"]
        for name, v, low, high in ends
    ]


def _pairs(interactions: Interactions) -> Markup:
    return table(["pair", "mean |interaction|", "95 %"], _rows(interactions))


def _subtitle(interactions: Interactions) -> str:
    what = f"mean size in {interactions.unit}; grey: main effects"
    if len(interactions.output_names) > 1:
        what += f"; mean over {len(interactions.output_names)} outputs"
    return what


def _footer(interactions: Interactions) -> Markup:
    spent = f"{interactions.n_evaluations:,} evaluations in " if interactions.n_evaluations else ""
    line = f"{interactions.method} · {spent}{seconds(interactions.seconds)}"
    return tag("div", line, class_="lep-sub", style="margin-top:8px")
