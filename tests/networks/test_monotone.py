"""Networks in their box are monotone whatever their weights, and the box is no tighter than it must be."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from lepton_lab.networks.layout import Layout
from lepton_lab.networks.monotone import constrain
from lepton_lab.networks.piecewise import choose_knots
from lepton_lab.networks.tabular import TabularConfig, TabularNetwork
from lepton_lab.training.functions import Structure, Wishes, functions_of, take_apart
from tests.networks.examples import Block

CONFIG = TabularConfig(hidden=16, heads=3, head_hidden=8, bins=6, n_frequencies=4)
BLOCKS = (Block("numeric"), Block("category", 5), Block("numeric"), Block("category", 30), Block("numeric"))
SIGNS = (1, -1, 0)  # of the numeric columns: 0, 2 and 4 of the table
N = 40


def rows(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, 5)).astype(np.float32)
    x[:, 1], x[:, 3] = rng.integers(0, 5, N), rng.integers(0, 30, N)
    x[rng.random(N) < 0.2, 4] = np.nan
    return x


def boxed(seed: int) -> tuple[Structure, np.ndarray, Wishes, object]:
    """A network with weights drawn anew, wildly, and put back into its box."""
    layout = Layout.of(BLOCKS, max_one_hot=9)
    knots = choose_knots(rows(99)[:, [0, 2, 4]], CONFIG.bins)
    network = TabularNetwork(layout, 1, CONFIG, draw=np.random.default_rng(seed), knots=knots)
    structure, params, wishes = take_apart(network, constrain(network, CONFIG, SIGNS))
    assert wishes.low is not None and wishes.high is not None
    flat = np.asarray(params.flat)
    assert ((flat >= wishes.low) & (flat <= wishes.high)).all(), "a fresh network starts in its box"
    noise = np.random.default_rng([seed, 1]).normal(size=len(flat)).astype(np.float32)
    moved = np.where(np.asarray(wishes.rate) > 0, flat + 0.5 * noise, flat)
    return structure, np.clip(moved, wishes.low, wishes.high), wishes, params


def along(structure: Structure, flat: np.ndarray, params, column: int, values: np.ndarray, seed: int) -> np.ndarray:
    """Outputs `(value, row)` while a column takes each value."""
    x = np.repeat(rows(seed)[None], len(values), axis=0)
    x[:, :, column] = values[:, None]
    mean = functions_of(structure).jit_mean(params._replace(flat=flat), x.reshape(-1, 5))
    return np.asarray(jax.device_get(mean)).reshape(len(values), N).astype(np.float64)


GRID = np.concatenate([[-1e9, -20], np.linspace(-4, 4, 61), [20, 1e9]]).astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_any_weights_in_the_box_are_monotone(seed: int) -> None:
    structure, flat, _, params = boxed(seed)
    for column, sign in ((0, 1), (2, -1)):
        out = along(structure, flat, params, column, GRID, seed)
        assert (sign * np.diff(out, axis=0)).min() >= -1e-6 * max(1.0, np.ptp(out))
        assert np.ptp(out, axis=0).max() > 0.1, "and not by being flat"


def test_the_box_is_what_makes_them_so_and_leaves_the_others_free() -> None:
    structure, flat, _, params = boxed(0)
    assert np.diff(along(structure, flat, params, 4, GRID, 0), axis=0).min() < -0.01
    assert np.diff(along(structure, flat, params, 4, GRID, 0), axis=0).max() > 0.01
    wild = flat + np.random.default_rng(0).normal(size=len(flat)).astype(np.float32)
    assert np.diff(along(structure, wild, params, 0, GRID, 0), axis=0).min() < -0.01


def test_a_monotone_effect_is_bent_either_way_by_another_column() -> None:
    """Neither convex nor concave for all: rows differ in where the effect is steep."""
    structure, flat, _, params = boxed(3)
    steps = np.diff(along(structure, flat, params, 0, np.linspace(-2, 2, 41).astype(np.float32), 3), axis=0)
    bend = steps[20:].mean(axis=0) - steps[:20].mean(axis=0)
    assert bend.min() < 0 < bend.max() or np.ptp(bend) > 1e-3
    assert not np.allclose(steps, steps[:, :1], atol=1e-3), "no interaction is left"


def test_a_missing_value_has_an_effect_of_its_own() -> None:
    structure, flat, _, params = boxed(1)
    out = along(structure, flat, params, 0, np.array([-1e9, 1e9, np.nan], np.float32), 1)
    assert ((out[2] < out[0]) | (out[2] > out[1])).any()


def test_without_signs_nothing_is_bound() -> None:
    layout = Layout.of(BLOCKS, max_one_hot=9)
    network = TabularNetwork(layout, 1, CONFIG, draw=np.random.default_rng(0), knots=np.zeros((3, 7)))
    assert take_apart(network)[2].low is None
    with pytest.raises(ValueError, match="no parameter"):
        take_apart(network, {"nowhere": constrain(network, CONFIG, SIGNS)["heads.scale"]})
