"""A value as it is written in a line of Python that a reader copies."""

from __future__ import annotations

from typing import Any


def literal(item: Any) -> str:
    """The value as Python; dates of pandas by the name that pandas is imported under.

    Example:
        >>> literal("a"), literal(3)
        ("'a'", '3')
        >>> import pandas as pd
        >>> literal((pd.Timestamp("2024-05-01"), 2))
        "(pd.Timestamp('2024-05-01 00:00:00'), 2)"
    """
    item = item.item() if hasattr(item, "item") else item
    if isinstance(item, tuple):
        listed = ", ".join(map(literal, item))
        return f"({listed},)" if len(item) == 1 else f"({listed})"
    of_pandas = type(item).__module__.startswith("pandas.") and type(item).__name__ in ("Timestamp", "Timedelta")
    return f"pd.{item!r}" if of_pandas else repr(item)
