"""The what-if panel: every column of one row as a control over its curve, scenarios, ways to a goal, real rows.

Each message of the page is one call of `WhatIf`, and its answer says which. The page itself reads the
prediction off the curves while a control moves, so that it needs no kernel for that.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lepton_lab.errors import ExplanationError, LeptonError
from lepton_lab.notebook.panels import whatif_messages as messages
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import Content, Heard, TwinnedPanel
from lepton_lab.notebook.panels.whatif_objects import PageObjects
from lepton_lab.pictures import scenario_answer, scenario_json
from lepton_lab.pictures.numbers import value
from lepton_lab.pictures.row_strips import strips_of

if TYPE_CHECKING:
    from lepton_lab.evaluation.compared_scenarios import ComparedScenarios
    from lepton_lab.evaluation.scenario import WhatIf
    from lepton_lab.explanation.effects.row_curves import RowCurve

MOST_PINS = 8
GOAL_TIMEOUT = "3s"


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
        self._objects = PageObjects(whatif)
        self._pins: dict[str, dict[str, Any]] = {}
        self._locked: tuple[str, ...] = whatif.model.schema.immutable
        super().__init__(title=f"What if, row {value(whatif.label)}", code=code or messages.code(whatif))

    def twin_html(self) -> str:
        """The static picture of the scenario reached so far, with its curves and what was pinned."""
        curves = self._curves(self._last.changes)
        shown = () if curves is None else strips_of(self._whatif, self._last, curves)
        return scenario_answer.html(self._last, title=self.title, strips=shown, compared=self._compared())

    def twin_text(self) -> str:
        """The same as plain text."""
        return scenario_answer.text(self._last, title=self.title)

    def heard(self) -> Heard:
        """What answers each message."""
        return {
            "ready": self._ready, "set": self._set, "curves": self._send_curves, "pins": self._pin,
            "reach": self._reach, "nearest": self._nearest,
        }  # fmt: skip

    def trouble(self, content: Content, error: LeptonError) -> None:
        """A value or goal that cannot be read is told, for the reader to correct."""
        self.reply(content, {"error": str(error)}, kind="answer" if content["type"] == "set" else "")

    def answer(self, content: Content) -> None:
        """Answer one message whose changes and locks are some."""
        content = {"changes": {}, "locked": [], **content}
        if isinstance(content["changes"], dict) and isinstance(content["locked"], list):
            super().answer({**content, "changes": self._objects.read(content["changes"])})

    def _ready(self, content: Content) -> None:
        curves = self._curves(self._last.changes)
        columns = self._objects.of_page(scenario_json.columns(self._whatif, curves))
        described = messages.described(self._whatif) | {"pins": self._pins, "locked": list(self._locked)}
        first, last = (messages.answer(self._whatif, a) for a in (self._first, self._last))
        changes = self._objects.to_page(self._last.changes)
        told = {"columns": columns, "first": first, "answer": last, "changes": changes, **described}
        told = json.loads(json.dumps(told, default=str))
        self.reply(content, told, messages.buffers(self._whatif, curves), kind="columns")

    def _set(self, content: Content) -> None:
        explain = bool(content.get("explain"))
        found = self._whatif.answer(content["changes"], explain=explain)
        self.reply(content, messages.answer(self._whatif, found), kind="answer")
        if explain:
            self._last = found
        if content.get("rest"):
            self._send_curves(content)
            self.refresh_twin()

    def _send_curves(self, content: Content) -> None:
        curves = self._curves(content["changes"])
        self.reply(content, {}, messages.buffers(self._whatif, curves), kind="curves")

    def _pin(self, content: Content) -> None:
        pins = content.get("pins")
        if isinstance(pins, dict) and len(pins) <= MOST_PINS and all(isinstance(c, dict) for c in pins.values()):
            kept, self._pins = self._pins, {str(name): changes for name, changes in pins.items()}
            try:
                compared = self._compared()
            except LeptonError:
                self._pins = kept
                raise
            # Every view of the panel hears of it, not only the one that pinned.
            self.send({"type": "pins", "pins": self._pins, **messages.compared(self._whatif, compared)})
            self.refresh_twin()

    def _reach(self, content: Content) -> None:
        goal, locked = content.get("goal"), tuple(map(str, content["locked"]))
        self._locked = locked
        goal = messages.goal(self._whatif, goal)
        ways = self._whatif.reach(goal, changes=content["changes"], locked=locked, timeout=GOAL_TIMEOUT)
        self.reply(content, messages.ways(self._whatif, ways, goal, content["changes"], locked))

    def _nearest(self, content: Content) -> None:
        found = self._whatif.nearest(content["changes"])
        self.reply(content, messages.nearest(self._whatif, found, content["changes"]))

    def _curves(self, changes: dict[str, Any]) -> tuple[RowCurve, ...] | None:
        try:
            return self._whatif.curves(changes)
        except ExplanationError:  # a model saved without any rows has no values to draw curves over
            return None

    def _compared(self) -> ComparedScenarios | None:
        pins = {name: self._objects.read(changes) for name, changes in self._pins.items()}
        return self._whatif.compare(pins) if pins else None
