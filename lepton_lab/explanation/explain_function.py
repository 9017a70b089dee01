"""Shapley values of any function: JAX functions of arrays, and any Python `predict` of arrays or frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lepton_lab.data.mix_rows import frame_labels, frame_rows, is_frame, stack_rows
from lepton_lab.errors import DataError, ExplanationError
from lepton_lab.explanation.background import as_background, background_weights, sample_rows
from lepton_lab.explanation.explain_game import Labels, explanation_of, shapley_values
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.game import FunctionForm, Game, JaxGame
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame, checked_outputs


@dataclass(frozen=True)
class Naming:
    """How to label an explanation of a function; None takes what the data says.

    Args:
        feature_names: one a feature.
        output_names: one an output.
        row_labels: one a row.
        unit: of the function's output.
    """

    feature_names: tuple[str, ...] | None = None
    output_names: tuple[str, ...] | None = None
    row_labels: np.ndarray | None = None
    unit: str = "output"


def explain_function(
    fn: Any,
    x: Any,
    background: Any = None,
    *,
    naming: Naming | None = None,
    options: ExplainOptions | None = None,
) -> Explanation:
    """Shapley values of a function's outputs at some rows, against a background.

    A JAX function of float arrays is compiled into the estimator; any other function is called with
    batches of mixed rows, as arrays or as frames like `x`. Explain what adds up: logits or log-odds
    rather than probabilities, where the model offers them.

    Args:
        fn: rows to one number, or one row of numbers, each.
        x: rows to explain: an array `(row, feature)` or a frame.
        background: reference rows of the same kind, or a `Background` with weights; by default a sample
            of at most 100 rows of `x`.
        naming: labels of features, outputs and rows.
        options: walks, budget, half-width, seed, progress.

    Raises:
        ExplanationError: nothing to explain, or the function returns what cannot be explained.
        ColumnError: the background lacks a column, or columns are doubled.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> ex = explain_function(lambda x: x @ np.array([1.0, 10.0]), x, np.zeros((1, 2)))
        >>> ex.values.round(3).tolist()
        [[1.0, 20.0], [3.0, 40.0]]
    """
    options, naming = options or ExplainOptions(), naming or Naming()
    pace = options.pace()
    x, note = _as_rows(x), ()
    if 0 in x.shape:
        raise ExplanationError(f"x has {x.shape[0]} rows and {x.shape[1]} features: there is nothing to explain.")
    if background is None:
        background = _take(x, sample_rows(len(x), options.seed))
        note = (f"the background is a sample of {len(background)} of the explained rows.",)
    background = as_background(background)
    weights = background_weights(background.weights, len(background.x))
    game, stacked = game_of(fn, x, _as_rows(background.x))
    labels = _labels(naming, stacked, game.n_outputs, frame_labels(x))
    estimate = shapley_values(game, weights, options, pace)
    prediction = game.at_rows(np.arange(game.n_rows))
    note += _label_note(prediction)
    return explanation_of(estimate, weights @ game.at_background(), prediction, labels, pace, note)


def _label_note(prediction: np.ndarray) -> tuple[str, ...]:
    """A warning where outputs look like class labels, which are numbers only by accident."""
    if prediction.shape[1] > 1 or len(prediction) < 10 or not np.array_equal(prediction, np.round(prediction)):
        return ()
    n_values = len(np.unique(prediction))
    found = f"the function returned whole numbers only ({n_values} different ones)."
    return (f"{found} If they are class labels, explain predict_proba instead.",) if n_values <= 20 else ()


def game_of(fn: Any, x: Any, background: Any) -> tuple[Game, Any]:
    """The game of a function, on JAX where it can be traced; and the stacked rows.

    Raises:
        ExplanationError: no rows, no features, or tables that do not fit together.
    """
    if not callable(fn):
        raise ExplanationError(
            f"{type(fn).__name__} is no function. Give a function of rows, such as model.predict_proba."
        )
    try:
        stacked = stack_rows(x, background)
    except DataError as error:
        raise error if type(error) is not DataError else ExplanationError(str(error)) from error
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiub" and traces(fn, x.shape[1]):
        return _jax_game(fn, x, background), stacked
    return PredictGame(fn, stacked), stacked


@dataclass(frozen=True)
class _WithoutParams:
    """A function of rows as `(params, x) -> (row, output)`; equal where the functions are."""

    fn: Callable[[Any], Any]

    def __call__(self, params: Any, x: Any) -> Any:
        """The function's outputs, with an output axis."""
        out = jnp.asarray(self.fn(x))
        return out[:, None] if out.ndim == 1 else out


def _jax_game(fn: Callable[[Any], Any], x: np.ndarray, background: np.ndarray) -> JaxGame:
    form = FunctionForm(_WithoutParams(fn))
    game = JaxGame(form, (), np.asarray(x, np.float32), np.asarray(background, np.float32))
    for outputs in (game.at_background(), game.at_rows(np.arange(len(x)))):
        checked_outputs(outputs, len(outputs))
    return game


def traces(fn: Callable[[Any], Any], n_features: int) -> bool:
    """Whether JAX can trace the function from a float32 array to an array with a row for each row.

    Functions of numpy, scikit-learn, torch, ... refuse a tracer in ways of their own; whatever they
    raise here, the same function is then called with real rows, where a real mistake shows itself.
    """
    n_rows = 8
    try:
        out = jax.eval_shape(fn, jax.ShapeDtypeStruct((n_rows, n_features), np.float32))
    except Exception:  # noqa: BLE001
        return False
    return hasattr(out, "shape") and len(out.shape) in (1, 2) and out.shape[0] == n_rows


def _as_rows(x: Any) -> Any:
    """An array as numpy `(row, feature)`; a frame as it is.

    Raises:
        ExplanationError: neither a frame nor two-dimensional.
    """
    if is_frame(x):
        return x
    rows = np.asarray(x)
    if rows.ndim != 2:
        raise ExplanationError(
            f"x has shape {rows.shape}; it must be (row, feature). "
            "For one row of an array give x[[0]], of a frame df.iloc[[0]]."
        )
    return rows


def _take(x: Any, rows: np.ndarray) -> Any:
    return x[rows] if isinstance(x, np.ndarray) else frame_rows(x, rows)


def _labels(naming: Naming, stacked: Any, n_outputs: int, row_labels: np.ndarray) -> Labels:
    features = naming.feature_names or stacked.column_names
    outputs = naming.output_names or (("output",) if n_outputs == 1 else tuple(f"output {k}" for k in range(n_outputs)))
    row_labels = row_labels if naming.row_labels is None else np.asarray(naming.row_labels)
    wanted = (("feature_names", features, len(stacked.column_names)), ("output_names", outputs, n_outputs),
              ("row_labels", row_labels, stacked.n_first))  # fmt: skip
    for name, given, n in wanted:
        if len(given) != n:
            raise ExplanationError(f"{len(given)} {name} for {n} of them. Give exactly {n}, or None.")
    if len(set(features)) < len(features):
        doubled = sorted({str(name) for name in features if list(features).count(name) > 1})
        raise ExplanationError(f"feature names are doubled: {', '.join(doubled)}. Give each feature its own name.")
    return Labels(stacked.values, tuple(map(str, features)), tuple(map(str, outputs)), naming.unit, row_labels)
