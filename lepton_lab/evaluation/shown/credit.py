"""Credit's figures: Kolmogorov-Smirnov, and bands of score points with odds and bad rates."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.curves import thinned
from lepton_lab.evaluation.decisions import wilson
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown.case import Case, case_of
from lepton_lab.evaluation.shown.ranking import ks, passed
from lepton_lab.evaluation.shown.result import Cell, Column, Curve, Headline, Plot, Shown
from lepton_lab.metrics import Estimate

MOST_BANDS = 50


def show_ks(rows: EvaluatedRows) -> Shown:
    """How far the scores of the two classes lie apart."""
    case = case_of(rows)
    (found,) = case.estimates(lambda w: ks(case.y, case.score, w)[:, None])
    at = passed(case.y, case.score, case.w)
    found_share, alarm_share = at.found[0] / at.positives[0], at.alarms[0] / at.negatives[0]
    widest, keep = int(np.argmax(np.abs(found_share - alarm_share))), thinned(len(at.scores))
    where = float(at.scores[widest])
    curves = tuple(
        Curve(name, at.scores[keep], share[keep])
        for name, share in ((case.positive, found_share), (case.other, alarm_share))
    )
    caption = f"{case.words.rows.capitalize()} at or above each probability"
    plot = Plot(caption, "probability", "share of the class", curves, where, "xy")
    note = f"widest at a probability of {where:.3g}; 0 is no separation, 1 is perfect"
    return Shown("ks", "How far the classes lie apart", (Headline("KS", found, note),), plots=(plot,))


def points(probability: np.ndarray, *, base: float = 600, odds: float = 50, double: float = 20) -> np.ndarray:
    """Score points of the probability of going bad: `base` at odds good to bad of `odds`, `double` more double them.

    Example:
        >>> points(np.array([1 / 51, 1 / 101])).round(6).tolist()
        [600.0, 620.0]

    Source: Siddiqi 2006, Credit Risk Scorecards, chapter 6.
    """
    p = np.clip(np.asarray(probability, np.float64), 1e-12, 1 - 1e-12)
    return base + double / math.log(2) * (np.log1p(-p) - np.log(p) - math.log(odds))


def show_bands(rows: EvaluatedRows, *, n: int = 10, base: float = 600, odds: float = 50, double: float = 20) -> Shown:
    """Bands of equal numbers of rows by score points, the riskiest first: bad rate, odds, what was predicted.

    Raises:
        OptionError: a number of bands or a scale that cannot be.
    """
    if not (isinstance(n, int) and 2 <= n <= MOST_BANDS) or not (odds > 0 and double > 0):
        given = {"n": n, "odds": odds, "double": double}
        raise OptionError(f"{given} are no bands: wanted n from 2 to {MOST_BANDS}, odds and double above 0")
    case = case_of(rows)
    score = points(case.score, base=base, odds=odds, double=double)
    band = bands_of(score, case.w, n)
    effective = float(case.w.sum() / np.sum(case.w**2))
    bands = [_band(case, score, band == k, effective) for k in np.unique(band)]
    columns = (
        Column("points from"), Column("to"), Column("rows", "count", case.words.rows), Column("bad", "count"),
        Column("bad rate", "share"), Column("predicted", "share"), Column("odds good:bad"),
        Column("of all bad, so far", "share"),
    )  # fmt: skip
    so_far = np.cumsum([float(band.bad) for band in bands]) / max(float((case.w * case.y).sum()), 1e-300)
    table = tuple((*band.cells(), float(share)) for band, share in zip(bands, so_far, strict=True))
    falls = all(later.rate.value <= earlier.rate.value for earlier, later in itertools.pairwise(bands))
    order = "falls from band to band" if falls else "does not fall from each band to the next: few rows tell them apart"
    note = f"{base:g} points are odds of {odds:g} to 1, {double:g} more double them; bad means {case.positive}. "
    note += f"The bad rate {order}."
    return Shown("score_bands", "Score bands, the riskiest first", columns=columns, rows=table, note=note)


def bands_of(score: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    """Band of each row `(row,)`, 0 the lowest score: of equal weight, but rows of one score are never parted."""
    _, group = np.unique(score, return_inverse=True)
    weight = np.bincount(group, weights)
    middle = np.cumsum(weight) - 0.5 * weight
    return np.minimum((n * middle / weight.sum()).astype(int), n - 1)[group]


@dataclass(frozen=True)
class Band:
    """Rows of neighbouring scores.

    Args:
        low, high: score points.
        rows, bad: weight of all rows, and of the bad ones.
        rate: share of the bad.
        predicted: mean predicted probability.
    """

    low: float
    high: float
    rows: float
    bad: float
    rate: Estimate
    predicted: float

    def cells(self) -> tuple[Cell, ...]:
        """As a table's row, with the odds of good to bad."""
        odds = (self.rows - self.bad) / self.bad if self.bad > 0 else math.inf
        return (self.low, self.high, self.rows, self.bad, self.rate, self.predicted, odds)


def _band(case: Case, score: np.ndarray, inside: np.ndarray, effective: float) -> Band:
    w = case.w[inside]
    bad, total = float((case.w * case.y)[inside].sum()), float(w.sum())
    predicted = float(np.average(case.score[inside], weights=w))
    low, high = float(score[inside].min()), float(score[inside].max())
    return Band(low, high, total, bad, wilson(bad, total, effective), predicted)
