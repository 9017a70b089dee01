"""Steps taken in parts are the steps taken on one flat vector."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.networks.tabular import TabularNetwork
from lepton_lab.tasks import Binary
from lepton_lab.training import parts as module
from lepton_lab.training.functions import Wishes, take_apart
from lepton_lab.training.optimizer import Batches, Learning, _Loss, _steps_of, begin
from lepton_lab.training.parts import cut, leaves_of, parts_of, pieces_of, wishes_of
from tests.networks.examples import network, rows

COLUMNS = (0, 4, 30, 0)


def apart(columns: tuple[int, ...] = COLUMNS) -> tuple:
    """A network with random parameters, taken apart."""
    built: TabularNetwork = network(columns)
    return take_apart(built)


@pytest.mark.parametrize("large", [1, 60, 200, 10**9])
@pytest.mark.parametrize("columns", [COLUMNS, (0, 0), (4, 30)])
def test_parts_hold_every_number_in_its_place(large: int, columns: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", large)
    structure, params, wishes = apart(columns)
    parts = parts_of(structure)
    flat = np.arange(len(params.flat), dtype=np.float32)
    leaves = leaves_of(parts, cut(parts, flat))
    for leaf, wanted in zip(leaves, jax.tree.leaves(structure.unflatten(flat)), strict=True):
        np.testing.assert_array_equal(leaf, wanted)
    np.testing.assert_array_equal(np.concatenate(pieces_of(parts, leaves)), flat)
    sizes = [part.stop - part.start for part in parts]
    for wish, whole in (("rate", wishes.rate), ("decay", wishes.decay)):
        own = [getattr(w, wish) for w in wishes_of(parts, wishes)]
        spread = [np.broadcast_to(value, size) for value, size in zip(own, sizes, strict=True)]
        np.testing.assert_array_equal(np.concatenate(spread), whole)
    assert len(parts) == 1 or large < 10**9


def steps(large: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Learning, float]:
    """Five steps of a bounded network, every wish in use."""
    monkeypatch.setattr(module, "LARGE", large)
    structure, params, wishes = apart()
    draw = np.random.default_rng(3)
    n, low = len(params.flat), np.full(len(params.flat), -0.4, np.float32)
    bounded = Wishes(wishes.rate, wishes.decay, low, np.full(n, 0.4, np.float32))
    x = np.stack([rows(COLUMNS, 16, seed=s) for s in range(5)])
    batches = Batches(
        x,
        draw.integers(0, 2, (5, 16)).astype(np.int32),
        draw.uniform(0.5, 2, (5, 16)).astype(np.float32),
        np.array([1e-3, 2e-3, 3e-3, 2e-3, 1e-3], np.float32),
    )
    run = jax.jit(_steps_of(structure, _Loss("binary", Binary("no", "yes")), "float32"))
    learning = run(begin(np.asarray(params.flat)), params.positions, bounded, np.float32(0.1), batches, np.int32(5))
    return jax.tree.map(np.asarray, learning)


def test_steps_in_parts_are_steps_on_the_flat_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    (whole, loss), (apart_, same) = steps(10**9, monkeypatch), steps(60, monkeypatch)
    assert loss == pytest.approx(float(same), rel=1e-6)
    assert int(whole.step) == int(apart_.step) == 5
    for name in ("flat", "mu", "nu"):
        a, b = getattr(whole, name), getattr(apart_, name)
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6 * np.abs(a).max(), err_msg=name)
    assert np.abs(whole.flat).max() <= np.float32(0.4) and jnp.isfinite(whole.flat).all()
