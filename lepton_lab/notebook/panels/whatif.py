"""The what-if panel: every column of one row as a control, the prediction at once, the waterfall on release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import TwinnedPanel
from lepton_lab.pictures import scenario_answer
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.shapley_values import steps

if TYPE_CHECKING:
    from lepton_lab.evaluation.scenario import WhatIf, WhatIfAnswer


class WhatIfPanel(TwinnedPanel):
    """A row to play with.

    Args:
        whatif: the row and its model.
        code: the Python line that makes `whatif`.
    """

    _esm = script("whatif")

    def __init__(self, whatif: WhatIf, *, code: str = "") -> None:
        self._whatif = whatif
        self._first = self._last = whatif.answer({}, explain=True)
        super().__init__(title=f"What if, row {value(whatif.label)}", code=code or _code(whatif, {}))

    def twin_html(self) -> str:
        """The static picture of the scenario reached so far."""
        return scenario_answer.html(self._last, title=self.title)

    def twin_text(self) -> str:
        """The same as plain text."""
        return scenario_answer.text(self._last, title=self.title)

    def answer(self, content: dict[str, Any]) -> None:
        """`ready` asks for the controls, `set` for the prediction of changed values."""
        if content["type"] == "ready":
            columns = [dict(column) for column in self._whatif.columns]
            self.send({"type": "columns", "columns": columns, "answer": self._message(0, self._first)})
        elif content["type"] == "set" and isinstance(changes := content.get("changes"), dict):
            self._set(content.get("id", 0), changes, explain=bool(content.get("explain")))

    def _set(self, id: int, changes: dict[str, Any], *, explain: bool) -> None:
        try:
            answer = self._whatif.answer(changes, explain=explain)
        except LeptonError as error:
            # A value the model cannot read is the reader's to correct; the panel says which.
            self.send({"type": "answer", "id": id, "error": str(error)})
            return
        self.send({"type": "answer", **self._message(id, answer)})
        if explain:
            self._last = answer
            self.refresh_twin()

    def _message(self, id: int, answer: WhatIfAnswer) -> dict[str, Any]:
        model = self._whatif.model
        classes = model.task.classes
        return {
            "id": id, "prediction": value(answer.prediction), "estimate": answer.estimate, "error": None,
            "probabilities": [{"name": value(c), "value": float(p)} for c, p in answer.probabilities.items()],
            "positive": value(classes[1]) if model.task.name == "binary" else None, "unit": model.task.unit,
            "threshold": model.threshold, "code": _code(self._whatif, answer.changes),
            "waterfall": None if answer.explanation is None else _waterfall(answer),
        }  # fmt: skip


def _waterfall(answer: WhatIfAnswer) -> dict[str, Any]:
    assert answer.explanation is not None
    made, base, prediction = steps(answer.explanation, 0, answer.output)
    drawn = [{"name": s.name, "shown": s.shown, "value": s.value, "error": s.error_std} for s in made]
    return {"steps": drawn, "base": base, "prediction": prediction, "unit": answer.explanation.unit}


def _code(whatif: WhatIf, changes: dict[str, object]) -> str:
    start = f"ll.whatif(model, row={whatif.label!r})"
    return f"{start}.answer({changes!r})" if changes else start
