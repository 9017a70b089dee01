"""Explanations on one core: time at equal error against shap, share of the core's peak, how long 500 rows take.

    python benchmarks/explanation.py --data ../shared/data   # about 12 minutes
    python benchmarks/explanation.py --quick                 # the figures for 500 rows and for one row only
    python benchmarks/explanation.py --device                # on the accelerator that jax sees; seconds on the wall

Same rows, same background, same trained network, same core, one process; budgets of all are run in turn.
Peers get the network jitted, padded to few shapes, compiled before. The error is the mean absolute error
over the mean absolute value, against exact values (14 columns) or a long run that a simple estimator
checks (30 columns), whose own error is taken off. More in `explaining/`, one table each in the other
`explanation_*.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
import numpy as np
from explaining import models, ours
from explaining.cell import OUR_ROWS, WALKS, Cell, measure
from explaining.curves import ratio, shown
from report import table, write

SIZES = ("64x64", "3x256", "default")
TABLES = ("taiwan", "adult", "breast_cancer", "support2")
PEERS = ("Permutation", "Kernel")
SHARE_ROWS = 256


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--device", action="store_true")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    one_core.settle()
    peak = one_core.matmul_peak()
    body = [f"One core; its matmul peak was {peak / 1e9:.0f} GFLOP/s.", five_hundred_rows(peak)]
    if one_core.DEVICE:
        body = [device_rates(asked.data)]
    elif not asked.quick:
        cells = []
        for name in TABLES:
            for size in SIZES:
                cells.append(measure(models.build(size, name, asked.data, OUR_ROWS), PEERS, peak))
                print(equal_error(cells[-1:]), flush=True)
        body += [equal_error(cells), curves(cells), share_of_peak(asked.data)]
    write(
        "explanation_device" if one_core.DEVICE else "explanation",
        "Explanations",
        "\n\n".join(body),
        keep=not asked.quick,
    )


def five_hundred_rows(peak: float) -> str:
    """The default blend and its network alone, trained on the census sample."""
    from dataclasses import replace

    import lepton_lab as ll

    train, test = ll.samples.load("census", split=True)
    model = ll.train(train, target="high_income", budget=120)
    rows = test.iloc[:500]
    alone = np.array([float(member.name == "network") for member in model.members])
    network = replace(model, blend=replace(model.blend, weights=alone))
    parts = ", ".join(f"{m.name} {w:.2f}" for m, w in zip(model.members, model.blend.weights, strict=True))
    found = []
    for name, asked in ((f"default blend ({parts})", model), ("network alone", network)):
        ll.explain(asked, rows.iloc[:1])  # compiled
        seconds, explanation = one_core.seconds_of(lambda asked=asked: ll.explain(asked, rows))
        one = one_core.best_of(7, lambda asked=asked: ll.explain(asked, rows.iloc[:1]))
        flop = 2 * 128 * (1024 + rows.shape[1] - 1) * explanation.n_evaluations
        error = explanation.error_std.mean() / np.abs(explanation.values).mean()
        found.append((name, f"{seconds:.1f}", f"{1000 * one:.0f}", explanation.n_evaluations, f"{100 * error:.1f} %",
                      f"{100 * flop / seconds / peak:.0f} %"))  # fmt: skip
    head = (f"500 rows, {rows.shape[1] - 1} columns, census", "CPU s", "one row, CPU ms", "network evaluations",
            "error_std / |value|", "share of peak")  # fmt: skip
    return table(head, found)


def equal_error(cells: list[Cell]) -> str:
    """The table of ratios."""
    rows, medians = [], {name: [] for name in PEERS}
    for cell in cells:
        found = [ratio(cell.curves["ours"], cell.curves[name]) for name in PEERS]
        for name, times in zip(PEERS, found, strict=True):
            medians[name] += [times.median] if times else []
        named = [f"{times or 'no common error'}, {cell.n_rows[n]} rows" for n, times in zip(PEERS, found, strict=True)]
        rows.append((cell.model.name, cell.model.x.shape[1], *named, cell.truth.how, f"{cell.gap:.0e}"))
    said = [
        f"{name}: median {np.median(times):.1f}, least {min(times):.1f}, over {len(times)} cells"
        for name, times in medians.items() if times
    ]  # fmt: skip
    head = ("network, table", "columns", *(f"shap {name}, times our CPU s" for name in PEERS), "reference error",
            "additivity gap")  # fmt: skip
    about = (
        "Networks trained on the table (default: by `ll.train`); background 100 rows. CPU seconds at equal error: "
        "median over the errors that both reached, in brackets at the largest and the smallest of them, by log-log "
        f"interpolation between budgets really run; we explain {OUR_ROWS} rows, peers the first of them. Kernel is "
        "with l1_reg=False. A check near 1 says that two estimators differ as much as their standard errors say."
    )
    return f"{about}\n\n{table(head, rows)}\n\n" + "; ".join(said) + "."


def curves(cells: list[Cell]) -> str:
    """What the ratios were made of."""
    rows = [(cell.model.name, name, shown(points)) for cell in cells for name, points in cell.curves.items()]
    budgets = ", ".join(map(str, WALKS))
    return f"CPU ms a row (error). Ours asked for {budgets} walks a background row.\n\n" + table(
        ("network, table", "by", "each budget"), rows
    )


def share_of_peak(data: Path) -> str:
    """Arithmetic really done, against a matmul's."""
    rows = []
    for size in SIZES:
        for name in ("taiwan", "breast_cancer"):
            model = models.build(size, name, data, SHARE_ROWS if size == "64x64" else SHARE_ROWS // 4)
            peak = one_core.matmul_peak()
            found = [(size, f"{name}, {model.x.shape[1]} columns")]
            for n_walks in (2, 16):
                n_rows = len(model.x) if n_walks == 2 else len(model.x) // 4
                ours.sampled(model, n_walks, n_rows)
                seconds = one_core.best_of(3, lambda m=model, n=n_walks, r=n_rows: ours.sampled(m, n, r))
                n = ours.sampled(model, n_walks, n_rows).n_evaluations
                trunk = model.flop - model.first_flop
                found.append(
                    f"{100 * n * model.flop / seconds / peak:.0f} % ({100 * n * trunk / seconds / peak:.0f} %)"
                )
            rows.append((*found[0], f"{peak / 1e9:.0f}", *found[1:]))
    about = (
        "Share of the core's matmul peak (a 1024-cube matmul, best of 20, just before): multiplications and additions "
        "of the network's matrices in the evaluations done, over CPU seconds of the whole call, best of 3; in brackets "
        "without the first layer. Activations, masks, sums and plans count as no work."
    )
    return about + "\n\n" + table(("network", "table", "peak, GFLOP/s", "2 walks", "16 walks' worth"), rows)


def device_rates(data: Path) -> str:
    """Rows a second and share of peak on an accelerator, and the gradient methods of shap and captum beside them."""
    import jax
    from explaining import peers
    from explaining.curves import point

    rows = []
    for size in SIZES:
        model = models.build(size, "breast_cancer", data, 256)
        peaks = [one_core.matmul_peak(8192, dtype) for dtype in ("float32", "bfloat16")]
        ours.sampled(model, 2)
        seconds = one_core.best_of(3, lambda m=model: ours.sampled(m, 2))
        done = ours.sampled(model, 2).n_evaluations * model.flop / seconds
        truth = ours.truth(model, 16)
        mine = [point(n, lambda n, m=model: ours.sampled(m, n).values[:, :, 0], truth.reference) for n in WALKS]
        theirs = []
        for name in ("deep", "gradient", "captum_sampling") if model.layers else ():
            run = getattr(peers, name)(model, 16)
            run(10)
            theirs.append(f"{name} {shown([point(n, run, truth.reference) for n in (20, 200)])}")
        shares = [f"{100 * done / p:.1f} % of {p / 1e12:.1f}" for p in peaks]
        rows.append((model.name, f"{len(model.x) / seconds:.0f}", *shares, shown(mine), "; ".join(theirs)))
    head = ("network, table", "rows a second, 2 walks", "share of f32 peak, TFLOP/s", "share of bf16 peak, TFLOP/s",
            "ours: ms a row (error)", "torch peers: ms a row (error)")  # fmt: skip
    return f"On {jax.devices()[0].device_kind}, seconds on the wall.\n\n" + table(head, rows)


if __name__ == "__main__":
    main()
