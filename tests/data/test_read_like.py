"""A new frame is read as the one trained on was, or the error says line by line how it differs."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import DataWarning, SchemaMismatchError
from tests.data import frames

DF = frames.pandas(200)
TABLE, TASK, _ = read_table(DF, target="bad")
ENCODER = fit_encoder(TABLE)


def encoded(df) -> np.ndarray:
    return ENCODER.encode(read_like(TABLE.schema, df))


X = encoded(DF)


@pytest.mark.parametrize(
    "change",
    [
        lambda df: df[df.columns[::-1]],
        lambda df: df.drop(columns="bad"),
        lambda df: df.assign(extra=1),
        lambda df: df.assign(income=df["income"].astype(str).where(df["income"].notna(), None)),
        lambda df: df.assign(income=df["income"].astype(str)),
        lambda df: df.assign(children=df["children"].astype(str)),
        lambda df: df.assign(children=df["children"].astype(float)),
        lambda df: df.assign(children=df["children"].astype("category")),
        lambda df: df.assign(job=df["job"].astype("category")),
        lambda df: df.assign(owner=df["owner"].astype(int)),
        lambda df: df.assign(owner=df["owner"].astype(str)),
        lambda df: df.assign(owner=df["owner"].astype(float)),
        lambda df: df.assign(since=df["since"].astype(str)),
        lambda df: df.assign(since=df["since"].dt.date),
        lambda df: df.assign(since=df["since"].dt.tz_localize("UTC")),
        lambda df: df.astype(object),
    ],
)
@pytest.mark.parametrize("rows", [slice(None), slice(0, 1), slice(5, 6)])
def test_the_same_values_stored_in_another_way(change, rows):
    np.testing.assert_array_equal(encoded(change(DF.iloc[rows])), X[rows])


def test_extra_columns_are_noted():
    assert read_like(TABLE.schema, DF.assign(shoe=1)).notes == (
        "columns that the model does not know were left out: shoe.",
    )
    assert read_like(TABLE.schema, DF).notes == ()


def test_never_seen_missing_and_infinite():
    df = DF.iloc[:4].assign(
        job=["pilot", None, "clerk", np.nan], owner=[None, True, None, False], income=[np.inf, 1.0, None, 2.0]
    )
    x = encoded(df)
    job, owner = TABLE.schema.names.index("job"), TABLE.schema.names.index("owner")
    assert x[:, job].tolist()[:2] == [1, 0] and x[3, job] == 0 and x[2, job] >= 2
    assert x[0, owner] == 0 and x[2, owner] == 0
    assert np.isnan(x[[0, 2], 0]).all() and not np.isnan(x[[1, 3], 0]).any()
    for i in range(4):
        np.testing.assert_array_equal(encoded(df.iloc[[i]]), x[[i]])


@pytest.mark.parametrize(
    ("income", "n"),
    [
        ([np.inf, 1.0, -np.inf, np.nan], 2),
        (pd.array([np.inf, 1.0, None, 2.0], dtype="Float64"), 1),
        (np.array([np.inf, 1, 2, 3], np.float32), 1),
        ([np.inf], 1),
    ],
)
def test_infinite_values_are_missing_and_said_so(income, n):
    df = DF.iloc[: len(income)].assign(income=income)
    said = rf"infinite values are read as missing, as they were in training: 'income' \({n}\)"
    with pytest.warns(DataWarning, match=said):
        table = read_like(TABLE.schema, df)
    assert re.match(said, table.notes[0]) and np.isnan(table.columns["income"]).sum() >= n
    if len(income) == 1:
        with pytest.warns(DataWarning, match=said):
            read_like(TABLE.schema, {name: values[0] for name, values in df.to_dict("list").items()})


def test_a_frame_without_infinite_values_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_like(TABLE.schema, DF.assign(income=np.nan)).notes == ()


@pytest.mark.parametrize("name", ["income", "job", "owner", "since"])
def test_a_column_may_be_all_missing(name):
    x = encoded(DF.iloc[:3].assign(**{name: None}))
    j = TABLE.schema.names.index(name)
    assert np.isnan(x[:, j]).all() if name in ("income", "since") else (x[:, j] == 0).all()


def test_one_row_as_a_dict_and_none_at_all():
    row = {name: value for name, value in DF.iloc[3].to_dict().items() if name != "bad"}
    np.testing.assert_array_equal(encoded(row), X[[3]])
    assert encoded(DF.iloc[:0]).shape == (0, 5)


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (lambda df: df.drop(columns="job"), ["1 missing", "- job", "df['job'] = None"]),
        (lambda df: df.rename(columns={"income": "Income_"}),
         ["- income   renamed to 'Income_'?", "+ Income_", "df.rename(columns={'Income_': 'income'})"]),
        (lambda df: df.rename(columns={"children": "childs", "since": "date_since"}),
         ["2 missing", "- children   renamed to 'childs'?", "- since"]),
        (lambda df: df.assign(income="much"),
         ["1 of another kind", "~ income   was numbers; found words", "'much'", "to_numeric"]),
        (lambda df: df.assign(income=pd.Timestamp("2024-01-01")), ["~ income   was numbers; found dates"]),
        (lambda df: df.assign(job=7), ["~ job   was categories such as", "found numbers such as 7"]),
        (lambda df: df.assign(since="yesterday"), ["~ since   was dates", "'yesterday'", "2024-12-31"]),
        (lambda df: df.assign(since=5), ["~ since   was dates; found numbers"]),
        (lambda df: df.assign(owner="maybe"), ["~ owner"]),
        (lambda df: df.drop(columns="job").assign(income="x"), ["1 missing, 1 of another kind", "- job", "~ income"]),
    ],
)  # fmt: skip
def test_a_frame_that_differs_is_shown_line_by_line(change, lines):
    with pytest.raises(SchemaMismatchError) as error:
        read_like(TABLE.schema, change(DF))
    for line in ("differs from the one trained on (5 input columns)", *lines):
        assert line in str(error.value)


def test_many_differences_stay_readable():
    wide = pd.DataFrame({f"column {i}": np.arange(30) * 1.5 for i in range(100)}).assign(bad=["no", "yes"] * 15)
    table, _, _ = read_table(wide, target="bad")
    with pytest.raises(SchemaMismatchError) as error:
        read_like(table.schema, wide[["bad"]])
    assert len(str(error.value).splitlines()) < 30 and "and 80 more" in str(error.value)


def test_categories_that_are_numbers_keep_their_type():
    df = pd.DataFrame({"code": [10, 20, 30] * 20, "x": np.arange(60) * 0.5, "bad": ["no", "yes"] * 30})
    table, _, _ = read_table(df.astype({"code": "category"}), target="bad")
    encoder = fit_encoder(table)
    wanted = encoder.encode(table)
    for later in (df, df.astype({"code": float}), df.astype({"code": str})):
        np.testing.assert_array_equal(encoder.encode(read_like(table.schema, later)), wanted)
        np.testing.assert_array_equal(encoder.encode(read_like(table.schema, later.iloc[:1])), wanted[:1])
    assert read_like(table.schema, df.astype({"code": str})).values()[0, 0] == 10
