"""The picture of runs on disk: id, status, when, rows, best metric, message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, fixed, seconds
from lepton_lab.pictures.tables import table

if TYPE_CHECKING:
    from lepton_lab.evaluation.run_table import Runs
    from lepton_lab.journal import RunRecord


RESUMABLE = ("stopped", "failed", "killed")


def html(runs: Runs) -> Markup:
    """The picture as self-contained HTML."""
    if not runs:
        return theme.picture("Runs", theme.next_step("%lepton train df --target COLUMN"), sub="none yet")
    first = runs[0]
    again = [f"%lepton resume {first.id} df"] if first.status in RESUMABLE else []
    steps = theme.next_step(f"%lepton attach {first.id}", *again)
    return theme.picture("Runs", run_rows(runs), steps, sub=f"{count(len(runs), 'run')}, the newest first")


def text(runs: Runs) -> str:
    """The picture as plain text: runs print themselves."""
    return repr(runs)


def run_rows(runs: Sequence[RunRecord]) -> Markup:
    """A table of runs."""
    rows = [
        [join(tag("code", run.id), *labels_of(run)), theme.chip(run.status), run.began, run.config.get("target", ""),
         f"{run.n_rows:,}" if run.n_rows else "", _score(run), _time(run), run.message]
        for run in runs
    ]  # fmt: skip
    header = ["Run", "Status", "Started", "Target", "Rows", "Best metric", "Time", "Message"]
    return table(header, rows, numeric=(4, 6), wrap=(7,))


def labels_of(run: RunRecord) -> list[Markup]:
    """A run's name and tags, where it has any."""
    named = [tag("div", run.name)] if run.name else []
    return [*named, *(theme.chip(word, "info") for word in run.tags)]


def _time(run: RunRecord) -> str:
    return seconds(run.elapsed_s) if run.elapsed_s else ""


def _score(run: RunRecord) -> Markup:
    if run.score is None:
        return Markup("")
    return join(fixed(run.score, 4), " ", tag("span", run.metric_name, class_="lep-sub"))
