"""`import lepton_lab`: seconds over fresh interpreters, beside the interpreter alone, and what it pulls in."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from report import table, write

RUNS = 15
HEAVY = ("jax", "pandas", "shap", "matplotlib", "numpy", "sklearn", "IPython")


def seconds(code: str) -> list[float]:
    """Wall time of fresh interpreters that run `code`, after one that fills the disk cache."""
    times = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - started)
    return times[1:]


def main() -> None:
    bare, ours = seconds("pass"), seconds("import lepton_lab")
    code = f"import sys, lepton_lab; print([m for m in {HEAVY!r} if m in sys.modules])"
    pulled = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    rows = [
        ("interpreter alone", f"{statistics.median(bare):.3f}", f"{max(bare):.3f}", ""),
        ("with import lepton_lab", f"{statistics.median(ours):.3f}", f"{max(ours):.3f}", ""),
        ("import lepton_lab", f"{statistics.median(ours) - statistics.median(bare):.3f}", "", "under 0.3"),
    ]
    body = table(("seconds", "median", "max", "goal"), rows)
    write("import_time", "Import time", f"{body}\n\nOf {', '.join(HEAVY)} it imports: {pulled}.")


if __name__ == "__main__":
    main()
