"""Which rows a report is about: those of a frame, or those that training held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.pick_rows import has_label, pick_rows
from lepton_lab.data.table import Table, read_like
from lepton_lab.errors import OptionError
from lepton_lab.explanation.background import DEFAULT_ROWS, Background

if TYPE_CHECKING:
    from lepton_lab.trained import HeldOut, TrainedModel


def held_out_of(model: TrainedModel, verb: str) -> HeldOut:
    """The rows held out of training.

    Raises:
        OptionError: The model was loaded from a file, which holds none.
    """
    if model.held_out is None:
        raise OptionError(
            f"{verb} needs a frame: this model was loaded from a file, which holds no held-out rows. "
            f"Type: ll.{verb}(model, df)  (%lepton {verb} model df)"
        )
    return model.held_out


HELD_OUT, LEARNED_FROM, FRAME = "the rows held out of training", "the rows given to train", "the frame"


def rows_of(model: TrainedModel, df: Any, verb: str, *, row: object = None) -> tuple[Table, str]:
    """The table of a frame, else the rows held out of training; and what to call it.

    A row asked for by its label may be any of those given to `train`: its explanation is as right, only
    its prediction is not one of a row that was held out.

    Raises:
        OptionError: No frame, and nothing held out.
        SchemaMismatchError: The frame is not like the one trained on.
    """
    if df is not None:
        return read_like(model.schema, df, task=model.task), FRAME
    held_out = held_out_of(model, verb).table
    if row is not None and model.seen is not None and not has_label(held_out.index, row):
        return model.seen, LEARNED_FROM
    return held_out, HELD_OUT


def choose(
    model: TrainedModel,
    table: Table,
    where: str,
    *,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Positions of the rows asked for; a sample keeps the distribution of the target, or of the prediction."""
    strata = None
    if isinstance(rows, (int, np.integer)) and rows < table.n_rows:
        strata = table.y if table.y is not None else model.logits_x(model.encoder.encode(table))[:, 0]
    return pick_rows(table.index, rows=rows, row=row, at=at, strata=strata, seed=seed, where=where)


def background_of(model: TrainedModel, df: Any, seed: int) -> Background | None:
    """A frame to compare with as the model's encoded rows, about a hundred of them; None for the model's own."""
    if df is None:
        return None
    table, where = rows_of(model, df, "explain")
    table = table.take(choose(model, table, where, rows=DEFAULT_ROWS, seed=seed))
    return Background(model.encoder.encode(table))
