"""The saved model: size of the file, and load with the first prediction in a new process, after the imports.

OMP_NUM_THREADS=1 python benchmarks/model_file.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/model-file-home")

import pandas as pd
from report import table, write

SETS = {"german": ("bad", []), "taiwan": ("DID_DEFAULT_PAYMENT", []), "adult": ("income", ["fnlwgt", "split"])}
FRESH = """
import json, sys, time
import jax, numpy, pandas, lepton_lab as ll
import lepton_lab.model_file
df = pandas.read_parquet(sys.argv[2]).head(1)
began = time.perf_counter()
model = ll.load(sys.argv[1])
loaded = time.perf_counter()
model.predict(df)
print(json.dumps({"load": loaded - began, "both": time.perf_counter() - began}))
"""


def fresh(model: Path, rows: Path) -> dict[str, float]:
    """Seconds to load, and to load and predict one row, in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(model), str(rows)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    import lepton_lab as ll

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    build, rows = Path("build"), []
    build.mkdir(exist_ok=True)
    for name, (target, never) in SETS.items():
        source, path = asked.data / f"{name}.parquet", build / f"{name}.lepton"
        if not path.exists():
            ll.train(pd.read_parquet(source).drop(columns=never), target=target).save(path)
        first = fresh(path, source)  # fills the persistent compilation cache, as the training process did for itself
        timed = sorted((fresh(path, source) for _ in range(asked.runs)), key=lambda t: t["both"])[asked.runs // 2]
        trees = ll.load(path).member("trees")
        n_trees = 0 if trees is None else trees.forest.n_trees  # type: ignore[attr-defined]
        size = path.stat().st_size / 1e6
        cells = [
            f"{size:.2f} MB",
            n_trees,
            f"{timed['load']:.2f} s",
            f"{timed['both']:.2f} s",
            f"{first['both']:.2f} s",
        ]
        rows.append([name, *cells])
    header = ["model of", "file", "trees", "load", "load and first prediction", "the same, nothing compiled before"]
    aim = "Aims: under 3 MB for adult; load and first prediction under 1 s after import (median of new processes)."
    write("model_file", "The saved model", table(header, rows) + "\n\n" + aim)


if __name__ == "__main__":
    main()
