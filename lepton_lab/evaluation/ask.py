"""From what a user gives to `explain` to a question: which rows, against which background, by which players."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.mix_rows import frame_rows, is_frame
from lepton_lab.data.pick_rows import cut
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.rows_of import LEARNED_FROM, choose, rows_of
from lepton_lab.evaluation.truths import events_in, truths_of
from lepton_lab.explanation.asked import Asked
from lepton_lab.explanation.background import (
    DEFAULT_ROWS,
    Background,
    background_weights,
    most_rows,
    sample_note,
    weighted_rows,
)
from lepton_lab.explanation.explain_function import ask_function
from lepton_lab.explanation.explain_model import AskedBlend, ask_trained

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel

# Rows explained of a trained model where neither a frame nor a number of rows is given.
HELD_OUT_ROWS = 500

Groups = Mapping[str, Sequence[str | int]]


@dataclass(frozen=True)
class Against:
    """What rows are compared with, as a user gives it.

    Args:
        rows: a frame or array; None for the default.
        weights: how much each of these rows counts; None counts them alike.
        seed: of the sample, where there are more than `most_rows`.
    """

    rows: Any = None
    weights: Any = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rows is None and self.weights is not None:
            raise OptionError("background_weights has no rows to weight. Type: background=df, background_weights=...")


@dataclass(frozen=True)
class Which:
    """Which rows are explained, as a user says it: a sample, a label, a position, or all."""

    rows: int | None = None
    row: object = None
    at: int | None = None
    seed: int = 0


def ask_model(model: TrainedModel, df: Any, which: Which, against: Against, groups: Groups | None = None) -> AskedBlend:
    """The question about a trained model: rows of a frame, else of those held out of training.

    Raises:
        OptionError: no such row, or no frame for a model that was loaded.
        ExplanationError: no background.
        ColumnError: a group names no column.
    """
    table, where = rows_of(model, df, "explain", row=which.row)
    if df is None and which.rows is which.row is which.at is None:
        which = replace(which, rows=HELD_OUT_ROWS)
    chosen = choose(model, table, where, rows=which.rows, row=which.row, at=which.at, seed=which.seed)
    table = table if len(chosen) == table.n_rows else table.take(chosen)
    background, notes = _encoded(model, against)
    if where == LEARNED_FROM:
        notes = (*notes, f"row {which.row} was learned from, not held out")
    x, labels = model.encoder.encode(table), table.index.to_numpy()
    asked = ask_trained(model, x, table.values(), labels, background=background, groups=groups)
    truth, events = truths_of(model, table), events_in(model, table, asked.at_rows)
    return replace(asked, notes=notes, labels=replace(asked.labels, ours=True, truth=truth, events=events))


def ask_any(
    fn: Any,
    x: Any,
    which: Which,
    against: Against,
    groups: Groups | None = None,
    stop: threading.Event | None = None,
) -> Asked:
    """The question about any function, at some rows of an array or frame; it is asked nothing once `stop` is set.

    Raises:
        OptionError: no rows are given, or no such row.
        ExplanationError: the function cannot be explained as asked.
        ColumnError: a group, or the background, has no such column.
    """
    if x is None:
        line = "ll.explain(function, X, background=X_train)"
        raise OptionError(f"a function is explained on some rows: got a {type(fn).__name__}. Type: {line}")
    if isinstance(x, Mapping) or not (is_frame(x) or np.ndim(x)):
        raise OptionError(f"a {type(x).__name__} holds no rows that a function takes. Give an array or a frame.")
    for rows in (x, against.rows):
        if hasattr(rows, "toarray"):
            raise OptionError(f"a {type(rows).__name__} is sparse; rows are mixed as dense ones. Type: X.toarray()")
    chosen = cut(x, rows=which.rows, row=which.row, at=which.at, seed=which.seed)
    background, notes = None, ()
    if against.rows is not None:
        given = against.rows if is_frame(against.rows) else np.asarray(against.rows)
        at, weights, notes = _background_rows(given.shape, against)
        background = Background(given[at] if isinstance(given, np.ndarray) else frame_rows(given, at), weights)
    asked = ask_function(fn, chosen, background, groups=groups, seed=which.seed, stop=stop)
    return replace(asked, notes=(*asked.notes, *notes))


def _encoded(model: TrainedModel, against: Against) -> tuple[Background | None, tuple[str, ...]]:
    """A frame to compare with as the model's encoded rows; None for the model's own background."""
    if against.rows is None:
        return None, ()
    table, where = rows_of(model, against.rows, "explain")
    shape = table.n_rows, len(model.schema.inputs)
    if against.weights is None and table.n_rows > most_rows(shape[1]):
        table = table.take(choose(model, table, where, rows=DEFAULT_ROWS, seed=against.seed))
        return Background(model.encoder.encode(table)), (sample_note(table.n_rows, *shape),)
    at, weights, notes = _background_rows(shape, against)
    return Background(model.encoder.encode(table.take(at)), weights), notes


def _background_rows(shape: tuple[int, ...], against: Against) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Positions and weights of the rows compared with: all of them, of a large table a hundred drawn by weight."""
    n, n_columns = shape if len(shape) == 2 else (shape[0], 1)
    weights = None if against.weights is None else np.asarray(against.weights, dtype=np.float64)
    shares = background_weights(weights, n)
    if n <= most_rows(n_columns):
        return np.arange(n), shares, ()
    at, kept = weighted_rows(shares, against.seed)
    return at, kept, (sample_note(len(at), n, n_columns),)
