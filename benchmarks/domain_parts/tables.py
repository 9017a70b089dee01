"""Tables through their domains, against CatBoost with its defaults on the same splits (`pip install catboost`)."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import lepton_lab as ll
from domain_parts.benchmark import Benchmark, Measured

SPLITS = {"student_mat": 10, "support2": 3, "hdfail": 2}
"""Random 80/20 splits, seeds 0, 1, ...; the same for both."""


def student_mat(folder: Path) -> Measured:
    """The last grade of pupils, from those before and their lives; `Score` is made of it and left out."""
    return _paired(folder, "student_mat", "G3", "education", without=("Score",))


def support2(folder: Path) -> Measured:
    """Patients dead within 180 days."""
    return _paired(folder, "support2", "died_180d", "disease")


def hdfail(folder: Path) -> Measured:
    """Disks that failed."""
    return _paired(folder, "hdfail", "event", "machine_quality")


def _paired(folder: Path, name: str, target: str, domain: str, without: tuple[str, ...] = ()) -> Measured:
    """Both on each split: means, and the mean difference with its 95 % interval by Student's t over the splits."""
    df = pd.read_parquet(folder / f"{name}.parquet").drop(columns=list(without))
    is_number = df[target].nunique() > 2
    ours, theirs, seconds, their_s = [], [], 0.0, 0.0
    for seed in range(SPLITS[name]):
        is_test = np.random.default_rng(seed).random(len(df)) < 0.2
        train, test = df[~is_test].reset_index(drop=True), df[is_test].reset_index(drop=True)
        began = time.monotonic()
        model = ll.train(train, target=target, domain=domain)
        metric = "rmse" if is_number else "auc"
        ours.append(ll.evaluate(model, test).metrics[metric].value)
        seconds += time.monotonic() - began
        began = time.monotonic()
        theirs.append(_catboost(train, test, target, is_number=is_number))
        their_s += time.monotonic() - began
    gap = np.array(ours) - np.array(theirs)
    half = float(stats.t.ppf(0.975, len(gap) - 1) * gap.std(ddof=1) / np.sqrt(len(gap)))
    label = "RMSE" if is_number else "AUC"
    each = ", ".join(f"{a:.4f}/{b:.4f}" for a, b in zip(ours, theirs, strict=True))
    figures = {label: float(np.mean(ours)), "CatBoost": float(np.mean(theirs)), "difference": float(gap.mean())}
    note = (
        f"{len(gap)} splits, ours/CatBoost: {each}; difference {gap.mean():+.4f} (95 %: {gap.mean() - half:+.4f} to "
        f"{gap.mean() + half:+.4f}); {'lower' if is_number else 'higher'} is better; CatBoost took {their_s:.0f} s"
    )
    return Measured(figures, seconds, note)


def _catboost(train: pd.DataFrame, test: pd.DataFrame, target: str, *, is_number: bool) -> float:
    """CatBoost with its defaults, words as its own categories."""
    import catboost
    from sklearn.metrics import roc_auc_score

    words = [c for c in train if c != target and not pd.api.types.is_numeric_dtype(train[c])]
    inputs = [
        frame.drop(columns=target).assign(**{c: frame[c].astype(object).fillna("missing").astype(str) for c in words})
        for frame in (train, test)
    ]
    options = {"verbose": False, "allow_writing_files": False, "random_seed": 0, "thread_count": 1}
    made = (catboost.CatBoostRegressor if is_number else catboost.CatBoostClassifier)(**options)
    made.fit(inputs[0], train[target], cat_features=words)
    if is_number:
        return float(np.sqrt(np.mean((made.predict(inputs[1]) - test[target]) ** 2)))
    return float(roc_auc_score(test[target], made.predict_proba(inputs[1])[:, 1]))


def _benchmark(title: str, domain: str, name: str, target: str, run: object) -> Benchmark:
    return Benchmark(
        title,
        f"{SPLITS[name]} random 80/20 splits, seeds 0 to {SPLITS[name] - 1}",
        f'll.train(df, target="{target}", domain="{domain}")',
        "not behind CatBoost's defaults",
        run,  # type: ignore[arg-type]
    )


BENCHMARKS = {
    "student_mat": _benchmark("the last grade of pupils", "education", "student_mat", "G3", student_mat),
    "support2": _benchmark("patients dead in 180 days", "disease", "support2", "died_180d", support2),
    "hdfail": _benchmark("disks that failed", "machine_quality", "hdfail", "event", hdfail),
}
