"""How good the blend and each of its members are, on rows kept out of training, beside a trivial guess."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.reshape_forecast import Forecast
from lepton_lab.data.rows import Table
from lepton_lab.metrics import RESAMPLES, Estimate, bootstrap, draw_resamples, middle, resampled_cells
from lepton_lab.quantiles import Quantiles
from lepton_lab.survival import Survival
from lepton_lab.tasks import Regression, Task, answers
from lepton_lab.trained import as_blended, at_threshold

TRIVIAL = {
    "regression": "baseline: always the mean", "survival": "baseline: Kaplan-Meier",
    "quantile": "baseline: always the same quantiles",
}  # fmt: skip
_TRIVIAL_CLASS = "baseline: always the class shares"


def trivial_logits(y: np.ndarray, weights: np.ndarray | None, task: Task) -> np.ndarray:
    """What the best guess that looks at no column says of every row: logits `(output,)`, or a survival answer."""
    if isinstance(task, Regression):
        return np.array([np.average(y, weights=weights)])
    if isinstance(task, (Survival, Quantiles)):
        return task.answer_without_columns(y, weights)
    counts = np.bincount(y, weights, minlength=len(task.classes)) + 1e-9
    log = np.log(counts / counts.sum())
    return np.array([log[1] - log[0]]) if task.n_outputs == 1 else log - log.mean()


def trivial_name(task: Task) -> str:
    """What the leaderboard calls that guess."""
    return TRIVIAL.get(task.name, _TRIVIAL_CLASS)


SEASONAL_NAIVE = "baseline: seasonal naive"


def seasonal_naive(task: Task, table: Table) -> dict[str, np.ndarray]:
    """Of a forecast, what the target was a season before, as logits `(row, output)` by name; else nothing.

    It is a figure without quantiles: all levels are the same. Where nothing is known of a season before, the last
    known value stands for it, and the middle of all others where there is none.
    """
    reshape = table.schema.reshape
    if not isinstance(reshape, Forecast) or reshape.naive is None or task.classes:
        return {}
    found = np.asarray(table.columns[reshape.naive], np.float64)
    last = np.asarray(table.columns[f"{table.schema.target} last"], np.float64)
    found = np.where(np.isnan(found), last, found)
    middle = np.nanmedian(found) if not np.isnan(found).all() else 0.0
    found = np.where(np.isnan(found), middle, found)
    return {SEASONAL_NAIVE: np.repeat(found[:, None], task.n_outputs, axis=1)}


def score(
    task: Task,
    y: np.ndarray,
    logits: np.ndarray,
    weights: np.ndarray | None,
    *,
    threshold: np.ndarray | float | None = None,
    resamples: np.ndarray | None = None,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Every metric of the task with its 95 % bootstrap interval.

    Args:
        task: gives the metrics.
        y: class index, or the number.
        logits: `(row, output)`.
        weights: of the rows, or None.
        threshold: probability from which a row is called positive, one or one a row; None for 0.5.
        resamples: to share with other scores of the same rows; None draws them.
        seed: of the resamples.
    """
    decided = logits if threshold is None else at_threshold(logits, threshold)
    many = draw_resamples(len(y), weights, seed=seed) if resamples is None else resamples
    return {
        name: bootstrap(metric.function, y, decided if metric.decides else logits, weights, resamples=many)
        for name, metric in task.metrics.items()
    }


@dataclass(frozen=True)
class Board:
    """A blend beside its members and a trivial guess, all measured on the same resamples of the same rows.

    Args:
        metrics: of the blend, decisions at its threshold.
        rows: by name, the blend first; of the others decisions are at even odds.
        ahead: by name, the blend's metric minus the other's with its paired interval; not of decisions.
    """

    metrics: Mapping[str, Estimate]
    rows: Mapping[str, Mapping[str, Estimate]]
    ahead: Mapping[str, Mapping[str, Estimate]]


def leaderboard(
    task: Task,
    y: np.ndarray,
    blend: np.ndarray,
    others: Mapping[str, np.ndarray],
    weights: np.ndarray | None,
    *,
    threshold: np.ndarray | float | None = None,
    seed: int = 0,
    n_resamples: int = RESAMPLES,
) -> Board:
    """The metrics of several sets of logits of the same rows, and how far the first is ahead of the others.

    Args:
        task: gives the metrics.
        y: class index, or the number.
        blend: logits `(row, output)`.
        others: by name.
        weights: of the rows, or None.
        threshold: that decides the blend's rows, one or one a row; None for 0.5.
        seed: of the resamples.
        n_resamples: of the rows, on which intervals rest.
    """
    many = draw_resamples(len(y), weights, n=n_resamples, seed=seed)
    metrics = score(task, y, blend, weights, threshold=threshold, resamples=many)
    watched = {name: metric for name, metric in task.metrics.items() if not metric.decides}
    decided = {name: metric for name, metric in task.metrics.items() if metric.decides}
    drawn = {name: np.asarray(metric.function(y, blend, many)) for name, metric in watched.items()}
    rows, ahead = {"blend": metrics}, {}
    for other, logits in others.items():
        found, gap = {}, {}
        for name, metric in watched.items():
            value, resampled = metric(y, logits, weights), np.asarray(metric.function(y, logits, many))
            found[name] = middle(value, resampled)
            gap[name] = middle(metrics[name].value - value, drawn[name] - resampled)
        found |= {
            name: bootstrap(metric.function, y, logits, weights, resamples=many) for name, metric in decided.items()
        }
        rows[other], ahead[other] = {name: found[name] for name in task.metrics}, gap
    return Board(metrics, rows, ahead)


# A board measures the blend, its members and a guess, the blend's undecided metrics twice.
_BOARD_SCORES = 5.5
_PROBE_ROWS, _PROBE_RESAMPLES = 5_000, 40
# Of the time that is left when members have grown; test rows are predicted and the model is written, too.
_MEASURING_SHARE = 0.6
# With fewer an interval says nothing.
_FEWEST_RESAMPLES = 25


def measuring_s(task: Task, y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None, n_rows: int) -> float:
    """Seconds that a leaderboard of so many rows will take here and now, told by scoring a part of it.

    Args:
        task: gives the metrics.
        y: class index, or the number, of some rows.
        logits: a member's `(row, output)`.
        weights: of the rows, or None.
        n_rows: that will be measured.
    """
    part = slice(0, _PROBE_ROWS)
    w = None if weights is None else weights[part]
    few = draw_resamples(len(y[part]), w, n=_PROBE_RESAMPLES)
    began = time.monotonic()
    score(task, y[part], answers(task, as_blended(task, logits[part]), of_member=True), w, resamples=few)
    return _BOARD_SCORES * (time.monotonic() - began) * resampled_cells(n_rows) / max(few.size, 1)


def resamples_in(remaining_s: float, measuring_s: float) -> int:
    """How many resamples intervals rest on, so that measuring fits into the time there is, predictions before it."""
    available = _MEASURING_SHARE * max(0.0, remaining_s)
    if available >= measuring_s:
        return RESAMPLES
    return max(_FEWEST_RESAMPLES, int(RESAMPLES * available / measuring_s))
