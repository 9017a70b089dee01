"""The known rows most like each of some rows, with what was true of them, and whether a row is like any at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from lepton_lab.data.objects import object_array
from lepton_lab.data.rows import Table, frame_of
from lepton_lab.data.table import read_like
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.cosine_neighbours import Neighbours, cosine_neighbours
from lepton_lab.evaluation.out_of_scope import limit_for, together, unsure
from lepton_lab.evaluation.row_vectors import RowVectors
from lepton_lab.evaluation.truths import truths_of

if TYPE_CHECKING:
    import pandas

    from lepton_lab.trained import TrainedModel

MOST_KNOWN = 50_000
# Rows whose scores say what is usual.
MOST_USUAL = 2000


@dataclass(frozen=True)
class NearAnswers:
    """What is known of each asked row.

    Args:
        labels: of the asked rows.
        prediction: the model's, in the target's own values.
        probability: of the predicted class; None without classes.
        score: how far out a row is: standard deviations beyond rows in scope `(row,)`.
        limit: the score above which a row is called out of scope.
        kept: the share of rows in scope that lie below the limit.
        neighbours: places of the nearest known rows, and cosines of the angles to them.
        known: columns of the known rows by name: the model's inputs, the target, whatever else the frame has.
        target: name of the target.
        how: what likeness is measured by, in words.
        where: which rows are known, in words.
    """

    labels: pandas.Index
    prediction: np.ndarray
    probability: Float[np.ndarray, "row"] | None
    score: Float[np.ndarray, "row"]
    limit: float
    kept: float
    neighbours: Neighbours
    known: dict[str, np.ndarray]
    target: str
    how: str
    where: str

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def out_of_scope(self) -> np.ndarray:
        """Which rows are like nothing the model was taught `(row,)`."""
        return self.score > self.limit

    def rows(self) -> pandas.DataFrame:
        """A line for each asked row: prediction, score, whether it is out of scope, and the nearest known row's answer.

        Example:
            >>> ll.nearest(model, df).rows()  # doctest: +SKIP
        """
        columns: dict[str, Any] = {"prediction": self.prediction}
        if self.probability is not None:
            columns["probability"] = self.probability
        columns |= {
            "score": self.score,
            "out_of_scope": self.out_of_scope,
            "similarity": self.neighbours.similarity[:, 0],
        }
        if self.target in self.known:
            columns[f"nearest_{self.target}"] = self.known[self.target][self.neighbours.places[:, 0]]
        return frame_of(columns, self.labels)

    def to_frame(self) -> pandas.DataFrame:
        """A line for each neighbour of each asked row, the nearest first: similarity, and all that is known of it.

        Example:
            >>> ll.nearest(model, df, n=3).to_frame()  # doctest: +SKIP
        """
        n = self.neighbours.places.shape[1]
        places = self.neighbours.places.ravel()
        columns: dict[str, Any] = {
            "row": object_array(self.labels.repeat(n).tolist()),
            "rank": np.tile(np.arange(1, n + 1), len(self)),
            "similarity": self.neighbours.similarity.ravel(),
        }
        taken = {f"known_{name}" if name in columns else name: array[places] for name, array in self.known.items()}
        return frame_of(columns | taken)


def near_answers(model: TrainedModel, df: Any, known: Any, n: int, keep: float) -> NearAnswers:
    """Look the rows of a frame up among known ones.

    Args:
        model: with a network among its members.
        df: rows like those trained on.
        known: rows to look among, with more columns if they have them; None for the rows given to `train`.
        n: neighbours wanted.
        keep: the share of rows in scope that are to be called so.

    Raises:
        OptionError: an option that cannot work, no network, or a loaded model and no known rows.
        SchemaMismatchError: a frame is not like the one trained on.
    """
    _check(n, keep)
    asked, among = read_like(model.schema, df), _Known.of(model, known)
    with model.encoder.visit():
        x, x_known = model.encoder.encode(asked), model.encoder.encode(among.table)
        vectors = RowVectors(model, x_known)
        here, there = vectors.of(x), vectors.of(x_known)
        logits = model.logits_x(x)
        found = cosine_neighbours(here, there, n)
        usual = _usual_parts(model, vectors, among, x_known, there)
        score = together(_parts(model, logits, 1 - found.similarity[:, 0]), usual)
        limit = limit_for(together(usual, usual), keep)
    shown = model.task.probability(logits) if model.classes else None
    decided = None if shown is None else model.decide(shown)
    return NearAnswers(
        asked.index,
        logits[:, 0] if decided is None else object_array([model.classes[k] for k in decided]),
        None if shown is None or decided is None else shown[np.arange(len(shown)), decided],
        score, limit, keep, found, among.columns, model.schema.target, vectors.how, among.where,
    )  # fmt: skip


@dataclass(frozen=True)
class _Known:
    """Rows that answers are looked up in: as the model reads them, and all their columns."""

    table: Table
    columns: dict[str, np.ndarray]
    where: str

    @staticmethod
    def of(model: TrainedModel, known: Any) -> _Known:
        """The rows of a frame, else those given to `train`."""
        if known is None:
            return _Known.seen(model)
        from lepton_lab.data.frames import open_frame

        frame = open_frame(known)
        table = read_like(model.schema, known, task=model.task)
        columns = {name: object_array(np.asarray(frame.column(name), object).tolist()) for name in frame.names}
        return _Known(table, columns, f"the {table.n_rows:,} rows given")

    @staticmethod
    def seen(model: TrainedModel) -> _Known:
        """The rows given to `train`."""
        if model.seen is None:
            raise OptionError(
                "this model was loaded from a file, which holds no rows to look among. Give some: "
                "ll.nearest(model, df, known=df_train)"
            )
        table = model.seen.thinned(MOST_KNOWN) if model.seen.n_rows > MOST_KNOWN else model.seen
        columns = dict(zip(model.schema.names, table.values().T, strict=True))
        truths = truths_of(model, table)
        if truths is not None:
            columns |= {model.schema.target: truths}
        return _Known(table, columns, f"the {table.n_rows:,} rows given to train")


def _parts(model: TrainedModel, logits: np.ndarray, far: np.ndarray) -> list[np.ndarray]:
    """How far a row is from the nearest known one and, of several classes, how unsure the model is."""
    if not model.classes:
        return [far]
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    return [far, unsure(logits)]


def _usual_parts(
    model: TrainedModel, vectors: RowVectors, among: _Known, x_known: np.ndarray, there: np.ndarray
) -> list[np.ndarray]:
    """The same of rows in scope: those held out of training, else the known ones, each without itself."""
    held = model.held_out
    if held is not None:
        table, logits = held.table, held.logits
        at = np.arange(table.n_rows)
        if table.n_rows > MOST_USUAL:
            at = np.linspace(0, table.n_rows - 1, MOST_USUAL).round().astype(int)
            table, logits = table.take(at), logits[at]
        own = vectors.of(model.encoder.encode(table))
        labels = table.index.to_numpy()
    else:
        at = np.linspace(0, len(x_known) - 1, min(len(x_known), MOST_USUAL)).round().astype(int)
        own, logits, labels = there[at], model.logits_x(x_known[at]), among.table.index.to_numpy()[at]
    found = cosine_neighbours(own, there, 2)
    is_itself = among.table.index.to_numpy()[found.places[:, 0]] == labels
    nearest = np.where(is_itself, found.similarity[:, -1], found.similarity[:, 0])
    return _parts(model, logits, 1 - nearest)


def _check(n: object, keep: object) -> None:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise OptionError(f"n={n!r}: wanted a whole number of rows from 1. For example: n=5")
    if isinstance(keep, bool) or not isinstance(keep, (int, float)) or not 0 < keep < 1:
        raise OptionError(f"keep={keep!r}: wanted a share between 0 and 1 of rows in scope. For example: keep=0.95")
