"""Which explained rows meet conditions on the user's own values, such as `("age", ">", 40)`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64

from lepton_lab.errors import ExplanationError, no_such_column, no_such_option
from lepton_lab.explanation.column_places import as_day, places_of
from lepton_lab.explanation.effects.grids import is_missing
from lepton_lab.explanation.explanation import Explanation

_ORDERED: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
OPERATORS = (*_ORDERED, "=", "!=", "in")


def matching(explanation: Explanation, conditions: Sequence[Any]) -> Bool[np.ndarray, " row"]:
    """Whether each explained row meets all conditions; a missing value meets none but `= None` and `!=`.

    Raises:
        ColumnError: no such column.
        OptionError: no such comparison.
        ExplanationError: a condition is no (column, comparison, value), or its value fits no such comparison.
    """
    met = np.ones(len(explanation), bool)
    for condition in conditions:
        if not isinstance(condition, (tuple, list)) or len(condition) != 3:
            raise ExplanationError(f"{condition!r} is no condition. Give (column, comparison, value): ('age', '>', 40)")
        met &= _meets(explanation, *condition)
    return met


def _meets(explanation: Explanation, name: str, compare: str, value: Any) -> Bool[np.ndarray, " row"]:
    if name not in explanation.feature_names:
        raise no_such_column(str(name), list(explanation.feature_names), where="the explanation")
    if compare not in OPERATORS:
        raise no_such_option("comparison", compare, OPERATORS)
    column = explanation.data[:, explanation.feature_names.index(name)]
    if compare in _ORDERED:
        return _compared(name, column, compare, value)
    wanted = list(value) if compare == "in" and not isinstance(value, str) else [value]
    same = np.zeros(len(column), bool)
    for one in wanted:
        same |= _equal(column, one)
    return ~same if compare == "!=" else same


def _compared(name: str, column: np.ndarray, compare: str, value: Any) -> Bool[np.ndarray, " row"]:
    """Numbers with numbers, dates with dates."""
    place = places_of(name, column)
    limit = _number(value) if place.kind == "number" else as_day(value) if place.kind == "date" else None
    if limit is None:
        has = {"number": "numbers", "date": "dates", "category": "categories, which have no order"}[place.kind]
        raise ExplanationError(
            f"{name!r} {compare} {value!r}: the column holds {has}. "
            + ("Type: ('in', [...]) or '='" if place.kind == "category" else "Compare it with one of these.")
        )
    with np.errstate(invalid="ignore"):
        return _ORDERED[compare](place.place, limit)


def _equal(column: np.ndarray, value: Any) -> Bool[np.ndarray, " row"]:
    if value is None or is_missing(value):
        return np.array([is_missing(item) for item in column], bool)
    number = _number(value)
    if number is not None:
        return _as_numbers(column) == number
    return np.array([not is_missing(item) and str(item) == str(value) for item in column], bool)


def _number(value: Any) -> float | None:
    """A number; a truth value is none."""
    is_one = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return float(value) if is_one else None


def _as_numbers(column: np.ndarray) -> Float64[np.ndarray, " row"]:
    numbers = [_number(item) for item in column]
    return np.array([np.nan if one is None else one for one in numbers], np.float64)
