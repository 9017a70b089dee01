"""The tabular network as its formulas say, in float64 numpy, one head and one column at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np


def periodic(x: float, frequency, phase, kernel, bias, missing) -> np.ndarray:
    """`concat(c, W cos(2 pi f c + p) + b)` of the clipped number `c`; the vector for NaN on top of that of 0."""
    absent = math.isnan(x)
    clipped = 0.0 if absent else x / math.sqrt(1 + (x / 3) ** 2)
    waves = np.array([math.cos(2 * math.pi * f * clipped + p) for f, p in zip(frequency, phase, strict=True)])
    z = np.concatenate([[clipped], waves @ kernel + bias])
    return z + missing if absent else z


def placed(x: float, knots: np.ndarray) -> np.ndarray:
    """How far `x` has come through each bin between two knots; nothing for NaN or a bin without width."""
    if math.isnan(x):
        return np.zeros(len(knots) - 1)
    bins = itertools.pairwise(knots)
    return np.array([0.0 if low >= high else min(max((x - low) / (high - low), 0.0), 1.0) for low, high in bins])


def head(hidden: np.ndarray, scale, kernel, bias, out_kernel, out_bias) -> np.ndarray:
    """One head of the ensemble, nothing folded: scale the units, then the shared kernel."""
    units = np.maximum(np.maximum(hidden, 0) * scale @ kernel + bias, 0)
    return units @ out_kernel + out_bias


def project(arrays: dict[str, np.ndarray], layout, x: np.ndarray) -> np.ndarray:
    """`(column, hidden)` of one row, column by column."""
    arrays = {name: np.asarray(array, np.float64) for name, array in arrays.items()}
    kernel = arrays["first.kernel"] * arrays["first.scale"][:, None]
    knots = arrays["first.placed.knots"]
    width = arrays["first.numeric.kernel"].shape[2] + knots.shape[1]
    embed = arrays["first.category.table"].shape[1]
    result = np.zeros((layout.n_columns, kernel.shape[1]))
    for i, column in enumerate(layout.numeric):
        names = ("frequency", "phase", "kernel", "bias", "missing")
        z = periodic(float(x[column]), *(arrays[f"first.numeric.{name}"][i] for name in names))
        z = np.concatenate([z, placed(float(x[column]), knots[i])])
        result[column] = z @ kernel[i * width : (i + 1) * width]
    at = len(layout.numeric) * width
    for column, n_codes in zip(layout.one_hot, layout.one_hot_codes, strict=True):
        result[column] = kernel[at + int(x[column])]
        at += n_codes
    at, first = len(layout.numeric) * width + layout.n_one_hot_rows, 0
    for column, n_codes in zip(layout.embedded, layout.embedded_codes, strict=True):
        result[column] = arrays["first.category.table"][first + int(x[column])] @ kernel[at : at + embed]
        at, first = at + embed, first + n_codes
    return result


def network(arrays: dict[str, np.ndarray], layout, x: np.ndarray) -> np.ndarray:
    """`(head, output)` of one row."""
    hidden = arrays["first.bias"] + project(arrays, layout, x).sum(0)
    parts = [arrays[name] for name in ("heads.scale", "heads.bias", "outputs.kernel", "outputs.bias")]
    return np.stack([head(hidden, s, arrays["heads.kernel"], b, k, c) for s, b, k, c in zip(*parts, strict=True)])
