"""A large table: census_kdd, 300,000 rows of 43 columns, by `train` with a budget of five minutes, beside LightGBM.

    python benchmarks/census.py --data ../shared/data      # about 7 minutes

Learned from the 199,523 rows that its publishers call `train`, measured on their 99,762 `test` rows (its rows repeat:
parts drawn at random would share people). Each line is a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", tempfile.mkdtemp(prefix="lepton-census-"))

import numpy as np
import pandas as pd
from learning.scores import scores
from learning.systems import lightgbm
from report import table, write

TARGET, NEVER = "income", ["instance_weight", "split"]
LINES = ("LightGBM, its defaults", "lepton-lab", "lepton-lab, all rows and columns")


def one(line: str, data: Path, budget: str) -> dict[str, float | str]:
    """A line of the page, in this process."""
    df = pd.read_parquet(data / "census_kdd.parquet")
    train, test = (df[df["split"] == part].drop(columns=NEVER) for part in ("train", "test"))
    y = test[TARGET].to_numpy()
    began, cpu = time.monotonic(), time.process_time()
    if line == LINES[0]:
        found = lightgbm(train.drop(columns=TARGET), train[TARGET].to_numpy(), test.drop(columns=TARGET), "binary", 0)
        took = time.monotonic() - began
        members = ""
    else:
        import lepton_lab as ll

        model = ll.train(df if line == LINES[2] else train, target=TARGET, budget=budget)
        took = time.monotonic() - began
        members = ", ".join(f"{m.name} {w:.2f}" for m, w in zip(model.members, model.blend.weights, strict=True))
        found = np.empty((len(y), 2)) if line == LINES[2] else model.predict_proba(test)
    print("; ".join(model.notes) if members else "", file=sys.stderr)
    scored = {} if line == LINES[2] else scores("binary", y, found)
    about = {"wall": took, "cpu": time.process_time() - cpu, "members": members}
    return about | scored | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the parquet file")
    parser.add_argument("--budget", default="5m")
    parser.add_argument("--whole-budget", default="1m", help="of the line with all rows, which measures memory")
    parser.add_argument("--line", choices=LINES, help="only this line, in this process")
    parser.add_argument("--note", default="", help="what else ran on the machine")
    asked = parser.parse_args()
    if asked.line:
        print(json.dumps(one(asked.line, asked.data, asked.budget)))
        return
    rows = []
    for line in LINES:
        budget = asked.whole_budget if line == LINES[2] else asked.budget
        command = [sys.executable, __file__, "--data", str(asked.data), "--budget", budget, "--line", line]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        print(line, found, done.stderr[-2000:], flush=True)
        figures = [f"{found[name]:.4f}" if name in found else "" for name in ("auc", "loss", "calibration")]
        rows.append((line, "" if line == LINES[0] else budget, f"{found['wall']:.0f}", f"{found['cpu']:.0f}", *figures,
                     f"{found['peak']:.2f}", found["members"]))  # fmt: skip
    header = ("", "budget", "wall s", "CPU s with prediction", "AUC", "log-loss", "calibration error", "peak, GiB",
              "blend")  # fmt: skip
    goal = "Goals: AUC not below LightGBM's; peak memory below 3 GiB; a budget kept within 10 %."
    about = (__doc__ or "").partition("\n\n")[0] + "\n\n" + (__doc__ or "").rpartition("\n\n")[2].strip()
    write("census", "A large table", "\n\n".join(filter(None, [about, goal, table(header, rows), asked.note])))


if __name__ == "__main__":
    main()
