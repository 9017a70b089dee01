"""A time and whether its event happened, read from two columns: values, refusals, findings, splits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lepton_lab.censored.times import events_of, times_of
from lepton_lab.data.quality import check_table
from lepton_lab.data.schema import Role, Schema
from lepton_lab.data.split import split_rows
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, LeptonError, OptionError, TargetError
from lepton_lab.survival import Survival


def frame(n: int = 60, **columns) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = {"age": rng.normal(60, 9, n), "days": rng.integers(0, 300, n), "died": rng.random(n) < 0.4}
    return pd.DataFrame(made | columns)


def read(df, **options):
    return read_table(df, target="days", event="died", **options)


def test_time_and_event_become_one_signed_number_and_the_event_is_no_input():
    df = frame()
    table, task, findings = read(df)
    assert isinstance(task, Survival) and task.event == "died" and task.name == "survival"
    np.testing.assert_array_equal(times_of(table.y), df.days)
    np.testing.assert_array_equal(events_of(table.y), df.died)
    assert table.schema.names == ("age",)
    assert table.schema.column("died").role == Role.EVENT
    assert Schema.from_json(table.schema.to_json()) == table.schema
    assert [f.kind for f in findings] == ["events"]


WAYS = {
    "numbers": lambda s: s.astype(int),
    "floats": lambda s: s.astype(float),
    "words": lambda s: s.map({True: "yes", False: "no"}),
    "categories": lambda s: s.map({True: "1", False: "0"}).astype("category"),
    "nullable": lambda s: s.astype("boolean"),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_event_may_be_written_in_any_usual_way(way):
    df = frame()
    table, _, _ = read(df.assign(died=WAYS[way](df.died)))
    np.testing.assert_array_equal(events_of(table.y), df.died)


def test_any_frame_will_do_and_durations_are_times():
    df = frame()
    table, _, _ = read(pl.from_pandas(df))
    np.testing.assert_array_equal(times_of(table.y), df.days)
    table, _, _ = read(df.assign(days=pd.to_timedelta(df.days, unit="s")))
    np.testing.assert_array_equal(times_of(table.y), df.days)


def test_rows_without_time_or_event_are_left_out_and_said():
    df = frame()
    df["days"] = df.days.astype(float)
    df.loc[:1, "days"] = np.nan
    df["died"] = df.died.astype("boolean")
    df.loc[5, "died"] = pd.NA
    table, _, findings = read(df)
    assert table.n_rows == 57
    assert "3 rows have no 'days' or no 'died'" in findings[0].message


REFUSED = {
    "negative": ({"days": [-1.0] + [3.0, 4.0] * 29 + [1.0]}, "'days' is negative in 1 rows"),
    "no events": ({"died": [0] * 60}, "'died' happened in none of the 60 rows: all are censored"),
    "few events": ({"died": [1, 1] + [0] * 58}, "'died' happened in 2 of 60 rows"),
    "not binary": ({"died": [0, 1, 2] * 20}, r"'died' holds 2; wanted true or 1 .* df\['died'\] == 2"),
    "other words": ({"died": ["dead", "alive"] * 30}, "'died' holds 'dead', 'alive'"),
    "numbers": ({"died": np.linspace(0, 5, 60)}, "'died' holds .* and 5\\d more"),
    "dates": ({"died": pd.date_range("2020", periods=60)}, r"'died' holds values of another kind .*notna\(\)"),
    "one time": ({"days": [7] * 60}, "'days' is 7 in every row"),
    "words for times": ({"days": ["soon", "late"] * 30}, "'days' holds words"),
    "infinite": ({"days": [np.inf] + [3.0, 4.0] * 29 + [1.0]}, "'days' is infinite in 1 rows"),
    "dates for times": ({"days": pd.date_range("2020", periods=60)}, "'days' holds dates"),
    "nothing known": ({"died": [None] * 60}, "known in none of the 60 rows"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_learned_is_refused_by_name(case):
    columns, words = REFUSED[case]
    with pytest.raises(TargetError, match=words):
        read(frame(**columns))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"target": "days", "event": "dead"}, ColumnError, "no column 'dead'.*Did you mean 'died'"),
        ({"target": "days", "event": "days"}, ColumnError, "both target and event"),
        ({"target": "days", "event": "died", "task": "regression"}, OptionError, "task='regression' is something else"),
        ({"target": "days", "event": "died", "task": "survivel"}, OptionError, "Did you mean 'survival'"),
        ({"target": "days", "event": "died", "positive": 1}, OptionError, "positive=1 needs a target of two classes"),
        ({"target": "days", "event": "died", "weights": "balanced"}, OptionError, "weights='balanced' needs classes"),
        ({"target": "days", "task": "survival"}, OptionError, "needs the column that says whether the event"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        read_table(frame(), **options)


def test_event_without_target_is_refused_by_check():
    with pytest.raises(OptionError, match="needs the column of the time"):
        check_table(frame(), event="died")


def test_new_rows_are_read_alike_with_or_without_their_outcome():
    df = frame()
    table, task, _ = read(df)
    again = read_like(table.schema, df, task=task, need_target=True)
    np.testing.assert_array_equal(again.y, table.y)
    assert read_like(table.schema, df[["age"]], task=task).y is None
    assert read_like(table.schema, df[["age", "days"]], task=task).y is None
    with pytest.raises(TargetError, match="no column 'died', the event"):
        read_like(table.schema, df[["age", "days"]], task=task, need_target=True)


def test_few_rows_are_few_events_and_a_column_that_knows_is_found():
    rng = np.random.default_rng(1)
    df = frame(3_000, died=np.arange(3_000) % 20 == 0)
    df["days_again"] = np.where(df.died, df.days + rng.normal(0, 0.1, 3_000), rng.normal(150, 90, 3_000))
    df["knows"] = df.died * 2.0
    df = df.join(pd.DataFrame(rng.normal(size=(3_000, 50)), columns=[f"x{k}" for k in range(50)]))
    found = {(f.kind, f.column) for f in check_table(df, target="days", event="died")}
    assert {("leak", "knows"), ("leak", "days_again"), ("few_rows", "died")} <= found
    assert ("leak", "age") not in found and ("outliers", "days") not in found


@pytest.mark.parametrize(("n", "share"), [(400, 0.5), (6_000, 0.05)])
def test_every_part_of_a_split_has_its_share_of_events_and_times(n, share):
    rng = np.random.default_rng(2)
    df = frame(n, x=rng.normal(size=n), died=rng.random(n) < share)
    table, task, _ = read(df)
    parts = split_rows(table, task, split=None, seed=0)
    rows = [valid for _, valid in parts.folds] if parts.folds else [parts.valid, parts.test]
    for part in rows:
        assert events_of(table.y[part]).mean() == pytest.approx(events_of(table.y).mean(), abs=0.012)
        ended = times_of(table.y[part])[events_of(table.y[part])]
        assert np.median(ended) == pytest.approx(np.median(times_of(table.y)[events_of(table.y)]), rel=0.35)


def test_all_our_errors_are_ours():
    with pytest.raises(LeptonError):
        read(frame(died=[[1]] * 60))
