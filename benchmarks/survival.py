"""Times to an event: `train` with its defaults against Cox's model and a random survival forest.

    pip install SurvSet lifelines scikit-survival
    OMP_NUM_THREADS=1 python benchmarks/survival.py --splits 2

Every split deals a table 80/20; all see the same 80 % and are measured on the same 20 %, by scikit-survival's
concordance and integrated Brier score over quantiles of the events' times. Peers get one-hot codes, medians for
missing numbers with an indicator beside them, and standardised columns; the Cox models are lifelines' with two
penalties, the forest has 200 trees and leaves of 15 rows, on tables under 5,000 rows only (memory).
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/survival-home")

import numpy as np
import pandas as pd
from report import table, write

TABLES = ("GBSG2", "whas500", "colon", "rott2", "Framingham", "rhc", "flchain", "support2")
# What was written down after the outcome (of flchain the cause of death), and other people's predictions of it.
LEFT_OUT = ("pid", "fac_chapter", "fac_sfdm2", "num_surv2m", "num_surv6m", "num_hday")
Answer = tuple[np.ndarray, np.ndarray]


def table_of(name: str) -> pd.DataFrame:
    """A table of SurvSet: `time`, `event`, and its columns; words as words."""
    from SurvSet.data import SurvLoader

    df = SurvLoader().load_dataset(ds_name=name)["df"]
    df = df.drop(columns=[column for column in LEFT_OUT if column in df])
    words = {c: df[c].astype(str).where(df[c].notna(), None) for c in df if c.startswith("fac_")}
    return df.assign(**words).reset_index(drop=True)


def lepton(train: pd.DataFrame, test: pd.DataFrame, grid: np.ndarray, seed: int) -> Answer:
    """Risk and survival of the default."""
    import lepton_lab as ll

    model = ll.train(train, target="time", event="event", seed=seed)
    return model.predict(test)["risk"].to_numpy(), model.predict_survival(test, grid).to_numpy()


def cox(penalty: float) -> Callable[..., Answer]:
    """lifelines' Cox model with a ridge penalty."""

    def fitted(train: pd.DataFrame, test: pd.DataFrame, grid: np.ndarray, seed: int) -> Answer:
        from lifelines import CoxPHFitter

        x, x_test = designs(train, test)
        outcome = {"T": np.maximum(train["time"].astype(float), 1e-9), "E": train["event"]}
        model = CoxPHFitter(penalizer=penalty).fit(x.assign(**outcome), "T", "E")
        return (
            model.predict_log_partial_hazard(x_test).to_numpy(),
            model.predict_survival_function(x_test, times=grid).to_numpy().T,
        )

    return fitted


def forest(train: pd.DataFrame, test: pd.DataFrame, grid: np.ndarray, seed: int) -> Answer | None:
    """scikit-survival's forest; None where it needs too much memory."""
    from sksurv.ensemble import RandomSurvivalForest

    if len(train) > 5_000:
        return None
    x, x_test = designs(train, test)
    model = RandomSurvivalForest(200, min_samples_leaf=15, max_features="sqrt", random_state=seed, n_jobs=1)
    model.fit(x.to_numpy(), outcome_of(train))
    curves = np.asarray(model.predict_survival_function(x_test.to_numpy(), return_array=True))
    at = np.searchsorted(model.unique_times_, grid, side="right")
    survival = np.concatenate([np.ones((len(curves), 1)), curves], axis=1)[:, at]
    return -np.log(np.clip(curves, 1e-9, 1)).sum(axis=1), survival


SYSTEMS = {"lepton-lab": lepton, "Cox 0.01": cox(0.01), "Cox 0.1": cox(0.1), "forest": forest}


def designs(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both parts as standardised numbers, by what the training part teaches."""
    both = pd.concat([train, test], ignore_index=True)
    inside = np.arange(len(both)) < len(train)
    numbers = both[[c for c in both if c.startswith("num_")]].astype(float)
    gone = numbers.isna().add_suffix("_gone").astype(float)
    gone = gone.loc[:, gone[inside].mean() > 0.01]
    words = pd.get_dummies(both[[c for c in both if c.startswith("fac_")]].fillna("missing"), drop_first=True)
    x = pd.concat([numbers.fillna(numbers[inside].median()), gone, words.astype(float)], axis=1)
    x = x.loc[:, x[inside].std() > 1e-9]
    x = (x - x[inside].mean()) / x[inside].std()
    x.columns = [f"x{k}" for k in range(x.shape[1])]
    return x[inside], x[~inside]


def outcome_of(df: pd.DataFrame) -> np.ndarray:
    """Event and time as scikit-survival takes them."""
    from sksurv.util import Surv

    return Surv.from_arrays(df["event"].to_numpy() == 1, np.maximum(df["time"].to_numpy(float), 1e-9))


def measure(name: str, split: int, system: str) -> tuple[float, float, float] | None:
    """Concordance, integrated Brier score and seconds on one part; None where a system cannot."""
    from sksurv.metrics import concordance_index_censored, integrated_brier_score

    df = table_of(name)
    fold = np.random.default_rng(split).permutation(len(df)) % 5
    train, test = (df[part].reset_index(drop=True) for part in (fold != 0, fold == 0))
    grid = np.unique(np.quantile(train["time"][train["event"] == 1], np.linspace(0.03, 0.9, 25)))
    grid = grid[(grid > 0) & (grid < test["time"].max())]
    began = time.perf_counter()
    found = SYSTEMS[system](train, test, grid, split)
    if found is None:
        return None
    y = outcome_of(test)
    concordance = concordance_index_censored(y["event"], y["time"], found[0])[0]
    return concordance, integrated_brier_score(y, y, found[1], grid), time.perf_counter() - began


def main() -> None:
    """Measure, print, and write the table."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=TABLES, choices=TABLES)
    parser.add_argument("--splits", type=int, default=2)
    asked = parser.parse_args()
    rows = []
    for name in asked.tables:
        cells = []
        for system in SYSTEMS:
            found = [r for r in (measure(name, split, system) for split in range(asked.splits)) if r is not None]
            mean = np.mean(found, axis=0) if found else None
            cells.append("" if mean is None else f"{mean[0]:.4f} / {mean[1]:.4f}")
        rows.append([name, *cells])
        print(*rows[-1], flush=True)
    body = table(["table", *SYSTEMS], rows)
    about = f"Concordance / integrated Brier score, mean of {asked.splits} splits; empty where it was not run.\n\n"
    write("survival", "Times to an event", about + body, ("lifelines", "scikit-survival", "SurvSet"))


if __name__ == "__main__":
    main()
