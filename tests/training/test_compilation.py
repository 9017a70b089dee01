"""What compiles, and what must not."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.tasks import Binary
from lepton_lab.training import probe
from lepton_lab.training.compilation import count_compilations
from lepton_lab.training.loop_config import LoopConfig
from tests.training.problems import CONFIG, linear, train, xor


@pytest.fixture(autouse=True)
def early_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training looks at its probe, however quick it is."""
    monkeypatch.setattr(probe, "FIRST_S", 0.0)


def test_the_counter_counts() -> None:
    with count_compilations() as count:
        jax.jit(lambda x: jnp.tanh(x) * 3.25)(np.ones(17, np.float32))
    assert count.compiled == 1
    with count_compilations() as count:
        pass
    assert count.compiled == 0


def of_width(hidden: int) -> LoopConfig:
    """Of a network that nobody else trains, so that nothing of it is compiled."""
    return dataclasses.replace(CONFIG, network=dataclasses.replace(CONFIG.network, hidden=hidden))


def test_one_training_compiles_three_programs() -> None:
    """The chunk of steps, the forward pass, the look at the probe. One more means an operation outside jit."""
    config = dataclasses.replace(of_width(13), n_epochs=3)
    with count_compilations() as count:
        train(xor(), config=config)
    assert count.compiled == 3


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 9},
        {"config": dataclasses.replace(CONFIG, learning_rate=1e-3, weight_decay=0.1, n_epochs=7, patience=2)},
        {"weights": np.linspace(0.5, 2, 900)},
        {"n_valid": 200},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_rerun_compiles_nothing(change: dict) -> None:
    train(xor(), config=CONFIG)
    with count_compilations() as count:
        fit = train(xor(), **change)
        fit.member.logits(xor().x)
    assert count.compiled == 0


def test_another_number_of_rows_and_other_class_names_compile_nothing() -> None:
    train(xor(), config=CONFIG)
    other = dataclasses.replace(xor(2500), task=Binary("good", "bad"))
    with count_compilations() as count:
        train(other, n_valid=1000)
    assert count.compiled == 0


def test_columns_in_another_order_compile_nothing() -> None:
    from tests.networks.examples import blocks
    from tests.training.problems import three_classes

    problem = three_classes()
    train(problem)
    turned = dataclasses.replace(problem, blocks=blocks(0, 6), x=np.ascontiguousarray(problem.x[:, ::-1]))
    with count_compilations() as count:
        train(turned)
    assert count.compiled == 0


def test_another_kind_of_task_compiles_again() -> None:
    config = of_width(14)
    train(xor(), config=config)
    with count_compilations() as count:
        train(linear(), config=config)
    assert count.compiled >= 1


CACHE_SCRIPT = """
import jax
from lepton_lab.training.compilation import use_compilation_cache
print(use_compilation_cache(), "|", jax.config.jax_compilation_cache_dir)
"""


def run_cache(**environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-c", CACHE_SCRIPT], env={**kept, "JAX_PLATFORMS": "cpu", **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_the_cache_is_private_and_named_after_jax(tmp_path: Path) -> None:
    used, configured = run_cache(XDG_CACHE_HOME=str(tmp_path)).split(" | ")
    assert used == configured and f"jax-{jax.__version__}-" in used
    assert stat.S_IMODE(Path(used).stat().st_mode) == 0o700


def test_the_users_own_cache_wins(tmp_path: Path) -> None:
    used, configured = run_cache(JAX_COMPILATION_CACHE_DIR=str(tmp_path)).split(" | ")
    assert (used, configured) == ("None", str(tmp_path))


def test_a_folder_that_cannot_be_made_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert run_cache(XDG_CACHE_HOME=str(tmp_path / "file")) == "None | None"


def test_the_counter_hears_other_threads() -> None:
    import threading

    with count_compilations() as count:
        thread = threading.Thread(target=lambda: jax.jit(lambda x: jnp.tanh(x) * 4.5)(np.ones(19, np.float32)))
        thread.start()
        thread.join()
    assert count.compiled == 1
