"""Spans of time as an analyst types them: "60s", "5m", "1h30m", 90."""

from __future__ import annotations

import math
import re

from lepton_lab.errors import OptionError

SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*")


def parse_duration(value: str | float | int) -> float:
    """Seconds in a span such as "60s", "5m", "1h30m", "1.5h"; a bare number is seconds.

    Args:
        value: Text of parts with the units ms, s, m, h, d, each unit at most once, or a number of seconds.

    Returns:
        Seconds, above 0.

    Raises:
        OptionError: The span cannot be read, is zero, negative or not finite.

    Example:
        >>> parse_duration("1m30s")
        90.0
    """
    seconds = _seconds_of_text(value) if isinstance(value, str) else _seconds_of_number(value)
    if not math.isfinite(seconds) or seconds <= 0:
        raise _unreadable(value)
    return seconds


def format_duration(seconds: float) -> str:
    """A span in the words of `parse_duration`, short: "0.4s", "12s", "1m30s", "2h05m".

    Example:
        >>> format_duration(90)
        '1m30s'
    """
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    minutes = whole // 60
    return f"{minutes // 60}h{minutes % 60:02d}m"


def _seconds_of_number(value: object) -> float:
    """A bare number as seconds; truth values are not numbers here."""
    if isinstance(value, bool):
        raise _unreadable(value)
    try:
        return float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        raise _unreadable(value) from None


def _seconds_of_text(text: str) -> float:
    """The sum of the parts of `text`; every character must belong to a part."""
    rest, total, seen = text.strip().lower(), 0.0, set[str]()
    if not rest:
        raise _unreadable(text)
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise _unreadable(text)
        number, unit = part.groups()
        whole_text = part.end() == len(rest) and not seen
        if (unit is None and not whole_text) or unit in seen:
            raise _unreadable(text)
        seen.add(unit or "s")
        total += float(number) * SECONDS[unit or "s"]
        rest = rest[part.end() :]
    return total


def _unreadable(value: object) -> OptionError:
    return OptionError(
        f"the duration {value!r} cannot be read: wanted a positive span such as '60s', '5m', '1h30m', or seconds. "
        f"For example: budget='60s'"
    )
