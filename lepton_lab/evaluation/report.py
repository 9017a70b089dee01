"""How good a model is on some rows: metrics with intervals, and the curves that pictures draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.errors import OptionError
from lepton_lab.evaluation.costs import CostChoice, Costs, Judged, costs_between, read_costs, weigh_costs
from lepton_lab.evaluation.curves import (
    CalibrationBins,
    Curve,
    Histogram,
    Residuals,
    calibration,
    ranking_curves,
    residuals,
    score_histogram,
)
from lepton_lab.evaluation.decisions import Decisions
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows, evaluated
from lepton_lab.evaluation.one_class import OneClass, class_index, one_class
from lepton_lab.evaluation.risk_groups import RiskGroups, calibration_at_horizon, risk_groups
from lepton_lab.fitting.scores import Board, leaderboard, seasonal_naive, trivial_logits, trivial_name
from lepton_lab.metrics import Estimate, confusion
from lepton_lab.ranking import Ranking, without_seen
from lepton_lab.survival import Survival
from lepton_lab.tasks import ClassValue, Task, answers
from lepton_lab.trained import as_blended

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.evaluation.error_tree.tree import ErrorTree
    from lepton_lab.evaluation.shown.result import Shown
    from lepton_lab.trained import TrainedModel


@dataclass(frozen=True)
class Evaluation:
    """A model measured on some rows.

    Args:
        target: name of the target.
        task: what is predicted.
        n_rows: how many rows.
        metrics: by name, each with its 95 % interval.
        leaderboard: the same for the blend, each member and a trivial guess.
        threshold: probability from which a row is called positive; None unless there are two classes.
        threshold_note: how it was chosen.
        confusion: rows, or their weight, `(true class, decided class)`; None for regression.
        roc: false alarms against found positives; two classes only.
        precision_recall: recall against precision; two classes only.
        calibration: predicted against observed.
        scores: of probabilities by true class (positive, or likeliest); None for regression.
        residuals: regression only.
        note: which rows these are, and whether they are weighted: in every figure and every curve.
        costs: the threshold for the costs that were given; None without.
        ahead: for each of the others, the blend's metric minus its, with the paired 95 % interval; not of decisions.
        risks: thirds of the rows by risk, predicted and observed; of a time to an event only.
        rows: the rows themselves, for `at`, `against_rest`, `for_costs` and `error_tree`.
    """

    target: str
    task: Task
    n_rows: int
    metrics: Mapping[str, Estimate]
    leaderboard: Mapping[str, Mapping[str, Estimate]]
    threshold: float | None
    threshold_note: str
    confusion: np.ndarray | None
    roc: Curve | None
    precision_recall: Curve | None
    calibration: CalibrationBins
    scores: Histogram | None
    residuals: Residuals | None
    note: str
    costs: CostChoice | None = None
    ahead: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    risks: RiskGroups | None = None
    rows: EvaluatedRows | None = field(default=None, repr=False, compare=False)

    @property
    def classes(self) -> tuple[ClassValue, ...]:
        """The user's own class values; empty for regression."""
        return self.task.classes

    def at(
        self, threshold: float, *, of: object = None, costs: Mapping[str, float] | None = None, unit: str = ""
    ) -> Decisions:
        """What becomes of the rows if they are called from this threshold on: exact, over all rows and their weights.

        Args:
            threshold: probability, 0 to 1.
            of: the class that is called; the positive one if left out, one must be named where there are several.
            costs: of wrong decisions, `{"false_alarm": 1, "missed": 5}`; those of the evaluation if left out.
            unit: of the costs, such as "€".

        Raises:
            OptionError: no probability, no such class, or costs that cannot be used.

        Example:
            >>> ll.evaluate(model, df).at(0.3).sensitivity  # doctest: +SKIP
            Estimate(value=0.71, low=0.66, high=0.76)
        """
        one, weighed = self.against_rest(of), self.costs and self.costs.costs
        if costs is not None:
            weighed = costs_between(costs, f"not {one.name!r}", repr(one.name), unit)
        return one.thresholds.at(threshold, weighed)

    def against_rest(self, of: object = None) -> OneClass:
        """One class against all others: every threshold, its curves, calibration and scores.

        Args:
            of: a class as the user wrote it; the positive one of two classes if left out.

        Raises:
            OptionError: no such class, or a model without classes.
        """
        k = class_index(self.task, of)
        if k not in self._against_rest:
            rows = self._rows
            self._against_rest[k] = one_class(self.classes[k], rows.y == k, rows.probability[:, k], rows.w)
        return self._against_rest[k]

    def for_costs(self, costs: Mapping[str, float], *, unit: str = "") -> Evaluation:
        """The same evaluation with the threshold that costs least, and what it costs (`.costs`).

        Args:
            costs: of wrong decisions, `{"false_alarm": 1, "missed": 5}`.
            unit: of the costs, such as "€".

        Raises:
            OptionError: not two classes, or costs that cannot be used.
        """
        weighed = read_costs(costs, self.task, unit)
        return replace(self, costs=_weighed(self._rows, weighed))

    def error_tree(self, *, depth: int = 3, seed: int = 0) -> ErrorTree:
        """Where the model fails: a small tree of the rows' errors, as `ll.error_tree` makes it."""
        from lepton_lab.evaluation.error_tree.ask import error_tree_of

        if (depth, seed) not in self._error_trees:
            self._error_trees[depth, seed] = error_tree_of(self._rows, depth=depth, seed=seed)
        return self._error_trees[depth, seed]

    def show(self, name: str, options: Mapping[str, Any] | None = None) -> Shown:
        """One more figure of the rows, as a line of business knows it: "ks", "score_bands", "decision_curve", ...

        Args:
            name: of the figure; an unknown one is answered by a list.
            options: of the figure, such as `{"n": 5}`.

        Raises:
            OptionError: no such figure or option, or it does not fit the task or the rows.

        Example:
            >>> ll.evaluate(model, df).show("score_bands", {"n": 5}).frame  # doctest: +SKIP
        """
        from lepton_lab.evaluation.shown.ask import show

        return show(self._rows, name, options)

    @property
    def shown(self) -> Mapping[str, Shown]:
        """The figures that the model's kind or its domain asks for, by name."""
        return self._shown[0]

    @property
    def not_shown(self) -> Sequence[str]:
        """Figures that the domain asks for and these rows do not allow, each with the reason."""
        return self._shown[1]

    @cached_property
    def _shown(self) -> tuple[dict[str, Shown], list[str]]:
        from lepton_lab.evaluation.shown.ask import shown_of

        return ({}, []) if self.rows is None else shown_of(self.rows)

    @property
    def errors(self) -> ErrorTree | None:
        """The tree of errors, where one was asked for; pictures show it then."""
        return next(reversed(self._error_trees.values()), None)

    @cached_property
    def _against_rest(self) -> dict[int, OneClass]:
        return {}

    @cached_property
    def _error_trees(self) -> dict[tuple[int, int], ErrorTree]:
        return {}

    @property
    def _rows(self) -> EvaluatedRows:
        if self.rows is None:
            raise OptionError("this evaluation holds figures only. Make it from rows: ll.evaluate(model, df)")
        return self.rows

    def __repr__(self) -> str:
        lines = [f"Evaluation of {self.target!r} on {self.n_rows:,} rows ({self.note})"]
        lines += [f"  {self.task.metrics[name].label:<22} {estimate}" for name, estimate in self.metrics.items()]
        if self.threshold is not None:
            lines.append(f"  threshold {self.threshold:.3g}: {self.threshold_note}")
        if self.costs is not None:
            lines.append(f"  for these costs {self.costs.threshold:.3g}: {self.costs.cost} a row; {self.costs.note}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Known:
    """What training knows of the rows it held out.

    Args:
        logits: the model's, `(row, output)`; of a time to an event its answers.
        threshold: that decides each row, chosen on the other folds; None for the model's own.
        weights: that the metrics count each row with; None for equal ones.
    """

    logits: np.ndarray
    threshold: np.ndarray | None = None
    weights: np.ndarray | None = None


def evaluate_rows(
    model: TrainedModel, table: Table, *, known: Known | None = None, costs: Costs | None = None
) -> Evaluation:
    """Measure a model on the rows of a table.

    Args:
        model: a trained model.
        table: rows with their target; its weights count in every figure and curve.
        known: of rows held out of training: their figures are those of the training.
        costs: of wrong decisions; None leaves their choice out.

    Raises:
        DataError: there are no rows.
    """
    rows = (
        evaluated(model, table)
        if known is None
        else EvaluatedRows(model, table, known.logits, known.weights, known.threshold, held_out=True)
    )
    held = Board(model.metrics, model.leaderboard, model.ahead)
    board = held if known else _leaderboard(rows)
    note = model.metrics_note if known else "the frame given"
    return Evaluation(
        target=model.schema.target,
        task=model.task,
        n_rows=len(rows.y),
        metrics=board.metrics,
        leaderboard=board.rows,
        ahead=board.ahead,
        threshold=model.threshold,
        threshold_note=model.threshold_note,
        **_drawn(rows),
        note=note if rows.weights is None else f"{note}; rows count by their weights, in the curves too",
        costs=costs and _weighed(rows, costs),
        rows=rows,
    )


def _drawn(rows: EvaluatedRows) -> dict[str, Any]:
    """What pictures draw: curves, counts and histograms, every row by its weight."""
    model, y, logits, w = rows.model, rows.y, rows.logits, rows.w
    is_number, is_binary = not model.classes, len(model.classes) == 2
    if isinstance(model.task, Survival):
        bins = CalibrationBins(*calibration_at_horizon(model.task, y, logits, w))
        undrawn = dict.fromkeys(("confusion", "roc", "precision_recall", "scores", "residuals"))
        return undrawn | {"calibration": bins, "risks": risk_groups(model.task, y, logits, w)}
    if isinstance(model.task, Ranking):
        return _drawn_ranking(rows)
    probability = rows.probability
    roc, precision_recall = ranking_curves(y, probability[:, 1], w) if is_binary else (None, None)
    decided = None if is_number else model.decide(probability, rows.threshold)
    return {
        "confusion": None if decided is None else confusion(y, decided, len(model.classes), w),
        "roc": roc,
        "precision_recall": precision_recall,
        "calibration": calibration(y, logits[:, 0] if is_number else probability, w),
        "scores": None if is_number else score_histogram(y, probability, w),
        "residuals": residuals(y, logits[:, 0], w) if is_number else None,
    }


def _drawn_ranking(rows: EvaluatedRows) -> dict[str, Any]:
    """Of items: how often the first recommendation comes true, by how likely it was said to be."""
    probability, w = rows.probability, rows.w
    first = probability.argmax(axis=1)
    sure = np.take_along_axis(probability, first[:, None], axis=1)[:, 0]
    came = (first == rows.y).astype(int)
    undrawn = dict.fromkeys(("confusion", "roc", "precision_recall", "scores", "residuals"))
    return undrawn | {"calibration": calibration(came, np.stack([1 - sure, sure], axis=1), w)}


def _weighed(rows: EvaluatedRows, costs: Costs) -> CostChoice:
    """The threshold for the costs: chosen on the rows held out of training, where those are others."""
    model, table = rows.model, rows.table
    judged = Judged(rows.probability[:, 1], rows.y, rows.weights, table.groups)
    held, apart = model.held_out, None
    x = model.encoder.encode(table) if held is not None and not rows.held_out else None
    if held is not None and x is not None and not _overlaps(x, model.encoder.encode(held.table)):
        apart = Judged(model.task.probability(held.logits)[:, 1], held.y, held.weights)
    assert model.threshold is not None
    now = model.threshold if rows.threshold is None else rows.threshold
    return weigh_costs(judged, costs, now, apart=apart, where="rows held out of training")


def _overlaps(x: np.ndarray, other: np.ndarray) -> bool:
    """Whether a row of one is a row of the other, too."""
    return not {row.tobytes() for row in x}.isdisjoint(row.tobytes() for row in other)


def _leaderboard(rows: EvaluatedRows) -> Board:
    """The blend, each member, and the best guess without a column, from these rows' own shares: a strict baseline."""
    task, y, model = rows.model.task, rows.y, rows.model
    x = model.encoder.encode(rows.table)
    guess = np.broadcast_to(trivial_logits(y, rows.weights, task), rows.logits.shape)
    seen = model.seen_x(x)
    members = {
        name: without_seen(answers(task, as_blended(task, z), of_member=True), seen)
        for name, z in model.member_logits_x(x).items()
    }
    others = members if isinstance(task, Ranking) else members | {trivial_name(task): guess}
    others |= seasonal_naive(task, rows.table)
    return leaderboard(task, y, rows.logits, others, rows.weights, threshold=model.threshold)
