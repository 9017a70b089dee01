"""What moves a model, for its card: importance with intervals, and the effects of the most important columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import OBJECTS, Column, Kind
from lepton_lab.evaluation.rows_of import choose
from lepton_lab.explanation.background import Background
from lepton_lab.explanation.effects.ask import trained_dependence
from lepton_lab.explanation.effects.effect import Effect, EffectOptions
from lepton_lab.explanation.explain_model import explain_trained
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.reporting.card import Explained
from lepton_lab.reporting.column_summaries import FEWEST, counts_of, days_of, two_digits
from lepton_lab.trained import TrainedModel

MOST_ROWS, FEWEST_ROWS = 120, 40
CELLS = 2_400  # rows times columns that are explained
N_EFFECTS = 6
EFFECT_ROWS = 120
EFFECT_POINTS = 24
SAFE_POINTS = 12


def explain_card(
    model: TrainedModel, table: Table, where: str, background: Background | None, *, with_rows: bool, seed: int
) -> Explained:
    """Importance over a sample of some rows, and partial dependence on the most important columns.

    Args:
        model: with its background.
        table: rows to explain.
        where: what these rows are, in words.
        background: to compare with; None for the model's own.
        with_rows: whether values of single rows may be in it.
        seed: of the samples.

    Raises:
        ExplanationError: no background to compare with.
    """
    n = int(np.clip(CELLS / len(model.schema.inputs), FEWEST_ROWS, MOST_ROWS))
    some = table.take(choose(model, table, where, rows=n, seed=seed))
    options = ExplainOptions(seed=seed)
    x, labels = model.encoder.encode(some), some.index.to_numpy()
    explanation = explain_trained(model, x, some.values(), labels, background=background, options=options)
    importance = explanation.importance()
    effects = _effects(model, table, importance.feature_names, where, with_rows=with_rows, seed=seed)
    return Explained(
        where, len(explanation), explanation.unit, explanation.method, explanation.exact, importance, tuple(effects),
        explanation if with_rows else None,
    )  # fmt: skip


def _effects(
    model: TrainedModel, table: Table, names: tuple[str, ...], where: str, *, with_rows: bool, seed: int
) -> Iterator[Effect]:
    some = table.take(choose(model, table, where, rows=EFFECT_ROWS, seed=seed))
    scale = "probability" if model.classes else "link"
    options = EffectOptions(EFFECT_POINTS, scale, seed)
    on_axes = [name for name in names if model.schema.column(name).kind not in OBJECTS]
    for name in on_axes[:N_EFFECTS]:
        if with_rows:
            yield trained_dependence(model, some, name, options=options)
            continue
        values = safe_values(model.schema.column(name), table if model.seen is None else model.seen)
        if len(values) >= 2:
            yield without_curves(trained_dependence(model, some, name, values=values, options=options))


def safe_values(column: Column, known: Table) -> list[object]:
    """Values of a column that are no single row's: round ones, and categories of at least `FEWEST` rows."""
    array = known.columns[column.name]
    if column.kind not in (Kind.NUMERIC, Kind.DATETIME):
        return [category for category, n in counts_of(array) if n >= FEWEST][:EFFECT_POINTS]
    dates = column.kind == Kind.DATETIME
    places = days_of(array) if dates else np.asarray(array, np.float64)
    places = np.sort(places[~np.isnan(places)])
    if len(places) < 2 * FEWEST:
        return []
    even = np.linspace(places[FEWEST - 1], places[-FEWEST], SAFE_POINTS)
    if dates:
        months = {(dt.date(1970, 1, 1) + dt.timedelta(days=float(day))).replace(day=1) for day in even}
        return [dt.datetime(d.year, d.month, 1) for d in sorted(months)]
    return [float(v) for v in np.unique([two_digits(float(v)) for v in even])]


def without_curves(effect: Effect) -> Effect:
    """An effect without its rows: the mean and its interval alone."""
    return replace(
        effect, curves=None, column_place=np.full(effect.n_rows, np.nan), row_place=np.full(effect.n_rows, -1),
        row_labels=np.arange(effect.n_rows),
    )  # fmt: skip


def can_explain(model: TrainedModel) -> bool:
    """Whether the model has background rows to compare with."""
    return model.background_x is not None and len(model.background_x) > 0
