"""What is particular to rows whose items are ranked: each has a number for every item, so few of them are many."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lepton_lab.data.encode_items import FIRST_ITEM, ItemsBlock
from lepton_lab.data.encode_tabular import TabularEncoder
from lepton_lab.data.split import Split
from lepton_lab.ranking import Ranking
from lepton_lab.tasks import Task

# Rows that steer the training, and rows that measure: logits of all items are held for each.
MOST_VALID, MOST_TEST = 3000, 5000
# Logits of rows that measure, at most: of very many items fewer rows do.
_MOST_LOGITS, _FEWEST = 20_000_000, 500
# In how many rows an item has come before, at least, to be one that comes again.
_AGAIN = 0.01
_LOOKED_AT = 20_000


def fewer_to_rank(rows: Split, task: Task, seed: int) -> Split:
    """The split with fewer rows that steer and measure, drawn at random; as it is where no items are ranked.

    Rows that need not steer are learned from: they are the latest before those that measure, and tastes move. Of
    those that measure none is.
    """
    if not isinstance(task, Ranking) or rows.folds is not None:
        return rows
    most = max(_FEWEST, _MOST_LOGITS // task.n_outputs)
    draw = np.random.default_rng([seed, 2])
    valid, test = (_some(part, min(most, n), draw) for part, n in ((rows.valid, MOST_VALID), (rows.test, MOST_TEST)))
    return replace(rows, train=np.union1d(rows.train, np.setdiff1d(rows.valid, valid)), valid=valid, test=test)


def comes_again(encoder: TabularEncoder, x: np.ndarray, y: np.ndarray) -> bool:
    """Whether items that are in a row's history come again: films are seen once, milk is bought every week."""
    for place, block in enumerate(encoder.blocks):
        if isinstance(block, ItemsBlock):
            rows = _some(np.flatnonzero(x[:, place] > 0), _LOOKED_AT, np.random.default_rng(0))
            again = [y[row] + FIRST_ITEM in block.shelf.one(x[row, place]) for row in rows.tolist()]
            return bool(again) and float(np.mean(again)) >= _AGAIN
    return True


def _some(rows: np.ndarray, n: int, draw: np.random.Generator) -> np.ndarray:
    return rows if len(rows) <= n else np.sort(draw.choice(rows, n, replace=False))
