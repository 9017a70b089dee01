"""Background rows by weight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.explanation.background import weighted_rows


def test_few_rows_are_all_kept_with_their_weights():
    rows, weights = weighted_rows(np.array([0.5, 0.3, 0.2]), seed=0)
    assert rows.tolist() == [0, 1, 2] and weights.tolist() == [0.5, 0.3, 0.2]


@given(st.integers(0, 50), st.integers(101, 400))
def test_each_rows_share_is_within_one_draw_of_its_weight(seed, n):
    weights = np.random.default_rng(seed).pareto(1.0, n)
    weights /= weights.sum()
    rows, shares = weighted_rows(weights, seed)
    assert len(rows) <= 100 and (np.diff(rows) > 0).all() and shares.sum() == pytest.approx(1.0)
    full = np.zeros(n)
    full[rows] = shares
    assert (np.abs(full - weights) <= 0.01 + 1e-12).all()


def test_rows_without_weight_are_never_drawn():
    weights = np.where(np.arange(300) % 3 == 0, 0.01, 0.0)
    rows, _ = weighted_rows(weights, seed=4)
    assert (rows % 3 == 0).all() and len(rows) == 100
