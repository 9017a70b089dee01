"""Decision trees as plain arrays, and their fast sum.

The sum is QuickScorer's idea (one bit a leaf; a false comparison clears the leaves it cannot reach)
with one table a column: the masks of all comparisons on a column depend only on the interval its
value falls into, so a row costs one look-up and one AND for each column, over all trees at once.
No compilation, single rows in about 0.1 ms, and exactly the leaves that walking the trees gives.

Source: Lucchese et al. 2015, "QuickScorer". Theirs merges sorted thresholds per row; ours tabulates
the merged masks, which boosted trees allow because histograms leave few distinct thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lepton_lab.errors import DamagedFileError

MAX_LEAVES = 64
_CHUNK = 65_536


@dataclass(frozen=True)
class Forest:
    """Binary trees; a row goes left where `value <= threshold`.

    Args:
        feature: `(node,)` column compared, -1 at a leaf.
        threshold: `(node,)` float64, 0 at a leaf.
        left, right: `(node,)` index of the child inside the tree, -1 at a leaf; a child comes after its parent.
        value: `(node,)` float64 leaf value, 0 elsewhere.
        cover: `(node,)` float64 weight of the training rows that passed.
        start: `(tree + 1,)` where each tree's nodes start.
        output: `(tree,)` the output that each tree adds to.
        n_columns, n_outputs: width of the input and of the output.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    cover: np.ndarray
    start: np.ndarray
    output: np.ndarray
    n_columns: int
    n_outputs: int

    @property
    def n_trees(self) -> int:
        """How many trees."""
        return len(self.output)

    def sum(self, inputs: np.ndarray) -> np.ndarray:
        """Sum of the leaf values that each row reaches, `(row, output)`."""
        total = np.zeros((len(inputs), self.n_outputs))
        if self.n_trees == 0:
            return total
        # A chunk's bits stay in the processor's cache while every column is looked up.
        step = max(1, _CHUNK // self.n_trees)
        for first in range(0, len(inputs), step):
            total[first : first + step] = self._sum_chunk(inputs[first : first + step])
        return total

    def _sum_chunk(self, inputs: np.ndarray) -> np.ndarray:
        masks = self._masks
        alive = np.empty((len(inputs), self.n_trees), masks.full.dtype)
        alive[:] = masks.full
        found = np.empty_like(alive)
        for column, thresholds, table in masks.columns:
            np.take(table, np.searchsorted(thresholds, inputs[:, column]), axis=0, out=found, mode="clip")
            np.bitwise_and(alive, found, out=alive)
        # The first leaf still alive is the one reached: the bits below the lowest one count its place.
        np.subtract(alive, alive.dtype.type(1), out=found)
        np.bitwise_and(found, ~alive, out=found)
        reached = np.take(masks.leaf_value, np.bitwise_count(found) + masks.leaf_start, mode="clip")
        if self.n_outputs == 1:
            return reached.sum(axis=1, keepdims=True)
        return np.stack([reached[:, self.output == k].sum(axis=1) for k in range(self.n_outputs)], axis=1)

    @cached_property
    def _masks(self) -> _Masks:
        return _tabulate(self)

    def tree(self, index: int) -> dict[str, np.ndarray]:
        """The arrays of one tree."""
        nodes = slice(int(self.start[index]), int(self.start[index + 1]))
        return {name: getattr(self, name)[nodes] for name in NODE_ARRAYS}


NODE_ARRAYS = ("feature", "threshold", "left", "right", "value", "cover")


@dataclass(frozen=True)
class _Masks:
    """The leaves that survive, for each column, interval of its value and tree."""

    columns: list[tuple[int, np.ndarray, np.ndarray]]
    full: np.ndarray
    leaf_value: np.ndarray
    leaf_start: np.ndarray


def _tabulate(forest: Forest) -> _Masks:
    bits = [_leaf_bits(forest.left[a:b], forest.right[a:b]) for a, b in _spans(forest)]
    widest = max(len(leaves) for leaves, _ in bits)
    word = np.uint32 if widest <= 32 else np.uint64
    full = np.array([_ones(len(leaves)) for leaves, _ in bits], word)
    leaf_value = np.concatenate(
        [forest.value[a:b][leaves] for (a, b), (leaves, _) in zip(_spans(forest), bits, strict=True)]
    )
    leaf_start = np.concatenate([[0], np.cumsum([len(leaves) for leaves, _ in bits])[:-1]]).astype(np.int64)
    tree_of = np.repeat(np.arange(forest.n_trees), np.diff(forest.start))
    cleared = np.concatenate([reach for _, reach in bits])
    columns = []
    for column in np.unique(forest.feature[forest.feature >= 0]):
        nodes = np.flatnonzero(forest.feature == column)
        thresholds, interval = np.unique(forest.threshold[nodes], return_inverse=True)
        table = np.zeros((len(thresholds) + 1, forest.n_trees), word)
        # Above a threshold the comparison is false, and the leaves on its left are out of reach.
        np.bitwise_or.at(table, (interval + 1, tree_of[nodes]), cleared[nodes].astype(word))
        columns.append((int(column), thresholds, ~np.bitwise_or.accumulate(table, axis=0)))
    return _Masks(columns, full, leaf_value, leaf_start)


def _leaf_bits(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leaves from left to right, and for each node the bits of the leaves under its left child."""
    leaves: list[int] = []
    under = [0] * len(left)
    cleared = np.zeros(len(left), np.uint64)
    pending = [(0, False)]
    order: list[int] = []
    while pending:
        node, _ = pending.pop()
        order.append(node)
        if left[node] < 0:
            under[node] = 1 << len(leaves)
            leaves.append(node)
        else:
            pending.append((int(right[node]), False))
            pending.append((int(left[node]), False))
    for node in reversed(order):
        if left[node] >= 0:
            cleared[node] = under[left[node]]
            under[node] = under[left[node]] | under[right[node]]
    return np.array(leaves, np.int64), cleared


def _ones(n_bits: int) -> int:
    return (1 << n_bits) - 1


def _spans(forest: Forest) -> list[tuple[int, int]]:
    return list(zip(forest.start[:-1].tolist(), forest.start[1:].tolist(), strict=True))


def check_forest(forest: Forest) -> Forest:
    """The forest itself, if every index in it stays inside its tree and every number is finite.

    A child comes after its parent and has one parent, so that no walk can loop or escape.

    Raises:
        DamagedFileError: for anything else.
    """
    n_nodes = len(forest.feature)
    if any(getattr(forest, name).shape != (n_nodes,) for name in NODE_ARRAYS):
        raise DamagedFileError("the trees' arrays differ in length.")
    start, output = forest.start, forest.output
    fits = len(start) == len(output) + 1 and start[0] == 0 and start[-1] == n_nodes and (np.diff(start) > 0).all()
    if not fits or ((output < 0) | (output >= forest.n_outputs)).any():
        raise DamagedFileError("the trees' offsets or outputs are out of range.")
    _check_nodes(forest)
    return forest


def _check_nodes(forest: Forest) -> None:
    size = np.repeat(np.diff(forest.start), np.diff(forest.start))
    own = np.arange(len(forest.feature)) - np.repeat(forest.start[:-1], np.diff(forest.start))
    leaf = forest.feature == -1
    inner = ~leaf
    for child in (forest.left, forest.right):
        if (child[leaf] != -1).any() or ((child <= own) | (child >= size))[inner].any():
            raise DamagedFileError("a tree's child is out of range.")
    if ((forest.feature < -1) | (forest.feature >= forest.n_columns)).any():
        raise DamagedFileError("a tree compares a column that does not exist.")
    base = own - np.arange(len(own))
    children = np.concatenate([(forest.left - base)[inner], (forest.right - base)[inner]])
    parents = np.bincount(children, minlength=len(own))
    if (parents != (own > 0)).any():
        raise DamagedFileError("a tree's node has no parent or two.")
    if not all(np.isfinite(getattr(forest, name)).all() for name in ("threshold", "value", "cover")):
        raise DamagedFileError("a tree holds a number that is not finite.")
    leaves = np.add.reduceat(leaf.astype(int), forest.start[:-1]) if len(own) else np.zeros(0)
    if (leaves > MAX_LEAVES).any():
        raise DamagedFileError(f"a tree has more than {MAX_LEAVES} leaves.")


def truncated(forest: Forest, n_trees: int) -> Forest:
    """The first trees of a forest."""
    nodes = slice(0, int(forest.start[n_trees]))
    kept = {name: getattr(forest, name)[nodes] for name in NODE_ARRAYS}
    return Forest(
        **kept,
        start=forest.start[: n_trees + 1],
        output=forest.output[:n_trees],
        n_columns=forest.n_columns,
        n_outputs=forest.n_outputs,
    )


def concatenated(forests: list[Forest], weight: float = 1.0) -> Forest:
    """All trees of several forests as one, each leaf times `weight`."""
    arrays = {name: np.concatenate([getattr(f, name) for f in forests]) for name in NODE_ARRAYS}
    arrays["value"] = arrays["value"] * weight
    starts = np.cumsum([0] + [len(f.feature) for f in forests[:-1]])
    start = np.concatenate(
        [f.start[:-1] + s for f, s in zip(forests, starts, strict=True)] + [[len(arrays["feature"])]]
    )
    return Forest(
        **arrays,
        start=start.astype(np.int64),
        output=np.concatenate([f.output for f in forests]),
        n_columns=forests[0].n_columns,
        n_outputs=forests[0].n_outputs,
    )
