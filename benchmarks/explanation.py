"""Explanations on one core: how long 500 rows take, and the time at equal error against shap's permutation explainer.

    python benchmarks/explanation.py            # about 6 minutes
    python benchmarks/explanation.py --quick    # the figure for 500 rows only

One process on one core: same rows, same background, same jitted network for both sides, budgets of
the two interleaved. Errors are against enumeration of all 2**14 coalitions. The networks of the
comparison are drawn, not trained, on the standardised columns of the census sample.
"""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np
from report import table, write

N_BACKGROUND = 100
ROWS_COMPARED = 48
WALKS = (2, 4, 8, 16)
PERMUTATIONS = (2, 6, 17, 50)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--quick", action="store_true")
    quick = arguments.parse_args().quick
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    peak = matmul_peak()
    body = [f"One core; its matmul peak was {peak:.0f} GFLOP/s.", five_hundred_rows(peak)]
    if not quick:
        body.append(against_shap())
    write("explanation", "Explanations", "\n\n".join(body))


def matmul_peak() -> float:
    """GFLOP/s of a 1024-cube matmul, the best of some."""
    a = jnp.ones((1024, 1024))
    multiply = jax.jit(lambda a, b: a @ b)
    multiply(a, a).block_until_ready()
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        multiply(a, a).block_until_ready()
        seconds.append(time.perf_counter() - started)
    return 2 * 1024**3 / min(seconds) / 1e9


def five_hundred_rows(peak: float) -> str:
    """The default blend and its network alone, trained on the census sample (14 columns)."""
    from dataclasses import replace

    import lepton_lab as ll

    train, test = ll.samples.load("census", split=True)
    model = ll.train(train, target="high_income", budget=60)
    rows = test.iloc[:500]
    alone = np.array([float(member.name == "network") for member in model.members])
    network = replace(model, blend=replace(model.blend, weights=alone))
    shares = ", ".join(f"{m.name} {w:.2f}" for m, w in zip(model.members, model.blend.weights, strict=True))
    found = []
    for name, asked in ((f"default blend ({shares})", model), ("network alone", network)):
        ll.explain(asked, rows.iloc[:1])  # compiled
        started = time.process_time()
        explanation = ll.explain(asked, rows)
        seconds = time.process_time() - started
        flop = 2 * 128 * 1024 * explanation.n_evaluations
        one = best_of(5, lambda asked=asked: ll.explain(asked, rows.iloc[:1]))
        error = explanation.error_std.mean() / np.abs(explanation.values).mean()
        found.append((name, f"{seconds:.1f}", f"{1000 * one:.0f}", explanation.n_evaluations, f"{100 * error:.1f} %",
                      f"{100 * flop / seconds / 1e9 / peak:.0f} %"))  # fmt: skip
    head = ("500 rows, 14 columns", "CPU s", "one row, ms", "network evaluations", "error_std / |value|",
            "share of peak")  # fmt: skip
    return table(head, found)


def best_of(n: int, run) -> float:
    seconds = []
    for _ in range(n):
        started = time.process_time()
        run()
        seconds.append(time.process_time() - started)
    return min(seconds)


def census() -> tuple[np.ndarray, np.ndarray]:
    """Rows and background of the census sample as standardised numbers: categories by their codes."""
    import lepton_lab as ll
    from lepton_lab.data.encode_tabular import fit_encoder
    from lepton_lab.data.table import read_table

    read, _, _ = read_table(ll.samples.load("census"), target="high_income")
    x = np.nan_to_num(fit_encoder(read).encode(read))
    x = (x - x.mean(0)) / x.std(0)
    picked = np.random.default_rng(0).choice(len(x), ROWS_COMPARED + N_BACKGROUND, replace=False)
    return x[picked[:ROWS_COMPARED]].astype(np.float32), x[picked[ROWS_COMPARED:]].astype(np.float32)


def drawn(name: str, n_features: int):
    """`(form, params, whole function)` of a network with an additive first layer."""
    from lepton_lab.explanation.game import AdditiveForm

    sizes = {"64x64": (64, 64), "3x256": (256, 256, 256), "default": (128, 1024)}[name]
    rng = np.random.default_rng(1)
    shapes = list(zip((n_features, *sizes), (*sizes, 1), strict=True))
    params = [(rng.normal(size=shape) * np.sqrt(2 / shape[0])).astype(np.float32) for shape in shapes]

    def rest(params, hidden):
        for kernel in params[1:]:
            hidden = jax.nn.relu(hidden) @ kernel
        return hidden

    form = AdditiveForm(lambda p, x: x[:, :, None] * p[0], lambda p: jnp.zeros(sizes[0]), rest)
    return form, params, jax.jit(lambda x: rest(params, x @ params[0])[:, 0])


def against_shap() -> str:
    x, background = census()
    rows = []
    for name in ("64x64", "3x256", "default"):
        ours, theirs = curves(name, x, background)
        rows.append(compared(name, ours, theirs))
    head = ("network", "ours: ms a row (error)", "shap: ms a row (error)", "times faster at equal error")
    said = "Seconds of one core at equal mean error, by log-log interpolation between the budgets that were run."
    return said + "\n\n" + table(head, rows)


def curves(name: str, x: np.ndarray, background: np.ndarray) -> tuple[list, list]:
    """`(seconds a row, relative error)` of both sides at each of their budgets."""
    import shap

    from lepton_lab.explanation.estimate import Pace
    from lepton_lab.explanation.exact import exact_values
    from lepton_lab.explanation.game import JaxGame
    from lepton_lab.explanation.walks import WalkOptions, walk_values

    form, params, whole = drawn(name, x.shape[1])
    game, every = JaxGame(form, params, x, background), np.arange(len(x))
    weights = np.full(len(background), 1 / len(background))
    exact = exact_values(game, every, weights, Pace()).values[:, :, 0]

    def padded(z: np.ndarray) -> np.ndarray:  # shap asks for many shapes: one compilation for each would be unfair
        size = 1 << max(7, (len(z) - 1).bit_length())
        return np.asarray(whole(np.concatenate([z, np.zeros((size - len(z), z.shape[1]))]).astype(np.float32)))[
            : len(z)
        ]

    explainer = shap.PermutationExplainer(
        padded, shap.maskers.Independent(background, max_samples=N_BACKGROUND), seed=0
    )

    def walk(n: int) -> np.ndarray:
        return walk_values(game, every, weights, WalkOptions(n_walks=n), Pace()).values[:, :, 0]

    def permute(n: int) -> np.ndarray:
        return explainer(x, max_evals=n * (2 * x.shape[1] + 1), silent=True).values

    walk(2), permute(1)
    ours, theirs = [], []
    for n_walks, n_permutations in zip(WALKS, PERMUTATIONS, strict=True):
        ours.append(timed(walk, n_walks, exact))
        theirs.append(timed(permute, n_permutations, exact))
    return ours, theirs


def timed(run, n: int, exact: np.ndarray) -> tuple[float, float]:
    started = time.process_time()
    values = run(n)
    seconds = time.process_time() - started
    return seconds / len(exact), float(np.abs(values - exact).mean() / np.abs(exact).mean())


def compared(name: str, ours: list, theirs: list) -> tuple[str, ...]:
    """Ratio of times at the errors that both sides reached, at the middle of their common range."""
    (our_s, our_e), (their_s, their_e) = np.log(np.array(ours)).T, np.log(np.array(theirs)).T
    low, high = max(our_e.min(), their_e.min()), min(our_e.max(), their_e.max())

    def show(side):
        return ", ".join(f"{1000 * s:.1f} ({100 * e:.1f} %)" for s, e in side)

    if low >= high:
        return name, show(ours), show(theirs), "no common error"
    errors = np.linspace(low, high, 9)

    def at(error, s, e):
        return np.interp(error, e[np.argsort(e)], s[np.argsort(e)])

    ratio = np.exp(np.median(at(errors, their_s, their_e) - at(errors, our_s, our_e)))
    return name, show(ours), show(theirs), f"{ratio:.1f}"


if __name__ == "__main__":
    main()
