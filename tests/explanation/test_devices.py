"""Rows shared by several devices: the same values, and one compilation for any number of rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lepton_lab.explanation import devices
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.exact import exact_values
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.walks import WalkOptions, walk_values
from tests.explanation.models import MLP, mlp_params, table

N, B, D = 37, 6, 10


def found():
    """Values of each kernel: walks with and without ties, every coalition of few and of many, contractions."""
    params = mlp_params(0, n_features=D)
    games = [
        JaxGame(MLP, params, table(1, N, D), table(2, B, D)),
        JaxGame(MLP, params, table(1, N, D, range(7)), table(2, B, D, range(7))),
    ]
    rows, weights = np.arange(N), np.full(B, 1 / B)
    out = {}
    for i, game in enumerate(games):
        out[f"walks {i}"] = walk_values(game, rows, weights, WalkOptions(), Pace()).values
        out[f"exact {i}"] = exact_values(game, rows[:5], weights, Pace()).values
    rng = np.random.default_rng(0)
    prepared = games[0].prepare(rng.random((B, 9, D)) < 0.5, np.arange(B))
    out["contracted"] = games[0].contract(prepared, rows, rng.normal(size=(B, 9, 2)))
    return out


def test_eight_devices_find_the_same(tmp_path):
    path = tmp_path / "found.npz"
    code = (
        "import sys, numpy as np, jax; assert len(jax.devices()) == 8; "
        "from tests.explanation.test_devices import found; np.savez(sys.argv[1], **found())"
    )
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
    subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    theirs = np.load(path)
    for name, ours in found().items():
        np.testing.assert_allclose(theirs[name], ours, atol=3e-6, err_msg=name)


@pytest.mark.parametrize("n_devices", [1, 3, 8])
@pytest.mark.parametrize("n_rows", [1, 5, 16, 24])
def test_every_row_has_a_slot_of_its_own(n_rows, n_devices):
    slots, counts, place = devices._dealt(n_rows, n_devices, 24)
    assert counts.sum() == n_rows and len(slots) == 24 * n_devices
    np.testing.assert_array_equal(slots[place], np.arange(n_rows))
    real = [d * 24 + i for d, count in enumerate(counts) for i in range(count)]
    assert sorted(place) == real
    assert counts.max() == -(-n_rows // n_devices)


def test_any_number_of_rows_compiles_once():
    """Each kernel: rows are padded to one number."""
    params, background, weights = mlp_params(1, n_features=D), table(2, B, D), np.full(B, 1 / B)

    def run(n):
        game = JaxGame(MLP, params, table(n, n, D), background)
        rows = np.arange(n)
        walk_values(game, rows, weights, WalkOptions(), Pace())
        exact_values(game, rows, weights, Pace())

    run(5)
    before = devices._run._cache_size()
    for n in (1, 17, 40):
        run(n)
    assert devices._run._cache_size() == before
