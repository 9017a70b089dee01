"""Figures of forecasts and quantiles: how far ahead they hold, whether each level does, and what to order by them."""

from __future__ import annotations

import numpy as np

from lepton_lab.data.reshape_forecast import Forecast
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown.result import Cell, Column, Curve, Headline, Plot, Shown
from lepton_lab.evaluation.shown.words import words_of
from lepton_lab.fitting.scores import SEASONAL_NAIVE, seasonal_naive
from lepton_lab.metrics import Estimate, middle
from lepton_lab.quantiles import Quantiles, inside

_RESAMPLES = 400


def usual_figures(rows: EvaluatedRows) -> dict[str, dict[str, object]]:
    """What is shown of any model of this kind, without a domain."""
    steps = {"forecast_steps": {}} if _is_forecast(rows) and rows.has_inputs else {}
    return steps | ({"levels": {}} if isinstance(rows.model.task, Quantiles) else {})


def show_steps(rows: EvaluatedRows) -> Shown:
    """How far off forecasts are, by how far ahead they look, beside the seasonal naive.

    Source: Hyndman and Koehler 2006, International Journal of Forecasting 22, for errors scaled by the naive one's;
        here both are of the same rows.

    Raises:
        OptionError: the model forecasts nothing, or the rows' columns are not known.
    """
    if not _is_forecast(rows) or not rows.has_inputs:
        raise OptionError("steps ahead are those of a forecast: ll.train(df, ..., reshape=ll.reshape.forecast(...))")
    task, step = rows.model.task, np.asarray(rows.table.columns["step"], np.float64)
    naive = seasonal_naive(task, rows.table)[SEASONAL_NAIVE][:, 0]
    said = task.in_order(rows.logits)[:, task.order[0]] if isinstance(task, Quantiles) else rows.logits[:, 0]
    error, of_naive = np.abs(rows.y - said), np.abs(rows.y - naive)
    held = inside(task, rows.y, rows.logits) if isinstance(task, Quantiles) and task.interval else None
    cells: list[tuple[Cell, ...]] = []
    for one in np.unique(step):
        at = step == one
        own, other = float(error[at].mean()), float(of_naive[at].mean())
        last = () if held is None else (float(held[at].mean()),)
        cells.append((int(one), int(at.sum()), own, other, own / other if other > 0 else None, *last))
    share = () if held is None else (Column(f"inside {_interval(task)}", "share"),)
    columns = (
        Column("steps ahead", "count"), Column("rows", "count", words_of(rows.model).rows),
        Column("mean absolute error"), Column("seasonal naive"), Column("ratio"), *share,
    )  # fmt: skip
    curves = tuple(
        Curve(name, np.array([cell[0] for cell in cells], float), np.array([cell[k] for cell in cells], float))
        for k, name in ((2, "this model"), (3, "seasonal naive"))
    )
    ratio, mae = _over_origins(rows, error, of_naive)
    heads = (
        Headline("MASE against the seasonal naive", ratio, "below 1 is better than it"),
        Headline("Mean absolute error", mae, task.unit),
    )
    reshape = rows.model.schema.reshape
    assert isinstance(reshape, Forecast)
    note = f"the seasonal naive says: {reshape.naive}. Intervals draw origins, whose steps go together"
    plot = Plot("Error by steps ahead", "steps ahead", "mean absolute error", curves)
    return Shown("forecast_steps", "How far ahead it holds", heads, columns, tuple(cells), (plot,), note)


def show_levels(rows: EvaluatedRows) -> Shown:
    """What share of cases lies below each quantile.

    Raises:
        OptionError: the model tells no quantiles.
    """
    task = _quantiles(rows)
    found, rng = task.in_order(rows.logits), np.random.default_rng(0)
    below = rows.y[:, None] <= found
    drawn = rng.integers(0, len(below), (_RESAMPLES, len(below)))
    cells: list[tuple[Cell, ...]] = []
    for k, level in enumerate(task.levels):
        share = float(np.average(below[:, k], weights=rows.w))
        cells.append((f"{level:g}", middle(share, below[:, k][drawn].mean(axis=1)), float(found[:, k].mean())))
    columns = (Column("level", "text"), Column("share below", "share"), Column("mean quantile"))
    heads = ()
    if task.interval is not None:
        held = inside(task, rows.y, rows.logits)
        estimate = middle(float(np.average(held, weights=rows.w)), held[drawn].mean(axis=1))
        wanted = task.interval[1] - task.interval[0]
        heads = (Headline(f"Inside {_interval(task)}", estimate, f"{100 * wanted:.0f} % wanted", is_share=True),)
    return Shown("levels", "Whether each level holds", heads, columns, tuple(cells), note="wanted: the level itself")


def show_newsvendor(rows: EvaluatedRows, *, under: float = 3.0, over: float = 1.0) -> Shown:
    """What stock costs if the quantile is ordered that balances what is lacking against what is left over.

    Args:
        rows: their target is the demand.
        under: what a piece costs that was asked for and not there (margin, goodwill).
        over: what a piece costs that is left over (its price less what it still brings).

    Raises:
        OptionError: the model tells no quantiles, or costs are not above 0.

    Source: Arrow, Harris and Marschak 1951, Econometrica 19: the best order is the quantile under / (under + over).
    """
    task, level = _quantiles(rows), critical_level(under, over)
    orders = {
        "this model's quantile": task.at(rows.logits, level), "its median": task.at(rows.logits, 0.5),
        **{name.removeprefix("baseline: "): z[:, 0] for name, z in _naive(rows).items()},
    }  # fmt: skip
    costs = {name: stock_cost(rows.y, order, under, over) for name, order in orders.items()}
    row = words_of(rows.model).row
    drawn = np.random.default_rng(0).integers(0, len(rows.y), (_RESAMPLES, len(rows.y)))
    cells: list[tuple[Cell, ...]] = [
        (
            name, middle(float(cost.mean()), cost[drawn].mean(axis=1)), float(orders[name].mean()),
            float(np.mean(rows.y <= orders[name])),
        )
        for name, cost in costs.items()
    ]  # fmt: skip
    columns = (
        Column("ordered", "text"), Column("cost a row", said=f"cost a {row}"), Column("mean order"),
        Column("demand met", "share"),
    )  # fmt: skip
    first = cells[0][1]
    assert isinstance(first, Estimate)
    note = f"a piece lacking costs {under:g}, one left over {over:g}: the {level:.3g} quantile is ordered"
    if not task.levels[0] <= level <= task.levels[-1]:
        note += f", which lies beyond the model's levels: the outermost is taken (task='quantile:..,{level:.3g}')"
    heads = (Headline("Cost a row", first, "by the balancing quantile", said=f"Cost a {row}"),)
    return Shown("newsvendor", "What to order", heads, columns, tuple(cells), note=note)


def critical_level(under: float, over: float) -> float:
    """The level of demand that an order should reach.

    Raises:
        OptionError: costs that are not above 0.

    Example:
        >>> critical_level(3.0, 1.0)
        0.75
    """
    if not (under > 0 and over > 0):
        raise OptionError(f"under={under!r}, over={over!r}: wanted costs above 0, of a piece lacking and one left over")
    return under / (under + over)


def stock_cost(demand: np.ndarray, order: np.ndarray, under: float, over: float) -> np.ndarray:
    """What each order cost `(row,)`."""
    return under * np.maximum(demand - order, 0) + over * np.maximum(order - demand, 0)


def _quantiles(rows: EvaluatedRows) -> Quantiles:
    if not isinstance(rows.model.task, Quantiles):
        raise OptionError(
            f"this is of quantiles, and the model is of {rows.model.task.name}: ll.train(df, ..., task='quantile')"
        )
    return rows.model.task


def _is_forecast(rows: EvaluatedRows) -> bool:
    return isinstance(rows.model.schema.reshape, Forecast) and not rows.model.task.classes


def _naive(rows: EvaluatedRows) -> dict[str, np.ndarray]:
    return seasonal_naive(rows.model.task, rows.table) if rows.has_inputs else {}


def _interval(task: object) -> str:
    assert isinstance(task, Quantiles)
    return f"{task.levels[0]:g} to {task.levels[-1]:g}"


def _over_origins(rows: EvaluatedRows, error: np.ndarray, of_naive: np.ndarray) -> tuple[Estimate, Estimate]:
    """The ratio of the mean errors, and the mean error, with intervals over origins."""
    index = rows.table.index
    code = np.unique(index.droplevel(-1).factorize()[0], return_inverse=True)[1]
    sums = [np.bincount(code, part) for part in (error, of_naive, np.ones(len(error)))]
    drawn = np.random.default_rng(0).integers(0, len(sums[0]), (_RESAMPLES, len(sums[0])))
    own, naive, n = (part[drawn].sum(axis=1) for part in sums)
    total = float(of_naive.sum())
    ratio = float(error.sum() / total) if total > 0 else float("nan")
    return middle(ratio, own / np.where(naive > 0, naive, np.nan)), middle(float(error.mean()), own / n)
