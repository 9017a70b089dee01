"""The report's page: its size, how long it takes, and how far its answers without a model are from the model.

OMP_NUM_THREADS=1 python benchmarks/report_page.py
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import replace
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", "build/report-home")

import numpy as np
from report import table, write

SAMPLES = {"credit": "bad", "census": "high_income"}


def encoded(model: Any, values: dict[str, object]) -> np.ndarray:
    """A row as the members of a model read it."""
    return model.encode({name: [item] for name, item in values.items()})[0]


def main() -> None:
    import lepton_lab as ll
    from lepton_lab.reporting.composed import Composed
    from lepton_lab.reporting.distance import measure
    from lepton_lab.reporting.make import Asked, make_report
    from lepton_lab.reporting.page_rows import numbers_of

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--budget", default="30s")
    parser.add_argument("--beside", default="", help="what else ran on the machine")
    asked = parser.parse_args()
    pages, gaps = [], []
    for name, target in SAMPLES.items():
        df = ll.samples.load(name)
        model = ll.train(df.head(asked.rows), target=target, budget=asked.budget)
        seconds = []
        for _ in range(2):
            began = time.perf_counter()
            made = ll.report(model)
            seconds.append(time.perf_counter() - began)
        told = json.loads(made.text.split('id="report-data">')[1].split("</script>")[0])
        pairs = sum(len(row["pairs"]) for row in told["rows"]) / len(told["rows"])
        columns = len(model.schema.inputs)
        sizes = [made.n_bytes / 1000, ll.report(model, with_rows=False).n_bytes / 1000]
        pages.append([name, columns, f"{pairs:.0f}", *(f"{s:.0f}" for s in sizes), *(f"{s:.1f}" for s in seconds)])
        _, page = make_report(model, None, Asked())
        assert page is not None and model.seen is not None
        around = [(encoded(model, row.whatif.values), row.tables) for row in page.rows]
        for words, change in (
            ("curves and pairs", lambda one: one),
            ("curves alone", lambda one: replace(one, pairs={})),
        ):
            rows = [(x, Composed(page.points, change(tables).rounded())) for x, tables in around]
            found = measure(model, rows, model.seen, numbers_of(model.task), 1)
            gaps.append([name, words, *(f"{100 * one.mean:.2f} / {100 * one.most:.2f}" for one in found)])
    changed = [f"{n} changed" for n in (1, 2, 3, 4, 6, 8)]
    beside = f" Beside it ran: {asked.beside}." if asked.beside else ""
    body = (
        table(["table", "columns", "pairs a row", "kB", "kB, no rows", "s, first", "s, again"], pages)
        + "\n\nDistance of the page's answers from the model, in points of probability: mean / 95th percentile of 600 "
        + "random changes of the page's six rows.\n\n"
        + table(["table", "answers from", *changed], gaps)
        + f"\n\nThe first report in a process compiles; the second does not.{beside}"
    )
    write("report_page", "The report's page", body)


if __name__ == "__main__":
    main()
