"""Shapley values of any function: JAX functions of arrays, and any Python `predict` of arrays or frames."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lepton_lab.data.mix_rows import StackedRows, frame_labels, frame_rows, is_frame
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.asked import Asked, at_once
from lepton_lab.explanation.background import as_background, background_weights, sample_rows
from lepton_lab.explanation.callables import Callee, callee_of
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.function_game import function_game, stacked_rows
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.groups import groups_of
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.labelled import Labels
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.explanation.predict_game import PredictGame
from lepton_lab.explanation.unsteady import steadied

# Of a standard deviation of the outputs: float32 steps that a reader should know of.
FEW_DIGITS = 1e-4


@dataclass(frozen=True)
class Naming:
    """How to label an explanation of a function; None takes what the data says.

    Args:
        feature_names: one a feature.
        output_names: one an output.
        row_labels: one a row.
        unit: of the function's output; "probability" for a predict_proba, else "output", if left out.
    """

    feature_names: tuple[str, ...] | None = None
    output_names: tuple[str, ...] | None = None
    row_labels: np.ndarray | None = None
    unit: str | None = None


def explain_function(
    fn: Any,
    x: Any,
    background: Any = None,
    *,
    naming: Naming | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    options: ExplainOptions | None = None,
) -> Explanation:
    """Shapley values of a function's outputs at some rows, against a background.

    A JAX function of float arrays is compiled into the estimator; any other function is called with
    batches of mixed rows, as arrays or as frames like `x`. Explain what adds up: logits or log-odds
    rather than probabilities, where the model offers them.

    Args:
        fn: rows to one number, or one row of numbers, each; or a Flax NNX or torch module that does so.
        x: rows to explain: an array `(row, feature)` or a frame.
        background: reference rows of the same kind, or a `Background` with weights; by default a sample
            of at most 100 rows of `x`.
        naming: labels of features, outputs and rows.
        groups: columns that are one player, by the group's name; columns of an array by their number.
        options: walks, budget, half-width, seed, progress.

    Raises:
        ExplanationError: nothing to explain, or the function returns what cannot be explained.
        ColumnError: the background lacks a column, or columns are doubled.
        OptionError: groups that cannot be.

    Example:
        >>> import numpy as np
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> ex = explain_function(lambda x: x @ np.array([1.0, 10.0]), x, np.zeros((1, 2)))
        >>> ex.values.round(3).tolist()
        [[1.0, 20.0], [3.0, 40.0]]
    """
    options = options or ExplainOptions()
    pace = options.pace()
    asked = ask_function(fn, x, background, naming=naming, groups=groups, seed=options.seed, stop=pace.stop)
    *_, found = asked.answers(at_once, options, pace)
    return found


def ask_function(
    fn: Any,
    x: Any,
    background: Any = None,
    *,
    naming: Naming | None = None,
    groups: Mapping[str, Sequence[str | int]] | None = None,
    seed: int = 0,
    stop: threading.Event | None = None,
) -> Asked:
    """The question that `explain_function` answers. Once `stop` is set, no further call of a Python function begins.

    Raises:
        ExplanationError: nothing to explain, or the function returns what cannot be explained.
        ColumnError: the background lacks a column, or columns are doubled.
        OptionError: groups that cannot be.
    """
    x, notes = _as_rows(x), ()
    if 0 in x.shape:
        raise ExplanationError(f"x has {x.shape[0]} rows and {x.shape[1]} features: there is nothing to explain.")
    if background is None:
        background = _take(x, sample_rows(len(x), seed))
        notes = (f"the background is a sample of {len(background)} of the explained rows.",)
    background = as_background(background)
    weights = background_weights(background.weights, len(background.x))
    callee, naming = callee_of(fn), naming or Naming()
    stacked = stacked_rows(x, _as_rows(background.x))
    columns = _column_names(naming, stacked)
    players = groups_of(groups, columns)
    game = function_game(callee, stacked, x, _as_rows(background.x), players)
    game, unsteady = steadied(replace(game, stop=stop) if isinstance(game, PredictGame) else game)
    row_labels = frame_labels(x) if naming.row_labels is None else np.asarray(naming.row_labels)
    outputs = _output_names(naming, callee, game.n_outputs)
    for name, given, n in (("output_names", outputs, game.n_outputs), ("row_labels", row_labels, len(x))):
        _same_length(name, given, n)
    shown = players.shown(stacked.values, columns)
    labels = Labels(shown, players.names, outputs, naming.unit or callee.unit, row_labels)
    prediction = game.at_rows(np.arange(game.n_rows))
    return Asked(game, weights, labels, prediction, notes + unsteady + _digits_note(game) + _label_note(game))


def _digits_note(game: Game) -> tuple[str, ...]:
    """A warning where float32 has few digits left for what outputs differ by."""
    if not isinstance(game, JaxGame):
        return ()
    outputs = np.concatenate([game.at_rows(np.arange(game.n_rows)), game.at_background()])
    size, spread = np.abs(outputs).max(axis=0), outputs.std(axis=0)
    step = np.spacing(size.astype(np.float32)).astype(np.float64)
    worst = int(np.argmax(step / np.where(spread > 0, spread, np.inf)))
    if step[worst] <= FEW_DIGITS * spread[worst] or spread[worst] == 0:
        return ()
    return (
        f"the function's outputs are as large as {size[worst]:.3g} and differ by {spread[worst]:.2g} (standard "
        f"deviation): float32 holds them to {step[worst] / 2:.1g}, and no error bar counts that, nor does `exact`. "
        "Leave out a constant that is added last, which moves the base value only, or give a numpy function: "
        "it keeps float64.",
    )


def _label_note(game: Game) -> tuple[str, ...]:
    """A warning where outputs look like class labels, which are numbers only by accident."""
    outputs = np.concatenate([game.at_rows(np.arange(game.n_rows)), game.at_background()])
    if outputs.shape[1] > 1 or len(outputs) < 10 or not np.array_equal(outputs, np.round(outputs)):
        return ()
    n_values = len(np.unique(outputs))
    found = f"the function returned whole numbers only ({n_values} different ones)."
    return (f"{found} If they are class labels, explain predict_proba instead.",) if n_values <= 20 else ()


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


def _column_names(naming: Naming, stacked: StackedRows) -> tuple[str, ...]:
    """The names asked for, else those of the data.

    Raises:
        ExplanationError: too many, too few, or doubled.
    """
    names = tuple(map(str, naming.feature_names or stacked.column_names))
    _same_length("feature_names", names, len(stacked.column_names))
    if len(set(names)) < len(names):
        doubled = sorted({name for name in names if names.count(name) > 1})
        raise ExplanationError(f"feature names are doubled: {', '.join(doubled)}. Give each feature its own name.")
    return names


def _same_length(name: str, given: Sequence[str] | np.ndarray, n: int) -> None:
    if len(given) != n:
        raise ExplanationError(f"{len(given)} {name} for {n} of them. Give exactly {n}, or None.")


def _output_names(naming: Naming, callee: Callee, n_outputs: int) -> tuple[str, ...]:
    """As asked for, else as the classifier knows its classes, else numbered."""
    if naming.output_names:
        return tuple(map(str, naming.output_names))
    if callee.output_names and len(callee.output_names) == n_outputs:
        return callee.output_names
    return ("output",) if n_outputs == 1 else tuple(f"output {k}" for k in range(n_outputs))
