"""The picture of an evaluation: metrics with intervals, confusion, ROC, PR, calibration, scores; or residuals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import extent
from lepton_lab.pictures.confusion import confusion
from lepton_lab.pictures.costs import html_of_costs, lines_of_costs
from lepton_lab.pictures.curves import FIGURE, Line, calibration, histogram, precision_recall, roc
from lepton_lab.pictures.error_tree import html_of_errors
from lepton_lab.pictures.error_tree import text as text_of_errors
from lepton_lab.pictures.fan import fan_figures
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.markup import Markup, join
from lepton_lab.pictures.numbers import count, percent, value
from lepton_lab.pictures.scoreboard import Scoreboard
from lepton_lab.pictures.shown_figures import html_of_shown, lines_of_shown
from lepton_lab.pictures.survival_curves import lines_of_risks, survival_figures
from lepton_lab.pictures.svg import Chart, dots, line, polyline
from lepton_lab.pictures.tables import text_table
from lepton_lab.pictures.theme import SERIES
from lepton_lab.pictures.trained_model import task_words, threshold_kpi
from lepton_lab.ranking import Ranking

if TYPE_CHECKING:
    from lepton_lab.evaluation.curves import Residuals
    from lepton_lab.evaluation.report import Evaluation


def html(evaluation: Evaluation) -> Markup:
    """The picture as self-contained HTML."""
    scores = _scoreboard(evaluation)
    threshold = threshold_kpi(evaluation.threshold, evaluation.threshold_note, evaluation.task)
    return theme.picture(
        f"Evaluation of {evaluation.target}",
        theme.kpis(*scores.headline(), *threshold),
        theme.section("Against its parts and baselines", scores.html(), sub=evaluation.note),
        theme.section("", theme.row(*fan_figures(evaluation), *_figures(evaluation))),
        *html_of_shown(evaluation.shown, evaluation.not_shown),
        html_of_costs(evaluation.costs) if evaluation.costs is not None else None,
        theme.section("Where it fails", html_of_errors(evaluation.errors)) if evaluation.errors is not None else None,
        theme.next_step("%lepton explain model", "%lepton error_tree model"),
        sub=f"{task_words(evaluation.task)} · {count(evaluation.n_rows, 'row')}",
    )


def text(evaluation: Evaluation) -> str:
    """The picture as plain text."""
    scores = _scoreboard(evaluation)
    head = f"Evaluation of {evaluation.target}: {task_words(evaluation.task)}, {count(evaluation.n_rows, 'row')}"
    lines = [head, evaluation.note]
    lines += [f"  {scores.label(name)}: {with_interval(estimate)}" for name, estimate in evaluation.metrics.items()]
    lines += ["", scores.text()]
    if evaluation.confusion is not None:
        names = [value(c) for c in evaluation.classes]
        rows = [
            [f"is {name}", *(f"{round(n):,}" for n in row)]
            for name, row in zip(names, evaluation.confusion, strict=True)
        ]
        header = ["", *(f"as {name}" for name in names)]
        lines += ["", text_table(header, rows, numeric=range(1, len(names) + 1))]
    if evaluation.risks is not None:
        lines += ["", *lines_of_risks(evaluation.risks)]
    lines += lines_of_shown(evaluation.shown, evaluation.not_shown)
    if evaluation.costs is not None:
        lines += ["", *lines_of_costs(evaluation.costs)]
    if evaluation.errors is not None:
        lines += ["", text_of_errors(evaluation.errors)]
    return "\n".join(lines)


def _scoreboard(evaluation: Evaluation) -> Scoreboard:
    return Scoreboard(evaluation.task, evaluation.metrics, evaluation.leaderboard, ahead=evaluation.ahead)


def _figures(evaluation: Evaluation) -> list[Markup]:
    if evaluation.residuals is not None:
        return _number_figures(evaluation, evaluation.residuals)
    if evaluation.risks is not None:
        return survival_figures(evaluation, evaluation.risks)
    if isinstance(evaluation.task, Ranking):  # the chance of one of thousands of items is no decision
        return []
    names = [value(c) for c in evaluation.classes]
    figures = []
    if evaluation.confusion is not None:
        at = f"at {percent(evaluation.threshold)}, rows: truth" if evaluation.threshold is not None else "rows: truth"
        figures.append(theme.figure("Confusion", confusion(evaluation.confusion.tolist(), names), at))
    if evaluation.roc is not None:
        figures.append(
            theme.figure("ROC", roc([Line("ROC", "main", evaluation.roc.x.tolist(), evaluation.roc.y.tolist())]))
        )
    if evaluation.precision_recall is not None:
        curve = evaluation.precision_recall
        drawn = precision_recall(
            [Line("precision and recall", "main", curve.x.tolist(), curve.y.tolist())], _positive_share(evaluation)
        )
        figures.append(theme.figure("Precision–recall", drawn, "dashed: guessing"))
    bins = evaluation.calibration
    drawn = calibration(bins.predicted.tolist(), bins.observed.tolist(), bins.count.tolist())
    figures.append(theme.figure("Calibration", drawn, "on the line is honest"))
    return [*figures, *_scores(evaluation, names)]


def _positive_share(evaluation: Evaluation) -> float | None:
    if evaluation.confusion is None:
        return None
    return float(evaluation.confusion[1].sum() / max(evaluation.confusion.sum(), 1))


def _scores(evaluation: Evaluation, names: list[str]) -> list[Markup]:
    """Scores by true class: positive last, so that it lies on top."""
    if evaluation.scores is None:
        return []
    kinds = ("other", "up") if len(names) == 2 else SERIES
    shares = evaluation.scores.counts / np.maximum(evaluation.scores.counts.sum(axis=1, keepdims=True), 1)
    # More classes than colours: the first ones are drawn, the matrix has them all.
    groups = [(name, kind, share.tolist()) for name, kind, share in zip(names, kinds, shares, strict=False)]
    what = f"probability of {names[1]}" if len(names) == 2 else "probability of the likeliest class"
    drawn = histogram(evaluation.scores.edges.tolist(), groups, x_name=what, mark=evaluation.threshold)
    keys = theme.legend([(kind, name) for name, kind, _ in groups])
    return [theme.figure("Scores by true class", join(drawn, keys))]


def _number_figures(evaluation: Evaluation, residuals: Residuals) -> list[Markup]:
    bins = evaluation.calibration
    edges, counts = residuals.histogram.edges, residuals.histogram.counts[0]
    shares = (counts / max(counts.sum(), 1)).tolist()
    unit = evaluation.task.unit
    spread = histogram(edges.tolist(), [("rows", "main", shares)], x_name=f"truth − prediction, {unit}", mark=0.0)
    return [
        theme.figure(
            "True against predicted", _against(residuals, bins.predicted, bins.observed), "line: mean of tenths"
        ),
        theme.figure("Residuals against predicted", _residuals(residuals)),
        theme.figure("Residuals", spread),
    ]


def _against(residuals: Residuals, predicted: np.ndarray, observed: np.ndarray) -> Markup:
    truth = residuals.predicted + residuals.residual
    both = extent([*residuals.predicted.tolist(), *truth.tolist()])
    chart = Chart(both, both, FIGURE, 216, "predicted", "true", left=58, x_ticks=4, label="True against predicted")
    points = dots(chart.points(residuals.predicted.tolist(), truth.tolist()), "s-main", 3.4, 0.4)
    means = polyline(chart.points(predicted.tolist(), observed.tolist()), "line s-up", title="mean of each tenth")
    return chart.draw(polyline(chart.points(both, both), "dash"), points, means)


def _residuals(residuals: Residuals) -> Markup:
    x, y = extent(residuals.predicted.tolist()), extent(residuals.residual.tolist(), include=(0.0,))
    chart = Chart(x, y, FIGURE, 216, "predicted", "truth − prediction", left=58, x_ticks=4, label="Residuals")
    zero = line(chart.x_scale.start, chart.y_scale(0), chart.x_scale.end, chart.y_scale(0), "axis")
    points = chart.points(residuals.predicted.tolist(), residuals.residual.tolist())
    return chart.draw(zero, dots(points, "s-main", 3.4, 0.4))
