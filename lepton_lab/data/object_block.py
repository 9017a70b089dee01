"""What every column of objects has in common: a shelf, and an encoding that says which objects are the same."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np

from lepton_lab.data.shelf import Shelf


@runtime_checkable
class ObjectBlock(Protocol):
    """How one column of objects is encoded: its entry of `x` is the object's number on the shelf, 0 where missing."""

    @property
    def column(self) -> str:
        """Its name."""
        ...

    @property
    def kind(self) -> str:
        """`image`, `series` or `text`."""
        ...

    @property
    def shelf(self) -> Shelf:
        """Where its objects are."""
        ...

    def prepare(self, value: Any) -> np.ndarray:
        """One object as the shelf keeps it."""
        ...

    def encode(self, array: np.ndarray) -> np.ndarray:
        """A table's column as numbers on the shelf `(row,)`."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; objects are not in it."""
        ...
