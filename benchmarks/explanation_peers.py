"""Every other explainer on the same rows, background, network and core: time and error, and the ratio at equal error.

python benchmarks/explanation_peers.py --data ../shared/data     # about 6 minutes of a core
"""

from __future__ import annotations

import argparse
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
from explaining import models, peers
from explaining.cell import OUR_ROWS, measure
from explaining.curves import point, ratio, shown
from report import PEERS, table, write

CELLS = (("64x64", "taiwan"), ("3x256", "taiwan"), ("3x256", "breast_cancer"))
SAMPLED = (
    "Permutation",
    "Kernel",
    "Sampling",
    "shapiq KernelSHAP",
    "lightshap",
    "lightshap permutation",
    "captum ShapleyValueSampling",
    "captum KernelShap",
)
# No Shapley values: their error does not shrink with work.
GRADIENTS = {"shap Deep": (peers.deep, (0,)), "shap Gradient": (peers.gradient, (200, 1000))}
ABOUT = (
    "CPU ms a row (mean absolute error over mean absolute value) of each budget run, all pinned to one core, in turn; "
    "background 100 rows. Times: our CPU seconds into theirs at equal error, the median over the errors that both "
    "reached (in brackets at the largest and the smallest), by log-log interpolation; errors of both are those of the "
    f"rows that the peer explained, costs of ours those of {OUR_ROWS} rows. Peers get the network jitted, padded to "
    "few shapes and compiled before; Deep, Gradient and captum's ShapleyValueSampling a torch copy of it. Kernel is "
    "with l1_reg=False; lightshap runs its default (a kernel method that is partly exact) and its permutations, its "
    "test of convergence off; shapiq (pairing_trick=True) and captum's KernelShap are given means over the background, "
    "80 coalitions a batch. Deep and Gradient are not Shapley values: more work does not bring them closer."
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--beside", default="", help="what else the machine did meanwhile, for the page")
    asked = parser.parse_args()
    one_core.settle()
    peak = one_core.matmul_peak()
    body = [ABOUT, *([asked.beside] if asked.beside else [])]
    for size, name in CELLS[:1] if asked.quick else CELLS:
        body.append(compared(models.build(size, name, asked.data, OUR_ROWS), peak, 2.0 if asked.quick else 8.0))
        print(body[-1], flush=True)
    write("explanation_peers", "Explanations against every peer", "\n\n".join(body), PEERS, keep=not asked.quick)


def compared(model: models.Model, peak: float, limit_s: float) -> str:
    cell = measure(model, SAMPLED, peak, limit_s)
    rows = []
    for name, points in cell.curves.items():
        times = "" if name == "ours" else ratio(cell.beside[name], points) or "no common error"
        rows.append((name, cell.n_rows[name], shown(points), times))
    n_rows = 8
    for name, (make, budgets) in GRADIENTS.items():
        run = make(model, n_rows)
        run(budgets[0])
        found = [point(budget, run, cell.truth.reference) for budget in budgets]
        rows.append((name, n_rows, shown(found), "not Shapley values"))
    head = (f"{model.name} (reference: {cell.truth.how})", "rows", "each budget", "times our CPU s at equal error")
    return table(head, rows)


if __name__ == "__main__":
    main()
