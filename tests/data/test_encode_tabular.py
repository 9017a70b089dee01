"""x, column by column, against what its docstring says."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.data.batches import pad_rows
from lepton_lab.data.encode_tabular import TabularEncoder, fit_encoder
from lepton_lab.data.schema import Schema
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, DamagedFileError
from tests.data import frames


def table_of(**columns):
    n = len(next(iter(columns.values())))
    rows = {**columns, "other": np.arange(n) * 0.25, "bad": (["no", "yes"] * n)[:n]}
    return read_table(pd.DataFrame(rows), target="bad")[0]


def test_numbers_are_robustly_scaled():
    values = np.r_[np.arange(99.0), np.nan, 1e6] + 0.5
    table = table_of(v=values)
    x = fit_encoder(table).encode(table)[:, 0]
    known = values[~np.isnan(values)]
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    np.testing.assert_allclose(x, (values - middle) / (high - low), rtol=1e-6)
    assert x.dtype == np.float32 and np.isnan(x[99])


def test_numbers_that_are_mostly_equal_keep_a_scale():
    table = table_of(v=[0.0] * 90 + [5.5, 10.5, 20.5] * 4)
    x = fit_encoder(table).encode(table)[:, 0]
    assert (x[:90] == 0).all() and np.median(x[90:]) == pytest.approx(1)


def test_codes():
    table = table_of(v=["b"] * 30 + ["a"] * 20 + ["rare"] + [None] * 4)
    encoder = fit_encoder(table)
    x = encoder.encode(table)[:, 0]
    assert encoder.blocks[0].categories == ("b", "a") and encoder.blocks[0].n_codes == 4
    assert x.tolist() == [2.0] * 30 + [3.0] * 20 + [1.0] + [0.0] * 4


def test_dates_are_scaled_days_from_the_median():
    days = pd.date_range("2024-01-01", periods=101)
    x = fit_encoder(table_of(v=days)).encode(table_of(v=days))[:, 0]
    np.testing.assert_allclose(x, (np.arange(101) - 50) / 50, atol=1e-6)


def test_fitted_on_training_rows_only():
    table = table_of(v=np.arange(100.0) * 1.5, c=["a"] * 50 + ["b"] * 50)
    first = fit_encoder(table.take(np.arange(50)))
    assert first.blocks[0].center == pytest.approx(24.5 * 1.5) and first.blocks[1].categories == ("a",)
    assert (first.encode(table)[50:, 1] == 1).all()


def test_an_input_missing_from_all_training_rows_is_encoded():
    table = table_of(v=np.r_[np.full(50, np.nan), np.arange(50) + 0.5])
    encoder = fit_encoder(table.take(np.arange(50)))
    assert np.isfinite(encoder.encode(table)[50:, 0]).all()


def test_json_gives_the_same_encoder_and_schema():
    table = read_table(frames.pandas(), target="bad")[0]
    encoder = fit_encoder(table)
    again = TabularEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    schema = Schema.from_json(json.loads(json.dumps(table.schema.to_json())))
    assert again == encoder and schema == table.schema
    assert [type(c) for c in schema.column("owner").categories] == [bool, bool]
    np.testing.assert_array_equal(again.encode(read_like(schema, frames.pandas())), encoder.encode(table))


@pytest.mark.parametrize("part", ["encoder", "schema"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.clear(),
        lambda d: d.update(blocks=5, columns=5),
        lambda d: [b.update(kind="magic") for b in d.get("blocks", d.get("columns"))],
        lambda d: [b.update(categories=[None]) for b in d.get("blocks", d.get("columns"))],
        lambda d: d["blocks"][0].update(scale=0.0) if "blocks" in d else d.update(target=None),
        lambda d: d["blocks"][0].update(center=float("nan")) if "blocks" in d else d["columns"][0].pop("name"),
    ],
)
def test_damaged_json_is_said_to_be_damaged(part, spoil):
    table = read_table(frames.pandas(), target="bad")[0]
    data = fit_encoder(table).to_json() if part == "encoder" else table.schema.to_json()
    spoil(data)
    with pytest.raises(DamagedFileError):
        (TabularEncoder if part == "encoder" else Schema).from_json(data)


def test_schema_knows_its_columns():
    schema = read_table(frames.pandas(), target="bad")[0].schema
    income = schema.column("income")
    known = frames.pandas()["income"].dropna()
    assert (income.low, income.median, income.high) == (known.min(), known.median(), known.max())
    assert income.missing == pytest.approx(frames.pandas()["income"].isna().mean())
    assert schema.column("children").integer and not income.integer
    assert schema.column("bad").categories == ("no", "yes")
    assert schema.column("job").categories == tuple(frames.pandas()["job"].value_counts().index)
    with pytest.raises(ColumnError, match="Did you mean 'income'"):
        schema.column("incom")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9) | st.none(), min_size=20, max_size=60), st.randoms())
def test_encoding_does_not_depend_on_the_order_of_rows(values, random):
    values = [*values, 0.5, 1.5]
    table = table_of(v=values)
    order = list(range(len(values)))
    random.shuffle(order)
    encoder = fit_encoder(table)
    x = encoder.encode(table)
    assert x.shape == (len(values), 2) and np.isfinite(x[~np.isnan(x)]).all()
    np.testing.assert_array_equal(encoder.encode(table.take(np.array(order))), x[order])
    np.testing.assert_allclose(fit_encoder(table.take(np.array(order))).encode(table), x, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=20, max_size=100))
def test_every_code_is_one_of_the_blocks(values):
    table = table_of(v=[*values, "a", "b"])
    block = fit_encoder(table).blocks[0]
    codes = block.encode(table.columns["v"])
    assert block.kind == "category" and set(codes.tolist()) <= set(range(block.n_codes))
    back = [None if c == 0 else "?" if c == 1 else block.categories[int(c) - 2] for c in codes]
    assert all(b in ("?", v) for b, v in zip(back, [*values, "a", "b"], strict=True))


@given(st.integers(0, 3_000_000))
def test_padded_rows(n):
    padded = pad_rows(n)
    assert padded >= max(n, 1) and pad_rows(padded) == padded
    assert padded < 2 * max(n, 1) if n <= 65_536 else padded <= n * 1.125 + 1
