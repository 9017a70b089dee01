"""Shapley values of a trained model: each member by its own exact or fast method, added up in link space.

Shapley values are linear in the model, and the blend is affine in its members' logits. So the linear
member is explained in closed form, the trees exactly, the network as an additive game, and the sum is
checked against the prediction. Where it does not match, the whole blend is explained through `logits_x`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from lepton_lab.data.mix_rows import stack_rows
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.asked import Estimator, at_once
from lepton_lab.explanation.background import Background, background_weights, given_background
from lepton_lab.explanation.blend_parts import BlendRows, GamePart, added, for_part, game_parts, own, scaled
from lepton_lab.explanation.estimate import Estimate, Pace
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.groups import groups_of
from lepton_lab.explanation.labelled import Labels, explanation_of
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.tasks import are_shifted, output_names
from lepton_lab.trained import TrainedModel
from lepton_lab.training.compilation import use_compilation_cache

# Largest gap between the sum of the parts and the prediction, relative to the distance from the base.
TOLERANCE = 1e-5
# Rows predicted at once: what members make of them on the way is as large as these.
ROWS_PREDICTED = 4096
# What the network gets where a stop fell into the trees' time: one chunk, so that some rows are complete.
GRACE_S = 0.3


def explain_trained(
    model: TrainedModel,
    x: np.ndarray,
    values: np.ndarray,
    row_labels: np.ndarray,
    *,
    background: Background | np.ndarray | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    options: ExplainOptions | None = None,
) -> Explanation:
    """Shapley values of a trained model's logits, calibration included, at encoded rows.

    Args:
        model: whose blend is explained.
        x: encoded rows `(row, column)`, as the members see them.
        values: the user's own values of these rows, for display.
        row_labels: the user's labels of these rows.
        background: encoded reference rows; by default those kept with the model.
        groups: columns that are one player, by the group's name.
        options: walks, budget, half-width, seed, progress.

    Returns:
        One output: log-odds of the positive class, or the target's unit. Several classes: centred
        logits, one a class.

    Raises:
        ExplanationError: no rows, or a model saved without its background and none given.
        ColumnError: a group names no column.
        OptionError: groups overlap, or are empty.
    """
    options = options or ExplainOptions()
    pace = options.pace()
    asked = ask_trained(model, x, values, row_labels, background=background, groups=groups)
    *_, found = asked.answers(at_once, options, pace)
    return found


def ask_trained(
    model: TrainedModel,
    x: np.ndarray,
    values: np.ndarray,
    row_labels: np.ndarray,
    *,
    background: Background | np.ndarray | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
) -> AskedBlend:
    """The question that `explain_trained` answers.

    Raises:
        ExplanationError: no rows, or a model saved without its background and none given.
        ColumnError: a group names no column.
        OptionError: groups overlap, or are empty.
    """
    use_compilation_cache()
    given = given_background(model, background)
    weights = background_weights(given.weights, len(given.x))
    if len(x) == 0:
        raise ExplanationError("there are 0 rows to explain. Give at least one.")
    task, columns = model.task, [column.name for column in model.schema.inputs]
    players = groups_of(groups, columns)
    names = output_names(task)
    shown = players.shown(np.asarray(values), columns)
    labels = Labels(shown, players.names, names, task.unit, np.asarray(row_labels))
    rows = BlendRows(model, x, np.asarray(given.x), weights, players, given.kept)
    at_background, at_rows = given.kept.predictions(model, rows.background, x[:ROWS_PREDICTED])
    more = [model.logits_x(x[at : at + ROWS_PREDICTED]) for at in range(ROWS_PREDICTED, len(x), ROWS_PREDICTED)]
    return AskedBlend(rows, labels, weights @ at_background, np.concatenate([at_rows, *more]))


@dataclass(frozen=True)
class AskedBlend:
    """What is to be explained of a trained model; the answer may come at once or in steps.

    Args:
        rows: of the blend, with their background.
        labels: of rows, players and outputs.
        base: mean prediction over the background.
        at_rows: predictions.
        notes: what a reader should know before any estimate.
        model_std: disagreement of the network's heads on each value, where it was asked for.
    """

    rows: BlendRows
    labels: Labels
    base: Float64[np.ndarray, " output"]
    at_rows: Float64[np.ndarray, "row output"]
    notes: tuple[str, ...] = ()
    model_std: Float64[np.ndarray, "row player output"] | None = None

    def distances(self) -> Float64[np.ndarray, "row output"]:
        """How far predictions are from the base value."""
        return np.asarray(self.at_rows - self.base, np.float64)

    def answers(self, estimator: Estimator, options: ExplainOptions, pace: Pace) -> Iterator[Explanation]:
        """The blend's explanation at each step of the estimator, its sum checked against the prediction."""
        unit = getattr(self.rows.model.task, "scale", 1.0)
        for estimate in _sums(self.rows, estimator, options, pace):
            gap = _gap(estimate, self.base, self.at_rows, unit)
            if gap > TOLERANCE:
                yield from self._through_predict(gap, estimator, options, pace)
                return
            yield self._answer(estimate, pace)

    def _through_predict(
        self, gap: float, estimator: Estimator, options: ExplainOptions, pace: Pace
    ) -> Iterator[Explanation]:
        """The blend as one function, where its parts do not add up to it."""
        note = f"the members' values missed the prediction by {gap:.1e}: explained through predict instead."
        rows = self.rows
        game = PredictGame(rows.model.logits_x, stack_rows(rows.x, rows.background), rows.players, stop=pace.stop)
        for estimate in estimator(game, rows.weights, options, pace):
            yield self._answer(estimate, pace, (note,))

    def _answer(self, estimate: Estimate, pace: Pace, notes: tuple[str, ...] = ()) -> Explanation:
        # Shown is the sum of the parts: just checked against the prediction, and free of float32's last digit.
        shown = np.array(self.at_rows, np.float64)
        shown[estimate.rows] = self.base + estimate.values.sum(axis=1)
        found = explanation_of(estimate, self.base, shown, self.labels, pace, (*self.notes, *notes))
        spread = None if self.model_std is None else self.model_std[estimate.rows].reshape(found.shape)
        return replace(found, model=self.rows.model, model_std=spread)


def _sums(rows: BlendRows, estimator: Estimator, options: ExplainOptions, pace: Pace) -> Iterator[Estimate]:
    """The sum of all parts, at each step of the last part's estimator."""
    total = rows.closed_part(pace)
    n_rows = len(total.rows)
    if n_rows < len(rows.x):
        why = "stopped" if pace.stop.is_set() else "half the budget was spent"
        note = f"{why} after the trees of {n_rows} of {len(rows.x)} rows: the other rows are left out."
        total = replace(total, notes=(note,))
        # A press that fell into the trees' time ends them, not the rows that they had finished.
        pace = _grace(pace) if pace.stop.is_set() else pace
    parts = game_parts(rows, n_rows)
    for part in parts[:-1]:
        *_, whole = _part_values(part, len(parts), rows, estimator, options, pace)
        total = added(total, whole)
    if not parts:
        yield own(replace(total, method=total.method or "constant model"))
        return
    for estimate in _part_values(parts[-1], len(parts), rows, estimator, options, pace):
        yield added(total, estimate)


def _part_values(
    part: GamePart, n_parts: int, rows: BlendRows, estimator: Estimator, options: ExplainOptions, pace: Pace
) -> Iterator[Estimate]:
    """A part's values in the blend's logits, at each step of the estimator."""
    for estimate in estimator(part.game, rows.weights, for_part(options, part, n_parts), pace):
        named = replace(estimate, method=f"{part.name}{estimate.method}")
        yield scaled(named, part.factor, are_shifted(rows.model.task))


def _grace(pace: Pace) -> Pace:
    """A last short while."""
    return Pace(GRACE_S, report=pace.report)


def _gap(estimate: Estimate, base: np.ndarray, at_rows: np.ndarray, unit: float) -> float:
    """Largest distance between the sum of values and the prediction, relative to `max(unit, distance)`."""
    distance = at_rows[estimate.rows] - base
    gap = np.abs(estimate.values.sum(axis=1) - distance) / np.maximum(unit, np.abs(distance))
    return float(gap.max(initial=0.0))
