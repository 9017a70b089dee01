"""Ctrl-C at random moments of a training, compilation included: seconds to a usable model, and what was lost."""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from report import table, write

MOMENTS = 12

# A fresh interpreter that trains, says so, and says when the model is there and whether it predicts.
KERNEL = """
import importlib, json, signal, time
import numpy as np
from lepton_lab.notebook.warm_up import SLOW
for name in SLOW:
    importlib.import_module(name)
import lepton_lab as ll

draw = np.random.default_rng(0)
df = {f"n{i}": draw.normal(size=10_000) for i in range(13)} | {"c": draw.choice(list("abcdef"), 10_000)}
df["bad"] = np.where(df["n0"] * df["n1"] + draw.normal(size=10_000) > 0.5, "yes", "no")
seen = []
print("READY", flush=True)
model = ll.train(df, target="bad", report=seen.append)
done = time.monotonic()
signal.signal(signal.SIGINT, signal.SIG_IGN)  # a press after the end is not of training
scored = [p for p in seen if p.metric is not None]
finite = bool(np.isfinite(model.predict_proba(df)).all())
network = [p for p in seen if p.stage == "network"]
print(json.dumps({
    "done": done, "usable": finite, "members": [m.name for m in model.members],
    "network_scored": any(p.stage == "network" for p in scored),
    "stage": seen[-3].stage if len(seen) > 2 else "", "compiling": bool(network) and network[-1].compiling,
    "gaps": max((b.elapsed_s - a.elapsed_s for a, b in zip(network[1:], network[2:])), default=0),
}), flush=True)
"""


def press(after_s: float, cache: str) -> dict | None:
    """Train in a fresh interpreter and press Ctrl-C that long after the call began; None where it had ended."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment = {**kept, "XDG_CACHE_HOME": cache, "LEPTON_HOME": tempfile.mkdtemp(), "JAX_PLATFORMS": "cpu"}
    child = subprocess.Popen([sys.executable, "-c", KERNEL], env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after_s)
    pressed = time.monotonic()  # the same clock in both processes
    child.send_signal(signal.SIGINT)
    lines = child.stdout.read().strip().splitlines()
    if child.wait() or not lines:
        return {"after_s": after_s, "usable": False, "took_s": float("nan"), "lost": True, "network_scored": False}
    found = json.loads(lines[-1])
    if found["done"] < pressed:
        return None
    lost = found["network_scored"] and "network" not in found["members"]
    return {**found, "after_s": after_s, "took_s": max(0.0, found["done"] - pressed), "lost": lost}


def line(name: str, presses: list[dict]) -> tuple[object, ...]:
    """A line of the table."""
    took = [p["took_s"] for p in presses]
    return (
        name,
        len(presses),
        sum(p["usable"] for p in presses),
        sum(p["lost"] for p in presses),
        f"{statistics.median(took):.2f}" if took else "",
        f"{max(took):.2f}" if took else "",
    )


def main() -> None:
    moments = random.Random(0)
    warm = tempfile.mkdtemp()
    press(8, warm)
    # The first seconds hold reading and compilation; later ones are chunks of steps.
    cold = [press(moments.uniform(0.2, 6), tempfile.mkdtemp()) for _ in range(MOMENTS // 2)]
    steady = [press(moments.uniform(0.2, 8), warm) for _ in range(MOMENTS // 2)]
    heard = [p for p in cold + steady if p is not None]
    before = [p for p in heard if not p["network_scored"]]
    after = [p for p in heard if p["network_scored"]]
    rows = [
        line("before the network's first metric (reading, compilation)", before),
        line("after it (chunks, boosting rounds)", after),
        line("all", before + after),
    ]
    header = ("Ctrl-C pressed", "times", "usable model", "network lost", "median s", "longest s")
    note = (
        "10,000 x 14, two classes, a fresh interpreter each time (after the imports of `%load_ext`), half with an "
        "empty compilation cache; presses after the end of training are not counted. Seconds from "
        "the signal to `train` returning a model that predicts, with its metrics. A network is lost where it had a "
        "validation metric and is not in the model. Goal: 0.5 s after the current chunk, boosting round or "
        "compilation, 3 s at most."
    )
    write("interrupt", "Ctrl-C at any moment of training", f"{table(header, rows)}\n\n{note}")


if __name__ == "__main__":
    main()
