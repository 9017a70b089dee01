"""Line charts: training curves, ROC, precision and recall, calibration; and bars of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lepton_lab.pictures.axes import extent, nice_extent
from lepton_lab.pictures.markup import Markup, join
from lepton_lab.pictures.numbers import number
from lepton_lab.pictures.svg import Chart, circle, line, polyline, rect, text

UNIT = (0.0, 1.0)
FIGURE = 226.0  # three beside one another in an output of 720 pixels


@dataclass(frozen=True)
class Line:
    """A named line through points, in one of the theme's colours."""

    name: str
    kind: str
    xs: Sequence[float]
    ys: Sequence[float]
    faint: bool = False


def lines(
    series: Sequence[Line], *, x_name: str, y_name: str, width: float = 420, height: float = 220, best: str = "",
    higher: bool = False,
) -> Markup:  # fmt: skip
    """Lines over a shared axis; the best point of the line called `best` is marked."""
    drawn = [one for one in series if len(one.xs)]
    if not drawn:
        return Markup("")
    x = extent([v for one in drawn for v in one.xs], pad=0)
    y = nice_extent(*extent([v for one in drawn for v in one.ys], pad=0.05))
    chart = Chart((x[0], max(x[1], x[0] + 1e-9)), y, width, height, x_name, y_name, left=54)
    marks = []
    for one in drawn:
        style = "thin" if one.faint else "line"
        marks.append(polyline(chart.points(one.xs, one.ys), f"{style} s-{one.kind}", title=one.name))
        if one.name == best:
            marks.append(_best(chart, one, higher=higher))
    return chart.draw(*marks)


def _best(chart: Chart, one: Line, *, higher: bool) -> Markup:
    choose = max if higher else min
    at = choose(range(len(one.ys)), key=lambda i: one.ys[i])
    ((x, y),) = chart.points([one.xs[at]], [one.ys[at]])
    end = x > chart.width * 0.7
    words = f"best {number(one.ys[at])}"
    return join(
        line(x, chart.y_scale.end, x, chart.y_scale.start, "dash"),
        circle(x, y, 4, one.kind),
        text(x - 8 if end else x + 8, chart.y_scale.end + 10, words, kind="halo", anchor="end" if end else None),
    )


def roc(curves: Sequence[Line], width: float = FIGURE) -> Markup:
    """True against false alarms, with the diagonal of guessing."""
    chart = Chart(UNIT, UNIT, width, 216, "false positive rate", "true positive rate", label="ROC curve")
    guess = polyline(chart.points(UNIT, UNIT), "dash")
    return chart.draw(guess, *(_series(chart, one) for one in curves))


def precision_recall(curves: Sequence[Line], share: float | None, width: float = FIGURE) -> Markup:
    """Precision against recall, with the share of positives as the line of guessing."""
    chart = Chart(UNIT, UNIT, width, 216, "recall", "precision", label="Precision-recall curve")
    guess = polyline(chart.points(UNIT, (share, share)), "dash") if share is not None else None
    return chart.draw(guess, *(_series(chart, one) for one in curves))


def _series(chart: Chart, one: Line) -> Markup:
    keep = thin(len(one.xs), 160)
    return polyline(
        chart.points([one.xs[i] for i in keep], [one.ys[i] for i in keep]), f"line s-{one.kind}", title=one.name
    )


def thin(n: int, at_most: int) -> list[int]:
    """At most `at_most` positions of `n`, evenly spread, both ends kept."""
    return list(range(n)) if n <= at_most else sorted({round(i * (n - 1) / (at_most - 1)) for i in range(at_most)})


def calibration(
    predicted: Sequence[float], rate: Sequence[float], counts: Sequence[float], width: float = FIGURE
) -> Markup:
    """Predicted probability against what happened, a dot a bin, its area the rows in it."""
    chart = Chart(UNIT, UNIT, width, 216, "predicted probability", "observed rate", label="Calibration")
    most = max(counts, default=1) or 1
    marks = [polyline(chart.points(UNIT, UNIT), "dash"), polyline(chart.points(predicted, rate), "thin s-main")]
    for (x, y), n in zip(chart.points(predicted, rate), counts, strict=True):
        marks.append(circle(x, y, 2 + 5 * (n / most) ** 0.5, "main", title=f"{n:,.0f} rows", opacity="0.8"))
    return chart.draw(*marks)


def histogram(
    edges: Sequence[float],
    groups: Sequence[tuple[str, str, Sequence[float]]],
    *,
    x_name: str,
    mark: float | None = None,
    width: float = FIGURE,
) -> Markup:
    """Shares of each group a bin, drawn over one another; `mark` is a dashed line (a threshold).

    Args:
        edges: ends of the bins, one more than bins.
        groups: name, colour class, and share of the group's rows in each bin.
        x_name: what is counted.
        mark: a value on the axis to mark.
        width: of the drawing, in pixels.
    """
    top = max((share for _, _, shares in groups for share in shares), default=1.0) or 1.0
    chart = Chart(
        (edges[0], edges[-1]), (0.0, top * 1.05), width, 216, x_name, "share of rows",
        left=58, y_format=lambda v: f"{100 * v:.3g} %", label=f"Histogram of {x_name}", y_ticks=4,
    )  # fmt: skip
    to_x, to_y = chart.x_scale, chart.y_scale
    marks = []
    for name, kind, shares in groups:
        for i, share in enumerate(shares):
            x, y = to_x(edges[i]), to_y(share)
            bar = rect(
                x + 0.5,
                y,
                to_x(edges[i + 1]) - x - 1,
                to_y.start - y,
                kind,
                opacity="0.5",
                title=f"{name}: {100 * share:.1f} %",
            )
            marks.append(bar if share else None)
    if mark is not None:
        marks.append(line(to_x.clamp(mark), to_y.end, to_x.clamp(mark), to_y.start, "thin s-ink"))
    return chart.draw(*marks)
