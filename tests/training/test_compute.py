"""Devices that share each batch learn what one learns; matmuls of half the bits learn about the same."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.errors import OptionError
from lepton_lab.training.compute import Compute, matmuls_in_bfloat16
from tests.training.problems import CONFIG, train, xor

EIGHT = """
import dataclasses, json
import jax, numpy as np
from lepton_lab.training.compute import Compute
from lepton_lab.training.control import never_stop
from lepton_lab.training.learner import Rows
from lepton_lab.training.loop import begin_training
from tests.training.problems import CONFIG, three_classes, train

assert len(jax.devices()) == 8
mesh = Compute(8).mesh(64)
assert dict(mesh.shape) == {"data": 8}
assert Compute(5).mesh(64).size == 4  # as many as divide a batch
assert Compute().mesh(64) is None  # on a CPU more devices share the same cores
problem, weights, rates = three_classes(), np.linspace(0.5, 1.5, 1200), np.full(8, 3e-3, np.float32)
for devices in (None, 8):
    config = dataclasses.replace(CONFIG, n_epochs=2, compute=Compute(devices))
    rows = Rows.of(problem.x, problem.y, weights)
    options = {"config": config, "control": never_stop(), "seed": 4}
    learner = begin_training(problem.blocks, problem.task, rows, None, **options).learner
    losses = [learner.advance(rates) for _ in range(5)]
    fit = train(problem, config=config, seed=4, weights=weights[:900])
    valid = [r.valid_loss for r in fit.history]
    print(json.dumps({"losses": losses, "valid": valid, "logits": fit.valid_logits.ravel()[:20].tolist()}))
flat = learner.learning.flat
assert len(flat.sharding.device_set) == 8 and flat.sharding.is_fully_replicated
batches = learner.batches(rates, learner.capacity)
text = learner._run.lower(learner.learning, *learner.fixed, learner.decay, batches, np.int32(3)).compile().as_text()
assert "all-reduce" in text and "f32[128,8,2]" in text  # eight of the 64 rows on each device
"""


def test_eight_devices_learn_what_one_learns() -> None:
    compiling = os.environ.get("XLA_FLAGS", "")
    flags = {"XLA_FLAGS": f"{compiling} --xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    root = Path(__file__).parent.parent.parent
    out = subprocess.run(
        [sys.executable, "-c", EIGHT], env={**os.environ, **flags}, cwd=root, capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    one, eight = [json.loads(line) for line in out.stdout.splitlines()]
    np.testing.assert_allclose(eight["losses"], one["losses"], rtol=1e-5)
    np.testing.assert_allclose(eight["valid"], one["valid"], rtol=1e-4)
    np.testing.assert_allclose(eight["logits"], one["logits"], atol=1e-3)


def test_matmuls_of_half_the_bits_train_to_about_the_same_loss() -> None:
    narrow = dataclasses.replace(CONFIG, compute=Compute(precision="bfloat16"))
    whole, half = train(xor(), seed=1), train(xor(), seed=1, config=narrow)
    loss = min(r.valid_loss for r in whole.history if r.valid_loss is not None)
    assert min(r.valid_loss for r in half.history if r.valid_loss is not None) == pytest.approx(loss, abs=0.05)
    assert whole.member is not None and half.member is not None
    flat = np.asarray(half.member.params.flat)
    assert flat.dtype == np.float32 and not np.array_equal(flat, np.asarray(whole.member.params.flat))


def test_only_matmuls_are_narrow_forward_and_backward() -> None:
    rng = np.random.default_rng(0)
    a, b = (jnp.asarray(rng.normal(size=shape).astype(np.float32)) for shape in ((5, 40), (40, 3)))

    def loss(parts: dict[str, jax.Array]) -> jax.Array:
        inner = jax.jit(lambda x: jnp.einsum("rf,fu->ru", jnp.tanh(x), parts["b"]))
        return (inner(parts["a"]) ** 2).sum()

    def rounded(x: jax.Array) -> jax.Array:
        return x.astype(jnp.bfloat16).astype(jnp.float32)

    value, gradient = jax.jit(matmuls_in_bfloat16(jax.value_and_grad(loss)))({"a": a, "b": b})
    z = rounded(jnp.tanh(a)) @ rounded(b)
    np.testing.assert_allclose(value, (z**2).sum(), rtol=1e-5)
    pull = rounded(2 * z)
    np.testing.assert_allclose(gradient["b"], rounded(jnp.tanh(a)).T @ pull, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(gradient["a"], (pull @ rounded(b).T) * (1 - jnp.tanh(a) ** 2), rtol=1e-4, atol=1e-4)
    assert value.dtype == gradient["a"].dtype == jnp.float32


@pytest.mark.parametrize(
    ("compute", "words"),
    [
        (Compute(0), "devices=0 is no whole number from 1"),
        (Compute(True), "devices=True is no whole number"),
        (Compute(99), r"devices=99, but jax sees \d+ \(cpu\).*Leave devices out"),
        (Compute(precision="bfloat61"), "Did you mean 'bfloat16'"),
    ],
)
def test_what_cannot_be_is_refused(compute: Compute, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        compute.check()
