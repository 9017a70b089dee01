"""Exact Shapley values of a tree member, by shap's interventional TreeExplainer.

The trees split one plain number a column (categories are codes, missing is explicit), where shap's
explainer is exact; on native categories it is not, and the caller checks every sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float64

from lepton_lab.members.trees import TreesMember


def tree_values(
    member: TreesMember, x: np.ndarray, background: np.ndarray, weights: Float64[np.ndarray, " reference"]
) -> Float64[np.ndarray, "row feature output"]:
    """Exact interventional values of the trees' logits, one output's trees at a time.

    shap weighs background rows alike, so rows of each weight are explained together and their means added.
    """
    inputs, references = member.tree_inputs(x), member.tree_inputs(background)
    values = np.zeros((*x.shape, member.forest.n_outputs))
    for output in range(member.forest.n_outputs):
        trees = _trees_of(member, output)
        for weight in np.unique(weights[weights > 0]):
            alike = weights == weight
            values[:, :, output] += weight * alike.sum() * _shap_values(trees, inputs, references[alike])
    return values


def _trees_of(member: TreesMember, output: int) -> dict[str, Any]:
    """shap's dictionary of the trees that add to one output, as a model of one output."""
    found = member.shap_trees()
    mine = np.flatnonzero(member.forest.output == output)
    trees = [found["trees"][i] for i in mine]
    return found | {"trees": [tree | {"values": tree["values"][:, [output]]} for tree in trees]}


def _shap_values(trees: dict[str, Any], inputs: np.ndarray, references: np.ndarray) -> np.ndarray:
    import shap

    if not trees["trees"]:
        return np.zeros(inputs.shape)
    explainer = shap.TreeExplainer(trees, data=references, feature_perturbation="interventional")
    return np.asarray(explainer.shap_values(inputs, check_additivity=False)).reshape(inputs.shape)
