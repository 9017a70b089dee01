"""The place of a number among the knots: against its definition, and knots that spend themselves well."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.networks.piecewise import PiecewiseLinear, choose_knots


def test_every_bin_is_its_formula() -> None:
    knots = np.array([[-1.0, 0.0, 0.5, 2.0, 2.0]], np.float32)
    xs = np.array([-3.0, -1.0, -0.25, 0.5, 1.0, 2.0, 9.0], np.float32)
    got = np.asarray(PiecewiseLinear(knots)(jnp.asarray(xs[:, None])))[:, 0]
    for b, (low, high) in enumerate(zip(knots[0, :-1], knots[0, 1:], strict=True)):
        wanted = np.interp(xs, [low, high], [0, 1]) if high > low else np.zeros(len(xs))
        np.testing.assert_allclose(got[:, b], wanted, atol=1e-6)


def test_infinite_numbers_lie_at_the_ends_and_missing_ones_nowhere() -> None:
    place = PiecewiseLinear(np.array([[0.0, 1.0, 2.0]], np.float32))
    got = np.asarray(place(jnp.array([[np.inf], [-np.inf], [np.nan]])))[:, 0]
    np.testing.assert_array_equal(got, [[1, 1], [0, 0], [0, 0]])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60), st.integers(1, 9))
def test_knots_ascend_from_the_least_to_the_greatest(values: list[int], n_bins: int) -> None:
    knots = choose_knots(np.array(values, float)[:, None], n_bins)[0]
    assert knots.shape == (n_bins + 1,)
    assert (np.diff(knots) >= 0).all()
    assert knots[0] == min(values) and knots[-1] == max(values)
    assert set(knots.tolist()) <= {float(v) for v in values}


@pytest.mark.parametrize("share_of_zeros", [0.0, 0.5, 0.95])
def test_a_frequent_value_takes_few_knots(share_of_zeros: float) -> None:
    draw = np.random.default_rng(0)
    x = np.where(draw.random(5_000) < share_of_zeros, 0.0, draw.lognormal(0, 2, 5_000))
    knots = choose_knots(x[:, None], 32)[0]
    assert len(np.unique(knots[knots > 0])) >= 25


def test_a_column_with_nothing_known_has_no_places() -> None:
    knots = choose_knots(np.full((4, 1), np.nan), 3)
    assert not np.asarray(PiecewiseLinear(knots)(jnp.ones((2, 1)))).any()
