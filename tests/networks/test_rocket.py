"""Fixed convolutions: what they give is what loops give, padding and gaps change nothing, nothing is learned."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lepton_lab.networks.augment_series import SeriesAugment
from lepton_lab.networks.rocket import KERNELS, N_THRESHOLDS, Rocket, RocketConfig, channel_mixtures, thresholds

N_STEPS, N_CHANNELS, DILATIONS = 11, 2, (1, 3)
CONFIG = RocketConfig(dilations=DILATIONS, window=16, dropout=0.0, augment=SeriesAugment(scale=0.0, noise=0.0))


@pytest.fixture(scope="module")
def encoder() -> Rocket:
    return Rocket((None, N_CHANNELS), CONFIG, draw=np.random.default_rng(0))


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    found = np.full((3, 16, N_CHANNELS), np.nan, np.float32)
    found[:2, :N_STEPS] = np.random.default_rng(1).standard_normal((2, N_STEPS, N_CHANNELS))
    found[1, 4, 0] = np.nan
    return found


@pytest.fixture(scope="module")
def compiled(encoder: Rocket):
    return jax.jit(lambda objects: encoder(objects))


@pytest.fixture(scope="module")
def read(compiled, series: np.ndarray) -> np.ndarray:
    return np.asarray(compiled(jnp.asarray(series)))


def looped(one: np.ndarray) -> list[float]:
    """The definition, a step, a kernel and a threshold at a time; a gap is 0."""
    x, found = np.nan_to_num(one[:N_STEPS].astype(np.float64)), []
    for k, (dilation, mixtures) in enumerate(zip(DILATIONS, channel_mixtures(2, N_CHANNELS, 0), strict=True)):
        for above in thresholds(k):
            for kernel, mixture, threshold in zip(KERNELS, mixtures, above, strict=True):
                risen = []
                for step in range(N_STEPS):
                    taps = [step + (tap - 4) * dilation for tap in range(9)]
                    y = sum(w * (x[at] @ mixture) for w, at in zip(kernel, taps, strict=True) if 0 <= at < N_STEPS)
                    risen.append(min(1.0, max(0.0, (y - threshold) / 0.1 + 0.5)))
                found.append((np.mean(risen) - 0.5) / 0.15)
    return found


def test_shares_are_what_loops_count(encoder: Rocket, series: np.ndarray, read: np.ndarray) -> None:
    assert read.shape == (3, encoder.width)
    for row in range(2):
        np.testing.assert_allclose(read[row, 4 * N_CHANNELS :], looped(series[row]), atol=1e-4)
    x = series[0, :N_STEPS]
    np.testing.assert_allclose(read[0, :4], [*x.mean(0), *x.std(0)], atol=1e-5)
    np.testing.assert_allclose(read[0, 4:8], [*x.min(0), *x.max(0)], atol=1e-6)


def test_padding_changes_nothing_and_a_series_of_nothing_is_finite(compiled, series: np.ndarray, read) -> None:
    np.testing.assert_allclose(compiled(jnp.asarray(series[:2, :N_STEPS])), read[:2], atol=2e-5)
    assert np.isfinite(read[2]).all()


def test_a_kernel_sees_no_level_and_nothing_is_learned(encoder: Rocket) -> None:
    np.testing.assert_allclose(KERNELS.sum(axis=1), 0, atol=1e-6)
    assert len(np.unique(KERNELS, axis=0)) == 84
    assert not jax.tree.leaves(nnx.state(encoder, nnx.Param))
    assert np.abs(thresholds(0)).max() <= 0.7 and len(np.unique(thresholds(1))) == 84 * N_THRESHOLDS
    np.testing.assert_allclose(np.linalg.norm(channel_mixtures(2, 5, 0), axis=-1), 1, rtol=1e-6)
