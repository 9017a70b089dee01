"""Slow and obvious versions of what is done to series."""

from __future__ import annotations

import numpy as np


def convolved(x: np.ndarray, kernel: np.ndarray, dilation: int, stride: int) -> np.ndarray:
    """Dilated convolution of `x (row, step, feature)`, zeros around it, centred on every `stride`-th step."""
    n_taps = len(kernel)
    middle = ((n_taps - 1) * dilation) // 2
    found = np.zeros((len(x), -(-x.shape[1] // stride), kernel.shape[2]))
    for place in range(found.shape[1]):
        for tap in range(n_taps):
            at = place * stride - middle + tap * dilation
            if 0 <= at < x.shape[1]:
                found[:, place] += x[:, at] @ kernel[tap]
    return found
