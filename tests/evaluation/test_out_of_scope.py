"""Scores for rows that fit no class, and nearest vectors, against slow obvious versions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import rankdata

from lepton_lab.evaluation.cosine_neighbours import cosine_neighbours
from lepton_lab.evaluation.out_of_scope import limit_for, together, unsure

DRAW = np.random.default_rng(0)


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    ranks = rankdata(np.concatenate([inside, outside]))[len(inside) :]
    return (ranks.sum() - len(outside) * (len(outside) + 1) / 2) / (len(inside) * len(outside))


def test_scores_of_logits_follow_their_definitions() -> None:
    logits = 300 * DRAW.standard_normal((50, 7))
    np.testing.assert_allclose(unsure(logits), 1 - softmax(logits, axis=1).max(axis=1), atol=1e-12)


def test_strangers_are_told_apart() -> None:
    centres = 6 * DRAW.standard_normal((5, 8))
    y = np.arange(200) % 5
    known, inside = (centres[y] + DRAW.standard_normal((200, 8)) for _ in range(2))
    outside = 4 * DRAW.standard_normal((100, 8))
    near, far = (1 - cosine_neighbours(rows, known, 1).similarity[:, 0] for rows in (inside, outside))
    assert auroc(near, far) > 0.9
    assert 0.9 <= (near <= limit_for(near, 0.9)).mean() <= 0.91


def test_two_scores_together_count_alike_whatever_their_size() -> None:
    valid = [DRAW.standard_normal(300), 5 + 1000 * DRAW.standard_normal(300)]
    both = together([valid[0], valid[1]], valid)
    assert both.mean() == pytest.approx(0, abs=1e-9)
    assert np.corrcoef(both, valid[0])[0, 1] == pytest.approx(np.corrcoef(both, valid[1])[0, 1])
    moved = together([valid[0] + 7, valid[1]], valid)
    np.testing.assert_allclose(moved - both, 7 / valid[0].std())


def test_neighbours_are_those_of_a_full_search() -> None:
    asked, known = DRAW.standard_normal((30, 5)), DRAW.standard_normal((80, 5))
    found = cosine_neighbours(asked, known, n=4)
    for row, vector in enumerate(asked):
        cosine = known @ vector / np.linalg.norm(known, axis=1) / np.linalg.norm(vector)
        assert found.places[row].tolist() == np.argsort(-cosine)[:4].tolist()
        np.testing.assert_allclose(found.similarity[row], np.sort(cosine)[::-1][:4], atol=1e-6)


def test_equally_near_ones_come_in_their_order_and_nothing_is_near_nobody() -> None:
    known = np.array([[0.0, 0.0], [1, 0], [2, 0], [np.nan, 1], [3, 0]])
    found = cosine_neighbours(np.array([[5.0, 0], [0, 0]]), known, n=9)
    assert found.places[0].tolist() == [1, 2, 4, 0, 3]
    assert found.similarity.tolist() == [[1, 1, 1, -1, -1], [-1] * 5]
    assert cosine_neighbours(np.array([[5.0, 0]]), known, n=2).places.tolist() == [[1, 2]]
