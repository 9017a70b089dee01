"""The runs panel: the list of runs as it is now, names and tags, comparisons, and the code that opens or resumes one.

Other processes start, end and delete runs meanwhile: every answer reads the folders anew, and the page asks
again while it is looked at. What was said of a run that is gone is an error message, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lepton_lab import pictures
from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels import runs_messages as messages
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import TwinnedPanel

if TYPE_CHECKING:
    from lepton_lab.evaluation.compare_runs import RunComparison
    from lepton_lab.evaluation.run_table import Runs


class RunsPanel(TwinnedPanel):
    """The runs of this home, kept up to date while they are looked at.

    Args:
        runs: as `ll.runs()` gave them; the twin shows them until something changes.
        code: the Python line that lists them.
    """

    _esm = script("runs")

    def __init__(self, runs: Runs, *, code: str = "ll.runs()") -> None:
        self._runs = runs
        self._compared: RunComparison | None = None
        super().__init__(title="Runs", code=code)

    def twin_html(self) -> str:
        """The static picture: the list, and the comparison last looked at."""
        compared = "" if self._compared is None else pictures.html(self._compared)
        return pictures.html(self._runs) + compared

    def twin_text(self) -> str:
        """The same as plain text."""
        compared = "" if self._compared is None else f"\n\n{pictures.text(self._compared)}"
        return pictures.text(self._runs) + compared

    def answer(self, content: dict[str, Any]) -> None:
        """Answer one message; what cannot be done is told, and the list is sent as it is now."""
        heard: dict[str, Callable[[dict[str, Any]], str | None]] = {
            "list": self._list, "rename": self._rename, "tags": self._tags, "delete": self._delete,
            "stop": self._stop, "compare": self._compare_runs,
        }  # fmt: skip
        if content["type"] not in heard:
            return
        said, error = None, None
        try:
            said = heard[content["type"]](content)
        except LeptonError as found:
            error = str(found)
        self._tell(content, said, error)

    def _tell(self, content: dict[str, Any], said: str | None, error: str | None) -> None:
        import lepton_lab as ll

        before, self._runs = self._runs, ll.runs()
        told = messages.runs(self._runs)
        self.send({**told, "view": content.get("view"), "asked": content["type"], "said": said, "error": error})
        if said is not None or [run.status for run in before] != [run.status for run in self._runs]:
            self.refresh_twin()

    def _list(self, _content: dict[str, Any]) -> None:
        """Nothing is to be done: the list is the answer to everything."""

    def _rename(self, content: dict[str, Any]) -> str:
        run, name = messages.run_in(content), content.get("name")
        run.rename(name if isinstance(name, str) else "")
        return messages.call(run.id, f".rename({name!r})")

    def _tags(self, content: dict[str, Any]) -> str | None:
        run, tags = messages.run_in(content), content.get("tags")
        if not isinstance(tags, list):
            return None
        wanted = [str(tag).strip() for tag in tags]
        had = run.record.tags
        gone = [tag for tag in had if tag not in wanted]
        added = [tag for tag in wanted if tag not in had]
        if added:
            run.tag(*added)
        if gone:
            run.untag(*gone)
        calls = [f".tag({', '.join(map(repr, added))})"] * bool(added)
        calls += [f".untag({', '.join(map(repr, gone))})"] * bool(gone)
        return messages.call(run.id, "".join(calls))

    def _delete(self, content: dict[str, Any]) -> str:
        return messages.run_in(content).delete()

    def _stop(self, content: dict[str, Any]) -> str:
        run = messages.run_in(content)
        run.stop()
        return f"run {run.id} was asked to stop; it keeps its best weights"

    def _compare_runs(self, content: dict[str, Any]) -> str | None:
        import lepton_lab as ll

        ids = content.get("ids")
        if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
            return None
        self._compared = ll.runs().compare(*ids)
        self.send({**messages.comparison(self._compared), "view": content.get("view")})
        self.refresh_twin()
        return None
