"""Recommendation: which film comes next, against popularity and the ALS of implicit, all told the same.

Every rating from the 80 % quantile of time on, which is where `train` draws its line by itself, is one question: of
all films that its user has not rated before that moment, at which place is the one that came? Ratings of one moment
are in no history of each other. All methods learn from the earlier ratings alone, and know each user's history up to
the moment asked about; ALS gets its user's factors anew from that history, by its own `recalculate_user`, and its
options from the last 15 % of the earlier ratings.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import lepton_lab as ll
from domain_parts.benchmark import Benchmark, Measured
from lepton_lab.data.frames import open_frame
from lepton_lab.ranking import discounted_gain, hit_rate, places, without_seen

TEST_FROM, VALID_FROM = 0.8, 0.85
ALS_OPTIONS = tuple((factors, alpha) for factors in (32, 64, 128) for alpha in (1.0, 5.0))
TRIED = 3000  # questions that choose among them
Scores = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Asked:
    """Questions to rank films for.

    Args:
        rows: with `history` and the film that came.
        films: those that can be ranked.
    """

    rows: pd.DataFrame
    films: np.ndarray

    def codes(self, items: np.ndarray) -> np.ndarray:
        """The place of each film among those that can be ranked; -1 for others."""
        return pd.Index(self.films).get_indexer(items)

    def histories(self, at: np.ndarray) -> list[np.ndarray]:
        """Codes of what each row's user had rated."""
        lists = [self.rows["history"].iloc[row] for row in at]
        found = [np.empty(0, int) if one is None else self.codes(one.items) for one in lists]
        return [codes[codes >= 0] for codes in found]

    def figures(self, scores: Scores) -> tuple[float, float]:
        """NDCG@10 and HR@10 of scores `(row, film)`, asked for a few rows at a time."""
        came, found = self.codes(self.rows["film"].to_numpy()), np.full(len(self.rows), np.inf)
        for at in np.array_split(np.arange(len(self.rows)), max(1, len(self.rows) // 1000)):
            seen = np.zeros((len(at), len(self.films)), bool)
            for row, codes in enumerate(self.histories(at)):
                seen[row, codes] = True
            known = came[at] >= 0
            found[at[known]] = places(came[at[known]], without_seen(scores(at), seen)[known])
        return float(discounted_gain(found, 10).mean()), float(hit_rate(found, 10).mean())


def movielens(folder: Path) -> Measured:
    """NDCG@10 and HR@10 of the pack's model, of popularity and of ALS, on the same questions."""
    df = ll.samples.load("movielens")
    border = df["time"].quantile(TEST_FROM)
    train = df[df["time"] < border]
    began = time.monotonic()
    model = ll.train(df, domain="recommendation")
    seconds = time.monotonic() - began
    assert model.schema.reshape is not None and model.held_out is not None
    held = model.held_out.table
    assert min(held.index.get_level_values("time")) >= border, "no later rating was learned from"
    every = model.schema.reshape.rows(open_frame(df), "film").frame.reset_index(drop=True)
    asked = Asked(every[every["time"] >= border].reset_index(drop=True), np.array(model.classes))
    counts = train["film"].value_counts().reindex(asked.films, fill_value=0).to_numpy(float)
    ours = asked.figures(lambda at: model.logits(asked.rows.iloc[at]))
    popular = asked.figures(lambda at: np.tile(counts, (len(at), 1)))
    als, options = best_als(train, every, asked, counts)
    figures = {"NDCG@10": ours[0], "HR@10": ours[1]}
    figures |= {"popularity's NDCG@10": popular[0], "popularity's HR@10": popular[1]}
    figures |= {"ALS's NDCG@10": als[0], "ALS's HR@10": als[1]}
    figures |= {"to popularity (NDCG)": ours[0] / popular[0], "to ALS (NDCG)": ours[0] / als[0]}
    figures |= {"to ALS (HR)": ours[1] / als[1]}
    note = (
        f"{len(asked.rows):,} questions; ALS with {options[0]} factors and alpha {options[1]:g}, chosen on validation"
    )
    return Measured(figures, seconds, note)


def best_als(
    train: pd.DataFrame, every: pd.DataFrame, asked: Asked, counts: np.ndarray
) -> tuple[tuple[float, float], tuple[int, float]]:
    """ALS with the options that are best on the last part of the earlier ratings, and these options."""
    border = train["time"].quantile(VALID_FROM)
    early, late = (
        train[train["time"] < border],
        every[(every["time"] >= border) & (every["time"] <= train["time"].max())],
    )
    tried = Asked(late.sample(TRIED, random_state=0).reset_index(drop=True), asked.films)
    chosen = max(ALS_OPTIONS, key=lambda options: tried.figures(als_scores(early, tried, counts, *options))[0])
    return asked.figures(als_scores(train, asked, counts, *chosen)), chosen


def als_scores(train: pd.DataFrame, asked: Asked, counts: np.ndarray, factors: int, alpha: float) -> Scores:
    """Scores of implicit's ALS; popularity's for who has no history yet.

    Source: Hu, Koren and Volinsky 2008, Collaborative filtering for implicit feedback datasets, ICDM.
    """
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    items = asked.codes(train["film"].to_numpy())
    users, names = pd.factorize(train["user"])
    rated = csr_matrix((np.ones(len(train), np.float32), (users, items)), shape=(len(names), len(asked.films)))
    model = AlternatingLeastSquares(factors=factors, alpha=alpha, random_state=0, num_threads=1)
    model.fit(rated, show_progress=False)

    def scores(at: np.ndarray) -> np.ndarray:
        lists = [np.unique(codes) for codes in asked.histories(at)]
        ends = np.cumsum([0, *map(len, lists)])
        ones = np.ones(ends[-1], np.float32)
        held = csr_matrix((ones, np.concatenate(lists), ends), shape=(len(at), len(asked.films)))
        vectors = np.asarray(model.recalculate_user(np.arange(len(at)), held))
        empty = np.array([not len(one) for one in lists])
        return np.where(empty[:, None], counts, vectors @ np.asarray(model.item_factors).T)

    return scores


def networks(folder: Path) -> Measured:
    """NDCG@10 and HR@10 of what else can rank films, on the questions of `movielens`."""
    df = ll.samples.load("movielens")
    border = df["time"].quantile(TEST_FROM)
    every = BARE.rows(open_frame(df), "film").frame.reset_index(drop=True)
    rows = every[every["time"] >= border].reset_index(drop=True)
    figures, seconds = {}, []
    for name, (columns, options) in OTHERS.items():
        began = time.monotonic()
        model = ll.train(df[columns] if columns else df, target="film", **options)
        seconds.append(time.monotonic() - began)
        asked = Asked(rows, np.array(model.classes))
        ndcg, hits = asked.figures(lambda at, model=model: model.logits(rows.iloc[at]))
        figures |= {f"NDCG@10 {name}": ndcg, f"HR@10 {name}": hits}
    note = "; ".join(f"{name} {took:.0f} s" for name, took in zip(OTHERS, seconds, strict=True))
    return Measured(figures, sum(seconds), note)


BARE = ll.reshape.histories(user="user", item="film", time="time", item_columns=[])
# By name: the columns that are given (none: all), and the options of `train`.
OTHERS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "without films' columns": ([], {"reshape": BARE}),
    "SASRec": ([], {"domain": "recommendation", "encoders": {"items": "sasrec"}}),
    "matrix factorisation": (
        ["user", "film", "time"], {"task": "ranking", "types": {"user": "category"}, "split": "time:time"}
    ),
}  # fmt: skip

BENCHMARKS = {
    "movielens": Benchmark(
        "the film that a user rates next, all 1,682 ranked",
        "the latest 20 % of the ratings, each asked for with its user's history before that moment",
        'll.train(events, domain="recommendation")',
        "2x popularity and not behind ALS; 1.2x ALS",
        movielens,
    ),
    "movielens_networks": Benchmark(
        "the same, by other networks",
        "as movielens",
        'll.train(events, domain="recommendation", encoders={"items": "sasrec"}), ...',
        "which to use when",
        networks,
    ),
}
