"""Previews, which are no Shapley values: CPU time a row, and how far they are off.

python benchmarks/explanation_preview.py --data ../shared/data     # about 2 minutes of a core
"""

from __future__ import annotations

import argparse
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
from explaining import models, ours
from explaining.curves import point
from report import table, write

from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.gradients import gradient_estimate, rescale_estimate
from lepton_lab.explanation.options import ExplainOptions

N_ROWS, N_EXACT = 32, 8
CELLS = (
    *(("64x64", name) for name in ("taiwan", "adult", "breast_cancer", "support2")),
    *(("3x256", name) for name in ("taiwan", "adult", "breast_cancer", "support2")),
    *(("default", name) for name in ("taiwan", "adult")),
)
METHODS = {"DeepLIFT (rescale rule)": rescale_estimate, "expected gradients": gradient_estimate}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    one_core.settle()
    rows = []
    for size, name in CELLS[:1] if asked.quick else CELLS:
        rows.append(measured(models.build(size, name, asked.data, N_ROWS)))
        print(rows[-1], flush=True)
    about = (
        f"CPU ms a row of {N_ROWS}, 100 background rows; mean absolute difference from Shapley values over their mean "
        f"absolute value, at {N_EXACT} rows (exact values; of 30 columns a long run). One core."
    )
    write(
        "explanation_preview",
        "Previews of explanations",
        about + "\n\n" + table(("network, table", *METHODS), rows),
        keep=not asked.quick,
    )


def measured(model: models.Model) -> tuple[str, ...]:
    """Time and error of each method."""
    reference = ours.truth(model, N_EXACT).reference
    found = []
    for estimate in METHODS.values():

        def run(n: int, estimate=estimate):
            *_, last = estimate(model.game(), model.weights, ExplainOptions(), Pace())
            return last.values[:, :, 0]

        run(0)
        done = point(0, run, reference)
        found.append(f"{1000 * done.cost:.2f} ({100 * done.error:.0f} %)")
    return (model.name, *found)


if __name__ == "__main__":
    main()
