"""What wrong decisions cost, as a part of an evaluation's picture: the curve over thresholds, and the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import extent, nice_extent
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import fixed, number, percent
from lepton_lab.pictures.svg import Chart, line, polyline, text

if TYPE_CHECKING:
    from lepton_lab.evaluation.costs import CostChoice


def html_of_costs(choice: CostChoice) -> Markup:
    """The chosen threshold, what it costs a row and saves, and the cost at every other threshold."""
    saving, unit = with_interval(choice.saving), choice.costs.in_unit
    return theme.section(
        f"Where to draw the line: a false alarm costs {number(choice.costs.false_alarm)}{unit}, "
        f"a missed one {number(choice.costs.missed)}{unit}",
        theme.kpis(
            theme.kpi("Threshold for these costs", percent(choice.threshold), f"keep it: {_keep(choice)}"),
            theme.kpi("Costs a row", fixed(choice.cost.value) + unit, with_interval(choice.cost)),
            theme.kpi("Saves a row", fixed(choice.saving.value) + unit, f"against the model's threshold: {saving}"),
        ),
        theme.figure("Cost a row at every threshold", _curve(choice), _extremes(choice)),
        theme.notes([choice.note]),
    )


def lines_of_costs(choice: CostChoice) -> list[str]:
    """The same as plain text."""
    costs, unit = choice.costs, choice.costs.in_unit
    return [
        f"For a false alarm at {number(costs.false_alarm)}{unit} and a missed one at {number(costs.missed)}{unit}:",
        f"  threshold {fixed(choice.threshold)}; keep it: {_keep(choice)}",
        f"  costs a row: {with_interval(choice.cost)}",
        f"  saves against the model's own threshold: {with_interval(choice.saving)}",
        f"  {_extremes(choice)}",
        f"  {choice.note}",
    ]


def _keep(choice: CostChoice) -> str:
    return f"model = model.with_threshold({choice.threshold:.4g})"


def _extremes(choice: CostChoice) -> str:
    return f"calling none: {fixed(choice.call_none)}, calling all: {fixed(choice.call_all)}"


def _curve(choice: CostChoice) -> Markup:
    cost = choice.curve.tolist()
    chart = Chart(
        (0.0, 1.0), nice_extent(*extent(cost, include=(0.0,))), 420, 216, "threshold", "cost a row", left=58,
        label="Cost a row by threshold",
    )  # fmt: skip
    x, (top, floor) = chart.x_scale(choice.threshold), (chart.y_scale.end, chart.y_scale.start)
    beside = {"anchor": "end"} if choice.threshold > 0.7 else {}
    words = text(x - 6 if beside else x + 6, top + 10, percent(choice.threshold), kind="halo", **beside)
    return chart.draw(
        polyline(chart.points(choice.thresholds.tolist(), cost), "line s-main", title="cost a row"),
        line(x, top, x, floor, "dash"),
        words,
    )
