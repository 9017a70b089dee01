"""A forecast from the long frame to the fan: trained, predicted, backtested, explained, saved, replayed."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.fans import fans_ahead
from lepton_lab.fitting.scores import SEASONAL_NAIVE
from lepton_lab.notebook import predicting
from lepton_lab.notebook.panels.result_messages import described
from lepton_lab.pictures import html, text

DAYS = 300  # so many that there are no folds: one network is trained
FORECAST = ll.reshape.forecast(time="day", horizon=4, known=["sale"], length=14)


def shop(n: int = DAYS, seed: int = 0) -> pd.DataFrame:
    """Sales of a shop: a weekly pattern, sales that are planned and double them, and noise."""
    draw = np.random.default_rng(seed)
    when = pd.date_range("2024-01-01", periods=n, freq="D")
    week = np.array([10.0, 11, 12, 13, 18, 25, 20])[when.day_of_week]
    sale = draw.random(n) < 0.2
    return pd.DataFrame({"day": when, "sale": sale.astype(int), "sold": week * (1 + sale) + draw.normal(size=n)})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEPTON_HOME", str(tmp_path_factory.mktemp("home")))
        yield ll.train(shop(), target="sold", reshape=FORECAST, quality="fast", seed=1)


def test_it_beats_the_seasonal_naive_which_is_shown(model):
    blend, naive = model.leaderboard["blend"], model.leaderboard[SEASONAL_NAIVE]
    assert blend["mae"].value < 0.7 * naive["mae"].value
    assert ("nhits" in str(model.config["encoders"])) and model.config["split"] == "time:day"
    later = ll.evaluate(model, shop(120, seed=5))
    assert SEASONAL_NAIVE in later.leaderboard


def test_what_follows_the_end_and_a_planted_sale(model):
    past = shop(100, seed=7)
    future = pd.DataFrame({"day": pd.date_range("2024-04-10", periods=4), "sale": [0, 1, 0, 0], "sold": np.nan})
    shown = model.predict(pd.concat([past, future]))
    assert shown.index.names == ["origin", "day"] and list(shown.index.get_level_values("day")) == list(future["day"])
    plain = model.predict(pd.concat([past, future.assign(sale=0)]))
    gain = shown["prediction"].to_numpy() / plain["prediction"].to_numpy()
    assert gain[1] > 1.4 and (np.abs(np.delete(gain, 1) - 1) < 1e-6).all()
    found = ll.explain(model, pd.concat([past, future]))
    named = dict(zip(found.feature_names, np.abs(found.output("quantile 0.5").values[1]), strict=True))
    assert max(named, key=lambda name: named[name]) == "sale"


def test_the_same_saved_loaded_and_replayed(model, tmp_path):
    df = shop(100, seed=7)
    model.save(tmp_path / "shop.lepton")
    again = ll.load(tmp_path / "shop.lepton")
    np.testing.assert_allclose(again.predict(df), model.predict(df), atol=1e-5)
    assert again.schema.reshape == model.schema.reshape and again.schema.reshape.naive == "sold 1 week before"


def test_by_step_and_as_a_fan(model):
    measured = ll.evaluate(model, shop(120, seed=5))
    steps = measured.shown["forecast_steps"]
    assert steps.frame["steps ahead"].tolist() == [1, 2, 3, 4] and steps.frame["rows"].nunique() == 1
    y, said = measured.rows.y, model.task.columns(measured.rows.logits)["prediction"]
    naive, first = (measured.rows.table.columns[name] for name in ("sold 1 week before", "step"))
    error, of_naive = np.abs(y - said), np.abs(y - naive)
    assert steps.frame["ratio"][0] == pytest.approx(error[first == 1].mean() / of_naive[first == 1].mean())
    assert steps["MASE against the seasonal naive"].value == pytest.approx(error.mean() / of_naive.mean())
    below = measured.shown["levels"].frame["share below"]
    highest = model.task.columns(measured.rows.logits)["quantile_0.9"]
    assert below.is_monotonic_increasing and below.iloc[-1] == pytest.approx(np.mean(y <= highest))
    page, words = html(measured), text(measured)
    assert "Forecast from 2024-04-25" in page and "seasonal naive" in words and len(page) < 200_000
    assert ">nan" not in page.lower() and "NaN" not in page


def test_a_prediction_is_drawn_where_a_page_shows_it(model, monkeypatch):
    df = shop(100, seed=7)
    shown = model.predict(df)
    fans = fans_ahead(model, df, shown)
    (one,) = fans.fans
    np.testing.assert_allclose(one.quantiles, shown.filter(like="quantile_"))
    np.testing.assert_allclose(one.past, df["sold"].tail(12))
    np.testing.assert_allclose(one.naive, df["sold"].iloc[-7:-3])
    assert np.isnan(one.truth).all() and fans.n_series == 1
    monkeypatch.setattr(predicting, "has_kernel", lambda: True)
    displayed: list[predicting.Html] = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    predicting.show_forecast(model, df, shown)
    predicting.show_forecast(replace(model, schema=replace(model.schema, reshape=None)), df, shown)
    (drawn,) = displayed
    assert "Forecast from 2024-04-09" in drawn.drawn and "NaN" not in drawn.drawn
    figure = described(ll.evaluate(model, shop(120, seed=5)))["figures"][0]
    assert figure["caption"] == "Forecast from 2024-04-25"
    kinds = [shape["shape"] for shape in figure["shapes"]]
    assert kinds == ["dash", "band", "band", "thin", "dashed", "line", "dots"]
    json.dumps(figure, allow_nan=False)


def test_columns_add_up_and_those_named_first_matter_most(model):
    df = shop(100, seed=7)
    found, x, logits = ll.explain(model, df), model.encode(df), model.logits(df)
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, logits, atol=1e-4 * model.task.scale)
    draw, background = np.random.default_rng(0), model.background_x

    def moved(order):
        """How far the median moves where the first three columns of an order are taken from other rows."""
        gone = np.repeat(x[:, None], len(background), axis=1)
        for row, columns in enumerate(order):
            gone[row][:, columns[:3]] = background[:, columns[:3]]
        answers = model.logits_x(gone.reshape(-1, x.shape[1])).reshape(len(x), len(background), -1).mean(axis=1)
        return np.abs(answers - logits)[:, 0].mean()

    by_value = np.argsort(-np.abs(found.output("quantile 0.5").values), axis=1)
    at_random = [draw.permuted(by_value, axis=1) for _ in range(10)]
    assert moved(by_value) > 1.2 * np.mean([moved(order) for order in at_random])


def test_the_order_that_costs_least_is_the_balancing_quantile(model):
    measured = ll.evaluate(model, shop(120, seed=5))
    found = measured.show("newsvendor", {"under": 3, "over": 1})
    order = model.task.at(measured.rows.logits, 0.75)
    np.testing.assert_allclose(order, model.task.columns(measured.rows.logits)["quantile_0.75"])
    gap = measured.rows.y - order
    assert found["Cost a row"].value == pytest.approx(np.where(gap > 0, 3 * gap, -gap).mean())
    between = model.task.at(measured.rows.logits, 0.825)
    wide = model.task.columns(measured.rows.logits)
    np.testing.assert_allclose(between, (wide["quantile_0.75"] + wide["quantile_0.9"]) / 2)
    assert found.frame["cost a row"][0] < found.frame["cost a row"][1]
    with pytest.raises(OptionError, match="above 0"):
        measured.show("newsvendor", {"under": 0})


def planted(n: int = 1060) -> pd.DataFrame:
    """A series decided by its value five steps before and, less, by the rain three steps before; so many rows that
    one network is trained."""
    draw = np.random.default_rng(4)
    rain, y = draw.normal(size=n), draw.normal(size=n)
    for t in range(5, n):
        y[t] = -0.8 * y[t - 5] + 0.7 * rain[t - 3] + 0.05 * draw.normal()
    return pd.DataFrame({"t": np.arange(n), "rain": rain, "y": y})


def test_a_planted_lag_and_a_planted_segment_are_put_first():
    lags = ll.reshape.forecast(time="t", horizon=1, season=5, past="rain", length=8)
    small = {"history": {"encoder": "nhits", "window": 8, "pools": [1], "hidden": 32}}
    model = ll.train(
        planted(), target="y", task="quantile:0.5", reshape=lags, encoders=small, quality="fast", seed=0
    )  # fmt: skip
    rows = model.held_out.table.take(np.arange(8)).frame
    found = ll.explain(model, rows)
    order = np.argsort(-np.abs(found.values).mean(axis=0))
    assert found.feature_names[order[0]] == "y 5 steps before"
    assert found.feature_names[order[1]] == "history"  # the rain is nowhere else
    # Four stretches of two steps: the origin is the last step, so the rain two steps before it is in the third.
    inside = ll.explain_inside(model, rows.iloc[:3], "history", n_parts=4)
    moved = sum(np.abs(one.values(0)) for one in inside)
    owner = inside.objects[0].owner
    first = int(np.argmax(moved))
    assert set(zip(*np.nonzero(owner == first), strict=True)) == {(4, 1), (5, 1)}


def test_what_estimators_and_searches_say(model):
    with pytest.raises(OptionError, match="no quantiles"):
        ll.tune(shop(), target="sold", reshape=FORECAST)
    with pytest.raises(OptionError, match="past of the target"):
        ll.LeptonRegressor(reshape=FORECAST).fit(shop().drop(columns="sold"), shop()["sold"])
