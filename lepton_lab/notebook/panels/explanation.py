"""The explanation panel: importance and beeswarm of many rows, and the waterfall of the row one clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab import pictures
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import TwinnedPanel
from lepton_lab.pictures.curves import thin
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.shapley_values import heights, main_output, steps, title

if TYPE_CHECKING:
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.importance import Importance

AT_MOST_COLUMNS = 30
AT_MOST_ROWS = 10_000
NO_ORDER = 255


class ExplanationPanel(TwinnedPanel):
    """A picture of an explanation that answers to the pointer; rows travel only when the page asks.

    Args:
        explanation: of any number of rows.
        importance: as `explanation.importance()` gave it; computed where it is None.
        code: the Python line that makes the explanation.
    """

    _esm = script("explanation")

    def __init__(
        self, explanation: Explanation, importance: Importance | None = None, *, code: str = "ex = ll.explain(model)"
    ) -> None:
        self._explanation = explanation
        self._importance = importance or explanation.importance()
        self._rows = thin(len(explanation), AT_MOST_ROWS)
        super().__init__(title=title(explanation), code=code)

    def twin_html(self) -> str:
        """The static picture."""
        return pictures.html(self._explanation)

    def twin_text(self) -> str:
        """The same as plain text."""
        return pictures.text(self._explanation)

    def answer(self, content: dict[str, Any]) -> None:
        """`ready` asks for the drawing's data, `row` for one row's waterfall."""
        output = content.get("output", main_output(self._explanation))
        if not isinstance(output, int) or not 0 <= output < len(self._explanation.output_names):
            return
        if content["type"] == "ready":
            message, buffers = drawing(self._explanation, self._importance, self._rows, output)
            self.send(message, buffers)
        elif content["type"] == "row" and isinstance(row := content.get("row"), int) and 0 <= row < len(self._rows):
            self.send(one_row(self._explanation, self._rows[row], output) | {"row": row})


def drawing(
    explanation: Explanation, importance: Importance, rows: list[int], output: int
) -> tuple[dict[str, Any], list[bytes]]:
    """What the page draws: names, bars and labels as JSON; effects, shades and codes as three buffers (column, row)."""
    shown = [int(j) for j in importance.order[:AT_MOST_COLUMNS]]
    values = explanation.values[:, :, output] if explanation.values.ndim == 3 else explanation.values
    columns, shades, codes = [], [], []
    for place, j in enumerate(shown):
        texts, code = _texts(explanation.data[rows, j])
        columns.append({
            "name": importance.feature_names[place], "importance": float(importance.values[place]), "texts": texts,
            "low": float(importance.lower_bounds[place]), "high": float(importance.upper_bounds[place]),
        })  # fmt: skip
        shades.append(_shades(explanation.data[rows, j]))
        codes.append(code)
    message = {
        "type": "data", "columns": columns, "labels": [value(explanation.row_labels[i]) for i in rows],
        "outputs": [str(name) for name in explanation.output_names], "output": output, "unit": explanation.unit,
        "note": note(explanation, len(rows)), "hidden": len(explanation.feature_names) - len(shown),
    }  # fmt: skip
    effects = np.ascontiguousarray(values[rows][:, shown].T, dtype="<f4")
    return message, [effects.tobytes(), np.array(shades, np.uint8).tobytes(), np.array(codes, "<u4").tobytes()]


def one_row(explanation: Explanation, row: int, output: int) -> dict[str, Any]:
    """What the page's waterfall of one row draws."""
    made, base, prediction = steps(explanation, row, output)
    label = explanation.row_labels[row]
    label = label.item() if hasattr(label, "item") else label
    return {
        "type": "row", "label": value(label), "base": base, "prediction": prediction, "unit": explanation.unit,
        "steps": [{"name": s.name, "shown": s.shown, "value": s.value, "error": s.error_std} for s in made],
        "code": f"ll.explain(model, df.loc[[{label!r}]])",
    }  # fmt: skip


def note(explanation: Explanation, drawn: int) -> str:
    """How the values came about, in a line."""
    sure = "exact" if explanation.exact else "with 95 % bounds of the sampling error"
    part = f", {drawn:,} of them drawn" if drawn < len(explanation) else ""
    return f"effects in {explanation.unit}, {sure}{part}"


def _texts(column: np.ndarray) -> tuple[list[str], list[int]]:
    """The distinct values as the user wrote them, and each row's position among them."""
    places: dict[str, int] = {}
    codes = [places.setdefault(value(item), len(places)) for item in column]
    return list(places), codes


def _shades(column: np.ndarray) -> list[int]:
    return [NO_ORDER if height is None else round(height * (NO_ORDER - 1)) for height in heights(column)]
