"""Memory of an explanation: 1,000 and 10,000 rows of 30 columns against 100 background rows, each in its own process.

    python benchmarks/explanation_memory.py            # about 2 minutes

Measured is the peak of the process's resident memory above what it held when everything was compiled
(16 rows explained), and above the result itself. The networks are drawn, not trained: memory is the same.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
import numpy as np
from report import table, write

ROWS = (1_000, 10_000)
KINDS = ("JAX function, 64x64", "default network", "LightGBM, any Python predict")


def main() -> None:
    if "--one" in sys.argv:
        at = sys.argv.index("--one")
        print(one(KINDS[int(sys.argv[at + 1])], int(sys.argv[at + 2])))
        return
    rows = []
    for i, kind in enumerate(KINDS):
        found = []
        # The costly kinds show whether memory grows with rows at a tenth of the rows.
        sizes = ROWS if i == 0 else tuple(n // 5 for n in ROWS)
        for n in (sizes[0] // 10,) if "--quick" in sys.argv else sizes:
            said = subprocess.run(
                [sys.executable, __file__, "--one", str(i), str(n)], capture_output=True, text=True, check=True
            ).stdout.split()[-3:]
            found.append(f"{n:,} rows: {said[0]} MB, of which the result {said[1]} MB; {said[2]} CPU s")
        rows.append((kind, *found))
        print(rows[-1], flush=True)
    head = ("explained, 30 columns, 100 background rows", "fewer rows", "more rows")
    write(
        "explanation_memory",
        "Memory of an explanation",
        table(head[: len(rows[0])], rows),
        keep="--quick" not in sys.argv,
    )


def one(kind: str, n_rows: int) -> str:
    """Peak megabytes above the baseline, megabytes of the result, CPU seconds."""
    import lepton_lab as ll

    one_core.settle()
    rng = np.random.default_rng(0)
    x, background = (rng.normal(size=(n, 30)).astype(np.float32) for n in (n_rows, 100))
    model = {"J": jax_function, "d": default_network, "L": boosted}[kind[0]](rng)
    frame = as_frame(x), as_frame(background)
    given = frame if kind.startswith("d") else (x, background)
    ll.explain(model, given[0][:16], background=given[1])
    before = reset_peak()
    seconds, found = one_core.seconds_of(lambda: ll.explain(model, given[0], background=given[1]))
    held = sum(v.nbytes for v in vars(found).values() if isinstance(v, np.ndarray))
    return f"{(peak_bytes() - before) / 1e6:.0f} {held / 1e6:.0f} {seconds:.0f}"


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


def default_network(rng):
    import lepton_lab as ll

    df = as_frame(rng.normal(size=(2000, 30)))
    df["target"] = df["column 0"] * df["column 1"] + df["column 2"] > 0
    return ll.train(df, target="target", budget=15)


def boosted(rng):
    import lightgbm

    x = rng.normal(size=(2000, 30))
    model = lightgbm.LGBMRegressor(n_estimators=50, n_jobs=1, verbose=-1).fit(x, x[:, 0] * x[:, 1] + x[:, 2])
    return model.predict


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
