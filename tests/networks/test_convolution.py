"""Convolutions as matrix products against XLA's own; the norm against its definition."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from lepton_lab.networks.convolution import GroupNorm, convolve, convolve_each

CASES = [(3, 1, 6, 6), (3, 2, 6, 6), (3, 2, 7, 5), (5, 2, 8, 8), (4, 2, 6, 7), (2, 2, 5, 5), (1, 2, 5, 6), (5, 1, 3, 2)]


@pytest.mark.parametrize(("side", "stride", "height", "width"), CASES)
def test_a_convolution_is_xlas(side: int, stride: int, height: int, width: int) -> None:
    draw = np.random.default_rng(0)
    x = draw.standard_normal((2, height, width, 3)).astype(np.float32)
    kernel = draw.standard_normal((side, side, 3, 4)).astype(np.float32)
    how = {"window_strides": (stride, stride), "padding": "SAME", "dimension_numbers": ("NHWC", "HWIO", "NHWC")}

    @jax.jit
    def pairs(x: jax.Array, kernel: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
        each = jax.lax.conv_general_dilated(x, kernel[:, :, :1, :3], feature_group_count=3, **how)
        whole = jax.lax.conv_general_dilated(x, kernel, **how)
        return [(convolve(x, kernel, stride), whole), (convolve_each(x, kernel[:, :, 0, :3], stride), each)]

    for found, wanted in pairs(x, kernel):
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_group_norm_is_its_definition_for_each_image_alone() -> None:
    draw = np.random.default_rng(1)
    x = (5 * draw.standard_normal((3, 4, 5, 16)) + 7).astype(np.float32)
    norm = jax.jit(lambda x: GroupNorm(16)(x))
    normed = np.asarray(norm(x))
    for group in (slice(0, 8), slice(8, 16)):
        part = x[1, :, :, group].astype(np.float64)
        np.testing.assert_allclose(normed[1, :, :, group], (part - part.mean()) / part.std(), atol=1e-4)
    np.testing.assert_allclose(np.asarray(norm(x[1:2])), normed[1:2], atol=1e-5)
