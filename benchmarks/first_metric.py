"""Seconds until `train` shows its first metric on 10,000 x 14: cold, from a warm cache, and again in one kernel."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile

from report import table, write

KERNELS = 3

# One fresh interpreter: like a kernel in which %load_ext has imported what it imports in the background.
KERNEL = """
import importlib, json, os, signal, time
began = time.perf_counter()
import jax, jax.numpy
jax_s = time.perf_counter() - began
began = time.perf_counter()
import numpy as np
from lepton_lab.notebook.warm_up import SLOW
for name in SLOW:
    importlib.import_module(name)
import lepton_lab as ll
from lepton_lab.training.compilation import count_compilations
others_s = time.perf_counter() - began

def frame(n_rows, seed):
    draw = np.random.default_rng(seed)
    columns = {f"n{i}": draw.normal(size=n_rows) for i in range(9)}
    columns |= {f"c{i}": draw.choice(list("abcdef"), n_rows) for i in range(4)}
    columns["city"] = draw.choice([f"city {i}" for i in range(40)], n_rows)
    score = columns["n0"] * columns["n1"] + (columns["c0"] == "a") + draw.normal(size=n_rows)
    return columns | {"bad": np.where(score > 0.5, "yes", "no")}

def once(n_rows, seed):
    df, seen = frame(n_rows, seed), []
    def report(progress):
        if progress.metric is not None or progress.stage == "network":
            seen.append((time.perf_counter() - began, progress.stage, progress.metric, progress.epoch))
        if progress.stage == "network" and progress.epoch > 6:
            os.kill(os.getpid(), signal.SIGINT)  # enough was seen: end as the stop button does
    began = time.perf_counter()
    with count_compilations() as count:
        ll.train(df, target="bad", seed=seed, report=report)
    network = [s for s in seen if s[1] == "network"]
    (start, *_), (first, *_, epoch) = network[0], next(s for s in network if s[2] is not None)
    rest = [s for s in network if s[3] > epoch]
    return {
        "any": next(s[0] for s in seen if s[2] is not None),
        "network": first,
        "before": start,
        "epoch_s": (rest[-1][0] - first) / (rest[-1][3] - epoch),
        "compiled": count.compiled - count.from_cache,
        "from_cache": count.from_cache,
    }

runs = [once(10_000, 0), once(10_000, 1), once(11_500, 2)]
print(json.dumps({"jax_s": jax_s, "others_s": others_s, "runs": runs}))
"""


def kernel(cache: str) -> dict:
    """What one fresh interpreter measures."""
    home = tempfile.mkdtemp()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    done = subprocess.run(
        [sys.executable, "-c", KERNEL],
        env={**kept, "XDG_CACHE_HOME": cache, "LEPTON_HOME": home, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def row(name: str, goal: str, runs: list[dict]) -> tuple[object, ...]:
    """A line of the table: medians, and the most compilations of any run."""

    def middle(key: str) -> str:
        return f"{statistics.median(run[key] for run in runs):.2f}"

    counts = [max(run[key] for run in runs) for key in ("compiled", "from_cache")]
    return (name, goal, middle("any"), middle("network"), middle("before"), middle("epoch_s"), *counts)


def main() -> None:
    colds = [kernel(tempfile.mkdtemp()) for _ in range(KERNELS)]
    cache = tempfile.mkdtemp()
    kernel(cache)
    warms = [kernel(cache) for _ in range(KERNELS)]
    rows = [
        row("new kernel, cold cache", "3", [k["runs"][0] for k in colds]),
        row("new kernel, warm cache", "1.2", [k["runs"][0] for k in warms]),
        row("again in the same kernel", "0.3 + one epoch", [k["runs"][1] for k in colds + warms]),
        row("the same kernel, 11,500 rows", "0.3 + one epoch", [k["runs"][2] for k in colds + warms]),
    ]
    header = ("seconds", "goal", "first metric", "of the network", "its start", "one epoch", "compiled", "from cache")
    imports = (
        statistics.median(k["jax_s"] for k in colds + warms),
        statistics.median(k["others_s"] for k in colds + warms),
    )
    note = (
        f"10,000 x 14 (9 numbers, 4 categories of 6, one of 40), medians of {KERNELS} kernels. Seconds count from the "
        f"call of `train`, after the imports that `%load_ext` does in the background: `import jax` {imports[0]:.1f} s, "
        f"the others {imports[1]:.1f} s. The first metric on screen is the linear baseline's; the network's follows. "
        "Compilations are those of the whole call, which is stopped after six epochs."
    )
    write("first_metric", "Time to the first metric", f"{table(header, rows)}\n\n{note}")


if __name__ == "__main__":
    main()
