"""The user's own values (text, numbers, truth values, dates, nothing) as JSON that gives back their type."""

from __future__ import annotations

import datetime
import math
from typing import Any

import numpy as np


def values_to_json(values: np.ndarray) -> list[list[Any]]:
    """An object array `(row, column)` as JSON rows; dates and times as `{"time": ISO}`."""
    return [[_to_json(value) for value in row] for row in values]


def values_from_json(rows: list[list[Any]]) -> np.ndarray:
    """The object array that `values_to_json` wrote."""
    values = np.empty((len(rows), len(rows[0]) if rows else 0), object)
    for i, row in enumerate(rows):
        values[i] = [_from_json(value) for value in row]
    return values


def _to_json(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
        return None if value is None else {"time": value.isoformat()}
    if isinstance(value, np.generic):
        return _to_json(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime.date, datetime.datetime)):
        text = value.isoformat()
        return None if text == "NaT" else {"time": text}
    return None if str(value) in ("NaT", "<NA>") else str(value)


def _from_json(value: Any) -> Any:
    return datetime.datetime.fromisoformat(value["time"]) if isinstance(value, dict) else value
