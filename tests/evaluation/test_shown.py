"""Figures of domains against scikit-learn, scipy, pandas and plain counting."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve

import lepton_lab as ll
from lepton_lab.data.table import read_table
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown import alerts, credit, maintenance, medicine, ranking
from lepton_lab.evaluation.shown.ask import show
from lepton_lab.notebook.panels.result_messages import described
from lepton_lab.pictures import html
from lepton_lab.pictures.shown_figures import html_of_shown, lines_of_shown
from tests.evaluation.linear_models import linear_model


def drawn(seed: int, n: int, digits: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of both classes, with ties among the scores."""
    rng = np.random.default_rng(seed)
    score = rng.random(n).round(digits)
    y = rng.random(n) < score
    y[:2] = True, False
    return y, score, rng.integers(1, 4, n).astype(float)


def repeated(w: np.ndarray, *parts: np.ndarray) -> list[np.ndarray]:
    """Rows as often as they weigh."""
    return [np.repeat(part, w.astype(int)) for part in parts]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 60))
def test_ks_is_the_two_sample_statistic(seed: int, n: int) -> None:
    y, score, w = drawn(seed, n)
    many = ranking.ks(y, score, np.stack([np.ones(n), w]))
    assert many[0] == pytest.approx(stats.ks_2samp(score[y], score[~y]).statistic)
    long_y, long_score = repeated(w, y, score)
    assert many[1] == pytest.approx(stats.ks_2samp(long_score[long_y], long_score[~long_y]).statistic)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 60), st.sampled_from([0.5, 0.8, 0.95]))
def test_sensitivity_at_a_specificity_is_read_off_the_roc_curve(seed: int, n: int, specificity: float) -> None:
    y, score, w = drawn(seed, n)
    alarms, found, thresholds = roc_curve(y, score, sample_weight=w, drop_intermediate=False)
    within = np.flatnonzero(alarms <= 1 - specificity + 1e-9)
    assert ranking.sensitivity_at(y, score, specificity, w)[0] == pytest.approx(found[within].max())
    assert ranking.threshold_at(y, score, specificity, w) == pytest.approx(thresholds[within].min())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 40), st.integers(1, 40))
def test_caught_within_a_budget_is_the_mean_over_ways_to_break_ties(seed: int, n: int, k: int) -> None:
    y, score, _ = drawn(seed, n)
    rng = np.random.default_rng(seed)
    orders = [np.lexsort((rng.random(n), -score)) for _ in range(400)]
    counted = np.mean([y[order[:k]].sum() for order in orders])
    found, taken = ranking.caught(y, score, k)
    assert taken[0] == min(k, n)
    assert found[0] == pytest.approx(counted, abs=0.25)
    whole = ranking.caught(y, np.random.default_rng(seed).permutation(n), k)[0][0]  # no ties: exactly counted
    assert whole == y[np.argsort(-np.random.default_rng(seed).permutation(n))[:k]].sum()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 60))
def test_net_benefit_is_counted(seed: int, n: int) -> None:
    y, p, w = drawn(seed, n)
    thresholds = np.array([0.1, 0.25, 0.5, 0.75])
    found = ranking.net_benefit(y, p, thresholds, w)[0]
    for t, benefit in zip(thresholds, found, strict=True):
        called = p >= t
        assert benefit == pytest.approx((w @ (called & y) - w @ (called & ~y) * t / (1 - t)) / w.sum())
    everyone = ranking.net_benefit(y, np.ones(n), thresholds, w)[0]
    assert everyone == pytest.approx(medicine._of_all(y, thresholds, w[None])[0])


def test_points_double_the_odds_and_bands_are_pandas_groups() -> None:
    p = np.array([0.02, 0.2, 0.5])
    score = credit.points(p, base=500, odds=1, double=30)
    odds = (1 - p) / p
    assert 2 ** ((score[0] - score[1]) / 30) == pytest.approx(odds[0] / odds[1]) and score[2] == pytest.approx(500)
    _, score, _ = drawn(3, 400, digits=6)
    band = credit.bands_of(score, np.ones(400), 10)
    assert (band == pd.qcut(pd.Series(score), 10, labels=False).to_numpy()).mean() > 0.97
    assert np.bincount(band).tolist() == [40] * 10


def test_costs_by_amount_are_added_row_by_row() -> None:
    y, called = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert alerts.costs_of(y, called, np.array([100.0, 50.0, 70.0, 9.0]), 5.0).tolist() == [5, 50, 5, 0]


def test_calibration_line_is_an_unpenalised_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 800)
    y = rng.random(800) < 1 / (1 + np.exp(-(0.5 + 0.6 * logits)))
    w = rng.integers(1, 3, 800).astype(float)
    intercept, slope = medicine.calibration_line(y, logits, w / w.mean())
    other = LogisticRegression(C=np.inf, tol=1e-10).fit(logits[:, None], y, w)
    assert (intercept.value, slope.value) == pytest.approx((other.intercept_[0], other.coef_[0, 0]), abs=1e-4)
    assert slope.low < 0.6 < slope.high < 1
    assert np.isnan(medicine.calibration_line(logits > 0, logits, w)[1].value)


def test_early_warnings_are_followed_machine_by_machine() -> None:
    rng = np.random.default_rng(1)
    unit = np.repeat(np.arange(20), 30)
    left = np.tile(np.arange(29, -1, -1.0), 20)
    predicted = left + rng.normal(0, 6, 600)
    predicted[unit == 3] = 100
    at, prices = maintenance.left_at_warning(unit, left, predicted, 10), maintenance.Prices(10, 1, 0.1)
    costs = maintenance.cost_of(at, prices)
    for machine in range(20):
        counted = 10.0
        for r, p in zip(left[unit == machine], predicted[unit == machine], strict=True):
            if p <= 10:
                counted = 1 + 0.1 * r if r > 0 else 10.0
                break
        assert costs[machine] == pytest.approx(counted)
    assert np.isnan(at[3])


@pytest.fixture(scope="module")
def rows() -> EvaluatedRows:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(600, 2))
    df = pd.DataFrame(
        {"x": x[:, 0], "z": np.where(rng.random(600) < 0.3, np.nan, x[:, 1]), "amount": rng.gamma(2, 50, 600)}
    )
    df["y"] = (x[:, 0] + rng.normal(0, 0.7, 600) > 1).astype(int)
    model = linear_model(df, seen=True)
    assert model.seen is not None
    return EvaluatedRows(model, model.seen, model.logits(df))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ks", {}), ("score_bands", {"n": 5}), ("alert_budget", {"k": 30}), ("sensitivity", {}), ("decision_curve", {}),
        ("cost_by_amount", {"amount": "amount", "review": 20.0, "unit": "€"}), ("calibration_line", {}),
        ("missing", {}),
    ],
)  # fmt: skip
def test_a_figure_shows_its_numbers_with_intervals(rows: EvaluatedRows, name: str, options: dict[str, object]) -> None:
    found = show(rows, name, options)
    for head in found.headlines:
        assert np.isnan(head.value.low) or head.value.low <= head.value.value <= head.value.high
    page, words = "".join(html_of_shown({name: found})), "\n".join(lines_of_shown({name: found}))
    assert found.title in page and found.title in words and len(found.frame) == len(found.rows)
    assert all(head.label in page and head.label in words for head in found.headlines)


def test_bands_add_up_to_the_rows(rows: EvaluatedRows) -> None:
    frame = show(rows, "score_bands", {"n": 5}).frame
    assert frame["rows"].sum() == 600 and frame["bad"].sum() == rows.y.sum()
    assert frame["points from"].is_monotonic_increasing and frame["bad rate"].iloc[0] > frame["bad rate"].iloc[-1]
    assert frame["of all bad, so far"].iloc[-1] == pytest.approx(1)


def test_a_probability_times_the_amount_saves_most(rows: EvaluatedRows) -> None:
    cost = show(rows, "cost_by_amount", {"amount": "amount", "review": 20.0}).frame.set_index("looked at")["cost a row"]
    amount = rows.table.columns["amount"]
    assert cost["look at none"] == pytest.approx((amount * rows.y).mean()) and cost["look at all"] == pytest.approx(20)
    assert cost.iloc[0] < min(cost["look at none"], cost["look at all"])


def test_missing_parts_hold_all_rows(rows: EvaluatedRows) -> None:
    frame = show(rows, "missing").frame
    assert frame["inputs missing"].tolist() == ["none", "1"] and frame["rows"].sum() == 600


def test_a_number_has_two_sides_where_a_limit_is_given(rows: EvaluatedRows) -> None:
    df = pd.DataFrame({"x": rows.table.columns["x"], "y": rows.table.columns["x"] * 3})
    model = linear_model(df, task="regression", seen=True)
    assert model.seen is not None
    of_numbers = EvaluatedRows(model, model.seen, model.logits(df))
    found = show(of_numbers, "alert_budget", {"k": 30, "below": 0.0})
    assert found["Precision at 30"].value == 1
    with pytest.raises(OptionError, match="'below': 10"):
        show(of_numbers, "alert_budget", {"k": 30})


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("kss", {}, "Did you mean 'ks'"),
        ("score_bands", {"m": 3}, "an option of 'score_bands'"),
        ("score_bands", {"n": 1}, "from 2 to 50"),
        ("alert_budget", {"k": 0}, "wanted 1 to 600 rows"),
        ("sensitivity", {"specificity": (1.2,)}, "between 0 and 1"),
        ("decision_curve", {"low": 0.9, "high": 0.1}, "low before high"),
        ("cost_by_amount", {}, "amount"),
        ("cost_by_amount", {"amount": "amuont"}, "Did you mean 'amount'"),
        ("early_warning", {}, "group:<column"),
    ],
)
def test_what_cannot_be_shown_says_why(rows: EvaluatedRows, name: str, options: dict[str, object], words: str) -> None:
    with pytest.raises((OptionError, ValueError), match=words):
        show(rows, name, options)


def test_what_a_domain_asks_for_is_in_the_evaluation_its_panel_and_its_picture(rows: EvaluatedRows) -> None:
    asked = {"ks": {}, "score_bands": {"n": 4}, "cost_by_amount": {"amount": "gone"}}
    pack = {"show": asked, "costs": {"false_alarm": 1, "missed": 3}}
    model = replace(rows.model, config={"pack": pack})
    df = rows.table.frame.assign(y=rows.y)
    evaluation = ll.evaluate(model, df)
    assert list(evaluation.shown) == ["ks", "score_bands"] and "gone" in evaluation.not_shown[0]
    assert evaluation.costs is not None and evaluation.costs.costs.missed == 3
    assert ll.evaluate(model, df, costs={"false_alarm": 1, "missed": 9}).costs.costs.missed == 9
    told = described(evaluation)["shown"]
    assert [one["title"] for one in told] == [one.title for one in evaluation.shown.values()]
    assert len(told[1]["cells"]) == 4 and told[0]["heads"][0][0] == "KS" and told[0]["figures"][0]["shapes"]
    json.dumps(told, allow_nan=False)
    page = html(evaluation)
    assert all(one.title in page for one in evaluation.shown.values()) and "Not shown" in page


def test_early_warnings_of_a_frame_count_its_machines() -> None:
    rng = np.random.default_rng(3)
    left = np.tile(np.arange(64, 39, -1.0), 12)
    df = pd.DataFrame({"unit": np.repeat(np.arange(12), 25), "wear": -left + rng.normal(0, 2, 300), "RUL": left})
    table, task, _ = read_table(df, target="RUL", task="regression", split="group:unit")
    model = linear_model(df.drop(columns="unit"), target="RUL", task="regression")
    model = replace(model, schema=table.schema)
    found = ll.evaluate(model, df).show("early_warning", {"leads": (3, 48), "step": 0.1})
    assert "12 machines" in found.note and found["Without warning"].value == 10
    unit, predicted = np.repeat(np.arange(12), 25), model.logits(df)[:, 0]
    costs = maintenance.cost_of(maintenance.left_at_warning(unit, left, predicted, 48), maintenance.Prices(10, 1, 0.1))
    assert found.frame["cost a machine"].iloc[1] == pytest.approx(costs.mean()) and task.name == "regression"
    # Three steps are so late that nobody is warned: no failure is prevented, and no life thrown away.
    assert found.frame["failures prevented"].iloc[0] == 0 and pd.isna(found.frame["life thrown away"].iloc[0])
