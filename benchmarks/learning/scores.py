"""What is measured of a system's answers: the loss, the order, and how well probabilities are calibrated."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

# Rows of one bin of the calibration error.
PER_BIN, MOST_BINS = 50, 20


def scores(kind: str, y: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """Scores of one split: `loss` is log-loss or RMSE; `auc` and `calibration` of classes only."""
    if kind == "regression":
        return {"loss": float(np.sqrt(np.mean((answers - y) ** 2)))}
    probability = np.clip(answers, 1e-7, 1)
    probability = probability / probability.sum(axis=1, keepdims=True)
    classes = np.arange(probability.shape[1])
    if kind == "binary":
        auc = roc_auc_score(y, probability[:, 1])
    else:
        auc = roc_auc_score(y, probability, multi_class="ovr", labels=classes)
    top = probability[:, 1] if kind == "binary" else probability.max(axis=1)
    hit = y if kind == "binary" else probability.argmax(axis=1) == y
    return {
        "loss": float(log_loss(y, probability, labels=classes)),
        "auc": float(auc),
        "calibration": calibration_error(top, np.asarray(hit, float)),
    }


def calibration_error(probability: np.ndarray, hit: np.ndarray) -> float:
    """Mean gap between predicted and observed, over bins of equally many rows."""
    n_bins = int(np.clip(len(hit) // PER_BIN, 2, MOST_BINS))
    bins = np.array_split(np.argsort(probability, kind="stable"), n_bins)
    return float(sum(len(b) * abs(probability[b].mean() - hit[b].mean()) for b in bins) / len(hit))
