"""Training accuracy: the area under the ROC curve against LightGBM's and XGBoost's defaults, on eight real tables.

    OMP_NUM_THREADS=1 python benchmarks/accuracy.py --data ../shared/data

Every split deals each table 80/20, stratified; all three see the same 80 % and are measured on the same
20 %. lepton-lab is `train` with its defaults, which carves its own validation and test rows out of the
80 %. Peers get categories their best simple way: LightGBM as pandas categories (native), XGBoost as
pandas categories with `enable_categorical=True`; numbers as they are, missing values left missing.

Each result is a line of `build/accuracy.jsonl`; started again, the benchmark goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/accuracy-home")

import numpy as np
import pandas as pd
from report import table, write
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedShuffleSplit


@dataclass(frozen=True)
class Set:
    name: str
    target: str
    positive: object
    never: tuple[str, ...] = ()


# Columns never to be used, from the notes beside the data: sampling weights and old splits.
SETS = (
    Set("breast_cancer", "target", 1),
    Set("german", "bad", 1),
    Set("credit_data", "bad", 1),
    Set("support2", "died_180d", 1),
    Set("lending_club", "bad", 1),
    Set("nasscds", "dead", 1, ("weight",)),
    Set("taiwan", "DID_DEFAULT_PAYMENT", 1),
    Set("adult", "income", 1, ("fnlwgt", "split")),
)
SYSTEMS = ("lepton-lab", "LightGBM", "XGBoost")


def read(data: Path, found: Set) -> tuple[pd.DataFrame, np.ndarray]:
    """The inputs, and the target as 0 and 1 (1 the rarer class)."""
    df = pd.read_parquet(data / f"{found.name}.parquet").drop(columns=list(found.never))
    target = df.pop(found.target)
    classes = target.value_counts().index
    return df, (target == classes[-1]).to_numpy().astype(int)


def lepton(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, seed: int) -> np.ndarray:
    import lepton_lab as ll

    model = ll.train(train.assign(outcome_of_benchmark=y), target="outcome_of_benchmark", seed=seed)
    return model.predict_proba(test)[:, 1]


def categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Words as pandas categories, those of the training rows."""
    train, test = train.copy(), test.copy()
    for name in train.columns:
        if not pd.api.types.is_numeric_dtype(train[name]):
            dtype = pd.CategoricalDtype(sorted(train[name].dropna().astype(str).unique()))
            for part in (train, test):
                part[name] = part[name].astype(object).where(part[name].notna(), None)
                part[name] = part[name].map(lambda v: None if v is None else str(v)).astype(dtype)
    return train, test


def lightgbm_default(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, seed: int) -> np.ndarray:
    from lightgbm import LGBMClassifier

    train, test = categories(train, test)
    return LGBMClassifier(n_jobs=1, random_state=seed, verbose=-1).fit(train, y).predict_proba(test)[:, 1]


def xgboost_default(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, seed: int) -> np.ndarray:
    from xgboost import XGBClassifier

    train, test = categories(train, test)
    model = XGBClassifier(n_jobs=1, random_state=seed, enable_categorical=True)
    return model.fit(train, y).predict_proba(test)[:, 1]


RUN: dict[str, Callable[..., np.ndarray]] = {
    "lepton-lab": lepton,
    "LightGBM": lightgbm_default,
    "XGBoost": xgboost_default,
}


def measure(data: Path, chosen: list[Set], splits: int, done: Path) -> None:
    """Every set, split and system that `done` lacks."""
    done.parent.mkdir(parents=True, exist_ok=True)
    known = {(r["set"], r["split"], r["system"]) for r in results(done)}
    for split in range(splits):
        for found in chosen:
            wanted = [system for system in SYSTEMS if (found.name, split, system) not in known]
            if not wanted:
                continue
            x, y = read(data, found)
            parts = StratifiedShuffleSplit(1, test_size=0.2, random_state=split).split(x, y)
            train, test = next(parts)
            for system in wanted:
                began = time.perf_counter()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    probability = RUN[system](x.iloc[train], y[train], x.iloc[test], split)
                seconds = time.perf_counter() - began
                auc = float(roc_auc_score(y[test], probability))
                line = {"set": found.name, "split": split, "system": system, "auc": auc, "seconds": seconds}
                print(line, flush=True)
                with done.open("a") as file:
                    file.write(json.dumps(line) + "\n")


def results(done: Path) -> list[dict]:
    return [json.loads(line) for line in done.read_text().splitlines()] if done.exists() else []


def differences(frame: pd.DataFrame, peer: str) -> pd.DataFrame:
    """lepton-lab minus the peer, for each set and split that both have."""
    wide = frame.pivot_table(index=["set", "split"], columns="system", values="auc")
    return (wide["lepton-lab"] - wide[peer]).dropna().rename("difference").reset_index()


def interval(gap: pd.DataFrame, n: int = 10_000) -> tuple[float, float, float]:
    """Mean difference with its 95 % bootstrap interval: sets are drawn, then splits of each."""
    by_set = [group["difference"].to_numpy() for _, group in gap.groupby("set")]
    rng = np.random.default_rng(0)
    means = []
    for _ in range(n):
        drawn = [by_set[i] for i in rng.integers(0, len(by_set), len(by_set))]
        means.append(np.mean([values[rng.integers(0, len(values), len(values))].mean() for values in drawn]))
    low, high = np.quantile(means, [0.025, 0.975])
    return float(np.mean([values.mean() for values in by_set])), float(low), float(high)


def tell(done: Path, name: str) -> None:
    """The table of all that is in `done`."""
    frame = pd.DataFrame(results(done))
    rows = []
    for found in SETS:
        own = frame[frame.set == found.name]
        if own.empty:
            continue
        auc, seconds = own.groupby("system").auc.mean(), own.groupby("system").seconds.median()
        cells = [f"{auc.get(s, np.nan):.4f} ({seconds.get(s, np.nan):.1f} s)" for s in SYSTEMS]
        for peer in SYSTEMS[1:]:
            gap = differences(own, peer)["difference"]
            error = gap.std(ddof=1) / np.sqrt(len(gap)) if len(gap) > 1 else np.nan
            cells.append(f"{gap.mean():+.4f} ({gap.mean() / error:+.1f} SE)")
        rows.append([found.name, own.split.nunique(), *cells])
    header = [
        "set",
        "splits",
        *(f"{s}: AUC (fit and predict)" for s in SYSTEMS),
        *(f"against {s}" for s in SYSTEMS[1:]),
    ]
    body = [table(header, rows), ""]
    for peer in SYSTEMS[1:]:
        mean, low, high = interval(differences(frame, peer))
        body.append(
            f"Mean paired difference to {peer}: **{mean:+.4f}**, 95 % bootstrap interval [{low:+.4f}, {high:+.4f}].\n"
        )
    body.append((__doc__ or "").partition("\n\n")[2].partition("\n\n")[2].partition("\n\nEach result")[0])
    write(name, "Training accuracy: AUC against peers' defaults, same rows, one thread", "\n".join(body))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the parquet files")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--sets", nargs="*", choices=[s.name for s in SETS], default=[s.name for s in SETS])
    parser.add_argument("--done", type=Path, default=Path("build/accuracy.jsonl"))
    parser.add_argument("--table-only", action="store_true", help="only write the table of what is done")
    parser.add_argument("--name", default="accuracy", help="of the file in results/")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        parser.error(f"no folder {str(asked.data)!r} with the tables; give it with --data")
    if not asked.table_only:
        measure(asked.data, [s for s in SETS if s.name in asked.sets], asked.splits, asked.done)
    tell(asked.done, asked.name)


if __name__ == "__main__":
    main()
