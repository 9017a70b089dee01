"""What an explanation holds at once: plans that do not fit are made anew, and mixed rows come in slices."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from lepton_lab.data.mix_rows import stack_rows
from lepton_lab.explanation.asked import at_once
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.explain_function import ask_function
from lepton_lab.explanation.least_squares import LeastSquaresOptions, least_squares_values
from lepton_lab.explanation.memory import held_by, kept, rows_compared
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.explanation.walk_plans import Walked
from lepton_lab.explanation.walks import WalkOptions, walk_values
from tests.explanation.models import table


def blocks():
    yield from (np.zeros(100), (np.zeros(50), [np.zeros(50)]))


def test_blocks_are_kept_where_they_fit_and_else_made_anew():
    assert [held_by(block) for block in blocks()] == [800, 800]
    fitting, anew = kept(blocks, 3200), kept(blocks, 3198)
    assert fitting is not anew and isinstance(fitting, list) and not isinstance(anew, list)
    assert len(list(anew)) == len(list(anew)) == 2
    assert next(iter(fitting)) is next(iter(fitting)) and next(iter(anew)) is not next(iter(anew))


def test_values_do_not_depend_on_what_is_kept():
    x, background = table(1, 20, 6).astype(float), table(2, 30, 6).astype(float)
    weights = np.full(30, 1 / 30)

    def values(pace):
        game = PredictGame(lambda z: z[:, 0] * z[:, 1] + np.sin(z[:, 2:]).prod(axis=1), stack_rows(x, background))
        walks = walk_values(game, np.arange(20), weights, WalkOptions(), pace)
        squares = least_squares_values(game, np.arange(20), weights, LeastSquaresOptions(20), pace)
        return walks.values, squares.values, walks.n_evaluations, squares.n_evaluations

    # 50 kB hold one background row's states at a time, and no plan.
    for ours, theirs in zip(values(Pace(memory=50_000)), values(Pace()), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("background", "players", "wanted"), [(100, 30, 1024), (1000, 200, 20), (1 << 20, 1000, 1)])
def test_few_rows_are_compared_with_a_large_background(background, players, wanted):
    assert rows_compared(background, players) == wanted


def test_mixed_rows_of_many_columns_come_in_slices():
    n_columns, n_rows = 400, 8
    x, background = np.ones((n_rows, n_columns)), np.zeros((10, n_columns))
    game = PredictGame(lambda z: z.sum(axis=1), stack_rows(x, background))
    masks = np.random.default_rng(0).random((10, 1600, n_columns)) < 0.5
    prepared = game.prepare(masks, np.arange(10))
    game.at_background()
    tracemalloc.start()
    every = np.arange(16_000)
    found = game.evaluate(prepared, np.arange(n_rows), [every] * n_rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(
        found.reshape(n_rows, 10, 1600), np.broadcast_to(masks.sum(axis=2), (n_rows, 10, 1600))
    )
    # All mixed rows at once would be 400 MB of places alone.
    assert peak < 300e6


class _Quick(PredictGame):
    """Walks that cost nothing: what is left is what an explanation holds for its rows."""

    def walk(self, plan, rows):
        return Walked(*np.ones((5, len(rows), self.n_players, 1)), n_evaluations=len(rows))


def peak_and_result(n_rows):
    """Bytes that answering takes at most, and bytes of the answer."""
    x, background = np.ones((n_rows, 20)) * np.arange(1, n_rows + 1)[:, None], np.zeros((40, 20))
    asked = ask_function(lambda z: np.asarray(z).sum(axis=1), x, background)
    assert isinstance(asked.game, PredictGame)
    asked = replace(asked, game=_Quick(asked.game.predict, asked.game.stacked))
    options = ExplainOptions()
    assert len(asked.game.at_background()) == 40 and asked.game.differs(np.arange(1)).all()
    tracemalloc.start()
    (found,) = asked.answers(at_once, options, options.pace())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == n_rows and not found.exact
    return peak, sum(array.nbytes for array in vars(found).values() if isinstance(array, np.ndarray))


def test_more_rows_take_no_more_than_their_result():
    (little, small), (much, large) = peak_and_result(2_000), peak_and_result(6_000)
    assert much - little < 1.15 * (large - small)
