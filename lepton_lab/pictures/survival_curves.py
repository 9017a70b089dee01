"""Survival by predicted risk: what the model says of each third of the rows, over what happened to them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.pictures import theme
from lepton_lab.pictures.curves import FIGURE, UNIT, calibration
from lepton_lab.pictures.markup import Markup, coordinate, join, tag
from lepton_lab.pictures.numbers import number, percent
from lepton_lab.pictures.svg import Chart, polyline
from lepton_lab.pictures.tables import text_table
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.evaluation.risk_groups import RiskGroups

KINDS = {"low risk": "down", "middle risk": "other", "high risk": "up"}
WIDTH = 1.9 * FIGURE


def survival_figures(evaluation: Evaluation, risks: RiskGroups) -> list[Markup]:
    """The curves of the thirds, and calibration at the horizon."""
    assert isinstance(evaluation.task, Survival)
    by = f"{evaluation.task.horizon:g}"
    bins = evaluation.calibration
    honest = calibration(bins.predicted.tolist(), bins.observed.tolist(), bins.count.tolist())
    return [
        figure_of_risks(risks, evaluation.target),
        theme.figure(f"Calibration at {by}", honest, f"chance of the event by {by}"),
    ]


def figure_of_risks(risks: RiskGroups, x_name: str) -> Markup:
    """The curves of the thirds, with their names."""
    drawn = join(curves(risks, x_name), theme.legend([(KINDS[name], name) for name in risks.names]))
    return theme.figure("Survival by predicted risk", drawn, "dashed: Kaplan–Meier, 95 %")


def curves(risks: RiskGroups, x_name: str) -> Markup:
    """A predicted and an observed curve a group, over the band of the observed one."""
    chart = Chart(
        (0.0, float(risks.times[-1])), UNIT, WIDTH, 240, x_name, "without the event",
        y_format=lambda v: percent(v, 0), left=58, label="Survival by predicted risk",
    )  # fmt: skip
    marks: list[object] = []
    for k, name in enumerate(risks.names):
        kind, seen = KINDS[name], ~np.isnan(risks.observed[k])
        times = risks.times[seen].tolist()
        high, low = (chart.points(times, part[k][seen].tolist()) for part in (risks.high, risks.low))
        marks.append(_band([*high, *reversed(low)], kind))
        observed = _stairs(chart.points(times, risks.observed[k][seen].tolist()))
        marks.append(polyline(observed, f"thin s-{kind}", title=f"{name}: Kaplan–Meier", stroke_dasharray="4 3"))
    for k, name in enumerate(risks.names):
        points = chart.points(risks.times.tolist(), risks.predicted[k].tolist())
        marks.append(polyline(points, f"line s-{KINDS[name]}", title=f"{name}: predicted"))
    return chart.draw(*marks)


def lines_of_risks(risks: RiskGroups) -> list[str]:
    """The same at three times, as plain text."""
    at = [len(risks.times) // 3, 2 * len(risks.times) // 3, len(risks.times) - 1]
    header = ["survival", *(f"at {number(float(risks.times[k]))}: predicted, Kaplan-Meier" for k in at)]
    rows = [
        [name, *(f"{percent(float(risks.predicted[g, k]))}, {percent(float(risks.observed[g, k]))}" for k in at)]
        for g, name in enumerate(risks.names)
    ]
    return [text_table(header, rows, numeric=range(1, len(header)))]


def _stairs(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A curve that stays where it was until its next point."""
    found = points[:1]
    for (_, before), (x, y) in pairwise(points):
        found += [(x, before), (x, y)] if y != before else [(x, y)]
    return found


def _band(points: list[tuple[float, float]], kind: str) -> Markup:
    path = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points) + "Z"
    return tag("path", d=path, class_=kind, opacity="0.14") if points else Markup("")
