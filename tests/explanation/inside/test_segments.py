"""Parts of series as players: every value has one, the engine finds what decides, and deleting it matters most."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.explain_function import explain_function
from lepton_lab.explanation.inside.parts import compose
from lepton_lab.explanation.inside.segments import (
    bridge_baseline,
    change_points,
    mean_baseline,
    other_baseline,
    segments,
)

NAMES = ("x", "y")


@pytest.mark.parametrize(("n_steps", "n_segments"), [(1, 1), (7, 3), (12, 4), (12, 12)])
@pytest.mark.parametrize("by_channel", [True, False])
def test_every_value_has_one_owner_and_stretches_are_even(n_steps: int, n_segments: int, by_channel: bool) -> None:
    players = segments(n_steps, NAMES, n_segments=n_segments, by_channel=by_channel)
    assert players.n_players == n_segments * (2 if by_channel else 1)
    assert set(players.owner.ravel()) == set(range(players.n_players))
    lengths = players.sizes() // (1 if by_channel else 2)
    assert lengths.min() >= n_steps // n_segments and np.ptp(lengths) <= 1
    values = np.arange(players.n_players, dtype=float)
    np.testing.assert_array_equal(players.spread(values), players.owner)


def test_too_many_stretches_are_refused() -> None:
    with pytest.raises(ExplanationError, match="1 to 3"):
        segments(3, NAMES, n_segments=4)


def test_change_points_are_the_best_of_all_segmentations() -> None:
    series = np.random.default_rng(0).standard_normal((9, 2))

    def cost(starts: tuple[int, ...]) -> float:
        pieces = np.split(series, starts)
        return sum(((piece - piece.mean(axis=0)) ** 2).sum() for piece in pieces)

    best = min(itertools.combinations(range(1, 9), 2), key=cost)
    assert change_points(series, 3).tolist() == [0, *best]
    steps = np.repeat([0.0, 5.0, 1.0], [300, 500, 200])[:, None]
    np.testing.assert_allclose(change_points(steps, 3), [0, 300, 800], atol=4)
    steps[10] = np.nan
    assert len(change_points(steps[:2], 10)) == 2


def test_compose_shows_and_hides_what_it_is_told() -> None:
    players = segments(6, NAMES, n_segments=3)
    shown, hidden = np.ones((6, 2), np.float32), np.zeros((6, 2), np.float32)
    z = np.random.default_rng(0).integers(0, 2, (4, 6)).astype(np.float32)
    found = np.asarray(compose(shown, hidden, players.owner, z))
    np.testing.assert_array_equal(found, z[:, players.owner])


def test_baselines() -> None:
    series = np.array([[0, 1], [1, np.nan], [9, 1], [9, 4], [4, 6], [5, 6]], np.float64)
    mean = mean_baseline(series)
    np.testing.assert_allclose(mean[0], np.nanmean(series, axis=0))
    np.testing.assert_array_equal(mean_baseline(series, np.zeros(2))[:, 0], 0)
    bridge = bridge_baseline(series, np.array([0, 2, 4]))
    np.testing.assert_allclose(bridge[:, 0], [9, 9, 2, 3, 9, 9])
    other = other_baseline(series, np.ones((4, 2)))
    np.testing.assert_array_equal(np.isnan(other[:, 0]), np.arange(6) >= 4)
    for found in (mean, bridge):
        np.testing.assert_array_equal(np.isnan(found), np.isnan(series))
    with pytest.raises(ExplanationError, match="1 channels for a series of 2"):
        other_baseline(series, np.ones((4, 1)))
    np.testing.assert_allclose(bridge_baseline(series, np.array([0]))[:, 0], series[:, 0].mean())


def test_the_engine_finds_the_planted_stretch_and_its_deletion_matters_most() -> None:
    draw = np.random.default_rng(3)
    series = draw.standard_normal((12, 2)).astype(np.float32)
    series[4:8, 1] += 3
    players = segments(12, NAMES, n_segments=3)
    baseline = mean_baseline(series, np.zeros(2))
    weights = jnp.asarray(draw.standard_normal((12, 2)) * 0.1, jnp.float32)

    def answer(series):  # a bump in channel y between steps 5 and 8 decides; the rest says a little
        return 4 * jnp.tanh(series[..., 4:8, 1].mean(axis=-1)) + (series * weights).sum(axis=(-1, -2))

    def g(z):
        return answer(compose(series, baseline, players.owner, z))[:, None]

    n = players.n_players
    ones, zeros = np.ones((1, n), np.float32), np.zeros((1, n), np.float32)
    values = explain_function(g, ones, zeros).values.reshape(n)
    assert players.names[int(np.abs(values).argmax())] == "y, steps 5 to 8"
    assert values.sum() == pytest.approx(float(answer(series) - answer(baseline)), abs=1e-4)

    def falls(order: np.ndarray) -> float:  # area under the answer while players are deleted in this order
        masks = np.empty((n + 1, n), np.float32)
        masks[:, order] = 1 - np.tril(np.ones((n + 1, n)), -1)  # in row k the first k of the order are gone
        return float(np.asarray(g(jnp.asarray(masks))).mean())

    ours = falls(np.argsort(-values))
    assert ours <= np.mean([falls(draw.permutation(n)) for _ in range(20)]) - 0.2
