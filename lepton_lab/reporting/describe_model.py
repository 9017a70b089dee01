"""Details of a model and of the rows it learned from, read off the trained model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from lepton_lab.censored.times import events_of, times_of
from lepton_lab.data.fingerprint import fingerprint
from lepton_lab.data.quality import check_table
from lepton_lab.data.rows import Table
from lepton_lab.members.member import Member
from lepton_lab.members.trees import TreesMember
from lepton_lab.quantiles import Quantiles
from lepton_lab.reporting.card import DataFinding, DataSummary, MemberDetails, ModelDetails, Results
from lepton_lab.reporting.column_summaries import column_summaries, safe_ends
from lepton_lab.survival import Survival
from lepton_lab.trained import TrainedModel

MEMBERS = {
    "network": "a neural network of many heads that share weights",
    "linear": "a regularised linear model",
    "trees": "gradient-boosted trees",
}
_WITH_RANDOM = "gradient-boosted trees, averaged with trees grown apart (a random forest)"
MOST_CHECKED = 20_000
"""Rows that are looked over for findings, of more that are known."""

# What a finding is about, without the values that its own words may quote.
_WITHOUT_VALUES = {
    "duplicate_column": "holds the same as another column",
    "duplicate_rows": "some rows are copies of others",
    "few_rows": "few rows for so many columns",
    "imbalance": "one class is rare",
    "infinite": "holds infinite values",
    "leak": "may know the answer",
    "missing": "has missing values",
    "missing_target": "rows without a target were left out",
    "mixed_types": "holds values of several types",
    "nearly_constant": "is nearly always the same",
    "outliers": "has values far from the rest",
    "positive": "which class is called positive",
    "repeated_key": "an identifier that repeats",
    "unusable": "cannot be used",
}


def details_of(model: TrainedModel, *, with_rows: bool) -> ModelDetails:
    """Which model this is; its notes may quote values and are left out where no single row may be told of."""
    weights = [float(w) for w in model.blend.weights]
    members = [MemberDetails(m.name, _described(m), w) for m, w in zip(model.members, weights, strict=True)]
    asked = {name: item for name, item in dict(model.config).items() if name not in ("target", "pack")}
    return ModelDetails(
        target=model.schema.target,
        task=model.task.name,
        predicts=_predicts(model),
        classes=tuple(map(str, model.classes)),
        members=tuple(sorted(members, key=lambda member: -member.weight)),
        scale=float(model.blend.scale),
        bias=tuple(float(b) for b in np.ravel(model.blend.bias)),
        threshold=model.threshold,
        threshold_note=model.threshold_note,
        run_id=model.run_id,
        asked=asked,
        versions=dict(model.versions),
        fingerprint=model_fingerprint(model),
        notes=model.notes if with_rows else (),
    )


def _described(member: Member) -> str:
    """What a member is, in words."""
    if isinstance(member, TreesMember) and member.n_random:
        return _WITH_RANDOM
    return MEMBERS.get(member.name, member.name)


def model_fingerprint(model: TrainedModel) -> str:
    """A sha256 of the numbers that predict; of a file of the model the same as of the model that was saved."""
    digest = hashlib.sha256()
    for member in model.members:
        arrays: Mapping[str, np.ndarray] = member.arrays()
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name])
            digest.update(f"{member.name}\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
            digest.update(array.tobytes())
    digest.update(np.asarray([model.blend.scale, *model.blend.weights, *np.ravel(model.blend.bias)], "<f8").tobytes())
    return digest.hexdigest()


def data_of(model: TrainedModel, *, with_rows: bool) -> DataSummary:
    """The rows learned from; of a loaded model what its schema remembers."""
    known, columns = model.seen, column_summaries(model.schema, model.seen, with_rows=with_rows)
    if known is None:
        return DataSummary(None, None, _classes_alone(model), columns, ())
    whole = dict(known.columns) | ({} if known.y is None else {model.schema.target: known.y})
    return DataSummary(
        known.n_rows, fingerprint(whole), _target(model, known, with_rows=with_rows), columns,
        _findings(model, known, with_rows=with_rows),
    )  # fmt: skip


def results_of_training(model: TrainedModel) -> Results:
    """The figures that the model carries, without curves."""
    task = model.task
    names = [name for name in task.metrics if name in model.metrics]
    watched = str(model.config.get("metric") or task.default_metric)
    return Results(
        task=task,
        metrics={name: model.metrics[name] for name in names},
        labels={name: metric.label for name, metric in task.metrics.items()},
        higher_is_better={name: metric.higher_is_better for name, metric in task.metrics.items()},
        watched=watched if watched in model.metrics else next(iter(names), watched),
        leaderboard=model.leaderboard,
        ahead=model.ahead,
        note=model.metrics_note,
        n_rows=None if model.held_out is None else model.held_out.table.n_rows,
        evaluation=None,
    )


def _predicts(model: TrainedModel) -> str:
    task = model.task
    if isinstance(task, Survival):
        return f"the time until {task.event!r}, from rows that may still be waiting"
    if len(model.classes) == 2:
        return f"the probability that {model.schema.target} is {model.classes[1]}"
    if model.classes:
        return f"the probability of each of {len(model.classes)} classes of {model.schema.target}"
    if isinstance(task, Quantiles):
        return f"the {', '.join(f'{level:.3g}' for level in task.levels)} quantiles of {model.schema.target}"
    return f"the number {model.schema.target}"


def _classes_alone(model: TrainedModel) -> tuple[tuple[str, str], ...]:
    return tuple((str(c), "") for c in model.classes)


def _target(model: TrainedModel, known: Table, *, with_rows: bool) -> tuple[tuple[str, str], ...]:
    """The target's values in words: shares of classes, else a range."""
    if known.y is None:
        return _classes_alone(model)
    if isinstance(model.task, Survival):
        happened = events_of(known.y)
        ends = _ends(times_of(known.y), with_rows=with_rows)
        return ((f"{model.task.event} happened", f"{happened.mean():.1%} of the rows"), *ends)
    if not model.classes:
        return _ends(np.asarray(known.y, np.float64), with_rows=with_rows)
    counts = np.bincount(np.asarray(known.y, int), minlength=len(model.classes))
    return tuple((str(c), f"{n / known.n_rows:.1%} of the rows") for c, n in zip(model.classes, counts, strict=True))


def _ends(numbers: np.ndarray, *, with_rows: bool) -> tuple[tuple[str, str], ...]:
    if with_rows:
        low, middle, high = np.quantile(numbers, (0, 0.5, 1))
        return (("smallest", f"{low:.6g}"), ("median", f"{middle:.6g}"), ("largest", f"{high:.6g}"))
    ends = safe_ends(numbers)
    if ends is None:
        return ()
    return tuple((name, f"{end:.6g}") for name, end in zip(("5 % below", "median", "5 % above"), ends, strict=True))


def _findings(model: TrainedModel, known: Table, *, with_rows: bool) -> tuple[DataFinding, ...]:
    """What `check` says of the columns that were learned from."""
    some = known
    if known.n_rows > MOST_CHECKED:
        some = known.take(np.linspace(0, known.n_rows - 1, MOST_CHECKED).round().astype(int))
    if some.y is None:
        return ()
    target, task = model.schema.target, model.task
    frame = dict(some.columns)
    if isinstance(task, Survival):
        frame |= {target: times_of(some.y), task.event: events_of(some.y)}
        found = check_table(frame, target=target, event=task.event)
    else:
        own = [model.classes[int(k)] for k in some.y] if model.classes else some.y
        positive = model.classes[1] if len(model.classes) == 2 else None
        found = check_table(frame | {target: own}, target=target, task=task.name, positive=positive)
    return tuple(
        DataFinding(f.kind, f.column, f.severity, f.message, f.advice)
        if with_rows
        else DataFinding(f.kind, f.column, f.severity, _WITHOUT_VALUES.get(f.kind, f.kind.replace("_", " ")))
        for f in found
        if f.kind != "positive"
    )
