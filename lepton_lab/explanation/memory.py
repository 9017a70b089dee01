"""What an explanation may hold in memory at once, whatever the rows, the columns and the background."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Int, Shaped

# Bytes that an explanation stays under unless told otherwise, above the model, the data and the result.
MEMORY = 1_000_000_000
# Of these, what a plan may keep for its rows; the rest is for one step's work.
PLAN_SHARE = 0.5
# Comparisons of values with background values made at once.
MOST_COMPARED = 1 << 22
# Rows whose sums are made into results at once: what lies between is as large as so many rows, not as all of them.
ROWS_FINISHED = 512

Block = TypeVar("Block")


def kept(make: Callable[[], Iterable[Block]], memory: int) -> Iterable[Block]:
    """Blocks that are gone through for many rows: kept where they fit, else made anew each time.

    Args:
        make: the same blocks whenever it is called.
        memory: bytes that the whole explanation may hold.
    """
    cap, total, blocks = int(PLAN_SHARE * memory), 0, []
    for block in make():
        total += held_by(block)
        if total > cap:
            return _Anew(make)
        blocks.append(block)
    return blocks


@dataclass(frozen=True)
class _Anew:
    """An iterable that makes its blocks whenever it is gone through: the memory of one of them."""

    make: Callable[[], Iterable[Any]]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.make())


def held_by(block: Any) -> int:
    """Bytes of the arrays in a block, on whatever device."""
    if hasattr(block, "nbytes"):
        return int(block.nbytes)
    if dataclasses.is_dataclass(block):
        return sum(held_by(getattr(block, field.name)) for field in dataclasses.fields(block))
    return sum(map(held_by, block)) if isinstance(block, (tuple, list)) else 0


def row_blocks(n_rows: int) -> Iterator[slice]:
    """All rows, so many at a time that what is computed on the way stays small."""
    return (slice(at, min(at + ROWS_FINISHED, n_rows)) for at in range(0, n_rows, ROWS_FINISHED))


def taken(array: Shaped[np.ndarray, "row *rest"], rows: Int[np.ndarray, " some"]) -> Shaped[np.ndarray, "some *rest"]:
    """Some rows in ascending order: the array itself, where these are all of them."""
    return array if len(rows) == len(array) else array[rows]


def rows_compared(n_background: int, n_players: int) -> int:
    """Rows whose values are compared with the background's at once."""
    return int(np.clip(MOST_COMPARED // max(1, n_background * n_players), 1, 1024))
