"""The variance of a difference of two AUCs on the same rows by placements, slowly: no resampling.

Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, pages 837-845.
"""

from __future__ import annotations

import numpy as np


def auc_difference(y: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """AUC of `a` minus AUC of `b`, and its standard error."""
    found = [placements(y, score) for score in (a, b)]
    difference = found[0][0].mean() - found[1][0].mean()
    of_positives = np.cov(np.stack([f[0] for f in found]))
    of_negatives = np.cov(np.stack([f[1] for f in found]))
    covariance = of_positives / len(found[0][0]) + of_negatives / len(found[0][1])
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return float(difference), float(np.sqrt(max(variance, 0.0)))


def placements(y: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each positive the share of negatives below it, for each negative the share of positives above it."""
    above, below = score[y == 1], score[y == 0]
    wins = (above[:, None] > below[None, :]) + 0.5 * (above[:, None] == below[None, :])
    return wins.mean(axis=1), wins.mean(axis=0)
