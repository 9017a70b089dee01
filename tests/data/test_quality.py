"""Planted faults are found, and tables without faults are left in peace."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lepton_lab import samples
from lepton_lab.data.finding import Finding
from lepton_lab.data.kinds import infer_kind
from lepton_lab.data.leaks import alone, bin_codes
from lepton_lab.data.quality import check_table
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import read_values
from lepton_lab.errors import ColumnError, DataError, TargetError
from lepton_lab.tasks import Binary
from tests.data import frames

N = 600


def credit(**columns) -> pd.DataFrame:
    return frames.credit(N, seed=3).assign(**columns)


BAD = (credit()["bad"] == "yes").to_numpy()
RNG = np.random.default_rng(7)
NOISE = RNG.normal(size=N)
NOTES = [f"they said {i} times that all is very well" for i in range(N)]


def found(df, kind: str, column: str | None = ..., **options) -> list[Finding]:
    options = {"target": "bad"} | options
    return [f for f in check_table(df, **options) if f.kind == kind and (column is ... or f.column == column)]


@pytest.mark.parametrize(
    ("name", "values", "severity", "words"),
    [
        ("status", np.where(BAD, "defaulted", "current"), "serious", "the target decides it"),
        ("flag", BAD.astype(int), "serious", "the target decides it"),
        ("score", BAD + 0.1 * NOISE, "serious", "almost perfectly (AUC"),
        ("recovery_amount", np.where(BAD, 100 + 50 * NOISE, 0.0), "serious",
         "its name says that it is known only afterwards"),
        ("recoveries", np.where(BAD & (NOISE > 0.5), 90.0, 0.0), "serious", "always the same where the target is 'no'"),
        ("closed_on", np.where(BAD & (NOISE > 0), 1.0, np.nan), "serious", "always the same where the target is 'no'"),
        ("letters", np.where(BAD & (NOISE > -0.5), RNG.integers(1, 4, N), 0), "warn",
         "always the same where the target is 'no'"),
        ("case_id", 10_000 + np.where(BAD, 5_000, 0) + RNG.permutation(N), "serious", "almost perfectly"),
        ("step", np.where(BAD, RNG.choice([11, 12], N), RNG.choice([1, 2], N)), "serious", "almost perfectly"),
        ("date", pd.Timestamp("2024-01-01") + pd.to_timedelta(np.where(BAD, 400, 0) + RNG.integers(0, 90, N), unit="D"),
         "serious", "almost perfectly"),
    ],
)  # fmt: skip
def test_planted_leaks_are_found(name, values, severity, words):
    leaks = found(credit(**{name: values}), "leak")
    assert [f.column for f in leaks] == [name]
    assert leaks[0].severity == severity and words.lower() in leaks[0].message.lower()
    assert f"ignore=['{name}']" in leaks[0].advice


@pytest.mark.parametrize(
    "values",
    [
        BAD + 0.8 * NOISE,
        np.where(BAD & (NOISE > 1.0), 1.0, 0.0),
        np.where(RNG.random(N) < 0.15, ~BAD, BAD),
        RNG.permutation(N) * 1.5,
        [f"branch {i % 150}" for i in range(N)],
    ],
)
def test_columns_that_only_help_are_no_leaks(values):
    assert found(credit(useful=values), "leak") == []


@pytest.mark.parametrize(
    ("values", "leaks"),
    [
        (lambda y: y * 3 + 1, True),
        (lambda y: np.exp(y / 20) + 1e-3 * NOISE, True),
        (lambda y: np.where(y > np.median(y), "high", "low"), True),
        (lambda y: pd.cut(y, 4).astype(str), True),
        (lambda y: y + 8 * NOISE, False),
        (lambda y: NOISE, False),
    ],
)
def test_leaks_of_a_number(values, leaks):
    y = np.random.default_rng(1).normal(50, 10, N)
    df = pd.DataFrame({"x": RNG.normal(size=N), "z": RNG.choice(["a", "b"], N), "suspect": values(y), "price": y})
    assert [f.column for f in found(df, "leak", target="price")] == (["suspect"] if leaks else [])


def test_a_target_that_is_easy_for_every_column_is_no_leak():
    df = pd.DataFrame({f"c{i}": BAD * 4 + RNG.normal(0, 0.5, N) for i in range(6)}).assign(bad=BAD)
    assert found(df, "leak") == []


TASKS = {"movielens": "ranking"}


@pytest.mark.parametrize("name", samples.names())
def test_no_false_alarm_on_the_samples(name):
    sample = samples.describe(name)
    split = f"group:{sample.group}" if sample.group else None
    check = check_table(samples.load(name), target=sample.target, task=TASKS.get(name), split=split)
    assert [f for f in check if f.severity == "serious" or f.kind == "leak"] == []


def test_columns_of_different_numbers_are_twins_only_in_the_same_order():
    """Any two columns without repeated values go together value by value; that alone says nothing."""
    draw = np.random.default_rng(7)
    celsius, words = draw.normal(size=N), np.array([f"word {k}" for k in draw.permutation(N)], object)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.permutation(N), "D")
    df = pd.DataFrame(
        {
            "a": draw.normal(size=N), "b": draw.normal(size=N), "celsius": celsius, "fahrenheit": 32 + 1.8 * celsius,
            "debt": -(celsius**3), "day": day, "other_day": day[::-1], "words": words,
            "others": draw.permutation(words), "bad": BAD,
        }
    )  # fmt: skip
    assert {f.column for f in found(df, "duplicate_column")} == {"fahrenheit", "debt"}


def test_census_has_what_is_known_of_it():
    check = check_table(samples.load("census"), target="high_income")
    assert [f.column for f in check if f.kind == "duplicate_column"] == ["education_years"]
    assert [f.column for f in check if f.kind == "outliers"] == ["capital_gain"]
    assert {f.column for f in check if f.kind == "missing"} == {"workclass", "occupation", "native_country"}
    tells = next(f for f in check.of("workclass") if f.kind == "missing")
    assert "9% of these rows are 'yes', 25% of the others" in tells.message and tells.severity == "warn"


def test_out_of_fold_scores_against_their_meaning():
    y = BAD.astype(np.int64)
    assert alone(np.arange(N), y, 2) == pytest.approx(0.5), "a value seen once knows nothing of another row"
    assert alone(np.zeros(N, int), y, 2) == pytest.approx(0.5, abs=0.1)
    assert alone(y, y, 2) == 1.0
    assert alone(RNG.integers(0, 9, N), y, 2) < 0.6
    assert alone(bin_codes(Kind.NUMERIC, np.linspace(0, 1, N)), np.linspace(0, 1, N), 0) > 0.999


@pytest.mark.parametrize(
    ("columns", "kind", "column", "share", "words"),
    [
        ({"v": np.where(np.arange(N) < 60, np.nan, NOISE)}, "missing", "v", 0.1, "60 values are missing"),
        ({"v": np.where(BAD & (NOISE > 0), np.nan, 5 + NOISE)}, "missing", "v", None, "that tells"),
        ({"v": 3}, "constant", "v", 1.0, "every value is 3"),
        ({"v": [1] * (N - 2) + [2.5, 3.5]}, "nearly_constant", "v", (N - 2) / N, "2 differ"),
        ({"v": RNG.permutation(N) + 5, "v_id": RNG.permutation(N) + 9_000}, "identifier", "v_id", 1.0, "name says key"),
        ({"client_id": np.arange(N) // 3 + 100}, "repeated_key", "client_id", 2 / 3, "200 different values in 600"),
        ({"note": NOTES}, "text", "note", 1.0, "free text"),
        ({"v": frames.credit(N, seed=3)["job"].str.upper()}, "duplicate_column", "v", 1.0, "same as 'job'"),
        ({"v": [*NOISE[:-1], np.inf]}, "infinite", "v", 1 / N, "1 infinite value"),
        ({"v": [*RNG.normal(size=N - 4), 9999, 9999, 9999, 9999]}, "outliers", "v", 4 / N, "4 rows hold 9999"),
        ({"v": [*RNG.normal(size=N - 2), 300.0, 400.0]}, "outliers", "v", 2 / N, "2 values lie far"),
        ({"v": [f"shop {i % 300}" for i in range(N)]}, "high_cardinality", "v", None, "300 different categories"),
        ({"v": ["ground" if i % 3 == 0 else i % 5 for i in range(N)]}, "mixed_types", "v", 1 / 3, "'ground'"),
        ({"v": [{"a": 1}] * N}, "unusable", "v", 1.0, "neither numbers, words"),
        ({"v": pd.date_range("2020-01-01", periods=N)}, "date", "v", 1.0, "read as a number of days"),
        ({}, "positive", "bad", float(BAD.mean()), "the positive class is 'yes'"),
    ],
)  # fmt: skip
def test_planted_oddities_are_found(columns, kind, column, share, words):
    hits = found(credit(**columns), kind, column)
    assert len(hits) == 1 and words in hits[0].message
    assert 0 < hits[0].share <= 1
    if share is not None:
        assert hits[0].share == pytest.approx(share)


def test_copies_of_rows_are_counted():
    df = pd.concat([credit(v=NOISE), credit(v=NOISE).iloc[:30]], ignore_index=True)
    (hit,) = found(df, "duplicate_rows")
    assert hit.severity == "warn" and "30 rows are exact copies" in hit.message and hit.share == pytest.approx(30 / 630)


def test_imbalance_and_few_rows():
    df = credit(bad=np.where(np.arange(N) < 9, "yes", "no"))
    (hit,) = found(df, "imbalance")
    assert hit.severity == "warn" and "9 of 600 rows (1.5%)" in hit.message
    assert found(df, "few_rows")[0].severity == "info"
    assert found(credit(), "imbalance") == [] and found(credit(), "few_rows") == []


def test_a_clean_table_has_nothing_but_its_positive_class():
    assert [f.kind for f in check_table(credit(), target="bad")] == ["positive"]


def test_check_tells_what_it_looked_at_and_sorts_by_severity():
    df = credit(score=BAD + 0.1 * NOISE, gap=np.where(np.arange(N) < 300, np.nan, NOISE), same=1)
    check = check_table(df, target="bad")
    assert (check.n_rows, check.n_columns, check.target, len(check)) == (N, 7, "bad", len(check.findings))
    assert check.task == Binary("no", "yes") and check.schema.column("same").role == "ignored"
    severities = [f.severity for f in check]
    assert severities == sorted(severities, key=("serious", "warn", "info").index) and len(set(severities)) == 3
    assert [f.kind for f in check.of("same")] == ["constant"]
    with pytest.raises(ColumnError, match="Did you mean 'same'"):
        check.of("samee")
    assert all(f.message and "  " not in f.message for f in check)


def test_without_a_target_columns_are_still_looked_at():
    check = check_table(credit(same=1), target=None)
    assert [(f.kind, f.column) for f in check] == [("constant", "same")]
    assert check.task is None and check.target is None


def test_ignored_columns_are_left_in_peace():
    assert found(credit(score=BAD.astype(float)), "leak", ignore=["score"]) == []
    assert [f.kind for f in check_table(credit(same=1), target="bad", ignore=["same"])] == ["positive"]


@pytest.mark.parametrize(
    ("df", "options", "error"),
    [
        (credit(), {"target": "bda"}, ColumnError),
        (credit(bad="no"), {"target": "bad"}, TargetError),
        (credit().iloc[:0], {"target": "bad"}, DataError),
    ],
)
def test_what_cannot_be_checked_is_an_error(df, options, error):
    with pytest.raises(error):
        check_table(df, **options)


def test_polars_and_pandas_are_judged_alike():
    df = credit(score=BAD + 0.1 * NOISE, same=1)
    assert check_table(pl.from_pandas(df), target="bad").findings == check_table(df, target="bad").findings


def test_small_tables_are_not_accused():
    df = pd.DataFrame({"a": [1.5, 2.5] * 10, "bad": ["no", "yes"] * 10})
    assert found(df, "leak") == []
    assert infer_kind("a", read_values(df["a"])).kind == "numeric"


def test_columns_without_a_value_twice_are_twins_only_in_the_same_order():
    rng = np.random.default_rng(0)
    height = rng.normal(170, 9, 60)
    df = pd.DataFrame({"height": height, "inches": height / 2.54, "below": 250 - height, "age": rng.normal(size=60)})
    check = check_table(df.assign(bad=[0, 1] * 30), target="bad")
    assert [f.column for f in check if f.kind == "duplicate_column"] == ["inches", "below"]
