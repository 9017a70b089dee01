"""The picture of an explanation inside objects: the object with its parts coloured, and a table of the strongest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import inside_image, inside_series, inside_text, theme
from lepton_lab.pictures.inside_parts import PartRow, part_rows
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import count, number, seconds, signed, value
from lepton_lab.pictures.svg import line, rect, svg
from lepton_lab.pictures.tables import table, text_table
from lepton_lab.quantiles import said_of_output

if TYPE_CHECKING:
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject

# Parts in the table, rows drawn at most, and bytes of drawings after which no further row is drawn.
AT_MOST_PARTS, AT_MOST_ROWS, AT_MOST_BYTES = 8, 6, 110_000
_DRAWN = {"image": inside_image, "series": inside_series, "text": inside_text, "items": inside_text}


def html(inside: InsideExplanation, *, output: int | None = None) -> Markup:
    """The picture as self-contained HTML; `output` picks a class where there are several."""
    output = inside.main_output if output is None else output
    sections, n_bytes = [], 0
    for one in inside.objects[:AT_MOST_ROWS]:
        if n_bytes > AT_MOST_BYTES:
            break
        sections.append(_row(inside, one, output))
        n_bytes += len(sections[-1])
    hidden = len(inside) - len(sections)
    more = tag("div", f"{count(hidden, 'more row')}: inside[{len(sections)}]", class_="lep-sub") if hidden else None
    notes = theme.section("Notes", theme.notes(notes_of(inside))) if notes_of(inside) else None
    return theme.picture(title(inside), sections, more, _legend(), notes, _footer(inside), sub=subtitle(inside, output))


def text(inside: InsideExplanation) -> str:
    """The picture as plain text."""
    output = inside.main_output
    parts = [f"{title(inside)} ({subtitle(inside, output)})"]
    for one in inside.objects[:AT_MOST_ROWS]:
        rows = part_rows(one, output)[:AT_MOST_PARTS]
        cells = [[row.name, row.shown, row.precise, f"± {number(row.half, 2)}" if row.half else ""] for row in rows]
        drawn = _DRAWN[inside.kind].text(inside, one, output)
        made = text_table(["part", "mean", "effect", "95 %"], cells, numeric=(2,))
        parts += [f"row {value(one.explanation.row_labels[0])}: {ends_of(inside, one, output)}", drawn, made]
    hidden = len(inside) - AT_MOST_ROWS
    return "\n".join([*parts, *([f"{count(hidden, 'more row')}: inside[{AT_MOST_ROWS}]"] if hidden > 0 else [])])


def title(inside: InsideExplanation) -> str:
    """What the picture, and the panel, are called."""
    preview = "Preview: " if inside.is_preview else ""
    if len(inside) == 1:
        return f"{preview}What in {inside.column} of row {value(inside.row_labels[0])} made the model say so"
    return f"{preview}What in {inside.column} made the model say so, in {count(len(inside), 'row')}"


def subtitle(inside: InsideExplanation, output: int) -> str:
    """What the numbers are."""
    what = f"effects in {inside.unit}"
    if len(inside.output_names) > 1 or inside.unit == "logits":
        what += f", {said_of_output(inside.output_names, output)}"
    what += f", against {inside.baseline}"
    if inside.is_preview:
        return f"{what}; from gradients: no Shapley values"
    return what + ("; exact" if inside.exact else "; with 95 % bounds of the sampling error")


def notes_of(inside: InsideExplanation) -> tuple[str, ...]:
    """What a reader should know, of all rows and of each."""
    of_rows = (note for one in inside for note in one.explanation.notes)
    return tuple(dict.fromkeys((*inside.notes, *of_rows)))


def _row(inside: InsideExplanation, one: InsideObject, output: int) -> Markup:
    """One row: its object drawn, what it adds up to, its strongest parts."""
    rows = part_rows(one, output)
    drawing = _DRAWN[inside.kind].drawing(inside, one, output)
    label = f"row {value(one.explanation.row_labels[0])}" if len(inside) > 1 else ""
    beside = tag("div", _table(rows), class_="lep-inside-table")
    both = tag("div", drawing, beside) if inside.kind in ("text", "items") else theme.row(drawing, beside)
    return theme.section(label, tag("div", ends_of(inside, one, output), class_="lep-sub"), both)


def ends_of(inside: InsideExplanation, one: InsideObject, output: int) -> str:
    """In words, what the parts' values add up to."""
    if inside.unit == "heat":
        return "heat from 0 to 1: where the last layer speaks for the class; it adds up to nothing"
    base, prediction = one.ends(output)
    rows = part_rows(one, output)
    if not any(row.value for row in rows):
        return f"{number(prediction)} with or without it: no part of {inside.column} moves this prediction"
    total = signed(prediction - base, rows[0].decimals + 1)
    return f"{number(base)} with {inside.baseline} in its place, {number(prediction)} as it is: {total} by its parts"


def _table(rows: list[PartRow]) -> Markup:
    shown, rest = rows[:AT_MOST_PARTS], rows[AT_MOST_PARTS:]
    largest = max((abs(row.value) for row in rows), default=0.0) or 1.0
    cells: list[list[object]] = [
        [row.name, row.shown, _bar(row, largest), row.effect, f"± {number(row.half, 2)}" if row.half else ""]
        for row in shown
    ]
    if rest:
        cells.append(
            [f"{len(rest)} weaker parts", "", "", signed(sum(row.value for row in rest), rows[0].decimals), ""]
        )
    header = ["part", "mean", "", "effect", "95 %"]
    kept = [k for k in range(5) if k not in (1, 4) or any(row[k] for row in cells)]
    cells = [[row[k] for k in kept] for row in cells]
    return table([header[k] for k in kept], cells, numeric=[k for k, at in enumerate(kept) if at >= 3])


def _bar(row: PartRow, largest: float) -> Markup:
    """A value as a bar to the right or to the left of the middle."""
    length = 40 * abs(row.value) / largest
    x, kind = (42, "up") if row.value >= 0 else (42 - length, "down")
    return svg(84, 12, row.words, rect(x, 1.5, max(length, 1 if row.value else 0), 9, kind), line(42, 0, 42, 12))


def _legend() -> Markup:
    keys = theme.legend([("up", "+ raises the score (solid frame)"), ("down", "− lowers it (dashed frame)")])
    return tag("div", keys, style="margin-top:8px")


def _footer(inside: InsideExplanation) -> Markup:
    method = inside.objects[0].explanation.method
    words = f"{method} · {inside.n_evaluations:,} composed objects in {seconds(inside.seconds)}"
    return tag("div", words, class_="lep-sub", style="margin-top:8px")
