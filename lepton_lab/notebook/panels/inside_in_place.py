"""The parts of a row's object in the explanation panel: looked for beside the kernel's work, told in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lepton_lab.durations import format_duration
from lepton_lab.explanation.inside.cut import BASELINES, PARTS, Wanted
from lepton_lab.notebook.panels.inside import told_of
from lepton_lab.notebook.panels.inside_worker import Hearing, InsideWorker, Question
from lepton_lab.pictures.numbers import percent

if TYPE_CHECKING:
    from lepton_lab.explanation.estimate import ExplainProgress
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation

EVERY_S = 0.25
"""Between two words on how far it is."""
_BEGINS = "cutting it into parts, and asking the model what it says without them …"

Reply = Callable[[dict[str, Any]], None]


class InsideInPlace:
    """Looks inside the rows of an explanation, one object at a time; what was found last is kept for other classes.

    Args:
        explanation: that knows its model.
        found: hears of each answer, in the worker's thread.
    """

    def __init__(self, explanation: Explanation, found: Callable[[InsideExplanation], None]) -> None:
        self._worker, self._heard = InsideWorker(explanation), found
        self._last: tuple[Question, InsideExplanation] | None = None

    def ask(self, question: Question, output: int | str, reply: Reply) -> None:
        """Answer from what was found last, else begin to look, and say so.

        Args:
            question: of a row and its column.
            output: to tell, by name or position; the main one where there is no such.
            reply: called with each message, soon or from the worker's thread.
        """
        if self._last is not None and self._last[0] == question:
            reply(_told(*self._last, output))
            return
        reply({"working": _BEGINS, "share": 0.0})
        self._worker.ask(question, self._hearing(question, output, reply))

    def end(self) -> None:
        """End what is under way."""
        self._worker.end()

    def _hearing(self, question: Question, output: int | str, reply: Reply) -> Hearing:
        next_at = time.monotonic() + EVERY_S

        def progress(now: ExplainProgress) -> None:
            nonlocal next_at
            if time.monotonic() >= next_at:
                next_at = time.monotonic() + EVERY_S
                reply({"working": _words(now), "share": min(max(now.share, 0.0), 1.0)})

        def answer(found: InsideExplanation) -> None:
            self._last = (question, found)
            reply(_told(question, found, output))
            self._heard(found)

        return Hearing(progress, answer, lambda words: reply({"error": words}))


def question_of(content: dict[str, Any], row: int) -> Question | None:
    """What a message asks of a row; None for what is no question."""
    column, parts, baseline = (content.get(name) for name in ("column", "parts", "baseline"))
    if not isinstance(column, str) or not all(one is None or isinstance(one, str) for one in (parts, baseline)):
        return None
    return Question(row, column, Wanted(parts, None, baseline))


def _told(question: Question, found: InsideExplanation, output: int | str) -> dict[str, Any]:
    at = found.output_names.index(output) if output in found.output_names else output
    at = at if isinstance(at, int) and 0 <= at < len(found.output_names) else found.main_output
    asked = {"parts": question.wanted.parts, "baseline": question.wanted.baseline}
    more = "".join(f", {name}={value!r}" for name, value in asked.items() if value is not None)
    told = told_of(found, 0, at)
    cuts = {"parts": list(PARTS[found.kind]), "baselines": _baselines(found.kind)}
    return {"working": None, "told": {**told, "code": f"{told['code'][:-1]}{more})"}, "cuts": {**cuts, "asked": asked}}


def _baselines(kind: str) -> list[str]:
    """Those that need nothing else to be said: a season wants its length."""
    return [name for name in BASELINES[kind] if name != "seasonal"]


def _words(now: ExplainProgress) -> str:
    left = "" if now.remaining_s is None else f", {format_duration(now.remaining_s)} left"
    return f"{percent(now.share, 0)} · {now.n_evaluations:,} composed objects{left}"
