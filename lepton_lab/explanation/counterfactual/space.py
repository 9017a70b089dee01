"""The states that a search walks through: for each row, which columns take which occurring value.

A state is `(column,)` positions in the columns' values, -1 where the row keeps its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int

from lepton_lab.explanation.counterfactual.distance import Measure
from lepton_lab.explanation.counterfactual.pairs import Pairs
from lepton_lab.explanation.counterfactual.values import Values

OWN = -1
# What a pair of values that hardly ever occurs together adds to the score: more than to change the other column too.
ODD_PAIR = 1.5
# Values of one column that are tried one by one; the others are reached by pulling a change back.
TRIED_NUMBERS, TRIED_CATEGORIES = 16, 32

States = Int[np.ndarray, "state column"]
RowsOf = Int[np.ndarray, " state"]


@dataclass(frozen=True)
class Space:
    """Some rows, and what may be changed in them.

    Args:
        own: the rows, encoded.
        values: what the columns may hold.
        allowed: which of it each row may take; never its own.
        tried: positions of the values that are tried one by one, -1 where a column has fewer.
        measure: of distances.
        pairs: what goes together.
    """

    own: Float32[np.ndarray, "row column"]
    values: Values
    allowed: Bool[np.ndarray, "row column value"]
    tried: Int[np.ndarray, "column tried"]
    measure: Measure
    pairs: Pairs

    @property
    def n_rows(self) -> int:
        """Rows that are asked about."""
        return len(self.own)

    @property
    def n_columns(self) -> int:
        """Columns of a row."""
        return self.own.shape[1]

    def x_of(self, rows: RowsOf, states: States) -> Float32[np.ndarray, "state column"]:
        """The encoded rows that states stand for."""
        taken = self.values.x[np.arange(self.n_columns), np.maximum(states, 0)]
        return np.where(states == OWN, self.own[rows], taken)

    def distance(self, rows: RowsOf, states: States) -> Float64[np.ndarray, " state"]:
        """How far states are from their row."""
        return self.measure.of_change(self.own[rows], self.x_of(rows, states)).sum(axis=1)

    def odd_pairs(self, rows: RowsOf, states: States) -> Bool[np.ndarray, "state column other"]:
        """Pairs of columns whose values hardly ever occur together, and did not so in the row itself."""
        # Few columns of a state are changed: only their pairs are looked up.
        state, column = np.nonzero(states != OWN)
        bins = self.pairs.bins(self.x_of(rows, states))
        now = self.pairs.odd[bins[state, column][:, None], bins[state]]
        found = np.zeros((*states.shape, self.n_columns), bool)
        found[state, column] = now & ~self._odd_before[rows[state], column]
        return found

    @cached_property
    def _odd_before(self) -> np.ndarray:
        bins = self.pairs.bins(self.own)
        return self.pairs.odd[bins[:, :, None], bins[:, None, :]]

    def score(self, rows: RowsOf, states: States) -> Float64[np.ndarray, " state"]:
        """What the search keeps small: the distance, and a price for each odd pair."""
        odd = self.odd_pairs(rows, states)
        both = odd & odd.transpose(0, 2, 1)
        n_odd = odd.sum(axis=(1, 2)) - both.sum(axis=(1, 2)) / 2
        return self.distance(rows, states) + ODD_PAIR * n_odd

    def completed(self, rows: RowsOf, states: States) -> States:
        """The states with unchanged columns that do not go with a change set to what usually goes with it."""
        odd = self.odd_pairs(rows, states) & (states == OWN)[:, None, :]
        state, column = np.nonzero(odd.any(axis=1))
        cause = odd[state, :, column].argmax(axis=1)
        bins = self.pairs.bins(self.x_of(rows, states))
        usual = self.pairs.usual[bins[state, cause], column]
        fits = (usual >= 0) & self.allowed[rows[state], column, np.maximum(usual, 0)]
        found = states.copy()
        found[state[fits], column[fits]] = usual[fits]
        return found

    def around_own(self) -> tuple[Int[np.ndarray, "row column"], Int[np.ndarray, "row column"]]:
        """Positions of the largest value below and of the smallest above each row's own, in ordered columns."""
        return self._around

    @cached_property
    def _around(self) -> tuple[np.ndarray, np.ndarray]:
        below, above = np.zeros(self.own.shape, np.int64), np.zeros(self.own.shape, np.int64)
        for j in np.flatnonzero(self.values.ordered):
            held = self.values.x[j, : self.values.count[j]]
            below[:, j] = np.searchsorted(held, self.own[:, j], side="left") - 1
            above[:, j] = np.searchsorted(held, self.own[:, j], side="right")
        return below, above

    def singles(self, rows: Int[np.ndarray, " asked"]) -> tuple[RowsOf, States]:
        """Every tried value of every column of these rows, one change a state."""
        columns, slots = np.nonzero(self.tried >= 0)
        positions = self.tried[columns, slots]
        row, which = np.nonzero(self.allowed[rows][:, columns, positions])
        states = np.full((len(row), self.n_columns), OWN, np.int64)
        states[np.arange(len(row)), columns[which]] = positions[which]
        return rows[row], states


def tried_values(values: Values, x: Float32[np.ndarray, "reference column"]) -> Int[np.ndarray, "column tried"]:
    """Positions of values spread over each column: at quantiles of the known rows, and evenly over the values."""
    each = [_tried(values, j, x[:, j]) for j in range(len(values.count))]
    longest = max(1, max(len(positions) for positions in each))
    # A multiple of eight: few shapes, few compilations.
    width = -(-longest // 8) * 8
    return np.stack([np.pad(p, (0, width - len(p)), constant_values=-1) for p in each]).astype(np.int64)


def _tried(values: Values, j: int, known: np.ndarray) -> np.ndarray:
    n = int(values.count[j])
    if not values.ordered[j]:
        return np.arange(n)[:TRIED_CATEGORIES]  # the most frequent ones: categories are in that order
    if n <= TRIED_NUMBERS:
        return np.arange(n)
    known = known[~np.isnan(known)]
    half = TRIED_NUMBERS // 2
    quantiles = np.quantile(known, np.linspace(0, 1, half)) if len(known) else np.zeros(0)
    typical = np.searchsorted(values.x[j, :n], quantiles).clip(0, n - 1)
    even = np.linspace(0, n - 1, half).round().astype(int)
    return np.unique(np.concatenate([typical, even]))
