"""Interventional Shapley values by their definition: every coalition, every background row. Slow on purpose."""

from __future__ import annotations

import itertools
import math

import numpy as np


def shapley_values(predict, x, background, weights=None):
    """`(row, feature, output)` of `predict(x (row, feature)) -> (row, output)`; weights of background rows sum to 1.

    phi_j = sum over coalitions S without j of |S|! (d - |S| - 1)! / d! * (v(S + j) - v(S)),
    v(S) = mean over background rows of predict(the row's values on S, the background row's elsewhere).
    """
    n_features = x.shape[1]
    weights = np.full(len(background), 1 / len(background)) if weights is None else weights
    out = []
    for row in x:
        worth = {}
        for size in range(n_features + 1):
            for coalition in itertools.combinations(range(n_features), size):
                mixed = np.array(background)
                for j in coalition:
                    mixed[:, j] = row[j]
                worth[coalition] = weights @ predict(mixed)
        values = []
        for j in range(n_features):
            phi = 0.0
            for coalition in worth:
                if j in coalition:
                    continue
                s = len(coalition)
                share = math.factorial(s) * math.factorial(n_features - s - 1) / math.factorial(n_features)
                phi = phi + share * (worth[tuple(sorted((*coalition, j)))] - worth[coalition])
            values.append(phi)
        out.append(values)
    return np.array(out)
