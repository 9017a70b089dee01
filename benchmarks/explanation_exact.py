"""Exact Shapley values against shap.ExactExplainer, and one-hot columns as groups, on one core.

    python benchmarks/explanation_exact.py --data ../shared/data     # about 3 minutes

Both enumerate all coalitions of 14 columns against the same 100 background rows with the same network.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
import numpy as np
from explaining import models, ours, peers
from report import table, write

CELLS = (("64x64", "taiwan", 16, 8), ("64x64", "adult", 64, 8), ("3x256", "taiwan", 6, 3), ("3x256", "adult", 16, 3))
N_LAYERS_ROWS, N_ROUNDS = 64, 9


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    one_core.settle()
    cells = CELLS[:2] if asked.quick else CELLS
    rows = [against_exact(*cell, asked.data) for cell in cells]
    head = ("network, table", "ours: CPU ms a row", "share of peak", "evaluations a row", "shap Exact: CPU ms a row",
            "times faster", "largest difference / mean value")  # fmt: skip
    body = ["Exact values, 14 columns (adult: 8 of them categories), 100 background rows.", table(head, rows)]
    body += [one_hot(size, asked.data) for size in (("64x64",) if asked.quick else ("64x64", "3x256"))]
    write("explanation_exact", "Exact values, and groups of one-hot columns", "\n\n".join(body), keep=not asked.quick)


def against_exact(size: str, name: str, n_ours: int, n_theirs: int, data: Path) -> tuple:
    model = models.build(size, name, data, n_ours)
    ours.exact(model, 2)
    run = peers.exact(model, n_theirs)
    peers.exact(model, 1)(0)
    mine, found = one_core.seconds_of(lambda: ours.exact(model))
    theirs, values = one_core.seconds_of(lambda: run(0))
    again, found = one_core.seconds_of(lambda: ours.exact(model))
    mine = min(mine, again) / n_ours
    theirs /= n_theirs
    off = np.abs(found.values[:n_theirs, :, 0] - values).max() / np.abs(values).mean()
    share = found.n_evaluations / n_ours * model.flop / mine / one_core.matmul_peak()
    return (
        f"{model.name} ({n_ours} rows, shap {n_theirs})", f"{1000 * mine:.1f}", f"{100 * share:.0f} %",
        f"{found.n_evaluations / n_ours:,.0f}", f"{1000 * theirs:.0f}", f"**{theirs / mine:.1f}**", f"{off:.0e}",
    )  # fmt: skip


def one_hot(size: str, data: Path) -> str:
    """The one-hot columns of adult as 14 players, against 14 numbers, in a network of the same size."""
    numbers = models.build(size, "taiwan", data, N_LAYERS_ROWS)
    coded = models.load("adult", data)
    spread, owner = expanded(coded)
    as_columns = models.plain(spread, size)
    grouped = replace(as_columns, x=as_columns.x[:N_LAYERS_ROWS], player_of=tuple(owner.tolist()))
    # Columns with the background row's category cost nothing: a background without such ties shows the cost itself.
    untied = replace(grouped, background=without_ties(grouped), name="the same, no value equal to the background's")
    labelled = ((numbers, f"14 numeric columns ({numbers.name})"),
                (grouped, f"{len(owner)} columns that are 14 players ({grouped.name}, one-hot)"),
                (untied, untied.name))  # fmt: skip
    counts = [ours.sampled(model, 2).n_evaluations / N_LAYERS_ROWS for model, _ in labelled]
    # One after another in each round, so that a core that slows down slows them all; the best round counts.
    rounds = [[one_core.seconds_of(lambda m=m: ours.sampled(m, 2))[0] for m, _ in labelled] for _ in range(N_ROUNDS)]
    best = np.min(rounds, axis=0) / N_LAYERS_ROWS
    rows = [
        (label, f"{1000 * seconds:.2f}", f"{n:,.0f}", f"**{seconds / best[0]:.2f}**",
         f"{seconds / n / (best[0] / counts[0]):.2f}")
        for (_, label), seconds, n in zip(labelled, best, counts, strict=True)
    ]  # fmt: skip
    head = (
        f"{size}, 2 walks, {N_LAYERS_ROWS} rows",
        "CPU ms a row",
        "evaluations a row",
        "cost a row",
        "cost an evaluation",
    )
    return table(head, rows)


def expanded(data: models.Data) -> tuple[models.Data, np.ndarray]:
    """Categories as one-hot columns, and the column that each comes from."""
    width = np.array([max(n, 1) for n in data.n_codes])
    owner = np.repeat(np.arange(len(width)), width)
    code = np.arange(width.sum()) - (np.cumsum(width) - width)[owner]
    wide = data.x[:, owner]
    x = np.where(np.array(data.n_codes)[owner] > 0, wide == code, wide).astype(np.float32)
    return replace(data, x=x, n_codes=(0,) * len(owner)), owner


def without_ties(model: models.Model) -> np.ndarray:
    """The background with a little noise in every column."""
    noise = np.random.default_rng(0).normal(size=model.background.shape)
    return (model.background + 1e-3 * noise).astype(np.float32)


if __name__ == "__main__":
    main()
