"""The picture of the nearest known rows: how far, what was true of them, what the model says, what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import number, percent, value
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.evaluation.nearest import NearestRows, NearRow


def html(found: NearestRows) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture("Nearest real rows", table(_header(found), _rows(found), wrap=(4,)), sub=f"of {found.where}")


def text(found: NearestRows) -> str:
    """The picture as plain text."""
    return f"Nearest real rows (of {found.where})\n{text_table(_header(found), _rows(found))}"


def _header(found: NearestRows) -> list[str]:
    return ["Row", "distance", f"true {found.target}", "predicted", "differs in"]


def _rows(found: NearestRows) -> list[list[str]]:
    return [
        ["–" if r.label is None else value(r.label), number(r.distance), "–" if r.truth is None else value(r.truth),
         _predicted(r), ", ".join(f"{name} = {value(r.values[name])}" for name in r.differs) or "nothing"]
        for r in found.rows
    ]  # fmt: skip


def _predicted(row: NearRow) -> str:
    return value(row.prediction) if row.probability is None else f"{value(row.prediction)} ({percent(row.probability)})"
