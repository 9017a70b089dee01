"""What a merchant asks of recommendations: for whom are they good, and how much of the catalogue do they reach?"""

from __future__ import annotations

import numpy as np

from lepton_lab.data.encode_items import ItemsBlock
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.evaluated_rows import EvaluatedRows
from lepton_lab.evaluation.shown.result import Cell, Column, Headline, Shown
from lepton_lab.evaluation.shown.words import words_of
from lepton_lab.metrics import Estimate, bootstrap, mean
from lepton_lab.ranking import Ranking, discounted_gain, hit_rate, places

# Items in a history, from which on rows are a part of their own.
_EDGES = (1, 10, 50)
_NAMES = ("none: newcomers", "1 to 9", "10 to 49", "50 and more")


def show_reach(rows: EvaluatedRows, k: int = 10) -> Shown:
    """HR@k and NDCG@k by the length of the history, and the share of the items that anybody is recommended.

    Args:
        rows: of a model that ranks items.
        k: items that are recommended.

    Raises:
        OptionError: the model ranks no items, or `k` is no number of items.
    """
    task = rows.model.task
    if not isinstance(task, Ranking):
        raise OptionError(f"reach is a figure of recommendations, and this is a {task.name} model.")
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k <= task.n_outputs:
        raise OptionError(f"k={k!r} is no number of items from 1 to {task.n_outputs:,}. For example: k=10")
    place, best = places(rows.y, rows.logits), np.argpartition(-rows.logits, k - 1, axis=1)[:, :k]
    reached, shown = np.unique(best, return_counts=True)
    share = len(reached) / task.n_outputs
    # Of all recommendations those of the tenth of the items that is recommended most.
    most = -np.sort(-shown)[: max(1, task.n_outputs // 10)].sum() / shown.sum()
    columns = (
        Column("items in the history", "text"), Column("rows", "count", words_of(rows.model).rows),
        Column(f"HR@{k}", "share"), Column(f"NDCG@{k}"),
    )  # fmt: skip
    headlines = (
        Headline("items reached", Estimate(share), f"of {task.n_outputs:,} recommended to somebody", is_share=True),
        Headline("to the most recommended tenth", Estimate(float(most)), "of all recommendations", is_share=True),
    )
    note = f"the first {k} of each row, without what its user has had; intervals by resampled rows"
    parts = _part_of(rows)
    cells = [_cells(_NAMES[part], place[parts == part], k) for part in np.unique(parts)] if parts is not None else []
    return Shown("reach", "For whom, and how far they reach", headlines, columns, tuple(cells), note=note)


def _part_of(rows: EvaluatedRows) -> np.ndarray | None:
    """Which length of history each row has; None where there is no history, or only the answers are known."""
    names = [block.column for block in rows.model.encoder.blocks if isinstance(block, ItemsBlock)]
    if not names or not rows.has_inputs:
        return None
    lengths = [0 if one is None else len(one) for one in rows.table.columns[names[0]]]
    return np.searchsorted(_EDGES, lengths, side="right")


def _cells(name: str, place: np.ndarray, k: int) -> tuple[Cell, ...]:
    y = np.zeros(len(place))
    hits, gains = (bootstrap(_mean, y, each) for each in (hit_rate(place, k), discounted_gain(place, k)))
    return name, float(len(place)), hits, gains


def _mean(y: np.ndarray, each: np.ndarray, weights: np.ndarray | None) -> float | np.ndarray:
    return mean(each, weights)
