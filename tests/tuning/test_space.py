"""The written space: what may be said, and what a slip of the pen is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lepton_lab.errors import OptionError
from lepton_lab.fitting.recipe import recipe_for
from lepton_lab.tuning.settings import default_params, network_settings, scaled_to, trees_settings
from lepton_lab.tuning.space import DEFAULT, KNOWN, SIZES, Choice, Range, Space, read_space


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ({"learning_rate": (1e-4, 1e-2)}, Range(1e-4, 1e-2, log=True)),
        ({"learning_rate": (1e-4, 1e-2, "linear")}, Range(1e-4, 1e-2)),
        ({"weight_decay": (0, 1)}, Range(0.0, 1.0)),
        ({"trees.row_share": (0.5, 1)}, Range(0.5, 1.0)),
        ({"trees.leaves": (4, 63)}, Range(4, 63, log=True, whole=True)),
        ({"trees.leaves": [7, 31]}, Choice((7, 31))),
        ({"epochs": np.int64(8)}, Choice((8,))),
        ({"size": "small"}, Choice(("small",))),
        ({"size": ["small", "large"]}, Choice(("small", "large"))),
        ({"learning_rate": Range(1e-3, 1e-2)}, Range(1e-3, 1e-2)),
        ({"learning_rate": "1e-4..1e-2"}, Range(1e-4, 1e-2, log=True)),
        ({"learning_rate": "1e-4..1e-2 linear"}, Range(1e-4, 1e-2)),
        ({"trees.leaves": "4..63"}, Range(4, 63, log=True, whole=True)),
        ({"weight_decay": {"low": 0, "high": 1}}, Range(0.0, 1.0)),
        ({"trees.l2": {"low": 1, "high": 9, "log": False}}, Range(1.0, 9.0)),
    ],
)
def test_every_way_to_say_it(given: dict[str, Any], domain: Range | Choice) -> None:
    space = read_space(given)
    assert space.domains == ((next(iter(given)), domain),)
    assert read_space(space.to_json()) == space


def test_a_table_of_the_trees_is_the_same_as_their_whole_names() -> None:
    assert read_space({"trees": {"leaves": (4, 63)}, "epochs": [8]}) == read_space(
        {"trees.leaves": (4, 63), "epochs": [8]}
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lerning_rate": (1e-4, 1e-2)}, "no 'lerning_rate'. Did you mean 'learning_rate'"),
        ({"tree.leaves": [7]}, "Did you mean 'trees.leaves'"),
        ({"dropout": [0.1]}, "Names: size, learning_rate"),
        ({"size": ["smal"]}, "no 'smal'. Did you mean 'small'"),
        ({"size": (1, 2)}, "takes words, not a range"),
        ({"learning_rate": (1e-2, 1e-4)}, "holds nothing"),
        ({"learning_rate": (0, 1e-2, "log")}, "no orders of magnitude"),
        ({"learning_rate": (1e-4,)}, "no (low, high)"),
        ({"learning_rate": (1e-4, 1e-2, "lgo")}, "no (low, high)"),
        ({"learning_rate": (1e-4, 20)}, "between 1e-06 and 1"),
        ({"learning_rate": ["fast"]}, "takes numbers, not 'fast'"),
        ({"learning_rate": [True]}, "takes numbers, not True"),
        ({"learning_rate": [float("nan")]}, "takes numbers"),
        ({"trees.leaves": [7.5]}, "whole numbers"),
        ({"trees.leaves": (2, 100)}, "between 2 and 63"),
        ({"learning_rate": "1e-4..fast"}, 'no "low..high"'),
        ({"learning_rate": "1e-4..1e-2..1"}, 'no "low..high"'),
        ({"learning_rate": "1e-4..1e-2 lgo"}, "no (low, high)"),
        ({"learning_rate": {"low": 1e-4}}, "no table of low, high"),
        ({"learning_rate": {"low": 1e-4, "high": 1e-2, "lgo": True}}, "no table of low, high"),
        ({"trees": {"leavs": [7]}}, "Did you mean 'trees.leaves'"),
        ({"linear.strength": (0.1, 1)}, "tries all its penalties in every training"),
        ({"epochs": []}, "no choices"),
        ({"epochs": [3, 3]}, "one twice"),
        ({}, "no dict"),
        (["learning_rate"], "no dict"),
    ],
)
def test_a_slip_is_told_what_to_type(given: Any, words: str) -> None:
    with pytest.raises(OptionError) as error:
        read_space(given)
    assert words in str(error.value)


def test_the_default_space_has_at_most_three_shapes_and_holds_the_default() -> None:
    shapes = [len(d.levels(99)) for name, d in DEFAULT.domains if KNOWN[name].shapes]
    assert np.prod(shapes) <= 3
    assert read_space(None) is DEFAULT
    for n_rows in (500, 3000, 50_000):
        recipe = recipe_for("balanced", n_rows, None)
        space = scaled_to(DEFAULT, recipe)
        assert default_params(space, "network", recipe) is not None
        assert default_params(space, "trees", recipe) is not None


def test_the_default_point_is_the_default_recipe() -> None:
    recipe = recipe_for("balanced", 8000, None)
    params = default_params(DEFAULT, "network", recipe)
    assert params is not None
    assert network_settings(recipe, params) == recipe.network
    grown = default_params(DEFAULT, "trees", recipe)
    assert grown is not None
    assert trees_settings(recipe, grown) == recipe.trees
    assert default_params(read_space({"learning_rate": (0.5, 0.9)}), "network", recipe) is None


def test_a_point_changes_what_it_names() -> None:
    recipe = recipe_for("balanced", 8000, None)
    config = network_settings(recipe, {"size": "small", "epochs": 9, "sigma": 0.7})
    assert (config.network.hidden, config.network.sigma, config.n_epochs) == (SIZES["small"]["hidden"], 0.7, 9)
    assert config.learning_rate == recipe.network.learning_rate
    slow = trees_settings(recipe, {"learning_rate": recipe.trees.learning_rate / 4})
    assert slow.rounds == 4 * recipe.trees.rounds


def test_a_space_belongs_to_its_members() -> None:
    space = read_space({"trees.l2": (0.1, 1), "epochs": [5]})
    assert space.members == ("network", "trees")
    assert list(space.of("trees")) == ["l2"] and list(space.of("network")) == ["epochs"]
    assert Space(()).members == ()
