"""A text with what its words did: coloured, underlined by sign, the strongest with their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.pictures.inside_parts import PartRow, part_rows, shares
from lepton_lab.pictures.markup import Markup, tag

if TYPE_CHECKING:
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject

MOST_COVER = 55
# Parts at least so strong, beside the strongest, carry their number; characters shown at most.
WORTH_A_NUMBER, AT_MOST_CHARACTERS = 0.25, 8_000


def drawing(inside: InsideExplanation, one: InsideObject, output: int) -> Markup:
    """The text as it runs."""
    rows = part_rows(one, output)
    by, of = shares(rows), {row.part: row for row in rows}
    pieces: list[object] = []
    for words, part in pieces_of(one):
        pieces.append(words if part is None else _part(of[part], words, by[part]))
    strongest = "; ".join(row.words for row in rows[:3])
    return tag("div", pieces, class_="lep-text", role="group", aria_label=f"{inside.column}: {strongest}")


def text(inside: InsideExplanation, one: InsideObject, output: int) -> str:
    """The text, with numbers behind its strongest words."""
    del inside
    rows = part_rows(one, output)
    by, of = shares(rows), {row.part: row for row in rows}
    said = []
    for words, part in pieces_of(one):
        worth = part is not None and by[part] > WORTH_A_NUMBER
        said.append(f"{words}[{of[part].effect}]" if part is not None and worth else words)
    return "  " + "".join(said).replace("\n", "\n  ")


def shapes(one: InsideObject) -> dict[str, Any]:
    """What a page draws: pieces of the text, each with its part's number or none."""
    return {"pieces": [[words, part] for words, part in pieces_of(one)]}


def pieces_of(one: InsideObject) -> list[tuple[str, int | None]]:
    """The text cut into its parts and what lies between them, up to a length."""
    whole, pieces, at = str(one.shown), [], 0
    for part, (start, stop) in enumerate(one.owner.tolist()):
        if start > AT_MOST_CHARACTERS:
            return [*pieces, (" …", None)]
        if start > at:
            pieces.append((whole[at:start], None))
        pieces.append((whole[start:stop], part))
        at = stop
    return [*pieces, (whole[at:], None)] if at < len(whole) else pieces


def _part(row: PartRow, words: str, share: float) -> Markup:
    number = tag("sub", row.effect) if share > WORTH_A_NUMBER else None
    return tag(
        "span", words, number, class_=f"lep-word {row.kind}", title=row.words,
        style=f"--cover:{MOST_COVER * share:.0f}%;--edge:{0.2 + 0.8 * share:.2f}",
    )  # fmt: skip
