"""Memory of an explanation: 1,000 and 10,000 rows of 30 columns against 100 background rows, each in its own process.

    python benchmarks/explanation_memory.py            # about 6 minutes on an idle machine

Measured is the peak of the process's resident memory above what it held when everything was compiled
(100 rows explained). What must grow with the rows is the result: its arrays, and the user's own values in them.
The network is of the default kind, but of one narrow head and untrained, so that 10,000 rows take seconds: what its
units take is the same for any number of rows.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
import numpy as np
from report import table, write

ROWS = (1_000, 10_000)
N_COLUMNS = 30
KINDS = ("JAX function, 64x64", "default network", "default network and trees", "LightGBM, any Python predict")
SAID = (
    "Peak resident memory above what was held once all was compiled. The result is its arrays, and the user's own "
    "values in them. The network is of the default kind, but narrow (one head of 32) and untrained. Resident memory "
    "is counted in pages and varies by some ten megabytes from run to run."
)
# Rows explained before: as many as it takes to compile all that more rows need.
COMPILED = 100


def main() -> None:
    if "--one" in sys.argv:
        at = sys.argv.index("--one")
        print(one(KINDS[int(sys.argv[at + 1])], int(sys.argv[at + 2]), Path(sys.argv[at + 3])))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder))
        sizes = (ROWS[0] // 10,) if "--quick" in sys.argv else ROWS
        # The longest first; two at a time, which changes no process's memory.
        with ThreadPoolExecutor(2) as two:
            asked = {(i, n): two.submit(run, i, n, folder) for n in sizes[::-1] for i in reversed(range(len(KINDS)))}
        for i, kind in enumerate(KINDS):
            found = [asked[i, n].result() for n in sizes]
            peaks, results = (np.array([f[k] for f in found]) for k in (0, 1))
            cells = [f"{f[0]:.0f} MB; {f[2]:.0f} CPU s" for f in found]
            growth = f"{peaks[-1] - peaks[0]:.0f} MB" if len(found) > 1 else ""
            rows.append((kind, *cells, growth, f"{results[-1] - results[0]:.0f} MB" if growth else ""))
            print(rows[-1], flush=True)
    head = (
        "explained, 30 columns, 100 background rows",
        *(f"{n:,} rows" for n in ROWS),
        "growth",
        "growth of the result",
    )
    body = f"{table(head, rows)}\n\n{SAID}"
    write("explanation_memory", "Memory of an explanation", body, keep="--quick" not in sys.argv)


def run(kind: int, n_rows: int, folder: str) -> tuple[float, ...]:
    """Peak megabytes above the baseline, megabytes of the result, CPU seconds, found in a fresh process."""
    command = [sys.executable, __file__, "--one", str(kind), str(n_rows), folder]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-3:]
    return tuple(map(float, said))


def one(kind: str, n_rows: int, folder: Path) -> str:
    """Peak megabytes above the baseline, megabytes of the result, CPU seconds."""
    import lepton_lab as ll

    warnings.filterwarnings("ignore")
    rng = np.random.default_rng(0)
    x, background = (rng.normal(size=(n, N_COLUMNS)).astype(np.float32) for n in (n_rows, 100))
    if kind.startswith("default"):
        model, x, background = trained(kind, folder), as_frame(x), as_frame(background)
    else:
        model = {"J": jax_function, "L": boosted}[kind[0]](rng)
    ll.explain(model, x[:COMPILED], background=background)
    before = reset_peak()
    seconds, found = one_core.seconds_of(lambda: ll.explain(model, x, background=background))
    peak = peak_bytes()  # before the result is counted, which takes memory too
    held = sum(size(v) for v in vars(found).values() if isinstance(v, np.ndarray))
    return f"{(peak - before) / 1e6:.1f} {held / 1e6:.1f} {seconds:.1f}"


def size(array: np.ndarray) -> int:
    """Bytes of an array, and of the objects in it."""
    objects = {id(value): sys.getsizeof(value) for value in array.ravel()} if array.dtype == object else {}
    return array.nbytes + sum(objects.values())


def reset_peak() -> int:
    """Bytes resident now; the kernel's peak is counted from here on."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return status("VmRSS")


def peak_bytes() -> int:
    return status("VmHWM")


def status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def as_frame(x: np.ndarray):
    import pandas as pd

    return pd.DataFrame(x, columns=[f"column {j}" for j in range(x.shape[1])])


def jax_function(rng):
    import jax

    kernels = [rng.normal(size=s).astype(np.float32) / np.sqrt(s[0]) for s in ((30, 64), (64, 64), (64, 1))]

    def network(x):
        return jax.nn.relu(jax.nn.relu(x @ kernels[0]) @ kernels[1]) @ kernels[2]

    return network


def train(folder: Path) -> None:
    """A narrow network and trees, kept for all processes; which of them training would choose does not matter here."""
    import lepton_lab as ll
    from lepton_lab.members.trees import TreesConfig, fit_trees
    from lepton_lab.networks.layout import Layout
    from lepton_lab.networks.tabular import TabularConfig
    from lepton_lab.training.network_member import new_member

    df = as_frame(np.random.default_rng(0).normal(size=(2000, N_COLUMNS)))
    df["target"] = df["column 0"] * df["column 1"] + df["column 2"] > 0
    model = ll.train(df, target="target", budget=5)
    config = TabularConfig(hidden=32, heads=1, head_hidden=16)
    layout = Layout.of(model.encoder.blocks, max_one_hot=config.max_one_hot)
    network = new_member("network", layout, 1, config)
    y, grown = df["target"].to_numpy().astype(np.int32), TreesConfig(rounds=100)
    trees = fit_trees(
        model.encode(df), y, None, model.encoder.blocks, model.task, valid=None, config=grown, seed=0
    ).member
    blend = replace(model.blend, weights=np.array([0.5, 0.5]))
    ll.save(replace(model, members=(network, trees), blend=blend), folder / "model.lepton")


def trained(kind: str, folder: Path):
    """The trained model: its network alone, or network and trees."""
    import lepton_lab as ll

    model = ll.load(folder / "model.lepton")
    if "trees" in kind:
        return model
    return replace(model, members=model.members[:1], blend=replace(model.blend, weights=np.ones(1)))


def boosted(rng):
    import lightgbm

    x = rng.normal(size=(2000, 30))
    model = lightgbm.LGBMRegressor(n_estimators=2, n_jobs=1, verbose=-1).fit(x, x[:, 0] * x[:, 1] + x[:, 2])
    return model.predict


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
