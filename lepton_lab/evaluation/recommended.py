"""What a model that ranks items recommends to each row: a frame, the best items first."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.encode_items import UNSEEN, ItemsBlock
from lepton_lab.data.frames import open_frame, refuse_empty
from lepton_lab.data.objects import object_array
from lepton_lab.data.reshape_histories import Histories
from lepton_lab.data.reshaping import long_rows_like
from lepton_lab.data.rows import frame_of
from lepton_lab.data.table import read_like
from lepton_lab.data.values import read_values
from lepton_lab.errors import DataWarning, OptionError, did_you_mean
from lepton_lab.evaluation.new_items import with_items
from lepton_lab.evaluation.reasons import reasons_of
from lepton_lab.ranking import Ranking, without_seen

if TYPE_CHECKING:
    import pandas

    from lepton_lab.data.frames import Frame
    from lepton_lab.trained import TrainedModel

# Rows whose items are put in order at once, as a network takes them: each has a number for every item.
_AT_ONCE, _MOST_NUMBERS = (1024, 128, 16), 8_000_000
# Share of items never seen from which on a frame is told to be of something else.
_MOSTLY = 0.5


def recommended(
    model: TrainedModel,
    df: Any,
    *,
    n: int = 10,
    users: object = None,
    exclude_seen: bool | None = None,
    items: Any = None,
    reasons: int = 0,
) -> pandas.DataFrame:
    """The likeliest next items of each user; see `lepton_lab.recommend`."""
    if not isinstance(model.task, Ranking):
        raise OptionError(
            f"this is a {model.task.name} model, which ranks no items. Train one with: ll.train(events, target='item', "
            "reshape=ll.reshape.histories(user='user', item='item', time='time'))"
        )
    _refuse_count("n", n, 1, "items")
    _refuse_count("reasons", reasons, 0, "reasons")
    model = model if items is None else with_items(model, items)
    frame, reshape = open_frame(df), model.schema.reshape
    refuse_empty(frame)
    if reshape is not None:
        frame = long_rows_like(reshape, frame, model.schema.target, ahead=True)
    labels = _labels(frame, reshape)
    if users is not None:
        at = _places(users, labels)
        frame, labels = frame.rows(at), labels[at]
    best, scores, why = _best(model, frame, min(int(n), model.task.n_outputs), exclude_seen, int(reasons))
    kept = np.isfinite(scores)
    rank = np.broadcast_to(np.arange(1, best.shape[1] + 1), best.shape)
    said = object_array(model.task.classes)[best]
    if all(type(one) is int for one in model.task.classes):
        said = said.astype(np.int64)
    who = np.repeat(labels, kept.sum(axis=1))
    found = {"user": who, "rank": rank[kept], "item": said[kept], "score": scores[kept]}
    because = {f"because_{k + 1}": object_array([one[k] for one in why]) for k in range(int(reasons))}
    return frame_of(found | because)


def _refuse_count(name: str, value: object, least: int, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise OptionError(f"{name}={value!r} is no number of {what} from {least} up. For example: {name}={least or 3}")


def _best(
    model: TrainedModel, frame: Frame, n: int, exclude_seen: bool | None, n_reasons: int
) -> tuple[np.ndarray, np.ndarray, list[list[str | None]]]:
    """Of each row the indices of the best items and their probabilities, minus infinity where none is left; and why.

    Reasons are one a kept item.
    """
    table = read_like(model.schema, frame)
    best, scores, why = [np.zeros((0, n), np.int64)], [np.zeros((0, n))], []
    with model.encoder.visit():
        x = model.encoder.encode(table)
        _warn_of_unknown(model, x)
        step = next((rows for rows in _AT_ONCE if rows * model.task.n_outputs <= _MOST_NUMBERS), _AT_ONCE[-1])
        for at in range(0, len(x), step):
            piece = x[at : at + step]
            seen = model.seen_x(piece, always=bool(exclude_seen)) if exclude_seen is not False else None
            chances = model.task.probability(without_seen(model.logits_x(piece), seen))
            if seen is not None:
                chances[seen] = -np.inf
            best.append(_first(chances, n))
            scores.append(np.take_along_axis(chances, best[-1], axis=1))
            for row, chosen, score in zip(piece, best[-1], scores[-1], strict=True) if n_reasons else ():
                why += reasons_of(model, row, chosen[np.isfinite(score)], n_reasons)
    return np.concatenate(best), np.concatenate(scores), why


def _warn_of_unknown(model: TrainedModel, x: np.ndarray) -> None:
    """Say so where most of what the rows' histories hold was never seen: that is another catalogue, or other names."""
    for place, block in enumerate(model.encoder.blocks):
        if isinstance(block, ItemsBlock):
            codes = np.concatenate([np.empty(0, int), *(block.shelf.one(one) for one in x[:, place].tolist() if one)])
            n_unknown = int((codes == UNSEEN).sum())
            if n_unknown > _MOSTLY * len(codes):
                known = ", ".join(map(repr, block.items[:3]))
                warnings.warn(
                    f"{n_unknown:,} of {len(codes):,} items in {block.column!r} were never seen in training, which "
                    f"knows {known}, ... They say nothing of what comes.", DataWarning, stacklevel=4,
                )  # fmt: skip


def _first(chances: np.ndarray, n: int) -> np.ndarray:
    """The places of the `n` largest of each row, the largest first; equal ones in their own order."""
    if n < chances.shape[1]:
        some = np.sort(np.argpartition(-chances, n - 1, axis=1)[:, :n], axis=1)
        order = np.argsort(-np.take_along_axis(chances, some, axis=1), axis=1, kind="stable")
        return np.take_along_axis(some, order, axis=1)
    return np.argsort(-chances, axis=1, kind="stable")


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
