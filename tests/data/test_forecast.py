"""Rows of forecasts: what the calendar, the lags and the history of each are, and that none knows its future."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lepton_lab as ll
from lepton_lab.data.forecast_series import seasons_of, times_after, told
from lepton_lab.data.reshaping import reshape_of, written
from lepton_lab.data.schema import Schema
from lepton_lab.data.split import split_rows
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, DataError, DataWarning, OptionError, TargetError

DAY = 86_400.0


def shops(n: int = 120, seed: int = 0) -> pd.DataFrame:
    """Two shops, a row a day."""
    draw, parts = np.random.default_rng(seed), []
    for shop in (1, 2):
        when = pd.date_range("2024-01-01", periods=n, freq="D")
        sold = 20.0 * shop + 5 * (when.day_of_week >= 5) + draw.normal(size=n)
        parts.append(
            pd.DataFrame({"shop": shop, "day": when, "sold": sold, "rain": draw.random(n), "price": draw.random(n)})
        )
    return pd.concat(parts, ignore_index=True)


FORECAST = ll.reshape.forecast(time="day", id="shop", horizon=5, past="rain", known=["price"], length=14)


@pytest.fixture(scope="module")
def read():
    return read_table(shops(), target="sold", reshape=FORECAST)


def value(df, shop, day, column):
    return df[(df["shop"] == shop) & (df["day"] == day)][column].item()


def test_a_row_holds_what_its_origin_knew(read):
    df, (table, task, _) = shops(), read
    assert task.name == "quantile" and table.index.names == ["shop", "origin", "day"]
    at = table.index.get_loc((2, pd.Timestamp("2024-03-01"), pd.Timestamp("2024-03-04")))
    row = {name: column[at] for name, column in table.columns.items()}
    origin = pd.Timestamp("2024-03-01")
    assert row["step"] == 3 and row["shop"] == "2" and row["weekday"] == "Mon" and row["day of year"] == 64
    assert table.y[at] == value(df, 2, pd.Timestamp("2024-03-04"), "sold")
    assert row["price"] == value(df, 2, pd.Timestamp("2024-03-04"), "price")  # known beforehand: at the target's time
    assert row["rain last"] == value(df, 2, origin, "rain")
    assert row["sold last"] == value(df, 2, origin, "sold")
    assert row["sold 1 week before"] == value(df, 2, pd.Timestamp("2024-02-26"), "sold")
    assert row["sold 2 weeks before"] == value(df, 2, pd.Timestamp("2024-02-19"), "sold")
    past = df[(df["shop"] == 2) & (df["day"] <= origin)]
    assert row["sold mean of last 1 week"] == pytest.approx(past["sold"].tail(7).mean())
    np.testing.assert_allclose(row["history"].array, past[["sold", "rain"]].tail(14))


@settings(max_examples=25, deadline=None)
@given(st.integers(30, 100), st.integers(0, 9), st.sampled_from(["sold", "rain", "price"]))
def test_the_future_changes_no_input(cut, seed, column):
    """Whatever happens after a day, rows whose origin is that day or before hold the same."""
    before = shops()
    after = before.copy()
    day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=cut)
    later = after["day"] > day
    after.loc[later, column] = np.random.default_rng(seed).normal(1e3, 10, later.sum())
    one, two = (read_table(df, target="sold", reshape=FORECAST)[0] for df in (before, after))
    known = one.index.get_level_values("origin") <= day
    for name in one.columns:
        if name != "price":  # it is told to be known beforehand
            assert (pd.Series(one.columns[name][known]) == pd.Series(two.columns[name][known])).all(), name


@given(st.integers(1, 400), st.integers(1, 60))
def test_the_lag_of_any_season_is_known_at_the_origin(step, season):
    back = season * -(-step // season)
    assert back >= step and back % season == 0 and back - season < step


def test_after_the_end_and_backtests(read):
    df, (table, task, _) = shops(), read
    schema = Schema.from_json(table.schema.to_json())
    assert schema == table.schema
    ahead = read_like(schema, df)
    assert ahead.n_rows == 2 * 5 and str(ahead.index[-1][2].date()) == "2024-05-04"
    assert np.isnan(ahead.columns["price"]).all()  # nothing is known of it
    told_ahead = pd.concat([df, df.tail(5).assign(day=pd.date_range("2024-04-30", periods=5), sold=np.nan, price=7.0)])
    assert (read_like(schema, told_ahead).columns["price"][5:] == 7.0).all()
    backtest = read_like(schema, df, task=task, need_target=True)
    origins = backtest.index.get_level_values("origin").unique()
    assert (np.diff(origins) == np.timedelta64(5, "D")).all() and not np.isnan(backtest.y).any()
    with pytest.raises(TargetError, match="made of the past of 'sold'"):
        read_like(schema, df.drop(columns="sold"))
    with pytest.raises(TargetError, match="Did you mean 'sold'"):
        read_table(df, target="slod", reshape=schema.reshape)


def test_rows_are_held_out_with_a_gap_of_the_horizon(read):
    table, task, _ = read
    origin, when = (table.index.get_level_values(name) for name in ("origin", "day"))
    for train, valid in split_rows(table, task, split=None, seed=0).folds:
        assert when[train].max() < origin[valid].min()
    grouped, task, _ = read_table(shops(), target="sold", reshape=FORECAST, split="group:shop")
    assert "shop" not in grouped.columns and len(np.unique(grouped.groups)) == 2
    with pytest.raises(OptionError, match="hold steps of each other"):
        read_table(shops(), target="sold", reshape=FORECAST, split="random")


def test_many_rows_are_judged_on_the_latest_two_tenths_and_all_are_learned_from():
    when = pd.date_range("2024-01-01", periods=700, freq="h")
    hours = ll.reshape.forecast(time="t", horizon=6, season=24)
    table, task, _ = read_table(pd.DataFrame({"t": when, "y": np.sin(np.arange(700.0))}), target="y", reshape=hours)
    found = split_rows(table, task, split=None, seed=0)
    origin, until = (table.index.get_level_values(name) for name in ("origin", "t"))
    (early, middle), (before, last) = found.folds
    assert found.nested and len(found.train) == table.n_rows > 1000 and not len(found.test)
    for train, judged in found.folds:
        assert until[train].max() < origin[judged].min()
        assert len(judged) == pytest.approx(0.1 * table.n_rows, rel=0.05)
    assert origin[last].max() == origin.max() and origin[middle].max() < origin[last].min()
    assert set(middle) <= set(before) and not set(middle) & set(early)


def test_rows_of_one_origin_share_one_history(read):
    table, _, _ = read
    assert len({id(one.array) for one in table.columns["history"]}) == len(table.index.droplevel("day").unique())


def test_origins_are_thinned_and_not_to_one_hour_of_the_day():
    when = pd.date_range("2020-01-01", periods=9000, freq="h")
    df = pd.DataFrame({"t": when, "y": np.arange(9000.0)})
    table, _, _ = read_table(df, target="y", reshape=ll.reshape.forecast(time="t", horizon=24))
    hours = {origin.hour for origin, _ in table.index}
    assert 10_000 < table.n_rows <= 40_000 and len(hours) == 24
    assert table.schema.reshape.season == (24, 168) and table.schema.reshape.naive == "y 1 day before"


def test_gaps_numbers_as_times_and_short_series():
    df = pd.DataFrame({"t": np.arange(60), "y": np.arange(60.0)}).drop(index=[30, 31])
    table, _, findings = read_table(df, target="y", reshape=ll.reshape.forecast(time="t", horizon=2))
    assert "series_gaps" in {finding.kind for finding in findings}
    assert not {30.0, 31.0} & set(table.y) and table.schema.reshape.naive == "y 1 step before"
    assert table.y[table.index.get_loc((20, 22))] == 22
    with pytest.raises(DataError, match="no series is long enough"):
        read_table(df.head(4), target="y", reshape=ll.reshape.forecast(time="t", horizon=3))
    with pytest.raises(DataError, match="drop_duplicates"):
        read_table(pd.concat([df, df.head(1)]), target="y", reshape=ll.reshape.forecast(time="t", horizon=2))


def test_series_too_short_and_columns_without_a_part_are_said():
    df = shops().assign(note=1.0)
    lone = df[(df["shop"] == 2)].head(1).assign(shop=3)
    table, _, findings = read_table(pd.concat([df, lone]), target="sold", reshape=FORECAST)
    said = {finding.kind: finding.message for finding in findings}
    assert "1 of 3 series" in said["series_short"] and "'note'" in said["series_columns"]
    assert set(table.index.get_level_values("shop")) == {1, 2}
    assert 3 in read_like(table.schema, pd.concat([df, lone])).index.get_level_values("shop")  # of one step, too


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        (lambda df: df.head(0), {}, DataError, "no rows"),
        (lambda df: df.assign(sold=np.nan), {}, DataError, "missing in every row"),
        (lambda df: df.assign(sold="many"), {}, TargetError, "forecasts are of numbers"),
        (lambda df: df.assign(day="x"), {}, ColumnError, "wanted numbers or dates"),
        (lambda df: df.groupby("shop").head(1), {}, DataError, "no series is long enough"),
        (lambda df: df, {"horizon": 500}, DataError, "no series is long enough"),
        (lambda df: df, {"time": "when"}, ColumnError, "time=. Columns: 'shop', 'day'"),
        (lambda df: df, {"known": ["sold"]}, ColumnError, "is the target and cannot be known= too"),
        (lambda df: df.rename(columns={"price": "step"}), {"known": ["step"]}, ColumnError, "how many steps ahead"),
    ],
)
def test_frames_of_which_no_forecast_can_be_made(change, options, error, said):
    asked = {"time": "day", "id": "shop", "horizon": 5} | options
    with pytest.raises(error, match=said):
        read_table(change(shops()), target="sold", reshape=ll.reshape.forecast(**asked))


def test_later_frames_keep_the_step_that_was_learned(read):
    df, schema = shops(), read[0].schema
    hours = df.assign(day=df["day"].min() + (df["day"] - df["day"].min()) / 24)
    with pytest.raises(DataError, match="usually 1h00m apart, and 24h00m"):
        read_like(schema, hours)
    alone = read_like(schema, df.groupby("shop").head(1).assign(shop=9).head(1))  # one point says nothing of steps
    assert [str(label[2].date()) for label in alone.index] == [f"2024-01-0{k}" for k in range(2, 7)]
    holes = df[df["day"].dt.day % 3 == 0]
    assert read_like(schema, holes).n_rows == 10
    with pytest.warns(DataWarning, match=r"'price' \(10 of 10 steps\)"):
        read_like(schema, df)


@pytest.mark.parametrize(("freq", "n"), [("h", 24 * 9), ("D", 60)])
def test_times_with_a_zone_are_those_of_its_clocks(freq, n):
    """Across the last Sunday of March, on which a day has 23 hours."""
    when = pd.date_range("2024-03-27", periods=n, freq=freq, tz="Europe/Zurich")
    df = pd.DataFrame({"t": when, "y": np.arange(float(n))})
    table, _, findings = read_table(df, target="y", reshape=ll.reshape.forecast(time="t", horizon=2))
    assert not findings
    clock = dict(zip(df["y"], when.tz_localize(None), strict=True))
    assert all(clock[y] == label[1] for y, label in zip(table.y, table.index, strict=True))
    ahead = read_like(table.schema, df).index[-1][1]
    assert ahead == (when[-1] + 2 * when.freq).tz_localize(None)
    if freq == "h":
        np.testing.assert_array_equal(table.columns["hour"], [label[1].hour for label in table.index])


@pytest.mark.parametrize(("step", "seasons"), [
    (3600.0, (24, 168)), (DAY, (7,)), (7 * DAY, (52,)), (30.4 * DAY, (12,)), (91.3 * DAY, (4,)), (900.0, (96, 672)),
    (365.25 * DAY, (1,)), (None, (1,)),
])  # fmt: skip
def test_the_season_that_a_frequency_has(step, seasons):
    assert seasons_of(step, dates=True) == seasons


def test_times_to_come_and_spans_in_words():
    ends = times_after(pd.Timestamp("2024-01-31").timestamp(), 30.4 * DAY, 3, dates=True)
    assert [str(pd.Timestamp(t, unit="s").date()) for t in ends] == ["2024-02-29", "2024-03-31", "2024-04-30"]
    assert times_after(10.0, 2.0, 2, dates=False).tolist() == [12.0, 14.0]
    assert [told(n, 3600.0, dates=True) for n in (1, 24, 48, 168, 30)] == [
        "1 hour",
        "1 day",
        "2 days",
        "1 week",
        "30 hours",
    ]
    assert told(12, 30.4 * DAY, dates=True) == "12 months" and told(2, 1.0, dates=False) == "2 steps"


def test_options():
    assert reshape_of("forecast(time=day, id=shop, horizon=5, past=rain, known=[price], length=14)") == FORECAST
    assert eval(written(FORECAST), {"ll": ll}) == FORECAST
    for options, said in (
        ({"horizon": 0}, "horizon"),
        ({"horizon": 3, "season": 0}, "season"),
        ({"horizon": 3, "stride": 1.5}, "stride"),
    ):
        with pytest.raises(OptionError, match=said):
            ll.reshape.forecast(time="day", **options)
    with pytest.raises(ColumnError, match="'wind'"):
        read_table(shops(), target="sold", reshape=ll.reshape.forecast(time="day", id="shop", horizon=2, past=["wind"]))
