"""Find segments: of a model's rows by their Shapley values, of a frame's rows by its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.describe import describe
from lepton_lab.data.frames import open_frame, refuse_empty
from lepton_lab.data.plan import assign_roles
from lepton_lab.data.schema import OBJECTS, Column, Kind, Role
from lepton_lab.data.values import read_values
from lepton_lab.errors import DataError, OptionError
from lepton_lab.evaluation.segments.cluster import Clustered, cluster
from lepton_lab.evaluation.segments.result import Segment, Segments, Trait
from lepton_lab.evaluation.segments.rules import rule_of

if TYPE_CHECKING:
    from lepton_lab.data.table import Table
    from lepton_lab.explanation.explanation import Explanation
    from lepton_lab.trained import TrainedModel

MOST, FEWEST_ROWS = 20, 20
_TRAITS, _LEVELS, _WIDEST = 4, 10, 3.0
Columns = Sequence[tuple[Column, np.ndarray]]


def segments_of_model(
    model: TrainedModel, table: Table, explanation: Explanation, *, n: int | None, most: int, seed: int
) -> Segments:
    """Segments of explained rows: those whose predictions are moved by the same columns in the same way.

    Args:
        model: that was explained.
        table: the explained rows.
        explanation: of these rows; of the first of them where its time was over early.
        n, most: segments wanted, or the most that are tried.
        seed: of the clusters.

    Raises:
        OptionError: no such number of segments.
        DataError: too few rows, or too few of them were explained.
    """
    check(table.n_rows, n, most)
    values = explanation.values
    table = _reached(table, len(values))
    space = values.reshape(len(values), -1)
    found = cluster(space, n=n, most=_most(most, table.n_rows), seed=seed)
    columns = [(c, table.columns[c.name]) for c in model.schema.inputs if c.kind not in OBJECTS]
    centred = values - values.mean(axis=0)
    effect = np.stack([centred[found.labels == k].mean(axis=0) for k in range(1, found.labels.max() + 1)])
    effect = effect if effect.ndim == 2 else np.take_along_axis(
        effect, np.abs(effect).argmax(axis=2)[..., None], axis=2
    )[..., 0]  # fmt: skip
    names = list(explanation.feature_names)
    data = {name: explanation.data[:, j] for j, name in enumerate(names)}
    prediction, predicts = _predictions(model, explanation)
    made = _segments(found, columns, names, effect, data, prediction)
    what = f"what moves the prediction ({explanation.unit})"
    return Segments(made, found.labels, explanation.row_labels, found.stability, found.tried, what, predicts)


def segments_of_frame(df: Any, *, ignore: Sequence[str], n: int | None, most: int, seed: int) -> Segments:
    """Segments of a frame's rows, without a model: those whose columns are alike.

    Numbers are scaled by their quartiles and end at three of them, words are 0 or 1 a word (the ten commonest).
    """
    frame = open_frame(df)
    refuse_empty(frame)
    check(frame.n_rows, n, most)
    columns: list[tuple[Column, np.ndarray]] = []
    for position, (name, role) in enumerate(
        assign_roles(frame.names, target=None, split=None, weights=None, ignore=ignore).items()
    ):
        seen = describe(name, read_values(frame.read(position)), role, None, None)
        if seen.column.role == Role.INPUT and seen.column.kind not in OBJECTS:
            columns.append((seen.column, seen.array))
    if not columns:
        raise DataError("the frame has no column to tell rows apart by: numbers, words, truth values or dates.")
    parts = [_axes(column, array) for column, array in columns]
    found = cluster(np.concatenate(parts, axis=1), n=n, most=_most(most, frame.n_rows), seed=seed)
    groups = range(1, found.labels.max() + 1)
    effect = np.array([[_difference(part, found.labels == k) for part in parts] for k in groups])
    data = {column.name: array.astype(object) for column, array in columns}
    made = _segments(found, columns, [column.name for column, _ in columns], effect, data, None)
    return Segments(made, found.labels, np.asarray(frame.index), found.stability, found.tried, "their columns")


def check(n_rows: int, n: int | None, most: int) -> None:
    """Refuse numbers of segments and rows that cannot be.

    Raises:
        OptionError: no such number of segments.
        DataError: too few rows.
    """
    for name, value in (("n", n), ("most", most)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 2 <= value <= MOST):
            raise OptionError(f"{name}={value!r} is no number of segments from 2 to {MOST}. For example: {name}=4")
    if n_rows < FEWEST_ROWS:
        raise DataError(f"{n_rows} rows are too few for segments: at least {FEWEST_ROWS} are wanted.")


def _reached(table: Table, n_rows: int) -> Table:
    """The rows that were explained before the time was over: the first ones."""
    if n_rows < FEWEST_ROWS:
        raise DataError(
            f"only {n_rows} of {table.n_rows} rows were explained in the time there was, and segments want at least "
            f"{FEWEST_ROWS}. Give more of it: budget='2m'"
        )
    return table if n_rows == table.n_rows else table.take(np.arange(n_rows))


def _most(most: int, n_rows: int) -> int:
    return max(2, min(most, n_rows // 10))


def _predictions(model: TrainedModel, explanation: Explanation) -> tuple[np.ndarray | None, str]:
    logits = np.asarray(explanation.prediction)
    if len(model.classes) == 2:
        return model.task.probability(logits.reshape(-1, 1))[:, 1], f"mean probability of {model.classes[1]}"
    return (None, "") if logits.ndim > 1 else (logits, f"mean {model.schema.target}")


def _segments(
    found: Clustered,
    columns: Columns,
    names: Sequence[str],
    effect: np.ndarray,
    data: dict[str, np.ndarray],
    prediction: np.ndarray | None,
) -> tuple[Segment, ...]:
    made = []
    for k in range(1, int(found.labels.max()) + 1):
        inside = found.labels == k
        strongest = np.argsort(-np.abs(effect[k - 1]), kind="stable")[:_TRAITS]
        traits = tuple(_trait(names[int(j)], float(effect[k - 1, j]), data[names[int(j)]], inside) for j in strongest)
        rule = rule_of(columns, inside)
        mean = None if prediction is None else float(prediction[inside].mean())
        n_rows = int(inside.sum())
        made.append(Segment(k, n_rows, n_rows / len(inside), rule.words, rule.precision, rule.recall, mean, traits))
    return tuple(made)


def _trait(column: str, effect: float, values: np.ndarray, inside: np.ndarray) -> Trait:
    return Trait(column, effect, typical(values[inside]), typical(values))


def typical(values: np.ndarray) -> object:
    """The middle number, or the commonest value; None where most are missing."""
    known = [v for v in values.tolist() if v is not None and v == v]
    if not known:
        return None
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in known):
        return float(np.median(np.asarray(known, float)))
    words, counts = np.unique(np.array([str(v) for v in known], object).astype(str), return_counts=True)
    return str(words[int(np.argmax(counts))])


def _axes(column: Column, array: np.ndarray) -> np.ndarray:
    """A column as axes `(row, axis)` of about the same spread."""
    if column.kind in (Kind.NUMERIC, Kind.DATETIME):
        numbers = array.astype("datetime64[s]").astype(float) if array.dtype.kind == "M" else array.astype(float)
        if array.dtype.kind == "M":
            numbers[np.isnat(array)] = np.nan
        low, middle, high = np.nanquantile(numbers, [0.25, 0.5, 0.75])
        scale = high - low if high > low else (float(np.nanstd(numbers)) or 1.0)
        return np.clip(np.nan_to_num((numbers - middle) / scale), -_WIDEST, _WIDEST)[:, None]
    words, counts = np.unique(np.array(["" if v is None else str(v) for v in array.tolist()]), return_counts=True)
    common = words[np.argsort(-counts, kind="stable")][:_LEVELS]
    shown = np.array(["" if v is None else str(v) for v in array.tolist()])
    return (shown[:, None] == common[None]).astype(float)


def _difference(axes: np.ndarray, inside: np.ndarray) -> float:
    """How far the rows inside lie from all, in standard deviations, on the axis where they lie farthest."""
    spread = axes.std(axis=0)
    gap = np.divide(axes[inside].mean(axis=0) - axes.mean(axis=0), spread, out=np.zeros(len(spread)), where=spread > 0)
    return float(gap[np.abs(gap).argmax()])
