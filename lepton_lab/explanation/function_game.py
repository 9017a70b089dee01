"""The game of any function: on JAX where it can be traced, else on what the user gave, array or frame."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from lepton_lab.data.mix_rows import StackedRows, frame_columns, frame_rows, numbers_of, stack_rows
from lepton_lab.errors import DataError, ExplanationError
from lepton_lab.explanation.callables import Callee, callee_of
from lepton_lab.explanation.first_layer.form import additive_form
from lepton_lab.explanation.forms import FunctionForm
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.groups import Groups, groups_of
from lepton_lab.explanation.jax_game import JaxGame
from lepton_lab.explanation.predict_game import PredictGame, checked_outputs
from lepton_lab.training.compilation import use_compilation_cache

# Of a column's spread: what rounding its values to float32 may cost before a function sees them as they are.
FLOAT32_LOSS = 1e-3
# Rows, background rows and players, multiplied, from which a function's first layer is looked for: that compiles for
# about half a second, and saves a tenth to two thirds of the time of what follows.
LOOK_INSIDE = 200_000


def game_of(
    fn: Any, x: Any, background: Any, groups: Mapping[str, Sequence[str | int]] | None = None
) -> tuple[Game, StackedRows]:
    """The game of a function, on JAX where it can be traced; and the stacked rows.

    Raises:
        ExplanationError: no rows, no features, or tables that do not fit together.
    """
    stacked = stacked_rows(x, background)
    return function_game(callee_of(fn), stacked, x, background, groups_of(groups, stacked.column_names)), stacked


def stacked_rows(x: Any, background: Any) -> StackedRows:
    """Rows and background, stacked.

    Raises:
        ExplanationError: they are not of one kind and width.
        ColumnError: the background lacks a column, or columns are doubled.
    """
    try:
        return stack_rows(x, background)
    except DataError as error:
        raise error if type(error) is not DataError else ExplanationError(str(error)) from error


def function_game(callee: Callee, stacked: StackedRows, x: Any, background: Any, players: Groups) -> Game:
    """The fastest game that the function takes part in: on JAX, else on what the user gave.

    Raises:
        ExplanationError: it takes arrays only, and a column holds no numbers.
    """
    arrays = _as_arrays(x, background)
    if arrays is None and callee.arrays_only:
        raise ExplanationError(
            "a network takes arrays of numbers, and some columns hold none. "
            "Explain a function that encodes the frame first, such as: lambda df: network(encode(df))"
        )
    single = arrays is not None and (callee.arrays_only or fits_float32(*arrays))
    if arrays is not None and single and traces(functools.partial(callee.pure, callee.params), x.shape[1]):
        given_arrays = isinstance(x, np.ndarray) or callee.arrays_only
        if given_arrays or _needs_no_frame(callee.fn, x, arrays[0]):
            return _jax_game(callee, *arrays, players)
    if arrays is not None and callee.arrays_only:
        stacked = stack_rows(*arrays)
    return PredictGame(callee.fn, stacked, None if players.single else players)


def _as_arrays(x: Any, background: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Arrays of numbers, or frames of them as such; None for anything else."""
    if isinstance(x, np.ndarray):
        return (x, background) if x.dtype.kind in "fiub" and background.dtype.kind in "fiub" else None
    ours, theirs = numbers_of(x), numbers_of(frame_columns(background, x))
    return None if ours is None or theirs is None else (ours, theirs)


def fits_float32(x: np.ndarray, background: np.ndarray) -> bool:
    """Whether float32 tells each column's values apart: it does not for times in seconds or long numbers of things."""
    return all(
        _fits(np.concatenate([ours, theirs]), FLOAT32_LOSS) for ours, theirs in zip(x.T, background.T, strict=True)
    )


def _fits(column: np.ndarray, most: float) -> bool:
    """Whether rounding a column to float32 moves no value by more than this share of the column's spread."""
    column = column[np.isfinite(column)].astype(np.float64)
    if len(column) == 0:
        return True
    with np.errstate(over="ignore"):
        lost = np.abs(column - column.astype(np.float32)).max()
    spread = column.max() - column.min()
    return bool(spread <= 0 or lost <= most * spread)


def _needs_no_frame(fn: Callable[[Any], Any], frame: Any, array: np.ndarray) -> bool:
    """Whether a function answers alike for a frame and for its numbers, or only for those."""
    few = np.arange(min(len(array), 2))
    try:
        named = np.asarray(fn(frame_rows(frame, few)))
    except Exception:  # noqa: BLE001
        return True
    plain = np.asarray(fn(np.asarray(array[few], np.float32)))
    return named.shape == plain.shape and bool(np.allclose(named, plain, rtol=1e-4, atol=1e-5, equal_nan=True))


def _jax_game(callee: Callee, x: np.ndarray, background: np.ndarray, players: Groups) -> JaxGame:
    use_compilation_cache()
    player_of = {} if players.single else {"player_of": players.player_of}
    rows, references = np.asarray(x, np.float32), np.asarray(background, np.float32)
    form, params = FunctionForm(callee.pure), callee.params
    if len(rows) * len(references) * players.n_players >= LOOK_INSIDE:
        form, params = additive_form(callee.pure, callee.params, rows, references, players.n_players) or (form, params)
    game = JaxGame(form, params, rows, references, **player_of)
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = jax.eval_shape(fn, jax.ShapeDtypeStruct((n_rows, n_features), np.float32))
    except Exception:  # noqa: BLE001
        return False
    if not hasattr(out, "shape") or np.issubdtype(out.dtype, np.complexfloating):
        return False
    return len(out.shape) in (1, 2) and out.shape[0] == n_rows
