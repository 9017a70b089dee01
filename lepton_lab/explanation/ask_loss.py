"""From a trained model, or any function, to the game of its loss."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float64

from lepton_lab.censored.scores import known_by
from lepton_lab.data.mix_rows import frame_columns, frame_rows, is_frame, stack_rows
from lepton_lab.data.own_values import column_names
from lepton_lab.errors import ExplanationError, no_such_option
from lepton_lab.explanation.background import (
    Background,
    as_background,
    background_weights,
    given_background,
    sample_rows,
)
from lepton_lab.explanation.groups import groups_of
from lepton_lab.explanation.loss_importance import LossGame, LossImportance, LossOptions, loss_values
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.explanation.row_function import row_function
from lepton_lab.members.linear import LinearMember
from lepton_lab.quantiles import Quantiles
from lepton_lab.survival import Survival
from lepton_lab.tasks import Regression, Task
from lepton_lab.trained import TrainedModel
from lepton_lab.training.functions import NetworkFunctions
from lepton_lab.training.network_member import NetworkMember

# Below this a probability counts as this: one certain mistake may not outweigh all other rows.
LEAST_PROBABILITY = 1e-7
LOSSES = ("log_loss", "squared_error")


def trained_loss_importance(
    model: TrainedModel,
    x: np.ndarray,
    y: np.ndarray | None,
    *,
    groups: Mapping[str, Any] | None = None,
    background: Background | np.ndarray | None = None,
    options: LossOptions | None = None,
) -> LossImportance:
    """SAGE values of a trained model's predictions: log-loss for classes, squared error for a number.

    Args:
        model: whose calibrated blend predicts.
        x: encoded rows.
        y: class index, or the number, of each row.
        groups: columns that are known together, by name of the group.
        background: encoded rows that unknown columns take values from; by default those kept with the model.
        options: half-width, rounds, seed, pace.

    Raises:
        ExplanationError: no rows, no target, or no background.
        OptionError: groups that overlap, or are empty.
        ColumnError: a group names no column.
    """
    if y is None:
        raise ExplanationError(
            f"loss importance needs the target, and these rows have no column {model.schema.target!r}. "
            "Give a frame that has it."
        )
    given = given_background(model, background)
    references = np.asarray(given.x, np.float32)
    ask = _TrainedPredictions(model, np.asarray(x, np.float32), references)
    losses, unit = _losses(model.task, y)
    players = groups_of(groups, model.schema.names)
    weights = background_weights(given.weights, len(references))
    return loss_values(LossGame(players, len(x), ask, weights, losses, unit), options or LossOptions())


def function_loss_importance(
    fn: Any,
    x: Any,
    y: Any,
    background: Any = None,
    *,
    loss: str | None = None,
    groups: Mapping[str, Any] | None = None,
    options: LossOptions | None = None,
) -> LossImportance:
    """SAGE values of any function's predictions, which are averaged as they are: give probabilities, not logits.

    Args:
        fn: rows to one number each, or to one probability for each class, in the order of the sorted classes.
        x: rows: an array `(row, feature)` or a frame.
        y: what is true of them.
        background: rows that unknown columns take values from, at best about a hundred; by default a sample of `x`.
        loss: "log_loss" or "squared_error"; by default log-loss where the function returns several columns.
        groups: columns that are known together.
        options: half-width, rounds, seed, pace.

    Raises:
        OptionError: a loss that is not known, or groups that do not fit.
        ExplanationError: no rows, `y` does not fit, or the function returns what cannot be used.
    """
    options = options or LossOptions()
    asked, names, given_x = row_function(fn, x), column_names(x), x
    x, truth = asked.x, np.asarray(y)
    if truth.shape != (len(x),):
        raise ExplanationError(f"y has shape {truth.shape} for {len(x)} rows. Give one value a row.")
    if loss is not None and loss not in LOSSES:
        raise no_such_option("loss", loss, LOSSES)
    if background is None:
        rows = sample_rows(len(x), options.seed)
        background = x[rows] if isinstance(x, np.ndarray) else frame_rows(x, rows)
    given = as_background(background)
    game = PredictGame(asked.fn, stack_rows(x, asked.like(_ordered(given.x, given_x))))
    players = groups_of(groups, names)
    weights = background_weights(given.weights, game.n_background)
    loss = loss or ("log_loss" if game.n_outputs > 1 else "squared_error")
    losses = _squared_error(truth) if loss == "squared_error" else _log_loss(_class_of(truth, game.n_outputs, fn))
    ask = _FunctionPredictions(game, len(x))
    unit = "log-loss" if loss == "log_loss" else "squared error"
    return loss_values(LossGame(players, len(x), ask, weights, losses, unit), options)


def _ordered(background: Any, x: Any) -> Any:
    """A background frame with its columns in the order of the rows'."""
    return frame_columns(background, x) if is_frame(background) and is_frame(x) else background


def _class_of(y: np.ndarray, n_outputs: int, fn: Any) -> np.ndarray:
    """The column of each row's class.

    Raises:
        ExplanationError: more or fewer classes than columns.
    """
    known = getattr(getattr(fn, "__self__", None), "classes_", None)
    classes = np.unique(y) if known is None else np.asarray(known)
    wanted = max(n_outputs, 2)
    if len(classes) != wanted or not np.isin(y, classes).all():
        raise ExplanationError(
            f"y has {len(np.unique(y))} classes and the function returns {n_outputs} columns. Give one probability for "
            "each class, or one column for two classes; for a number give loss='squared_error'."
        )
    return np.searchsorted(classes, y) if known is None else np.array([list(classes).index(v) for v in y])


def _log_loss(index: np.ndarray) -> Callable[[int, np.ndarray], np.ndarray]:
    def losses(row: int, mean: np.ndarray) -> np.ndarray:
        share = mean[:, index[row]] if mean.shape[1] > 1 else np.where(index[row] == 1, mean[:, 0], 1 - mean[:, 0])
        return -np.log(np.clip(share, LEAST_PROBABILITY, 1.0))

    return losses


def _losses(task: Task, y: np.ndarray) -> tuple[Callable[[int, np.ndarray], np.ndarray], str]:
    """The loss of a row's mean prediction, and its unit; of a time to an event Graf's Brier score at the horizon."""
    if isinstance(task, (Regression, Quantiles)):  # of quantiles the median, which comes first
        return _squared_error(y), "squared error"
    if not isinstance(task, Survival):
        return _log_loss(np.asarray(y, np.int64)), "log-loss"
    happened, known = known_by(y, task.horizon)
    return lambda row, mean: known[0, row] * (mean[:, 0] - happened[row]) ** 2, f"Brier score at {task.horizon:g}"


def _squared_error(y: np.ndarray) -> Callable[[int, np.ndarray], np.ndarray]:
    truth = np.asarray(y, np.float64)
    return lambda row, mean: (mean[:, 0] - truth[row]) ** 2


@dataclass(frozen=True)
class _FunctionPredictions:
    """Predictions of a Python function for one row mixed with every background row."""

    game: PredictGame
    n_rows: int

    def __call__(
        self, row: int, masks: Bool[np.ndarray, "state column"]
    ) -> Float64[np.ndarray, "state reference output"]:
        """What the function says of each mix."""
        references = self.n_rows + np.arange(self.game.n_background)
        sources = np.where(masks[:, None], row, references[None, :, None])
        return self.game.outputs_of(sources.reshape(-1, masks.shape[1])).reshape(*sources.shape[:2], -1)


@dataclass(frozen=True)
class _TrainedPredictions:
    """Predictions of a trained model for one encoded row mixed with every background row."""

    model: TrainedModel
    x: np.ndarray
    references: np.ndarray

    def __call__(
        self, row: int, masks: Bool[np.ndarray, "state column"]
    ) -> Float64[np.ndarray, "state reference output"]:
        """Probabilities (of the event by the horizon), or the number."""
        model, shape = self.model, (len(masks), len(self.references))
        used = [(w, m) for w, m in zip(model.blend.weights, model.members, strict=True) if w]
        active = replace(model.blend, weights=np.array([w for w, _ in used]))
        parts = [self._member(member, self.x[row], masks).reshape(shape[0] * shape[1], -1) for _, member in used]
        logits = active.logits(parts) if used else np.repeat(model.blend.bias[None], shape[0] * shape[1], axis=0)
        if isinstance(model.task, Survival):
            return 1 - model.task.survival(logits, np.array([model.task.horizon])).reshape(*shape, 1)
        probability = model.task.probability(logits)
        return (probability if model.task.classes else logits).reshape(*shape, -1)

    def _member(self, member: Any, row: np.ndarray, masks: np.ndarray) -> np.ndarray:
        if isinstance(member, NetworkMember):
            read = member.holding(row[None])
            raw = _mixed(read.functions, read.params, row[None], self._sides[id(member)], masks.astype(np.float32))
            return np.asarray(raw, np.float64) * member.scale + member.location
        if isinstance(member, LinearMember):
            own, theirs = member.contributions(row[None])[0], member.contributions(self.references)
            terms = masks @ own.reshape(len(own), -1)
            absent = np.einsum("sc,bco->sbo", 1.0 - masks, theirs)
            return terms[:, None] + absent + member.intercept
        return member.logits(np.where(masks[:, None], row, self.references).reshape(-1, len(row)))

    @functools.cached_property
    def _sides(self) -> dict[int, np.ndarray]:
        return {id(m): m.project(self.references) for m in self.model.members if isinstance(m, NetworkMember)}


@functools.partial(jax.jit, static_argnames=("pure",))
def _mixed(pure: NetworkFunctions, params: Any, row: Array, sides: Array, masks: Array) -> Array:
    """Raw outputs `(state, reference, output)` of a row's masked projections plus the others of each background row."""
    here = pure.bias(params) + masks @ pure.project(params, row)[0]
    hidden = here[:, None] + jnp.einsum("sc,bch->sbh", 1 - masks, sides)
    return pure.rest(params, hidden.reshape(-1, hidden.shape[-1])).reshape(*hidden.shape[:2], -1)
