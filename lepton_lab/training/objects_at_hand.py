"""A network with the objects of some rows at hand: what a column's numbers stand for, put where its encoder looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from lepton_lab.errors import DataError
from lepton_lab.networks.layout import ObjectColumn, ShelfLike
from lepton_lab.networks.object_columns import NO_OBJECT
from lepton_lab.training.functions import NetworkParams

# Rows of one call of a network that reads objects: of an image's many numbers all are at hand at once.
OBJECT_BUCKETS = (1, 16, 64)


def holding(
    params: NetworkParams, columns: Sequence[ObjectColumn], shelves: Sequence[ShelfLike], *rows: np.ndarray
) -> NetworkParams:
    """The parameters, with every object that the encoded rows `(row, column)` name at hand.

    The number of objects is rounded up a little, so that few shapes are compiled.

    Raises:
        DataError: an object is not on its shelf any more.
    """
    if not columns:
        return params
    held = {}
    for k, (column, shelf) in enumerate(zip(columns, shelves, strict=True)):
        numbers = np.unique(np.concatenate([x[:, column.place] for x in rows]))
        numbers = numbers[numbers > 0]
        n = _rounded(len(numbers))
        try:
            objects = shelf.gather(numbers, n)
        except KeyError as gone:
            raise DataError(f"object {gone} of a row is not kept any more; give the rows as a frame again.") from None
        known = np.full(n, NO_OBJECT, np.float32)
        known[: len(numbers)] = numbers
        held |= {("first", "terms", k, "objects"): objects, ("first", "terms", k, "numbers"): known}
    return NetworkParams(params.flat, _replaced(params.positions, held))


def _rounded(n: int) -> int:
    """At least `n`: a power of two up to 64, then an eighth of one more or less."""
    step = 1 << max(0, max(n, 1).bit_length() - 4)
    return 1 << max(0, n - 1).bit_length() if n <= 64 else -(-n // step) * step


def _replaced(positions: Any, arrays: dict[tuple, np.ndarray]) -> Any:
    """A network's fixed arrays, some of them others."""
    found = jax.tree_util.tree_flatten_with_path(positions)
    leaves = [arrays.get(_path(path), leaf) for path, leaf in found[0]]
    return jax.tree.unflatten(found[1], leaves)


def _path(path: tuple) -> tuple:
    """Where an array is, by the names and places on the way, without the variable that holds it."""
    return tuple(part for step in path if (part := getattr(step, "key", getattr(step, "idx", None))) is not None)
