"""The pictures of runs side by side: the leaderboard, and a comparison with curves, differences and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.comparison import asked_words, metric_table
from lepton_lab.pictures.curves import Line, lines, thin
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import fixed
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.evaluation.compare_runs import RunComparison
    from lepton_lab.evaluation.run_table import Leaderboard, Standing
    from lepton_lab.journal import RunRecord

POINTS = 200


def html(result: RunComparison | Leaderboard) -> Markup:
    """The picture as self-contained HTML."""
    if type(result).__name__ == "Leaderboard":
        return _board(result)  # type: ignore[arg-type]
    return _comparison(result)  # type: ignore[arg-type]


def text(result: RunComparison | Leaderboard) -> str:
    """The picture as plain text: both print themselves."""
    return repr(result)


def called(run: RunRecord) -> str:
    """A run's name, else its id."""
    return run.name or run.id


def _board(board: Leaderboard) -> Markup:
    rows = [
        [join(tag("code", one.run.id), *_named(one.run)), fixed(one.estimate.value, 4), with_interval(one.estimate),
         _rows(one), f"{one.run.n_rows:,}", f"{one.run.elapsed_s:.0f} s"]
        for one in board.standings
    ]  # fmt: skip
    header = ["Run", board.label, "95 %", "Held-out rows", "Rows", "Time"]
    ids = [repr(one.run.id) for one in board.standings[:2]]
    step = [f"ll.runs().compare({', '.join(ids)})"] if len(ids) > 1 else []
    return theme.picture(
        f"Leaderboard: {board.target}", table(header, rows, numeric=(1, 4, 5), wrap=(3,)),
        theme.notes(["Intervals of single runs say little of their difference: compare two on the same rows."]),
        theme.next_step(*step) if step else None, sub=f"by {board.label} on held-out rows, the best first",
    )  # fmt: skip


def _rows(one: Standing) -> str:
    return {True: "the same as the best run's", False: "other rows", None: "not known"}[one.same_rows]


def _named(run: RunRecord) -> list[Markup]:
    found = [tag("div", run.name)] if run.name else []
    return [*found, *(theme.chip(word, "info") for word in run.tags)]


def _comparison(result: RunComparison) -> Markup:
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


def table_text(result: RunComparison) -> str:
    """Options and outcomes that differ, for a terminal."""
    head = ["", *(called(run) for run in result.runs)]
    differs = {**result.asked, **result.came}
    return text_table(head, [[name, *(asked_words(v) for v in values)] for name, values in differs.items()])
