"""What a threshold does, against counting row by row, scikit-learn and an independent interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, f1_score

import lepton_lab as ll
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.costs import Costs
from lepton_lab.evaluation.decisions import Decisions, thresholds_of, wilson
from tests.pictures import examples
from tests.small_models import small_frame, small_model

COSTS = {"false_alarm": 2.0, "missed": 7.0}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8), st.integers(0, 3)), min_size=1, max_size=30), st.data())
def test_every_threshold_counts_as_row_by_row(rows, data) -> None:
    y, p, w = (np.array(part, float) for part in zip(*rows, strict=True))
    w = w + (w.sum() == 0)
    found, at = thresholds_of(y == 1, p / 8, w), data.draw(st.integers(0, 16)) / 16
    decided = found.at(at, Costs(2, 7))
    expected = confusion_matrix(y, p / 8 >= at, labels=[0, 1], sample_weight=w)
    np.testing.assert_allclose(decided.confusion, expected)
    assert decided.cost == pytest.approx(2 * expected[0, 1] + 7 * expected[1, 0])
    assert decided.n == pytest.approx(w.sum())


def test_an_evaluation_answers_at_any_threshold_without_a_notebook() -> None:
    model, df = small_model("binary"), small_frame("binary", 300, seed=5)
    found, p = ll.evaluate(model, df), model.predict_proba(df)[:, 1]
    truth = (df["outcome"] == model.classes[1]).to_numpy()
    for at in (0.0, 0.2, float(p[7]), model.threshold, 0.9, 1.0):
        decided = found.at(at)
        np.testing.assert_array_equal(decided.confusion, confusion_matrix(truth, p >= at, labels=[False, True]))
        assert decided.f1 == pytest.approx(f1_score(truth, p >= at))
        changed = model.with_threshold(at).predict(df)["prediction"]
        assert decided.alerts == (changed == model.classes[1]).sum(), "what is kept is what was looked at"
    np.testing.assert_array_equal(found.at(model.threshold).confusion, found.confusion)
    assert found.at(model.threshold).accuracy.value == pytest.approx(found.metrics["accuracy"].value)


def test_weights_count_as_so_many_rows() -> None:
    model, df = small_model("binary"), small_frame("binary", 200, seed=5)
    w = np.random.default_rng(0).integers(1, 4, 200)
    weighed, repeated = ll.evaluate(model, df, weights=w), ll.evaluate(model, df.loc[np.repeat(df.index, w)])
    a, b = weighed.at(0.4, costs=COSTS), repeated.at(0.4, costs=COSTS)
    np.testing.assert_allclose(a.confusion * w.mean(), b.confusion)
    assert a.cost_a_row == pytest.approx(b.cost_a_row)
    assert a.precision.value == pytest.approx(b.precision.value)
    assert a.precision.high - a.precision.low > b.precision.high - b.precision.low, "a row is not three rows"


def test_one_of_several_classes_against_the_rest() -> None:
    model, df = small_model("multiclass"), small_frame("multiclass", 300, seed=5)
    found = ll.evaluate(model, df)
    for k, name in enumerate(model.classes):
        called = model.predict_proba(df)[:, k] >= 0.4
        expected = confusion_matrix(df["outcome"] == name, called, labels=[False, True])
        np.testing.assert_array_equal(found.at(0.4, of=name).confusion, expected)
        assert found.against_rest(name).scores.counts.sum() == 300
    with pytest.raises(OptionError, match="which of 3 classes"):
        found.at(0.4)
    with pytest.raises(OptionError, match="Did you mean 'low'"):
        found.at(0.4, of="lwo")


@pytest.mark.parametrize("share", [(0, 10), (3, 10), (10, 10), (41, 977)])
def test_shares_have_wilsons_interval(share: tuple[int, int]) -> None:
    ours, other = wilson(*share), binomtest(*share).proportion_ci(method="wilson")
    assert (ours.low, ours.high) == pytest.approx((other.low, other.high), abs=1e-12)


def test_nothing_has_no_share() -> None:
    decided = Decisions(0.5, found=0, alarms=0, positives=0, negatives=3)
    assert math.isnan(decided.precision.value)
    assert math.isnan(decided.sensitivity.value)
    assert decided.specificity.value == 1
    assert decided.cost is None
    assert "0 of 3 rows" in repr(decided)


def test_one_row() -> None:
    model, df = small_model("binary"), small_frame("binary", 300, seed=5)
    decided = ll.evaluate(model, df.iloc[[0]]).at(0.5, costs=COSTS, unit="€")
    assert decided.n == 1
    assert "€ a row" in repr(decided)


def test_a_slider_rests_where_numbers_have_few_digits_and_are_exact() -> None:
    rng = np.random.default_rng(0)
    p = rng.beta(0.05, 5, 20_000)  # a rare class: most probabilities are in a tail
    found = thresholds_of(rng.random(20_000) < p, p, np.ones(20_000))
    stops = found.stops(0.123456789)
    assert len(stops) < 2_000
    assert {0.0, 0.123456789, 0.5, 1.0} <= set(stops)
    assert (np.diff(stops) > 0).all()
    hits, alarms = found.called(stops)
    for k in range(0, len(stops), 97):
        at = found.at(float(stops[k]))
        assert (hits[k], alarms[k]) == (at.found, at.alarms)
    share = (hits + alarms) / 20_000
    assert np.abs(np.diff(share))[stops[1:] > 1e-6].max() < 0.05, "no step passes over many rows at once"


@pytest.mark.parametrize("threshold", [-0.1, 1.1, "0.3", True, None, float("nan")])
def test_what_is_no_probability_is_refused(threshold) -> None:
    with pytest.raises(OptionError, match="no probability"):
        ll.evaluate(small_model("binary"), small_frame("binary", 50)).at(threshold)


def test_costs_are_weighed_later_too() -> None:
    model = small_model("binary")
    later, before = ll.evaluate(model).for_costs(COSTS, unit=" € "), ll.evaluate(model, costs=COSTS, unit="€")
    assert later.costs is not None and before.costs is not None
    assert later.costs.costs == before.costs.costs
    assert (later.costs.threshold, later.costs.cost) == (before.costs.threshold, before.costs.cost)
    with pytest.raises(OptionError, match="no text"):
        ll.evaluate(model, costs=COSTS, unit=3)  # type: ignore[arg-type]


def test_figures_without_their_rows_say_so() -> None:
    with pytest.raises(OptionError, match="figures only"):
        examples.evaluation("binary").at(0.3)


def test_numbers_have_no_threshold() -> None:
    with pytest.raises(OptionError, match="regression"):
        ll.evaluate(small_model("regression")).at(0.3)
