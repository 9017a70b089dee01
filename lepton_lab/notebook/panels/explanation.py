"""The explanation panel: importance and beeswarm of many rows, and from there to columns, cohorts and single rows.

Each message of the page is one call of the `Explanation`, and its answer says which. Hovering, sorting and marking
need no kernel: the page has the drawn rows' values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab import pictures
from lepton_lab.evaluation.ask_inside import can_look_inside
from lepton_lab.explanation.cohorts import compare
from lepton_lab.notebook.panels import explanation_messages as messages
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.inside_in_place import InsideInPlace, question_of
from lepton_lab.notebook.panels.twin import Content, Heard, TwinnedPanel
from lepton_lab.pictures.curves import thin
from lepton_lab.pictures.shapley_values import title

if TYPE_CHECKING:
    from lepton_lab.explanation.cohorts import CohortComparison
    from lepton_lab.explanation.dependence import Dependence
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.importance import Importance
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation

AT_MOST_ROWS = 10_000
COHORTS = ("selected", "rest")


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
        self._dependence: Dependence | None = None
        self._cohorts: CohortComparison | None = None
        self._inside: InsideExplanation | None = None
        self._inside_in_place = InsideInPlace(explanation, self._found_inside) if can_look_inside(explanation) else None
        super().__init__(title=title(explanation), code=code)

    def twin_html(self) -> str:
        """The static picture, and those of what was last looked at: a dependence, cohorts, inside an object."""
        return "".join(str(pictures.html(part)) for part in self._parts())

    def twin_text(self) -> str:
        """The same as plain text."""
        return "\n\n".join(pictures.text(part) for part in self._parts())

    def heard(self) -> Heard:
        """What answers each message."""
        return {
            "ready": self._ready, "row": self._row, "dependence": self._depend, "cohort": self._cohort,
            "scores": self._scores, "inside": self._look_inside, "inside_end": self._end_inside,
        }  # fmt: skip

    def answer(self, content: Content) -> None:
        """Answer one message about an output that there is."""
        output = content.get("output", self._explanation.main_output)
        if isinstance(output, int) and 0 <= output < len(self._explanation.output_names):
            super().answer({**content, "output": output})

    def _ready(self, content: Content) -> None:
        told, buffers = messages.drawing(self._explanation, self._importance, self._rows, content["output"])
        self.reply(content, told, buffers, kind="data")

    def _row(self, content: Content) -> None:
        row = content.get("row")
        if isinstance(row, int) and 0 <= row < len(self._rows):
            told = messages.one_row(self._explanation, self._rows[row], content["output"])
            self.reply(content, told | {"row": row, "live": self._inside_in_place is not None})

    def _depend(self, content: Content) -> None:
        column, colour = str(content.get("column")), content.get("colour")
        colour = None if colour is None else str(colour)
        found = self._explanation.dependence(column, colour=colour, output=content["output"])
        told, buffers = messages.dependence(found, self._rows, len(self._explanation.output_names))
        self.reply(content, told, buffers)
        self._dependence = found
        self.refresh_twin()

    def _cohort(self, content: Content) -> None:
        rows, conditions = content.get("rows"), content.get("conditions")
        if isinstance(rows, list) and all(type(row) is int for row in rows):
            drawn, found, call = self._of_rows(np.array(rows, np.int64))
        elif isinstance(conditions, list) and all(isinstance(one, list) for one in conditions):
            drawn, found, call = self._of_conditions([tuple(one) for one in conditions])
        else:
            return
        told, buffers = messages.cohorts(found, content["output"], drawn, call)
        self.reply(content, told, buffers)
        self._cohorts = found
        self.refresh_twin()

    def _of_rows(self, rows: np.ndarray) -> tuple[np.ndarray, CohortComparison, str]:
        """Drawn rows that a reader chose, against the other drawn ones: what is not drawn could not be chosen."""
        n, total = len(self._rows), len(self._explanation)
        among = self._explanation if n == total else self._explanation[self._rows]
        drawn = np.zeros(n, bool)
        drawn[rows[(rows >= 0) & (rows < n)]] = True
        ex = "ex" if n == total else f"ex[np.linspace(0, {total - 1}, {n}).round().astype(int)]"
        found = compare(among, drawn, names=COHORTS)
        return drawn, found, f"ll.compare_cohorts({ex}, {np.flatnonzero(drawn).tolist()}, names={COHORTS!r})"

    def _of_conditions(self, conditions: list[tuple[Any, ...]]) -> tuple[np.ndarray, CohortComparison, str]:
        """All rows that meet some conditions against all others, drawn or not."""
        met = self._explanation.where(*conditions)
        found = compare(self._explanation, met, names=COHORTS)
        where = ", ".join(map(repr, conditions))
        return met[self._rows], found, f"ll.compare_cohorts(ex, ex.where({where}), names={COHORTS!r})"

    def _scores(self, content: Content) -> None:
        told, buffers = messages.scores(self._explanation, self._rows, content["output"])
        self.reply(content, told, buffers)

    def _look_inside(self, content: Content) -> None:
        """Begin to look into an object, or tell another class of what was found; a newer question ends the work."""
        row = content.get("row")
        if self._inside_in_place is None or type(row) is not int or not 0 <= row < len(self._rows):
            return
        question = question_of(content, int(self._rows[row]))
        if question is not None:
            which, of = {"row": row, "column": question.column}, content.get("of")
            # Of an explanation that was cut to one class, objects still tell of all.
            output = of if type(of) is int else self._explanation.output_names[content["output"]]
            self._inside_in_place.ask(question, output, lambda told: self.reply(content, {**which, **told}))

    def _end_inside(self, content: Content) -> None:
        if self._inside_in_place is not None:
            self._inside_in_place.end()
        self.reply(content, {})

    def _found_inside(self, found: InsideExplanation) -> None:
        self._inside = found
        self.refresh_twin()

    def _parts(self) -> list[Any]:
        looked_at = (self._explanation, self._dependence, self._cohorts, self._inside)
        return [part for part in looked_at if part is not None]
