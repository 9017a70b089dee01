"""The samples are what their descriptions say, in every load the same."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lepton_lab import samples
from lepton_lab.errors import OptionError


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_is_as_described(name):
    sample, df = samples.describe(name), samples.load(name)
    assert df.shape == (sample.rows, sample.columns) and sample.target in df.columns
    assert sample.name == name and sample.title and sample.licence and sample.source and sample.vertical
    assert df.index.tolist() == list(range(sample.rows))


@pytest.mark.parametrize("name", samples.names())
def test_the_split_is_fixed_disjoint_and_keeps_the_classes(name):
    target, df = samples.describe(name).target, samples.load(name)
    train, test = samples.load(name, split=True)
    group = samples.describe(name).group
    near = 1 if group is None else 0.05 * len(df)
    assert len(train) + len(test) == len(df) and len(test) == pytest.approx(0.2 * len(df), abs=near)
    assert train.index.tolist() == list(range(len(train))) and test.index.tolist() == list(range(len(test)))
    hashed = [pd.util.hash_pandas_object(words(part), index=False).to_numpy() for part in (train, test, df)]
    assert np.array_equal(np.sort(np.concatenate(hashed[:2])), np.sort(hashed[2]))
    if group is not None:
        assert set(test[target]) <= set(df[target])
    elif df[target].nunique() < 10:
        for value, share in df[target].value_counts(normalize=True).items():
            assert (test[target] == value).mean() == pytest.approx(share, abs=0.02)
    elif pd.api.types.is_numeric_dtype(df[target]):
        assert test[target].mean() == pytest.approx(df[target].mean(), rel=0.05)
    assert words(samples.load(name, split=True)[1]).equals(words(test))
    if group is not None:
        assert not set(train[group]) & set(test[group])


def words(df: pd.DataFrame) -> pd.DataFrame:
    """The frame with its arrays as words, which pandas can compare."""
    held = [column for column in df if isinstance(df[column].iloc[0], np.ndarray)]
    return df.assign(**{column: df[column].map(lambda one: f"{one.shape} {one.sum()}") for column in held})


def test_credit_is_the_set_as_published():
    df = samples.load("credit")
    assert (df["bad"] == "yes").sum() == 300 and not df.isna().any(axis=None)
    first = df.iloc[0]
    assert (first["amount"], first["duration_months"], first["age"], first["bad"]) == (1169, 6, 67, "no")
    assert first["personal_status"] == "male, single" and first["checking_account"] == "below 0 DM"
    assert not df.astype(str).apply(lambda column: column.str.fullmatch(r"A\d+")).any(axis=None), "a code without words"


def test_census_is_the_set_as_published():
    df = samples.load("census")
    assert (df["high_income"] == "yes").sum() == 11_687
    assert df.isna().sum().to_dict() | {} == dict.fromkeys(df, 0) | {
        "workclass": 2799,
        "occupation": 2809,
        "native_country": 857,
    }


@pytest.mark.parametrize(
    ("name", "hint"), [("credits", "Did you mean 'credit'"), ("titanic", "Choose one of: 'credit'")]
)
def test_a_name_that_is_not_known(name, hint):
    for ask in (samples.load, samples.describe):
        with pytest.raises(OptionError, match=hint):
            ask(name)


def test_importing_the_module_is_cheap():
    code = "import sys, lepton_lab.samples; print([m for m in ('numpy', 'pandas', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
