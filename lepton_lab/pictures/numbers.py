"""Numbers, shares, spans of time and the user's own values as people write them. No HTML here."""

from __future__ import annotations

import math
from datetime import date, datetime

NOTHING = "–"
MINUS = "−"


def is_nothing(value: object) -> bool:
    """Whether a value is missing: None, NaN, NaT or a dataframe's own NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _with_minus(text: str) -> str:
    return text.replace("-", MINUS) if text.startswith("-") else text


def number(value: float | None, digits: int = 3) -> str:
    """A number with `digits` significant digits, thousands separated, never more precise than helps.

    Example:
        >>> number(1234567.8), number(0.78634), number(24.0), number(None), number(1.5e-9)
        ('1,234,568', '0.786', '24', '–', '1.5e-09')
    """
    if value is None or is_nothing(value):
        return NOTHING
    value = float(value)
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e12 or size < 1e-4:
        return _with_minus(f"{value:.{digits}g}")
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return _with_minus(text.rstrip("0").rstrip(".") if "." in text else text)


def fixed(value: float | None, decimals: int = 3) -> str:
    """A number with a fixed count of decimals, so that a column of them lines up.

    Example:
        >>> fixed(0.5), fixed(-12345.6, 1), fixed(float("nan"))
        ('0.500', '−12,345.6', '–')
    """
    if value is None or is_nothing(value):
        return NOTHING
    return _with_minus(f"{value:,.{decimals}f}")


def decimals_for(values: list[float]) -> int:
    """How many decimals a list of effects needs: two for log-odds around one, none for hundreds of euros."""
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    if largest == 0:
        return 2
    return min(6, max(0, 1 - math.floor(math.log10(largest)) + (1 if largest >= 1 else 0)))


def metric(value: float | None) -> str:
    """A metric: three decimals below ten (AUC, log loss), fewer above (an RMSE in money)."""
    if value is None or is_nothing(value):
        return NOTHING
    size = abs(value)
    return fixed(value, 3 if size < 10 else 1 if size < 1000 else 0)


def signed(value: float | None, decimals: int = 2) -> str:
    """A contribution with its sign: `+0.52`, `−0.31`.

    Example:
        >>> signed(0.517), signed(-0.3), signed(0.0)
        ('+0.52', '−0.30', '0.00')
    """
    text = fixed(value, decimals)
    return "+" + text if value is not None and not is_nothing(value) and value > 0 and text.strip("0.,") else text


def percent(share: float | None, decimals: int | None = None) -> str:
    """A share between 0 and 1 in per cent; small and near-whole shares keep a decimal, `<0.1 %` below that.

    Example:
        >>> percent(0.3), percent(0.0123), percent(0.0004), percent(1.0)
        ('30 %', '1.2 %', '<0.1 %', '100 %')
    """
    if share is None or is_nothing(share):
        return NOTHING
    if 0 < share < 0.001:
        return "<0.1 %"
    if decimals is None:
        decimals = 1 if 0 < share < 0.1 or 0.9 < share < 1 else 0
    return _with_minus(f"{100 * share:.{decimals}f} %")


def count(n: int | None, noun: str = "", plural: str | None = None) -> str:
    """A count with its noun in the right number: `1 row`, `12,000 rows`."""
    if n is None:
        return NOTHING
    if not noun:
        return f"{n:,}"
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def seconds(span: float | None) -> str:
    """A span of time: `0.4 s`, `42 s`, `3 min 5 s`, `2 h 4 min`."""
    if span is None or is_nothing(span) or math.isinf(span):
        return NOTHING
    if span < 9.95:
        return f"{max(span, 0):.1f} s"
    whole = round(span)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return f"{whole // 3600} h" + (f" {whole % 3600 // 60} min" if whole % 3600 // 60 else "")


def value(item: object) -> str:
    """One of the user's own values as they wrote it: 24.0 as `24`, midnight as a date, nothing as `missing`."""
    if is_nothing(item):
        return "missing"
    if isinstance(item, str | bool):
        return str(item)
    if isinstance(item, tuple):  # a row's label of several levels
        return ", ".join(map(value, item))
    if isinstance(item, datetime):
        midnight = (item.hour, item.minute, item.second, item.microsecond) == (0, 0, 0, 0)
        return item.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M")
    if isinstance(item, date):
        return item.isoformat()
    if hasattr(item, "astype") and type(item).__name__ == "datetime64":
        return str(item)[:16].replace("T00:00", "").replace("T", " ")
    if hasattr(item, "item"):
        return value(item.item())  # type: ignore[attr-defined]
    return _own_number(item) if isinstance(item, int | float) else str(item)


def _own_number(item: float) -> str:
    if float(item).is_integer() and abs(item) < 1e15:
        # Years and codes are numbers too: no separators below 10,000.
        return _with_minus(f"{int(item):,}" if abs(item) >= 10_000 else str(int(item)))
    return number(item, 6)
