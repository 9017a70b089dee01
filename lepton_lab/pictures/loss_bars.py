"""The picture of loss importance: how much loss each column takes off, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.metrics import Estimate
from lepton_lab.pictures import theme
from lepton_lab.pictures.intervals import DotColumn
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import count, number, percent, seconds
from lepton_lab.pictures.tables import table, text_table

if TYPE_CHECKING:
    from lepton_lab.explanation.loss_importance import LossImportance

AT_MOST = 40


def html(importance: LossImportance) -> Markup:
    """The picture as self-contained HTML."""
    estimates = _estimates(importance)
    dots = DotColumn.of([*estimates, Estimate(0.0, 0.0, 0.0)], 320)
    rows: list[list[object]] = [
        [name, dots.cell(estimate, "main" if estimate.value >= 0 else "up", mark=0.0), number(estimate.value), share]
        for name, estimate, share in zip(importance.feature_names, estimates, _shares(importance), strict=False)
    ]
    rows.append(["", dots.axis(), "", ""])
    hidden = len(importance) - len(estimates)
    more = tag("div", f"and {count(hidden, 'less important column')}", class_="lep-sub") if hidden else None
    notes = theme.section("Notes", theme.notes(importance.notes)) if importance.notes else None
    return theme.picture(
        "What the accuracy rests on", _headline(importance),
        table(["", f"{importance.unit} taken off, 95 %", "mean", "share"], rows, numeric=(2, 3)), more, notes,
        tag("div", _footer(importance), class_="lep-sub"), sub="loss-based importance (SAGE)",
    )  # fmt: skip


def text(importance: LossImportance) -> str:
    """The picture as plain text."""
    rows = [
        [name, number(e.value), f"{number(e.low)} to {number(e.high)}", share]
        for name, e, share in zip(importance.feature_names, _estimates(importance), _shares(importance), strict=False)
    ]
    head = (
        f"What the accuracy rests on (SAGE): {importance.unit} {number(importance.base_loss)} knowing nothing, "
        f"{number(importance.loss)} knowing all columns"
    )
    body = text_table(["column", "taken off", "95 %", "share"], rows, numeric=(1, 3))
    return "\n".join([head, body, _footer(importance), *importance.notes])


def _estimates(importance: LossImportance) -> list[Estimate]:
    found = zip(importance.values, importance.lower_bounds, importance.upper_bounds, strict=True)
    return [Estimate(float(v), float(low), float(high)) for v, low, high in found][:AT_MOST]


def _shares(importance: LossImportance) -> list[str]:
    """Of all the loss that is taken off; nothing where the model takes none off."""
    total = importance.base_loss - importance.loss
    return [percent(float(v) / total, 0) if total > 0 else "" for v in importance.values]


def _headline(importance: LossImportance) -> Markup:
    return theme.kpis(
        theme.kpi(f"{importance.unit} knowing nothing", number(importance.base_loss), "the mean prediction"),
        theme.kpi(f"{importance.unit} of the model", number(importance.loss), "knowing all columns"),
    )


def _footer(importance: LossImportance) -> str:
    spent = f"{count(importance.n_rows, 'row')}, {importance.n_orders:,} orders"
    return f"{spent}, {importance.n_evaluations:,} evaluations in {seconds(importance.seconds)}"
