"""Milliseconds of one what-if answer in the kernel, with and without what is kept of the background.

OMP_NUM_THREADS=1 python benchmarks/whatif_kernel.py
OMP_NUM_THREADS=1 python benchmarks/whatif_kernel.py --beside "other computations"     says what ran beside
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from predict import made
from report import table, write


def answers(whatif, n: int, *, forget: bool) -> tuple[list[float], np.ndarray]:
    """Milliseconds of each of `n` explained answers, and their values."""
    from lepton_lab.explanation.kept_background import KeptBackground

    times, values = [], []
    for i in range(n + 10):
        if forget:
            object.__setattr__(whatif._background, "kept", KeptBackground())
        began = time.perf_counter()
        answer = whatif.answer({"c0": i / n}, explain=True)
        times.append(1e3 * (time.perf_counter() - began))
        values.append(answer.explanation.values)
    return times[10:], np.concatenate(values)


def main() -> None:
    import lepton_lab as ll

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="to train on")
    parser.add_argument("--budget", default="60s", help="of the training")
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--beside", default="nothing", help="what else ran on the machine")
    asked = parser.parse_args()
    model = ll.train(made(asked.rows), target="bad", budget=asked.budget)
    whatif = ll.whatif(model)
    rows, found = [], []
    for name, forget in (("patterns of the background made for each answer", True), ("kept between answers", False)):
        times, values = answers(whatif, asked.answers, forget=forget)
        rows.append([name, f"{np.median(times):.1f}", f"{np.quantile(times, 0.9):.1f}"])
        found.append(values)
    assert np.array_equal(*found), "what is kept changes values"
    shares = ", ".join(f"{m.name} {w:.2f}" for m, w in zip(model.members, model.blend.weights, strict=True))
    note = (
        f"{asked.answers} answers with their waterfall, each with another value of one of 14 columns, by the default "
        f"blend (weights: {shares}) against 100 background rows. All values are equal bit for bit. "
        f"Beside it ran: {asked.beside}."
    )
    header = ["one answer in the kernel", "median ms", "90 % ms"]
    write("whatif_kernel", "What-if: the kernel's share", f"{table(header, rows)}\n\n{note}")


if __name__ == "__main__":
    main()
