"""From a model, and perhaps a frame, to the content of its report: the steps, in order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from lepton_lab.data.pick_rows import has_label
from lepton_lab.data.rows import Table
from lepton_lab.data.table import read_like
from lepton_lab.errors import OptionError, bad_seed
from lepton_lab.evaluation.costs import Costs
from lepton_lab.evaluation.report import Evaluation, Known, evaluate_rows
from lepton_lab.evaluation.rows_of import FRAME, HELD_OUT, LEARNED_FROM, background_of
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.counterfactual.find import known_rows
from lepton_lab.reporting.card import ModelCard, Results
from lepton_lab.reporting.chosen_rows import ChosenRow, asked_rows, labelled_rows, telling_rows
from lepton_lab.reporting.describe_model import data_of, details_of, results_of_training
from lepton_lab.reporting.explain_card import can_explain, explain_card
from lepton_lab.reporting.limits import limits_of
from lepton_lab.reporting.page_rows import PageRows, Shown, page_rows
from lepton_lab.reporting.without_rows import without_rows
from lepton_lab.reporting.words import read_words
from lepton_lab.tasks import answers
from lepton_lab.trained import TrainedModel

MOST_KNOWN = 5_000
"""Rows that the values of curves are taken from, of more that are known."""


@dataclass(frozen=True)
class Asked:
    """What a report is to hold; as `api_report.report` tells.

    Args:
        rows: how many rows to play with, or their labels; None for the default.
        with_rows: whether values of single rows may be in it.
        with_page: whether it is a page, which alone has rows to play with.
        words: what only a person can say.
        costs: of wrong decisions.
        title: of the report.
        seed: of every sample.
    """

    rows: object = None
    with_rows: bool = True
    with_page: bool = True
    words: Mapping[str, str] = field(default_factory=dict)
    costs: Costs | None = None
    title: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        if error := bad_seed(self.seed):
            raise error
        asked_rows(self.rows)
        if self.rows is not None and not self.with_rows:
            raise OptionError(f"rows={self.rows!r} and with_rows=False were given together. Give one.")
        object.__setattr__(self, "words", read_words(self.words))


@dataclass(frozen=True)
class Rows:
    """The rows that a report is about.

    Args:
        table: with their target where it is known.
        where: what to call them.
        logits: that they are judged by `(row, output)`; None where nothing is known to judge by.
        known: to take the values of curves from.
        background: to explain against; None for the model's own.
    """

    table: Table
    where: str
    logits: np.ndarray
    known: Table
    background: Background | None


def make_report(model: TrainedModel, df: Any, asked: Asked) -> tuple[ModelCard, PageRows | None]:
    """The card of a model, and the rows of its page.

    Raises:
        SchemaMismatchError: the frame is not like the one trained on.
        OptionError: no row has one of the labels asked for.
    """
    rows, left_out = rows_of_report(model, df, asked.seed), []
    data = data_of(model, with_rows=asked.with_rows)
    judged = _judged(model, rows)
    results = _results(model, rows, asked, left_out)
    explained = None
    if rows is not None and (can_explain(model) or rows.background is not None):
        explained = explain_card(
            model, rows.table, rows.where, rows.background, with_rows=asked.with_rows, seed=asked.seed
        )
    page = _page(model, rows, asked) if explained is not None else None
    _say_what_is_left_out(model, rows, asked, left_out)
    card = ModelCard(
        title=asked.title or f"Model of {model.schema.target}",
        made=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        details=details_of(model, with_rows=asked.with_rows),
        words=asked.words,
        data=data,
        results=results,
        explained=explained,
        limits=limits_of(model, data, results, judged, with_rows=asked.with_rows),
        with_rows=asked.with_rows,
        left_out=tuple(left_out),
    )
    return card, page


def rows_of_report(model: TrainedModel, df: Any, seed: int) -> Rows | None:
    """The rows of the frame, else those held out of training, else those kept in the file; None without any."""
    kept = can_explain(model) and model.background_values is not None and len(model.background_values) > 0
    known = known_rows(model) if model.seen is not None or kept else None
    if df is not None:
        table = read_like(model.schema, df, task=model.task)
        background = None if can_explain(model) else background_of(model, df, seed)
        logits = answers(model.task, model.logits_x(model.encoder.encode(table)))
        return Rows(table, FRAME, logits, _some(table if known is None else known), background)
    if model.held_out is not None:
        held = model.held_out
        assert known is not None, "a model that knows its held-out rows knows those it learned from"
        return Rows(held.table, HELD_OUT, held.logits, _some(known), None)
    if known is None:
        return None
    logits = answers(model.task, model.logits_x(model.encoder.encode(known)))
    return Rows(known, f"the {known.n_rows:,} background rows kept in the file", logits, known, None)


def _some(known: Table) -> Table:
    if known.n_rows <= MOST_KNOWN:
        return known
    return known.take(np.linspace(0, known.n_rows - 1, MOST_KNOWN).round().astype(int))


def _judged(model: TrainedModel, rows: Rows | None) -> tuple[Table, np.ndarray] | None:
    """Rows with their target, and what the model said of them."""
    if rows is not None and rows.table.y is not None:
        return rows.table, rows.logits
    held = model.held_out
    return None if held is None else (held.table, held.logits)


def _results(model: TrainedModel, rows: Rows | None, asked: Asked, left_out: list[str]) -> Results:
    """The figures of the training, or of the frame where it has the target."""
    base = results_of_training(model)
    evaluation = _evaluation(model, rows, asked)
    if evaluation is None:
        left_out.append(
            "Curves, calibration and errors by group: no rows with their target are known to a model that was loaded. "
            "Give some: ll.report(model, df)"
        )
        return base
    drawn: Evaluation | None = evaluation
    if not asked.with_rows:
        judged = _judged(model, rows)
        assert judged is not None, "what was evaluated was judged"
        table, logits = judged
        residuals = None if evaluation.residuals is None else np.asarray(table.y) - logits[:, 0]
        drawn = without_rows(evaluation, residuals)
        if drawn is None:
            left_out.append("Curves: of so few rows each step of a curve is a single row.")
    names = [name for name in model.task.metrics if name in evaluation.metrics]
    return replace(
        base,
        metrics={name: evaluation.metrics[name] for name in names},
        watched=base.watched if base.watched in names else names[0],
        leaderboard=evaluation.leaderboard,
        ahead=evaluation.ahead,
        note=evaluation.note,
        n_rows=evaluation.n_rows,
        evaluation=drawn,
    )


def _evaluation(model: TrainedModel, rows: Rows | None, asked: Asked) -> Evaluation | None:
    held = model.held_out
    if rows is None or rows.table.y is None or (held is not None and rows.table is held.table):
        if held is None:
            return None
        known = Known(held.logits, held.threshold, held.weights)
        return evaluate_rows(model, held.table, known=known, costs=asked.costs)
    return evaluate_rows(model, rows.table, costs=asked.costs)


def _page(model: TrainedModel, rows: Rows | None, asked: Asked) -> PageRows | None:
    if rows is None or not asked.with_rows or not asked.with_page:
        return None
    wanted, table, where = asked_rows(asked.rows), rows.table, rows.where
    if isinstance(wanted, int):
        chosen = telling_rows(model, table, rows.logits, wanted)
    else:
        table, where, chosen = _labelled(model, rows, wanted)
    return page_rows(model, Shown(table, chosen, rows.known, rows.background, where, asked.seed))


def _labelled(model: TrainedModel, rows: Rows, labels: list[object]) -> tuple[Table, str, list[ChosenRow]]:
    """Rows by their labels: of the rows of the report, else of those learned from."""
    held_out = model.held_out is not None and rows.table is model.held_out.table
    if held_out and model.seen is not None and not all(has_label(rows.table.index, label) for label in labels):
        return model.seen, LEARNED_FROM, labelled_rows(model.seen, labels, LEARNED_FROM)
    return rows.table, rows.where, labelled_rows(rows.table, labels, rows.where)


def _say_what_is_left_out(model: TrainedModel, rows: Rows | None, asked: Asked, left_out: list[str]) -> None:
    if rows is None:
        left_out.append(
            "Explanation and what-if: the model was saved without background rows. Give rows: ll.report(model, df)"
        )
    elif rows.where not in (FRAME, HELD_OUT):
        left_out.append(f"Of a model that was loaded only {rows.where} can be explained; they were learned from.")
    if model.seen is None:
        left_out.append(
            "Counts of categories and findings in the data: the model was loaded, and knows its rows no more."
        )
    if not asked.with_rows:
        left_out.append(
            "Single rows: no row to play with, no row's reasons, no dots of rows, no smallest and largest values, no "
            "categories of fewer than 5 rows, no notes of the training, as asked (with_rows=False)."
        )
