"""The picture of a comparison: the answer in words, each metric's paired difference, what was asked differently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import theme
from lepton_lab.pictures.axes import Scale
from lepton_lab.pictures.intervals import with_interval
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import count, is_nothing, metric, number, percent, value
from lepton_lab.pictures.svg import circle, line, svg
from lepton_lab.pictures.tables import table, text_table
from lepton_lab.pictures.trained_model import task_words

if TYPE_CHECKING:
    from lepton_lab.evaluation.comparison import Compared, Comparison

_WIDTH = 170.0


def html(comparison: Comparison) -> Markup:
    """The picture as self-contained HTML."""
    first = comparison.first
    headline = [
        theme.kpi(f"{_named(first)}, a", metric(first.a.value), comparison.names[0]),
        theme.kpi(f"{_named(first)}, b", metric(first.b.value), comparison.names[1]),
        theme.kpi("a − b", _signed(first.difference.value), f"95 %: {_spread(first.difference)}"),
        theme.kpi("a is better in", percent(first.probability), "of the resamples"),
    ]
    return theme.picture(
        f"{comparison.names[0]} against {comparison.names[1]}",
        theme.kpis(*headline),
        theme.notes([comparison.words]),
        theme.section("Every metric, on the same resamples", metric_table(comparison), sub=comparison.note),
        theme.section("Asked differently", _settings(comparison)) if comparison.settings else None,
        sub=f"{comparison.target} · {task_words(comparison.task)} · {count(comparison.n_rows, 'row')}",
    )


def text(comparison: Comparison) -> str:
    """The picture as plain text."""
    a, b = comparison.names
    head = f"{a} (a) against {b} (b): {comparison.target}, {count(comparison.n_rows, 'row')}"
    rows = [
        [_named(one), metric(one.a.value), metric(one.b.value), _signed(one.difference.value),
         _spread(one.difference), percent(one.probability), _verdict(one)]
        for one in comparison.metrics.values()
    ]  # fmt: skip
    drawn = text_table(["", "a", "b", "a − b", "95 %", "a better", ""], rows, numeric=range(1, 6))
    lines = [head, comparison.note, comparison.words, "", drawn]
    if comparison.settings:
        asked = [[name, asked_words(x), asked_words(y)] for name, (x, y) in comparison.settings.items()]
        lines += ["", text_table(["asked differently", "a", "b"], asked)]
    return "\n".join(lines)


def metric_table(comparison: Comparison) -> Markup:
    """Every metric of both, with the difference drawn."""
    rows: list[list[object]] = [
        [_named(one), metric(one.a.value), metric(one.b.value), _drawn(one), _signed(one.difference.value),
         _spread(one.difference), percent(one.probability), _verdict(one)]
        for one in comparison.metrics.values()
    ]  # fmt: skip
    header = ["", "a", "b", "b better | a better", "a − b", "95 %", "a better in", ""]
    best = list(comparison.metrics).index(comparison.shown)
    return table(header, rows, numeric=(1, 2, 4, 5, 6), best=best)


def _drawn(one: Compared) -> Markup:
    """The difference with its interval on a scale of its own, zero in the middle, right where `a` is better."""
    d, sign = one.difference, 1 if one.higher_is_better else -1
    if is_nothing(d.value) or is_nothing(d.low):
        return Markup("")
    at, middle = _scale(d), 11.0
    kind = "main" if one.better else "other"
    low, high = sorted((at(sign * d.low), at(sign * d.high)))
    zero = at(0.0)
    return svg(
        _WIDTH, 22, f"difference in {one.label}: {with_interval(d)}",
        line(8, middle, _WIDTH - 8, middle),
        line(zero, 0, zero, 22, "dash"),
        line(low, middle, high, middle, f"s-{kind}", stroke_width=3, stroke_linecap="round", opacity="0.55"),
        circle(at(sign * d.value), middle, 4.5, kind, title=with_interval(d)),
    )  # fmt: skip


def _scale(difference: Estimate) -> Scale:
    reach = max(abs(difference.value), abs(difference.low), abs(difference.high)) or 1.0
    return Scale(-1.05 * reach, 1.05 * reach, 8, _WIDTH - 8)


def _settings(comparison: Comparison) -> Markup:
    rows = [[name, asked_words(a), asked_words(b)] for name, (a, b) in comparison.settings.items()]
    return table(["", "a", "b"], rows, wrap=(1, 2))


def _named(one: Compared) -> str:
    return one.label[:1].upper() + one.label[1:]


def _verdict(one: Compared) -> str:
    if is_nothing(one.difference.low):
        return "not known"
    return f"{one.better} is better" if one.better else "within noise"


def _signed(difference: float) -> str:
    """`+0.0123`: three significant digits, as differences are small."""
    words = number(difference)
    return f"+{words}" if difference > 0 else words


def _spread(difference: Estimate) -> str:
    return "–" if is_nothing(difference.low) else f"{_signed(difference.low)} to {_signed(difference.high)}"


def asked_words(setting: object) -> str:
    """An option's value as the user wrote it; what was left out says so."""
    if setting is None:
        return "not given"
    if isinstance(setting, (list, tuple)):
        return ", ".join(map(str, setting)) or "none"
    return value(setting)
