"""Token lists laid side by side in rows of one length, so that next to nothing of a batch is padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PackedRows:
    """Rows that each hold several texts.

    Args:
        tokens: int32 `(row, token)`, 0 where nothing is.
        positions: of each token in its own text.
        owners: whose it is, counted from 1 in each row; 0 where nothing is.
        texts: which text each is, row by row.
    """

    tokens: np.ndarray
    positions: np.ndarray
    owners: np.ndarray
    texts: tuple[tuple[int, ...], ...]


def pack(lengths: Sequence[int], row_length: int) -> list[list[int]]:
    """Which texts share a row: the longest first, each into the row where it leaves the least room.

    Example:
        >>> pack([5, 3, 8, 2, 3], 8)
        [[2], [0, 1], [4, 3]]
    """
    rows: list[list[int]] = []
    with_room: list[list[int]] = [[] for _ in range(row_length + 1)]
    for text in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        length = lengths[text]
        room = next((r for r in range(length, row_length + 1) if with_room[r]), None)
        if room is None:
            row, room = len(rows), row_length
            rows.append([])
        else:
            row = with_room[room].pop()
        rows[row].append(text)
        with_room[room - length].append(row)
    return rows


def lay_out(tokens: Sequence[np.ndarray], rows: Sequence[Sequence[int]], shape: tuple[int, int]) -> PackedRows:
    """The tokens of some packed rows as arrays of one shape; rows beyond them stay empty."""
    numbers, positions, owners = (np.zeros(shape, np.int32) for _ in range(3))
    for row, texts in enumerate(rows):
        at = 0
        for owner, text in enumerate(texts, start=1):
            place = slice(at, at + len(tokens[text]))
            numbers[row, place], owners[row, place] = tokens[text], owner
            positions[row, place] = np.arange(len(tokens[text]))
            at = place.stop
    return PackedRows(numbers, positions, owners, tuple(map(tuple, rows)))
