"""The picture of rows looked up among known ones: prediction, whether in scope, the nearest known row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import number, percent, value
from lepton_lab.pictures.tables import cut, table, text_table

if TYPE_CHECKING:
    from lepton_lab.evaluation.near_answers import NearAnswers

MOST_ROWS = 50


def html(found: NearAnswers) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture("Nearest known rows", table(_header(found), _rows(found), wrap=(4,)), sub=_words(found))


def text(found: NearAnswers) -> str:
    """The picture as plain text."""
    return f"Nearest known rows ({_words(found)})\n{text_table(_header(found), _rows(found))}"


def _words(found: NearAnswers) -> str:
    out = int(found.out_of_scope.sum())
    first = f"; the first {MOST_ROWS}" if len(found) > MOST_ROWS else ""
    return (
        f"{out:,} of {len(found):,} rows out of scope, at a limit that keeps {percent(found.kept)} of those in scope; "
        f"alike by {found.how}; among {found.where}{first}"
    )


def _header(found: NearAnswers) -> list[str]:
    return ["Row", "predicted", "scope", "similarity", "nearest known row", f"its {found.target}"]


def _rows(found: NearAnswers) -> list[list[str]]:
    made = []
    for i in range(min(len(found), MOST_ROWS)):
        place = found.neighbours.places[i, 0]
        others = [name for name in found.known if name != found.target]
        near = ", ".join(f"{name} = {value(found.known[name][place])}" for name in others)
        truth = value(found.known[found.target][place]) if found.target in found.known else "–"
        out = found.out_of_scope[i]
        made.append(
            [value(found.labels[i]), _predicted(found, i), f"{'out' if out else 'in'} ({number(found.score[i])})",
             number(found.neighbours.similarity[i, 0]), cut(near), cut(truth)]
        )  # fmt: skip
    return made


def _predicted(found: NearAnswers, i: int) -> str:
    said = value(found.prediction[i])
    return said if found.probability is None else f"{said} ({percent(found.probability[i])})"
