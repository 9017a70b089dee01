"""The rows that a page can play with when there is no kernel: what it knows of each, and how far off that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.evaluation.controls import Spread
from lepton_lab.evaluation.scenario import WhatIf, spreads_of, what_if
from lepton_lab.evaluation.scenario_answer import WhatIfAnswer, answer_of
from lepton_lab.evaluation.truths import truths_of
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.explain_model import explain_trained
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.reporting.chosen_rows import ChosenRow
from lepton_lab.reporting.composed import Composed
from lepton_lab.reporting.distance import Distance, measure
from lepton_lab.reporting.page_points import PagePoints, page_points
from lepton_lab.reporting.row_tables import RowTables, row_tables
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task
from lepton_lab.trained import TrainedModel


@dataclass(frozen=True)
class PageRow:
    """One row.

    Args:
        whatif: its values and label.
        why: it was chosen.
        truth: what its target was; None where that is not known.
        answer: the model's, explained.
        tables: the model around it.
    """

    whatif: WhatIf
    why: str
    truth: object
    answer: WhatIfAnswer
    tables: RowTables


@dataclass(frozen=True)
class PageRows:
    """The rows of a page.

    Args:
        rows: in the order to show them.
        points: at which the model was asked around them.
        spreads: how each column's values are spread over known rows.
        distances: of the page's own answers from the model's, by the number of changed columns.
        where: which rows these are, in words.
    """

    rows: tuple[PageRow, ...]
    points: PagePoints
    spreads: tuple[Spread, ...]
    distances: tuple[Distance, ...]
    where: str


@dataclass(frozen=True)
class Shown:
    """Which rows are shown, and what they are compared with.

    Args:
        table: the rows.
        chosen: of them.
        known: rows to take the values of curves from.
        background: to explain against; None for the model's own.
        where: what to call the rows.
        seed: of explanations and random changes.
    """

    table: Table
    chosen: Sequence[ChosenRow]
    known: Table
    background: Background | None
    where: str
    seed: int


def page_rows(model: TrainedModel, shown: Shown) -> PageRows:
    """Ask the model around the chosen rows, and measure the page's answers against it."""
    table = shown.table.take(np.array([one.position for one in shown.chosen]))
    points = page_points(model, shown.known, table.n_rows)
    x = model.encoder.encode(table)
    places = np.stack([points.places(j, table.columns[n]) for j, n in enumerate(points.names)], axis=1)
    tables = [row_tables(model, x[i], places[i], points, len(x)) for i in range(len(x))]
    composed = [(x[i], Composed(points, one.rounded())) for i, one in enumerate(tables)]
    distances = measure(model, composed, shown.known, numbers_of(model.task), shown.seed)
    answers = _answers(model, table, x, [one.base for one in tables], shown)
    truths = truths_of(model, table)
    rows = [
        PageRow(whatif, one.why, None if truths is None else truths[i], answer, tables[i])
        for i, ((whatif, answer), one) in enumerate(zip(answers, shown.chosen, strict=True))
    ]
    spreads = spreads_of(model, shown.known, points.grids)
    return PageRows(tuple(rows), points, spreads, distances, shown.where)


def numbers_of(task: Task) -> Callable[[np.ndarray], np.ndarray]:
    """From outputs in link space `(row, output)` to the numbers people read `(row, number)`."""
    if isinstance(task, Survival):
        return lambda logits: task.survival(logits, task.horizons)
    return task.probability if task.classes else lambda logits: logits


def _answers(
    model: TrainedModel, table: Table, x: np.ndarray, bases: Sequence[np.ndarray], shown: Shown
) -> list[tuple[WhatIf, WhatIfAnswer]]:
    """Each row as it is, with its reasons; all explained at once."""
    labels, options = table.index.to_numpy(), ExplainOptions(seed=shown.seed)
    explained = explain_trained(model, x, table.values(), labels, background=shown.background, options=options)
    rows = [replace(what_if(model, table, i), seed=shown.seed) for i in range(table.n_rows)]
    return [(row, answer_of(model, bases[i][None], {}, explained[[i]])) for i, row in enumerate(rows)]
