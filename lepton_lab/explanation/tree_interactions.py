"""Exact Shapley interaction values of a tree member, leaf by leaf.

Between a row and a background row a leaf is a game of two kinds of players: those that only the row
has inside the leaf's box must all be present, those that only the background row has inside must all be
absent. The interaction of two such players has a closed form.

Source: the index (Grabisch and Roubens 1999) of that game. With m players to be present and o to be
absent: two of the first (m - 2)! o! / (m + o - 1)!, two of the second m! (o - 2)! / (m + o - 1)!, and one
of each -(m - 1)! (o - 1)! / (m + o - 1)!, times the leaf's value.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from scipy import special

from lepton_lab.explanation.explain_trees import CHUNK_NUMBERS, Boxes, leaf_boxes
from lepton_lab.explanation.groups import Groups
from lepton_lab.members.trees import TreesMember


def tree_interactions(
    member: TreesMember,
    x: np.ndarray,
    background: np.ndarray,
    weights: Float64[np.ndarray, " reference"],
    groups: Groups,
) -> Float64[np.ndarray, "row player player output"]:
    """Halves of the interactions of every two players in the trees' logits; 0 on the diagonal.

    Args:
        member: the trees.
        x: encoded rows to explain.
        background: encoded reference rows.
        weights: of the reference rows, summing to 1.
        groups: the players.
    """
    inputs, references = member.tree_inputs(x), member.tree_inputs(background)
    d = groups.n_players
    values = np.zeros((len(x), d, d, member.forest.n_outputs))
    for boxes in leaf_boxes(member.forest, groups.player_of):
        step = max(1, CHUNK_NUMBERS // (len(x) * len(background)))
        for at in range(0, len(boxes), step):
            _add_leaves(boxes.take(slice(at, at + step)), inputs, references, weights, values)
    return (values + values.swapaxes(1, 2)) / 2


def _add_leaves(
    boxes: Boxes, inputs: np.ndarray, references: np.ndarray, weights: np.ndarray, values: np.ndarray
) -> None:
    """Add the interactions of some leaves' players, each pair of players on one side of the diagonal."""
    ours, theirs = boxes.patterns(inputs), boxes.patterns(references)
    full = np.uint64(2**boxes.n_bits - 1)
    reach = ((ours[:, :, None] | theirs[:, None, :]) == full) & (ours[:, :, None] != theirs[:, None, :])
    leaf, row, reference = np.nonzero(reach)
    mine, other = ours[leaf, row] & ~theirs[leaf, reference], theirs[leaf, reference] & ~ours[leaf, row]
    both_mine, both_other, mixed = _shares(np.bitwise_count(mine).astype(int), np.bitwise_count(other).astype(int))
    worth = boxes.value[leaf] * weights[reference]
    _, d, _, n_outputs = values.shape
    for i in range(boxes.n_bits):
        for j in range(i + 1, boxes.n_bits):
            pair = np.uint64((1 << i) | (1 << j))
            ends, starts = np.bitwise_count(mine & pair), np.bitwise_count(other & pair)
            share = np.select([ends == 2, starts == 2, (ends == 1) & (starts == 1)], [both_mine, both_other, -mixed])
            place = (row * d + boxes.player[leaf, i]) * d + boxes.player[leaf, j]
            flat = place * n_outputs + boxes.output[leaf]
            values += np.bincount(flat, share * worth, values.size).reshape(values.shape)


def _shares(n_mine: np.ndarray, n_other: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interactions in a leaf of value 1: of two to be present, of two to be absent, and of one each (its size)."""
    m, o = n_mine.astype(float), n_other.astype(float)
    # 1 / B(m, o) = (m + o - 1)! / ((m - 1)! (o - 1)!), in logarithms.
    total = special.gammaln(np.maximum(m + o, 1))

    def share(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """`first! second! / (m + o - 1)!`, where both are at least 0."""
        known = (first >= 0) & (second >= 0)
        return np.where(
            known,
            np.exp(
                special.gammaln(np.where(known, first, 0) + 1) + special.gammaln(np.where(known, second, 0) + 1) - total
            ),
            0.0,
        )

    return share(m - 2, o), share(m, o - 2), share(m - 1, o - 1)
