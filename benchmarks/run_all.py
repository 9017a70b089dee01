"""Every benchmark, one after another, each in its own process; each writes its table to benchmarks/results/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
NOT_BENCHMARKS = {"report.py", "run_all.py", "explanation_cell.py"}


def main() -> int:
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    failed = []
    for script in sorted(FOLDER.glob("*.py")):
        if script.name in NOT_BENCHMARKS:
            continue
        print(f"== {script.name}", flush=True)
        if subprocess.run([sys.executable, str(script)], env=environment, check=False).returncode:
            failed.append(script.name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
