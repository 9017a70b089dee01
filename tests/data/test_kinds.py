"""What a column is taken for, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lepton_lab.data.kinds import infer_kind
from lepton_lab.data.parse import number_of
from lepton_lab.data.table import read_table
from lepton_lab.data.values import read_values
from lepton_lab.errors import ColumnError, DataError

RNG = np.random.default_rng(0)
SENTENCES = [f"the customer number {i} was not happy with the late delivery" for i in range(100)]


@pytest.mark.parametrize(
    ("name", "values", "kind", "reason"),
    [
        ("customer_id", RNG.permutation(10_000)[:100] + 5, "identifier", "name says key"),
        ("CustomerID", RNG.integers(0, 60, 100), "identifier", "name says key"),
        ("Unnamed: 0", RNG.permutation(100), "identifier", "name says key"),
        ("row", np.arange(100), "identifier", ""),
        ("anything", np.arange(1, 101), "identifier", "counts the rows"),
        ("region_id", RNG.integers(0, 5, 100), "category", "name says code"),
        ("zip", RNG.integers(10_000, 10_050, 100), "category", "name says code"),
        ("industry_code", RNG.integers(0, 30, 100), "category", "name says code"),
        ("rooms", RNG.integers(1, 6, 100), "numeric", ""),
        ("body_mass_index", RNG.integers(15, 50, 100), "numeric", ""),
        ("paid", RNG.permutation(5000)[:100], "numeric", ""),
        ("amount", np.arange(100) * 7.5, "numeric", ""),
        ("flag", RNG.integers(0, 2, 100), "boolean", "only 0 and 1"),
        ("two", RNG.integers(1, 3, 100), "numeric", ""),
        ("same", np.full(100, 3), "constant", "every value is 3"),
        ("same", ["x"] * 100, "constant", "every value is 'x'"),
        ("same", [["x", "y"] for _ in range(100)], "constant", "every value is the same: 2 items: x, y"),
        ("same", [np.ones(4) for _ in range(100)], "constant", "every value is the same: series of 4 steps"),
        ("other", [["x", "y"]] * 99 + [["x"]], "items", "lists of items"),
        ("told", [["x", "y"]] * 99 + [None], "items", "lists of items"),
        ("gone", [None] * 100, "constant", "every value is missing"),
        ("gone", np.full(100, np.nan), "constant", "every value is missing"),
        ("told", ["x"] * 50 + [None] * 50, "category", ""),
        ("note", SENTENCES, "text", "free text"),
        ("city", RNG.choice(["Rome", "Oslo", "Bern"], 100), "category", ""),
        ("email", [f"user{i}@example.org" for i in range(100)], "identifier", "100% of the values are different"),
        ("uuid", [f"{i % 70:08x}" for i in range(100)], "identifier", "different"),
        ("few", [f"name {i}" for i in range(12)], "category", ""),
    ],
)
def test_kind(name, values, kind, reason):
    found = infer_kind(name, read_values(pd.Series(values)))
    assert found.kind == kind
    assert reason in found.reason


@pytest.mark.parametrize(("dtype", "kind"), [("float64", "numeric"), ("category", "category"), ("int64", "identifier")])
def test_the_users_dtype_overrules(dtype, kind):
    assert infer_kind("n", read_values(pd.Series(range(100)).astype(dtype))).kind == kind


@pytest.mark.parametrize(
    ("word", "number"),
    [("1", 1.0), ("+1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("0", 0.0), ("1e-3", 0.001), (" 7 ", 7.0), ("1,234", None),
     ("007", None), ("0x1f", None), ("inf", None), ("nan", None), ("1_000", None), ("", None), ("12 months", None),
     ("1234567890123456789", None), ("٣", None)],
)  # fmt: skip
def test_numbers_written_as_text(word, number):
    assert number_of(word) == number


def rows(**columns) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame({**columns, "other": RNG.normal(size=n), "bad": (["no", "yes", "no"] * n)[:n]})


def test_few_numbers_and_words_are_categories_and_said_so():
    table, _, findings = read_table(rows(floor=[1, 2, "ground", 3, "attic"] * 10), target="bad")
    assert table.schema.column("floor").kind == "category"
    assert set(table.schema.column("floor").categories) == {1, 2, 3, "ground", "attic"}
    found = next(f for f in findings if f.kind == "mixed_types")
    assert found.column == "floor" and "'ground'" in found.message and found.share == pytest.approx(0.4)


def test_marks_of_missing_between_numbers_are_missing_and_said_so():
    values = [*range(100, 198), "n/a", "?"]
    table, _, findings = read_table(rows(income=values), target="bad")
    assert table.schema.column("income").kind == "numeric" and table.schema.column("income").missing == 0.02
    assert any(f.kind == "mixed_types" and "'n/a'" in f.message for f in findings)


def test_many_numbers_with_words_are_an_error_that_names_them():
    with pytest.raises(ColumnError, match=r"'income' mixes 98 numbers with 2 other.*'lots'.*to_numeric.*ignore="):
        read_table(rows(income=[*range(98), "lots", "little"]), target="bad")


@pytest.mark.parametrize("values", [[[1, "a"]] * 30, [{"a": 1}] * 30, [1 + 2j] * 30, [b"x", b"y"] * 15])
def test_values_that_nothing_can_be_made_of_are_an_error(values):
    with pytest.raises(ColumnError, match=r"column 'odd' holds values that are neither.*ignore=\['odd'\]"):
        read_table(rows(odd=values), target="bad")
    table, _, _ = read_table(rows(odd=values), target="bad", ignore=["odd"])
    assert table.schema.names == ("other",) and table.schema.column("odd").role == "ignored"


def test_infinities_are_missing_and_said_so():
    table, _, findings = read_table(rows(ratio=[1.5, np.inf, -np.inf, 2.5] * 10), target="bad")
    assert np.isnan(table.columns["ratio"]).sum() == 20
    found = next(f for f in findings if f.kind == "infinite")
    assert found.column == "ratio" and found.share == 0.5 and "20 infinite" in found.message


def test_ten_thousand_categories_are_capped_and_fast():
    n = 40_000
    df = pd.DataFrame({"shop": [f"shop {v}" for v in RNG.integers(0, 10_000, n)], "x": RNG.normal(size=n)})
    df["bad"] = RNG.integers(0, 2, n)
    df.loc[: n // 4, "shop"] = "shop 0"
    from lepton_lab.data.describe import MOST_CATEGORIES
    from lepton_lab.data.encode_tabular import fit_encoder

    table, _, _ = read_table(df, target="bad")
    encoder = fit_encoder(table)
    x = encoder.encode(table)
    assert len(table.schema.column("shop").categories) == MOST_CATEGORIES
    assert encoder.blocks[0].n_codes <= MOST_CATEGORIES + 2
    assert encoder.blocks[0].categories[0] == "shop 0" and (x[: n // 4, 0] == 2).all()


def test_identifier_and_constant_are_ignored_with_a_reason_and_keep_no_values_nor_does_text():
    df = rows(customer_id=RNG.permutation(1000)[:100], note=SENTENCES, same=[1] * 100)
    table, _, findings = read_table(df, target="bad")
    assert table.schema.names == ("note", "other") and table.schema.column("note").categories == ()
    for name in ("customer_id", "same"):
        column = table.schema.column(name)
        assert column.role == "ignored" and column.reason and column.categories == ()
        assert any(f.column == name for f in findings)
    assert "customer number" not in str(table.schema.to_json())


def test_nothing_left_to_learn_from_is_an_error_that_says_why():
    df = pd.DataFrame({"id": range(30), "bad": ["no", "yes"] * 15})
    with pytest.raises(DataError, match=r"no column is left.*'id' \(.*astype\(float\)"):
        read_table(df, target="bad")
