"""Forecasts: bicycles hired in Washington, hour by hour, against the seasonal naive and LightGBM's own quantiles."""

from __future__ import annotations

import functools
import time
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

import lepton_lab as ll
from domain_parts.benchmark import Benchmark, Measured
from lepton_lab.data.table import read_like
from lepton_lab.quantiles import Quantiles, pinball

WEATHER = ("tmin", "tmax", "pn")
# Whole days: the last row of the file is the first hour of another one.
END, TEST, YEARS = pd.Timestamp("2019-09-01"), pd.Timedelta(weeks=8), pd.Timedelta(days=3 * 365)
# Of the rows learned from, what chooses LightGBM's settings: as much as `train` holds out to choose its own.
CHOOSING = 0.1


def bike(folder: Path, *, known: tuple[str, ...] = ()) -> Measured:
    """The next day from each midnight of eight weeks; the day's weather is known afterwards, or told beforehand."""
    hours = pd.read_parquet(folder / "bike.parquet").drop(columns="date")
    hours["ts"] = pd.to_datetime(hours["ts"])
    past = hours[(hours["ts"] >= END - TEST - YEARS) & (hours["ts"] < END - TEST)]
    weather = {"known": known} if known else {"past": WEATHER}
    days = ll.reshape.forecast(time="ts", horizon=24, stride=24, **weather)
    began = time.monotonic()
    model = ll.train(past, target="count", reshape=days)
    seconds = time.monotonic() - began
    reshape = model.schema.reshape
    test = hours[(hours["ts"] >= END - TEST - pd.Timedelta(hours=reshape.past_needed)) & (hours["ts"] < END)]
    found = ll.evaluate(model, test)
    steps = found.shown["forecast_steps"]
    assert found.n_rows == TEST / pd.Timedelta(hours=1), "a row for each hour of the eight weeks"
    peer = peer_pinball(model, past, test)
    ratio = steps["MASE against the seasonal naive"]
    return Measured(
        {
            "MASE": ratio.value, "pinball": found.metrics["pinball"].value, "LightGBM pinball": peer,
            "inside 0.1 to 0.9": found.shown["levels"]["Inside 0.1 to 0.9"].value,
        },
        seconds,
        f"MASE {ratio.low:.3f} to {ratio.high:.3f} over days; the seasonal naive says {reshape.naive!r}, the better of "
        "a day and a week on the training hours; LightGBM has the same columns, but for the history, and is grown "
        "on all hours before the eight weeks once its settings are chosen on the last tenth of them",
    )  # fmt: skip


def peer_pinball(model: ll.TrainedModel, past: pd.DataFrame, test: pd.DataFrame) -> float:
    """The mean pinball loss of one LightGBM a level, on the model's own columns."""
    task = model.task
    assert isinstance(task, Quantiles)
    tables = [read_like(model.schema, df, task=task, need_target=True) for df in (past, test)]
    x, x_test = (_numbers(table.columns) for table in tables)
    y, y_test = (np.asarray(table.y, float) for table in tables)
    origin = np.asarray(tables[0].index.get_level_values("origin"))
    late = origin >= np.sort(np.unique(origin))[int((1 - CHOOSING) * len(np.unique(origin)))]
    found = [_one_level(x, y, late, x_test, level) for level in task.levels]
    return float(pinball(y_test, np.sort(np.stack(found, axis=1), axis=1), np.array(task.levels)).mean())


def _one_level(x: pd.DataFrame, y: np.ndarray, late: np.ndarray, x_test: pd.DataFrame, level: float) -> np.ndarray:
    """The best of a few settings and number of rounds on the late rows, grown again on all."""
    import lightgbm

    best: tuple[float, dict[str, object], int] | None = None
    for leaves, rate in product((15, 31, 63), (0.05, 0.1)):
        told = {
            "objective": "quantile", "alpha": level, "num_leaves": leaves, "learning_rate": rate, "verbosity": -1,
            "num_threads": 1, "seed": 0, "feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1,
        }  # fmt: skip
        rows = lightgbm.Dataset(x[~late], y[~late])
        judged = rows.create_valid(x[late], y[late])
        stop = lightgbm.early_stopping(30, verbose=False)
        booster = lightgbm.train(told, rows, 600, valid_sets=[judged], callbacks=[stop])
        loss = float(booster.best_score["valid_0"]["quantile"])
        if best is None or loss < best[0]:
            best = (loss, told, booster.best_iteration)
    assert best is not None
    return np.asarray(lightgbm.train(best[1], lightgbm.Dataset(x, y), best[2]).predict(x_test))


def _numbers(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """The columns as LightGBM takes them: numbers, and words as its own categories; no histories."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    made = {}
    for name, values in columns.items():
        if name == "weekday":
            made[name] = pd.Categorical(values, categories=days)
        elif name != "history":
            made[name] = np.asarray(values, float)
    return pd.DataFrame(made)


BENCHMARKS = {
    "bike": Benchmark(
        "bicycles hired in the hours of the next day, from each midnight; the day's weather is not known",
        "the last eight weeks of the file, learned from the three years before",
        'll.train(df, target="count", reshape=ll.reshape.forecast(time="ts", horizon=24, stride=24, '
        'past=["tmin", "tmax", "pn"]))',
        "MASE .75; .65; pinball not behind LightGBM",
        bike,
    ),
    "bike_weather_known": Benchmark(
        "the same where the day's weather is known beforehand, as no forecaster knows it",
        "as bike",
        'll.train(df, target="count", reshape=ll.reshape.forecast(time="ts", horizon=24, stride=24, '
        'known=["tmin", "tmax", "pn"]))',
        "",
        functools.partial(bike, known=WEATHER),
    ),
}
