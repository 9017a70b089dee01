"""The popularity of items as a member: the same order for everybody. The honest baseline of a recommender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_lab.members.linear import LinearMember


@dataclass(frozen=True)
class PopularityMember(LinearMember):
    """A linear member in which no column has an effect: all it knows is how often each item came."""

    name = "popularity"

    @staticmethod
    def of(y: np.ndarray, weights: np.ndarray | None, n_columns: int, n_items: int) -> PopularityMember:
        """The popularity of items in some rows; each counts as if seen once more, so that none is impossible.

        Args:
            y: index of the item that came `(row,)`.
            weights: of the rows, or None.
            n_columns: of the rows' `x`.
            n_items: there are.
        """
        counts = np.bincount(y, weights, minlength=n_items) + 1.0
        log = np.log(counts / counts.sum())
        zero = np.zeros((n_columns, n_items))
        return PopularityMember(
            np.zeros(n_columns, bool), np.zeros(n_columns), np.ones(n_columns), zero, zero,
            np.zeros(n_columns + 1, np.int64), np.zeros((0, n_items)), log - log.mean(),
        )  # fmt: skip

    def logits(self, x: np.ndarray) -> np.ndarray:
        """The same for every row, `(row, item)`."""
        return np.tile(self.intercept, (len(x), 1))

    @staticmethod
    def read(arrays: dict[str, np.ndarray], config: dict[str, Any]) -> PopularityMember:
        """The member that `arrays` describe.

        Raises:
            DamagedFileError: where shapes or ranges do not fit together.
        """
        found = LinearMember.from_arrays(arrays, config)
        return PopularityMember(**found.__dict__)
