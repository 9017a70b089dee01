"""Trials that pause are trials that don't; many at once are one after another; nothing compiles twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lepton_lab.fitting.kept import Kept
from lepton_lab.training.compilation import count_compilations
from lepton_lab.training.control import Control
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.tuning.entry import judged_logits
from lepton_lab.tuning.network_contender import NetworkContender, reach_together
from lepton_lab.tuning.setting import with_test_rows
from lepton_lab.tuning.trees_contender import TreesContender
from tests.tuning.settings_for_tests import setting, with_sizes

CONTENDERS = [(NetworkContender, {"learning_rate": 2e-3}), (TreesContender, {"leaves": 5})]
POINTS: list[dict[str, Any]] = [
    {"learning_rate": 1e-3, "weight_decay": 0.5},
    {"learning_rate": 1e-2, "epochs": 50},
    {"epochs": 20, "sigma": 0.9},
    {},
]


@pytest.mark.parametrize("n_folds", [1, 2])
@pytest.mark.parametrize(("make", "params"), CONTENDERS)
def test_going_on_from_a_rung_is_training_straight(make: Any, params: dict, n_folds: int) -> None:
    ground = setting(n_folds=n_folds)
    straight, paused = make(ground, params), make(ground, params)
    assert straight.reach(2, Control()) == ""
    values = []
    for rung in range(3):
        assert paused.reach(rung, Control()) == ""
        values.append(ground.score(judged_logits(paused.grown())))
    np.testing.assert_allclose(judged_logits(paused.grown()), judged_logits(straight.grown()), atol=1e-6)
    assert len(set(values)) > 1, "the rungs differ, so this test can fail"


@pytest.mark.parametrize(("make", "params"), CONTENDERS)
def test_a_kept_trial_goes_on_as_if_never_left(make: Any, params: dict) -> None:
    ground = setting(n_folds=2)
    first, other = make(ground, params), make(ground, params)
    first.reach(1, Control())
    stored = first.stored()
    assert other.restore(stored)
    np.testing.assert_allclose(judged_logits(other.grown()), judged_logits(first.grown()), atol=1e-6)
    first.reach(2, Control())
    other.reach(2, Control())
    np.testing.assert_allclose(judged_logits(other.grown()), judged_logits(first.grown()), atol=1e-5)
    assert not make(ground, params).restore(({}, {}))


def test_many_at_once_are_one_after_another() -> None:
    ground = setting(n_folds=2)
    single = [NetworkContender(ground, params) for params in POINTS]
    many = [NetworkContender(ground, params) for params in POINTS]
    for rung in (0, 2):
        for contender in single:
            contender.reach(rung, Control())
        # Fewer lanes than trials, and lanes to spare in the second group.
        assert reach_together(many, rung, Control(), n_lanes=3) == [""] * len(POINTS)
        for one, other in zip(single, many, strict=True):
            np.testing.assert_allclose(judged_logits(other.grown()), judged_logits(one.grown()), atol=1e-4)
            losses = [[p.valid_loss for p in c.history()] for c in (one, other)]
            np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)


def test_points_of_one_shape_compile_one_program() -> None:
    NetworkContender(setting(), {}).reach(0, Control())
    ground = setting(recipe=with_sizes(17))  # of which nothing is compiled
    with count_compilations() as count:
        for params in POINTS:
            contender = NetworkContender(ground, params)
            for rung in range(3):
                contender.reach(rung, Control())
                contender.grown()
    # The chunk of steps, and the forward pass at the sizes of the validation rows.
    assert count.compiled == 2
    with count_compilations() as count:
        contender = NetworkContender(ground, {"hidden": 20})
        contender.reach(0, Control())
        contender.grown()
    assert count.compiled == 2


def test_lanes_compile_one_program_however_few_are_left() -> None:
    ground = setting()
    many = [NetworkContender(ground, params) for params in POINTS]
    reach_together(many, 0, Control(), n_lanes=4)
    with count_compilations() as count:
        reach_together(many[:2], 1, Control(), n_lanes=4)
        reach_together(many[:1], 2, Control(), n_lanes=4)
    assert count.compiled == 0


@pytest.mark.parametrize(("make", "params"), CONTENDERS)
def test_a_stopped_trial_says_so_and_goes_on_later(make: Any, params: dict) -> None:
    ground = setting()
    control = Control()
    control.stop.set()
    stopped, whole = make(ground, params), make(ground, params)
    assert stopped.reach(2, control) == "interrupt"
    assert stopped.reach(2, Control()) == ""
    whole.reach(2, Control())
    np.testing.assert_allclose(judged_logits(stopped.grown()), judged_logits(whole.grown()), atol=1e-6)


@pytest.mark.parametrize(("make", "params"), CONTENDERS)
def test_a_released_trial_keeps_its_member_and_can_be_grown_on_all_rows(make: Any, params: dict) -> None:
    ground = setting(n_folds=2)
    contender = make(ground, params)
    contender.reach(2, Control())
    before = judged_logits(contender.grown())
    contender.release()
    np.testing.assert_array_equal(judged_logits(contender.grown()), before)
    member = contender.regrow(5.0, Control(), Kept(None, False), "all")
    assert np.isfinite(member.logits(ground.problem.rows.x)).all()
    if isinstance(member, NetworkMember):
        assert contender.history()


def test_a_loss_that_is_no_number_fails_the_trial_alone() -> None:
    ground = setting()
    contender = NetworkContender(ground, {"learning_rate": 1.0, "weight_decay": 100.0})
    assert contender.reach(2, Control()) == ""
    assert contender.grown() == [] or np.isfinite(judged_logits(contender.grown())).all()


def test_a_study_always_has_rows_that_only_measure() -> None:
    from lepton_lab.data.split import Split

    folds = tuple((np.setdiff1d(np.arange(10), np.arange(k, k + 2)), np.arange(k, k + 2)) for k in range(0, 10, 2))
    rows = with_test_rows(Split(np.arange(10), np.empty(0, int), np.empty(0, int), folds, nested=True))
    assert rows.test.tolist() == [8, 9] and rows.train.tolist() == list(range(8))
    assert rows.folds is not None and len(rows.folds) == 4
    assert all(not set(part) & {8, 9} for fold in rows.folds for part in fold)
