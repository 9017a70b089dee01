"""The nearest of many known vectors, exactly: texts that say the same, answers to a question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Similarities held at once.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Neighbours:
    """The nearest known vectors of each asked one, the nearest first.

    Args:
        places: which known ones `(asked, neighbour)`; of equally near ones the first known comes first.
        similarity: cosine of the angle to each, from -1 to 1, `(asked, neighbour)`.
    """

    places: np.ndarray
    similarity: np.ndarray


def cosine_neighbours(asked: np.ndarray, known: np.ndarray, n: int = 5) -> Neighbours:
    """The `n` known vectors at the smallest angle to each asked one.

    Vectors of zeros, and those with NaN (nothing to read), are near nobody: their similarity is -1.

    Args:
        asked: `(asked, width)`.
        known: `(known, width)`.
        n: neighbours wanted; all, where fewer are known.

    Example:
        >>> found = cosine_neighbours(np.array([[1.0, 0.1]]), np.array([[0.0, 1.0], [2.0, 0.0]]), n=1)
        >>> found.places.tolist()
        [[1]]
    """
    asked, is_asked = _unit(asked)
    known, is_known = _unit(known)
    n = min(n, len(known))
    places, similarity = np.zeros((len(asked), n), np.int64), np.zeros((len(asked), n))
    step = max(1, _AT_ONCE // max(1, len(known)))
    for at in range(0, len(asked), step):
        block = slice(at, at + step)
        cosine = asked[block] @ known.T
        cosine[:, ~is_known] = -1
        cosine[~is_asked[block]] = -1
        places[block] = _largest(cosine, n)
        similarity[block] = np.take_along_axis(cosine, places[block], axis=1)
    return Neighbours(places, np.clip(similarity, -1, 1))


def _largest(values: np.ndarray, n: int) -> np.ndarray:
    """Places of the `n` largest of each row, the largest first, of equal ones the first."""
    if n < values.shape[1]:
        edge = np.partition(values, values.shape[1] - n, axis=1)[:, values.shape[1] - n]
        # A row may have several at the edge: the stable order below takes the first of them.
        masked = np.where(values >= edge[:, None], -values, np.inf)
    else:
        masked = -values
    return np.argsort(masked, axis=1, kind="stable")[:, :n]


def _unit(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors at unit length, and which of them have a direction."""
    vectors = np.asarray(vectors, np.float32)
    vectors = np.where(np.isnan(vectors).any(axis=1, keepdims=True), np.float32(0), vectors)
    length = np.sqrt((vectors * vectors).sum(axis=1))
    return vectors / np.where(length > 0, length, 1.0)[:, None], length > 0
