"""The columns of a check: kind, how values lie, missing, different, extremes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import percent, value
from lepton_lab.pictures.spread import LINES, of_card
from lepton_lab.pictures.tables import cut, first_within, table

if TYPE_CHECKING:
    from lepton_lab.data.check import Check
    from lepton_lab.data.column_card import ColumnCard
    from lepton_lab.data.shifts import ColumnDrift

AT_MOST = 40
# Characters of markup.
ROOM = 45_000


def part(check: Check) -> Markup:
    """A table with a row a column; nothing where there are no cards."""
    if not check.columns:
        return Markup("")
    cards = list(check.columns.values())
    drifts = {one.name: one for one in check.drift} if check.drift is not None else {}
    rows = first_within((_row(card, drifts.get(card.name)) for card in cards[:AT_MOST]), ROOM)
    more = f" · {len(cards) - len(rows):,} more are not drawn" if len(cards) > len(rows) else ""
    drawn = table(["Column", "Kind", "Values", "Missing", "Different", "Most frequent, or ends"], rows,
                  numeric=(3, 4), wrap=(5,))  # fmt: skip
    return theme.section("Columns", legend(cards, bool(drifts)), drawn, sub=f"bars: all rows{more}")


def legend(cards: list[ColumnCard], drifts: bool) -> Markup:
    """What the lines stand for."""
    classes = next((card.classes for card in cards if card.classes), ())
    keys = [(kind, f"{cut(name)}, its own shares") for kind, name in zip(LINES, classes, strict=False)]
    if any(card.target_mean for card in cards):
        keys.append(("main", "mean of the target"))
    if drifts:
        keys.append(("soft", "dashed: the second frame"))
    return theme.legend(keys) if keys else Markup("")


def _row(card: ColumnCard, drift: ColumnDrift | None) -> list[object]:
    column = card.column
    kind = join(str(column.kind), tag("div", cut(_role(card)), class_="lep-sub") if _role(card) else None)
    missing = percent(card.n_missing / max(card.n_rows, 1)) if card.n_missing else ""
    return [tag("strong", cut(card.name)), kind, of_card(card, drift), missing, f"{card.n_unique:,}", ends(card)]


def _role(card: ColumnCard) -> str:
    role, reason = str(card.column.role), card.column.reason
    return reason if role == "input" else f"{role}{f': {reason}' if reason else ''}"


def ends(card: ColumnCard) -> str:
    """The extremes of numbers and dates; the most frequent of other values."""
    if card.lowest and card.highest:
        return f"{value(card.lowest[0][1])} to {value(card.highest[0][1])}"
    pairs = zip(card.bins.values[:3], card.counts, strict=False)
    return ", ".join(f"{value(one)} {percent(n / max(sum(card.counts), 1))}" for one, n in pairs)
