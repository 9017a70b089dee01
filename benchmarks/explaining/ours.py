"""lepton-lab as a user gets it, by the amount of work asked for, and the values to compare with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explaining.curves import Reference
from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.exact import exact_values
from lepton_lab.explanation.explain_game import shapley_values
from lepton_lab.explanation.options import ExplainOptions

# Work of a reference where columns are too many to enumerate, and of the simple estimator that checks it.
REFERENCE_WALKS, CHECK_PERMUTATIONS = 96, 24


def sampled(model, n_walks: int, n_rows: int | None = None, seed: int = 0) -> Estimate:
    """What `ll.explain` does with this many walks a background row, or the least squares that they are worth."""
    return shapley_values(model.game(n_rows), model.weights, ExplainOptions(n_walks=n_walks, seed=seed), Pace())


def exact(model, n_rows: int | None = None) -> Estimate:
    """Every coalition."""
    game = model.game(n_rows)
    return exact_values(game, np.arange(game.n_rows), model.weights, Pace())


@dataclass(frozen=True)
class Truth:
    """Values to compare with, in words, and how far a second estimator is from them (1 is as far as both say)."""

    reference: Reference
    how: str


def truth(model, n_rows: int) -> Truth:
    """Exact values where columns are few, else a long run with another seed, checked by plain permutations."""
    if model.x.shape[1] <= 16:
        values = exact(model, n_rows).values[:, :, 0]
        return Truth(Reference(values, np.zeros_like(values)), "exact")
    found = sampled(model, REFERENCE_WALKS, n_rows, seed=99)
    reference = Reference(found.values[:, :, 0], np.sqrt(found.variance[:, :, 0]))
    plain, plain_std = plain_permutations(model, min(n_rows, 4), CHECK_PERMUTATIONS)
    off = (plain - reference.values[: len(plain)]) ** 2 / (plain_std**2 + reference.error_std[: len(plain)] ** 2)
    return Truth(reference, f"{100 * reference.error:.2f} % (check {np.sqrt(off.mean()):.2f})")


def plain_permutations(model, n_rows: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The definition, sampled: an order for every row, background row and repetition. Values and standard errors."""
    rng, d = np.random.default_rng(5), model.x.shape[1]
    x = model.x[:n_rows, None, None]
    rounds = []
    for _ in range(n):
        orders = rng.permuted(np.tile(np.arange(d), (n_rows, len(model.background), 1)), axis=2)
        place = np.argsort(orders, axis=2)
        present = place[:, :, None] < np.arange(d + 1)[:, None]
        mixed = np.where(present, x, model.background[:, None])
        outputs = model.predict(mixed.reshape(-1, d)).astype(np.float64).reshape(n_rows, len(model.background), d + 1)
        rounds.append(np.take_along_axis(np.diff(outputs, axis=2), place, axis=2).mean(1))
    return np.mean(rounds, axis=0), np.std(rounds, axis=0, ddof=1) / np.sqrt(n)
