"""Rows into groups by k-means: how many, and whether they are there at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_STARTS, _HALVES, _JUDGED = 8, 6, 2000


@dataclass(frozen=True)
class Clustered:
    """Groups of rows.

    Args:
        labels: `(row,)`, from 1 on, the largest group first.
        stability: mean adjusted Rand index between groups found in two halves of the rows, both dealt to all rows.
        tried: silhouette by number of groups.
    """

    labels: np.ndarray
    stability: float
    tried: dict[int, float]


def cluster(space: np.ndarray, *, n: int | None, most: int, seed: int) -> Clustered:
    """The rows of a space `(row, axis)` in `n` groups; in as many as fit best, 2 to `most`, where `n` is None.

    Source: Rousseeuw 1987 for the silhouette; Hubert and Arabie 1985 for the adjusted Rand index; Ben-Hur, Elisseeff
        and Guyon 2002 for asking halves.
    """
    from sklearn.metrics import silhouette_score

    judged = np.random.default_rng(seed).permutation(len(space))[:_JUDGED]
    tried: dict[int, float] = {}
    found: dict[int, np.ndarray] = {}
    for k in [n] if n is not None else range(2, most + 1):
        labels = _fitted(space, k, seed).labels_
        if len(np.unique(labels[judged])) < 2:
            continue
        found[k], tried[k] = labels, float(silhouette_score(space[judged], labels[judged]))
    if not found:
        return Clustered(np.ones(len(space), int), 0.0, {})
    best = max(tried, key=lambda k: tried[k])
    return Clustered(_largest_first(found[best]), _stability(space, best, seed), tried)


def _fitted(space: np.ndarray, k: int, seed: int) -> Any:
    from sklearn.cluster import KMeans

    made: Any = KMeans
    return made(k, n_init=_STARTS, random_state=seed).fit(space)


def _stability(space: np.ndarray, k: int, seed: int) -> float:
    from sklearn.metrics import adjusted_rand_score

    rng, scores = np.random.default_rng(seed), []
    for _ in range(_HALVES):
        order = rng.permutation(len(space))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        one, other = (_fitted(space[half], k, seed).predict(space) for half in halves)
        scores.append(adjusted_rand_score(one, other))
    return float(np.mean(scores))


def _largest_first(labels: np.ndarray) -> np.ndarray:
    names, counts = np.unique(labels, return_counts=True)
    place = {name: rank for rank, name in enumerate(names[np.argsort(-counts, kind="stable")], 1)}
    return np.array([place[label] for label in labels])
