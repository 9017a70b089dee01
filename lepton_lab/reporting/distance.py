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
    most = min(int((composed.tables.reach > 0).sum()) for _, composed in rows)
    counts = np.repeat([n for n in CHANGES if n <= most], max(1, N_CHANGES // len(rows)))
    if not len(counts):
        return ()
    tried = [_tried(x, composed, x_known, places, counts, draw) for x, composed in rows]
    mixed, answers, n_changed = (np.concatenate(parts) for parts in zip(*tried, strict=True))
    model_says = shown(np.asarray(model.logits_x(mixed), np.float64))
    gaps = np.abs(shown(answers) - model_says).max(axis=1)
    return tuple(_distance(int(n), gaps[n_changed == n]) for n in np.unique(n_changed))


def _distance(n_changed: int, gaps: np.ndarray) -> Distance:
    return Distance(n_changed, float(gaps.mean()), float(np.quantile(gaps, 0.95)), len(gaps))


def _tried(
    x: np.ndarray,
    composed: Composed,
    x_known: np.ndarray,
    places: np.ndarray,
    counts: np.ndarray,
    draw: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Changed rows as the model reads them, the page's answers, and how many columns were changed.

    Left out: rows of which a curve does not reach a value.
    """
    changed = _drawn(composed.tables.reach, counts, draw)
    mixed, scenarios = np.tile(x, (len(counts), 1)), np.tile(composed.tables.places, (len(counts), 1))
    possible = np.ones(len(counts), bool)
    for j in np.flatnonzero(changed.any(axis=0)):
        which = np.flatnonzero(changed[:, j])
        others = _others(places[:, j], float(composed.tables.places[j]))
        if not len(others):
            possible[which] = False
            continue
        source = draw.choice(others, len(which))
        mixed[which, j], scenarios[which, j] = x_known[source, j], places[source, j]
    answers = composed.answers(scenarios)
    there = possible & ~np.isnan(answers).any(axis=1)
    return mixed[there], answers[there], counts[there]


def _drawn(reach: np.ndarray, counts: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """So many columns of each row, one after another in proportion to their reach `(row, column)`.

    Source: Efraimidis and Spirakis (2006), "Weighted random sampling with a reservoir".
    """
    waits = draw.exponential(size=(len(counts), len(reach))) / np.where(reach > 0, reach, 1.0)
    waits[:, reach == 0] = np.inf
    return waits.argsort(axis=1).argsort(axis=1) < counts[:, None]


def _others(place: np.ndarray, own: float) -> np.ndarray:
    """Known rows with another value of a column."""
    return np.flatnonzero(~np.isnan(place) if np.isnan(own) else place != own)
