"""The result panel: what a threshold does, live in the page; curves, members and baselines, and where the model fails.

The page holds exact counts at every threshold its slider can rest at, so that moving it asks nothing of the kernel.
Each message is one call of `Evaluation` or `ErrorTree`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab import pictures
from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels import result_messages as messages
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import Content, Heard, TwinnedPanel

if TYPE_CHECKING:
    from lepton_lab.evaluation.report import Evaluation

EXPLAIN_S = 5.0
"""Wall time for the attributions of a part's rows."""
ROWS_AT_ONCE = 200_000
"""Rows up to which the page asks for the tree of errors by itself."""


class ResultPanel(TwinnedPanel):
    """An evaluation to look into.

    Args:
        evaluation: with its rows, as `ll.evaluate` makes it.
        code: the Python line that makes it.
    """

    _esm = script("result")

    def __init__(self, evaluation: Evaluation, *, code: str = "") -> None:
        self._evaluation = evaluation
        super().__init__(title=f"Evaluation of {evaluation.target}", code=code or messages.code(evaluation))

    def twin_html(self) -> str:
        """The static picture, with the costs and the parts that were asked for."""
        return pictures.html(self._evaluation)

    def twin_text(self) -> str:
        """The same as plain text."""
        return pictures.text(self._evaluation)

    def heard(self) -> Heard:
        """What answers each message."""
        return {
            "ready": self._ready, "class": self._class, "costs": self._costs, "errors": self._errors,
            "node": self._node,
        }  # fmt: skip

    def trouble(self, content: Content, error: LeptonError) -> None:
        """What cannot be answered is told, and of which part."""
        self.reply(content, {"error": str(error), "number": content.get("number")})

    def _ready(self, content: Content) -> None:
        found = self._evaluation
        can_ask = found.rows is not None and found.rows.has_inputs
        told = messages.described(found) | {"askErrors": found.n_rows <= ROWS_AT_ONCE if can_ask else None}
        self.reply(content, told)
        if found.rows is not None and told["classes"]:
            self._class({**content, "type": "class", "k": len(found.classes) - 1})
        if found.errors is not None:
            self._errors({**content, "type": "errors"})

    def _class(self, content: Content) -> None:
        k = content.get("k")
        if isinstance(k, int) and 0 <= k < len(self._evaluation.classes):
            told, buffer = messages.one_class(self._evaluation, k)
            self.reply(content, told, [buffer])

    def _costs(self, content: Content) -> None:
        costs = {name: content.get(name) for name in ("false_alarm", "missed")}
        shown = self._evaluation.errors is not None
        self._evaluation = self._evaluation.for_costs(costs, unit=str(content.get("unit") or ""))  # type: ignore[arg-type]
        if shown:
            self._evaluation.error_tree()
        self.reply(content, messages.costs(self._evaluation))
        self.refresh_twin()

    def _errors(self, content: Content) -> None:
        known = self._evaluation.errors
        self.reply(content, messages.errors(self._evaluation, known or self._evaluation.error_tree()))
        if known is None:
            self.refresh_twin()

    def _node(self, content: Content) -> None:
        number, tree = content.get("number"), self._evaluation.errors
        if tree is not None and isinstance(number, int) and 0 <= number < len(tree):
            found = tree.explain(number, budget_s=EXPLAIN_S)
            self.reply(content, messages.node(self._evaluation, tree, number, found))
