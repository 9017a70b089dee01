"""Look inside one object beside whatever the kernel does: one question at a time, the newest wins.

Parts of an image take thousands of answers of a network. They are asked for in a thread, so that the panel goes on
hearing: another row, or another column, ends what is under way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lepton_lab.errors import LeptonError
from lepton_lab.evaluation.ask_inside import inside_of_row
from lepton_lab.explanation.inside.cut import Wanted
from lepton_lab.explanation.options import ExplainOptions

if TYPE_CHECKING:
    from lepton_lab.explanation.estimate import ExplainProgress
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation


@dataclass(frozen=True)
class Question:
    """What is asked.

    Args:
        row: position among the explained rows.
        column: of objects.
        wanted: how the object is to be cut.
    """

    row: int
    column: str
    wanted: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True)
class Hearing:
    """Who is told of one question, in the worker's thread: how far it is, and either the answer or why there is none.

    Nobody is told of a question that was ended.
    """

    progress: Callable[[ExplainProgress], None]
    answer: Callable[[InsideExplanation], None]
    trouble: Callable[[str], None]


class InsideWorker:
    """Answers the newest question.

    Args:
        explanation: whose rows are looked into.
    """

    def __init__(self, explanation: Explanation) -> None:
        self._explanation = explanation
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def ask(self, question: Question, hearing: Hearing) -> None:
        """Begin with a question; the one before is ended."""
        self.end()
        self._stop, before = threading.Event(), self._thread
        work = (question, hearing, self._stop, before)
        self._thread = threading.Thread(target=self._work, args=work, name="lepton-inside", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """End what is under way; nobody waits for it any more."""
        self._stop.set()

    def _work(
        self, question: Question, hearing: Hearing, stop: threading.Event, before: threading.Thread | None
    ) -> None:
        # One after the other: two would only slow each other down.
        if before is not None:
            before.join()

        def told(hears: Callable[[Any], None]) -> Callable[[Any], None]:
            return lambda said: None if stop.is_set() else hears(said)

        if stop.is_set():
            return
        try:
            options = ExplainOptions(stop=stop, report=told(hearing.progress))
            found = inside_of_row(self._explanation, question.row, question.column, question.wanted, options)
        except LeptonError as error:
            told(hearing.trouble)(str(error))
            return
        except BaseException as error:
            # Nobody sees a thread fail, and the page would wait for ever.
            told(hearing.trouble)(f"{type(error).__name__}: {error}")
            raise
        told(hearing.answer)(found)
