"""One thing an analyst should know about a table, in words. Pictures draw it; nothing here decides anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["info", "warn", "serious"]


@dataclass(frozen=True)
class Finding:
    """Something found in a table.

    Args:
        kind: a short word for it, such as `missing` or `leak`; stable, so that code can filter by it.
        column: the column's name, or None where it is about the whole table.
        share: of the rows it concerns, 0 to 1.
        severity: `info` (good to know), `warn` (look at it), `serious` (results cannot be trusted before).
        message: what was found.
        advice: what to do, or an empty string.
    """

    kind: str
    column: str | None
    share: float
    severity: Severity
    message: str
    advice: str = ""
