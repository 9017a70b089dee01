"""How sure a variance is that few terms make up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from lepton_lab.explanation.estimate import T_95, T_PAIRS, widened


def test_many_alike_terms_need_no_widening():
    terms = np.full(100, 0.3)
    assert widened(np.array([terms.sum()]), np.array([(terms**2).sum()])) == pytest.approx([30.0])
    assert widened(np.zeros(2), np.zeros(2)).tolist() == [0.0, 0.0]


def test_one_term_among_many_has_two_degrees_of_freedom():
    terms = np.r_[5.0, np.zeros(99)]
    wide = widened(np.array([terms.sum()]), np.array([(terms**2).sum()]))
    assert wide == pytest.approx([5.0 * (stats.t.ppf(0.975, 2) / T_PAIRS) ** 2])


def test_intervals_hold_what_they_should_where_three_background_rows_carry_the_error():
    """Gaps of three large and 47 small background rows: without widening, 86 % of the intervals hold the truth."""
    draw = np.random.default_rng(0)
    scale = np.r_[np.full(3, 1.0), np.full(47, 0.02)]
    error = (draw.normal(size=(4000, 50)) * scale).sum(axis=1)
    terms = (draw.normal(size=(4000, 50)) * scale) ** 2
    variance, peaks = terms.sum(axis=1), (terms**2).sum(axis=1)
    naive = (np.abs(error) <= T_PAIRS * np.sqrt(variance)).mean()
    held = (np.abs(error) <= T_95 * np.sqrt(widened(variance, peaks))).mean()
    assert naive < 0.89 and 0.92 < held < 0.98
