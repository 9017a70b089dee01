"""The picture of reason codes: a row each, its reasons in the order of their weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import count, fixed, number, signed, value
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.explanation.reason_codes import Reason, ReasonCodes

MOST_ROWS = 50


def html(found: ReasonCodes) -> Markup:
    """The picture as self-contained HTML."""
    sub = f"towards {found.outcome}, in {found.unit}; {count(len(found), 'row')}"
    note = "what moved this model against its background, beyond doubt; not what would change its mind"
    more = f"the first {MOST_ROWS} of {len(found):,} rows: .to_frame() has all" if len(found) > MOST_ROWS else ""
    grid = table(_header(found), _rows(found), numeric=(1,), wrap=range(2, 2 + _most(found)))
    return theme.picture("Reason codes", grid, theme.notes([words for words in (note, more) if words]), sub=sub)


def text(found: ReasonCodes) -> str:
    """The picture as plain text."""
    head = f"Reasons towards {found.outcome}, in {found.unit}"
    return f"{head}\n{text_table(_header(found), _rows(found), numeric=(1,))}"


def _most(found: ReasonCodes) -> int:
    return max((len(one) for one in found.reasons), default=0)


def _header(found: ReasonCodes) -> list[str]:
    return ["Row", "prediction", *(f"reason {k + 1}" for k in range(_most(found)))]


def _rows(found: ReasonCodes) -> list[list[str]]:
    most = _most(found)
    return [
        [value(label), fixed(float(prediction), 2), *(_words(r) for r in reasons), *[""] * (most - len(reasons))]
        for label, prediction, reasons in list(zip(found.row_labels, found.predictions, found.reasons, strict=True))[
            :MOST_ROWS
        ]
    ]


def _words(reason: Reason) -> str:
    shown = number(reason.value) if isinstance(reason.value, float) else value(reason.value)
    return f"{reason.code} {reason.words} = {shown} ({signed(reason.effect)})"
