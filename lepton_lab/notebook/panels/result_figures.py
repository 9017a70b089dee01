"""The figures of an evaluation that stand still, as data: axes, and shapes in the theme's colours."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.pictures import fan
from lepton_lab.pictures.axes import extent
from lepton_lab.pictures.numbers import percent as in_percent
from lepton_lab.pictures.shown_figures import KINDS as SHOWN_KINDS
from lepton_lab.pictures.shown_figures import ends
from lepton_lab.pictures.survival_curves import KINDS
from lepton_lab.ranking import Ranking
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.evaluation.curves import CalibrationBins, Residuals
    from lepton_lab.evaluation.fans import Fan
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.evaluation.risk_groups import RiskGroups
    from lepton_lab.evaluation.shown.result import Plot

UNIT = [0.0, 1.0]


def figures(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Of forecasts, of numbers, of times to an event, and the calibration of the likeliest of several classes."""
    fans = fan.fans_of_evaluation(evaluation)
    return [*([] if fans is None else map(_of_fan, fans.fans)), *_of_task(evaluation)]


def _of_fan(one: Fan) -> dict[str, Any]:
    """A series' forecast from its latest origin."""
    x, y = fan.axes(one)
    shapes = [_shape(each.shape, each.kind, each.xs, each.ys) | {"name": each.name} for each in fan.layers(one)]
    return {
        "caption": f"Forecast from {fan.said(one)}", "sub": fan.said_of_bands(one), "wide": True,
        "x": _axis(fan.STEPS, list(x)), "y": _axis(one.unit, list(y)),
        "shapes": [_shape("dash", "axis", [0.0, 0.0], list(y)), *shapes], "keys": [list(key) for key in fan.KEYS],
    }  # fmt: skip


def _of_task(evaluation: Evaluation) -> list[dict[str, Any]]:
    if evaluation.residuals is not None:
        return _of_numbers(evaluation, evaluation.residuals)
    if evaluation.risks is not None and isinstance(evaluation.task, Survival):
        by = f"{evaluation.task.horizon:g}"
        honest = calibration(evaluation.calibration) | {
            "caption": f"Calibration at {by}", "sub": f"chance of the event by {by}",
        }  # fmt: skip
        return [_of_risks(evaluation.risks, evaluation.target), honest]
    if len(evaluation.classes) > 2 and not isinstance(evaluation.task, Ranking):
        return [calibration(evaluation.calibration) | {"caption": "Calibration, likeliest class"}]
    return []


def calibration(bins: CalibrationBins) -> dict[str, Any]:
    """Predicted against observed, a dot a bin, its area the rows in it."""
    share = bins.count / max(float(bins.count.max(initial=0)), 1e-300)
    x, y = bins.predicted.tolist(), bins.observed.tolist()
    words = [
        f"{n:,.0f} rows: said {in_percent(p)}, seen {in_percent(o)}" for n, p, o in zip(bins.count, x, y, strict=True)
    ]
    return {
        "caption": "Calibration", "sub": "on the line is honest",
        "x": _axis("predicted probability", UNIT), "y": _axis("observed rate", UNIT),
        "shapes": [
            _shape("dash", "axis", UNIT, UNIT), _shape("thin", "main", x, y),
            _shape("dots", "main", x, y) | {"sizes": (2 + 5 * np.sqrt(share)).tolist(), "words": words},
        ],
    }  # fmt: skip


def plotted(plot: Plot) -> dict[str, Any]:
    """Curves that the model's domain asks for."""
    x, y = ends(plot)
    pairs = list(zip(SHOWN_KINDS, plot.curves, strict=False))
    shapes = [_shape("line", kind, curve.x.tolist(), curve.y.tolist()) for kind, curve in pairs]
    if plot.mark is not None:
        shapes.append(_shape("dash", "axis", [plot.mark, plot.mark], list(y)))
    keys = [[kind, curve.name] for kind, curve in pairs] if len(pairs) > 1 else None
    return {
        "caption": plot.caption, "sub": "", "wide": True, "x": _axis(plot.x_name, list(x), percent="x" in plot.shares),
        "y": _axis(plot.y_name, list(y), percent="y" in plot.shares), "shapes": shapes,
        **({"keys": keys} if keys else {}),
    }  # fmt: skip


def _of_numbers(evaluation: Evaluation, residuals: Residuals) -> list[dict[str, Any]]:
    predicted, residual = residuals.predicted.tolist(), residuals.residual.tolist()
    truth = (residuals.predicted + residuals.residual).tolist()
    both = list(extent([*predicted, *truth]))
    edges, counts = residuals.histogram.edges.tolist(), residuals.histogram.counts[0]
    shares = (counts / max(float(counts.sum()), 1e-300)).tolist()
    bins = evaluation.calibration
    means = _shape("line", "up", bins.predicted.tolist(), bins.observed.tolist())
    x = _axis("predicted", list(extent(predicted)))
    return [
        {"caption": "True against predicted", "sub": "line: mean of tenths", "x": _axis("predicted", both),
         "y": _axis("true", both),
         "shapes": [_shape("dash", "axis", both, both), _shape("dots", "main", predicted, truth), means]},
        {"caption": "Residuals against predicted", "sub": "", "x": x,
         "y": _axis("truth − prediction", list(extent(residual, include=(0.0,)))),
         "shapes": [_shape("dash", "axis", [x["from"], x["to"]], [0.0, 0.0]),
                    _shape("dots", "main", predicted, residual)]},
        {"caption": "Residuals", "sub": "", "x": _axis(f"truth − prediction, {evaluation.task.unit}",
                                                       [edges[0], edges[-1]]),
         "y": _axis("share of rows", [0.0, 1.05 * max(shares)], percent=True),
         "shapes": [_shape("bars", "main", edges, shares),
                    _shape("dash", "axis", [0.0, 0.0], [0.0, 1.05 * max(shares)])]},
    ]  # fmt: skip


def _of_risks(risks: RiskGroups, x_name: str) -> dict[str, Any]:
    shapes = []
    for k, name in enumerate(risks.names):
        seen = ~np.isnan(risks.observed[k])
        times = risks.times[seen].tolist()
        low, high = risks.low[k][seen].tolist(), risks.high[k][seen].tolist()
        shapes.append(_shape("band", KINDS[name], [*times, *reversed(times)], [*high, *reversed(low)]))
        shapes.append(_shape("dashed", KINDS[name], *_stairs(times, risks.observed[k][seen].tolist())))
    lines = [
        _shape("line", KINDS[name], risks.times.tolist(), risks.predicted[k].tolist())
        for k, name in enumerate(risks.names)
    ]
    return {
        "caption": "Survival by predicted risk", "sub": "dashed: Kaplan–Meier, 95 %", "wide": True,
        "x": _axis(x_name, [0.0, float(risks.times[-1])]), "y": _axis("without the event", UNIT, percent=True),
        "shapes": [*shapes, *lines], "keys": [[KINDS[name], name] for name in risks.names],
    }  # fmt: skip


def _stairs(xs: list[float], ys: list[float]) -> tuple[list[float], list[float]]:
    """A curve that stays where it was until its next point."""
    x, y = xs[:1], ys[:1]
    for (_, before), (to, now) in pairwise(zip(xs, ys, strict=True)):
        x, y = [*x, to, to], [*y, before, now]
    return x, y


def _axis(name: str, ends: list[float], *, percent: bool = False) -> dict[str, Any]:
    return {"name": name, "from": float(ends[0]), "to": float(ends[1]), "percent": percent}


def _shape(shape: str, kind: str, xs: list[float], ys: list[float]) -> dict[str, Any]:
    return {"shape": shape, "kind": kind, "xs": xs, "ys": ys}
