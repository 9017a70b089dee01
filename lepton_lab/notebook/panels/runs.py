"""The runs panel: the list of runs as it is now, names and tags, comparisons, and the code that opens or resumes one.

Other processes start, end and delete runs meanwhile: every answer reads the folders anew, and the page asks
again while it is looked at. What was said of a run that is gone is an error message, never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab import pictures
from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels import runs_messages as messages
from lepton_lab.notebook.panels.bundle import script
from lepton_lab.notebook.panels.twin import Content, Heard, TwinnedPanel

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

    def heard(self) -> Heard:
        """What answers each message; the list as it is now ends every answer."""
        return {
            "list": self._tell, "rename": self._rename, "tags": self._tags, "delete": self._delete,
            "stop": self._stop, "compare": self._compare_runs,
        }  # fmt: skip

    def trouble(self, content: Content, error: LeptonError) -> None:
        """What cannot be done is told with the list: another process may have changed it."""
        self._tell(content, error=str(error))

    def _tell(self, content: Content, said: str | None = None, error: str | None = None) -> None:
        import lepton_lab as ll

        before, self._runs = self._runs, ll.runs()
        told = {**messages.runs(self._runs), "asked": content["type"], "said": said, "error": error}
        self.reply(content, told, kind="runs")
        if said is not None or [run.status for run in before] != [run.status for run in self._runs]:
            self.refresh_twin()

    def _rename(self, content: Content) -> None:
        run, name = messages.run_in(content), content.get("name")
        run.rename(name if isinstance(name, str) else "")
        self._tell(content, messages.call(run.id, f".rename({name!r})"))

    def _tags(self, content: Content) -> None:
        run, tags = messages.run_in(content), content.get("tags")
        if not isinstance(tags, list):
            self._tell(content)
            return
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
        self._tell(content, messages.call(run.id, "".join(calls)))

    def _delete(self, content: Content) -> None:
        self._tell(content, messages.run_in(content).delete())

    def _stop(self, content: Content) -> None:
        run = messages.run_in(content)
        run.stop()
        self._tell(content, f"run {run.id} was asked to stop; it keeps its best weights")

    def _compare_runs(self, content: Content) -> None:
        import lepton_lab as ll

        ids = content.get("ids")
        if isinstance(ids, list) and all(isinstance(id, str) for id in ids):
            self._compared = ll.runs().compare(*ids)
            self.reply(content, messages.comparison(self._compared), kind="compared")
            self.refresh_twin()
        self._tell(content)
