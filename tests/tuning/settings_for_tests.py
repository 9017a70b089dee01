"""A small setting: a few hundred rows, a tiny network, so that a trial takes a blink."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from lepton_lab.data.split import split_rows
from lepton_lab.data.table import read_table
from lepton_lab.fitting.fit import Prepared, prepare
from lepton_lab.fitting.recipe import Recipe
from lepton_lab.members.trees import TreesConfig
from lepton_lab.training.loop_config import LoopConfig
from lepton_lab.tuning.setting import Setting, judging_metric, with_test_rows
from tests.networks.examples import SMALL
from tests.small_models import small_frame

RECIPE = Recipe(
    LoopConfig(network=SMALL, n_epochs=36, batch_size=32, learning_rate=3e-3),
    TreesConfig(rounds=45, leaves=7, learning_rate=0.1),
    refit=False,
)
SHARES = (1 / 9, 1 / 3, 1.0)


@lru_cache
def prepared(task: str = "binary", n_rows: int = 300) -> Prepared:
    """Rows, encoded; the last fold is kept out, as in a study."""
    table, read, _ = read_table(small_frame(task, n_rows), target="outcome")
    rows = with_test_rows(split_rows(table, read, split=None, seed=0))
    return prepare(table, read, rows, 0, balanced=False)


def setting(
    task: str = "binary", *, n_folds: int = 1, shares: tuple[float, ...] = SHARES, recipe: Recipe = RECIPE
) -> Setting:
    """A setting with so many folds."""
    made = prepared(task)
    metric = judging_metric(made.problem.task, None)
    return Setting.of(made.problem, made.folds[:n_folds], recipe, metric, shares)


def with_sizes(hidden: int) -> Recipe:
    """The recipe with another shape of network."""
    return replace(RECIPE, network=replace(RECIPE.network, network=replace(SMALL, hidden=hidden)))
