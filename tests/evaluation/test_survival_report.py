"""Every verb on a model of times to an event: what predict shows, reports and their curves, pairs, explanations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab import pictures
from lepton_lab.censored.scores import brier_by, concordance
from lepton_lab.censored.times import signed
from lepton_lab.errors import OptionError, TargetError
from lepton_lab.evaluation.risk_groups import calibration_at_horizon, risk_groups
from lepton_lab.survival import Survival
from tests.reference.censored import kaplan_meier
from tests.small_models import small_frame, small_model


def new_rows(n: int = 200) -> pd.DataFrame:
    return small_frame("survival", n, seed=5)


def truth(df: pd.DataFrame) -> np.ndarray:
    return signed(df["outcome"].to_numpy(), df["died"].to_numpy())


def test_predict_shows_risk_median_and_survival_by_name():
    model, df = small_model("survival"), new_rows()
    shown = ll.predict(model, df.drop(columns=["outcome", "died"]))
    assert isinstance(model.task, Survival)
    horizons = [f"survival_at_{h:g}" for h in model.task.horizons]
    assert list(shown.columns) == ["risk", "median_survival", *horizons]
    assert shown.index.equals(df.index)
    np.testing.assert_array_equal(shown.risk, model.logits(df)[:, 0])
    order = shown.sort_values("risk")
    assert (np.diff(order.median_survival) <= 1e-9).all()
    for name in horizons:
        assert shown[name].between(0, 1).all() and (np.diff(order[name]) <= 1e-9).all()
    assert list(ll.predict(model, df, times=12.5).columns) == ["risk", "median_survival", "survival_at_12.5"]


def test_survival_curves_start_at_one_fall_and_agree_with_predict():
    model, df = small_model("survival"), new_rows(30)
    curves = ll.predict_survival(model, df)
    assert (curves[0.0] == 1).all() and (np.diff(curves.to_numpy(), axis=1) <= 0).all()
    at = list(model.task.horizons)
    np.testing.assert_allclose(ll.predict_survival(model, df, at), ll.predict(model, df).iloc[:, 2:])
    medians = ll.predict(model, df).median_survival
    for row, median in medians[np.isfinite(medians)].items():
        assert ll.predict_survival(model, df.loc[[row]], [median]).iloc[0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize("verb", [ll.predict, ll.predict_survival])
@pytest.mark.parametrize(
    ("times", "words"), [([1e9], "followed from 0 to"), (["soon"], "no numbers"), (-1, "cannot be answered")]
)
def test_times_that_cannot_be_answered_are_refused(verb, times, words):
    with pytest.raises(OptionError, match=words):
        verb(small_model("survival"), new_rows(3), times=times)


def test_models_of_other_tasks_know_no_times():
    for verb in (ll.predict, ll.predict_survival):
        with pytest.raises(OptionError, match=r"regression model, which knows no times.*event=COLUMN"):
            verb(small_model("regression"), small_frame("regression"), times=[1.0])
    with pytest.raises(OptionError, match="sets a threshold between two classes"):
        ll.evaluate(small_model("survival"), new_rows(), costs={"false_alarm": 1, "missed": 2})


def test_an_evaluation_has_the_metrics_of_new_rows_and_of_rows_held_out():
    model, df = small_model("survival"), new_rows()
    found, y = ll.evaluate(model, df), truth(df)
    shown = model.predict(df, [model.task.horizon])
    assert found.metrics["concordance"].value == pytest.approx(concordance(y, shown.risk.to_numpy()))
    at = model.task.horizon
    assert found.metrics["brier"].value == pytest.approx(brier_by(y, shown.iloc[:, 2].to_numpy(), at))
    assert found.roc is None and found.confusion is None and found.residuals is None
    held = ll.evaluate(model)
    assert held.metrics == model.metrics and held.note == model.metrics_note
    with pytest.raises(TargetError, match="'died', the event"):
        ll.evaluate(model, df.drop(columns="died"))


def test_weights_count_as_rows_do():
    model, df = small_model("survival"), new_rows(120)
    twice = pd.concat([df, df.iloc[:40]]).reset_index(drop=True)
    one = ll.evaluate(model, df, weights=np.r_[np.full(40, 2.0), np.ones(80)])
    two = ll.evaluate(model, twice)
    for name in ("integrated_brier", "brier", "auc"):
        assert one.metrics[name].value == pytest.approx(two.metrics[name].value)
    # A row and its copy are a pair of their own, half right: not quite the same.
    assert one.metrics["concordance"].value == pytest.approx(two.metrics["concordance"].value, abs=0.01)
    np.testing.assert_allclose(one.risks.observed.mean(), two.risks.observed.mean(), atol=0.02)


def test_risk_groups_are_thirds_with_kaplan_meier_inside_its_bounds():
    model, df = small_model("survival"), new_rows()
    y, weights = truth(df), np.ones(200)
    found = risk_groups(model.task, y, model.task.answers(model.logits(df)), weights)
    assert found.names == ("low risk", "middle risk", "high risk") and found.count.sum() == 200
    high = np.argsort(model.logits(df)[:, 0], kind="stable")[133:]
    wanted = [kaplan_meier(np.abs(y[high]), y[high] > 0, np.ones(len(high)), t) for t in found.times]
    seen = ~np.isnan(found.observed[2])
    np.testing.assert_allclose(found.observed[2][seen], np.array(wanted)[seen])
    assert (found.low[:, seen.nonzero()[0]] <= found.observed[:, seen.nonzero()[0]] + 1e-12)[2].all()
    assert (found.predicted[0, 1:] > found.predicted[2, 1:]).all()


def test_greenwoods_bounds_are_those_of_shares_without_censoring():
    """Without censoring Greenwood's error is the binomial one."""
    task = Survival("died", (1.0,), (1.0,), (1.0,), 0.9)
    y = np.random.default_rng(0).permutation(np.arange(1, 201)) / 200
    found = risk_groups(task, y, np.c_[np.zeros(200), np.ones(200)], np.ones(200))
    k = 30
    shown, n = found.observed[0, k], found.count[0]
    half = 1.96 * np.sqrt(shown * (1 - shown) / n)
    assert found.high[0, k] - found.low[0, k] == pytest.approx(2 * half, rel=0.12)


def test_calibration_of_the_truth_lies_on_the_line():
    rng = np.random.default_rng(0)
    z = rng.normal(size=20_000)
    time, leaves = rng.exponential(np.exp(-z)), rng.exponential(2, 20_000)
    y = signed(np.minimum(time, leaves), time <= leaves)
    task = Survival("died", (0.5, float(np.abs(y).max())), (0.5, 1.0), (0.5,), 0.5)
    predicted, observed, count = calibration_at_horizon(task, y, task.answers(z[:, None]), np.ones(20_000))
    np.testing.assert_allclose(predicted, observed, atol=0.03)
    assert count.sum() == 20_000 and len(count) == 10


def test_two_models_compare_at_the_first_ones_times():
    df = small_frame("survival")
    a = small_model("survival")
    b = ll.train(df.iloc[:200], target="outcome", event="died", quality="fast", ignore=["age"])
    assert a.task.edges != b.task.edges
    found = ll.compare(a, b, new_rows())
    assert found.metrics["concordance"].difference.value > 0
    again = ll.compare(b, a, new_rows())
    gap, back = found.metrics["concordance"].difference, again.metrics["concordance"].difference
    assert back.value == pytest.approx(-gap.value)
    same = ll.compare(a, a).metrics["integrated_brier"]
    assert same.difference.value == 0 and same.a.value == pytest.approx(a.metrics["integrated_brier"].value)


def test_models_of_other_events_are_not_compared():
    df = small_frame("survival").assign(left=lambda d: ~d["died"])
    other = ll.train(df.drop(columns="died"), target="outcome", event="left", quality="fast")
    with pytest.raises(OptionError, match="wait for different events, 'died' and 'left'"):
        ll.compare(small_model("survival"), other, df)


def test_explanations_are_of_the_log_hazard_and_add_up_to_the_risk():
    model, df = small_model("survival"), new_rows(4)
    found = ll.explain(model, df, budget=300)
    assert found.unit == "log hazard"
    np.testing.assert_allclose(found.base_values + found.values.sum(axis=1), found.prediction, atol=1e-8)
    np.testing.assert_allclose(found.prediction, ll.predict(model, df).risk, atol=1e-5)


def test_what_if_says_when_and_how_likely():
    model, df = small_model("survival"), new_rows(3)
    answer = ll.whatif(model, df, at=1).answer({"job": "cook"})
    shown = ll.predict(model, df.assign(job="cook")).iloc[1]
    assert answer.prediction == pytest.approx(shown.median_survival)
    np.testing.assert_allclose(list(answer.probabilities.values()), shown.iloc[2:])
    assert answer.probability is None and "median time" in pictures.text(answer)


def test_the_panel_of_a_what_if_draws_the_chances_of_no_event():
    from lepton_lab.notebook.panels import whatif_messages as messages

    model, df = small_model("survival"), new_rows(3)
    whatif = ll.whatif(model, df, at=1)
    curve = whatif.curves()[0]
    (sent,) = messages.buffers(whatif, whatif.curves())
    first = np.frombuffer(sent, "<f4")[: 3 * len(curve.grid)].reshape(-1, 3)
    asked = whatif.answer({curve.column: curve.grid[0]})
    np.testing.assert_allclose(first[0], list(asked.probabilities.values()), atol=1e-4)
    told = messages.answer(whatif, asked)
    assert told["what"] == "median time"
    assert told["positive"] == list(asked.probabilities)[1]
    assert told["link"] == pytest.approx(list(asked.probabilities.values()))
    np.testing.assert_allclose(whatif.shown(curve.outputs), first[:, 1], atol=1e-5)


def test_loss_importance_adds_up_to_the_brier_score_taken_off():
    model, df = small_model("survival"), new_rows(20)
    found = ll.loss_importance(model, df, budget=4)
    assert found.unit == f"Brier score at {model.task.horizon:g}"
    brier = brier_by(truth(df), model.predict(df, [model.task.horizon]).iloc[:, 2].to_numpy(), model.task.horizon)
    assert found.loss == pytest.approx(brier, rel=0.02)


def test_counterfactuals_reach_a_log_hazard():
    model, df = small_model("survival"), new_rows(40)
    at = int(np.argmax(model.logits(df)[:, 0]))
    found = ll.counterfactuals(model, df, at=at, reach="<0", timeout=None).to_frame()
    assert len(found) and "log hazard of 'died' < 0" in repr(ll.counterfactuals(model, df, at=at, reach="<0"))
    with pytest.raises(OptionError, match="log hazard of 'died'"):
        ll.counterfactuals(model, df, at=at)


@pytest.mark.parametrize("make", [lambda: small_model("survival"), lambda: ll.evaluate(small_model("survival"))])
def test_pictures_draw_the_thirds_over_kaplan_meier_and_say_so_in_text(make):
    result = make()
    drawn = pictures.html(result)
    assert "Survival by predicted risk" in drawn and "high risk: Kaplan–Meier" in drawn
    assert len(drawn.encode()) < 200_000 and "NaN" not in drawn and ">nan" not in drawn
    assert "time until 'died', censored" in drawn and "Kaplan-Meier" in pictures.text(result)


def test_predictions_draw_chances_as_bars():
    drawn = pictures.html(ll.predict(small_model("survival"), new_rows(3)))
    assert "survival at " in drawn and drawn.count("<svg") == 9


def test_a_frame_followed_for_less_time_is_measured_as_far_as_it_goes():
    model, df = small_model("survival"), new_rows()
    short = df.assign(died=df["died"] & (df["outcome"] <= 5), outcome=df["outcome"].clip(upper=5))
    found = ll.evaluate(model, short)
    assert np.isnan(found.metrics["brier"].value) and not np.isnan(found.metrics["integrated_brier"].value)
    assert pictures.html(found) and "–" in pictures.text(found)
