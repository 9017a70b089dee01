"""What a model that ranks items recommends to each row: a frame, the best items first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.frames import open_frame
from lepton_lab.data.objects import object_array
from lepton_lab.data.reshape_histories import Histories
from lepton_lab.data.reshaping import long_rows_like
from lepton_lab.data.rows import frame_of
from lepton_lab.data.table import read_like
from lepton_lab.data.values import read_values
from lepton_lab.errors import OptionError, did_you_mean
from lepton_lab.evaluation.new_items import with_items
from lepton_lab.ranking import Ranking, without_seen

if TYPE_CHECKING:
    import pandas

    from lepton_lab.data.frames import Frame
    from lepton_lab.trained import TrainedModel

# Rows whose items are put in order at once: each has a number for every item.
_AT_ONCE = 1024


def recommended(
    model: TrainedModel,
    df: Any,
    *,
    n: int = 10,
    users: object = None,
    exclude_seen: bool | None = None,
    items: Any = None,
) -> pandas.DataFrame:
    """The likeliest next items of each user; see `lepton_lab.recommend`."""
    if not isinstance(model.task, Ranking):
        raise OptionError(
            f"this is a {model.task.name} model, which ranks no items. Train one with: ll.train(events, target='item', "
            "reshape=ll.reshape.histories(user='user', item='item', time='time'))"
        )
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise OptionError(f"n={n!r} is no number of items from 1 up. For example: n=10")
    model = model if items is None else with_items(model, items)
    frame, reshape = open_frame(df), model.schema.reshape
    if reshape is not None:
        frame = long_rows_like(reshape, frame, model.schema.target, ahead=True)
    labels = _labels(frame, reshape)
    if users is not None:
        at = _places(users, labels)
        frame, labels = frame.rows(at), labels[at]
    best, scores = _best(model, frame, min(int(n), model.task.n_outputs), exclude_seen)
    kept = np.isfinite(scores)
    rank = np.broadcast_to(np.arange(1, best.shape[1] + 1), best.shape)
    items = object_array(model.task.classes)[best]
    if all(type(one) is int for one in model.task.classes):
        items = items.astype(np.int64)
    who = np.repeat(labels, kept.sum(axis=1))
    return frame_of({"user": who, "rank": rank[kept], "item": items[kept], "score": scores[kept]})


def _best(model: TrainedModel, frame: Frame, n: int, exclude_seen: bool | None) -> tuple[np.ndarray, np.ndarray]:
    """Of each row the indices of the best items and their probabilities; minus infinity where none is left."""
    table = read_like(model.schema, frame)
    best, scores = [np.zeros((0, n), np.int64)], [np.zeros((0, n))]
    with model.encoder.visit():
        x = model.encoder.encode(table)
        for at in range(0, len(x), _AT_ONCE):
            piece = x[at : at + _AT_ONCE]
            seen = model.seen_x(piece, always=bool(exclude_seen)) if exclude_seen is not False else None
            chances = model.task.probability(without_seen(model.logits_x(piece), seen))
            if seen is not None:
                chances[seen] = -np.inf
            order = np.argsort(-chances, axis=1, kind="stable")[:, :n]
            best.append(order)
            scores.append(np.take_along_axis(chances, order, axis=1))
    return np.concatenate(best), np.concatenate(scores)


def _labels(frame: Frame, reshape: object) -> np.ndarray:
    """Who each row is of: the column of users, else the frame's own labels."""
    if isinstance(reshape, Histories) and reshape.user in frame.names:
        return object_array(_whole(read_values(frame.column(reshape.user)).array))
    return object_array(frame.index.tolist())


def _whole(values: np.ndarray) -> list[object]:
    plain = values.tolist()
    return [int(one) if isinstance(one, float) and one.is_integer() else one for one in plain]


def _places(users: object, labels: np.ndarray) -> np.ndarray:
    """The rows of some users, in the order asked for.

    Raises:
        OptionError: a user is not in the frame.
    """
    asked = list(users) if isinstance(users, Sequence) and not isinstance(users, str) else None
    if asked is None:
        asked = np.asarray(users).tolist() if isinstance(users, np.ndarray) or hasattr(users, "to_numpy") else [users]
    known: dict[str, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        known.setdefault(str(label), []).append(place)
    for one in asked:
        if str(one) not in known:
            hint = did_you_mean(str(one), list(known))
            raise OptionError(
                f"user {one!r} is not in the frame ({len(known):,} users).{hint} To recommend to who has no events "
                "yet, give a row: pd.DataFrame({'history': [None], ...})"
            )
    return np.array([place for one in asked for place in known[str(one)]], np.int64)
