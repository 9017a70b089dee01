"""Tables as HTML and as plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from lepton_lab.pictures.markup import Markup, clean, tag


def table(
    header: Sequence[object],
    rows: Sequence[Sequence[object]],
    *,
    numeric: Sequence[int] = (),
    wrap: Sequence[int] = (),
    best: int | None = None,
) -> Markup:
    """A table whose first cell names the row.

    Args:
        header: the names of the columns.
        rows: cells, as text or Markup.
        numeric: positions of the columns to align right.
        wrap: positions of the columns whose text may break into lines.
        best: position of the row to print bold.
    """

    def kind(i: int) -> str | None:
        return "num" if i in numeric else "wrap" if i in wrap else None

    head = tag("tr", [_cell(cell, kind(i), "col") for i, cell in enumerate(header)])
    body = [
        tag(
            "tr",
            [_cell(cell, kind(i), None if i else "row") for i, cell in enumerate(row)],
            class_="best" if n == best else None,
        )
        for n, row in enumerate(rows)
    ]
    whole = tag("table", tag("thead", head), tag("tbody", body), class_="lep-table")
    return tag("div", whole, class_="lep-scroll")


def _cell(cell: object, kind: str | None, heads: str | None) -> Markup:
    """A cell that heads its row or column, unless it is empty: then it heads nothing."""
    return tag("th", cell, scope=heads, class_=kind) if heads and cell != "" else tag("td", cell, class_=kind)


def first_within(rows: Iterable[Sequence[object]], room: int) -> list[list[object]]:
    """The first rows whose cells have no more characters than this together; one at least, where there is one."""
    taken: list[list[object]] = []
    for row in rows:
        room -= sum(len(str(cell)) for cell in row)
        if taken and room < 0:
            break
        taken.append(list(row))
    return taken


def cut(words: str, most: int = 300) -> str:
    """Words that may be somebody's whole text, cut with an ellipsis."""
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """The same for a terminal: columns padded by their width on screen, two spaces apart."""
    cells = [[clean(str(cell)).replace("\n", " ") for cell in row] for row in (header, *rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "  ".join(_pad(cell, widths[i], right=i in numeric) for i, cell in enumerate(row)).rstrip() for row in cells
    ]
    return "\n".join(lines)


def _width(words: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words)


def _pad(words: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(words))
    return space + words if right else words + space
