"""Trees grown apart: what scikit-learn's own forests say, one member with the boosted ones, and every end of growth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

from lepton_lab.fitting.course import Course
from lepton_lab.fitting.grow_trees import grow_trees, regrow_trees
from lepton_lab.fitting.kept import Kept
from lepton_lab.fitting.problem import Problem, Rows
from lepton_lab.fitting.recipe import Recipe, recipe_for, with_random_trees
from lepton_lab.journal import create_run
from lepton_lab.members.random_trees import RandomTreesConfig, averaged, fit_random_trees
from lepton_lab.members.tree_inputs import fit_tree_inputs
from lepton_lab.members.trees import TreesConfig, TreesMember, fit_trees
from lepton_lab.tasks import Binary, Regression
from lepton_lab.training.control import Control
from lepton_lab.training.ending import Ending
from tests.members.tables import BLOCKS, made

DATA = made("regression", 150)
TASK = Regression.of(DATA.y)
FEW = RandomTreesConfig(of_each=4, leaves=8)
PROBLEM = Problem(Rows(DATA.x, DATA.y, None, None), BLOCKS, DATA.task, np.zeros(1), 0)
RECIPE = Recipe(
    recipe_for("balanced", 150, None).network, TreesConfig(rounds=6, leaves=4), refit=True, random_trees=FEW
)


def random_trees(weights: np.ndarray | None = None) -> TreesMember:
    found = fit_random_trees(DATA.x, DATA.y, weights, BLOCKS, TASK, config=FEW, seed=0)
    assert found is not None
    return found


def test_they_say_what_scikit_learns_forests_say() -> None:
    weights = np.random.default_rng(1).random(150)
    inputs, matrix = fit_tree_inputs(DATA.x, DATA.y, weights, BLOCKS, DATA.task, 0)
    seeds = np.random.default_rng(0).integers(2**31, size=2).tolist()
    witnesses = (
        ExtraTreesRegressor(4, random_state=seeds[0], max_leaf_nodes=8, min_samples_leaf=3),
        RandomForestRegressor(4, random_state=seeds[1], max_features=0.5, max_leaf_nodes=8, min_samples_leaf=3),
    )
    asked = inputs.of(made("regression", 40, seed=5).x)
    expected = np.mean([one.fit(matrix, DATA.y, sample_weight=weights).predict(asked) for one in witnesses], axis=0)
    member = random_trees(weights)
    np.testing.assert_allclose(member.forest.sum(asked)[:, 0], expected, rtol=1e-9)


def test_with_boosted_trees_they_are_one_member_that_is_read_back() -> None:
    boosted = fit_trees(DATA.x, DATA.y, None, BLOCKS, DATA.task, valid=None, config=RECIPE.trees, seed=0).member
    both = averaged(boosted, random_trees(), 0.25)
    expected = 0.75 * boosted.logits(DATA.x) + 0.25 * random_trees().logits(DATA.x)
    np.testing.assert_allclose(both.logits(DATA.x), expected, rtol=1e-9)
    again = TreesMember.from_arrays(both.arrays(), both.config_json())
    assert (again.n_random, again.forest.n_trees) == (8, 8 + boosted.forest.n_trees)
    assert "n_random" not in boosted.config_json()  # a file without any is what it was


def test_a_monotone_column_stays_monotone() -> None:
    blocks = (replace(BLOCKS[0], monotone=-1), *BLOCKS[1:])  # the target rises with it
    found = fit_random_trees(DATA.x, DATA.y, None, blocks, TASK, config=FEW, seed=0)
    assert found is not None
    rows = np.repeat(DATA.x[:1], 60, axis=0)
    rows[:, 0] = np.linspace(-3, 3, 60)
    assert (np.diff(found.logits(rows)[:, 0]) <= 1e-9).all()


def test_a_growth_that_is_kept_comes_back_as_it_was() -> None:
    run = create_run("train", {}, "", 150)
    train, valid = PROBLEM.rows.take(np.arange(100)), PROBLEM.rows.take(np.arange(100, 150))
    found = [
        grow_trees(PROBLEM, train, valid, RECIPE, Control(), Kept(run, resume).place("trees-0"))
        for resume in (False, True)
    ]
    assert found[0].best.n_random == 8  # type: ignore[attr-defined]
    assert np.array_equal(found[0].best.logits(valid.x), found[1].best.logits(valid.x))
    assert np.array_equal(found[0].logits_at(2), found[1].logits_at(2))


@pytest.mark.parametrize("word", ["deadline", "interrupt"])
def test_where_the_clock_or_the_user_ends_them_the_boosted_trees_stand_alone_and_a_replay_does_the_same(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, valid = PROBLEM.rows.take(np.arange(100)), PROBLEM.rows.take(np.arange(100, 150))
    kept = Kept(None, False)
    with monkeypatch.context() as late:
        late.setattr("lepton_lab.fitting.grow_trees.fit_random_trees", lambda *_, ended, **__: _cut(kept, word, ended))
        late.setattr(Control, "ended", lambda _: word if kept.course.endings else "")
        grown = grow_trees(PROBLEM, train, valid, RECIPE, Control(), kept.place("trees-0"))
    assert grown.ended == word and grown.best.n_random == 0  # type: ignore[attr-defined]
    assert kept.course.endings["trees-0"] == Ending(word, 6, is_cut=word == "deadline")
    again = grow_trees(PROBLEM, train, valid, RECIPE, Control(), Kept(None, False, repeat=kept.course).place("trees-0"))
    assert np.array_equal(again.best.logits(valid.x), grown.best.logits(valid.x))


def _cut(kept: Kept, word: str, ended: object) -> None:
    assert kept.course.endings and callable(ended) and ended() == word


def test_grown_on_all_rows_they_are_kept_as_one() -> None:
    run = create_run("train", {}, "", 150)
    found = [
        regrow_trees(PROBLEM, PROBLEM.rows, RECIPE, 5, Control(), Kept(run, resume).place("trees-all"))
        for resume in (False, True)
    ]
    assert np.array_equal(found[0].logits(DATA.x), found[1].logits(DATA.x))
    assert [member.n_random for member in found] == [8, 8]  # type: ignore[attr-defined]


def test_they_are_for_numbers_and_few_rows_and_a_run_of_earlier_versions_had_none() -> None:
    asked = [("balanced", 300, Regression()), ("balanced", 2000, Regression()), ("fast", 300, Regression())]
    asked += [("best", 300, Binary("no", "yes"))]  # type: ignore[list-item]
    recipes = [with_random_trees(recipe_for(q, n, None), q, n, task) for q, n, task in asked]
    assert [one.random_trees is not None for one in recipes] == [True, False, False, False]
    course = Course(random_trees=True).to_json()
    assert Course.from_json(course).random_trees
    del course["random_trees"]
    assert not Course.from_json(course).random_trees
