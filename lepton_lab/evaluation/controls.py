"""What a control of the what-if needs of a column: kind, range, step, categories, and how its values are spread."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64

from lepton_lab.data.schema import OBJECTS, Column, Kind
from lepton_lab.data.texts import read_text
from lepton_lab.errors import ColumnError

if TYPE_CHECKING:
    from lepton_lab.explanation.effects.grids import Grid

SLIDER_STEPS = 200
N_BARS = 32


@dataclass(frozen=True)
class Spread:
    """How a column's values are spread over known rows.

    Args:
        low: where the first bar begins, as the points of curves are placed; 0 for categories.
        high: where the last bar ends.
        bars: share of the known rows in each bar of equal width; for categories one a point of the curve.
    """

    low: float
    high: float
    bars: Float64[np.ndarray, " bar"]


def spread_of(place: Float64[np.ndarray, " row"], grid: Grid, *, ordered: bool) -> Spread:
    """The spread of a column over the range of its curve; rows beyond it are left out.

    Args:
        place: of each row, as the points of the curve are placed; NaN for missing.
        grid: the curve's points.
        ordered: numbers or dates, not categories.
    """
    n = max(len(place), 1)
    if not ordered:
        counts = np.bincount(place.astype(int), minlength=len(grid))[grid.place.astype(int)]
        return Spread(0.0, float(max(len(grid) - 1, 0)), counts / n)
    known = grid.place[~np.isnan(grid.place)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    counts, _ = np.histogram(place[~np.isnan(place)], N_BARS, (low, high if high > low else low + 1.0))
    return Spread(low, high, counts / n)


def typed(column: Column, item: object) -> object:
    """A value from outside (a page, a keyword) as the column's own kind.

    Raises:
        ColumnError: it cannot be read as one.
    """
    if item is None:
        return None
    if column.kind in (Kind.IMAGE, Kind.SERIES) and isinstance(item, str):
        raise ColumnError(f"{item!r} is not a value of {column.name!r}. It wants an array, or None for missing.")
    if column.kind == Kind.TEXT:
        return read_text(item)
    if column.kind == Kind.ITEMS and isinstance(item, str):
        raise ColumnError(f"{item!r} is not a value of {column.name!r}. It wants a list of items, or None for none.")
    try:
        if column.kind == Kind.NUMERIC:
            return float(item)  # type: ignore[arg-type]
        if column.kind == Kind.DATETIME and isinstance(item, str):
            return dt.datetime.fromisoformat(item)
    except (TypeError, ValueError) as error:
        wanted = "a number" if column.kind == Kind.NUMERIC else "a date such as 2024-03-31"
        raise ColumnError(
            f"{item!r} is not a value of {column.name!r}. It wants {wanted}, or None for missing."
        ) from error
    return item


def control(column: Column, item: object) -> dict[str, Any]:
    """One column's control as plain JSON.

    Args:
        column: of the model's schema.
        item: the row's value.
    """
    kind = str(column.kind.value)
    low, high = column.low, column.high
    if isinstance(item, float) and (column.integer or item.is_integer()) and math.isfinite(item):
        item = int(item) if column.integer else item
    return {
        "name": column.name,
        "kind": kind if kind in ("numeric", "boolean", "datetime", "text") else "category",
        "low": low if kind == "numeric" else None,
        "high": high if kind == "numeric" else None,
        "step": 1 if column.integer else _step(low, high),
        "categories": [{"value": _plain(c), "shown": str(c)} for c in _choices(column, item)],
        "value": _plain(item),
        "nullable": column.missing > 0 or item is None or column.kind in OBJECTS,
    }


def _plain(item: object) -> object:
    """A value as JSON holds it; an image or a series in words."""
    if isinstance(item, dt.date):
        return item.isoformat()
    return item if item is None or isinstance(item, (str, int, float, bool)) else str(item)


def _choices(column: Column, item: object) -> list[Any]:
    """The known categories, and the row's own value where it is none of them."""
    if column.kind in (Kind.NUMERIC, Kind.DATETIME, Kind.TEXT):
        return []
    known = list(column.categories) or ([False, True] if column.kind == Kind.BOOLEAN else [])
    return known if item is None or item in known else [item, *known]


def _step(low: float | None, high: float | None) -> float:
    """A round step that divides the range into about two hundred."""
    if low is None or high is None or not high > low:
        return 0.01
    power = 10.0 ** math.floor(math.log10((high - low) / SLIDER_STEPS))
    return float(f"{power:.0e}")
