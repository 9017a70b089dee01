"""The picture of a search: its leaderboard, the curve of every trial, the best so far; also while it goes on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import nice_extent
from lepton_lab.pictures.curves import Line, lines
from lepton_lab.pictures.intervals import DotColumn, interval, with_interval
from lepton_lab.pictures.markup import Markup, join, tag
from lepton_lab.pictures.numbers import count, fixed, metric, percent, seconds
from lepton_lab.pictures.svg import Chart, circle, polyline
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.tuning.study import Standing, Study, StudyProgress
    from lepton_lab.tuning.trial import Trial

SHOWN_LINES, SHOWN_TRIALS, DRAWN = 10, 10, 120
_FIGURE = 340.0


def html(found: Study | StudyProgress) -> Markup:
    """The picture as self-contained HTML, of a search that is over or that goes on."""
    return _study_html(found) if hasattr(found, "leaderboard") else _progress_html(found)  # type: ignore[arg-type]


def text(found: Study | StudyProgress) -> str:
    """The picture as plain text."""
    if not hasattr(found, "leaderboard"):
        return _line(found)  # type: ignore[arg-type]
    study: Study = found  # type: ignore[assignment]
    rows = [
        [line.name, metric(line.value.value), interval(line.value), _share(line), line.words]
        for line in study.leaderboard[:SHOWN_LINES]
    ]
    name = study.metric_name
    head = f"Study of {study.model.schema.target}: {_summary(study.trials)}, {seconds(study.seconds)}"
    body = text_table(["", name, "95 %", "in ensemble", "settings"], rows, numeric=(1,))
    held = f"held out: {name} {with_interval(study.model.metrics.get(name))}; {study.model.metrics_note}"
    return "\n".join([head, f"{name} on validation rows, {_direction(study)}", body, held, *_bullets(study.notes)])


def _study_html(study: Study) -> Markup:
    name, model = study.metric_name, study.model
    gain = next((line.gain for line in study.leaderboard if line.name == "ensemble"), None)
    held = model.metrics.get(name)
    return theme.picture(
        f"Search for a model of {model.schema.target}",
        theme.kpis(
            theme.kpi(f"{name}, held out", metric(held.value if held else None), with_interval(held)),
            theme.kpi(
                "Gain on validation rows", with_interval(gain), "ensemble over the default recipe, above 0 is better"
            ),
            theme.kpi("Trials", f"{len(study.trials):,}", _summary(study.trials)),
        ),
        theme.section("Leaderboard", _board(study), sub=f"{name} on validation rows, {_direction(study)}"),
        theme.section("Trials", _figures(study.trials, name, higher=study.higher_is_better)),
        theme.section("Notes", theme.notes(study.notes)) if study.notes else None,
        theme.next_step("study.model", "%lepton explain $model", "study.model.save('model.lepton')"),
        sub=f"{count(len(study.trials), 'trial')} in {seconds(study.seconds)}",
    )


def _progress_html(standing: StudyProgress) -> Markup:
    best, name = standing.best, standing.metric_name
    done = sum(trial.state != "waiting" for trial in standing.trials)
    left = "" if standing.budget_s is None else f"of {seconds(standing.budget_s)}"
    what = "" if best is None else f"trial {best.number}: {best.words}"
    return theme.picture(
        "Search",
        theme.kpis(
            theme.kpi(f"Best {name}", metric(None if best is None else best.value), what),
            theme.kpi("Trials", f"{done} of {standing.n_trials}", standing.stage),
            theme.kpi("Elapsed", seconds(standing.elapsed_s), left),
        ),
        theme.section("Best so far", _trials(standing), sub=f"{name} on validation rows") if standing.trials else None,
        _figures(standing.trials, name, higher=standing.higher_is_better),
        sub="the kernel's stop button ends it and keeps everything that finished",
    )


def _board(study: Study) -> Markup:
    shown = study.leaderboard[:SHOWN_LINES]
    dots = DotColumn.of([line.value for line in shown])
    base = next((line.value.value for line in shown if line.name == "default recipe"), None)
    rows: list[list[object]] = [
        [
            line.name,
            dots.cell(line.value, _kind(line), mark=base),
            metric(line.value.value),
            _gain(line),
            _share(line),
            line.words,
        ]
        for line in shown
    ]
    rows.append(["", dots.axis(), "", "", "", ""])
    header = ["", study.metric_name, study.metric_name, "gain over the default (95 %)", "in ensemble", "settings"]
    best = next((i for i, line in enumerate(shown) if line.name == "ensemble"), None)
    return table(header, rows, numeric=(2, 3, 4), wrap=(5,), best=best)


def _gain(line: Standing) -> Markup:
    spread = f"{_signed(line.gain.low)} to {_signed(line.gain.high)}" if interval(line.gain) else ""
    small = tag("span", spread, class_="lep-sub") if spread else None
    return join("" if line.name == "default recipe" else _signed(line.gain.value), " ", small)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + fixed(value, 4 if abs(value) < 1 else 2)


def _share(line: Standing) -> str:
    return percent(line.weight, 0) if line.weight else ""


def _kind(line: Standing) -> str:
    return "main" if line.name == "ensemble" else "up" if line.weight else "other"


def _trials(standing: StudyProgress) -> Markup:
    """The best trials, whatever rung they have reached."""
    known = [trial for trial in standing.trials if not math.isnan(trial.value)]
    sign = -1 if standing.higher_is_better else 1
    # A trial further on stands above one that was left behind.
    order = sorted(known, key=lambda t: (t.state in ("pruned", "failed"), sign * t.value))[:SHOWN_TRIALS]
    rows: list[list[object]] = [
        [
            f"trial {t.number}",
            t.member,
            theme.chip(t.state),
            len(t.values),
            metric(t.value),
            seconds(t.seconds),
            t.words,
        ]
        for t in order
    ]
    return table(
        ["", "member", "state", "rungs", standing.metric_name, "time", "settings"], rows, numeric=(3, 4, 5), wrap=(6,)
    )


def _figures(trials: Sequence[Trial], name: str, *, higher: bool) -> Markup:
    figures = [_rungs(trials, name, higher=higher), _by_number(trials, name, higher=higher)]
    return theme.row(*[figure for figure in figures if figure])


def _rungs(trials: Sequence[Trial], name: str, *, higher: bool) -> Markup:
    """A line a trial, from rung to rung; the one that ends best stands out."""
    several = [t for t in trials if len(t.values) > 1 and all(map(math.isfinite, t.values))][:DRAWN]
    if not several:
        return Markup("")
    most = max(len(t.values) for t in several)
    best = (max if higher else min)((t for t in several if len(t.values) == most), key=lambda t: t.value)
    series = [
        Line(
            f"trial {t.number}", "main" if t is best else "other", range(1, len(t.values) + 1), t.values, t is not best
        )
        for t in several
    ]
    drawing = lines(series, x_name="rung", y_name=name, width=_FIGURE, height=200)
    return theme.figure("From rung to rung", drawing, f"trial {best.number} ends best")


def _by_number(trials: Sequence[Trial], name: str, *, higher: bool) -> Markup:
    """A dot a trial that had its whole schedule, and the best so far as a line."""
    known = [t for t in trials if t.state == "complete" and math.isfinite(t.value)]
    if len(known) < 2:
        return Markup("")
    numbers, values = [float(t.number) for t in known], [t.value for t in known]
    running, at = [], values[0]
    for value in values:
        at = max(at, value) if higher else min(at, value)
        running.append(at)
    low, high = min(values), max(values)
    pad = 0.05 * (high - low) or 1e-6
    chart = Chart(
        (0.0, max(numbers[-1], 1.0)), nice_extent(low - pad, high + pad), _FIGURE, 200, "trial", name, left=54
    )
    dots = [
        circle(
            x,
            y,
            3.5,
            "main" if t.member == "default" else "other",
            title=f"trial {t.number}: {metric(t.value)}, {t.words}",
        )
        for t, (x, y) in zip(known, chart.points(numbers, values), strict=True)
    ]
    drawing = chart.draw(polyline(chart.points(numbers, running), "line s-main", title="best so far"), *dots[:DRAWN])
    return theme.figure("Trials with their whole schedule", drawing, "line: best so far")


def _line(standing: StudyProgress) -> str:
    best = standing.best
    shown = "" if best is None else f", best {standing.metric_name} {metric(best.value)} (trial {best.number})"
    done = sum(trial.state != "waiting" for trial in standing.trials)
    return f"search: {standing.stage}, {done} of {standing.n_trials} trials{shown}, {seconds(standing.elapsed_s)}"


def _name(trial: Trial) -> str:
    return f"trial {trial.number}"


def _summary(trials: Sequence[Trial]) -> str:
    states = list(dict.fromkeys(trial.state for trial in trials))
    return ", ".join(f"{sum(t.state == state for t in trials)} {state}" for state in states)


def _direction(study: Study) -> str:
    return "higher is better" if study.higher_is_better else "lower is better"


def _bullets(notes: Sequence[str]) -> list[str]:
    return [f"- {note}" for note in notes]
