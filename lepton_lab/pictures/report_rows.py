"""The rows of a report's page as JSON: controls, curves and pairs as two bytes a number, and how far they are off."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.schema import Kind
from lepton_lab.pictures.numbers import count, value
from lepton_lab.pictures.python_words import literal
from lepton_lab.pictures.scenario_json import answer, curve_points, plain_value
from lepton_lab.reporting.card_json import plain
from lepton_lab.reporting.row_tables import Packed
from lepton_lab.survival import Survival

if TYPE_CHECKING:
    from lepton_lab.reporting.page_rows import PageRow, PageRows
    from lepton_lab.trained import TrainedModel

HAZARD_POINTS = 65
LINKS = {"binary": "sigmoid", "multiclass": "softmax", "survival": "hazard"}


def page_json(page: PageRows) -> dict[str, Any]:
    """All that the page's script reads."""
    model = page.rows[0].whatif.model
    return plain(
        {
            "columns": _columns(page, model),
            "beside": [beside.tolist() for beside in page.points.beside],
            "link": LINKS.get(model.task.name, "identity"),
            "hazard": _hazard(page, model.task) if isinstance(model.task, Survival) else None,
            "target": model.schema.target,
            "unit": model.task.unit,
            "share": bool(model.classes) or isinstance(model.task, Survival),
            "distances": [
                {"changed": d.n_changed, "mean": d.mean, "most": d.most, "n": d.n} for d in page.distances
            ],
            "rows": [_row(row) for row in page.rows],
        }
    )  # fmt: skip


def _columns(page: PageRows, model: TrainedModel) -> list[dict[str, Any]]:
    """What a control needs that is the same in every row; the categories are those that curves have."""
    made = []
    for j, column in enumerate(model.schema.inputs):
        grid, kind = page.points.grid(j), page.points.grids.kinds[j]
        own = page.rows[0].whatif.columns[j]
        words = column.kind in (Kind.CATEGORY, Kind.BOOLEAN)
        known = [v for v in grid.own.tolist() if v is not None] if words else []
        made.append(
            {name: own[name] for name in ("name", "kind", "low", "high", "step")}
            | {
                "categories": [{"value": plain_value(v), "shown": value(v)} for v in known],
                "nullable": bool(np.isnan(grid.place).any()) or None in grid.own.tolist(),
                "curve": curve_points(kind, grid.place.tolist(), grid.own.tolist(), page.spreads[j]),
            }
        )
    return made


def _row(row: PageRow) -> dict[str, Any]:
    curves, pairs = Packed.of(row.tables.curves), Packed.of(list(row.tables.pairs.values()))
    whatif = row.whatif
    return {
        "label": value(whatif.label),
        "why": row.why,
        "truth": None if row.truth is None else value(row.truth),
        "values": [column["value"] for column in whatif.columns],
        "first": answer(whatif, row.answer),
        "base": row.tables.base,
        "curves": _packed(curves),
        "pairs": [list(pair) for pair in row.tables.pairs],
        "together": _packed(pairs),
        "left": row.tables.n_left,
        "code": f"ll.whatif(model, row={literal(whatif.label)})",
    }  # fmt: skip


def _packed(packed: Packed) -> dict[str, Any]:
    return {"low": packed.low, "step": packed.step, "numbers": base64.b64encode(packed.numbers.tobytes()).decode()}


def _hazard(page: PageRows, task: Survival) -> dict[str, Any]:
    """Log cumulative hazards by each horizon at some log hazards: between them straight lines are near enough."""
    every = np.concatenate([curve.ravel() for row in page.rows for curve in row.tables.curves])
    at = np.linspace(every.min() - 2, every.max() + 2, HAZARD_POINTS)
    chances = np.clip(task.survival(at[:, None], task.horizons), 1e-12, 1 - 1e-12)
    return {"low": at[0], "step": at[1] - at[0], "logs": np.log(-np.log(chances)).T.round(6)}


def row_words(row: PageRow) -> str:
    """What a row is called where it is chosen: its label, and why it is there."""
    return f"row {value(row.whatif.label)}" + (f", {row.why}" if row.why else "")


def answered_words(page: PageRows) -> str:
    """What answers on the page, in sentences."""
    n_pairs = min((len(row.tables.pairs) for row in page.rows), default=0)
    n_all = math.comb(len(page.points.names), 2)
    kept = "every pair of columns" if n_pairs == n_all else f"the strongest of {count(n_all, 'pair')} of columns"
    return (
        "No model is in this page. One changed column is read off that column's curve at this row, two off what was "
        f"measured of the pair; more are put together from curves and pairs (kept: {kept}), which is an approximation. "
        "How far it was from the model when this report was made stands beside each answer."
    )
