"""The picture of runs side by side: how they went, paired differences, what was asked or came out differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.comparison import asked_words, metric_table
from lepton_lab.pictures.curves import Line, lines, thin
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.tables import table

if TYPE_CHECKING:
    from lepton_lab.evaluation.compare_runs import RunComparison
    from lepton_lab.journal import RunRecord

POINTS = 200


def called(run: RunRecord) -> str:
    """A run's name, else its id."""
    return run.name or run.id


def html(result: RunComparison) -> Markup:
    """The picture as self-contained HTML."""
    first = result.runs[0]
    pairs = [
        theme.section(
            f"{called(first)} (a) against {called(run)} (b)",
            tag("div", pair if isinstance(pair, str) else pair.words, class_="lep-sub"),
            None if isinstance(pair, str) else metric_table(pair),
            sub="" if isinstance(pair, str) else pair.note,
        )
        for run in result.runs[1:]
        for pair in [result.pairs[run.id]]
    ]
    head = ["", *(called(run) for run in result.runs)]
    differs = {**result.asked, **result.came}
    settings = [[name, *(asked_words(value) for value in values)] for name, values in differs.items()]
    shown = table(head, settings, wrap=range(1, len(head))) if settings else tag("div", "nothing", class_="lep-sub")
    return theme.picture(
        f"{len(result.runs)} runs side by side", *_curves(result), *pairs,
        theme.section("Asked, or came out, differently", shown), sub=", ".join(run.id for run in result.runs),
    )  # fmt: skip


def text(result: RunComparison) -> str:
    """The picture as plain text: a comparison prints itself."""
    return repr(result)


def _curves(result: RunComparison) -> list[Markup]:
    keys = [(kind, called(run)) for run, kind in zip(result.runs, theme.SERIES, strict=False)]
    losses, bests = [], []
    for run, kind in zip(result.runs, theme.SERIES, strict=False):
        trace = result.traces[run.id]
        kept = thin(len(trace.epochs), POINTS)
        losses.append(Line(run.id, kind, [trace.epochs[i] for i in kept], [trace.losses[i] for i in kept]))
        known = [(s, b) for s, b in zip(trace.seconds, trace.best, strict=True) if b is not None]
        some = [known[i] for i in thin(len(known), POINTS)]
        bests.append(Line(run.id, kind, [s for s, _ in some], [b for _, b in some]))
    figures = [
        theme.figure(name, drawn)
        for name, drawn in (
            ("Network: validation loss", lines(losses, x_name="epoch", y_name="loss", width=400, height=200)),
            ("Best metric so far", lines(bests, x_name="seconds", y_name="metric", width=400, height=200)),
        )
        if drawn
    ]
    return [theme.section("How they went", theme.legend(keys), theme.row(*figures))] if figures else []
