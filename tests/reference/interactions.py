"""Shapley interaction values by their definition: every coalition, every pair. Slow on purpose."""

from __future__ import annotations

import itertools
import math

import numpy as np

from tests.reference.shapley import shapley_values


def interaction_values(predict, x, background, weights=None):
    """`(row, feature, feature, output)` in shap's convention; weights of background rows sum to 1.

    I_ij = sum over coalitions S without i, j of |S|! (d - |S| - 2)! / (d - 1)!
           * (v(S + i + j) - v(S + i) - v(S + j) + v(S)).
    Off the diagonal half of it; on the diagonal the Shapley value less the rest of the matrix's row.
    """
    n_features = x.shape[1]
    weights = np.full(len(background), 1 / len(background)) if weights is None else weights
    phi = shapley_values(predict, x, background, weights)
    out = np.zeros((len(x), n_features, n_features, phi.shape[2]))
    for r, row in enumerate(x):

        def worth(coalition, row=row):
            mixed = np.array(background)
            for j in coalition:
                mixed[:, j] = row[j]
            return weights @ predict(mixed)

        for i, j in itertools.combinations(range(n_features), 2):
            others = [k for k in range(n_features) if k not in (i, j)]
            index = 0.0
            for size in range(len(others) + 1):
                share = math.factorial(size) * math.factorial(n_features - size - 2) / math.factorial(n_features - 1)
                for s in itertools.combinations(others, size):
                    index = index + share * (worth((*s, i, j)) - worth((*s, i)) - worth((*s, j)) + worth(s))
            out[r, i, j] = out[r, j, i] = index / 2
        for i in range(n_features):
            out[r, i, i] = phi[r, i] - out[r, i].sum(axis=0)
    return out
