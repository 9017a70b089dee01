"""Partial dependence and accumulated local effects by their definitions, one row and one value at a time."""

from __future__ import annotations

import itertools

import numpy as np


def ice(predict, x, column, grid):
    """`(row, point)`: the output of each row with the column at each value."""
    curves = np.zeros((len(x), len(grid)))
    for i, row in enumerate(x):
        for k, value in enumerate(grid):
            changed = np.array(row)
            changed[column] = value
            curves[i, k] = predict(changed[None])[0]
    return curves


def accumulated(predict, x, column, edges):
    """ALE at the edges: mean change over each bin's rows, added up, less the mean over rows of the middle of their bin.

    Apley and Zhu 2020, equations 15 and 16; the first bin holds both its edges.
    """
    sums, bins = [0.0], []
    for k in range(1, len(edges)):
        low, high = edges[k - 1], edges[k]
        inside = [row for row in x if low < row[column] <= high or (k == 1 and row[column] == low)]
        changes = []
        for row in inside:
            down, up = np.array(row), np.array(row)
            down[column], up[column] = low, high
            changes.append(predict(up[None])[0] - predict(down[None])[0])
        sums.append(sums[-1] + np.mean(changes))
        bins.append(len(inside))
    middles = [(a + b) / 2 for a, b in itertools.pairwise(sums)]
    return np.array(sums) - np.dot(bins, middles) / len(x)


def accumulated_categories(predict, x, column, levels):
    """ALE of codes in this order: the rows of two neighbours are moved from one to the other."""
    sums = [0.0]
    for before, after in itertools.pairwise(levels):
        changes = []
        for row in x:
            if row[column] in (before, after):
                down, up = np.array(row), np.array(row)
                down[column], up[column] = before, after
                changes.append(predict(up[None])[0] - predict(down[None])[0])
        sums.append(sums[-1] + np.mean(changes))
    shares = [np.mean(x[:, column] == level) for level in levels]
    return np.array(sums) - np.dot(shares, sums)
