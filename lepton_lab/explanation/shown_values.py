"""The user's own values as numbers for colour scales, and as texts for labels."""

from __future__ import annotations

import datetime as dt

import numpy as np
from jaxtyping import Float64, Shaped


def shown_to_shap(
    data: Shaped[np.ndarray, "row feature"],
) -> tuple[Float64[np.ndarray, "row feature"], Shaped[np.ndarray, "row feature"] | None]:
    """Numbers for shap's colour scales, and the user's own values to show, where they are not the numbers."""
    return as_numbers(data), None if all_numbers(data) else as_shown(data)


def is_number(value: object) -> bool:
    """Whether a value is a number; a truth value is none."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NaT or NA."""
    # NaN and NaT differ from themselves; pandas.NA answers a comparison with itself.
    return value is None or type(value).__name__ == "NAType" or bool(value != value)


def all_numbers(data: np.ndarray) -> bool:
    """Whether data holds nothing but numbers and gaps."""
    if data.dtype != object:
        return data.dtype.kind in "fiu"
    return all(is_number(v) or is_missing(v) for v in data.ravel())


def as_numbers(data: Shaped[np.ndarray, "row feature"]) -> Float64[np.ndarray, "row feature"]:
    """Numbers for shap's colour scales: numbers as they are, dates as days, text as sorted codes."""
    if data.dtype.kind in "fiub":
        return data.astype(np.float64)
    columns = [_columnas_numbers(data[:, j]) for j in range(data.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros(data.shape)


def as_shown(data: Shaped[np.ndarray, "row feature"]) -> Shaped[np.ndarray, "row feature"]:
    """The user's own values: numbers as they are, all else as text, as shap's force plot fails on None and dates."""
    shown = np.array(data, dtype=object)
    for at in np.ndindex(shown.shape):
        if not is_number(shown[at]) or is_missing(shown[at]):
            shown[at] = _text(shown[at])
    return shown


def _text(value: object) -> str:
    if is_missing(value):
        return "missing"
    return str(value).removesuffix(" 00:00:00")


def _columnas_numbers(column: Shaped[np.ndarray, " row"]) -> Float64[np.ndarray, " row"]:
    missing = np.array([is_missing(v) for v in column], dtype=bool)
    present = column[~missing]
    out = np.full(len(column), np.nan)
    if all(is_number(v) or isinstance(v, (bool, np.bool_)) for v in present):
        out[~missing] = present.astype(np.float64)
    elif all(isinstance(v, (dt.date, np.datetime64)) for v in present):
        out[~missing] = present.astype("datetime64[s]").astype(np.float64) / 86_400
    else:
        _, out[~missing] = np.unique(present.astype(str), return_inverse=True)
    return out
