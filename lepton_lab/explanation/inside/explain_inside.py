"""Shapley values of the parts of objects: each row is an ordinary game of zeros and ones for the engine of `explain`.

    g(z) = logits(the row, its object composed by the mask z over a baseline)

The rest of the row stays as it is. So values add up to the prediction minus the prediction with the baseline in the
object's place, in the same link space, exact where parts are few, else with error bars.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lepton_lab.data.object_block import ObjectBlock
from lepton_lab.data.objects import object_array
from lepton_lab.errors import ColumnError, ExplanationError, no_such_column
from lepton_lab.explanation.asked import at_once
from lepton_lab.explanation.estimate import ExplainProgress
from lepton_lab.explanation.explain_function import Naming, ask_function
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.inside.cut import Cut, Wanted, cut_image, cut_series, cut_text
from lepton_lab.explanation.inside.history_items import cut_items
from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject, whole
from lepton_lab.explanation.inside.object_answers import AT_ONCE, networks_of, object_answers, text_answers
from lepton_lab.explanation.options import ExplainOptions
from lepton_lab.tasks import output_names
from lepton_lab.trained import TrainedModel
from lepton_lab.training.compilation import use_compilation_cache

CUTTERS: dict[str, Callable[[Any, Any, Wanted], Cut]] = {
    "image": cut_image, "series": cut_series, "text": cut_text, "items": cut_items,
}  # fmt: skip
# Encoders that take milliseconds an object; coalitions that a game asks for, about; how long a row may take so.
SLOW_READERS = {"efficientnet_lite0"}
USUAL_EVALUATIONS, PATIENCE_S = 3000, 20.0


@dataclass(frozen=True)
class RowsInside:
    """Rows whose objects are looked into.

    Args:
        model: a trained model.
        x: encoded rows; their objects are on the shelves.
        objects: of the column, as a table holds them; None where missing.
        row_labels: the user's own.
        column: of objects.
        truth: what happened, where that is known.
    """

    model: TrainedModel
    x: np.ndarray
    objects: np.ndarray
    row_labels: np.ndarray
    column: str
    truth: np.ndarray | None = None

    @property
    def place(self) -> int:
        """Of the column."""
        return [block.column for block in self.model.encoder.blocks].index(self.column)

    @property
    def kind(self) -> str:
        """Of the objects."""
        return self.model.encoder.blocks[self.place].kind

    @property
    def channels(self) -> tuple[str, ...]:
        """The frame's own names of a series' channels, where it was made of columns."""
        schema = self.model.schema
        if schema.reshape is None or schema.reshape.column != self.column:
            return ()
        return schema.reshape.channels(schema.target)


def object_column(model: TrainedModel, column: str | None) -> str:
    """The column to look into: the one asked for, or the only one of objects.

    Raises:
        ColumnError: there is none, there are several, or it holds no objects.
    """
    known = [block.column for block in model.encoder.blocks if isinstance(block, ObjectBlock)]
    if not known:
        raise ColumnError(
            "no column of this model holds images, series, texts or lists of items: ll.explain(model) has all there is."
        )
    if column is None:
        if len(known) > 1:
            raise ColumnError(f"which column? {', '.join(map(repr, known))} hold objects. For example: {known[0]!r}")
        return known[0]
    if column not in known:
        names = [block.column for block in model.encoder.blocks]
        if column not in names:
            raise no_such_column(column, names, where="the model")
        raise ColumnError(f"{column!r} holds one value a row, with nothing inside. Look into: {', '.join(known)}")
    return column


def explain_inside_rows(
    rows: RowsInside, wanted: Wanted, options: ExplainOptions, notes: tuple[str, ...] = ()
) -> InsideExplanation:
    """Shapley values of the parts of each row's object; a stop or the budget ends it with the rows that are done.

    Raises:
        OptionError: no such parts or baseline.
        ExplanationError: no row has an object, or none was reached.
    """
    use_compilation_cache()
    return each_object(rows, wanted, options, _shapley, notes)


OneObject = Callable[[RowsInside, int, Cut, ExplainOptions], Explanation]


def each_object(
    rows: RowsInside, wanted: Wanted, options: ExplainOptions, explain_one: OneObject, notes: tuple[str, ...] = ()
) -> InsideExplanation:
    """Cut the object of each row, and explain one after the other within one budget.

    Raises:
        OptionError: no such parts or baseline.
        ExplanationError: no row has an object, or none was reached.
    """
    there = [row for row in range(len(rows.x)) if rows.objects[row] is not None]
    wanted = replace(wanted, channels=rows.channels)
    notes = (*notes, *_missing_note(rows, there))
    block, stop, found, baseline = rows.model.encoder.blocks[rows.place], options.stop or threading.Event(), [], ""
    pace = replace(options, stop=stop).pace()
    for done, row in enumerate(there):
        if found and pace.ended():
            break
        cut = CUTTERS[rows.kind](block, rows.objects[row], wanted)
        left = None if options.budget_s is None else max(1e-3, options.budget_s - pace.elapsed()) / (len(there) - done)
        told = _share_of(options.report, done, len(there), pace.elapsed())
        try:
            explained = explain_one(rows, row, cut, replace(options, budget_s=left, report=told, stop=stop))
        except ExplanationError:
            # What is known of the rows before stands, where this one was out of time.
            if not found or not (stop.is_set() or options.budget_s):
                raise
            break
        notes, baseline = (*notes, *(note for note in cut.notes if note not in notes)), cut.baseline
        found.append(InsideObject(explained, cut.shown, cut.hidden, cut.owner))
    if len(found) < len(there):
        notes = (*notes, f"ended after {len(found)} of {len(there)} rows: the other rows are left out.")
    channels = wanted.channels_of(np.shape(found[0].shown)[1]) if rows.kind == "series" and found else ()
    return InsideExplanation(rows.column, rows.kind, baseline, whole(found), channels, notes)


def labelled(rows: RowsInside, row: int, cut: Cut, found: Explanation) -> Explanation:
    """An explanation of one row's parts with what a reader knows them by."""
    data = object_array(cut.data.tolist()) if cut.data.dtype == object else cut.data
    truth = None if rows.truth is None else rows.truth[[row]]
    return replace(found, data=data[None], truth=truth)


def naming_of(rows: RowsInside, row: int, cut: Cut) -> Naming:
    """Labels of the parts, of the outputs, and of the row."""
    task = rows.model.task
    return Naming(cut.names, output_names(task), rows.row_labels[[row]], task.unit)


def _shapley(rows: RowsInside, row: int, cut: Cut, options: ExplainOptions) -> Explanation:
    """Values of one object's parts, by the engine."""
    function = _text_function(rows, row, cut) if rows.kind == "text" else _object_function(rows, row, cut)
    n = len(cut.names)
    options, note = _in_time(rows, function, n, options)
    pace = options.pace()
    asked = ask_function(
        function, np.ones((1, n)), np.zeros((1, n)), naming=naming_of(rows, row, cut), seed=options.seed, stop=pace.stop
    )
    *_, found = asked.answers(at_once, options, pace)
    if not networks_of(rows.model) and rows.kind != "text":
        silent = (
            f"the network, which alone reads {rows.column!r}, has no share in this model's blend: nothing moves it."
        )
        found = replace(found, notes=(*found.notes, silent))
    return labelled(rows, row, cut, replace(found, notes=(*found.notes, *note)))


def _in_time(
    rows: RowsInside, function: Callable[[Any], np.ndarray], n_parts: int, options: ExplainOptions
) -> tuple[ExplainOptions, tuple[str, ...]]:
    """A budget for what takes too long otherwise, where the user gave none: few encoders are so slow."""
    readers = {column.encoder for network, _ in networks_of(rows.model) for column in network.layout.objects}
    if options.budget_s is not None or options.halfwidth is not None or not readers & SLOW_READERS:
        return options, ()
    seconds = _seconds_an_object(function, n_parts)
    if seconds * USUAL_EVALUATIONS <= PATIENCE_S:
        return options, ()
    told = f"reading an object takes {1000 * seconds:.0f} ms, so a row is given {PATIENCE_S:g} s: budget= gives more."
    return replace(options, budget_s=PATIENCE_S), (told,)


def _seconds_an_object(function: Callable[[Any], np.ndarray], n_parts: int) -> float:
    """Measured on one batch, the second time, when everything is compiled."""
    masks = np.random.default_rng(0).random((2, AT_ONCE, n_parts))
    function(masks[0] < 0.5)
    began = time.monotonic()
    function(masks[1] < 0.5)
    return (time.monotonic() - began) / AT_ONCE


def _object_function(rows: RowsInside, row: int, cut: Cut) -> Callable[[Any], np.ndarray]:
    """A row's logits by which parts of its object are there."""
    answers = object_answers(rows.model, rows.x[row], rows.place)

    def function(z: Any) -> np.ndarray:
        # Batches are filled up with copies, and walks meet on their way: each object is read once a call.
        distinct, which = np.unique(np.asarray(z) > 0.5, axis=0, return_inverse=True)
        n = len(cut.names) - cut.n_side
        known = (distinct[:, n:],) if cut.n_side else ()
        return answers(cut.encoded(distinct[:, :n]), *known)[which.reshape(-1)]

    return function


def _text_function(rows: RowsInside, row: int, cut: Cut) -> Callable[[Any], np.ndarray]:
    """A row's logits by which parts of its text are there; equal texts are asked for once."""
    answers, known = text_answers(rows.model, rows.x[row], rows.place), {}

    def function(z: Any) -> np.ndarray:
        texts = cut.encoded(np.asarray(z))
        if new := [one for one in dict.fromkeys(texts) if one not in known]:
            known.update(zip(new, answers(new), strict=True))
        return np.stack([known[one] for one in texts])

    return function


def _missing_note(rows: RowsInside, there: list[int]) -> tuple[str, ...]:
    """A note on rows without an object.

    Raises:
        ExplanationError: no row has one.
    """
    if not there:
        raise ExplanationError(f"no row asked for has anything in {rows.column!r}: there is nothing inside to explain.")
    n = len(rows.x) - len(there)
    left_out = "1 row is" if n == 1 else f"{n} rows are"
    return (f"{left_out} left out, with nothing in {rows.column!r}.",) if n else ()


def _share_of(report: Any, done: int, n: int, before_s: float) -> Any:
    """A listener of one row's progress that tells of all rows'."""
    if report is None:
        return None

    def tell(progress: ExplainProgress) -> None:
        share, elapsed = (done + progress.share) / n, before_s + progress.elapsed_s
        left = elapsed * (1 - share) / share if share > 0 else None
        message = f"row {done + 1} of {n}, {progress.message}" if n > 1 else progress.message
        report(replace(progress, share=share, elapsed_s=elapsed, remaining_s=left, message=message))

    return tell
