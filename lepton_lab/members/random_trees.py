"""Trees that are grown apart and averaged, to stand beside boosted ones where rows are few.

Boosted trees correct each other, and with a few hundred rows soon correct noise. Trees of rows drawn with
replacement, and trees split at random, err each in their own way, and their mean by less. scikit-learn only grows
them: they are kept as the boosted ones are, on the same inputs, and so are explained exactly like these.

Source: Breiman 2001, Random Forests, Machine Learning 45; Geurts, Ernst and Wehenkel 2006, Extremely randomized trees,
    Machine Learning 63.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.members.forest import Forest, check_forest, concatenated
from lepton_lab.members.tree_inputs import fit_tree_inputs
from lepton_lab.members.trees import TreesMember
from lepton_lab.tasks import Regression

if TYPE_CHECKING:
    from lepton_lab.data.encode_tabular import AnyBlock

# Grown between two looks at the clock.
_AT_ONCE = 15


@dataclass(frozen=True)
class RandomTreesConfig:
    """How they are grown.

    Args:
        of_each: trees of each of the two kinds.
        leaves: of a tree, at most; 32 fit into one word when trees are summed.
        min_rows: of a leaf.
        column_share: looked at for a split, of trees of drawn rows; trees split at random look at all.
        share: of the mean with the boosted trees.
    """

    of_each: int = 60
    leaves: int = 32
    min_rows: int = 3
    column_share: float = 0.5
    share: float = 2 / 3


def fit_random_trees(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    blocks: Sequence[AnyBlock],
    task: Regression,
    *,
    config: RandomTreesConfig,
    seed: int,
    ended: Callable[[], str] | None = None,
) -> TreesMember | None:
    """The mean of trees of both kinds; None where `ended` gave a word meanwhile, or numbers are too large to split.

    Args:
        x: encoded rows `(row, column)`.
        y: the number to predict.
        weights: of the rows, or None.
        blocks: one a column.
        task: what is learned.
        config: how they are grown.
        seed: of every random choice; boosted trees of the same rows and seed have the same inputs.
        ended: asked now and then; a word ends growth.
    """
    inputs, matrix = fit_tree_inputs(x, y, weights, blocks, task, seed)
    if np.abs(matrix).max() >= np.finfo(np.float32).max:  # scikit-learn splits float32
        return None
    signs = [block.monotone for block in blocks]
    draw, trees = np.random.default_rng(seed), []
    for first in range(0, config.of_each, _AT_ONCE):
        n_trees = min(_AT_ONCE, config.of_each - first)
        for make in _kinds(config, signs if any(signs) else None):
            if ended is not None and ended():
                return None
            forest = make(n_trees, int(draw.integers(2**31)))
            trees += forest.fit(matrix, np.asarray(y, np.float64), sample_weight=weights).estimators_
    forests = [_read(tree.tree_, matrix.shape[1]) for tree in trees]
    return TreesMember(inputs, check_forest(concatenated(forests, 1 / len(forests))), len(forests))


def averaged(boosted: TreesMember, random: TreesMember, share: float) -> TreesMember:
    """Boosted trees and random ones of the same inputs as one member: `share` of the random ones' logits."""
    parts = [concatenated([boosted.forest], 1 - share), concatenated([random.forest], share)]
    return TreesMember(boosted.inputs, concatenated(parts), boosted.n_random + random.n_random)


def _kinds(config: RandomTreesConfig, signs: list[int] | None) -> tuple[Callable[[int, int], Any], ...]:
    """What makes so many trees of each kind from a seed."""
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

    leaves: dict[str, Any] = {"max_leaf_nodes": config.leaves, "min_samples_leaf": config.min_rows}

    def split_at_random(n_trees: int, seed: int) -> ExtraTreesRegressor:
        return ExtraTreesRegressor(n_trees, random_state=seed, monotonic_cst=signs, **leaves)

    def of_drawn_rows(n_trees: int, seed: int) -> RandomForestRegressor:
        share = config.column_share
        return RandomForestRegressor(n_trees, random_state=seed, max_features=share, monotonic_cst=signs, **leaves)

    return split_at_random, of_drawn_rows


def _read(tree: Any, n_columns: int) -> Forest:
    """One tree of scikit-learn's as arrays; there, too, a child comes after its parent, and small values go left."""
    is_leaf = tree.children_left < 0
    return Forest(
        feature=np.where(is_leaf, -1, tree.feature).astype(np.int32),
        threshold=np.where(is_leaf, 0.0, tree.threshold),
        left=np.where(is_leaf, -1, tree.children_left).astype(np.int32),
        right=np.where(is_leaf, -1, tree.children_right).astype(np.int32),
        value=np.where(is_leaf, tree.value[:, 0, 0], 0.0),
        cover=tree.weighted_n_node_samples.astype(np.float64),
        start=np.array([0, tree.node_count]),
        output=np.zeros(1, np.int64),
        n_columns=n_columns,
        n_outputs=1,
    )
