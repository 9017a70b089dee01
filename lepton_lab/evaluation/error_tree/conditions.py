"""Conditions on a column in the user's own values: at least, below, one of some values; and what missing values do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Condition:
    """What holds for the rows of a branch.

    Args:
        column: its name.
        low: at least this number or date; None without a lower end.
        high: below this number or date; None without an upper end.
        values: one of these words or truth values (None is a missing one, also of numbers and dates).
        listed: whether rows with one of `values` are meant, or all others.
        missing: of numbers and dates, whether rows without one are in.
        tells_missing: whether rows without a value are worth a word.
    """

    column: str
    low: float | np.datetime64 | None = None
    high: float | np.datetime64 | None = None
    values: tuple[object, ...] | None = None
    listed: bool = True
    missing: bool = False
    tells_missing: bool = False

    def holds(self, array: np.ndarray) -> np.ndarray:
        """Where it holds, of a column as a table has it."""
        if self.values is not None and array.dtype.kind in "fM":
            return _absent(array) if self.listed else ~_absent(array)
        if self.values is not None:
            wanted = set(self.values)
            inside = np.fromiter((item in wanted for item in array.tolist()), bool, len(array))
            return inside if self.listed else ~inside
        absent = _absent(array)
        inside = ~absent
        if self.low is not None:
            inside &= array >= self.low
        if self.high is not None:
            inside &= array < self.high
        return inside | absent if self.missing else inside & ~absent

    def __str__(self) -> str:
        if self.values is not None:
            return f"{self.column} {'is' if self.listed else 'is not'} {_either(map(shown, self.values))}"
        words = f"{self.column} {self._range()}"
        return f"{words} or missing" if self.missing and self.tells_missing else words

    def _range(self) -> str:
        is_date = isinstance(self.high if self.low is None else self.low, np.datetime64)
        if self.low is None:
            return f"before {shown(self.high)}" if is_date else f"< {shown(self.high)}"
        if self.high is None:
            return f"from {shown(self.low)} on" if is_date else f"≥ {shown(self.low)}"
        if is_date:
            return f"from {shown(self.low)} to before {shown(self.high)}"
        return f"from {shown(self.low)} to below {shown(self.high)}"

    def and_then(self, other: Condition) -> Condition | None:
        """Both as one, where they are ranges of one column; else None."""
        if self.column != other.column or self.values is not None or other.values is not None:
            return None
        low = max((v for v in (self.low, other.low) if v is not None), default=None)
        high = min((v for v in (self.high, other.high) if v is not None), default=None)
        tells = self.tells_missing or other.tells_missing
        return Condition(self.column, low, high, None, True, self.missing and other.missing, tells)


def joined(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Conditions on the way to a node, with ranges of one column as one."""
    found: list[Condition] = []
    for condition in conditions:
        for k, known in enumerate(found):
            if (both := known.and_then(condition)) is not None:
                found[k] = both
                break
        else:
            found.append(condition)
    return tuple(found)


def shown(item: object) -> str:
    """A value in words: 24.0 as 24, midnight as a date, nothing as `missing`."""
    if item is None:
        return "missing"
    if isinstance(item, np.datetime64):
        whole = item == item.astype("datetime64[D]")
        return str(item.astype("datetime64[D]" if whole else "datetime64[m]")).replace("T", " ")
    if isinstance(item, (int, float, np.number)) and not isinstance(item, bool):
        number = float(item)
        if number.is_integer() and abs(number) < 1e15:
            return (f"{number:,.0f}" if abs(number) >= 10_000 else f"{number:.0f}").replace("-", "−")
        return f"{number:.12g}".replace("-", "−", 1) if math.isfinite(number) else str(number)
    return str(item)


def _either(words: Iterable[str]) -> str:
    listed = list(words)
    most = 6
    if len(listed) > most:
        listed = [*listed[: most - 1], f"{len(listed) - most + 1} more"]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} or {listed[-1]}"


def _absent(array: np.ndarray) -> np.ndarray:
    return np.isnat(array) if array.dtype.kind == "M" else np.isnan(array)
