"""Values of trees against shap's TreeExplainer and against the definition."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from lepton_lab.data.encode_tabular import Block
from lepton_lab.explanation import explain_trees
from lepton_lab.explanation.explain_trees import leaf_boxes, tree_values
from lepton_lab.explanation.groups import Groups
from lepton_lab.members.trees import TreesConfig, fit_trees
from lepton_lab.tasks import Binary, Multiclass
from tests.reference import shapley


@functools.cache
def grown(n_features, n_outputs=1, leaves=31, rounds=20):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, n_features)).astype(np.float32)
    x[::9, 0] = np.nan
    score = np.nan_to_num(x).sum(axis=1) + np.nan_to_num(x[:, 0]) * x[:, 1]
    y = np.digitize(score, [-1, 1]) if n_outputs > 1 else (score > 0).astype(int)
    task = Multiclass(("a", "b", "c")) if n_outputs > 1 else Binary(0, 1)
    blocks = [Block(f"c{j}", "numeric") for j in range(n_features)]
    config = TreesConfig(rounds=rounds, leaves=leaves, min_rows=3, column_share=1.0)
    return fit_trees(x, y, None, blocks, task, valid=None, config=config, seed=0).member, x


def weights(n):
    return np.random.default_rng(1).dirichlet(np.ones(n))


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("n_rows", [3, 40])
def test_trees_are_explained_by_definition(n_outputs, n_rows):
    """A few rows go pair by pair, many through tables."""
    member, x = grown(5, n_outputs)
    found = tree_values(member, x[:n_rows], x[500:512], weights(12))
    wanted = shapley.shapley_values(member.logits, x[:n_rows][:6], x[500:512], weights(12))
    np.testing.assert_allclose(found[:6], wanted, atol=1e-12)
    gap = found.sum(axis=1) - (member.logits(x[:n_rows]) - weights(12) @ member.logits(x[500:512]))
    assert np.abs(gap).max() < 1e-12


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("n_rows", [3, 60])
def test_numeric_columns_agree_with_shaps_interventional_values(n_outputs, n_rows):
    """Another program's numbers, for both of our ways; boxes of more features than are tabulated take part."""
    import shap

    member, x = grown(14, n_outputs, leaves=60 if n_outputs == 1 else 15)
    bits = [boxes.n_bits for boxes in leaf_boxes(member.forest, tuple(range(14)))]
    assert max(bits) > explain_trees.TABLE_BITS or n_outputs > 1
    found = tree_values(member, x[:n_rows], x[500:560], np.full(60, 1 / 60))
    explainer = shap.TreeExplainer(
        member.shap_trees(), data=member.tree_inputs(x[500:560]), feature_perturbation="interventional"
    )
    theirs = explainer.shap_values(member.tree_inputs(x[:n_rows]), check_additivity=False)
    np.testing.assert_allclose(found, np.reshape(theirs, (n_rows, 14, n_outputs)), atol=1e-6)


@pytest.mark.parametrize("n_rows", [3, 40])
def test_groups_of_columns_are_players(n_rows):
    """A group of columns is inside a leaf where all of them are; against the definition with two players."""
    member, x = grown(5)
    groups = Groups(("ends", "middle", "one"), (0, 1, 2, 1, 0))
    ours, background = x[:n_rows], x[500:512]
    found = tree_values(member, ours, background, weights(12), groups)
    both = np.concatenate([ours[:5], background])

    def of_players(which):
        return member.logits(np.stack([both[which[:, groups.player_of[j]], j] for j in range(5)], axis=1))

    numbers = np.arange(len(both))[:, None].repeat(3, axis=1)
    wanted = shapley.shapley_values(of_players, numbers[: min(5, n_rows)], numbers[-12:], weights(12))
    np.testing.assert_allclose(found[:5], wanted, atol=1e-12)
    apart = tree_values(member, ours, background, weights(12))
    assert np.abs(found - groups.sums(apart)).max() > 1e-3
    np.testing.assert_allclose(found.sum(axis=1), apart.sum(axis=1), atol=1e-12)


def test_tables_and_pairs_agree(monkeypatch):
    member, x = grown(14, leaves=60)
    tables = tree_values(member, x[:40], x[500:520], weights(20))
    monkeypatch.setattr(explain_trees, "TABLE_BITS", 0)
    monkeypatch.setattr(explain_trees, "CHUNK_NUMBERS", 5_000)
    np.testing.assert_allclose(tree_values(member, x[:40], x[500:520], weights(20)), tables, atol=1e-12)


@pytest.mark.parametrize("n_rows", [3, 40])
@pytest.mark.parametrize("most", [0, 3_000, explain_trees.MOST_KEPT])
def test_what_is_kept_of_a_background_changes_no_bit(monkeypatch, n_rows, most):
    """Nothing kept, a part, and all; for one row after another, and for players of two kinds."""
    monkeypatch.setattr(explain_trees, "MOST_KEPT", most)
    member, x = grown(5)
    groups = Groups(("ends", "middle", "one"), (0, 1, 2, 1, 0))
    kept = explain_trees.KeptPatterns()
    for at in (0, 50):
        rows = x[at : at + n_rows]
        for players in (None, groups):
            alone = tree_values(member, rows, x[500:512], weights(12), players)
            again = tree_values(member, rows, x[500:512], weights(12), players, kept)
            np.testing.assert_array_equal(again, alone)


def test_patterns_are_made_once_for_all_questions_about_a_background(monkeypatch):
    member, x = grown(5)
    kept, made = explain_trees.KeptPatterns(), []
    patterns = explain_trees.Boxes.patterns
    monkeypatch.setattr(explain_trees.Boxes, "patterns", lambda b, rows: (made.append(len(rows)), patterns(b, rows))[1])
    for _ in range(3):
        tree_values(member, x[:2], x[500:512], weights(12), None, kept)
    n_kinds = len(leaf_boxes(member.forest, tuple(range(5))))
    assert made.count(12) == n_kinds


def test_boxes_are_the_leaves():
    """Each row is inside one box of each tree, and that box's value is what the tree adds."""
    member, x = grown(5)
    total = np.zeros(50)
    for boxes in leaf_boxes(member.forest, tuple(range(5))):
        full = 2**boxes.n_bits - 1
        total += boxes.value @ (boxes.patterns(member.tree_inputs(x[:50])) == full)
    np.testing.assert_allclose(total, member.logits(x[:50])[:, 0], atol=1e-12)


def test_a_forest_of_stumps_moves_nothing():
    member, x = grown(5, rounds=1, leaves=2)
    constant = fit_trees(
        np.zeros((60, 5), np.float32), np.arange(60) % 2, None, [Block(f"c{j}", "numeric") for j in range(5)],
        Binary(0, 1), valid=None, config=TreesConfig(rounds=1), seed=0,
    ).member  # fmt: skip
    assert not tree_values(constant, x[:3], x[5:9], np.full(4, 0.25)).any()
    assert tree_values(member, x[:3], x[5:9], np.full(4, 0.25)).any()


def test_a_value_on_a_threshold_goes_left():
    member, x = grown(5)
    inputs = member.tree_inputs(x[:20]).copy()
    node = np.flatnonzero(member.forest.feature == 2)[0]
    inputs[:, 2] = member.forest.threshold[node]
    total = np.zeros(20)
    for boxes in leaf_boxes(member.forest, tuple(range(5))):
        total += boxes.value @ (boxes.patterns(inputs) == 2**boxes.n_bits - 1)
    np.testing.assert_allclose(total, member.forest.sum(inputs)[:, 0], atol=1e-12)
