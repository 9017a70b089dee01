"""Medicine's figures: sensitivity at fixed specificity, decision curve, calibration line, rows with missing values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown.case import Case, case_of
from lepton_lab.evaluation.shown.ranking import net_benefit, sensitivity_at, threshold_at
from lepton_lab.evaluation.shown.result import Cell, Column, Curve, Headline, Plot, Shown
from lepton_lab.metrics import Estimate, auc

_Z = 1.959963984540054
_POINTS = 99


def show_sensitivity(rows: EvaluatedRows, *, specificity: Sequence[float] = (0.8, 0.9, 0.95)) -> Shown:
    """Share of the ill that is found where so many of the well are left alone.

    The threshold is the lowest that keeps the specificity on these rows; intervals choose it anew each time.

    Raises:
        OptionError: no such specificity, or a target without two sides.
    """
    if not specificity or not all(0 < one < 1 for one in specificity):
        raise OptionError(f"specificity={tuple(specificity)!r} are no shares between 0 and 1. For example: (0.9, 0.95)")
    case = case_of(rows)
    found = case.estimates(
        lambda w: np.stack([sensitivity_at(case.y, case.score, one, w) for one in specificity], axis=1)
    )
    done = case.words.called
    cells = [_at(case, one, sensitivity) for one, sensitivity in zip(specificity, found, strict=True)]
    columns = (
        Column("specificity", "share"), Column("threshold"), Column("sensitivity", "share"),
        Column("called", "share", done), Column("called rightly", "share", f"{done} rightly"),
        Column("left alone rightly", "share"),
    )  # fmt: skip
    heads = tuple(
        Headline(f"Sensitivity at {one:.0%} specificity".replace("%", " %"), estimate, is_share=True)
        for one, estimate in zip(specificity, found, strict=True)
    )
    note = f"{done} rightly: positive predictive value; left alone rightly: negative; both at this prevalence"
    return Shown("sensitivity", "Sensitivity at fixed specificity", heads, columns, tuple(cells), note=note)


def _at(case: Case, specificity: float, sensitivity: Estimate) -> tuple[Cell, ...]:
    """What calling from the threshold on does to the rows."""
    threshold = threshold_at(case.y, case.score, specificity, case.w)
    called, w = case.score >= threshold, case.w
    right, left = float(w @ (called & case.y)), float(w @ (~called & ~case.y))
    n_called, n_left = float(w @ called), float(w @ ~called)
    return (
        specificity, threshold if math.isfinite(threshold) else None, sensitivity, n_called / float(w.sum()),
        right / n_called if n_called else None, left / n_left if n_left else None,
    )  # fmt: skip


def show_decision_curve(
    rows: EvaluatedRows,
    *,
    low: float = 0.01,
    high: float = 0.6,
    thresholds: Sequence[float] = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
) -> Shown:
    """Net benefit of calling rows from each probability on, against calling all and calling none.

    A probability is the odds at which one false alarm is worth one row found: at 20 %, four false alarms are.

    Args:
        rows: as evaluated.
        low, high: probabilities between which the curve is drawn.
        thresholds: for the table.

    Raises:
        OptionError: no probabilities, or a target without two sides.

    Source: Vickers and Elkin 2006, Medical Decision Making 26, 565-574.
    """
    if not (0 < low < high < 1) or not all(0 < one < 1 for one in thresholds):
        given = {"low": low, "high": high, "thresholds": tuple(thresholds)}
        raise OptionError(f"{given} are no probabilities between 0 and 1, low before high")
    case, chosen = case_of(rows), np.array(thresholds, float)
    words = case.words
    measured = case.estimates(lambda w: _benefits(case, chosen, w))
    table = [measured[k * len(chosen) : (k + 1) * len(chosen)] for k in range(3)]
    cells = [
        (float(t), mine, everyone.value, ahead, _words(ahead))
        for t, mine, everyone, ahead in zip(chosen, *table, strict=True)
    ]
    columns = (
        Column("probability", "share"), Column("net benefit"), Column("of calling all", said=f"all {words.called}"),
        Column("ahead of all and none", said="ahead of both all and none"), Column("says", "text"),
    )  # fmt: skip
    grid = np.linspace(low, high, _POINTS)
    of_model, of_all = net_benefit(case.y, case.score, grid, case.w)[0], _of_all(case.y, grid, case.w[None])[0]
    floor = -0.25 * max(case.share, 0.01)
    seen = of_all >= floor
    curves = (
        Curve("the model", grid, np.maximum(of_model, floor)),
        Curve(f"all {words.called}", grid[seen], of_all[seen]),
        Curve(f"none {words.called}", grid[[0, -1]], np.zeros(2)),
    )
    plot = Plot(
        "Decision curve", "probability from which one would act", f"net benefit a {words.row}", curves, shares="x"
    )
    note = (
        f"net benefit: {words.rows} with {case.positive} found, as a share of all, less false alarms at the odds "
        "of the probability; the higher the better"
    )
    return Shown("decision_curve", "Would acting on it help?", (), columns, tuple(cells), (plot,), note)


def _benefits(case: Case, thresholds: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Of the model, of calling all, and the model's less the better of all and none, `(resample, 3 * threshold)`."""
    mine, everyone = net_benefit(case.y, case.score, thresholds, w), _of_all(case.y, thresholds, w)
    return np.concatenate([mine, everyone, mine - np.maximum(everyone, 0)], axis=1)


def _of_all(y: np.ndarray, thresholds: np.ndarray, w: np.ndarray) -> np.ndarray:
    share = (w @ y / w.sum(axis=1))[:, None]
    return share - (1 - share) * thresholds / (1 - thresholds)


def _words(ahead: Estimate) -> str:
    return "helps" if ahead.low > 0 else "worse than not asking it" if ahead.high < 0 else "no clear gain"


def show_calibration_line(rows: EvaluatedRows) -> Shown:
    """Slope and intercept of what happened on the model's log-odds: 1 and 0 where probabilities are honest.

    Source: Cox 1958, Biometrika 45; Van Calster and others 2016, Journal of Clinical Epidemiology 74.
    """
    case = case_of(rows)
    logits = rows.logits[:, 0].astype(np.float64)
    intercept, slope = calibration_line(case.y, logits, case.w)
    observed, expected = case.share, float(np.average(case.score, weights=case.w))
    heads = (
        Headline("Calibration slope", slope, "below 1: too sure of itself, above 1: too shy"),
        Headline("Intercept", intercept, "of the same line; 0 where rates are right"),
        Headline("Observed to expected", Estimate(observed / expected), f"{observed:.3g} against {expected:.3g}"),
    )
    return Shown("calibration_line", "Are the probabilities honest?", heads, note="95 % intervals of Wald")


def calibration_line(y: np.ndarray, logits: np.ndarray, weights: np.ndarray) -> tuple[Estimate, Estimate]:
    """Intercept and slope of the logistic regression of `y` on `logits`, by Newton's method, with Wald intervals.

    NaN where rows are of one class, or the logits tell the classes apart perfectly (there is no such line then).
    """
    z = np.stack([np.ones(len(y)), logits], axis=1)
    line = np.array([0.0, 1.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ line, -500, 500)))
        curvature = (z * (weights * p * (1 - p))[:, None]).T @ z
        if not np.linalg.cond(curvature) < 1e12:
            return Estimate(math.nan), Estimate(math.nan)
        step = np.linalg.solve(curvature, z.T @ (weights * (y - p)))
        line = line + step
        if np.abs(step).max() < 1e-10:
            break
    else:
        return Estimate(math.nan), Estimate(math.nan)
    # Weights of mean 1 stand for so many rows as they are worth.
    worth = float(weights.sum() / np.sum(weights**2))
    half = _Z * np.sqrt(np.diag(np.linalg.inv(curvature)) / worth)
    intercept, slope = (Estimate(float(v), float(v - h), float(v + h)) for v, h in zip(line, half, strict=True))
    return intercept, slope


def show_missing(rows: EvaluatedRows) -> Shown:
    """How good the model is where much is missing: rows in parts by the number of inputs that they lack.

    Raises:
        OptionError: only the answers on these rows are known.
    """
    if not rows.has_inputs:
        raise OptionError("only the answers on these rows were kept, not their columns. Type: ll.evaluate(model, df)")
    case = case_of(rows)
    lacking = np.sum([_missing(values) for values in rows.table.columns.values()], axis=0)
    edges = np.unique(np.quantile(lacking, [0, 1 / 3, 2 / 3, 1]).round().astype(int))
    part = np.searchsorted(edges[1:-1], lacking, side="left") if len(edges) > 2 else (lacking > edges[0]).astype(int)
    cells = [_part(case, lacking, part == k) for k in np.unique(part)]
    columns = (
        Column("inputs missing", "text"), Column("rows", "count", case.words.rows), Column("AUC"),
        Column("predicted", "share"), Column("observed", "share"),
    )  # fmt: skip
    note = "nothing is filled in: that a value is missing is read as such. The AUC is within each part"
    return Shown("missing", "Where values are missing", (), columns, tuple(cells), note=note)


def _missing(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "M":
        return np.isnat(values).astype(int)
    if values.dtype.kind == "f":
        return np.isnan(values).astype(int)
    return np.array([value is None for value in values], int)


def _part(case: Case, lacking: np.ndarray, inside: np.ndarray) -> tuple[Cell, ...]:
    y, score, w = case.y[inside], case.score[inside], case.w[inside]
    few, many = int(lacking[inside].min()), int(lacking[inside].max())
    both = np.stack([1 - score, score], axis=1)
    found = float(auc(y.astype(int), both, w))
    name = "none" if many == 0 else str(few) if few == many else f"{few} to {many}"
    observed, predicted = float(np.average(y, weights=w)), float(np.average(score, weights=w))
    return name, float(w.sum()), _auc_interval(found, y), predicted, observed


def _auc_interval(value: float, y: np.ndarray) -> Estimate:
    """Source: Hanley and McNeil 1982, Radiology 143, 29-36."""
    yes, no = int(y.sum()), int((~y).sum())
    if math.isnan(value) or min(yes, no) < 2:
        return Estimate(value)
    a, b = value / (2 - value), 2 * value**2 / (1 + value)
    variance = (value * (1 - value) + (yes - 1) * (a - value**2) + (no - 1) * (b - value**2)) / (yes * no)
    half = _Z * math.sqrt(max(variance, 0.0))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half))
