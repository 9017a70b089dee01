"""Rows on which two models can be compared fairly: none of them taught either model anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.fingerprint import fingerprint
from lepton_lab.data.table import Table, read_like
from lepton_lab.errors import DataError, OptionError, RunError
from lepton_lab.journal import open_run
from lepton_lab.survival import Survival
from lepton_lab.tasks import answers

if TYPE_CHECKING:
    from lepton_lab.trained import HeldOut, TrainedModel

# An interval from fewer rows than this is made of a few lucky ones.
FEWEST = 30


@dataclass(frozen=True)
class Side:
    """One model's answers on the common rows, classes in the order of the first model's task.

    Args:
        logits: `(row, output)`.
        threshold: probability that decides, one or one a row; None where the likeliest class is taken.
    """

    logits: np.ndarray
    threshold: np.ndarray | float | None


@dataclass(frozen=True)
class CommonRows:
    """Rows, what is true of them, and what both models say.

    Args:
        y: class index, or the number.
        sides: of the two models.
        weights: of the rows, or None.
        groups: a code for each row, or None; rows of a group are drawn together.
        note: which rows these are.
    """

    y: np.ndarray
    sides: tuple[Side, Side]
    weights: np.ndarray | None
    groups: np.ndarray | None
    note: str


def check_comparable(a: TrainedModel, b: TrainedModel) -> None:
    """Make sure that both predict the same thing.

    Raises:
        OptionError: other targets, kinds of task, or classes.
    """
    if a.schema.target != b.schema.target:
        raise OptionError(
            f"the models predict different columns, {a.schema.target!r} and {b.schema.target!r}. "
            f"Train both with the same target: ll.train(df, target={a.schema.target!r})"
        )
    events = [getattr(model.task, "event", None) for model in (a, b)]
    if events[0] != events[1] and None not in events:
        raise OptionError(
            f"the models wait for different events, {events[0]!r} and {events[1]!r}. "
            f"Train both with the same event: ll.train(df, target={a.schema.target!r}, event={events[0]!r})"
        )
    if a.task.name != b.task.name or set(a.classes) != set(b.classes):
        kinds = " and ".join(f"{m.task.name} {list(m.classes) if m.classes else ''}".strip() for m in (a, b))
        raise OptionError(
            f"the models answer different questions about {a.schema.target!r}: {kinds}. "
            f"Train both with the same task: ll.train(df, target={a.schema.target!r}, task={a.task.name!r})"
        )


def held_out_of_both(a: TrainedModel, b: TrainedModel) -> CommonRows:
    """The rows held out of both trainings, with the answers that are known of them.

    Raises:
        OptionError: a model was loaded, so that its rows are not known; or too few rows are held out of both.
    """
    held = _held_out(a, "first"), _held_out(b, "second")
    at = _matched(held[0].table, held[1].table)
    if len(at[0]) < FEWEST:
        raise OptionError(
            f"{len(at[0])} rows are held out of both models ({held[0].table.n_rows:,} and {held[1].table.n_rows:,} of "
            f"each); wanted {FEWEST} or more. Train both on the same frame with the same seed= and split=, or give "
            "rows that neither has seen: ll.compare(a, b, df)"
        )
    _check_same_rows(held[0].table.take(at[0]), held[1].table.take(at[1]), a, b)
    weights, said = _common_weights(*(_taken(h.weights, rows) for h, rows in zip(held, at, strict=True)))
    first = held[0].table.take(at[0])
    words = f"{len(at[0]):,} rows held out of both trainings" + said
    sides = _side(a, a, held[0], at[0]), _side(b, a, held[1], at[1])
    return CommonRows(np.asarray(first.y), sides, weights, first.groups, words)


def _held_out(model: TrainedModel, which: str) -> HeldOut:
    if model.held_out is None:
        raise OptionError(
            f"compare needs a frame: the {which} model was loaded from a file, which holds no held-out rows. "
            "Type: ll.compare(a, b, df)  (%lepton compare a b df)"
        )
    return model.held_out


def rows_of_frame(a: TrainedModel, b: TrainedModel, df: Any) -> CommonRows:
    """The rows of a frame that neither model learned from, as far as their runs know.

    Raises:
        OptionError: the frame is the one trained on, and holds no row that was kept out of both trainings.
        DataError: the frame has no rows.
    """
    tables = [read_like(model.schema, df, task=model.task, need_target=True) for model in (a, b)]
    kept, said = _unseen(a, b, df, tables[0].n_rows)
    if not len(kept):
        raise DataError("the frame has no rows to compare on. Give the rows with their target: ll.compare(a, b, df)")
    tables = [table.take(kept) for table in tables]
    sides = [
        Side(_ordered(answers(model.task, model.logits_x(model.encoder.encode(table))), model, a), _threshold(model, a))
        for model, table in zip((a, b), tables, strict=True)
    ]
    weights, differ = _common_weights(*(table.weights for table in tables))
    return CommonRows(np.asarray(tables[0].y), (sides[0], sides[1]), weights, tables[0].groups, said + differ)


def _unseen(a: TrainedModel, b: TrainedModel, df: Any, n_rows: int) -> tuple[np.ndarray, str]:
    """Positions of the rows that neither model learned from, and what to say of them."""
    kept = np.arange(n_rows)
    for model in (a, b):
        held = _held_out_positions(model, df, n_rows)
        kept = kept if held is None else np.intersect1d(kept, held)
    if len(kept) == n_rows:
        return kept, "the frame given"
    if len(kept) < FEWEST:
        raise OptionError(
            f"the models were trained on this very frame, and {len(kept)} of its {n_rows:,} rows were held out of "
            f"both; wanted {FEWEST} or more. Compare the models as train returned them, ll.compare(a, b), or give "
            "rows that neither has seen"
        )
    return kept, f"the {len(kept):,} rows of the frame held out of both trainings"


def _held_out_positions(model: TrainedModel, df: Any, n_rows: int) -> np.ndarray | None:
    """Rows of the frame that the model's run held out; None where it is another frame, or no run tells."""
    if model.run_id is None:
        return None
    try:
        folder = open_run(model.run_id)
    except RunError:
        return None
    rows = folder.rows()
    if rows is None or folder.record().fingerprint != fingerprint(df):
        return None
    return rows.test[rows.test < n_rows]


def _matched(a: Table, b: Table) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the rows that both tables have, by the frame's own row labels, in an order of their own.

    The order does not depend on which table comes first, so that comparing the other way round draws the
    same resamples.
    """
    labels = [list(table.index) for table in (a, b)]
    if len(set(labels[0])) < len(labels[0]) or len(set(labels[1])) < len(labels[1]):
        if labels[0] == labels[1]:
            return np.arange(a.n_rows), np.arange(a.n_rows)
        raise OptionError(
            "row labels occur more than once, so the rows held out of both models cannot be told. "
            "Train on df.reset_index(drop=True), or give rows that neither has seen: ll.compare(a, b, df)"
        )
    place = {label: i for i, label in enumerate(labels[1])}
    common = sorted((label for label in labels[0] if label in place), key=repr)
    first = {label: i for i, label in enumerate(labels[0])}
    return np.array([first[c] for c in common], int), np.array([place[c] for c in common], int)


def _check_same_rows(one: Table, other: Table, a: TrainedModel, b: TrainedModel) -> None:
    """Equal labels must mean equal rows: two frames may both count from 0."""
    shared = [name for name in one.schema.names if name in other.schema.names]
    same = np.array_equal(_true_values(one, a), _true_values(other, b))
    for name in shared:
        x, y = one.columns[name], other.columns[name]
        if x.dtype.kind == y.dtype.kind:
            same = same and bool(np.all((x == y) | (_absent(x) & _absent(y))))
    if not same:
        raise OptionError(
            "the models were trained on different frames: rows with the same label differ. "
            "Give rows that neither has seen: ll.compare(a, b, df)  (%lepton compare a b df)"
        )


def _true_values(table: Table, model: TrainedModel) -> np.ndarray:
    y = np.asarray(table.y)
    return np.array([repr(model.classes[k]) for k in y]) if model.classes else y


def _absent(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "O":
        return np.array([value is None for value in values], bool)
    return np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)


def _common_weights(a: np.ndarray | None, b: np.ndarray | None) -> tuple[np.ndarray | None, str]:
    """The weights both agree on, up to a factor; else none, said aloud."""
    if a is None and b is None:
        return None, ""
    if a is not None and b is not None and np.allclose(a / a.mean(), b / b.mean()):
        return a, ", weighted"
    return None, ", all counted alike, as the models weigh them differently"


def _taken(weights: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if weights is None else weights[rows]


def _side(model: TrainedModel, like: TrainedModel, held: HeldOut, rows: np.ndarray) -> Side:
    own = held.threshold if held.threshold is None else held.threshold[rows]
    return Side(_ordered(held.logits[rows], model, like), _threshold(model, like, own))


def _ordered(logits: np.ndarray, model: TrainedModel, like: TrainedModel) -> np.ndarray:
    """Logits with the outputs in the order of another model's classes; answers at another model's edges."""
    if isinstance(like.task, Survival) and isinstance(model.task, Survival):
        return like.task.translated(logits, model.task)
    if model.classes == like.classes:
        return logits
    return -logits if len(model.classes) == 2 else logits[:, [model.classes.index(c) for c in like.classes]]


def _threshold(model: TrainedModel, like: TrainedModel, own: np.ndarray | None = None) -> np.ndarray | float | None:
    """The model's threshold, or its rows', on the probability of the other model's positive class."""
    found = model.threshold if own is None else own
    return found if found is None or model.classes == like.classes else 1 - found
