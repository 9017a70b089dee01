"""An image with what its parts did: as the model reads it, and under a layer of colours with signs on the strongest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.pictures import theme
from lepton_lab.pictures.inside_parts import PartRow, labelled, part_rows, shares
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.outline import inner_point, outline
from lepton_lab.pictures.png import data_url
from lepton_lab.pictures.svg import svg
from lepton_lab.pictures.svg import text as words

if TYPE_CHECKING:
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject

SIDE, SMALL_SIDE = 300.0, 150.0
# Numbers keep so far from the edge.
EDGE = 20.0
# Of the larger and the smaller drawing of an image: what its bytes may be, or it is drawn coarser.
LARGE_BYTES, SMALL_BYTES = 90_000, 30_000
# The strongest part covers what is below it to this share.
MOST_COVER = 0.6
_MAP_ROWS, _MAP_COLUMNS = 8, 16


def drawing(inside: InsideExplanation, one: InsideObject, output: int) -> Markup:
    """The image alone, and with its parts."""
    rows = part_rows(one, output)
    height, width = one.owner.shape
    scale = SIDE / max(height, width)
    strongest = "; ".join(row.words for row in rows[:3])
    by = shares(rows)
    parts = [_part(row, outline(one.owner == row.part), by[row.part]) for row in reversed(rows)]
    layer = tag("g", _image(one), parts, transform=f"scale({scale:.4g})")
    numbers = [_number(one, row, scale) for row in labelled(rows)]
    label = f"{inside.column} with its parts: {strongest}"
    with_parts = svg(width * scale, height * scale, label, layer, numbers)
    small = SMALL_SIDE / max(height, width)
    alone = tag("g", _image(one, most=SMALL_BYTES), transform=f"scale({small:.4g})")
    alone = svg(width * small, height * small, f"{inside.column}", alone)
    return theme.row(theme.figure("what each part did", with_parts), theme.figure("as it is", alone))


def text(inside: InsideExplanation, one: InsideObject, output: int) -> str:
    """A coarse map in characters: # and + raise the score, = and - lower it, weaker ones are dots."""
    del inside
    values = one.values(output)
    spread = values[one.owner]
    height, width = spread.shape
    rows, columns = min(_MAP_ROWS, height), min(_MAP_COLUMNS, width)
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    lines = []
    for band in np.array_split(spread, rows, axis=0):
        means = [float(cell.mean()) / largest for cell in np.array_split(band, columns, axis=1)]
        lines.append("  " + "".join(mark(share) for share in means))
    return "\n".join(lines)


def mark(share: float) -> str:
    """A value from -1 to 1 as one character."""
    if abs(share) < 0.1:
        return "·"
    return ("#" if share > 0.4 else "+") if share > 0 else ("=" if share < -0.4 else "-")


def shapes(one: InsideObject) -> dict[str, Any]:
    """What a page draws: the image, and the outline and a point inside of each part, by its number."""
    n = len(one.explanation.feature_names)
    masks = [one.owner == k for k in range(n)]
    return {
        "image": data_url(np.asarray(one.shown)), "hidden": data_url(np.asarray(one.hidden)),
        "height": one.owner.shape[0], "width": one.owner.shape[1],
        "paths": [outline(mask) for mask in masks], "points": [inner_point(mask) for mask in masks],
    }  # fmt: skip


def _image(one: InsideObject, most: int = LARGE_BYTES) -> Markup:
    height, width = one.owner.shape
    return tag(
        "image", href=data_url(np.asarray(one.shown), most=most), width=width, height=height, class_="lep-points"
    )


def _part(row: PartRow, path: str, share: float) -> Markup:
    """One part: its colour, a frame that tells the sign, and what a pointer is told."""
    return tag(
        "path", tag("title", row.words), d=path, class_=f"lep-piece {row.kind}", fill_rule="evenodd",
        style=f"--cover:{MOST_COVER * share:.2f};--edge:{0.25 + 0.75 * share:.2f}",
    )  # fmt: skip


def _number(one: InsideObject, row: PartRow, scale: float) -> Markup:
    x, y = inner_point(one.owner == row.part)
    height, width = one.owner.shape
    x = float(np.clip(x * scale, EDGE, width * scale - EDGE)) if width * scale > 2 * EDGE else x * scale
    return words(
        x,
        float(np.clip(y * scale + 4, 12, height * scale - 4)),
        row.effect,
        kind="b lep-on-image",
        anchor="middle",
    )
