"""lepton-lab and its peers, each with its defaults: rows and target in, probabilities or values of other rows out.

Peers get categories their best simple way: as pandas categories where they take them, else one-hot; missing
values as they are where they are taken, else the median and a column that says so. One thread each.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd


def lepton(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> dict[str, np.ndarray]:
    """`ll.train` with its defaults; and its network alone, before the blend."""
    import lepton_lab as ll

    target = y if kind == "regression" else np.array([f"c{c:02d}" for c in y])
    task = None if kind != "regression" else "regression"
    model = ll.train(train.assign(target_of_benchmark=target), target="target_of_benchmark", seed=seed, task=task)
    alone = np.array([float(member.name.startswith("network")) for member in model.members])
    found = {"lepton-lab": _answers(model, test, kind, int(y.max()) + 1 if kind != "regression" else 0)}
    if alone.any():
        network = replace(model, blend=replace(model.blend, weights=alone / alone.sum()))
        found["our network alone"] = _answers(network, test, kind, int(y.max()) + 1 if kind != "regression" else 0)
    return found


def _answers(model: Any, test: pd.DataFrame, kind: str, n_classes: int) -> np.ndarray:
    if kind == "regression":
        return model.predict(test)["prediction"].to_numpy()
    probability = model.predict_proba(test)
    order = [list(map(str, model.classes)).index(f"c{c:02d}") for c in range(n_classes)]
    return probability[:, order]


def categories(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Words as pandas categories, those of the training rows."""
    train, test = train.copy(), test.copy()
    for name in train.columns:
        if not pd.api.types.is_numeric_dtype(train[name]):
            dtype = pd.CategoricalDtype(sorted(train[name].dropna().astype(str).unique()))
            for part in (train, test):
                part[name] = part[name].map(lambda v: None if pd.isna(v) else str(v)).astype(dtype)
        elif train[name].dtype == bool:
            train[name], test[name] = train[name].astype(float), test[name].astype(float)
    return train, test


def numbers(train: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Standardised numbers with their missing values filled and marked; words one-hot."""
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    train, test = categories(train, test)
    numeric = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    prepare = ColumnTransformer(
        [
            ("number", numeric, make_column_selector(dtype_include="number")),
            ("word", OneHotEncoder(handle_unknown="ignore", sparse_output=False, min_frequency=2),
             make_column_selector(dtype_include="category")),
        ]
    )  # fmt: skip
    return prepare.fit_transform(train), prepare.transform(test)


def asked(model: Any, kind: str, train: Any, y: np.ndarray, test: Any, **fit: Any) -> np.ndarray:
    """Fit, and answer: probabilities by class, or values."""
    model.fit(train, y, **fit)
    return np.asarray(model.predict(test) if kind == "regression" else model.predict_proba(test), dtype=float)


def linear(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression, Ridge

    del seed
    return asked(Ridge() if kind == "regression" else LogisticRegression(max_iter=2000), kind, *_around(train, y, test))


def _around(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, z = numbers(train, test)
    return x, y, z


def perceptron(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    if kind != "regression":
        return asked(MLPClassifier(random_state=seed), kind, *_around(train, y, test))
    # Its default settings mean nothing to a target in thousands: it gets a standardised one.
    x, y, z = _around(train, (y - y.mean()) / y.std(), test), y.mean(), y.std()
    return y + z * asked(MLPRegressor(random_state=seed), kind, *x)


def histogram(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor if kind == "regression" else HistGradientBoostingClassifier
    train, test = categories(train, test)
    # It takes at most 255 categories.
    for name in train.select_dtypes("category"):
        if train[name].nunique() > 250:
            for part in (train, test):
                part[name] = part[name].cat.codes.astype(float)
    return asked(model(random_state=seed, categorical_features="from_dtype"), kind, train, y, test)


def lightgbm(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
    from lightgbm import LGBMClassifier, LGBMRegressor

    model = LGBMRegressor if kind == "regression" else LGBMClassifier
    train, test = categories(train, test)
    names = {name: f"c{i}" for i, name in enumerate(train)}
    train, test = train.rename(columns=names), test.rename(columns=names)
    return asked(model(n_jobs=1, random_state=seed, verbose=-1), kind, train, y, test)


def xgboost(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
    from xgboost import XGBClassifier, XGBRegressor

    model = XGBRegressor if kind == "regression" else XGBClassifier
    train, test = categories(train, test)
    return asked(model(n_jobs=1, random_state=seed, enable_categorical=True), kind, train, y, test)


def catboost(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
    from catboost import CatBoostClassifier, CatBoostRegressor

    model = CatBoostRegressor if kind == "regression" else CatBoostClassifier
    train, test = categories(train, test)
    words = list(train.select_dtypes("category"))
    for name in words:
        for part in (train, test):
            part[name] = part[name].astype(object).where(part[name].notna(), "(missing)").astype(str)
    fitted = model(random_seed=seed, verbose=0, thread_count=1, allow_writing_files=False)
    return asked(fitted, kind, train, y, test, cat_features=words)


def _pytabkit(name: str, of_classes: dict[str, Any]) -> Callable[..., np.ndarray]:
    """One of pytabkit's networks. `of_classes`: what its documentation recommends for log-loss and AUC."""

    def run(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
        import torch
        from pytabkit.models.sklearn import sklearn_interfaces as peers

        torch.set_num_threads(1)
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        ending, more = ("Regressor", {}) if kind == "regression" else ("Classifier", of_classes)
        model = getattr(peers, f"{name}_{ending}")(device="cpu", random_state=seed, n_threads=1, verbosity=0, **more)
        train, test = categories(train, test)
        # It refuses missing numbers: the median, and a column that says so. Missing words it knows.
        for column in list(train.select_dtypes("number")):
            if train[column].isna().any() or test[column].isna().any():
                middle = train[column].median()
                for part in (train, test):
                    part[f"{column}_missing"] = part[column].isna().astype(float)
                    part[column] = part[column].fillna(middle)
        return asked(model, kind, train, y, test)

    return run


def autogluon(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame, kind: str, seed: int) -> np.ndarray:
    """AutoGluon's medium preset, told that log-loss is what counts; it lives in an environment of its own."""
    import tempfile

    from autogluon.tabular import TabularPredictor

    del seed  # It has none: its models' seeds are fixed.
    metric = "root_mean_squared_error" if kind == "regression" else "log_loss"
    train, test = categories(train, test)
    with tempfile.TemporaryDirectory() as folder:
        found = TabularPredictor("target_of_benchmark", kind, metric, path=folder, verbosity=0)
        found.fit(train.assign(target_of_benchmark=y), presets="medium_quality", num_cpus=1, num_gpus=0)
        if kind == "regression":
            return found.predict(test).to_numpy(float)
        return found.predict_proba(test)[sorted(set(y))].to_numpy(float)


PEERS: dict[str, Callable[..., np.ndarray]] = {
    "linear": linear,
    "scikit-learn MLP": perceptron,
    "HistGradientBoosting": histogram,
    "XGBoost": xgboost,
    "LightGBM": lightgbm,
    "CatBoost": catboost,
    "RealMLP-TD": _pytabkit("RealMLP_TD", {"val_metric_name": "cross_entropy", "use_ls": False}),
    "TabM-D": _pytabkit("TabM_D", {"val_metric_name": "cross_entropy"}),
    "AutoGluon medium": autogluon,
}
OURS = ("lepton-lab", "our network alone")
