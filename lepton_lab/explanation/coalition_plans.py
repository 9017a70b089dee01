"""Sampled coalitions in complement pairs, and the linear estimators that are unbiased on them.

A plan draws, for every background row on its own, pairs of a coalition and its complement: the same
number of each size (these are the leverage scores of the Shapley regression), without replacement,
and all of a size where that is affordable. `cross_fitted` turns what each pair says about the values
wanted into coefficients of the model's outputs. It runs no model; `least_squares.py` and
`sampled_interactions.py` apply the coefficients.

Why not plain least squares: a regression on few samples is biased, by little beside one background
row's error, but all background rows err alike and averaging hides the noise only. Here the regression
is a control variate: fitted on three folds of the sample, its residuals on the fourth correct it, and
each fold takes that part in turn. What comes out is linear in the outputs, has no bias at any number
of samples, and the error of plain least squares, whose value it is where all coalitions are taken.

Source: Musco and Witter (2024), "Provably Accurate Shapley Value Estimation via Leverage Score
Sampling", arXiv:2410.01917, for sizes and pairs; Covert and Lee (2021), "Improving KernelSHAP:
Practical Shapley Value Estimation via Linear Regression", section 3.2, for the unbiased estimator that
the residuals go through. Folds, and plans of one background row each, are ours.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

# Parts of the sample that correct a regression on the others.
N_FOLDS = 4
# Sizes with at most this many pairs are drawn without replacement from a list of all.
LISTED = 1 << 14
# A size whose share comes to this part of all its pairs is taken whole.
NEARLY_ALL = 0.5
# Of the mean squared size of the features: hardly more than what keeps few pairs solvable, so that games
# of what the regression explains have no error to speak of.
RIDGE = 1e-6


@dataclass(frozen=True)
class Strata:
    """How many complement pairs of each size a plan holds; the same for every background row.

    Args:
        n_players: of the game.
        size: the smaller size in a pair, from 1 to half the players.
        population: pairs of this size.
        per_fold: pairs drawn for each fold; 0 where all pairs of the size are taken.
    """

    n_players: int
    size: Int[np.ndarray, " stratum"]
    population: Float64[np.ndarray, " stratum"]
    per_fold: Int[np.ndarray, " stratum"]

    @functools.cached_property
    def drawn(self) -> Int[np.ndarray, " stratum"]:
        """Pairs in the plan."""
        return np.where(self.per_fold > 0, N_FOLDS * self.per_fold, np.minimum(self.population, LISTED).astype(int))

    @property
    def n_pairs(self) -> int:
        """Pairs of one background row, of all sizes."""
        return int(self.drawn.sum())

    @property
    def complete(self) -> bool:
        """Whether every coalition is in the plan."""
        return not self.per_fold.any()

    @functools.cached_property
    def stratum(self) -> Int[np.ndarray, " pair"]:
        """The stratum of each pair."""
        return np.repeat(np.arange(len(self.size)), self.drawn)

    @functools.cached_property
    def fold(self) -> Int[np.ndarray, " pair"]:
        """The fold of each pair; -1 where all pairs of its size are taken."""
        folds = [
            np.repeat(np.arange(N_FOLDS), n) if n else np.full(m, -1)
            for n, m in zip(self.per_fold, self.drawn, strict=True)
        ]
        return np.concatenate(folds).astype(np.int64)

    @functools.cached_property
    def remaining(self) -> Float64[np.ndarray, " stratum"]:
        """Share of each population that the plan leaves out; 1 where draws are not told apart."""
        return np.where(self.population > LISTED, 1.0, 1 - self.drawn / self.population)


def strata_of(n_players: int, n_pairs: int) -> Strata:
    """The strata of a plan of about so many pairs, at least one a size and fold.

    Args:
        n_players: at least 2.
        n_pairs: wanted for each background row.
    """
    size = np.arange(1, n_players // 2 + 1)
    half = 2 * size == n_players
    population = np.array([math.comb(n_players, s) / (2 if h else 1) for s, h in zip(size.tolist(), half, strict=True)])
    # A pair of two sizes counts for both of them.
    leverage = np.where(half, 1.0, 2.0)
    whole = population < N_FOLDS
    while True:
        share = max(n_pairs - population[whole].sum(), 0.0) * np.where(whole, 0.0, leverage)
        share = share / max(leverage[~whole].sum(), 1.0)
        more = ~whole & (share >= NEARLY_ALL * population) & (population <= LISTED)
        if not more.any():
            break
        whole |= more
    most = np.maximum(np.minimum(population, n_pairs + 1) // N_FOLDS, 1)
    per_fold = np.where(whole, 0, np.clip(_whole_numbers(share / N_FOLDS), 1, most))
    return Strata(n_players, size, population, per_fold.astype(np.int64))


def _whole_numbers(shares: Float64[np.ndarray, " stratum"]) -> Int[np.ndarray, " stratum"]:
    """Shares as whole numbers of the same sum: rounded down, and the largest remainders up."""
    down = np.floor(shares).astype(np.int64)
    missing = round(float(shares.sum())) - int(down.sum())
    down[np.argsort(down - shares, kind="stable")[:missing]] += 1
    return down


def draw_pairs(
    strata: Strata, n_references: int, rng: np.random.Generator
) -> Bool[np.ndarray, "reference pair player"]:
    """One coalition of each pair, independently for every background row."""
    parts = []
    for size, population, per_fold, n in zip(
        strata.size, strata.population, strata.per_fold, strata.drawn, strict=True
    ):
        shape = (n_references, int(n), strata.n_players)
        if population > LISTED:
            order = np.argsort(rng.random(shape, dtype=np.float32), axis=2)
            masks = np.zeros(shape, dtype=bool)
            np.put_along_axis(masks, order[:, :, : int(size)], True, axis=2)
        elif per_fold == 0:
            masks = np.broadcast_to(_listed(strata.n_players, int(size)), shape)
        else:
            keys = rng.random((n_references, int(population)), dtype=np.float32)
            chosen = rng.permuted(np.argpartition(keys, int(n) - 1, axis=1)[:, : int(n)], axis=1)
            masks = _listed(strata.n_players, int(size))[chosen]
        parts.append(masks)
    return np.concatenate(parts, axis=1)


@functools.lru_cache(maxsize=64)
def _listed(n_players: int, size: int) -> Bool[np.ndarray, "pair player"]:
    """One coalition of each pair of a size; of two halves the one with the first player."""
    chosen = itertools.combinations(range(n_players), size)
    if 2 * size == n_players:
        chosen = ((0, *rest) for rest in itertools.combinations(range(1, n_players), size - 1))
    members = np.array(list(chosen))
    masks = np.zeros((len(members), n_players), dtype=bool)
    np.put_along_axis(masks, members, True, axis=1)
    return masks


def cross_fitted(
    strata: Strata,
    features: Float64[np.ndarray, "reference pair term"],
    effect: Float64[np.ndarray, "term value"],
    kernel: Float64[np.ndarray, "reference pair value"],
) -> tuple[Float64[np.ndarray, "reference pair value"], Float64[np.ndarray, "reference pair value"]]:
    """Coefficients that turn the worths of pairs into estimates of some values, without bias.

    The values are sums over strata of the population means of `kernel * worth`. A fold's estimate is
    `effect` of a regression of the worths on the features over the other folds, plus the estimated
    values of what it leaves over.

    Args:
        strata: of the plan.
        features: what the regression explains worths by.
        effect: the values of a game that is a feature, exactly.
        kernel: what a pair's worth says about the values.

    Returns:
        Coefficients of the mean over folds, and of the half gap: half the difference of the folds' two
        halves, scaled so that its square has the variance of the mean also where much of a size is taken.
    """
    count = np.maximum(strata.per_fold, 1)[strata.stratum].astype(np.float64)
    whole = strata.fold < 0
    population = strata.population[strata.stratum]
    weight = (1 / (strata.size * (strata.n_players - strata.size)))[strata.stratum]
    # Known pairs are counted as themselves; the fold's own stand for all the rest.
    known = np.where(strata.population > LISTED, 0.0, (N_FOLDS - 1) * strata.per_fold / strata.population)[
        strata.stratum
    ]
    value, gap, contrast = np.zeros_like(kernel), np.zeros_like(kernel), np.zeros_like(kernel)
    shared = np.zeros_like(features)
    for fold in range(N_FOLDS):
        own = strata.fold == fold
        others = np.where(whole, 1 / population, np.where(own, 0.0, 1 / ((N_FOLDS - 1) * count)))
        fitted = _regression(features, weight * others)
        mean = np.where(whole, 1 / population, np.where(own, (1 - known) / count, known / ((N_FOLDS - 1) * count)))
        raw = mean[:, None] * kernel
        estimate = raw + fitted @ (effect - features.swapaxes(1, 2) @ raw)
        sign = (1 if 2 * fold < N_FOLDS else -1) / N_FOLDS
        value += estimate / N_FOLDS
        gap += sign * estimate
        contrast += sign * raw
        shared += fitted / N_FOLDS
    # Only what the regression leaves over varies with the draw, so only that is scaled.
    more = (np.where(whole, 1.0, 1 / np.sqrt(np.maximum(strata.remaining[strata.stratum], 1e-12))) - 1)[:, None]
    more = more * contrast
    return value, gap + more - shared @ (features.swapaxes(1, 2) @ more)


def _regression(features: np.ndarray, weight: np.ndarray) -> Float64[np.ndarray, "reference pair term"]:
    """What each pair's worth adds to the coefficient of each feature: weighted ridge regression."""
    weighted = weight[:, None] * features
    gram = features.swapaxes(1, 2) @ weighted
    n_terms = gram.shape[1]
    ridge = RIDGE * np.trace(gram, axis1=1, axis2=2) / n_terms
    gram = gram + np.maximum(ridge, 1e-300)[:, None, None] * np.eye(n_terms)
    return np.linalg.solve(gram, weighted.swapaxes(1, 2)).swapaxes(1, 2)
