"""How far the page's own answers are from the model: measured on random changes of the rows that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.reporting.composed import Composed
from lepton_lab.trained import TrainedModel

CHANGES = (1, 2, 3, 4, 6, 8)
N_CHANGES = 600
"""Random changes for each number of changed columns, over all rows together."""


@dataclass(frozen=True)
class Distance:
    """What was measured for one number of changed columns.

    Args:
        n_changed: columns changed at once.
        mean, most: mean and 95th percentile of the absolute difference, in the number people read: a probability
            (of the class that is furthest off), or the target's unit.
        n: changes tried.
    """

    n_changed: int
    mean: float
    most: float
    n: int


def measure(
    model: TrainedModel,
    rows: Sequence[tuple[np.ndarray, Composed]],
    known: Table,
    shown: Callable[[np.ndarray], np.ndarray],
    seed: int,
) -> tuple[Distance, ...]:
    """Change some columns of the rows at random and compare the page's answer with the model's.

    Columns that move a row more are drawn more often; values are those of known rows, within the curves.

    Args:
        model: a trained model.
        rows: encoded, each with what the page knows of it.
        known: rows to take values from.
        shown: outputs `(row, output)` as the numbers people read.
        seed: of the changes.
    """
    draw = np.random.default_rng(seed)
    x_known = model.encoder.encode(known)
    points = rows[0][1].points
    places = np.stack([points.places(j, known.columns[n]) for j, n in enumerate(points.names)], axis=1)
    most = min(sum(composed.tables.reach > 0) for _, composed in rows)
    found = []
    for n_changed in (n for n in CHANGES if n <= most):
        tried = [_try(x, composed, x_known, places, n_changed, draw) for x, composed in rows for _ in range(
            max(1, N_CHANGES // len(rows)))]  # fmt: skip
        there = [one for one in tried if one is not None]
        if there:
            model_says = shown(np.asarray(model.logits_x(np.stack([x for x, _ in there])), np.float64))
            gap = np.abs(shown(np.stack([z for _, z in there])) - model_says).max(axis=1)
            found.append(Distance(n_changed, float(gap.mean()), float(np.quantile(gap, 0.95)), len(there)))
    return tuple(found)


def _try(
    x: np.ndarray,
    composed: Composed,
    x_known: np.ndarray,
    places: np.ndarray,
    n_changed: int,
    draw: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray] | None:
    """A changed row as the model reads it, and the page's answer; None where a curve does not reach a value."""
    reach = composed.tables.reach
    columns = draw.choice(len(x), n_changed, replace=False, p=reach / reach.sum())
    sources = np.array([_other(places[:, j], float(composed.tables.places[j]), draw) for j in columns])
    if (sources < 0).any():
        return None
    answer = composed.answer({int(j): float(places[i, j]) for j, i in zip(columns, sources, strict=True)})
    if answer is None:
        return None
    mixed = x.copy()
    mixed[columns] = x_known[sources, columns]
    return mixed, answer


def _other(place: np.ndarray, own: float, draw: np.random.Generator) -> int:
    """A known row with another value of a column; -1 where there is none."""
    same = np.isnan(place) if np.isnan(own) else place == own
    others = np.flatnonzero(~same)
    return int(draw.choice(others)) if len(others) else -1
