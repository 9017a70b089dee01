"""Coverage of the 95 % intervals: how often they hold the exact value, over tables, kinds of models and seeds.

    python benchmarks/explanation_coverage.py --data ../shared/data    # about 4 minutes

Exact values enumerate every coalition of the first ten columns of each table against 50 background rows.
Enumeration, which `ll.explain` would choose for so few columns, is switched off for the estimates. Seeds
are those of the sampling plans; models, rows and backgrounds stay. Intervals are the explanation's own
`lower_bounds` and `upper_bounds`, of each value and, in brackets, of each column's mean absolute value.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
import numpy as np
import pandas as pd
from report import table, write

from lepton_lab.explanation import explain_game

TABLES = {"taiwan": "DID_DEFAULT_PAYMENT", "adult": "income", "support2": "died_180d", "credit_data": "bad"}
KINDS = ("network", "blend through predict", "scikit-learn boosting")
WALKS = (2, 8)
N_COLUMNS, N_ROWS, N_BACKGROUND, N_SEEDS = 10, 16, 50, 50


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    one_core.settle()
    explain_game.WORTH_EXACT = explain_game.FREE_EVALUATIONS = 0
    tables = ["taiwan"] if asked.quick else list(TABLES)
    inside = np.array([[of_table(name, asked.data, 10 if asked.quick else N_SEEDS)] for name in tables])[:, 0]
    body = [
        f"{N_SEEDS} seeds, {N_ROWS} rows, {N_COLUMNS} columns, {N_BACKGROUND} background rows; per cent of the 95 % "
        "intervals that hold the exact value; in brackets those of each column's mean absolute value.",
    ]
    for w, n_walks in enumerate(WALKS):
        rows = [(name, *map(shown, inside[t, w])) for t, name in enumerate(tables)]
        rows.append(("all", *map(shown, inside[:, w].mean(0))))
        how = "2 walks a background row" if n_walks == 2 else f"the work of {n_walks} walks, by least squares"
        body.append(f"{how}: {shown(inside[:, w].mean((0, 1)))} in all\n\n" + table(("table", *KINDS), rows))
    write("explanation_coverage", "Coverage of the 95 % intervals", "\n\n".join(body), keep=not asked.quick)


def of_table(name: str, data: Path, n_seeds: int) -> np.ndarray:
    """`(walks, kind, 2)`: coverage of values, and of their mean absolute values."""
    target = TABLES[name]
    df = pd.read_parquet(data / f"{name}.parquet").drop(columns=["split", "fnlwgt"], errors="ignore")
    df = df[[*[c for c in df if c != target][:N_COLUMNS], target]].sample(frac=1.0, random_state=0)
    rows, background, learned = df[:N_ROWS], df[N_ROWS : N_ROWS + N_BACKGROUND], df[N_ROWS:][:4000]
    found = np.zeros((len(WALKS), len(KINDS), 2))
    for k, explain in enumerate(kinds(learned, target, rows, background)):
        true = explain(None, 0)
        assert true.exact, "the budget was too small to enumerate"
        for w, n_walks in enumerate(WALKS):
            hits = [held(explain(n_walks, seed), true) for seed in range(n_seeds)]
            found[w, k] = np.mean(hits, axis=0)
        print(name, KINDS[k], *map(shown, found[:, k]), flush=True)
    return found


def shown(shares: np.ndarray) -> str:
    """Per cent of values, and of mean absolute values."""
    return f"{100 * shares[0]:.1f} ({100 * shares[1]:.1f})"


def held(explanation, true) -> tuple[float, float]:
    """The shares of values, and of means, whose interval holds the true one; features that cannot move are left out."""
    moves = explanation.error_std > 0
    inside = (explanation.lower_bounds <= true.values) & (true.values <= explanation.upper_bounds)
    mean, exact = explanation.importance(), true.importance()
    of = dict(zip(exact.feature_names, exact.values, strict=True))
    wanted, some = np.array([of[name] for name in mean.feature_names]), mean.error_std > 0
    around = (mean.lower_bounds <= wanted) & (wanted <= mean.upper_bounds)
    return float(inside[moves].mean()), float(around[some].mean())


def kinds(learned: pd.DataFrame, target: str, rows: pd.DataFrame, background: pd.DataFrame):
    """The three kinds, trained, each as `explain(n_walks or None for exact, seed)`."""
    from dataclasses import replace

    import lepton_lab as ll

    model = ll.train(learned, target=target, seed=0)
    alone = np.array([float(member.name.startswith("network")) for member in model.members])
    network = replace(model, blend=replace(model.blend, weights=alone / alone.sum()))
    x, against = model.encode(rows), model.encode(background)
    yield trained(network, x, rows, against)
    # All members alike: the default's shares may leave one of them alone.
    alike = replace(model.blend, weights=np.full(len(model.members), 1 / len(model.members)))
    yield function(replace(model, blend=alike).logits_x, x, against)
    from sklearn.ensemble import HistGradientBoostingClassifier

    boosted = HistGradientBoostingClassifier(random_state=0).fit(model.encode(learned), learned[target].to_numpy())
    yield function(boosted.decision_function, x, against)


def trained(model, x: np.ndarray, rows: pd.DataFrame, against: np.ndarray) -> Callable:
    from lepton_lab.explanation.explain_model import explain_trained

    values = rows.iloc[:, :-1].to_numpy(dtype=object)
    return lambda n, seed: explain_trained(
        model, x, values, np.arange(len(x)), background=against, options=options(n, seed)
    )


def function(predict: Callable, x: np.ndarray, against: np.ndarray) -> Callable:
    from lepton_lab.explanation.explain_function import explain_function

    return lambda n, seed: explain_function(predict, x, against, options=options(n, seed))


def options(n_walks: int | None, seed: int):
    """Work for an estimate; for exact values a budget that enumeration fits in."""
    from lepton_lab.explanation.options import ExplainOptions

    return ExplainOptions(budget_s=600.0, seed=seed) if n_walks is None else ExplainOptions(n_walks=n_walks, seed=seed)


if __name__ == "__main__":
    main()
