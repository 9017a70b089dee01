"""The rows that a figure looks at: which are positive, in which order, and how they are drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lepton_lab.errors import OptionError, no_such_column
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.paired import Sampling
from lepton_lab.evaluation.shown.words import Words, words_of
from lepton_lab.metrics import Estimate, middle
from lepton_lab.tasks import Regression


@dataclass(frozen=True)
class Case:
    """Rows to find among all.

    Args:
        rows: as evaluated.
        y: `(row,)`, which are to be found.
        score: `(row,)`, those with a higher one first: the probability, or how far a number lies on the wrong side.
        positive: what a row to be found is, in words: "bad = yes".
        other: what any other row is.
    """

    rows: EvaluatedRows
    y: np.ndarray
    score: np.ndarray
    positive: str
    other: str = "others"

    @property
    def w(self) -> np.ndarray:
        """What each row counts, of mean 1."""
        return self.rows.w

    @property
    def words(self) -> Words:
        """What the rows are called."""
        return words_of(self.rows.model)

    @property
    def share(self) -> float:
        """Of the rows to be found, by weight."""
        return float(np.average(self.y, weights=self.w))

    def estimates(self, measure: Callable[[np.ndarray], np.ndarray]) -> list[Estimate]:
        """Measures with their 95 % intervals over resamples of the rows; rows of a group are drawn together.

        Args:
            measure: from weights `(resample, row)` to `(resample, measure)`.
        """
        value = measure(self.w[None])[0]
        sampling = Sampling(len(self.y), self.rows.weights, self.rows.table.groups)
        drawn = np.concatenate([measure(w / w.mean(axis=1, keepdims=True)) for w in sampling.pieces()])
        return [middle(float(v), drawn[:, k]) for k, v in enumerate(value)]


def case_of(
    rows: EvaluatedRows, *, below: float | None = None, above: float | None = None, lowest: float | None = None
) -> Case:
    """The positive class, or of a number the rows below or above a limit, or the lowest share of them.

    Raises:
        OptionError: there are no two sides.
    """
    task, target = rows.model.task, rows.model.schema.target
    if len(task.classes) == 2:
        no, yes = (f"{target} = {one}" for one in task.classes)
        return Case(rows, rows.y == 1, rows.probability[:, 1], yes, no)
    if isinstance(task, Regression) and lowest is not None and below is None and above is None:
        below = float(np.quantile(rows.y, lowest))
        return Case(rows, rows.y <= below, -rows.logits[:, 0], f"{target} {below:g} or less")
    if isinstance(task, Regression) and below is not None:
        return Case(rows, rows.y < below, -rows.logits[:, 0], f"{target} below {below:g}")
    if isinstance(task, Regression) and above is not None:
        return Case(rows, rows.y > above, rows.logits[:, 0], f"{target} above {above:g}")
    limit = ". Give the limit that they are below or above: {'below': 10}" if isinstance(task, Regression) else ""
    raise OptionError(f"this figure looks for rows of one kind among two, and this is a {task.name} model{limit}")


def numbers_of(rows: EvaluatedRows, column: str) -> np.ndarray:
    """A column of numbers of the evaluated rows, `(row,)`; missing ones count 0.

    Raises:
        OptionError: only the answers on these rows are known, or the column is not of numbers.
        ColumnError: the model has no such column.
    """
    if not rows.has_inputs:
        raise OptionError("only the answers on these rows were kept, not their columns. Type: ll.evaluate(model, df)")
    if column not in rows.table.columns:
        raise no_such_column(column, rows.table.columns, where="the model's columns")
    values = rows.table.columns[column]
    if values.dtype.kind not in "fiub":
        raise OptionError(f"column {column!r} holds no numbers, and amounts are numbers")
    return np.nan_to_num(values.astype(float))
