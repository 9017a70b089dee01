"""One network on one table: our curve of error against seconds, and those of the peers, interleaved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explaining import one_core, ours, peers
from explaining.curves import Point, point, relative_error
from explaining.models import Model
from lepton_lab.explanation.estimate import Estimate

OUR_ROWS, PEER_ROWS = 32, 24
WALKS = (2, 4, 8, 16, 32)
# CPU seconds that a peer may take for a cell: a slow one explains fewer of the rows, at least four.
PEER_S, LEAST_ROWS = 25.0, 4
BUDGETS = {
    "Permutation": (peers.permutation, (16, 40, 100, 250)),
    "Kernel": (peers.kernel, (500, 1000, 2000, 4000, 8000)),
    "Sampling": (peers.sampling, (5_000, 15_000, 45_000, 135_000)),
    "shapiq KernelSHAP": (peers.shapiq_kernel, (500, 1000, 2000, 4000, 8000)),
    "lightshap": (peers.lightshap, (5, 15, 45, 135)),
    "lightshap permutation": (peers.lightshap_permutation, (10, 30, 90, 270)),
    "captum ShapleyValueSampling": (peers.captum_sampling, (10, 30, 90, 270)),
    "captum KernelShap": (peers.captum_kernel, (500, 1000, 2000, 4000)),
}


@dataclass(frozen=True)
class Cell:
    """What was measured of a model: curves by name ("ours" and the peers), rows of each, our estimates' evaluations.

    `beside` is our curve once more for each peer: the same costs, errors at the rows that the peer explained.
    """

    model: Model
    truth: ours.Truth
    curves: Mapping[str, list[Point]]
    beside: Mapping[str, list[Point]]
    n_rows: Mapping[str, int]
    gap: float
    shares: Sequence[float]


def measure(model: Model, asked: Sequence[str], peak: float, limit_s: float = PEER_S) -> Cell:
    """Run every budget of ours and of the peers asked for, one after another in turn."""
    rows = {name: _affordable(model, name, limit_s) for name in asked}
    truth = ours.truth(model, max(rows.values(), default=8))
    runs = {name: BUDGETS[name][0](model, n) for name, n in rows.items()}
    found = {}

    def mine(n: int) -> np.ndarray:
        found[n] = ours.sampled(model, n)
        return found[n].values[:, :, 0]

    for n in WALKS:
        mine(n)
    curves: dict[str, list[Point]] = {"ours": [], **{name: [] for name in asked}}
    for i in range(max(len(WALKS), *(len(BUDGETS[name][1]) for name in asked))):
        if i < len(WALKS):
            curves["ours"].append(point(WALKS[i], mine, truth.reference))
        for name, run in runs.items():
            budgets = BUDGETS[name][1]
            if i < len(budgets):
                curves[name].append(point(budgets[i], run, truth.reference))
    shares = [
        found[p.budget].n_evaluations * model.flop / (p.cost * OUR_ROWS * peak) for p in curves["ours"]
    ]  # fmt: skip
    beside = {name: [_at_rows(p, found[p.budget], truth, n) for p in curves["ours"]] for name, n in rows.items()}
    return Cell(model, truth, curves, beside, {"ours": len(model.x), **rows}, additivity_gap(model, found[2]), shares)


def _at_rows(mine: Point, estimate: Estimate, truth: ours.Truth, n_rows: int) -> Point:
    """A point of ours whose error is that of the first rows only."""
    return replace(mine, error=relative_error(estimate.values[:n_rows, :, 0], truth.reference))


def _affordable(model: Model, name: str, limit_s: float) -> int:
    """Rows that a peer can explain with all its budgets in the time it has; this also compiles and warms it."""
    make, budgets = BUDGETS[name]
    run = make(model, 1)
    run(budgets[0])
    seconds, _ = one_core.seconds_of(lambda: run(budgets[0]))
    per_row = seconds * sum(budgets) / budgets[0]
    return int(np.clip(limit_s / per_row, LEAST_ROWS, PEER_ROWS))


def additivity_gap(model: Model, estimate) -> float:
    """Largest gap between base plus values and the output, relative to `max(1, distance from the base)`, in float64."""
    game = model.game()
    distance = game.at_rows(estimate.rows) - model.weights @ game.at_background()
    gap = np.abs(estimate.values.sum(axis=1) - distance) / np.maximum(1.0, np.abs(distance))
    return float(gap.max())
