"""A check's rows, column cards and decisions: exact counts, the user's own labels, and a call that really runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import lepton_lab as ll
from lepton_lab.data.column_card import MOST_CLASSES, bins_of
from lepton_lab.data.quality import check_table
from lepton_lab.data.table import read_table
from lepton_lab.errors import ColumnError, OptionError


@pytest.fixture(scope="module")
def df() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 400
    made = pd.DataFrame(
        {
            "age": rng.integers(20, 70, n), "zip": rng.choice([8001, 8002, 9000], n),
            "income": rng.normal(50, 9, n).round(1), "code": [f"u{i}" for i in range(n)],
        },
        index=[f"row {i}" for i in range(n)],
    )  # fmt: skip
    made.loc["row 7", "income"] = np.inf
    made.loc[["row 3", "row 9"], "income"] = np.nan
    made["bad"] = np.where(rng.random(n) < 0.3, "yes", "no")
    return made


@pytest.fixture(scope="module")
def check(df: pd.DataFrame) -> object:
    return check_table(df, target="bad")


def test_the_rows_behind_a_finding_are_labels_of_the_index(df, check) -> None:
    infinite = next(f for f in check if f.kind == "infinite")
    assert (infinite.n_rows, infinite.rows) == (1, ("row 7",))
    shown = check.rows(infinite)
    assert shown.index.tolist() == ["row 7"]
    assert list(shown.columns[:2]) == ["income", "bad"]
    assert np.isinf(shown["income"].iloc[0])


def test_rows_without_a_target_keep_the_labels_right(df) -> None:
    holes = df.assign(bad=df["bad"].where(np.arange(len(df)) >= 5))
    found = check_table(holes, target="bad")
    lost = next(f for f in found if f.kind == "missing_target")
    assert (lost.n_rows, lost.rows) == (5, tuple(df.index[:5]))
    assert next(f for f in found if f.kind == "infinite").rows == ("row 7",)


def test_labels_that_occur_twice_still_lead_to_the_right_rows(df) -> None:
    twice = pd.concat([df, df.assign(income=1.0)])
    twice.iloc[500, twice.columns.get_loc("income")] = -np.inf
    check = check_table(twice, target="bad")
    infinite = next(f for f in check if f.kind == "infinite")
    assert infinite.rows == ("row 7", "row 100")
    assert infinite.positions == (7, 500)
    assert check.rows(infinite)["income"].tolist() == [np.inf, -np.inf]


def test_rows_are_counted_exactly_and_named_up_to_a_hundred() -> None:
    frame = pd.DataFrame({"a": [None] * 150 + list(range(850)), "y": [0.5, 1.5] * 500})
    found = next(f for f in check_table(frame, target="y") if f.kind == "missing")
    assert found.n_rows == 150
    assert found.rows == tuple(range(100))


def test_cards_count_what_the_frame_holds(df, check) -> None:
    card = check.columns["zip"]
    assert list(check.columns) == list(df.columns)
    assert card.bins.values == tuple(df["zip"].value_counts().index)
    assert card.counts == (*df["zip"].value_counts(), 0)
    assert card.classes == ("no", "yes")
    for name, counts in zip(card.classes, card.by_class, strict=True):
        assert sum(counts) == (df["bad"] == name).sum()
    income = check.columns["income"]
    assert (income.n_missing, sum(income.missing_by_class)) == (3, 3)
    assert sum(income.counts) == 397
    finite = df["income"][np.isfinite(df["income"])]
    assert income.lowest[0] == (finite.idxmin(), finite.min())
    assert income.highest[0] == (finite.idxmax(), finite.max())
    histogram = np.histogram(finite.clip(income.bins.edges[0], income.bins.edges[-1]), income.bins.edges)[0]
    assert income.counts == tuple(histogram)


def test_cards_of_a_number_to_predict_have_its_mean() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"job": rng.choice(["a", "b"], 200), "x": rng.normal(size=200)})
    frame["y"] = rng.normal(size=200) + (frame["job"] == "a")
    card = check_table(frame, target="y").columns["job"]
    means = frame.groupby("job")["y"].mean()
    assert card.target_mean[:2] == pytest.approx([means[v] for v in card.bins.values])
    assert np.isnan(card.target_mean[2])


def test_many_classes_and_many_values_stay_few_on_a_card() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"v": rng.integers(0, 10_000, 30_000).astype(str), "y": rng.integers(0, 40, 30_000)})
    card = check_table(frame.astype({"v": "category", "y": "str"}), target="y", task="multiclass").columns["v"]
    assert len(card.classes) == MOST_CLASSES
    assert card.classes[-1] == "35 other classes"
    assert card.n_unique == frame["v"].nunique()
    assert sum(map(sum, card.by_class)) == sum(card.counts) == 30_000


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [5.0, np.nan], [1e300, -1e300, 0.0], [np.nan, np.nan]])
def test_every_column_has_bins(values: list[float]) -> None:
    array = np.array(values)
    bins = bins_of(array)
    assert (bins.codes(array) >= 0).sum() == (~np.isnan(array)).sum()


def test_whole_numbers_share_bins_evenly() -> None:
    edges = np.array(bins_of(np.arange(1.0, 101.0)).edges)
    assert set(np.diff(edges)) == {5.0}
    assert (edges % 1 == 0.5).all()


def test_decisions_make_a_call_that_runs(df, check) -> None:
    decided = check.decide(drop=["age"], types={"zip": "category"}, immutable=["income"])
    assert decided.code == (
        "ll.train(df, target='bad', ignore=['age'], types={'zip': 'category'}, immutable=['income'])"
    )
    again = decided.again()
    assert again.options == decided.options
    assert again.schema.column("zip").reason == "told by types="
    assert again.schema.column("age").reason == "left out as asked"
    model = eval(decided.code.replace("bad'", "bad', quality='fast', budget='2s'", 1), {"ll": ll, "df": df})
    assert model.schema.names == ("zip", "income")
    assert model.schema.column("zip").kind == "category"
    assert model.schema.immutable == ("income",)
    found = ll.counterfactuals(model, df, at=0, timeout="20s")
    assert found.immutable == ("income",)
    assert ll.counterfactuals(model, df, at=0, immutable=[], timeout="20s").immutable == ()
    assert model.config["types"] == {"zip": "category"}


def test_immutable_survives_the_file(df, tmp_path) -> None:
    from tests.evaluation.linear_models import linear_model

    model = linear_model(df.drop(columns=["code"]), "bad")
    table, _, _ = read_table(df, target="bad")
    from lepton_lab.data.schema import Schema
    from lepton_lab.data.told_types import with_immutable

    marked = with_immutable(table, ["age"]).schema
    assert Schema.from_json(marked.to_json()).immutable == ("age",)
    old = marked.to_json()
    for column in old["columns"]:
        del column["immutable"]
    assert Schema.from_json(old).immutable == ()
    assert model.schema.immutable == ()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"drop": ["agee"]}, ColumnError, "Did you mean 'age'"),
        ({"drop": ["bad"]}, ColumnError, "is the target"),
        ({"types": {"age": "words"}}, OptionError, "Choose one of: 'numeric', 'category', 'datetime'"),
        ({"drop": ["age"], "types": {"age": "numeric"}}, ColumnError, "both dropped and given a type"),
        ({"immutable": "age"}, OptionError, r"immutable=\['age'\]"),
    ],
)
def test_what_cannot_be_decided_is_said(check, options, error, said) -> None:
    with pytest.raises(error, match=said):
        check.decide(**options)


@pytest.mark.parametrize(
    ("column", "kind", "first"),
    [("age", "category", 3), ("text", "numeric", 1.5), ("text", "category", "1.5"), ("flag", "numeric", 1.0),
     ("day", "datetime", np.datetime64("2024-01-02", "us")), ("key", "category", "k0")],
)  # fmt: skip
def test_a_type_that_is_told_wins(column, kind, first) -> None:
    frame = pd.DataFrame(
        {
            "age": [3, 1, 2] * 20, "text": ["1.5", "2"] * 30, "flag": [1, 0] * 30,
            "day": ["2024-01-02", "2024-03-01"] * 30, "key": [f"k{i}" for i in range(60)], "y": [0, 1, 1] * 20,
        }
    )  # fmt: skip
    table, _, _ = read_table(frame, target="y", types={column: kind})
    assert table.schema.column(column).kind == kind
    assert table.columns[column][0] == first


@pytest.mark.parametrize(
    ("types", "error", "said"),
    [
        ({"word": "numeric"}, ColumnError, "cannot be numeric: found words that write none, such as 'x'"),
        ({"word": "datetime"}, ColumnError, "cannot be datetime"),
        ({"y": "category"}, ColumnError, "which is no input: it is target"),
        ({"wrd": "category"}, ColumnError, "Did you mean 'word'"),
        ({"word": "date"}, OptionError, "Did you mean 'datetime'"),
        ("category", OptionError, "is no dict of columns"),
    ],
)
def test_a_type_that_cannot_be_is_refused(types, error, said) -> None:
    with pytest.raises(error, match=said):
        read_table({"word": ["x", "y"] * 20, "y": [0, 1] * 20}, target="y", types=types)


def test_long_frames_are_sampled_and_that_is_said(df) -> None:
    from lepton_lab import pictures

    long = pd.concat([df] * 10, ignore_index=True)
    for frame in (long, pl.from_pandas(long)):
        check = check_table(frame, target="bad", rows=1500)
        assert (check.n_rows, check.n_looked) == (4000, 1500)
        assert check.columns["age"].n_rows == 1500
        assert "random sample of 1,500 of the 4,000 rows" in pictures.text(check)
        infinite = next(f for f in check if f.kind == "infinite")
        assert all(label % 400 == 7 for label in infinite.rows)
        assert np.isinf(check.rows(infinite)["income"]).all()
    with pytest.raises(OptionError, match=r"rows=len\(df\)"):
        check_table(df, rows=0)
