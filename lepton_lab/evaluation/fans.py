"""A forecast as fans: of each series what was, what is said of the steps ahead with its quantiles, and the naive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.reshape_forecast import Forecast
from lepton_lab.quantiles import Quantiles

if TYPE_CHECKING:
    import pandas as pd

    from lepton_lab.data.rows import Table
    from lepton_lab.trained import TrainedModel

# Steps of the past that are shown for each step ahead, and series of one picture.
_PAST, MOST_SERIES = 3, 4


@dataclass(frozen=True)
class Fan:
    """One origin of a forecast.

    Args:
        label: the series and its origin, as the index has them.
        unit: of the target.
        step: steps ahead `(step,)`.
        quantiles: `(step, level)`, rising; of a figure without quantiles one column.
        levels: of them.
        naive: `(step,)`, what the seasonal naive says.
        truth: `(step,)`, NaN where it is not known.
        past: the last known values, the last one at the origin.
    """

    label: tuple[object, ...]
    unit: str
    step: np.ndarray
    quantiles: np.ndarray
    levels: tuple[float, ...]
    naive: np.ndarray
    truth: np.ndarray
    past: np.ndarray


@dataclass(frozen=True)
class Fans:
    """The latest origin of each of the first series.

    Args:
        fans: one a series.
        n_series: that there are.
    """

    fans: tuple[Fan, ...]
    n_series: int


def fans_of(model: TrainedModel, table: Table, logits: np.ndarray) -> Fans | None:
    """The fans of a table's rows; None where they are of no forecast.

    Args:
        model: whose forecast it is.
        table: its rows.
        logits: the model's `(row, output)`.
    """
    reshape, task = model.schema.reshape, model.task
    if not isinstance(reshape, Forecast) or task.classes or reshape.naive is None or not table.n_rows:
        return None
    found = task.in_order(logits) if isinstance(task, Quantiles) else logits[:, :1]
    return _fans(model, reshape, table, found)


def fans_ahead(model: TrainedModel, df: object, predicted: pd.DataFrame) -> Fans | None:
    """The fans of a frame's prediction, as `predict` gave it; None where it is no forecast."""
    from lepton_lab.data.table import read_like

    reshape, task = model.schema.reshape, model.task
    if not isinstance(reshape, Forecast) or task.classes or reshape.naive is None:
        return None
    levels = [f"quantile_{level:g}" for level in task.levels] if isinstance(task, Quantiles) else ["prediction"]
    return _fans(model, reshape, read_like(model.schema, df), predicted[levels].to_numpy())


def _fans(model: TrainedModel, reshape: Forecast, table: Table, found: np.ndarray) -> Fans:
    """Of each series its latest origin."""
    whose = table.index.droplevel(-1)
    series = np.zeros(table.n_rows, np.int64) if reshape.id is None else whose.droplevel(-1).factorize()[0]
    origins = np.asarray(whose.get_level_values(-1))
    n_series, fans = int(series.max(initial=0)) + 1, []
    for one in range(min(n_series, MOST_SERIES)):
        own = np.flatnonzero(series == one)
        at = own[origins[own] == origins[own].max()]
        fans.append(_fan(model, reshape, table, found, at[np.argsort(table.columns["step"][at])]))
    return Fans(tuple(fans), n_series)


def _fan(model: TrainedModel, reshape: Forecast, table: Table, found: np.ndarray, at: np.ndarray) -> Fan:
    """The rows of one origin, in the order of steps."""
    task, label = model.task, table.index.droplevel(-1)[at[0]]
    histories: list[ArrayValue] = table.columns[reshape.name].tolist()
    assert reshape.naive is not None, "a forecast that was fitted knows its naive"
    return Fan(
        label if isinstance(label, tuple) else (label,),
        task.unit,
        np.asarray(table.columns["step"], np.float64)[at],
        found[at],
        task.levels if isinstance(task, Quantiles) else (0.5,),
        np.asarray(table.columns[reshape.naive], np.float64)[at],
        np.full(len(at), np.nan) if table.y is None else np.asarray(table.y, np.float64)[at],
        histories[at[0]].array[:, 0][-_PAST * len(at) :],
    )
