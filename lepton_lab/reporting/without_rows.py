"""An evaluation with no single row in it: its curves are of at least five rows a step, its numbers no one's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lepton_lab.evaluation.curves import Curve, Histogram, Residuals
from lepton_lab.evaluation.report import Evaluation
from lepton_lab.reporting.column_summaries import FEWEST, safe_ends

FEWEST_FOR_CURVES = 10 * FEWEST
"""Rows below which a tenth of them is fewer than `FEWEST`."""
MOST_POINTS = 40
BINS = 20


def without_rows(evaluation: Evaluation, residuals: np.ndarray | None) -> Evaluation | None:
    """The evaluation without single rows; None where there are too few rows for any curve.

    Args:
        evaluation: of some rows.
        residuals: of the same rows, truth minus prediction; None without a number to predict.
    """
    if evaluation.n_rows < FEWEST_FOR_CURVES:
        return None
    return replace(
        evaluation,
        roc=_thinned(evaluation.roc, evaluation.n_rows),
        precision_recall=_thinned(evaluation.precision_recall, evaluation.n_rows),
        scores=_pooled(evaluation.scores),
        residuals=None if residuals is None else _tenths(evaluation, residuals),
        # Kaplan-Meier's steps are the times of single rows.
        risks=None,
        rows=None,
    )


def _thinned(curve: Curve | None, n_rows: int) -> Curve | None:
    """A curve of few enough points that rows lie between them; thresholds are rounded to whole per cents."""
    if curve is None:
        return None
    kept = np.unique(np.linspace(0, len(curve.x) - 1, min(MOST_POINTS, n_rows // FEWEST)).round().astype(int))
    thresholds = curve.thresholds[kept].round(2) if len(curve.thresholds) else curve.thresholds
    return Curve(curve.x[kept].round(3), curve.y[kept].round(3), thresholds)


def _pooled(scores: Histogram | None) -> Histogram | None:
    """Bars of fewer rows than `FEWEST` are not drawn."""
    return None if scores is None else replace(scores, counts=np.where(scores.counts < FEWEST, 0, scores.counts))


def _tenths(evaluation: Evaluation, residuals: np.ndarray) -> Residuals:
    """The means of tenths in the place of rows, and a histogram whose ends are no one's own."""
    bins = evaluation.calibration
    ends = safe_ends(residuals)
    low, high = (-1.0, 1.0) if ends is None or ends[0] >= ends[2] else (ends[0], ends[2])
    counts, edges = np.histogram(np.clip(residuals, low, high), BINS, (low, high))
    return Residuals(
        bins.predicted, bins.observed - bins.predicted, Histogram(edges, np.where(counts < FEWEST, 0, counts)[None])
    )
