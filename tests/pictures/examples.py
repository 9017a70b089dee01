"""Small results, valid by their contracts, made without training anything."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from lepton_lab.explanation.explanation import Explanation
from lepton_lab.metrics import Estimate
from lepton_lab.tasks import Binary, Multiclass, Regression
from lepton_lab.training.progress import Progress

COLUMNS = (
    "status_of_account",
    "duration_months",
    "credit_history",
    "purpose",
    "amount",
    "savings",
    "employed_since",
    "age",
    "housing",
    "existing_credits",
    "telephone",
    "foreign_worker",
    "property",
    "other_plans",
)
NASTY = ('<img src=x onerror="alert(1)">', "naïve 🐟 column & more", "</style><script>alert(2)</script>")


class TrainedModel(SimpleNamespace):
    """What the pictures read of the real one; they know results by the name of their class."""


class WhatIfAnswer(SimpleNamespace):
    """The same of a what-if's answer."""


def explanation(
    n_rows: int = 200, *, exact: bool = False, columns=COLUMNS, n_classes: int = 1, seed: int = 0
) -> Explanation:
    """Values that fall off from column to column, with numbers, words, and missing values as data."""
    rng = np.random.default_rng(seed)
    n = len(columns)
    data = np.empty((n_rows, n), dtype=object)
    values = np.zeros((n_rows, n, n_classes))
    for j in range(n):
        z = rng.normal(size=n_rows)
        if j % 3 == 0:
            codes = rng.integers(0, 3, n_rows)
            data[:, j] = np.array(["no account", "below 200", "200 or more"], dtype=object)[codes]
            z = codes - 1.0
        else:
            data[:, j] = [float(round(36 + 12 * v)) if j % 2 else 3000.5 + 1000 * v for v in z]
            if j == 4:
                data[::9, j] = None
        values[:, j, :] = (0.9 / (j + 1) * (z + 0.3 * rng.normal(size=n_rows)))[:, None] * np.linspace(1, -1, n_classes)
    base = np.full((n_rows, n_classes), -0.85)
    prediction = base + values.sum(axis=1)
    error = np.zeros_like(values) if exact else np.abs(rng.normal(0.03, 0.01, values.shape))
    half = None if exact else rng.normal(0, 0.03, values.shape)
    drop = (lambda a: a[..., 0]) if n_classes == 1 else (lambda a: a)
    return Explanation(
        values=drop(values),
        base_values=drop(base),
        data=data,
        feature_names=tuple(columns),
        error_std=drop(error),
        exact=exact,
        prediction=drop(prediction),
        output_names=("yes",) if n_classes == 1 else tuple(f"class {c}" for c in range(n_classes)),
        unit="log-odds" if n_classes == 1 else "logits",
        row_labels=np.arange(n_rows),
        plan=np.arange(n_rows) % 16,
        method="decoupled walks, two a background row",
        n_evaluations=120_000,
        seconds=3.4,
        half_gap=None if half is None else drop(half),
        notes=(),
    )


def _estimates(auc: float, loss: float) -> dict[str, Estimate]:
    return {
        "auc": Estimate(auc, auc - 0.04, auc + 0.038),
        "log_loss": Estimate(loss, loss - 0.03, loss + 0.03),
        "brier": Estimate(loss / 3, loss / 3 - 0.01, loss / 3 + 0.01),
        "accuracy": Estimate(auc - 0.02, auc - 0.06, auc + 0.02),
    }


def history(n: int = 30, member: str = "network", fold: int | None = None, seed: int = 0) -> list:
    rng = np.random.default_rng(seed)
    records = []
    for i in range(n):
        records.append(
            progress(
                stage=member,
                member=member,
                fold=fold,
                n_folds=None if fold is None else 5,
                epoch=float(i + 1),
                n_epochs=float(n),
                step=i * 50,
                train_loss=0.65 * np.exp(-i / 9) + 0.28,
                valid_loss=0.45 * np.exp(-i / 7) + 0.48 + 0.0015 * i + rng.normal(0, 0.004),
            )
        )
    return records


def progress(**changes) -> Progress:
    base = {
        "stage": "network",
        "member": "network",
        "fold": None,
        "n_folds": None,
        "epoch": 3.0,
        "n_epochs": 64.0,
        "step": 150,
        "train_loss": 0.5,
        "valid_loss": 0.52,
        "metric_name": "auc",
        "metric": 0.77,
        "best_metric": 0.78,
        "is_best": True,
        "elapsed_s": 4.2,
        "remaining_s": 51.0,
        "compiling": False,
        "message": "",
    }
    return Progress(**(base | changes))


def _gaps(blend: dict[str, Estimate], row: dict[str, Estimate]) -> dict[str, Estimate]:
    gaps = {name: blend[name].value - one.value for name, one in row.items() if name != "accuracy"}
    return {name: Estimate(gap, gap - abs(gap) / 2, gap + abs(gap) / 2) for name, gap in gaps.items()}


def model(task=None, target: str = "bad", columns=COLUMNS) -> TrainedModel:
    """What the pictures read of a TrainedModel."""
    task = task or Binary("no", "yes")
    if task.name == "regression":
        scores = {
            m: {
                "rmse": Estimate(v, v * 0.95, v * 1.06),
                "mae": Estimate(v * 0.7, v * 0.66, v * 0.75),
                "r2": Estimate(0.7, 0.6, 0.8),
            }
            for m, v in (
                ("blend", 548.0),
                ("network", 563.0),
                ("linear", 1129.0),
                ("trees", 573.0),
                ("baseline: always the mean", 3989.0),
            )
        }
    else:
        scores = {
            "blend": _estimates(0.793, 0.492),
            "network": _estimates(0.775, 0.511),
            "linear": _estimates(0.786, 0.503),
            "trees": _estimates(0.773, 0.52),
            "baseline: always the class shares": {"log_loss": Estimate(0.611, 0.58, 0.64), "auc": Estimate(0.5)},
        }
    return TrainedModel(
        schema=SimpleNamespace(
            target=target, inputs=tuple(SimpleNamespace(name=c, kind="category") for c in columns), immutable=()
        ),
        task=task,
        classes=task.classes,
        metrics=scores["blend"],
        leaderboard=scores,
        ahead={m: _gaps(scores["blend"], row) for m, row in scores.items() if m != "blend"},
        metrics_note="nested out-of-fold over 800 rows, 200 bootstrap resamples",
        members=tuple(SimpleNamespace(name=n) for n in ("network", "linear", "trees")),
        blend=SimpleNamespace(weights=(0.31, 0.46, 0.23)),
        threshold=0.37 if task.name == "binary" else None,
        threshold_note="maximises balanced accuracy out of fold" if task.name == "binary" else "",
        config={},
        run_id="k3fa",
        notes=(
            "Stopped early: no better validation loss for 16 epochs.",
            "12 rows with a missing target were left out.",
        ),
        history=[r for fold in range(3) for r in history(fold=fold, seed=fold)] + history(80, "trees"),
    )


TASKS = {
    "binary": Binary("no", "yes"),
    "multiclass": Multiclass(("a", "b", "c")),
    "regression": Regression(3000.0, 900.0, "euro"),
}


class WhatIfLike:
    """A row to play with and no model behind it: the link is a plain sum."""

    label = 17
    columns = (
        {
            "name": "duration_months",
            "kind": "numeric",
            "low": 4.0,
            "high": 72.0,
            "step": 1,
            "categories": [],
            "value": 24,
            "nullable": False,
        },
        {
            "name": "amount",
            "kind": "numeric",
            "low": 250.0,
            "high": 18424.0,
            "step": 50.0,
            "categories": [],
            "value": 3250.0,
            "nullable": True,
        },
        {
            "name": "purpose",
            "kind": "category",
            "low": None,
            "high": None,
            "step": 1,
            "categories": [{"value": v, "shown": v} for v in ("car", "furniture", NASTY[0])],
            "value": "car",
            "nullable": False,
        },
        {
            "name": "foreign_worker",
            "kind": "boolean",
            "low": None,
            "high": None,
            "step": 1,
            "categories": [],
            "value": True,
            "nullable": False,
        },
        {
            "name": "since",
            "kind": "datetime",
            "low": None,
            "high": None,
            "step": 1,
            "categories": [],
            "value": "2020-02-29T00:00:00",
            "nullable": True,
        },
    )

    def __init__(self) -> None:
        self.model = model()
        self.asked: list[tuple[dict, bool]] = []

    @property
    def values(self) -> dict:
        return {column["name"]: column["value"] for column in self.columns}

    @property
    def spreads(self) -> tuple:
        return tuple(SimpleNamespace(low=c.place[0], high=c.place[-1], bars=np.full(4, 0.25)) for c in self.curves())

    def curves(self, changes: dict | None = None) -> tuple:
        grids = {
            "duration_months": ("number", [4, 24, 72]), "amount": ("number", [250.0, 3250.0, 18424.0]),
            "purpose": ("category", ["car", "furniture", NASTY[0]]), "foreign_worker": ("category", [False, True]),
            "since": ("date", ["2020-02-29", "2021-02-28"]),
        }  # fmt: skip
        made = []
        for name, (kind, grid) in grids.items():
            place = np.array(grid, float) if kind == "number" else 18_000.0 + 365 * np.arange(len(grid))
            place = np.arange(len(grid), dtype=float) if kind == "category" else place
            outputs = np.array([self.answer({**(changes or {}), name: v}).link[0] for v in grid])
            made.append(SimpleNamespace(column=name, kind=kind, grid=grid, place=place, outputs=outputs))
        return tuple(made)

    def example_goal(self) -> str:
        return "<20%"

    def shown(self, outputs: np.ndarray, output: int = 0) -> np.ndarray:
        return 1 / (1 + np.exp(-np.asarray(outputs, float)))

    def compare(self, scenarios: dict):
        from lepton_lab.evaluation.compared_scenarios import ComparedScenarios

        answers = {name: self.answer(changes, explain=True) for name, changes in scenarios.items()}
        return ComparedScenarios(self.label, self.values, self.answer({}, explain=True), answers)

    def answer(self, changes: dict, *, explain: bool = False) -> WhatIfAnswer:
        self.asked.append((dict(changes), explain))
        row = {column["name"]: column["value"] for column in self.columns} | changes
        values = {
            "duration_months": ((row["duration_months"] or 0) - 20) / 15,
            "amount": ((row["amount"] or 0) - 3000) / 5000,
            "purpose": -0.3 * (row["purpose"] == "car"),
            "foreign_worker": 0.2 * bool(row["foreign_worker"]),
            "since": 0.1,
        }
        z = -0.85 + sum(values.values())
        chance = 1 / (1 + np.exp(-z))
        one = None
        if explain:
            one = explanation(1, columns=tuple(values))
            one = one.__class__(
                **{
                    **one.__dict__,
                    "values": np.array([list(values.values())]),
                    "prediction": np.array([z]),
                    "base_values": np.array([-0.85]),
                    "data": np.array([list(row.values())], object),
                    "row_labels": np.array([17]),
                }
            )
        return WhatIfAnswer(
            prediction="yes" if chance >= self.model.threshold else "no",
            probabilities={"no": 1 - chance, "yes": chance},
            probability=chance,
            estimate=None,
            link=(z,),
            unit="log-odds",
            explanation=one,
            output=0,
            changes=dict(changes),
        )


def what_if() -> WhatIfLike:
    return WhatIfLike()


def evaluation(task_name: str = "binary", n: int = 1000, seed: int = 0):
    """An evaluation of made-up predictions, by the product's own functions."""
    from lepton_lab.evaluation import curves, report

    rng = np.random.default_rng(seed)
    task, one = TASKS[task_name], model(TASKS[task_name])
    if task_name == "regression":
        truth = rng.normal(3000, 900, n)
        logits = truth[:, None] + rng.normal(0, 400, (n, 1))
    else:
        truth = (rng.random(n) < 0.3).astype(int) if task_name == "binary" else rng.integers(0, 3, n)
        logits = 1.6 * (truth - 0.5)[:, None] - 0.6 + rng.normal(0, 1, (n, 1))
        if task_name == "multiclass":
            logits = 1.5 * np.eye(3)[truth] + rng.normal(0, 1, (n, 3))
    probability = task.probability(logits)
    roc, recall = curves.ranking_curves(truth, probability[:, 1], np.ones(n)) if task_name == "binary" else (None, None)
    numbers = task_name == "regression"
    decided = (
        None if numbers else (probability[:, 1] >= 0.37).astype(int) if task_name == "binary" else probability.argmax(1)
    )
    counts = (
        None
        if numbers
        else np.array(
            [
                [np.sum((truth == a) & (decided == b)) for b in range(len(task.classes))]
                for a in range(len(task.classes))
            ]
        )
    )
    return report.Evaluation(
        target="bad",
        task=task,
        n_rows=n,
        metrics=one.metrics,
        leaderboard=one.leaderboard,
        ahead=one.ahead,
        threshold=one.threshold,
        threshold_note=one.threshold_note,
        confusion=counts,
        roc=roc,
        precision_recall=recall,
        calibration=curves.calibration(truth, logits[:, 0] if numbers else probability, np.ones(n)),
        scores=None if numbers else curves.score_histogram(truth, probability, np.ones(n)),
        residuals=curves.residuals(truth, logits[:, 0], np.ones(n)) if numbers else None,
        note="the frame given",
    )


def trials(n: int = 40) -> tuple:
    """A search's trials: the default, some complete, most pruned, one failed, one that waits."""
    from lepton_lab.tuning.trial import Trial

    draw = np.random.default_rng(3)
    made = [Trial(0, "default", {}, (0.41,), "complete", 12.0)]
    for number in range(1, n):
        floor, rungs = 0.4 + 0.1 * draw.random(), (3 if number % 7 == 0 else 1 + number % 2)
        values = tuple(float(floor + 0.1 / (1 + rung)) for rung in range(rungs))
        params = {"size": "small", "learning_rate": float(draw.uniform(1e-3, 1e-2))}
        made.append(Trial(number, "network", params, values, "complete" if rungs == 3 else "pruned", 1.5))
    failed = Trial(n, "trees", {"leaves": 7}, (float("nan"),), "failed", 0.1)
    return (*made, failed, Trial(n + 1, "trees", {"leaves": 9}, (), "waiting"))


def study(n: int = 40):
    """The result of a search."""
    from lepton_lab.tuning.study import Standing, Study

    lines = [
        Standing("ensemble", Estimate(0.401, 0.37, 0.43), Estimate(0.009, -0.001, 0.02), None, "of 3 members"),
        Standing("default recipe", Estimate(0.41, 0.38, 0.44), Estimate(0.0, 0.0, 0.0), None, "all blended"),
        Standing("trial 7 network", Estimate(0.42, 0.39, 0.45), Estimate(-0.01, -0.02, 0.001), 0.4, NASTY[0]),
        Standing("trial 9 trees", Estimate(0.43), Estimate(-0.02), 0.0, "leaves 7"),
    ]
    return Study(trials(n), model(), "log_loss", False, tuple(lines), 61.0, (NASTY[1], "the search was ended."), "k3fa")


def search(n: int = 40):
    """A search that goes on."""
    from lepton_lab.tuning.study import StudyProgress

    return StudyProgress(trials(n), 64, "log_loss", False, 33.0, 60.0, "searching")


def comparison(target: str = "bad"):
    """Two models: one metric where a is better, one within noise, one that no resample knows."""
    from lepton_lab.evaluation.comparison import Compared, Comparison

    better = Compared("AUC", True, Estimate(0.79, 0.75, 0.83), Estimate(0.76, 0.72, 0.8), Estimate(0.03, 0.01, 0.05), 1)
    noise = Compared("log loss", False, Estimate(0.49), Estimate(0.5), Estimate(-0.01, -0.03, 0.02), 0.8)
    unknown = Compared("F1", True, Estimate(float("nan")), Estimate(0.5), Estimate(float("nan")), float("nan"))
    return Comparison(
        names=("20261121-110000-ab12", "20261121-120000-cd34"),
        target=target,
        task=TASKS["binary"],
        n_rows=1000,
        metrics={"auc": better, "log_loss": noise, "f1": unknown},
        shown="auc",
        settings={"seed": (0, 1), "ignore": ([], [target, NASTY[1]]), "budget": (None, "60s")},
        note="1,000 rows held out of both trainings",
    )


def evaluation_with_costs():
    """An evaluation for which a missed row costs five times a false alarm."""
    from dataclasses import replace

    from lepton_lab.evaluation.costs import Costs, Judged, weigh_costs

    rng = np.random.default_rng(0)
    probability = rng.beta(1, 2, 500)
    rows = Judged(probability, (rng.random(500) < probability).astype(int))
    return replace(evaluation("binary"), costs=weigh_costs(rows, Costs(1, 5), 0.37, apart=None, where=""))
