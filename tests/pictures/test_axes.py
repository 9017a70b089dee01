"""Scales and ticks: laws, and a few round cases."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lepton_lab.pictures.axes import Scale, extent, nice_extent, ticks

finite = st.floats(-1e9, 1e9)


@given(finite, finite, st.integers(2, 9))
def test_ticks_are_few_rising_and_inside(low, high, n):
    assume(high - low > 1e-6 * max(1.0, abs(low), abs(high)))
    marks = ticks(low, high, n)
    slack = 1e-6 * max(1.0, abs(low), abs(high))
    assert marks == sorted(set(marks))
    assert len(marks) <= 2 * n + 2
    assert all(low - slack <= mark <= high + slack for mark in marks)


@pytest.mark.parametrize(
    ("low", "high", "marks"), [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-3, 12, [0, 5, 10]), (2, 2, [2])]
)
def test_ticks_are_round(low, high, marks):
    assert ticks(low, high, 4 if low == -3 else 5) == pytest.approx(marks)


@given(st.lists(st.floats(), max_size=20))
def test_an_extent_is_an_interval_whatever_comes(values):
    assume(all(abs(v) < 1e300 or v != v for v in values))
    low, high = extent(values)
    assert low < high


def test_a_nice_extent_holds_the_extent():
    assert nice_extent(0.31, 0.88) == pytest.approx((0.2, 1.0))


def test_a_scale_maps_its_ends_and_keeps_inside():
    scale = Scale(0, 10, 100, 200)
    assert (scale(0), scale(10), scale.clamp(99)) == (100, 200, 200)
    assert Scale(3, 3, 0, 10)(3) == 5
