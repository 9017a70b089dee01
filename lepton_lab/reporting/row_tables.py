"""What a page knows of one row: the curve of every column, and of pairs of columns what they do beyond their curves.

An expansion of the model around the row: the row's own output, what each column alone changes, and what
two columns together change beyond that. Of changes in one column it is the model itself at the points of
the curve, of two at the points of their pair.

Source: Rabitz and Alis (1999), "General foundations of high-dimensional model representations" (cut-HDMR),
to second order.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float64, Int

from lepton_lab.reporting.changed_row import ChangedRow
from lepton_lab.reporting.page_points import PagePoints
from lepton_lab.trained import TrainedModel

PAIR_BYTES = 500_000
"""Of all pairs of all rows, two bytes a number."""
MOST_PAIRS = 300
MOST_COLUMNS = 32  # the columns that move a row most: pairs of others are not looked for
PROBES = 8  # values of a pair that are asked to tell how strong it is
LEVELS = 65_535

Pair = tuple[int, int]


@dataclass(frozen=True)
class RowTables:
    """One row, and the model around it, in link space.

    Args:
        places: of the row's own values, by column; NaN is missing, -1 a category that is no point.
        base: the model's output for the row.
        curves: of each column, the output with it at each of its points.
        pairs: of two columns, by their positions: what they change together at each of their points beyond the
            sum of what each changes alone.
        n_left: pairs that are left out, weaker than those kept.
    """

    places: Float64[np.ndarray, " column"]
    base: Float64[np.ndarray, " output"]
    curves: tuple[Float64[np.ndarray, "point output"], ...]
    pairs: Mapping[Pair, Float64[np.ndarray, "first second output"]]
    n_left: int = 0

    @cached_property
    def reach(self) -> Float64[np.ndarray, " column"]:
        """How far each column alone moves the output."""
        return np.array([np.ptp(curve, axis=0).max() for curve in self.curves])

    def rounded(self) -> RowTables:
        """The same as a page keeps it: two bytes a number."""
        curves, pairs = Packed.of(self.curves), Packed.of(list(self.pairs.values()))
        return RowTables(
            self.places, self.base, curves.unpacked(), dict(zip(self.pairs, pairs.unpacked(), strict=True)), self.n_left
        )


@dataclass(frozen=True)
class Packed:
    """Arrays after one another as whole numbers of two bytes: a value is `low + step * number`.

    Args:
        low, step: of the scale, one for all.
        numbers: little-endian, in the order of the arrays.
        shapes: of the arrays.
    """

    low: float
    step: float
    numbers: np.ndarray
    shapes: tuple[tuple[int, ...], ...]

    @staticmethod
    def of(arrays: Sequence[np.ndarray]) -> Packed:
        """The arrays on a common scale from their smallest to their largest value."""
        every = np.concatenate([a.ravel() for a in arrays]) if arrays else np.zeros(0)
        low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 0.0)
        step = (high - low) / LEVELS or 1.0
        return Packed(low, step, np.rint((every - low) / step).astype("<u2"), tuple(a.shape for a in arrays))

    def unpacked(self) -> tuple[np.ndarray, ...]:
        """The arrays, each value within half a step."""
        found, at = [], 0
        for shape in self.shapes:
            size = int(np.prod(shape))
            found.append(self.low + self.step * self.numbers[at : at + size].astype(np.float64).reshape(shape))
            at += size
        return tuple(found)


def row_tables(
    model: TrainedModel, x: Float[np.ndarray, " column"], places: np.ndarray, points: PagePoints, n_rows: int
) -> RowTables:
    """Ask the model around one row.

    Args:
        model: a trained model.
        x: the row, encoded.
        places: the same, as `RowTables` has it.
        points: of curves and pairs.
        n_rows: rows that share the room for pairs.
    """
    row = ChangedRow(model, x, points)
    base, curves = _curves(row)
    reach = np.array([np.ptp(curve, axis=0).max() for curve in curves])
    candidates = list(itertools.combinations(np.sort(np.argsort(-reach, kind="stable")[:MOST_COLUMNS]).tolist(), 2))
    candidates = [pair for pair in candidates if reach[list(pair)].min() > 0]
    ask = _Ask(row, base, curves)
    kept = _strongest(ask, candidates, PAIR_BYTES // (2 * n_rows * len(base)))
    n_all = len(x) * (len(x) - 1) // 2
    return RowTables(places, base, curves, ask.tables(kept), n_all - len(kept))


def _curves(row: ChangedRow) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """The row's own output, and every column's curve."""
    sizes = [len(grid) for grid in row.points.grids.grids]
    columns = np.concatenate([[0], np.repeat(np.arange(len(sizes)), sizes)])
    at = np.concatenate([[-1], *(np.arange(size) for size in sizes)])
    answers = row.outputs(columns[:, None], at[:, None])
    return answers[0], tuple(np.split(answers[1:], np.cumsum(sizes)[:-1]))


@dataclass(frozen=True)
class _Ask:
    """The questions about pairs of columns of one row."""

    row: ChangedRow
    base: np.ndarray
    curves: tuple[np.ndarray, ...]

    def beyond(self, pairs: Int[np.ndarray, "question 2"], at: Int[np.ndarray, "question 2"]) -> np.ndarray:
        """What two columns change together at some of their points `(question, output)`."""
        alone = self._flat[self._first[pairs] + at].sum(axis=1)
        return self.row.outputs(pairs, at) - alone + self.base

    def tables(self, pairs: Sequence[Pair]) -> dict[Pair, np.ndarray]:
        """All points of some pairs, in one question."""
        if not pairs:
            return {}
        beside = self.row.points.beside
        at = [np.stack(np.meshgrid(beside[j], beside[k], indexing="ij"), axis=-1).reshape(-1, 2) for j, k in pairs]
        answers = self.beyond(np.repeat(np.array(pairs), [len(a) for a in at], axis=0), np.concatenate(at))
        parts = np.split(answers, np.cumsum([len(a) for a in at])[:-1])
        return {
            (j, k): part.reshape(len(beside[j]), len(beside[k]), -1) for (j, k), part in zip(pairs, parts, strict=True)
        }

    @cached_property
    def _flat(self) -> np.ndarray:
        """All curves after one another."""
        return np.concatenate(self.curves)

    @cached_property
    def _first(self) -> np.ndarray:
        """Where each column's curve begins."""
        return np.concatenate([[0], np.cumsum([len(curve) for curve in self.curves])])[:-1]


def _strongest(ask: _Ask, pairs: list[Pair], room: int) -> list[Pair]:
    """The pairs that do most together, as many as `room` numbers hold; told by a few of their points."""
    beside = ask.row.points.beside
    size = {(j, k): len(beside[j]) * len(beside[k]) for j, k in pairs}
    if not pairs or (len(pairs) <= MOST_PAIRS and sum(size.values()) <= room):
        return pairs
    draw = np.random.default_rng(0)
    at = [np.stack([draw.choice(beside[j], PROBES), draw.choice(beside[k], PROBES)], axis=1) for j, k in pairs]
    answers = ask.beyond(np.repeat(np.array(pairs), PROBES, axis=0), np.concatenate(at))
    strength = np.abs(answers).max(axis=1).reshape(len(pairs), PROBES).mean(axis=1)
    ordered = [pairs[i] for i in np.argsort(-strength, kind="stable")]
    filled = np.cumsum([size[pair] for pair in ordered])
    return sorted(ordered[: min(MOST_PAIRS, int((filled <= room).sum()))])
