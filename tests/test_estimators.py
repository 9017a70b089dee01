"""The estimators in scikit-learn's own company: its checks, clone, pipelines and cross-validation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import lepton_lab as ll
from lepton_lab.errors import ColumnError, OptionError

# Their tables have classes of a single row, which cannot be both learned and measured: a clear error here.
ONE_ROW_CLASS = "a class of one row is refused, as it cannot be both learned and tested"
UNLIKE = "rows are dealt at random, so that a repeated row and a doubled weight differ"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": UNLIKE,
    "check_dont_overwrite_parameters": ONE_ROW_CLASS,
    "check_f_contiguous_array_estimator": ONE_ROW_CLASS,
    "check_methods_sample_order_invariance": ONE_ROW_CLASS,
    "check_methods_subset_invariance": ONE_ROW_CLASS,
    "check_dict_unchanged": ONE_ROW_CLASS,
    "check_fit2d_predict1d": ONE_ROW_CLASS,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["LeptonClassifier", "LeptonRegressor"])
def test_passes_scikit_learns_checks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without folds the hundred trainings are short; with time to spare no clock makes two of them differ.
    monkeypatch.setattr("lepton_lab.fitting.fit._FOLDS_NEED_S", 1e9)
    monkeypatch.setattr("lepton_lab.fitting.recipe._FEWEST_STEPS", 50)  # their tables are easy
    estimator = getattr(ll, name)(quality="fast", budget=600)
    results = check_estimator(estimator, expected_failed_checks=EXPECTED, on_fail=None, on_skip=None)
    failed = {r["check_name"]: repr(r["exception"]) for r in results if r["status"] == "failed"}
    assert not failed
    assert sum(r["status"] == "passed" for r in results) > 45


def test_clone_and_parameters() -> None:
    asked = {
        "budget": "5s", "metric": "log_loss", "quality": "fast", "seed": 3, "monotone": {"age": 1},
        "types": {"zip": "category"}, "immutable": ["age"], "encoders": {"scan": "small_resnet"},
        "reshape": None,
    }  # fmt: skip
    model = ll.LeptonClassifier(**asked)
    again = clone(model)
    assert again is not model
    assert again.get_params() == asked
    with pytest.raises(NotFittedError):
        again.predict(np.zeros((1, 2)))


def test_a_frame_of_words_and_numbers_in_a_pipeline() -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"size": rng.normal(size=200), "kind": rng.choice(["a", "b"], 200)})
    y = np.where(df["size"] + (df["kind"] == "b") > 0.5, "large", "small")
    df.loc[::9, "size"] = np.nan
    imputer = ColumnTransformer([("size", SimpleImputer(), ["size"])], remainder="passthrough")
    imputer.set_output(transform="pandas")
    pipeline = make_pipeline(imputer, ll.LeptonClassifier(quality="fast", budget=300)).fit(df, y)
    assert set(pipeline.predict(df)) == {"large", "small"}
    assert pipeline.score(df, y) > 0.8
    np.testing.assert_allclose(pipeline.predict_proba(df).sum(axis=1), 1)


def test_cross_validation() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    scores = cross_val_score(ll.LeptonClassifier(quality="fast", budget=300), X[:, :6], y, cv=2, scoring="roc_auc")
    assert scores.min() > 0.95


@pytest.mark.parametrize("as_array", [False, True])
def test_monotone_columns_hold_on_a_grid(as_array: bool) -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"income": rng.normal(size=300), "age": rng.normal(size=300)})
    truth = np.sin(3 * df["income"]) + df["age"]
    X = df.to_numpy() if as_array else df
    grid = pd.DataFrame({"income": np.linspace(-2, 2, 60), "age": 0.2})
    seen = grid.to_numpy() if as_array else grid
    asked = {0: -1} if as_array else {"income": -1}
    number = ll.LeptonRegressor(quality="fast", budget=300, monotone=asked).fit(X, truth).predict(seen)
    assert (np.diff(number) <= 1e-9).all() and np.ptp(number) > 0.05
    # The second of sorted classes is "yes", whichever is rarer.
    yes = np.where(truth > -0.7, "yes", "no")
    fitted = ll.LeptonClassifier(quality="fast", budget=300, monotone=asked).fit(X, yes)
    assert (np.diff(fitted.predict_proba(seen)[:, 1]) <= 1e-9).all()


@pytest.mark.parametrize("as_array", [False, True])
def test_types_and_columns_that_cannot_change_are_told_as_to_train(as_array: bool) -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"age": rng.integers(20, 70, 120), "zip": rng.choice([8001, 8002, 9000], 120)})
    y = df["age"] + 9 * (df["zip"] == 8002)
    X, told = (df.to_numpy(), {1: "category"}) if as_array else (df, {"zip": "category"})
    immutable = [0] if as_array else ["age"]
    model = ll.LeptonRegressor(quality="fast", budget=1, types=told, immutable=immutable).fit(X, y)
    schema = model.model_.schema
    assert [str(column.kind) for column in schema.inputs] == ["numeric", "category"]
    assert schema.immutable == (("x0",) if as_array else ("age",))


def test_columns_that_are_not_there_are_refused() -> None:
    X, y = pd.DataFrame({"income": np.arange(50.0)}), np.arange(50.0)
    with pytest.raises(ColumnError, match=r"no column 'incmoe'.*Did you mean 'income'"):
        ll.LeptonRegressor(immutable=["incmoe"]).fit(X, y)
    with pytest.raises(ColumnError, match=r"no column 'incmoe'.*Did you mean 'income'"):
        ll.LeptonRegressor(types={"incmoe": "category"}).fit(X, y)
    with pytest.raises(OptionError, match="immutable"):
        ll.LeptonRegressor(immutable="income").fit(X, y)
    with pytest.raises(ColumnError, match=r"no column 'incmoe'.*Did you mean 'income'"):
        ll.LeptonRegressor(monotone={"incmoe": 1}).fit(X, y)
    with pytest.raises(OptionError, match="is no dict"):
        ll.LeptonRegressor(monotone="income").fit(X, y)
