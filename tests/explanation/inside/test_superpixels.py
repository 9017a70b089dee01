"""Parts of an image: every point in one, each connected; composed images; a planted patch is found."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.explain_function import explain_function
from lepton_lab.explanation.inside.parts import Parts, compose
from lepton_lab.explanation.inside.superpixels import (
    black,
    blurred,
    mean_colour,
    patch_grid,
    superpixels,
)


def picture(seed: int, height: int, width: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), dtype=np.uint8)


@settings(max_examples=25)
@given(st.integers(0, 99), st.integers(1, 24), st.integers(1, 24), st.sampled_from([1, 3]), st.integers(1, 12))
def test_every_point_lies_in_one_connected_part(seed: int, height: int, width: int, channels: int, n: int) -> None:
    image = picture(seed, -(-height // 3), -(-width // 3), channels).repeat(3, 0).repeat(3, 1)[:height, :width]
    players = superpixels(image, min(n, height * width))
    assert players.owner.shape == (height, width)
    assert sorted(np.unique(players.owner)) == list(range(players.n_players))
    assert all(label(players.owner == k)[1] == 1 for k in range(players.n_players))
    assert (players.sizes() > 0).all() and players.sizes().sum() == height * width


def test_superpixels_follow_an_edge_that_a_grid_cuts() -> None:
    image = np.full((24, 24, 3), 30, np.uint8)
    image[:, 9:] = (220, 40, 40)
    image[5:12, 13:21] = (30, 200, 30)

    def impurity(players: Parts) -> float:
        spreads = [image[players.owner == k].std(0).sum() for k in range(players.n_players)]
        return float(np.dot(spreads, players.sizes()))

    assert impurity(superpixels(image, 16)) < 0.1 * impurity(patch_grid(24, 24, down=4, across=4))


def test_parts_are_the_same_every_time() -> None:
    image = picture(3, 20, 15, 3)
    assert (superpixels(image, 9).owner == superpixels(image.copy(), 9).owner).all()


@pytest.mark.parametrize(("height", "width", "down", "across"), [(28, 28, 4, 4), (5, 7, 5, 7), (9, 4, 2, 3)])
def test_a_grid_has_parts_of_nearly_one_size(height: int, width: int, down: int, across: int) -> None:
    players = patch_grid(height, width, down=down, across=across)
    assert players.n_players == down * across == len(set(players.names))
    sizes = players.sizes()
    assert sizes.min() >= (height // down) * (width // across)
    assert sizes.max() <= -(-height // down) * -(-width // across)


@pytest.mark.parametrize(("down", "across"), [(0, 2), (3, 9), (9, 3)])
def test_a_grid_that_does_not_fit_says_what_fits(down: int, across: int) -> None:
    with pytest.raises(ExplanationError, match=r"8 x 8 points.*from 1 to 8"):
        patch_grid(8, 8, down=down, across=across)


def test_parts_must_be_as_many_as_points_at_most() -> None:
    with pytest.raises(ExplanationError, match=r"n_parts=0; an image of 4 x 3 points has 1 to 12"):
        superpixels(picture(0, 4, 3), 0)


def test_composed_images_are_the_slow_obvious_ones() -> None:
    image, baseline = picture(1, 6, 8, 3), picture(2, 6, 8, 3)
    players = patch_grid(6, 8, down=2, across=2)
    masks = np.random.default_rng(0).integers(0, 2, (5, 4)).astype(np.float32)
    found = np.asarray(jax.jit(compose)(image, baseline, players.owner, jnp.asarray(masks)))
    assert found.dtype == np.uint8
    for mask, one in zip(masks, found, strict=True):
        for i in range(6):
            for j in range(8):
                wanted = image if mask[players.owner[i, j]] == 1 else baseline
                assert (one[i, j] == wanted[i, j]).all()
    assert (np.asarray(compose(image, baseline, players.owner, np.ones(4))) == image).all()
    assert (np.asarray(compose(image, baseline, players.owner, np.zeros(4))) == baseline).all()


def test_baselines() -> None:
    image = picture(4, 10, 12, 3)
    assert (black(image) == 0).all() and mean_colour(image).shape == image.shape
    assert abs(mean_colour(image)[0, 0].astype(float) - image.mean((0, 1))).max() <= 0.5
    assert blurred(image).std() < 0.5 * image.std()
    flat = np.full((5, 5, 1), 77, np.uint8)
    assert (blurred(flat) == 77).all() and (mean_colour(flat) == 77).all()


PLANTED = 5


def answer(images: jax.Array) -> jax.Array:
    """Log-odds that rise with how bright one patch of a 4 x 4 grid is, and bend."""
    row, column = divmod(PLANTED, 4)
    inside = images[..., 4 * row : 4 * row + 4, 4 * column : 4 * column + 4, 0].astype(jnp.float32).mean((-2, -1))
    return jnp.tanh(inside / 64 - 2) * 3


def test_the_patch_that_decides_is_found_and_values_add_up() -> None:
    image = picture(6, 16, 16)
    image[4:8, 4:8] = 250
    players, baseline = patch_grid(16, 16, down=4, across=4), black(picture(6, 16, 16))
    ones, zeros = np.ones((1, 16), np.float32), np.zeros((1, 16), np.float32)
    found = explain_function(lambda z: answer(compose(image, baseline, players.owner, z)), ones, zeros)
    change = float(answer(jnp.asarray(image)[None])[0] - answer(jnp.asarray(baseline)[None])[0])
    np.testing.assert_allclose(found.values.sum(), change, atol=1e-4)
    np.testing.assert_allclose(found.values[0, PLANTED], change, atol=1e-4)
    assert np.abs(np.delete(found.values[0], PLANTED)).max() < 1e-5


def test_taking_parts_away_in_order_of_their_values_hurts_more_than_at_random() -> None:
    draw = np.random.default_rng(0)
    image, weights = picture(8, 16, 16), draw.normal(size=(16, 16, 1)) ** 3
    players, baseline = superpixels(image, 12), mean_colour(image)

    def score(z: jax.Array) -> jax.Array:
        shown = compose(image, baseline, players.owner, z).astype(jnp.float32) / 255
        return jnp.tanh((shown * jnp.asarray(weights, jnp.float32)).sum((-3, -2, -1)) / 20) * 5

    n = players.n_players
    values = explain_function(score, np.ones((1, n), np.float32), np.zeros((1, n), np.float32)).values[0]

    def area(order: np.ndarray) -> float:
        states = np.ones((n + 1, n), np.float32)
        for step, player in enumerate(order):
            states[step + 1 :, player] = 0
        return float(np.asarray(score(states)).mean())

    by_chance = np.mean([area(draw.permutation(n)) for _ in range(20)])
    assert area(np.argsort(-values)) < by_chance - 0.1 < by_chance + 0.1 < area(np.argsort(values))


def test_a_part_that_is_bright_beyond_need_is_taken_first_where_gradients_miss_it() -> None:
    """Its slope is nothing, as a little less light would change nothing; without it the answer is gone."""
    image = picture(9, 16, 16)
    image[4:8, 4:8] = 250
    players, baseline = patch_grid(16, 16, down=4, across=4), black(picture(9, 16, 16))

    def answer_of(images: jax.Array) -> jax.Array:
        return 4 * jnp.tanh(images[..., 4:8, 4:8, 0].mean((-2, -1)) / 40) + images[..., 8:, :, 0].mean((-2, -1)) / 255

    def score(z: jax.Array) -> jax.Array:
        return answer_of(compose(image, baseline, players.owner, z).astype(jnp.float32))

    values = explain_function(score, np.ones((1, 16), np.float32), np.zeros((1, 16), np.float32)).values[0]
    slopes = np.asarray(jax.grad(answer_of)(jnp.asarray(image, jnp.float32)))
    by_gradient = np.bincount(players.owner.ravel(), (slopes * image).sum(2).ravel(), 16)

    def area(order: np.ndarray) -> float:
        states = np.stack([~np.isin(np.arange(16), order[:step]) for step in range(17)]).astype(np.float32)
        return float(np.asarray(score(states)).mean())

    assert values.argmax() == PLANTED != by_gradient.argmax()
    assert area(np.argsort(-values)) < area(np.argsort(-by_gradient)) - 1


def test_an_overlay_has_each_parts_number_at_its_points() -> None:
    players = patch_grid(4, 4, down=2, across=2)
    assert players.spread(np.array([1.0, 2.0, 3.0, 4.0])).tolist()[3] == [3.0, 3.0, 4.0, 4.0]
