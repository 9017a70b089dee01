"""SAGE values by their definition: every coalition, every row, every background row. Slow on purpose."""

from __future__ import annotations

import itertools
import math

import numpy as np


def sage_values(predict, loss, x, y, background, weights, players):
    """`(row, player)`: Shapley values of the loss saved on each row; the mean over rows is the SAGE value.

    v(S) = -loss(mean over background rows of predict(the row's values on S, the background's elsewhere), y).
    `players` lists each player's columns.
    """
    out = []
    for row, truth in zip(x, y, strict=True):
        worth = {}
        for size in range(len(players) + 1):
            for coalition in itertools.combinations(range(len(players)), size):
                mixed = np.array(background)
                for player in coalition:
                    for j in players[player]:
                        mixed[:, j] = row[j]
                worth[coalition] = -loss(weights @ predict(mixed), truth)
        out.append([_value(worth, player, len(players)) for player in range(len(players))])
    return np.array(out)


def _value(worth, player, n):
    total = 0.0
    for coalition in worth:
        if player not in coalition:
            s = len(coalition)
            share = math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n)
            total += share * (worth[tuple(sorted((*coalition, player)))] - worth[coalition])
    return total
