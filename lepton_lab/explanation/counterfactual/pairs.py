"""Pairs of values that hardly ever occur together, and what usually goes with a value.

Education and years of education, husband and sex: columns that must change together or not at all. Each
column is cut into bins, and known rows are counted by pair of bins. A pair is odd where known rows hold less
than a fiftieth of what its bins' frequencies let expect, if that is enough to tell; or none at all, where one
column all but determines the other. Nothing is known of triples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int

from lepton_lab.explanation.counterfactual.values import Values

# Rows that a pair must be expected in, were its columns independent, for its absence to say something.
EXPECTED = 5.0
# Share of the expected rows below which a pair is odd: in the census, 3 husbands are women, expected 6,000.
HARDLY = 0.02
# Share of a column's entropy that another must explain to determine it, and rows a bin that this takes.
DETERMINED, ROWS_A_BIN = 0.9, 10
MOST_BINS, FINE_BINS, QUANTILE_BINS = 2000, 32, 8


@dataclass(frozen=True)
class Pairs:
    """What is known of pairs of columns.

    Args:
        edges: where each ordered column is cut; empty for categories, whose bin is their code.
        first: the number of each column's first bin.
        n_bins: bins of each column, the last one for missing or rare values.
        odd: pairs of bins that known rows hardly ever hold together.
        usual: for a bin, the value (its position) that most often goes with it in each column; -1 unknown.
        ordered: numbers and dates.
    """

    edges: tuple[np.ndarray, ...]
    first: Int[np.ndarray, " column"]
    n_bins: Int[np.ndarray, " column"]
    odd: Bool[np.ndarray, "bin bin"]
    usual: Int[np.ndarray, "bin column"]
    ordered: Bool[np.ndarray, " column"]

    def bins(self, x: Float32[np.ndarray, "row column"]) -> Int[np.ndarray, "row column"]:
        """The number of the bin that each value falls into."""
        return np.stack([self.of_column(j, x[:, j]) for j in range(x.shape[1])], axis=1)

    def of_column(self, j: int, x: Float32[np.ndarray, " value"]) -> Int[np.ndarray, " value"]:
        """The same for values of one column."""
        if not self.ordered[j]:
            return self.first[j] + np.minimum(x.astype(np.int64), self.n_bins[j] - 1)
        found = np.searchsorted(self.edges[j], x, side="right")
        return self.first[j] + np.where(np.isnan(x), self.n_bins[j] - 1, found)


def pairs_of(x: Float32[np.ndarray, "reference column"], values: Values, n_codes: Int[np.ndarray, " column"]) -> Pairs:
    """Count the pairs of bins in some known rows."""
    n_columns = x.shape[1]
    fine = int(min(FINE_BINS, max(4, MOST_BINS // max(n_columns, 1))))
    edges = tuple(_edges(x[:, j], fine) if values.ordered[j] else np.zeros(0, np.float32) for j in range(n_columns))
    # One bin more than edges make, and one for missing numbers; codes beyond the last bin share it.
    n_bins = np.where(values.ordered, [len(e) + 2 for e in edges], np.minimum(n_codes, fine))
    first = np.concatenate([[0], np.cumsum(n_bins)]).astype(np.int64)
    size = int(first[-1])
    nothing = np.zeros((size, size), bool)
    empty = Pairs(edges, first[:-1], n_bins, nothing, np.full((size, n_columns), -1), values.ordered)
    bins = empty.bins(x)
    together = _counts(bins, size)
    alone = together.diagonal()
    expected = np.outer(alone, alone) / max(len(x), 1)
    odd = (together <= HARDLY * expected) & (expected >= EXPECTED)
    spans = [slice(int(first[j]), int(first[j + 1])) for j in range(n_columns)]
    for j, ours in enumerate(spans):
        odd[ours, ours] = False
        for theirs in spans[:j]:
            if _determined(together[ours, theirs]):
                never = (together[ours, theirs] == 0) & (alone[ours, None] > 0) & (alone[None, theirs] > 0)
                odd[ours, theirs] |= never
                odd[theirs, ours] |= never.T
    usual = _usual(empty, together, _frequent_values(empty, values, x))
    return Pairs(edges, first[:-1], n_bins, odd, usual, values.ordered)


def _determined(together: np.ndarray) -> bool:
    """Whether one of two columns all but determines the other, and there are rows enough to say so."""
    total = together.sum()
    ours, theirs = together.sum(axis=1), together.sum(axis=0)
    mutual = _entropy(ours) + _entropy(theirs) - _entropy(together.ravel())
    for of, by in ((ours, theirs), (theirs, ours)):
        certain = _entropy(of)
        if certain > 0 and mutual >= DETERMINED * certain and total >= ROWS_A_BIN * np.count_nonzero(by):
            return True
    return False


def _entropy(counts: np.ndarray) -> float:
    """Of a distribution given by counts, in nats."""
    share = counts[counts > 0].astype(np.float64) / max(float(counts.sum()), 1.0)
    return float(-(share * np.log(share)).sum())


def _edges(x: np.ndarray, fine: int) -> np.ndarray:
    """Between neighbouring values where there are few, else at quantiles."""
    known = np.unique(x[~np.isnan(x)])
    if len(known) <= fine:
        return ((known[1:] + known[:-1]) / 2).astype(np.float32)
    return np.unique(np.quantile(x[~np.isnan(x)], np.linspace(0, 1, QUANTILE_BINS + 1)[1:-1])).astype(np.float32)


def _counts(bins: np.ndarray, size: int) -> np.ndarray:
    """Rows in which two bins occur together, `(bin, bin)`."""
    total = np.zeros((size, size), np.float32)
    step = max(1, 8_000_000 // max(size, 1))
    for at in range(0, len(bins), step):
        part = bins[at : at + step]
        one_hot = np.zeros((len(part), size), np.float32)
        np.put_along_axis(one_hot, part, np.float32(1), axis=1)
        total += one_hot.T @ one_hot
    return total


def _frequent_values(pairs: Pairs, values: Values, x: np.ndarray) -> np.ndarray:
    """The most frequent value (its position in its column) of each bin; -1 where a bin holds none."""
    found = np.full(len(pairs.odd), -1, np.int64)
    for j in range(x.shape[1]):
        held = values.x[j, : values.count[j]]
        if not len(held):
            continue
        order = np.argsort(held)
        known = x[~np.isnan(x[:, j]), j]
        near = order[np.minimum(np.searchsorted(held[order], known), len(held) - 1)]
        counts = np.bincount(near[held[near] == known], minlength=len(held))
        by_count = np.argsort(counts, kind="stable")
        found[pairs.of_column(j, held[by_count])] = by_count  # the last one written, the most frequent, stays
    return found


def _usual(pairs: Pairs, together: np.ndarray, frequent: np.ndarray) -> np.ndarray:
    usual = np.full((len(together), len(pairs.first)), -1, np.int64)
    for k, (first, n) in enumerate(zip(pairs.first, pairs.n_bins, strict=True)):
        counts = np.where(frequent[first : first + n] >= 0, together[:, first : first + n], 0)
        best = first + counts.argmax(axis=1)
        usual[:, k] = np.where(counts.max(axis=1, initial=0) > 0, frequent[best], -1)
    return usual
