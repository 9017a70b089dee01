"""The content of a model card: what a person should know of a model before it is used. Data only; no words of markup.

Source: Mitchell et al. (2019), "Model Cards for Model Reporting", whose nine sections these are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lepton_lab.metrics import Estimate
from lepton_lab.reporting.column_summaries import ColumnSummary

if TYPE_CHECKING:
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.explanation.effects.effect import Effect
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.explanation.importance import Importance
    from lepton_lab.tasks import Task


@dataclass(frozen=True)
class MemberDetails:
    """One of the models that are blended: its name, what it is, and its weight in the blend from 0 to 1."""

    name: str
    what: str
    weight: float


@dataclass(frozen=True)
class ModelDetails:
    """Which model this is, and how it came about.

    Args:
        target: name of the column predicted.
        task: binary, multiclass, regression or survival.
        predicts: what an output is, in words.
        classes: the user's own class values, as text; empty without classes.
        members: what is blended.
        scale, bias: of the calibration, `scale * blend + bias`, in link space.
        threshold: probability from which a row is called positive; None unless there are two classes.
        threshold_note: how it was chosen.
        run_id: of its journal.
        asked: the options of the training that were given, or left at their default.
        versions: of the packages that made it.
        fingerprint: sha256 of its numbers: two files of one model have the same.
        notes: what happened in training, a sentence each.
    """

    target: str
    task: str
    predicts: str
    classes: tuple[str, ...]
    members: tuple[MemberDetails, ...]
    scale: float
    bias: tuple[float, ...]
    threshold: float | None
    threshold_note: str
    run_id: str | None
    asked: Mapping[str, object]
    versions: Mapping[str, str]
    fingerprint: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DataFinding:
    """Something found in the rows learned from: a stable kind, the column or None, `info`, `warn` or `serious`."""

    kind: str
    column: str | None
    severity: str
    message: str
    advice: str = ""


@dataclass(frozen=True)
class DataSummary:
    """The rows learned from.

    Args:
        n_rows: given to `train`; None for a model that was loaded, which knows them no more.
        fingerprint: a hash of them as they were read; None where they are not known.
        target: the target's classes with their share of the rows, or its range, in words.
        columns: every column of the frame.
        findings: of `check`, the most serious first.
    """

    n_rows: int | None
    fingerprint: str | None
    target: tuple[tuple[str, str], ...]
    columns: tuple[ColumnSummary, ...]
    findings: tuple[DataFinding, ...]


@dataclass(frozen=True)
class Results:
    """How good the model is.

    Args:
        task: what is predicted; it knows the metrics.
        metrics: by name, with 95 % intervals.
        labels: what tables call each metric.
        higher_is_better: by metric.
        watched: the metric to show first.
        leaderboard: the same metrics of the model ("blend"), its members and a trivial guess.
        ahead: of each of the others, the model's metric minus its, with the paired interval.
        note: on which rows, and how.
        n_rows: of these rows; None where a loaded model does not know.
        evaluation: the same with its curves; None where no rows are known to draw them of.
    """

    task: Task
    metrics: Mapping[str, Estimate]
    labels: Mapping[str, str]
    higher_is_better: Mapping[str, bool]
    watched: str
    leaderboard: Mapping[str, Mapping[str, Estimate]]
    ahead: Mapping[str, Mapping[str, Estimate]]
    note: str
    n_rows: int | None
    evaluation: Evaluation | None


@dataclass(frozen=True)
class Explained:
    """What moves the model.

    Args:
        where: which rows were explained, in words.
        n_rows: how many.
        unit: of the values: log-odds, logits, or the target's.
        method: how they were computed, in words.
        exact: whether they hold no sampling error.
        importance: mean absolute Shapley value of each column, with intervals.
        effects: partial dependence on the most important columns, the most important first.
        explanation: of the rows one by one; None where no single row may be told of.
    """

    where: str
    n_rows: int
    unit: str
    method: str
    exact: bool
    importance: Importance
    effects: tuple[Effect, ...]
    explanation: Explanation | None


@dataclass(frozen=True)
class Limit:
    """Where not to trust the model, found by a check of ours.

    Args:
        kind: a short word, stable.
        severity: `info`, `warn` or `serious`.
        words: what was found.
    """

    kind: str
    severity: str
    words: str


@dataclass(frozen=True)
class ModelCard:
    """A model card.

    Args:
        title: of the report.
        made: when, UTC, ISO text.
        details: which model.
        words: what its makers said of it, by keyword of `words.WORDS`; what they did not say is not there.
        data: what it learned from.
        results: how good it is.
        explained: what moves it; None where no rows are known to explain.
        limits: where not to trust it.
        with_rows: whether values of single rows may be in it.
        left_out: what is not in the report and why, a sentence each.
    """

    title: str
    made: str
    details: ModelDetails
    words: Mapping[str, str]
    data: DataSummary
    results: Results
    explained: Explained | None
    limits: tuple[Limit, ...]
    with_rows: bool
    left_out: tuple[str, ...]
