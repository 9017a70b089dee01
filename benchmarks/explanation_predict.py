"""Any Python predict: model evaluations at equal error against shap.PermutationExplainer.

    python benchmarks/explanation_predict.py --data ../shared/data    # about 3 minutes

A LightGBM is compared with shap's exact TreeExplainer, a torch network with the enumeration of all
coalitions by shap's ExactExplainer. Evaluations are counted where the model is called: rows given to
`predict`, padding included, by whoever explains.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from explaining import one_core  # isort: skip  (first: it sets the threads)
import numpy as np
from explaining import models, peers
from explaining.curves import Point, Reference, ratio, relative_error
from report import table, write

N_ROWS = 8
WALKS = (2, 4, 8, 16)
PERMUTATIONS = (16, 40, 110, 300)


@dataclass
class Counted:
    """A predict that counts the rows it is given."""

    predict: Callable[[np.ndarray], np.ndarray]
    n: int = 0

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.n += len(x)
        return self.predict(x)


@dataclass(frozen=True)
class Case:
    """A predict, its rows, and true values."""

    name: str
    predict: Counted
    x: np.ndarray
    background: np.ndarray
    truth: Reference
    notes: tuple[str, ...] = field(default=())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    one_core.settle()
    makers = [lightgbm_on(t) for t in ("taiwan", "breast_cancer", "adult")] + [torch_on(t) for t in ("taiwan",)]
    rows = [compared(make(asked.data), asked.quick) for make in (makers[:1] if asked.quick else makers)]
    head = ("model", "ours: thousand evaluations a row (error)", "shap Permutation: the same",
            "times fewer at equal error", "the same in CPU seconds")  # fmt: skip
    about = f"{N_ROWS} rows, background 100 rows. In brackets the ratios at the largest and the smallest common error."
    write(
        "explanation_predict",
        "Explaining any Python predict",
        about + "\n\n" + table(head, rows),
        ("torch",),
        keep=not asked.quick,
    )


def compared(case: Case, quick: bool) -> tuple:
    import shap

    from lepton_lab.explanation.background import Background
    from lepton_lab.explanation.explain_function import explain_function
    from lepton_lab.explanation.options import ExplainOptions

    d = case.x.shape[1]
    explainer = shap.PermutationExplainer(
        case.predict, shap.maskers.Independent(case.background, max_samples=len(case.background)), seed=0
    )

    def ours(n: int) -> np.ndarray:
        return explain_function(
            case.predict, case.x, Background(case.background), options=ExplainOptions(n_walks=n)
        ).values

    def theirs(n: int) -> np.ndarray:
        return explainer(case.x, max_evals=n * (2 * d + 1), batch_size=4 * d, silent=True).values

    theirs(1)
    mine, other = [], []
    for i in range(3 if quick else len(WALKS)):
        mine.append(measured(case, ours, WALKS[i]))
        other.append(measured(case, theirs, PERMUTATIONS[i]))
    counts, seconds = (ratio([p[k] for p in mine], [p[k] for p in other]) for k in (0, 1))
    return case.name, said(mine), said(other), counts or "no common error", seconds or "no common error"


def measured(case: Case, run, n: int) -> tuple[Point, Point]:
    """The same error at its evaluations and at its seconds a row."""
    case.predict.n = 0
    seconds, values = one_core.seconds_of(lambda: run(n))
    error = relative_error(values, case.truth)
    return Point(n, case.predict.n / len(values), error), Point(n, seconds / len(values), error)


def said(points: list[tuple[Point, Point]]) -> str:
    return ", ".join(f"{p.cost / 1000:.1f} ({100 * p.error:.2g} %)" for p, _ in points)


def lightgbm_on(name: str):
    def make(data: Path) -> Case:
        import lightgbm
        import shap

        found = models.load(name, data)
        rows, reference, learned = models.dealt(found)
        rows = rows[:N_ROWS]
        booster = lightgbm.LGBMClassifier(n_estimators=100, n_jobs=1, verbose=-1).fit(
            found.x[learned], found.y[learned]
        )
        x, background = found.x[rows].astype(np.float64), found.x[reference].astype(np.float64)
        true = shap.TreeExplainer(booster, background, feature_perturbation="interventional").shap_values(x)
        predict = Counted(lambda z: booster.predict(z, raw_score=True, num_threads=1))
        return Case(f"LightGBM, {name} ({x.shape[1]} columns)", predict, x, background, exactly(np.asarray(true)))

    return make


def torch_on(name: str):
    def make(data: Path) -> Case:
        model = models.build("64x64", name, data, N_ROWS)
        torch = one_core.torch_on_one_core()
        net = peers.torch_copy(model)

        def predict(z: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return net(torch.as_tensor(np.asarray(z, np.float32)))[:, 0].numpy()

        true = peers.exact(model, N_ROWS)(0)
        return Case(
            f"torch MLP 64x64, {name} ({model.x.shape[1]} columns)",
            Counted(predict),
            model.x,
            model.background,
            exactly(true),
        )

    return make


def exactly(values: np.ndarray) -> Reference:
    return Reference(values, np.zeros_like(values))


if __name__ == "__main__":
    main()
