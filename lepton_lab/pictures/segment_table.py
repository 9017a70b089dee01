"""The picture of segments: a row each, with its rule, its prediction, and what is special about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import NOTHING, count, number, percent, signed, value
from lepton_lab.pictures.tables import cut, table, text_table

if TYPE_CHECKING:
    from lepton_lab.evaluation.segments.result import Segments, Trait


def html(found: Segments) -> Markup:
    """The picture as self-contained HTML."""
    tried = ", ".join(f"{k}: {score:.2f}" for k, score in found.tried.items())
    notes = [f"{found.verdict}."] + ([f"silhouette by number of segments: {tried}."] if len(found.tried) > 1 else [])
    sub = f"{count(len(found), 'segment')} of {count(len(found.labels), 'row')} by {found.what}"
    return theme.picture(
        "Segments", table(_header(found), _rows(found), numeric=(1, 2), wrap=(3, 5)), theme.notes(notes), sub=sub
    )


def text(found: Segments) -> str:
    """The picture as plain text."""
    head = f"{count(len(found), 'segment')} by {found.what}; {found.verdict}"
    return f"{head}\n{text_table(_header(found), _rows(found), numeric=(1, 2))}"


def _header(found: Segments) -> list[str]:
    return ["Segment", "rows", found.predicts or "share", "rule", "rule holds", "what is special"]


def _rows(found: Segments) -> list[list[str]]:
    return [
        [str(one.number), f"{one.n_rows:,}", percent(one.share) if one.prediction is None else number(one.prediction),
         cut(one.rule), f"for {percent(one.recall)} of it, {percent(one.precision)} of whom it holds for are",
         "; ".join(map(_trait, one.traits))]
        for one in found.segments
    ]  # fmt: skip


def _trait(trait: Trait) -> str:
    return f"{trait.column} {_shown(trait.typical)} (all: {_shown(trait.usual)}): {signed(trait.effect)}"


def _shown(item: object) -> str:
    return NOTHING if item is None else number(item) if isinstance(item, float) else value(item)
