"""The same table comes out whatever library the frame came from."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.fingerprint import fingerprint
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, DataError
from tests.data import frames

KINDS = {"income": "numeric", "children": "numeric", "job": "category", "owner": "boolean", "since": "datetime"}


@pytest.mark.parametrize("make", frames.LIBRARIES)
def test_every_library_gives_the_same_table(make):
    table, task, _ = read_table(make(), target="bad")
    wanted, _, _ = read_table(frames.pandas(), target="bad")
    assert {c.name: str(c.kind) for c in table.schema.inputs} == KINDS
    assert task.classes == ("no", "yes")
    np.testing.assert_array_equal(table.y, wanted.y)
    assert table.values().tolist() == wanted.values().tolist()
    assert [c.categories for c in table.schema.inputs] == [c.categories for c in wanted.schema.inputs]
    np.testing.assert_array_equal(fit_encoder(table).encode(table), fit_encoder(wanted).encode(wanted))


@pytest.mark.parametrize("trained_on", frames.LIBRARIES)
@pytest.mark.parametrize(
    "predict_on", [frames.pandas, frames.pandas_arrow, frames.polars, frames.pyarrow, frames.a_dict]
)
def test_trained_in_one_library_predicts_in_another(trained_on, predict_on):
    table, _, _ = read_table(trained_on(), target="bad")
    encoder = fit_encoder(table)
    again = read_like(table.schema, predict_on())
    np.testing.assert_array_equal(encoder.encode(again), encoder.encode(table))


@pytest.mark.parametrize("make", frames.LIBRARIES)
def test_fingerprint_is_the_same_in_every_library(make):
    assert fingerprint(make()) == fingerprint(frames.pandas())


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df.rename(columns={"job": "work"}),
        lambda df: df.assign(income=df["income"] + 1),
        lambda df: df.iloc[::-1],
        lambda df: df.assign(job=df["job"].replace("cook", "chef")),
        lambda df: df.iloc[:-1],
    ],
)
def test_fingerprint_sees_a_change(change):
    assert fingerprint(change(frames.pandas())) != fingerprint(frames.pandas())


@pytest.mark.parametrize(
    ("values", "kind", "shown"),
    [
        (pd.Series([1, 2, None] * 10, dtype="Int64"), "numeric", [1, 2, None]),
        (pd.Series([True, False, None] * 10, dtype="boolean"), "boolean", [True, False, None]),
        (pd.Series(["a", "b", None] * 10, dtype="category"), "category", ["a", "b", None]),
        (pd.Series([3, 4, 5] * 10, dtype="category"), "category", [3, 4, 5]),
        (pd.Series([Decimal("1.5"), Decimal("2.5"), None] * 10), "numeric", [1.5, 2.5, None]),
        (pd.Series(pd.to_timedelta([1, 2, 3] * 10, unit="h")), "numeric", [3600, 7200, 10800]),
        (pd.Series(pd.date_range("2024-01-01", periods=30, tz="Europe/Berlin")), "datetime",
         ["2023-12-31T23:00:00", "2024-01-01T23:00:00", "2024-01-02T23:00:00"]),
        (pd.Series([dt.date(2024, 1, 1), dt.date(2024, 1, 2), None] * 10), "datetime",
         ["2024-01-01", "2024-01-02", None]),
        (pd.Series(pd.period_range("2024-01", periods=30, freq="M")), "datetime",
         ["2024-01-01", "2024-02-01", "2024-03-01"]),
        (pd.Series(["2024-01-31", "2024-02-29", None] * 10), "datetime", ["2024-01-31", "2024-02-29", None]),
        (pd.Series(["2024-01-31", "soon", "later"] * 10), "category", ["2024-01-31", "soon", "later"]),
        (pd.Series(["12.5", "-3", "1e3"] * 10), "numeric", [12.5, -3.0, 1000.0]),
        (pd.Series(["12.5", "n/a", "7"] * 10), "numeric", [12.5, None, 7.0]),
        (pd.Series(["1,234", "5,678", "9"] * 10), "category", ["1,234", "5,678", "9"]),
        (pd.Series(["007", "010", "033"] * 10), "category", ["007", "010", "033"]),
        (pd.Series([0, 1, 1] * 10), "boolean", [0, 1, 1]),
        (pd.Series([0.0, 1.0, None] * 10), "boolean", [0, 1, None]),
        (pd.Series(pd.arrays.SparseArray([0.0, 2.5, 4.5] * 10)), "numeric", [0.0, 2.5, 4.5]),
        (pl.Series(["x", "y", None] * 10, dtype=pl.Categorical), "category", ["x", "y", None]),
        (pl.Series(["x", "y", None] * 10, dtype=pl.Enum(["y", "x"])), "category", ["x", "y", None]),
        (pl.Series([1, None, 3] * 10), "numeric", [1, None, 3]),
        (pl.Series([Decimal("1.25"), None, Decimal("3.5")] * 10), "numeric", [1.25, None, 3.5]),
        (pl.Series([dt.timedelta(seconds=5), None, dt.timedelta(seconds=9)] * 10), "numeric", [5, None, 9]),
    ],
)  # fmt: skip
def test_dtypes(values, kind, shown):
    rows = {"value": values, "bad": ["no", "yes"] * 15}
    df = pl.DataFrame(rows) if isinstance(values, pl.Series) else pd.DataFrame(rows)
    table, _, _ = read_table(df, target="bad")
    assert table.schema.inputs[0].kind == kind
    assert table.values()[:3, 0].tolist() == shown
    encoder = fit_encoder(table)
    np.testing.assert_array_equal(encoder.encode(read_like(table.schema, df)), encoder.encode(table))
    one = df[:1] if isinstance(df, pl.DataFrame) else df.iloc[:1]
    np.testing.assert_array_equal(encoder.encode(read_like(table.schema, one)), encoder.encode(table)[:1])


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([7] * 60),
        pd.Index([f"row {i}" for i in range(60)]),
        pd.MultiIndex.from_product([range(6), range(10)], names=["a", "b"]),
        pd.date_range("2024-01-01", periods=60),
    ],
)
def test_the_index_is_kept_and_never_an_input(index):
    df = frames.pandas().set_axis(index)
    table, _, _ = read_table(df, target="bad")
    assert table.index.equals(index) and table.frame.index.equals(index)
    assert table.schema.names == tuple(KINDS)
    rows = np.array([5, 3])
    assert table.take(rows).index.equals(index[rows])


def test_the_users_frame_is_not_touched():
    df = frames.pandas()
    df.loc[0, "income"] = np.inf
    before = df.copy()
    table, _, _ = read_table(df, target="bad")
    fit_encoder(table).encode(table)
    pd.testing.assert_frame_equal(df, before)


def test_names_that_are_no_text_become_text():
    df = pd.DataFrame({0: range(5, 35), ("a", 1): [1.5, 2.5] * 15, 2024: ["no", "yes", "no"] * 10})
    table, _, _ = read_table(df, target=2024)
    assert table.schema.names == ("0", "('a', 1)") and table.schema.target == "2024"
    assert read_like(table.schema, df).n_rows == 30


@pytest.mark.parametrize("labels", [["a", "a", "bad"], [1, "1", "bad"]])
def test_names_used_twice_are_an_error(labels):
    df = pd.DataFrame([[1, 2, "no"]] * 20, columns=labels)
    with pytest.raises(ColumnError, match=r"used more than once: '[a1]'.*columns.duplicated"):
        read_table(df, target="bad")


@pytest.mark.parametrize(
    ("df", "words"),
    [
        (None, "NoneType is no dataframe"),
        ([1, 2], "list is no dataframe. Wanted pandas, polars"),
        (np.zeros((3, 2)), r"ndarray of shape \(3, 2\) is no dataframe.*pd.DataFrame\(x, columns="),
        (pd.Series([1, 2]), "Series"),
        ({"a": [1, 2], "bad": [1]}, "different lengths: 'a' 2, 'bad' 1"),
        (pd.DataFrame(), "no columns"),
        (frames.pandas().iloc[:0], "6 columns and no rows"),
        (frames.pandas().iloc[:1], "1 row with a value of 'bad'; wanted at least 10|target 'bad' is"),
        (frames.pandas().iloc[:9], "wanted at least 10"),
    ],
)
def test_what_is_no_table_is_refused(df, words):
    with pytest.raises(DataError, match=words):
        read_table(df, target="bad")
