"""Series out of long tables: order, gaps, doubles, other frequencies, and windows that never see what comes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.data.series import cut_series, read_series
from lepton_lab.data.windows import windows
from lepton_lab.errors import ColumnError, DataError, OptionError

LONG = {
    "who": ["b", "a", "b", "a", "a"],
    "t": [1, 3, 2, 1, 2],
    "x": [10.0, 3.0, 20.0, 1.0, 2.0],
    "y": [0.5, 0.3, None, 0.1, 0.2],
    "label": ["bad", "ok", "bad", "ok", "ok"],
    "word": ["p", "q", "r", "s", "t"],
}


def kinds(table) -> list[str]:
    return [finding.kind for finding in table.findings]


@pytest.mark.parametrize("library", [dict, pd.DataFrame, pl.DataFrame])
def test_one_row_a_series_in_the_order_of_time(library) -> None:
    table = read_series(library(LONG), id="who", time="t")
    assert table.frame.columns.tolist() == ["who", "label", "series"]
    assert table.frame["who"].tolist() == ["b", "a"] and table.frame["label"].tolist() == ["bad", "ok"]
    assert table.channels == ("x", "y")
    np.testing.assert_array_equal(table.frame["series"][0], [[10, 0.5], [20, np.nan]])
    np.testing.assert_array_equal(table.frame["series"][1], [[1, 0.1], [2, 0.2], [3, 0.3]])
    assert kinds(table) == ["series_unsorted", "series_columns"]
    assert "'word'" in table.findings[1].message


@given(st.permutations(range(5)))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    mixed = pd.DataFrame(LONG).iloc[order]
    one, other = (read_series(df, id="who", time="t").frame.set_index("who") for df in (pd.DataFrame(LONG), mixed))
    for who in "ab":
        np.testing.assert_array_equal(one.loc[who, "series"], other.loc[who, "series"])


def test_a_gap_becomes_steps_of_nothing_and_is_told() -> None:
    times = pd.to_datetime(["2026-01-01 00:00", "2026-01-01 01:00", "2026-01-01 04:00", "2026-01-01 05:00"])
    table = read_series({"who": [1] * 4, "t": times, "x": [1.0, 2, 5, 6]}, id="who", time="t")
    np.testing.assert_array_equal(table.frame["series"][0][:, 0], [1, 2, np.nan, np.nan, 5, 6])
    [finding] = table.findings
    assert finding.kind == "series_gaps" and finding.positions == (2,)
    assert "1 gaps in the steps of 1h00m, 2 steps in all" in finding.message


def test_another_frequency_is_told_and_a_grid_put_where_asked() -> None:
    rows = {"who": [1] * 5, "t": [0.0, 1.0, 2.0, 2.5, 3.0], "x": [0.0, 1, 2, 3, 5]}
    as_it_is = read_series(rows, id="who", time="t")
    assert as_it_is.frame["series"][0][:, 0].tolist() == [0, 1, 2, 3, 5]
    assert kinds(as_it_is) == ["series_frequency"] and "every=" in as_it_is.findings[0].advice
    on_grid = read_series(rows, id="who", time="t", every=1)
    assert on_grid.frame["series"][0][:, 0].tolist() == [0, 1, 2.5, 5] and on_grid.findings == ()


def test_months_are_one_frequency() -> None:
    months = pd.date_range("2025-01-01", periods=14, freq="MS")
    assert read_series({"who": [1] * 14, "t": months, "x": range(14)}, id="who", time="t").findings == ()


def test_doubles_are_averaged_and_told() -> None:
    rows = {"who": [1, 1, 1], "t": [1, 2, 2], "x": [1.0, 2.0, 4.0], "y": [1.0, None, 7.0]}
    table = read_series(rows, id="who", time="t")
    np.testing.assert_array_equal(table.frame["series"][0], [[1, 1], [3, 7]])
    assert kinds(table) == ["series_doubled"] and table.findings[0].severity == "warn"
    same = read_series({"who": [1, 1, 1], "t": [1, 2, 2], "x": [1.0, 2.0, 2.0]}, id="who", time="t", columns=["x"])
    assert same.findings[0].severity == "info"


def test_rows_without_id_or_time_and_series_of_one_step_are_told() -> None:
    rows = {"who": ["a", "a", None, "b", "a"], "t": [1.0, 2.0, 1.0, 1.0, None], "x": [1.0, 2, 3, 4, 5]}
    table = read_series(rows, id="who", time="t", columns=["x"])
    assert [len(one) for one in table.frame["series"]] == [2, 1]
    assert kinds(table) == ["series_left_out", "series_left_out", "series_short"]
    assert [finding.positions for finding in table.findings[:2]] == [(2,), (4,)]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"id": "wo"}, ColumnError, "Did you mean 'who'"),
        ({"time": "word"}, ColumnError, "pd.to_datetime"),
        ({"columns": ["word"]}, ColumnError, "holds no numbers"),
        ({"columns": "x"}, OptionError, "columns=['x']"),
        ({"columns": []}, ColumnError, "Name them"),
        ({"every": 0}, OptionError, "every=1"),
        ({"every": 1, "time": None}, OptionError, "time=..."),
        ({"name": "who"}, OptionError, "name='who_steps'"),
    ],
)
def test_what_cannot_be_is_said(change: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        read_series(LONG, **{"id": "who", "time": "t", **change})
    assert words in str(raised.value)


def test_arrays_with_lengths() -> None:
    flat = np.arange(10.0).reshape(5, 2)
    assert [one.tolist() for one in cut_series(flat, [1, 4])] == [flat[:1].tolist(), flat[1:].tolist()]
    padded = np.zeros((2, 4, 3))
    assert [one.shape for one in cut_series(padded, np.array([1, 4]))] == [(1, 3), (4, 3)]
    for steps, lengths in [(flat, [1, 3]), (padded, [1, 5]), (padded, [1]), (flat, [-1, 6]), (flat, [0.5])]:
        with pytest.raises(DataError, match="length"):
            cut_series(steps, lengths)


def runs(seed: int = 0) -> pd.DataFrame:
    """Three units, shuffled, the second with cycle 3 missing."""
    units = {1: [1, 2, 3, 4], 2: [1, 2, 4, 5, 6], 3: [1]}
    rows = [(unit, cycle, 100.0 * unit + cycle, 10 - cycle) for unit, cycles in units.items() for cycle in cycles]
    df = pd.DataFrame(rows, columns=["unit", "cycle", "heat", "left"])
    return df.sample(frac=1, random_state=seed)


@given(st.integers(1, 7), st.integers(0, 3))
def test_a_window_holds_the_last_steps_and_never_what_comes(length: int, seed: int) -> None:
    df = runs(seed)
    table = windows(df, id="unit", time="cycle", columns=["heat"], length=length)
    assert table.frame.index.tolist() == df.index.tolist() and table.frame.columns.tolist()[-1] == "series"
    for row, (_, one) in zip(df.itertuples(), table.frame.iterrows(), strict=True):
        cycles = range(max(1, row.cycle - length + 1), row.cycle + 1)
        wanted = [np.nan if (row.unit, c) == (2, 3) else 100.0 * row.unit + c for c in cycles]
        np.testing.assert_array_equal(one["series"][:, 0], wanted)


def test_a_horizon_reads_the_label_so_many_steps_later() -> None:
    df = runs()
    table = windows(df, id="unit", time="cycle", columns=["heat"], length=3, label="left", horizon=2)
    assert len(table.frame) == 2 + 2
    for row in table.frame.itertuples():
        assert row.left == 10 - (row.cycle + 2) and row.series[-1, 0] == 100 * row.unit + row.cycle
    assert "series_no_future" in kinds(table)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"length": 0}, OptionError, "length=30"),
        ({"length": 2.5}, OptionError, "length=30"),
        ({"horizon": 1}, OptionError, "label=..."),
        ({"horizon": 9, "label": "left"}, DataError, "Lower horizon=9"),
        ({"columns": ["heat", "left"], "label": "left"}, OptionError, "what is to be predicted"),
        ({"columns": []}, ColumnError, "Name them"),
        ({"name": "left"}, OptionError, "left_steps"),
    ],
)
def test_windows_that_cannot_be(change: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        windows(runs(), **{"id": "unit", "time": "cycle", "columns": ["heat"], "length": 2, **change})
    assert words in str(raised.value)


def test_two_rows_of_one_time_have_no_last_steps() -> None:
    df = pd.concat([runs(), runs().iloc[:1]])
    with pytest.raises(DataError, match=r"drop_duplicates\(\['unit', 'cycle'\]\)"):
        windows(df, id="unit", time="cycle", columns=["heat"], length=2)
