"""Which rows a page shows: those asked for by label, else a handful that tell different things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.pick_rows import position_of
from lepton_lab.data.rows import Table
from lepton_lab.errors import OptionError
from lepton_lab.survival import Survival
from lepton_lab.trained import TrainedModel

N_ROWS = 6
MOST_ROWS = 24


@dataclass(frozen=True)
class ChosenRow:
    """A row of a table, by its position, and why it was chosen; empty for one that was asked for."""

    position: int
    why: str


def asked_rows(rows: object) -> int | list[object]:
    """How many rows, or which, as a user says it; `N_ROWS` of them where nothing is said.

    Raises:
        OptionError: neither a number from 1 to `MOST_ROWS` nor so many labels.
    """
    if rows is None:
        return N_ROWS
    is_number = isinstance(rows, (int, np.integer)) and not isinstance(rows, bool)
    listed = list(rows) if isinstance(rows, (Sequence, np.ndarray)) and not isinstance(rows, str) else []
    n = int(rows) if is_number else len(listed)  # type: ignore[call-overload]
    if not 1 <= n <= MOST_ROWS:
        raise OptionError(
            f"rows={rows!r} cannot be shown: wanted how many, from 1 to {MOST_ROWS}, or a list of so many index "
            "labels. For example: rows=6, or rows=[17, 24]; with_rows=False shows none"
        )
    return n if is_number else listed


def labelled_rows(table: Table, labels: list[object], where: str) -> list[ChosenRow]:
    """The rows with some index labels.

    Raises:
        OptionError: no row, or several, have one of them.
    """
    return [ChosenRow(position_of(table.index, label, where=where), "") for label in labels]


def telling_rows(model: TrainedModel, table: Table, logits: np.ndarray, n: int) -> list[ChosenRow]:
    """Rows near a decision, typical, high, low, and the one the model errs most about; then evenly spread ones.

    Args:
        model: a trained model.
        table: rows to choose from.
        logits: of the rows, `(row, output)`, as they were judged.
        n: how many rows.
    """
    found: dict[int, str] = {}
    for position, why in _wanted(model, table, logits):
        if len(found) < min(n, table.n_rows):
            found.setdefault(position, why)
    return [ChosenRow(position, why) for position, why in found.items()]


def _wanted(model: TrainedModel, table: Table, logits: np.ndarray) -> Iterator[tuple[int, str]]:
    score = model.task.probability(logits) if model.classes else logits[:, :1]
    several = len(model.classes) > 2
    height = score[:, 1] if len(model.classes) == 2 else score[:, 0]
    if several:
        top = np.sort(score, axis=1)
        yield int((top[:, -1] - top[:, -2]).argmin()), "the least sure"
        for k in np.argsort(-np.bincount(score.argmax(axis=1), minlength=len(model.classes)), kind="stable").tolist():
            yield int(score[:, k].argmax()), f"likeliest {model.classes[k]}"
        yield from _surprise(model, table, logits)
        height = top[:, -1]
    ordered = np.argsort(height, kind="stable")
    if not several:
        of = " risk" if isinstance(model.task, Survival) else ""
        if model.threshold is not None:
            above = np.where(height >= model.threshold, height, np.inf)
            yield int((above if np.isfinite(above).any() else -height).argmin()), "just above the threshold"
        yield int(ordered[len(ordered) // 2]), "typical"
        yield int(ordered[int(0.95 * (len(ordered) - 1))]), f"high{of}"
        yield int(ordered[int(0.05 * (len(ordered) - 1))]), f"low{of}"
        yield from _surprise(model, table, logits)
        if model.threshold is not None:
            yield int(np.where(height < model.threshold, height, -np.inf).argmax()), "just below the threshold"
    for share in (0.25, 0.75, *np.linspace(0, 1, 4 * MOST_ROWS)):
        yield int(ordered[int(share * (len(ordered) - 1))]), "spread evenly"


def _surprise(model: TrainedModel, table: Table, logits: np.ndarray) -> Iterator[tuple[int, str]]:
    """The row whose truth the model found least likely, where the truth is known."""
    if table.y is None or isinstance(model.task, Survival):
        return
    if model.classes:
        chance = model.task.probability(logits)[np.arange(len(logits)), np.asarray(table.y, int)]
        yield int(chance.argmin()), "the largest error"
    else:
        yield int(np.abs(table.y - logits[:, 0]).argmax()), "the largest error"
