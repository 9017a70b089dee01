"""Ratings: how many stars will somebody give a film, against a biased matrix factorisation on the same rows.

`train` holds out a random fifth of the ratings. The factorisation is the usual one (user and item effects and factors,
by alternating least squares), its number of factors and its penalty chosen on a tenth of the other rows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import lepton_lab as ll
from domain_parts.benchmark import Benchmark, Measured

OPTIONS = tuple((factors, penalty) for factors in (8, 32) for penalty in (5.0, 10.0, 20.0))
SWEEPS, EFFECT_PENALTY = 15, 5.0
TYPES = {"user": "category", "film": "category"}


@dataclass(frozen=True)
class Factors:
    """A matrix factorisation: `mean + user effect + item effect + user factors . item factors`."""

    mean: float
    users: np.ndarray
    items: np.ndarray

    def __call__(self, user: np.ndarray, item: np.ndarray) -> np.ndarray:
        """Ratings of pairs; the last row of each table stands for who or what was never seen."""
        u, i = self.users[user], self.items[item]
        return np.clip(self.mean + u[:, 0] + i[:, 0] + (u[:, 1:] * i[:, 1:]).sum(axis=1), 1, 5)


def factorised(user: np.ndarray, item: np.ndarray, y: np.ndarray, sizes: tuple[int, int], n: int, p: float) -> Factors:
    """Fit by alternating least squares: with one side fixed the other is a ridge regression a row.

    Source: Koren, Bell and Volinsky 2009, Matrix factorization techniques for recommender systems, IEEE Computer
        42 (8), equation 4.
    """
    draw, mean = np.random.default_rng(0), float(y.mean())
    tables = [0.1 * draw.standard_normal((size + 1, n + 1)) for size in sizes]
    for table in tables:
        table[:, 0], table[-1] = 0, 0
    sides = (user, item)
    rows = [np.split(np.argsort(side, kind="stable"), np.cumsum(np.bincount(side, minlength=size))[:-1])
            for side, size in zip(sides, sizes, strict=True)]  # fmt: skip
    ridge = np.diag([EFFECT_PENALTY, *[p] * n])
    for _ in range(SWEEPS):
        for k in (0, 1):
            other, of_other = tables[1 - k], sides[1 - k]
            for one, at in enumerate(rows[k]):
                theirs = other[of_other[at]]
                known = np.column_stack([np.ones(len(at)), theirs[:, 1:]])
                left = y[at] - mean - theirs[:, 0]
                tables[k][one] = np.linalg.solve(known.T @ known + ridge, known.T @ left)
    return Factors(mean, *tables)


def best_factors(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, tuple[int, float]]:
    """The factorisation's ratings of the test rows, and its options, chosen on a tenth of the others."""
    codes = {name: pd.Index(train[name].unique()) for name in ("user", "film")}
    sizes = (len(codes["user"]), len(codes["film"]))

    def pairs(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        return tuple(codes[name].get_indexer(rows[name]) for name in ("user", "film"))  # type: ignore[return-value]

    late = np.random.default_rng(0).random(len(train)) < 0.1
    early, tried = train[~late], train[late]

    def error(options: tuple[int, float]) -> float:
        found = factorised(*pairs(early), early["rating"].to_numpy(float), sizes, *options)
        return rmse(found(*pairs(tried)), tried["rating"])

    chosen = min(OPTIONS, key=error)
    return factorised(*pairs(train), train["rating"].to_numpy(float), sizes, *chosen)(*pairs(test)), chosen


def rmse(found: np.ndarray, y: pd.Series) -> float:
    """Root of the mean squared error, in stars."""
    return float(np.sqrt(np.mean((found - y.to_numpy(float)) ** 2)))


def ratings(folder: Path) -> Measured:
    """RMSE of what `train` makes of users and films, with and without what is known of both."""
    df = ll.samples.load("movielens").drop(columns="time")
    began = time.monotonic()
    model = ll.train(df, target="rating", task="regression", types=TYPES)
    seconds = time.monotonic() - began
    assert model.held_out is not None
    held = model.held_out.table.index
    test, train = df.loc[held], df.drop(index=held)
    theirs, options = best_factors(train, test)
    mean = rmse(np.full(len(test), train["rating"].mean()), test["rating"])
    figures = {"RMSE": rmse(model.predict(test)["prediction"].to_numpy(), test["rating"])}
    figures |= {f"RMSE of {name}": row["rmse"].value for name, row in model.leaderboard.items() if name != "blend"}
    figures |= {"RMSE of the factorisation": rmse(theirs, test["rating"]), "RMSE of the mean": mean}
    note = f"{len(test):,} ratings; {options[0]} factors and penalty {options[1]:g}, chosen on validation"
    return Measured(figures, seconds, note)


BENCHMARKS = {
    "ratings": Benchmark(
        "the stars that a user gives a film (MovieLens-100k)",
        "20 % by train's own random split, seed 0",
        'll.train(df, target="rating", task="regression", types={"user": "category", "film": "category"})',
        "not behind a matrix factorisation",
        ratings,
    )
}
