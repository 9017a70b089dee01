"""How fast training is: a step against eager torch, an epoch against Keras on JAX, a whole fit, its memory.

    python benchmarks/training.py            # about 10 minutes on one core

Peers train the same network from the same numbers, on the same rows where the peer lets us choose them; that they
say the same is checked before anything is timed. Times are CPU seconds of one process on one core, ours and the
peer's in turn, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable

from explaining import one_core  # isort: skip  (first: it sets the threads)
import numpy as np
from report import table, write
from training_peers.architectures import ALL, N_ROWS, Architecture
from training_peers.ours import CHUNK, Ours

# One plain script: import, train, and say what it took.
FIT = """
import json, time
from pathlib import Path
began = time.process_time()
import importlib
import numpy as np
from lepton_lab.notebook.warm_up import SLOW
for name in ("jax", "jax.numpy", *SLOW):
    importlib.import_module(name)
import lepton_lab as ll
imports = time.process_time() - began
draw = np.random.default_rng(0)
x, kind, place = draw.normal(size=(20_000, 8)), draw.choice(list("abcdef"), 20_000), draw.integers(0, 40, 20_000)
z = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * np.abs(x[:, 4]) + (kind == "a") + 0.1 * (place % 7) - 0.9
df = {f"x{j}": x[:, j] for j in range(8)} | {"kind": kind, "place": [f"p{p}" for p in place]}
df["y"] = np.where(draw.random(20_000) < 1 / (1 + np.exp(-1.5 * z)), "yes", "no")
spent, last, auc = {}, time.process_time(), []
def report(progress):
    global last
    now = time.process_time()
    spent[progress.stage] = spent.get(progress.stage, 0) + now - last
    last = now
for _ in range(2):
    started = last = time.process_time()
    spent.clear()
    model = ll.train(df, target="y", report=report)
    seconds = time.process_time() - started
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    if not auc:
        first, peak = seconds, int(status["VmHWM"].split()[0]) / 1024
    auc.append(model.metrics["auc"].value)
print(json.dumps({"imports": imports, "first": first, "again": seconds, "peak": peak, "spent": spent, "auc": auc[0]}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one turn each, nothing kept")
    asked = parser.parse_args()
    one_core.settle()
    n_turns = 1 if asked.quick else 9
    note = "CPU seconds on one core that other work shared: the ratios count."
    body = "\n\n".join([note, steps(n_turns), epochs(min(n_turns, 5)), fits()])
    write("training", "Speed of training", body, more=("torch", "keras"), keep=not asked.quick)


def steps(n_turns: int) -> str:
    """The table of steps."""
    from training_peers.torch_peer import Torch

    one_core.torch_on_one_core()
    rows, ratios = [], []
    for architecture in ALL:
        ours = Ours(architecture)
        peer = Torch(architecture, ours)
        _say_the_same(ours.train(32), peer.train(32), architecture)
        mine, theirs = in_turn(lambda o=ours: o.train(32), lambda p=peer: p.train(32), n_turns)
        ratios.append(statistics.median(np.divide(theirs, mine)))
        rows.append(
            [
                architecture.name,
                f"{len(ours.params.flat):,}",
                f"{statistics.median(mine) / 32e-3:.3f}",
                f"{statistics.median(theirs) / 32e-3:.3f}",
                f"{ratios[-1]:.2f}x",
                "1.5x" if architecture.is_small else "1.0x",
            ]
        )
        print(rows[-1], flush=True)
    head = ["network, 10 numeric columns unless said", "parameters", "ours, ms", "torch, ms", "ratio", "at least"]
    mean = f"{statistics.geometric_mean(ratios):.2f}x"
    note = f"""
Geometric mean **{mean}** (goal 1.2x, reach 1.5x where the batch or the width is 64). Median of {n_turns} turns of 32
steps each: rows gathered, forward, backward, AdamW. Ours as compiled chunks of steps, as the loop runs them; torch with
its fused AdamW, the quickest it has. The mean losses of the first 32 steps agree to 1e-4 in every line.
"""
    return f"## One step against eager torch\n\n{table(head, rows)}\n{note}"


def epochs(n_turns: int) -> str:
    """The table of epochs."""
    from training_peers.keras_peer import Keras

    rows = []
    for architecture in ALL:
        ours = Ours(architecture)
        peer = Keras(architecture, ours)
        outputs = np.asarray(architecture.module()(ours.x[:100]))[..., 0]
        assert np.abs(peer.logits(ours.x[:100]) - outputs).max() < 1e-4, architecture.name
        ours.train(1), peer.epoch()
        mine, theirs = in_turn(lambda o=ours: _epoch(o), peer.epoch, n_turns)
        ratio = statistics.median(np.divide(theirs, mine))
        cells = [f"{statistics.median(seconds):.3f}" for seconds in (mine, theirs)]
        rows.append([architecture.name, *cells, f"{ratio:.2f}x", "1.5x" if architecture.is_small else "1.0x"])
        print(rows[-1], flush=True)
    head = ["network", "ours, s", "Keras, s", "ratio", "at least"]
    note = f"""
{N_ROWS:,} rows, after compilation; median of {n_turns} turns. Keras by `model.fit` with its own defaults, which compile
the step. Ours takes whole batches only, so up to one batch more. The networks' first outputs agree to 1e-4.
"""
    return f"## One epoch against Keras on JAX\n\n{table(head, rows)}\n{note}"


def fits() -> str:
    """The table of whole fits."""
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        for name in ("nothing compiled before", "compiled programs read from the cache"):
            found = _fit(cache)
            parts = ", ".join(f"{stage} {s:.1f}" for stage, s in found["spent"].items() if s > 0.05)
            seconds = [f"{found[part]:.1f}" for part in ("imports", "first", "again")]
            rows.append([name, *seconds, f"{found['peak']:.0f}", f"{found['auc']:.4f}", parts])
            print(rows[-1], flush=True)
    head = ["a new process", "imports, s", "train, s", "train again, s", "peak, MiB", "AUC", "of the second, s"]
    note = """
20,000 rows of 10 columns (8 numbers, 2 words), `ll.train(df, target='y')` as it comes (`quality='balanced'`): network,
linear model and trees, trained on 65 %, blended and calibrated on 15 %, network and trees once more on both, measured
on 20 %. Imports are those that `%load_ext` does in the background. Goals: 20 s, reach 10 s; 600 MiB for the whole
process after its first fit. The time to the first metric is in [first_metric.md](first_metric.md).
"""
    return f"## A whole fit\n\n{table(head, rows)}\n{note}"


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], n_turns: int) -> tuple[list[float], list[float]]:
    """CPU seconds of each turn."""
    pairs = [(one_core.seconds_of(ours)[0], one_core.seconds_of(theirs)[0]) for _ in range(n_turns)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def _epoch(ours: Ours) -> None:
    left = -(-N_ROWS // ours.batch)
    while left:
        ours.train(min(left, CHUNK))
        left -= min(left, CHUNK)


def _fit(cache: str) -> dict:
    """What the plain script says, on this core, with compiled programs kept in `cache`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "XLA_", "KERAS_"))}
    with tempfile.TemporaryDirectory() as home:
        environment = {**kept, "XDG_CACHE_HOME": cache, "LEPTON_HOME": home, "JAX_PLATFORMS": "cpu"}
        done = subprocess.run([sys.executable, "-c", FIT], env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def _say_the_same(mine: float, theirs: float, architecture: Architecture) -> None:
    assert abs(mine - theirs) < 1e-4, f"{architecture.name}: losses {mine} and {theirs}"


if __name__ == "__main__":
    main()
