"""A game that looks its outputs up in a table of all coalitions: quick, in float64, with nothing of ours inside."""

from __future__ import annotations

import itertools
import math

import numpy as np

from lepton_lab.explanation.game import Game


def all_coalitions(n_players):
    return np.array(list(itertools.product([False, True], repeat=n_players)))[:, ::-1]


class LookupGame(Game):
    """`worth (row, reference, 2**player, output)`; bit i of the place is player i."""

    def __init__(self, worth, differs=None):
        self.worth = np.asarray(worth, float)
        self.bits = all_coalitions(self.n_players)
        shape = (*self.worth.shape[:2], self.n_players)
        self.real = np.ones(shape, bool) if differs is None else differs

    n_rows = property(lambda self: self.worth.shape[0])
    n_background = property(lambda self: self.worth.shape[1])
    n_players = property(lambda self: int(math.log2(self.worth.shape[2])))
    n_features = n_players

    def at_rows(self, rows):
        return self.worth[rows, 0, -1]

    def at_background(self):
        return self.worth[0, :, 0]

    def differs(self, rows):
        return self.real[rows]

    def prepare(self, masks, references):
        return (masks * 2 ** np.arange(self.n_players)).sum(-1), references

    def evaluate(self, prepared, rows, kept):
        places, references = prepared
        of = np.repeat(references, places.shape[1])
        return np.concatenate([self.worth[r, of[k], places.ravel()[k]] for r, k in zip(rows, kept, strict=True)])

    def contract(self, prepared, rows, coefs):
        places, references = prepared
        found = self.worth[rows[:, None, None], references[:, None], places]
        return np.einsum("rbso,bsk->rbko", found, coefs)

    def corners(self, rows, references, players):
        n = players.shape[1]
        places = (all_coalitions(n)[None] * 2 ** players[:, None]).sum(-1)
        return self.worth[rows[:, None], references[:, None], places]


def network_worth(seed, n_rows, n_background, n_players, categorical=(), hidden=24, n_outputs=1):
    """Worths of a random two-layer network, and which values differ."""
    rng = np.random.default_rng(seed)
    first = 1.5 * rng.normal(size=(n_players, hidden)) / np.sqrt(n_players)
    bias, second = 0.3 * rng.normal(size=hidden), 1.5 * rng.normal(size=(hidden, hidden)) / np.sqrt(hidden)
    last = 1.5 * rng.normal(size=(hidden, n_outputs)) / np.sqrt(hidden)
    x, background = rng.normal(size=(n_rows, n_players)), rng.normal(size=(n_background, n_players))
    for j in categorical:
        x[:, j], background[:, j] = rng.integers(0, 3, n_rows), rng.integers(0, 3, n_background)
    bits = all_coalitions(n_players)
    mixed = np.where(bits, x[:, None, None], background[None, :, None])
    return np.maximum(np.maximum(mixed @ first + bias, 0) @ second, 0) @ last, x[:, None] != background


def shapley_of(worth):
    """Shapley values by the definition, over all coalitions: `(row, reference, player, output)`."""
    d = int(math.log2(worth.shape[2]))
    bits = all_coalitions(d)
    out = np.zeros((*worth.shape[:2], d, worth.shape[3]))
    for place, members in enumerate(bits):
        size = members.sum()
        for j in np.flatnonzero(~members):
            share = math.factorial(size) * math.factorial(d - size - 1) / math.factorial(d)
            out[:, :, j] += share * (worth[:, :, place + 2**j] - worth[:, :, place])
    return out
