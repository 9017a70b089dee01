"""The survival task by itself: its loss against the likelihood written out, its curves, metrics and JSON."""

from __future__ import annotations

import dataclasses
import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.censored.curves import Curves
from lepton_lab.censored.scores import brier_at, concordance
from lepton_lab.censored.times import kaplan_meier, signed
from lepton_lab.errors import DamagedFileError, OptionError
from lepton_lab.survival import Survival
from lepton_lab.tasks import answers, loss_metric, metric_of, task_from_json

EDGES, BASELINE = (1.0, 2.0, 5.0), (0.2, 0.3, 1.2)
TASK = Survival("died", EDGES, BASELINE, (1.0, 2.0, 4.0), 4.5, Curves((-1.0, -2.0, 0.0), (1.0, 0.5, 2.0)))


def some_rows(n: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Signed times with hazard 0.5 e^z, and z `(row, 1)`."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    time, leaves = rng.exponential(2 * np.exp(-z)), rng.exponential(3, n)
    return signed(np.minimum(time, leaves), time <= leaves), z[:, None]


def test_the_loss_is_the_likelihood_of_a_piecewise_constant_hazard():
    """log f(t) or log S(t), written out with density and survival, differ from it by what has no z in it."""
    rates = np.diff((0.0, *BASELINE)) / np.diff((0.0, *EDGES))

    def negative_log_likelihood(y: float, z: float) -> float:
        t = abs(y)
        hazards = [rate * math.exp(z) for rate in rates]
        widths = [min(max(t - low, 0.0), high - low) for low, high in zip((0.0, *EDGES[:-1]), EDGES, strict=True)]
        survived = -sum(h * w for h, w in zip(hazards, widths, strict=True))
        return -survived - (math.log(hazards[np.searchsorted(EDGES, t)]) if y > 0 else 0.0)

    y, z = np.array([0.5, -0.5, 1.7, -4.0, 5.0]), np.array([-1.0, 0.0, 0.3, 2.0, 1.0])
    loss = np.asarray(TASK.loss(jnp.asarray(z[:, None], jnp.float32), jnp.asarray(TASK.targets(y))))
    np.testing.assert_allclose(loss, TASK.losses(y, z), rtol=1e-5)
    at_zero = TASK.losses(y, np.zeros(5))
    wanted = [negative_log_likelihood(a, b) - negative_log_likelihood(a, 0.0) for a, b in zip(y, z, strict=True)]
    np.testing.assert_allclose(loss - at_zero, wanted, rtol=1e-5)


def test_a_batch_is_a_sum_of_rows_and_no_step_is_lost_far_out():
    y, z = some_rows(50)
    whole = TASK.losses(y, z[:, 0])
    np.testing.assert_allclose(np.concatenate([TASK.losses(y[:20], z[:20, 0]), TASK.losses(y[20:], z[20:, 0])]), whole)
    far = jax.grad(lambda w: TASK.loss(w, jnp.asarray(TASK.targets(y[:2]))).sum())(jnp.full((2, 1), 500.0))
    assert np.isfinite(far).all()


def test_rows_of_no_time_at_all_count_little_and_break_nothing():
    y = np.array([0.0, -0.0])
    assert (np.abs(TASK.targets(y)) > 0).all() and TASK.targets(y)[0] > 0 > TASK.targets(y)[1]
    assert np.isfinite(TASK.losses(y, np.array([3.0, 3.0]))).all()


def test_survival_falls_from_one_by_the_hazards_of_the_curves():
    found = TASK.survival(np.array([[0.0], [1.0]]), [0.0, 1.0, 1.5, 5.0])
    np.testing.assert_allclose(found[:, 0], 1)
    np.testing.assert_allclose(found[1, 1], np.exp(-np.exp(0.0)))
    np.testing.assert_allclose(found[1, 2], np.exp(-np.exp(0.0) - 0.5 * np.exp(-1.5)))
    assert (np.diff(found, axis=1) < 0).all() and (found[1, 1:] < found[0, 1:]).all()


def test_the_median_is_where_the_curve_crosses_a_half_or_never():
    medians = TASK.median(np.array([[0.5], [-9.0]]))
    assert TASK.survival(np.array([[0.5]]), [medians[0]])[0, 0] == pytest.approx(0.5)
    assert medians[1] == np.inf


@pytest.mark.parametrize("times", [[-1.0], [5.1], [float("nan")], []])
def test_times_that_were_never_seen_are_refused(times):
    with pytest.raises(OptionError, match="followed from 0 to 5"):
        TASK.survival(np.zeros((1, 1)), times)


def test_a_member_answers_by_the_baseline_and_an_answer_stays_an_answer():
    z = np.array([[0.0], [1.0]])
    of_member = answers(TASK, z, of_member=True)
    np.testing.assert_allclose(of_member, [[0.0, *BASELINE], [1.0, *np.e * np.array(BASELINE)]])
    np.testing.assert_array_equal(answers(TASK, of_member), of_member)
    np.testing.assert_allclose(answers(TASK, z)[:, 1:], TASK.curves.cumulative(z[:, 0]))


def test_without_columns_the_answer_is_kaplan_meier():
    y, _ = some_rows()
    task = Survival.of(y, "died")
    found = task.answer_without_columns(y, None)
    np.testing.assert_allclose(np.exp(-found[1:-1]), kaplan_meier(y).at(np.array(task.edges))[0, :-1])
    many = np.broadcast_to(found, (len(y), len(found)))
    assert task.metrics["concordance"](y, many) == 0.5 and task.metrics["auc"](y, many) == 0.5


def test_metrics_are_those_of_the_answers():
    y, z = some_rows()
    task = Survival.of(y, "died").with_baseline(y, z[:, 0], None).with_curves(y, z[:, 0], None)
    shown, edges = task.answers(z), np.array(task.edges)
    assert task.metrics["concordance"](y, shown) == pytest.approx(concordance(y, z[:, 0]))
    looked = edges[edges <= task.reach]
    curve = brier_at(y, task.survival(z, looked), looked)[0]
    whole = np.trapezoid(curve, looked) / (looked[-1] - looked[0])
    assert task.metrics["integrated_brier"](y, shown) == pytest.approx(whole)
    at = brier_at(y, task.survival(z, [task.horizon]), np.array([task.horizon]))[0, 0]
    assert task.metrics["brier"](y, shown) == pytest.approx(at)
    assert f"{task.horizon:g}" in task.metrics["auc"].label
    assert loss_metric(task)(y, z) == pytest.approx(task.losses(y, z[:, 0]).mean())


def test_another_tasks_answers_say_the_same_at_this_ones_edges():
    other = dataclasses.replace(TASK, edges=(0.5, 2.0, 9.0), curves=None)
    z = np.array([[0.3], [-1.0]])
    moved = TASK.translated(other.answers(z), other)
    np.testing.assert_allclose(np.exp(-moved[:, 1:]), other.survival(z, EDGES))


def test_json_keeps_everything_and_damage_is_noticed():
    y, _ = some_rows()
    for task in (TASK, Survival.of(y, "died"), dataclasses.replace(TASK, curves=None)):
        assert task_from_json(json.loads(json.dumps(task.to_json()))) == task
    good = TASK.to_json()
    damaged = [
        {"edges": [2.0, 1.0, 5.0]},
        {"edges": [1.0, 2.0]},
        {"edges": [], "baseline": []},
        {"baseline": [0.2, 0.1, 1.0]},
        {"baseline": [0.2, None, 1.0]},
        {"baseline": [0.2, float("nan"), 1.0]},
        {"horizons": []},
        {"curves": {"level": [0.0], "slope": [1.0]}},
        {"curves": {"level": [0.0] * 3, "slope": [1.0, -1.0, 1.0]}},
        {"curves": {"level": [0.0] * 3}},
        {"reach": "far"},
    ]
    for part in damaged:
        with pytest.raises(DamagedFileError):
            task_from_json(good | part)


def test_a_metric_of_another_task_is_refused_with_a_hint():
    with pytest.raises(OptionError, match="Did you mean 'concordance'"):
        metric_of(TASK, "concordence")
    assert metric_of(TASK, None).name == "concordance"


@pytest.mark.parametrize(
    "y", [np.array([1.0] * 5 + [-1.0]), np.array([0.0] * 9 + [3.0]), -np.arange(1.0, 9.0), np.geomspace(1e-9, 1e9, 50)]
)
def test_odd_times_still_make_a_task(y):
    task = Survival.of(y, "died")
    assert task.edges[-1] == np.abs(y).max() and 0 < task.horizon <= task.edges[-1]
    assert np.isfinite(task.targets(y)).all()
    assert task_from_json(task.to_json()) == task
