"""What a model says of one row with some of its columns at points of their curves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Int

from lepton_lab.reporting.page_points import PagePoints
from lepton_lab.trained import TrainedModel
from lepton_lab.training.network_member import NetworkMember

WIDE = 48
"""Columns from which a network's hidden state is moved column by column. Of fewer, whole rows cost less than to
compile that."""


@dataclass(frozen=True)
class ChangedRow:
    """One row, ready to be asked about.

    Args:
        model: whose calibrated blend answers.
        x: the row, encoded.
        points: of every column's curve.
    """

    model: TrainedModel
    x: Float[np.ndarray, " column"]
    points: PagePoints

    def outputs(
        self, columns: Int[np.ndarray, "question change"], at: Int[np.ndarray, "question change"]
    ) -> Float64[np.ndarray, "question output"]:
        """The outputs in link space with these columns at these of their points; at -1 a column is as it is."""
        mixed = np.tile(self.x, (len(columns), 1))
        values = np.where(at < 0, self.x[columns], self.points.grids.x[at, columns])
        np.put_along_axis(mixed, columns, values, axis=1)
        if len(self.x) < WIDE:
            return np.asarray(self.model.logits_x(mixed), np.float64)
        used = [(w, m) for w, m in zip(self.model.blend.weights, self.model.members, strict=True) if w]
        active = replace(self.model.blend, weights=np.array([w for w, _ in used]))
        return np.asarray(active.logits([self._of(m, mixed, columns, at) for _, m in used]), np.float64)

    def _of(self, member: Any, mixed: np.ndarray, columns: np.ndarray, at: np.ndarray) -> np.ndarray:
        """A member's logits; a network's from its hidden state, where the points take the place of the row's own."""
        if not isinstance(member, NetworkMember):
            return member.logits(mixed)
        side, values = self._sides[member.name], self.points.projected(member)
        hidden = np.tile(member.bias + side.sum(axis=0), (len(columns), 1))
        for change in range(columns.shape[1]):
            moved = np.flatnonzero(at[:, change] >= 0)
            column = columns[moved, change]
            hidden[moved] += values[at[moved, change], column] - side[column]
        return member.rest(hidden)

    @cached_property
    def _sides(self) -> dict[str, np.ndarray]:
        """What each of the row's own values adds to a network's hidden state `(column, hidden)`."""
        networks = (m for m in self.model.members if isinstance(m, NetworkMember))
        return {member.name: member.project(self.x[None])[0] for member in networks}
