"""The panel of an explanation inside objects: the object under its parts' colours, by pointer and keyboard, row by row.

The page asks for one row and one class at a time, and draws them; everything else (hovering, the layer's strength, the
baseline instead of the object) needs no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab import pictures
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import Content, Heard, TwinnedPanel
from lepton_lab.pictures import inside as picture
from lepton_lab.pictures import inside_image, inside_series, inside_text
from lepton_lab.pictures.inside_parts import part_rows
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.python_words import literal

if TYPE_CHECKING:
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation

_SHAPES = {
    "image": inside_image.shapes,
    "series": inside_series.shapes,
    "text": inside_text.shapes,
    "items": inside_text.shapes,
}


class InsidePanel(TwinnedPanel):
    """A picture of the parts of objects that answers to the pointer; an object travels only when the page asks.

    Args:
        inside: of any number of rows.
    """

    _esm = script("inside")

    def __init__(self, inside: InsideExplanation) -> None:
        self._inside = inside
        super().__init__(title=picture.title(inside), code=code_of(inside))

    def twin_html(self) -> str:
        """The static picture."""
        return str(pictures.html(self._inside))

    def twin_text(self) -> str:
        """The same as plain text."""
        return pictures.text(self._inside)

    def heard(self) -> Heard:
        """What answers each message."""
        return {"row": self._row}

    def _row(self, content: Content) -> None:
        row, output = content.get("row", 0), content.get("output", self._inside.main_output)
        if type(row) is not int or type(output) is not int:
            return
        if 0 <= row < len(self._inside) and 0 <= output < len(self._inside.output_names):
            self.reply(content, told_of(self._inside, row, output))


def code_of(inside: InsideExplanation, row: int | None = None) -> str:
    """The line of Python that makes it; of one row where one is named."""
    label = inside.row_labels[0 if row is None else row]
    label = label.item() if hasattr(label, "item") else label
    which = f", row={literal(label)}" if row is not None or len(inside) == 1 else f", rows={len(inside)}"
    return f"ll.explain_inside(model, df, {inside.column!r}{which})"


def told_of(inside: InsideExplanation, row: int, output: int) -> dict[str, Any]:
    """What the page draws of one row and one class."""
    one = inside.objects[row]
    parts = [
        {
            "part": part.part,
            "name": part.name,
            "shown": part.shown,
            "value": part.value,
            "half": part.half,
            "decimals": part.decimals,
        }
        for part in part_rows(one, output)
    ]
    return {
        "row": row, "output": output, "kind": inside.kind, "column": inside.column, "unit": inside.unit,
        "labels": [value(label) for label in inside.row_labels.tolist()], "outputs": list(inside.output_names),
        "channels": list(inside.channels), "ends": picture.ends_of(inside, one, output),
        "parts": parts, "shapes": _SHAPES[inside.kind](one), "sub": picture.subtitle(inside, output),
        "notes": list(picture.notes_of(inside)), "method": one.explanation.method, "code": code_of(inside, row),
    }  # fmt: skip
