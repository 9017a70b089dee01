"""Where not to trust a model: what our own checks found, in sentences. What only a person can know is in `words`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import Kind
from lepton_lab.reporting.card import DataSummary, Limit, Results
from lepton_lab.reporting.column_summaries import counts_of
from lepton_lab.reporting.weak_groups import biased_groups, weak_groups
from lepton_lab.trained import TrainedModel

FEW = 30
"""Rows below which a category is too rare to have taught the model much."""
NAMED = 6
MISSING = 0.01
WIDE = 0.05
CALIBRATION = 0.05


def limits_of(
    model: TrainedModel,
    data: DataSummary,
    results: Results,
    judged: tuple[Table, np.ndarray] | None,
    *,
    with_rows: bool,
) -> tuple[Limit, ...]:
    """What was found, the most serious first.

    Args:
        model: a trained model.
        data: what it learned from.
        results: how good it is.
        judged: rows with their target, and the logits they were judged by; None where there are none.
        with_rows: whether rare categories may be named.
    """
    found = [
        *_findings(data),
        *_no_better(results),
        *_uncertain(results),
        *_held_out(model),
        *_calibration(model, results),
        *_rare(model, with_rows=with_rows),
        *_missing(data),
        *_outside(model),
        *_of_domain(model),
    ]
    if judged is not None:
        found += [Limit("biased_group", "warn", words) for words in biased_groups(model, *judged, with_rows=with_rows)]
        found += [Limit("weak_group", "info", words) for words in weak_groups(model, *judged, with_rows=with_rows)]
        found += _beyond(model, judged[0])
    order = ("serious", "warn", "info")
    return tuple(sorted(found, key=lambda limit: order.index(limit.severity)))


def _of_domain(model: TrainedModel) -> Iterator[Limit]:
    """What experts of the model's domain warn of, and what they would ask."""
    pack = model.config.get("pack") or {}
    for advice in pack.get("advice", ()):
        yield Limit("domain_advice", "info", f"{pack['title']}: {advice}")
    for question in pack.get("questions", ()):
        yield Limit("domain_question", "info", f"Not answered here, and worth asking: {question}")


def _findings(data: DataSummary) -> Iterator[Limit]:
    for finding in data.findings:
        if finding.severity != "info":
            about = f"{finding.column}: " if finding.column else ""
            advice = f" {finding.advice}" if finding.advice else ""
            yield Limit(finding.kind, finding.severity, f"{about}{finding.message}.{advice}")


def _no_better(results: Results) -> Iterator[Limit]:
    """Baselines that the model is not told apart from."""
    for member, gaps in results.ahead.items():
        gap = gaps.get(results.watched)
        if gap is not None and gap.low <= 0 <= gap.high:
            name = member.removeprefix("baseline: ")
            words = f"In {results.labels[results.watched]} the model is not told apart from “{name}” on these rows."
            yield Limit("no_better", "warn" if member.startswith("baseline") else "info", words)


def _uncertain(results: Results) -> Iterator[Limit]:
    first = results.metrics.get(results.watched)
    if first is None or not np.isfinite([first.low, first.high]).all():
        return
    half = (first.high - first.low) / 2
    if half > WIDE * max(abs(first.value), 1e-12):
        label = results.labels[results.watched]
        yield Limit(
            "uncertain", "info", f"{label} is known to about ±{half:.2g} only: the rows it is measured on are few."
        )


def _held_out(model: TrainedModel) -> Iterator[Limit]:
    split = str(model.config.get("split") or "random")
    if not split.startswith("time:"):
        words = "Rows were held out at random, not by time: how the model does on later rows was not measured."
        if split.startswith("group:"):
            words = "Rows were held out by group, not by time: how the model does on later rows was not measured."
        yield Limit("not_later", "info", words)


def _calibration(model: TrainedModel, results: Results) -> Iterator[Limit]:
    """The tenth of the rows whose mean prediction is furthest from what was observed, beyond its own noise."""
    evaluation = results.evaluation
    if evaluation is None or not model.classes:
        return
    bins = evaluation.calibration
    gap = np.abs(bins.predicted - bins.observed)
    noise = 2.8 * np.sqrt(np.maximum(bins.predicted * (1 - bins.predicted), 0) / np.maximum(bins.count, 1))
    worst = int((gap - noise).argmax())
    if gap[worst] > max(CALIBRATION, noise[worst]):
        words = (
            f"Calibration is off: where the model says {bins.predicted[worst]:.0%} on average, "
            f"{bins.observed[worst]:.0%} were observed ({bins.count[worst]:,.0f} rows)."
        )
        yield Limit("calibration", "warn", words)


def _rare(model: TrainedModel, *, with_rows: bool) -> Iterator[Limit]:
    """Categories of which the model saw few rows."""
    known = model.seen
    if known is None:
        return
    rare = []
    for column in model.schema.inputs:
        if column.kind in (Kind.CATEGORY, Kind.BOOLEAN):
            counts = counts_of(known.columns[column.name])
            rare += [(column.name, c, n) for c, n in counts if n < FEW]
    if not rare:
        return
    words = (
        f"{len(rare)} categories occur in fewer than {FEW} of the rows learned from; the model knows little of them."
    )
    if with_rows:
        rarest = sorted(rare, key=lambda one: one[2])
        shown = "; ".join(f"{name} = {c} ({n})" for name, c, n in rarest[:NAMED])
        words += f" The rarest: {shown}."
    yield Limit("rare_categories", "info", words)


def _missing(data: DataSummary) -> Iterator[Limit]:
    inputs = [c for c in data.columns if c.role == "input"]
    often = sorted((c for c in inputs if c.missing >= MISSING), key=lambda c: -c.missing)
    if often:
        shown = ", ".join(f"{c.name} ({c.missing:.0%})" for c in often[:NAMED])
        more = f" and {len(often) - NAMED} more" if len(often) > NAMED else ""
        yield Limit(
            "missing", "info", f"Values were missing in {shown}{more}; the model takes that as a sign of its own."
        )
    never = sum(c.missing == 0 for c in inputs)
    if never:
        which = "no column" if never == len(inputs) else f"{never} of {len(inputs)} columns never"
        yield Limit(
            "never_missing", "info",
            f"In the rows learned from {which} lacked a value. Of one that is missing there later it knows nothing.",
        )  # fmt: skip


def _outside(model: TrainedModel) -> Iterator[Limit]:
    if any(c.kind in (Kind.NUMERIC, Kind.DATETIME) for c in model.schema.inputs):
        yield Limit(
            "extrapolation", "info",
            "Beyond the ranges of the columns (section Data) the model extrapolates, and nothing tells how well.",
        )  # fmt: skip


def _beyond(model: TrainedModel, table: Table) -> Iterator[Limit]:
    """Rows of another frame with numbers beyond the ranges learned from, or categories never seen."""
    if model.held_out is not None and table is model.held_out.table:
        return
    beyond, unseen = np.zeros(table.n_rows, bool), np.zeros(table.n_rows, bool)
    for column in model.schema.inputs:
        array = table.columns[column.name]
        if column.kind == Kind.NUMERIC and column.low is not None and column.high is not None:
            beyond |= (array < column.low) | (array > column.high)
        if column.kind == Kind.CATEGORY and column.categories:
            known = set(column.categories)
            unseen |= np.array([v is not None and v not in known for v in array.tolist()], bool)
    for there, what in ((beyond, "a number beyond the ranges learned from"), (unseen, "a category never seen")):
        if there.any():
            yield Limit("beyond", "warn", f"{there.mean():.1%} of the rows of the frame given have {what}.")
