"""Maintenance's figure: what early warnings cost, a machine, where its remaining life is predicted at each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown.result import Cell, Column, Curve, Headline, Plot, Shown
from lepton_lab.metrics import Estimate, middle
from lepton_lab.tasks import Regression

_RESAMPLES = 1000


@dataclass(frozen=True)
class Prices:
    """Of a machine's end.

    Args:
        failure: of a machine that broke before anybody acted.
        planned: of a replacement in time.
        step: of each step of life thrown away by it.
    """

    failure: float = 10.0
    planned: float = 1.0
    step: float = 0.01


def left_at_warning(unit: np.ndarray, left: np.ndarray, predicted: np.ndarray, lead: float) -> np.ndarray:
    """True steps left when each machine is first predicted to have `lead` or fewer; NaN where it never was.

    Args:
        unit: `(row,)`, which machine, as codes 0, 1, ...
        left: `(row,)`, true steps left; the largest comes first in time.
        predicted: `(row,)`.
        lead: steps of warning wanted.
    """
    first = np.full(int(unit.max()) + 1, -np.inf)
    warned = predicted <= lead
    np.maximum.at(first, unit[warned], left[warned])
    return np.where(np.isfinite(first), first, np.nan)


def cost_of(left: np.ndarray, prices: Prices) -> np.ndarray:
    """Cost of each machine replaced with so many steps left; with none, or never, it has failed."""
    in_time = np.nan_to_num(left, nan=0.0) > 0
    return np.where(in_time, prices.planned + prices.step * np.nan_to_num(left), prices.failure)


def show_early_warning(
    rows: EvaluatedRows,
    *,
    leads: Sequence[float] = (5, 10, 20, 30, 50),
    failure: float = 10.0,
    planned: float = 1.0,
    step: float = 0.01,
) -> Shown:
    """What it costs to replace each machine when it is first predicted to have so little life left.

    Args:
        rows: each machine's steps, the target its remaining life; the machines are the groups of the split.
        leads: remaining lives predicted at which one would act.
        failure, planned, step: the prices; see `Prices`.

    Raises:
        OptionError: the target is no number, the rows are of no machines, or prices that cannot be.
    """
    prices = Prices(failure, planned, step)
    if not isinstance(rows.model.task, Regression) or rows.table.groups is None:
        raise OptionError(
            "early warnings need a remaining life to predict, and to know which rows are one machine's: "
            'll.train(df, target=..., split="group:<column of the machine>")'
        )
    if not (failure > planned > 0 and step >= 0 and leads and all(lead > 0 for lead in leads)):
        wanted = "wanted leads above 0, and a failure dearer than a replacement"
        raise OptionError(f"leads={tuple(leads)!r}, {prices}: {wanted}")
    unit = np.unique(rows.table.groups, return_inverse=True)[1]
    predicted = rows.logits[:, 0]
    at = np.stack([left_at_warning(unit, rows.y, predicted, lead) for lead in leads])
    each = np.stack([cost_of(left, prices) for left in at], axis=1)
    found = _estimates(each)
    # A lead may be so short that no failure is prevented: then no life is thrown away.
    prevented = np.nan_to_num(at) > 0
    wasted = [float(left[saved].mean()) if saved.any() else None for left, saved in zip(at, prevented, strict=True)]
    cells: list[tuple[Cell, ...]] = [
        (float(lead), cost, float(prevented[k].mean()), wasted[k])
        for k, (lead, cost) in enumerate(zip(leads, found, strict=True))
    ]
    columns = (
        Column("act at predicted life"), Column("cost a machine"), Column("failures prevented", "share"),
        Column("life thrown away"),
    )  # fmt: skip
    best = int(np.argmin([cost.value for cost in found]))
    curve = Curve("cost a machine", np.array(leads, float), np.array([cost.value for cost in found]))
    plot = Plot("Cost by lead", "act at predicted life", "cost a machine", (curve,), float(leads[best]))
    never = Estimate(failure)
    heads = (
        Headline("Cost a machine", found[best], f"acting at {leads[best]:g} steps predicted, the cheapest of these"),
        Headline("Without warning", never, "every machine runs until it fails"),
    )
    note = (
        f"a failure costs {failure:g}, a replacement in time {planned:g} and {step:g} a step of life thrown away; "
        f"{each.shape[0]:,} machines. The cheapest lead is chosen on these machines, which flatters it a little"
    )
    return Shown("early_warning", "What early warnings cost", heads, columns, tuple(cells), (plot,), note)


def _estimates(each: np.ndarray) -> list[Estimate]:
    """Mean cost of each policy over machines, with intervals over machines."""
    rng = np.random.default_rng(0)
    drawn = each[rng.integers(0, len(each), (_RESAMPLES, len(each)))].mean(axis=1)
    return [middle(float(mean), drawn[:, k]) for k, mean in enumerate(each.mean(axis=0))]
