"""A model card as strict JSON: no NaN, no infinity, no single row. docs/report.md lists its fields.

Fields may be added within a `VERSION`; one that is renamed, or means something else, is another version.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np

from lepton_lab.metrics import Estimate
from lepton_lab.reporting.card import Explained, ModelCard, Results
from lepton_lab.reporting.words import WORDS

FORMAT, VERSION = "lepton-lab model card", 1


def card_text(card: ModelCard) -> str:
    """The card as JSON text."""
    return json.dumps(card_json(card), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def card_json(card: ModelCard) -> dict[str, Any]:
    """The card as plain JSON values."""
    said = {name: card.words.get(name) for name in WORDS}
    return plain(
        {
            "format": FORMAT,
            "version": VERSION,
            "title": card.title,
            "made": card.made,
            "with_rows": card.with_rows,
            "model": asdict(card.details),
            "about": said,
            "not_given": [name for name, words in said.items() if words is None],
            "data": asdict(card.data),
            "results": _results(card.results),
            "explanation": None if card.explained is None else _explained(card.explained),
            "limits": [asdict(limit) for limit in card.limits],
            "left_out": list(card.left_out),
        }
    )


def plain(item: Any) -> Any:
    """Plain JSON: numpy scalars as Python's, what is no finite number as null, other objects as their text."""
    if isinstance(item, dict):
        return {str(key): plain(value) for key, value in item.items()}
    if isinstance(item, (list, tuple, np.ndarray)):
        return [plain(value) for value in (item.tolist() if isinstance(item, np.ndarray) else item)]
    if isinstance(item, np.generic):
        return plain(item.item())
    if isinstance(item, float):
        return item if math.isfinite(item) else None
    return item if item is None or isinstance(item, (str, int, bool)) else str(item)


def _estimate(estimate: Estimate) -> dict[str, float]:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _results(results: Results) -> dict[str, Any]:
    evaluation = results.evaluation
    found: dict[str, Any] = {
        "rows": results.note,
        "n_rows": results.n_rows,
        "watched": results.watched,
        "metrics": {
            name: _estimate(e) | {"label": results.labels[name], "higher_is_better": results.higher_is_better[name]}
            for name, e in results.metrics.items()
        },
        "leaderboard": {m: {n: _estimate(e) for n, e in row.items()} for m, row in results.leaderboard.items()},
        "ahead": {m: {n: _estimate(e) for n, e in row.items()} for m, row in results.ahead.items()},
        "calibration": None,
        "confusion": None,
        "costs": None,
    }
    if evaluation is not None:
        bins = evaluation.calibration
        found["calibration"] = {"predicted": bins.predicted, "observed": bins.observed, "rows": bins.count}
        found["confusion"] = evaluation.confusion
        if evaluation.costs is not None:
            costs = evaluation.costs
            found["costs"] = {"threshold": costs.threshold, "cost_per_row": str(costs.cost), "note": costs.note}
    return found


def _explained(explained: Explained) -> dict[str, Any]:
    importance = explained.importance
    names = zip(
        importance.feature_names, importance.values, importance.lower_bounds, importance.upper_bounds,
        importance.rows_std, strict=True,
    )  # fmt: skip
    return {
        "rows": explained.where,
        "n_rows": explained.n_rows,
        "unit": explained.unit,
        "method": explained.method,
        "exact": explained.exact,
        "importance": [
            {"column": name, "value": v, "low": low, "high": high, "rows_std": std} for name, v, low, high, std in names
        ],
        "effects": [
            {
                "column": effect.column, "kind": effect.kind, "unit": effect.unit, "outputs": list(effect.output_names),
                "values": effect.grid, "mean": effect.mean, "low": effect.lower_bounds, "high": effect.upper_bounds,
            }
            for effect in explained.effects
        ],
    }  # fmt: skip
