"""The picture of one run: its model where it has one in this process, else where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import learning
from lepton_lab.pictures.markup import Markup

if TYPE_CHECKING:
    from lepton_lab.journal import Run


def html(run: Run) -> Markup:
    """The picture as self-contained HTML."""
    title = f"Run {run.id}: {run.status}"
    return learning.html(run.progress, run.history(), title=title, next_step=_commands(run))


def text(run: Run) -> str:
    """The picture as plain text."""
    return f"{run!r}\n{learning.text(run.progress)}"


def _commands(run: Run) -> list[str]:
    if run.status == "running":
        return [f"%lepton stop {run.id}", f"%lepton attach {run.id}"]
    if run.status in ("killed", "failed"):
        return [f"%lepton resume {run.id} df"]
    return [f"model = lepton_lab.attach({run.id!r}).result()"]
