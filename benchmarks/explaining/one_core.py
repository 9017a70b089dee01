"""One core for everybody: import this before jax, torch or numpy. Times are CPU seconds of this process."""

from __future__ import annotations

import os
import sys

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
os.environ.update(
    {}
    if "--device" in sys.argv
    else {
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
        "JAX_PLATFORMS": "cpu",
    }
)
os.environ.setdefault("LEPTON_HOME", "build/explanation-home")

import time
import warnings
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

DEVICE = "--device" in sys.argv
# On an accelerator the host mostly waits, so there the time on the wall is what counts.
clock = time.perf_counter if DEVICE else time.process_time


def settle() -> None:
    """Pin this process to one core, and torch to one thread."""
    warnings.filterwarnings("ignore")
    if not DEVICE and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def torch_on_one_core():
    """torch, with one thread."""
    import torch

    if not DEVICE:
        torch.set_num_threads(1)
    return torch


def seconds_of(run: Callable[[], object]) -> tuple[float, object]:
    """Seconds of one run, and what it returned."""
    started = clock()
    found = run()
    return clock() - started, found


def best_of(n: int, run: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs."""
    return min(seconds_of(run)[0] for _ in range(n))


def matmul_peak(n: int = 1024, dtype: str = "float32") -> float:
    """FLOP/s of an n-cube matmul here and now, the best of some."""
    a = jnp.asarray(np.random.default_rng(0).normal(size=(n, n)), dtype)
    multiply = jax.jit(lambda a, b: a @ b)
    multiply(a, a).block_until_ready()
    return 2 * n**3 / best_of(20, lambda: multiply(a, a).block_until_ready())
