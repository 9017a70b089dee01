"""The picture of a leaderboard: runs by one metric on held-out rows, the best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import fixed
from lepton_lab.pictures.run_list import labels_of
from lepton_lab.pictures.tables import table

if TYPE_CHECKING:
    from lepton_lab.evaluation.run_table import Leaderboard, Standing


def html(board: Leaderboard) -> Markup:
    """The picture as self-contained HTML."""
    rows = [
        [join(tag("code", one.run.id), *labels_of(one.run)), fixed(one.estimate.value, 4), with_interval(one.estimate),
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


def text(board: Leaderboard) -> str:
    """The picture as plain text: a leaderboard prints itself."""
    return repr(board)


def _rows(one: Standing) -> str:
    return {True: "the same as the best run's", False: "other rows", None: "not known"}[one.same_rows]
