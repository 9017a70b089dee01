"""Figures of those who can look at a few rows only: precision at k, recall within a budget, cost by amount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.curves import thinned
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown.case import Case, case_of, numbers_of
from lepton_lab.evaluation.shown.ranking import caught, passed
from lepton_lab.evaluation.shown.result import Cell, Column, Curve, Headline, Plot, Shown

FEWEST = 10
SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def show_budget(
    rows: EvaluatedRows,
    *,
    k: int | None = None,
    shares: Sequence[float] = SHARES,
    below: float | None = None,
    above: float | None = None,
    lowest: float | None = None,
) -> Shown:
    """The rows looked at first: how many of them are right (precision at k), and how many of all are found (recall).

    Args:
        rows: as evaluated.
        k: alerts that can be looked at, of these rows; a hundredth of them, ten at least, if left out.
        shares: of the rows that are looked at, for the table.
        below, above: the limit, where the target is a number.
        lowest: the share of its lowest values to be found, where no limit is given.

    Raises:
        OptionError: a budget that is none, or a target without two sides.
    """
    case = case_of(rows, below=below, above=above, lowest=lowest)
    n, words = len(case.y), case.words
    chosen = max(min(n, FEWEST), n // 100) if k is None else k
    if not 0 < chosen <= n or not all(0 < share <= 1 for share in shares):
        raise OptionError(f"k={chosen!r} and shares={tuple(shares)!r}: wanted 1 to {n:,} rows, and shares from 0 to 1")
    budgets = [float(chosen), *(max(1.0, round(share * n)) for share in shares)]
    found = case.estimates(lambda w: _within(case, budgets, w))
    first, table = found[:2], [found[at : at + 2] for at in range(2, len(found), 2)]
    cells: list[tuple[Cell, ...]] = [
        (budget, budget / n, precision, recall, precision.value / case.share if case.share else np.nan)
        for budget, (precision, recall) in zip(budgets[1:], table, strict=True)
    ]
    columns = (
        Column("alerts", "count"), Column("of all rows", "share", f"of all {words.rows}"), Column("precision", "share"),
        Column("found", "share"), Column("times chance"),
    )  # fmt: skip
    at = passed(case.y, case.score, case.w)
    looked, keep = (at.found[0] + at.alarms[0]) / case.w.sum(), thinned(len(at.scores))
    curve = Curve("found", np.append(0, looked[keep]), np.append(0, (at.found[0] / at.positives[0])[keep]))
    looked_at = f"{words.rows} looked at"
    plot = Plot(f"Found, by {looked_at}", f"share of {looked_at}", "share found", (curve,), chosen / n, "xy")
    heads = (
        Headline(f"Precision at {chosen:,}", first[0], f"of the {chosen:,} {looked_at} first", is_share=True),
        Headline(f"Found within {chosen:,}", first[1], f"of all with {case.positive}", is_share=True),
    )
    share = f"{case.share:.2%}".replace("%", " %")
    note = f"{share} of all {words.rows} have {case.positive}: the precision of looking at random"
    return Shown(
        "alert_budget", f"If only some {words.rows} can be looked at", heads, columns, tuple(cells), (plot,), note
    )


def _within(case: Case, budgets: Sequence[float], w: np.ndarray) -> np.ndarray:
    """Precision and recall for each budget, `(resample, 2 * budget)`."""
    positives = w @ case.y
    parts = []
    for budget in budgets:
        found, taken = caught(case.y, case.score, budget, w)
        parts += [found / taken, np.divide(found, positives, out=np.full(len(w), np.nan), where=positives > 0)]
    return np.stack(parts, axis=1)


def show_amounts(rows: EvaluatedRows, *, amount: str, review: float = 10.0, unit: str = "") -> Shown:
    """What mistakes cost where a missed row costs its amount and looking at one costs the same each time.

    A row should be looked at where its probability times its amount is more than that. Nothing is chosen on these
    rows, so nothing is flattered.

    Args:
        rows: as evaluated.
        amount: the column that says what a missed row costs.
        review: cost of looking at one row.
        unit: of both, such as "€".

    Raises:
        OptionError: a cost that is none, amounts below 0, or rows without columns.
        ColumnError: no such column.

    Source: Elkan 2001, The foundations of cost-sensitive learning; Bahnsen and others 2014, for the savings.
    """
    if not review > 0:
        raise OptionError(f"review={review!r} is no cost above 0. For example: {{'review': 10}}")
    case, worth = case_of(rows), numbers_of(rows, amount)
    words = case.words
    if np.any(worth < 0):
        raise OptionError(f"column {amount!r} has amounts below 0. Take what was paid back out first")
    threshold = rows.model.threshold if rows.threshold is None else rows.threshold
    policies = {
        f"probability x {amount} above {review:g}": case.score * worth > review,
        "the model's threshold": case.score >= threshold,
        "look at none": np.zeros(len(worth), bool),
        "look at all": np.ones(len(worth), bool),
    }
    each = np.stack([costs_of(case.y, called, worth, review) for called in policies.values()], axis=1)
    found = case.estimates(lambda w: _costs(each, w))
    total, share = found[: len(policies)], found[len(policies) :]
    cells: list[tuple[Cell, ...]] = [
        (name, float(case.w @ called), cost, saved)
        for (name, called), cost, saved in zip(policies.items(), total, share, strict=True)
    ]
    tail = f", {unit}" if unit else ""
    columns = (
        Column("looked at", "text"), Column("rows", "count", words.rows),
        Column(f"cost a row{tail}", said=f"cost a {words.row}{tail}"), Column("saved", "share"),
    )  # fmt: skip
    look = f"at {review:g}{' ' + unit if unit else ''} a look"
    heads = (
        Headline(f"Cost a row{tail}", total[0], look, said=f"Cost a {words.row}{tail}"),
        Headline("Saved", share[0], "of the cheaper of looking at none and at all", is_share=True),
    )
    note = (
        f"missing a {words.row} with {case.positive} costs its {amount!r}; "
        f"looking at a {words.row} costs {review:g}, found or not"
    )
    return Shown("cost_by_amount", "What it costs, by amount", heads, columns, tuple(cells), note=note)


def costs_of(y: np.ndarray, called: np.ndarray, amount: np.ndarray, review: float) -> np.ndarray:
    """Cost of each row: the review where it is called, its amount where it is positive and not called."""
    return np.where(called, review, np.where(y, amount, 0.0)).astype(float)


def _costs(each: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Mean cost of each policy, and what it saves of the cheaper of the two last ones."""
    mean = w @ each / w.sum(axis=1, keepdims=True)
    plain = mean[:, -2:].min(axis=1, keepdims=True)
    saved = np.divide(plain - mean, plain, out=np.full(mean.shape, np.nan), where=plain > 0)
    return np.concatenate([mean, saved], axis=1)
