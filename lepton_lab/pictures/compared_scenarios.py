"""The picture of scenarios side by side: what each changes, and what the model says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import number, percent, value
from lepton_lab.pictures.tables import table, text_table
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.evaluation.compared_scenarios import ComparedScenarios
    from lepton_lab.evaluation.scenario import WhatIfAnswer


def html(found: ComparedScenarios) -> Markup:
    """The picture as self-contained HTML."""
    return theme.picture(f"Scenarios of row {value(found.label)}", comparison(found))


def text(found: ComparedScenarios) -> str:
    """The picture as plain text."""
    header, rows = _cells(found)
    plain = [[words for _, words in row] for row in rows]
    return f"Scenarios of row {value(found.label)}\n{text_table(header, plain)}"


def comparison(found: ComparedScenarios) -> Markup:
    """A line a changed column, a column a scenario."""
    header, rows = _cells(found)
    drawn = table(header, [[cell for cell, _ in row] for row in rows], wrap=tuple(range(1, len(header))))
    return theme.section("Scenarios", drawn)


def _cells(found: ComparedScenarios) -> tuple[list[str], list[list[tuple[Markup | str, str]]]]:
    header = ["", "as it is", *found.answers]
    rows: list[list[tuple[Markup | str, str]]] = []
    for name in found.changed:
        was = value(found.values[name])
        cells: list[tuple[Markup | str, str]] = [(name, name), (was, was)]
        for scenario, answer in found.answers.items():
            words = value(found.value(scenario, name))
            cells.append((tag("b", words), words) if name in answer.changes else ("·", "·"))
        rows.append(cells)
    said = [_said(answer) for answer in (found.as_is, *found.answers.values())]
    label = _label(found.as_is)
    rows.append([(tag("b", label), label), *((tag("b", words), words) for words in said)])
    return header, rows


def _label(answer: WhatIfAnswer) -> str:
    if answer.estimate is not None:
        return f"Estimate, {answer.unit}"
    if answer.unit == Survival.unit:
        return "Median time"
    if len(answer.probabilities) == 2:
        return f"Probability of {value(list(answer.probabilities)[1])}"
    return "Predicted"


def _said(answer: WhatIfAnswer) -> str:
    if answer.estimate is not None:
        return number(answer.estimate, 5)
    if answer.unit == Survival.unit:
        return value(answer.prediction)
    shown, predicted = percent(answer.probability, 1), value(answer.prediction)
    return f"{predicted} {shown}" if len(answer.probabilities) > 2 else f"{shown} → {predicted}"
