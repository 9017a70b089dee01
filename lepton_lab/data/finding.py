"""One thing an analyst should know about a table, in words. Pictures draw it; nothing here decides anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Severity = Literal["info", "warn", "serious"]
MOST_ROWS = 100
"""Rows that a finding names; it counts them all."""


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
        n_rows: how many rows show it; None where it is about a column, or the table, as a whole.
        rows: index labels of these rows, the first 100.
        positions: where these are in the frame, from 0: labels may occur more than once.
    """

    kind: str
    column: str | None
    share: float
    severity: Severity
    message: str
    advice: str = ""
    n_rows: int | None = None
    rows: tuple[object, ...] = ()
    positions: tuple[int, ...] = ()

    def behind(self, where: np.ndarray) -> Finding:
        """The same, with the rows behind it: `where (row,)` is true, or their positions."""
        at = np.flatnonzero(where) if where.dtype == bool else where
        return replace(self, n_rows=len(at), positions=tuple(at[:MOST_ROWS].tolist()))


def labelled(findings: Iterable[Finding], index: Any, at: np.ndarray) -> tuple[Finding, ...]:
    """Findings with positions in the whole frame, and the labels there.

    Args:
        findings: with positions among the rows that were looked at.
        index: of the whole frame.
        at: where those rows are in it `(row,)`.
    """
    return tuple(_labelled(finding, index, at) if finding.positions else finding for finding in findings)


def _labelled(finding: Finding, index: Any, at: np.ndarray) -> Finding:
    positions = at[list(finding.positions)]
    return replace(finding, rows=tuple(index[positions].tolist()), positions=tuple(positions.tolist()))
