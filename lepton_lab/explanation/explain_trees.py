"""Exact Shapley values of a tree member against a background, in a few passes over its leaves.

A leaf is a box: for each feature on its path an interval. Between a row and a background row only the
features matter that one of them has inside the box and the other has not. So for each leaf a row is a
pattern of bits, one a feature of the box, and the background is a histogram of such patterns; what every
pattern of a row earns is one matmul with a table that depends on the number of features alone. Boxes
of many features, or few rows, are done pair by pair: few pairs have each feature inside one way or the other.

The trees split one plain number a column (categories are codes, missing is explicit), so one column is one
player; or a group of columns is, and is inside a box where all of them are. A bit of a pattern is a player.

Source: Nadel and Wettenstein (2025), "From Decision Trees to Boolean Logic: A Fast and Unified SHAP
Algorithm", arXiv:2511.09376, for patterns and tables; Laberge and Pequignot (2022), "Understanding
Interventional TreeSHAP", for the pairs. Ours tabulates by numbers of features, in numpy.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from scipy import sparse, special

from lepton_lab.explanation.forms import corner_bits
from lepton_lab.explanation.groups import Groups
from lepton_lab.members.forest import Forest
from lepton_lab.members.trees import TreesMember

# Boxes of at most this many players are tabulated: a table has 4**n * n numbers.
TABLE_BITS = 8
# Fewer rows than this are done pair by pair.
TABLE_ROWS = 8
# Leaves worked on at once, with rows and patterns: these few numbers stay in the processor's cache.
CHUNK_NUMBERS = 500_000
# Patterns of a background that are kept from one question to the next, 4 to 32 MB: of 1,300 trees for 100 rows.
MOST_KEPT = 4_000_000


@dataclass(frozen=True)
class Boxes:
    """Leaves with the same number of distinct players on their paths.

    A value v of feature `feature[leaf, i]` is inside where `low < v <= high`. The feature belongs to the
    player of bit `bit[leaf, i]`. Leaves of fewer features than others repeat one.
    """

    feature: Int[np.ndarray, "leaf step"]
    low: Float64[np.ndarray, "leaf step"]
    high: Float64[np.ndarray, "leaf step"]
    bit: Int[np.ndarray, "leaf step"]
    player: Int[np.ndarray, "leaf bit"]
    value: Float64[np.ndarray, " leaf"]
    output: Int[np.ndarray, " leaf"]

    def __len__(self) -> int:
        return len(self.value)

    def take(self, leaves: slice | np.ndarray) -> Boxes:
        """Some of them."""
        arrays = (self.feature, self.low, self.high, self.bit, self.player, self.value, self.output)
        return Boxes(*(array[leaves] for array in arrays))

    @property
    def n_bits(self) -> int:
        """Players on each path."""
        return self.player.shape[1]

    def patterns(self, inputs: Float64[np.ndarray, "row feature"]) -> np.ndarray:
        """`(leaf, row)`: bit i says whether the row's values of the i-th player are all inside the box."""
        # The narrowest numbers that hold the bits: pairs of patterns are compared by the million.
        kind = np.min_scalar_type(2**self.n_bits - 1)
        outside = np.zeros((len(self), len(inputs)), dtype=kind)
        columns = np.ascontiguousarray(inputs.T)
        for i in range(self.feature.shape[1]):
            values = columns[self.feature[:, i]]
            beyond = ~((values > self.low[:, i, None]) & (values <= self.high[:, i, None]))
            outside |= beyond.astype(kind) << self.bit[:, i, None].astype(kind)
        return ~outside & kind.type(2**self.n_bits - 1)


class KeptPatterns:
    """Patterns of one background's rows in the boxes of forests: they do not change between explained rows.

    It belongs to a `Background` and lives as long: what-if asks again and again about one. Of forests beyond
    `MOST_KEPT` numbers the patterns are made anew each time, as they would be without it.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[_Same, tuple[int, ...]], list[np.ndarray | None]] = {}
        self._n_kept = 0

    def of(
        self, member: TreesMember, player_of: tuple[int, ...], references: Float64[np.ndarray, "reference feature"]
    ) -> list[np.ndarray | None]:
        """`(leaf, reference)` for each `leaf_boxes` of the member; None where there are too many to keep."""
        key = _Same(member.forest), player_of
        if key not in self._kept:
            self._kept[key] = [self._patterns(boxes, references) for boxes in leaf_boxes(member.forest, player_of)]
        return self._kept[key]

    def _patterns(self, boxes: Boxes, references: np.ndarray) -> np.ndarray | None:
        size = len(boxes) * len(references)
        if self._n_kept + size > MOST_KEPT:
            return None
        self._n_kept += size
        return boxes.patterns(references)


def tree_values(
    member: TreesMember,
    x: np.ndarray,
    background: np.ndarray,
    weights: Float64[np.ndarray, " reference"],
    groups: Groups | None = None,
    kept: KeptPatterns | None = None,
) -> Float64[np.ndarray, "row player output"]:
    """Exact interventional values of the trees' logits.

    Args:
        member: the trees.
        x: encoded rows to explain.
        background: encoded reference rows.
        weights: of the reference rows, summing to 1.
        groups: the players; None where every column is one.
        kept: what is kept of this background between questions.
    """
    inputs, references = member.tree_inputs(x), member.tree_inputs(background)
    player_of = groups.player_of if groups is not None else tuple(range(x.shape[1]))
    n_players = max(player_of) + 1
    values = np.zeros((len(x), member.forest.n_outputs, n_players))
    patterns = (kept or KeptPatterns()).of(member, player_of, references)
    for boxes, theirs in zip(leaf_boxes(member.forest, player_of), patterns, strict=True):
        n_bits = boxes.n_bits
        tabulate = n_bits <= TABLE_BITS and len(x) >= TABLE_ROWS
        per_leaf = max(2**n_bits, len(x)) * n_bits if tabulate else len(x) * len(background)
        step = max(1, CHUNK_NUMBERS // per_leaf)
        earn = _by_table if tabulate else _by_pair
        for at in range(0, len(boxes), step):
            some = boxes.take(slice(at, at + step))
            seen = some.patterns(references) if theirs is None else theirs[at : at + step]
            earn(some, inputs, seen, weights, values)
    return values.swapaxes(1, 2)


def _by_table(boxes: Boxes, inputs: np.ndarray, theirs: np.ndarray, weights: np.ndarray, values: np.ndarray) -> None:
    """Add what each row's pattern earns against the background's histogram of patterns."""
    n_leaves, n_bits = boxes.player.shape
    n_patterns = 2**n_bits
    leaf = np.arange(n_leaves)[:, None]
    seen = leaf * n_patterns + theirs.astype(np.int64)
    histogram = np.bincount(seen.ravel(), np.broadcast_to(weights, seen.shape).ravel(), n_leaves * n_patterns)
    earned = (histogram.reshape(n_leaves, n_patterns) * boxes.value[:, None]) @ _earnings(n_bits)
    rows = boxes.patterns(inputs).astype(np.int64)
    found = earned.reshape(n_leaves, n_patterns, n_bits)[leaf, rows]
    flat = found.transpose(0, 2, 1).reshape(n_leaves * n_bits, len(inputs))
    n_rows, n_outputs, n_players = values.shape
    values += (_placing(boxes, n_outputs, n_players) @ flat).T.reshape(n_rows, n_outputs, n_players)


def _placing(boxes: Boxes, n_outputs: int, n_players: int) -> sparse.csr_matrix:
    """Which entry of the values each (leaf, bit) adds to."""
    entry = (boxes.output[:, None] * n_players + boxes.player).ravel()
    shape = (n_outputs * n_players, len(entry))
    return sparse.csr_matrix((np.ones(len(entry)), (entry, np.arange(len(entry)))), shape=shape)


def _by_pair(boxes: Boxes, inputs: np.ndarray, theirs: np.ndarray, weights: np.ndarray, values: np.ndarray) -> None:
    """Add what each pair of row and background row earns, for the pairs that can reach the leaf at all."""
    n_bits = boxes.n_bits
    ours = boxes.patterns(inputs)
    full = ours.dtype.type(2**n_bits - 1)
    reach = ((ours[:, :, None] | theirs[:, None, :]) == full) & (ours[:, :, None] != theirs[:, None, :])
    leaf, row, reference = np.nonzero(reach)
    mine, other = ours[leaf, row] & ~theirs[leaf, reference], theirs[leaf, reference] & ~ours[leaf, row]
    n_mine, n_other = np.bitwise_count(mine).astype(np.int64), np.bitwise_count(other).astype(np.int64)
    gain, loss = _shares(n_mine, n_other)
    worth = boxes.value[leaf] * weights[reference]
    _, n_outputs, n_players = values.shape
    for i in range(n_bits):
        bit = ours.dtype.type(1 << i)
        share = np.where(mine & bit, gain, 0.0) - np.where(other & bit, loss, 0.0)
        entry = (row * n_outputs + boxes.output[leaf]) * n_players + boxes.player[leaf, i]
        values += np.bincount(entry, share * worth, values.size).reshape(values.shape)


def _shares(n_mine: np.ndarray, n_other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one of the features that only the row has inside gains, and one that only the background row has loses.

    The leaf is reached when all of the first have been switched and none of the second: a game whose
    values are (m - 1)! o! / (m + o)! and -m! (o - 1)! / (m + o)!.
    """
    ways = special.comb(n_mine + n_other, n_mine)
    return 1 / (np.maximum(n_mine, 1) * ways), 1 / (np.maximum(n_other, 1) * ways)


@functools.lru_cache(maxsize=TABLE_BITS + 1)
def _earnings(n_bits: int) -> Float64[np.ndarray, "background earned"]:
    """`(pattern of the background row, (pattern of the row, bit))`: what each feature earns of a leaf of value 1."""
    bits = corner_bits(n_bits)
    theirs, ours = bits[:, None], bits[None]
    mine, other = ours & ~theirs, theirs & ~ours
    gain, loss = _shares(mine.sum(2), other.sum(2))
    reach = np.all(ours | theirs, axis=2, keepdims=True)
    earned = reach * (mine * gain[..., None] - other * loss[..., None])
    return earned.reshape(len(bits), -1)


class _Same:
    """A forest as a key: itself, whatever its numbers."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest

    def __hash__(self) -> int:
        return id(self.forest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.forest is self.forest


def leaf_boxes(forest: Forest, player_of: tuple[int, ...]) -> list[Boxes]:
    """The leaves of a forest as boxes, by their number of players; leaves without any are left out."""
    return _leaf_boxes(_Same(forest), player_of)


@functools.lru_cache(maxsize=4)
def _leaf_boxes(same: _Same, player_of: tuple[int, ...]) -> list[Boxes]:
    """Kept for the last forests asked for: what-if asks again and again for one row."""
    forest = same.forest
    leaves, feature, low, high = _paths(forest)
    tree = np.searchsorted(forest.start, leaves, side="right") - 1
    player = np.where(feature >= 0, np.array(player_of)[feature], -1)
    counts = _new_players(player).sum(axis=1)
    found = []
    for n in np.unique(counts[counts > 0]):
        mine = np.flatnonzero(counts == n)
        steps, bit, order = _steps(player[mine])
        pick = functools.partial(np.take_along_axis, indices=steps, axis=1)
        found.append(
            Boxes(
                pick(feature[mine]).astype(np.int64),
                pick(low[mine]),
                pick(high[mine]),
                bit,
                order[:, :n],
                forest.value[leaves[mine]],
                forest.output[tree[mine]].astype(np.int64),
            )
        )
    return found


def _new_players(player: np.ndarray) -> np.ndarray:
    """Which steps of each path bring a player that no step before has; -1 is no step."""
    new = np.zeros(player.shape, dtype=bool)
    for i in range(player.shape[1]):
        new[:, i] = (player[:, i] >= 0) & (player[:, :i] != player[:, i, None]).all(axis=1)
    return new


def _steps(player: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The steps of each path that are some, the first of them repeated up to the longest path's number; the bit
    of each; and the players in the order of their bits."""
    used = player >= 0
    n_steps = int(used.sum(axis=1).max())
    steps = np.argsort(~used, axis=1, kind="stable")[:, :n_steps]
    steps = np.where(np.take_along_axis(used, steps, axis=1), steps, steps[:, :1])
    mine = np.take_along_axis(player, steps, axis=1)
    new = _new_players(mine)
    order = np.take_along_axis(mine, np.argsort(~new, axis=1, kind="stable"), axis=1)
    bit = (mine[:, :, None] == order[:, None, :]).argmax(axis=2)
    return steps, bit, order


def _paths(forest: Forest) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The leaves' nodes, and for each step up their paths a feature's interval; a feature met before is merged there.

    A feature of -1 is no step.
    """
    n_nodes = len(forest.feature)
    offset = np.repeat(forest.start[:-1], np.diff(forest.start))
    inner = np.flatnonzero(forest.feature >= 0)
    parent = np.full(n_nodes, -1)
    from_left = np.zeros(n_nodes, dtype=bool)
    parent[forest.left[inner] + offset[inner]] = inner
    parent[forest.right[inner] + offset[inner]] = inner
    from_left[forest.left[inner] + offset[inner]] = True
    leaves = np.flatnonzero(forest.feature < 0)
    node, steps = leaves.copy(), []
    while (parent[node] >= 0).any():
        above = parent[node]
        real = above >= 0
        threshold = np.where(real, forest.threshold[above], 0.0)
        high = np.where(real & from_left[node], threshold, np.inf)
        low = np.where(real & ~from_left[node], threshold, -np.inf)
        steps.append((np.where(real, forest.feature[above], -1), low, high))
        node = np.where(real, above, node)
    if not steps:
        nothing = np.zeros((len(leaves), 0))
        return leaves, nothing.astype(np.int64), nothing, nothing
    feature, low, high = (np.stack(part, axis=1) for part in zip(*steps, strict=True))
    return leaves, *_merged(feature, low, high)


def _merged(feature: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intervals of a feature that a path meets twice, cut to their intersection at its first place."""
    for later in range(1, feature.shape[1]):
        for first in range(later):
            same = (feature[:, first] == feature[:, later]) & (feature[:, later] >= 0)
            low[same, first] = np.maximum(low[same, first], low[same, later])
            high[same, first] = np.minimum(high[same, first], high[same, later])
            feature[same, later] = -1
    return feature, low, high
