"""Changes of series in training: what is not there stays so, each leaves in place what it should."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.networks.augment_series import (
    SeriesAugment,
    augment_series,
    mixed,
    noisy,
    rotations,
    scaled,
    shifted,
    turned,
    warped,
    without_channels,
)

KEY = jax.random.key(0)
compiled = functools.cache(functools.partial(jax.jit, static_argnums=2))


@pytest.fixture(scope="module")
def objects() -> jax.Array:
    """50 series of 9 steps in 12, with a gap at step 4 of channel 1."""
    found = np.random.default_rng(0).standard_normal((50, 12, 3)).astype(np.float32)
    found[:, 9:] = np.nan
    found[:, 4, 1] = np.nan
    return jnp.asarray(found)


@pytest.mark.parametrize("change", [scaled, shifted, noisy, mixed])
def test_what_is_there_changes_and_what_is_not_stays_away(objects: jax.Array, change) -> None:
    change = compiled(change)
    found = np.asarray(change(objects, KEY, 0.1))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(objects))
    moved = np.abs(found - np.asarray(objects))[~np.isnan(objects)]
    assert 0.01 < moved.mean() < 0.5
    np.testing.assert_array_equal(np.asarray(change(objects, KEY, 0.0)), objects)


def test_a_scale_is_one_number_a_channel_and_a_shift_too(objects: jax.Array) -> None:
    factor = np.asarray(compiled(scaled)(objects, KEY, 0.3)) / objects
    added = np.asarray(compiled(shifted)(objects, KEY, 0.3)) - objects
    for found in (factor, added):
        assert np.nanmax(np.nanstd(found, axis=1)) < 1e-4
        assert np.nanstd(found[:, 0]) > 0.2


def test_mixing_turns_and_so_keeps_lengths_to_first_order(objects: jax.Array) -> None:
    whole = jnp.nan_to_num(objects)
    change = np.asarray(compiled(mixed)(whole, KEY, 1e-3) - whole)
    across = (change * np.asarray(whole)).sum(axis=2)  # a turn moves at right angles
    assert np.abs(across).max() < 1e-5 < np.abs(change).max()


def test_warping_a_straight_line_changes_its_slope_alone() -> None:
    line = np.full((40, 12, 1), np.nan, np.float32)
    line[:, :9, 0] = np.arange(9)
    found = np.asarray(compiled(warped)(line, KEY, 0.5))[..., 0]
    assert np.allclose(found[:, 0], 0)
    slopes = [np.diff(row[~np.isnan(row)]) for row in found]
    assert max(np.ptp(slope) for slope in slopes) < 1e-5
    speeds = np.array([slope[0] for slope in slopes])
    assert speeds.min() < 0.8 and speeds.max() > 1.25 and (speeds > 1 / 1.51).all() and (speeds < 1.51).all()
    lengths = (~np.isnan(found)).sum(axis=1)
    np.testing.assert_array_equal(lengths, np.minimum(12, np.floor(8.0001 / speeds) + 1))


def test_warping_by_nothing_is_the_series_and_gaps_stay_gaps(objects: jax.Array) -> None:
    np.testing.assert_allclose(compiled(warped)(objects, KEY, 0.0), objects, atol=1e-5)
    found = np.asarray(compiled(warped)(objects, KEY, 0.2))
    assert np.isfinite(found[:, :7, 0]).all()
    assert np.isnan(found[:, :7, 1]).any(axis=1).mean() > 0.9


def test_a_channel_goes_whole_and_never_the_last_one() -> None:
    gone = np.isnan(np.asarray(compiled(without_channels)(np.ones((500, 6, 3), np.float32), KEY, 0.5)))
    np.testing.assert_array_equal(gone.all(axis=1), gone.any(axis=1))
    assert not gone.all(axis=(1, 2)).any()
    assert gone[:, 0, 1:].mean() == pytest.approx(0.5, abs=0.06)
    assert not np.isnan(np.asarray(compiled(without_channels)(np.ones((20, 6, 1), np.float32), KEY, 0.9))).any()


def test_all_at_once_is_finite_and_the_keys_own(objects: jax.Array) -> None:
    config = SeriesAugment(scale=0.1, shift=0.1, noise=0.1, mix=0.1, warp=0.1, drop=0.2)
    change = jax.jit(lambda series, key: augment_series(series, key, config))
    one, other = np.asarray(change(objects, KEY)), np.asarray(change(objects, jax.random.key(1)))
    assert not np.isinf(one).any() and np.nanmax(np.abs(one - other)) > 0.05
    np.testing.assert_array_equal(one, np.asarray(change(objects, KEY)))


def test_turning_keeps_lengths_and_angles_of_what_was_measured() -> None:
    draw = np.random.default_rng(1)
    measured = draw.standard_normal((8, 5, 7)) * np.arange(1, 8) + 3
    zeros, units = draw.standard_normal(7).astype(np.float32), draw.uniform(0.5, 2, 7).astype(np.float32)
    encoded = jnp.asarray(measured * units + zeros, jnp.float32).at[0, 2, 1].set(jnp.nan)
    found = (np.asarray(jax.jit(turned, static_argnums=2)(encoded, KEY, 0.5, zeros, units)) - zeros) / units
    assert np.isnan(found).sum() == 1 and np.isnan(found[0, 2, 1])
    found, measured = found[1:], measured[1:]
    first, second = found[..., :3], found[..., 3:6]
    np.testing.assert_allclose((first**2).sum(-1), (measured[..., :3] ** 2).sum(-1), rtol=1e-4)
    np.testing.assert_allclose((first * second).sum(-1), (measured[..., :3] * measured[..., 3:6]).sum(-1), atol=1e-3)
    np.testing.assert_allclose(found[..., 6], measured[..., 6], atol=1e-5)
    assert np.abs(first - measured[..., :3]).mean() > 0.5
    # A turn is no mirror: the three axes keep their hand.
    hand = [
        np.linalg.det(one)
        for one in np.asarray(jax.jit(rotations)(np.float32([0.3, 2.0]), draw.random((2, 3), np.float32)))
    ]
    np.testing.assert_allclose(hand, 1, atol=1e-5)
