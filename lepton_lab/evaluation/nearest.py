"""Rows that exist and are most like a changed row: what is known of them tells how far to trust a what-if."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.data.objects import object_array
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.truths import truths_of

if TYPE_CHECKING:
    import pandas

    from lepton_lab.data.table import Table
    from lepton_lab.trained import TrainedModel

MOST_ROWS = 50_000
"""Known rows that are looked at; of more, so many at even distances."""


@dataclass(frozen=True)
class NearRow:
    """A row that exists.

    Args:
        label: in the user's frame; None where the model no longer knows it.
        values: by column, as the user wrote them.
        differs: the columns whose values are others than the asked row's.
        distance: mean over the columns of a difference from 0 (the same) to 1 (other category, or a number further
            off than the spread of known rows); Gower's.
        probability: of the positive class, or of the predicted one of several; None without classes.
        prediction: the class predicted, or the estimate (log hazard of a time to an event).
        truth: what the row's target was; None where it is not known.
    """

    label: object
    values: dict[str, object]
    differs: tuple[str, ...]
    distance: float
    probability: float | None
    prediction: object
    truth: object


@dataclass(frozen=True)
class NearestRows:
    """The nearest of the known rows, the nearest first.

    Args:
        rows: what was found.
        where: which rows were looked at, in words.
        columns: names of the model's inputs.
        target: name of the target.
    """

    rows: tuple[NearRow, ...]
    where: str
    columns: tuple[str, ...]
    target: str

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, i: int) -> NearRow:
        return self.rows[i]

    def to_frame(self) -> pandas.DataFrame:
        """One line a row: its label, distance and target, the model's prediction, and all columns.

        Example:
            >>> ll.whatif(model, row=17).nearest({"age": 40}).to_frame()  # doctest: +SKIP
        """
        from lepton_lab.data.table import frame_of

        known: dict[str, list[object]] = {
            "row": [row.label for row in self.rows],
            "distance": [row.distance for row in self.rows],
            self.target: [row.truth for row in self.rows],
            "prediction": [row.prediction for row in self.rows],
        }
        inputs = {name: object_array([row.values[name] for row in self.rows]) for name in self.columns}
        named = {name + "_" * (name in inputs): object_array(cells) for name, cells in known.items()}
        return frame_of(named | inputs)


def nearest_rows(model: TrainedModel, x: np.ndarray, n: int, without: tuple[object, np.ndarray]) -> NearestRows:
    """The `n` known rows most like one row.

    Args:
        model: the rows given to `train`, else the background it was saved with.
        x: `(1, column)`: the row, encoded.
        n: how many.
        without: label and encoded values of the row itself, which is not its own neighbour.

    Raises:
        OptionError: a number of rows below 1.
    """
    from lepton_lab.explanation.counterfactual.distance import measure_of

    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise OptionError(f"n={n!r}: wanted a whole number of rows from 1. For example: n=5")
    known, where = _known(model)
    others = model.encoder.encode(known)
    ordered = np.array([block.kind in ("numeric", "datetime") for block in model.encoder.blocks], bool)
    measure = measure_of(others, ordered)
    distance = measure.between(x, others)[0].astype(np.float64)
    distance[_itself(known, others, *without)] = np.inf
    chosen = np.argsort(distance, kind="stable")[: min(n, int(np.isfinite(distance).sum()))]
    differs = ~_same(others[chosen], x)
    return NearestRows(_rows(model, known, chosen, distance, differs), where, model.schema.names, model.schema.target)


def _known(model: TrainedModel) -> tuple[Table, str]:
    from lepton_lab.explanation.counterfactual.find import known_rows

    known = known_rows(model)
    n = known.n_rows
    where = (
        f"the {n:,} rows given to train" if model.seen is not None else f"the {n:,} background rows kept in the file"
    )
    if n > MOST_ROWS:
        known, where = known.thinned(MOST_ROWS), f"{MOST_ROWS:,} of {where}"
    return known, where


def _itself(known: Table, others: np.ndarray, label: object, x: np.ndarray) -> np.ndarray:
    """Which known row is the asked one: the same label, and the same values as the row had."""
    same_label = np.array([known_label == label for known_label in known.index.tolist()], bool)
    return same_label & _same(others, x).all(axis=1)


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a == b) | (np.isnan(a) & np.isnan(b))


def _rows(
    model: TrainedModel, known: Table, chosen: np.ndarray, distance: np.ndarray, differs: np.ndarray
) -> tuple[NearRow, ...]:
    found = known.take(chosen)
    values, names, labels = found.values(), model.schema.names, found.index.tolist()
    logits = np.asarray(model.logits_x(model.encoder.encode(found)), np.float64)
    probability = model.task.probability(logits) if model.classes else None
    decided = model.decide(probability) if probability is not None else None
    truths, rows = truths_of(model, found), []
    for i, position in enumerate(chosen):
        k = None if decided is None else int(decided[i])
        chance = (
            None if probability is None or k is None else float(probability[i, 1 if len(model.classes) == 2 else k])
        )
        rows.append(
            NearRow(
                label=labels[i] if model.seen is not None else None,
                values=dict(zip(names, values[i].tolist(), strict=True)),
                differs=tuple(name for name, other in zip(names, differs[i], strict=True) if other),
                distance=float(distance[position]),
                probability=chance,
                prediction=float(logits[i, 0]) if k is None else model.classes[k],
                truth=None if truths is None else truths[i],
            )
        )
    return tuple(rows)
