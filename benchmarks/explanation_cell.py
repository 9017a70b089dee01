"""One cell of the table of `explanation.py` in a minute, for whoever works on the engine. It writes no results.

python benchmarks/explanation_cell.py 64x64 taiwan                   # or 3x256, default; adult, breast_cancer, support2
python benchmarks/explanation_cell.py 64x64 taiwan --ours --profile  # ours alone, and where the host's time goes
"""

from __future__ import annotations

import argparse
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
from explaining import models, ours
from explaining.cell import OUR_ROWS, measure
from explaining.curves import ratio, shown


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("size"), parser.add_argument("table")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--peers", nargs="*", default=["Permutation", "Kernel"])
    parser.add_argument("--seconds", type=float, default=8.0, help="CPU seconds a peer")
    for flag in ("ours", "profile", "device"):
        parser.add_argument(f"--{flag}", action="store_true")
    asked = parser.parse_args()
    one_core.settle()
    model = models.build(asked.size, asked.table, asked.data, OUR_ROWS)
    peak = one_core.matmul_peak()
    for n in (2, 4, 16, 32):
        ours.sampled(model, n)
        seconds, found = min(
            (one_core.seconds_of(lambda n=n: ours.sampled(model, n)) for _ in range(3)), key=lambda f: f[0]
        )
        share = found.n_evaluations * model.flop / seconds / peak
        print(f"{model.name}: {n} walks, {OUR_ROWS} rows: {1000 * seconds / OUR_ROWS:.2f} ms a row, "
              f"{found.n_evaluations / OUR_ROWS:.0f} evaluations a row, {100 * share:.0f} % of "
              f"{peak / 1e9:.0f} GFLOP/s, {found.method}")  # fmt: skip
    if asked.profile:
        profile(model)
    if asked.ours:
        return
    cell = measure(model, asked.peers, peak, asked.seconds)
    print("reference:", cell.truth.how, f"; additivity gap {cell.gap:.1e}")
    for name, curve in cell.curves.items():
        times = "" if name == "ours" else f"; times faster at equal error: {ratio(cell.curves['ours'], curve)}"
        print(f"{name}, {cell.n_rows[name]} rows, ms a row (error): {shown(curve)}{times}")


def profile(model) -> None:
    """Where host time goes."""
    import cProfile
    import pstats

    with cProfile.Profile() as found:
        for _ in range(3):
            ours.sampled(model, 2)
    pstats.Stats(found).sort_stats("tottime").print_stats(14)


if __name__ == "__main__":
    main()
