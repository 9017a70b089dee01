"""What a trained model answers to one row with other objects in one of its columns.

Images and series are read by the blend's networks alone; its other members see whether there is one, which parts do
not change. So the answers are the row's logits, and each network's change times its share: its encoder reads the
objects in the batches that predictions use, and nothing else of the row is computed again. Texts are read by other
members too, and a text without words is a missing one: there the whole blend is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float64

from lepton_lab.data.encode_items import FIRST_ITEM
from lepton_lab.data.objects import object_array
from lepton_lab.explanation.blend_parts import used_members
from lepton_lab.tasks import are_shifted
from lepton_lab.trained import TrainedModel, centred
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.training.objects_at_hand import READ_AT_ONCE

AT_ONCE = READ_AT_ONCE[-1]

Answers = Callable[..., Float64[np.ndarray, "object output"]]


def object_answers(model: TrainedModel, x: np.ndarray, place: int) -> Answers:
    """The model's logits of one row, by the encoded object in one column: arrays `(object, *object)` to logits.

    Where columns of items are known the answers take, too, which of these are: bool `(object, column)`; one that is
    not is, of every item that is ranked, what it is on average. How the row is read stays as it was.

    Args:
        model: its blend is asked, calibration included.
        x: the encoded row `(column,)`; its object is on the column's shelf.
        place: of the column.
    """
    whole = model.logits_x(x[None])[0]
    networks = [
        _Reading.of(member, x, place, share, shifts=are_shifted(model.task)) for member, share in networks_of(model)
    ]
    own = model.encoder.blocks[place].shelf.gather(x[[place]], 1)  # type: ignore[union-attr]
    fixed = whole - sum(network(own)[0] for network in networks)

    side = getattr(model.encoder.blocks[place], "side", None)

    def answers(objects: np.ndarray, known: np.ndarray | None = None) -> Float64[np.ndarray, "object output"]:
        if known is None or side is None:
            return np.broadcast_to(fixed + sum(network(objects) for network in networks), (len(objects), len(fixed)))
        distinct, which = np.unique(known, axis=0, return_inverse=True)
        found = np.empty((len(objects), len(fixed)))
        for k, mask in enumerate(distinct):
            rows = np.flatnonzero(which.reshape(-1) == k)
            features = np.pad(side.averaged(mask), ((FIRST_ITEM, 0), (0, 0)))
            found[rows] = fixed + sum(network(objects[rows], features) for network in networks)
        return found

    return answers


def text_answers(model: TrainedModel, x: np.ndarray, place: int) -> Callable[[Sequence[str | None]], np.ndarray]:
    """The model's logits of one row by the text in one column, None for none: every member of the blend is asked."""
    block = model.encoder.blocks[place]

    def answers(texts: Sequence[str | None]) -> np.ndarray:
        with model.encoder.visit():
            rows = np.repeat(x[None], len(texts), axis=0)
            rows[:, place] = block.encode(object_array(texts))
            return model.logits_x(rows)

    return answers


def networks_of(model: TrainedModel) -> list[tuple[NetworkMember, float]]:
    """The networks that have a share in the blend, and that share."""
    return [(member, share) for member, share in used_members(model) if isinstance(member, NetworkMember)]


@dataclass(frozen=True)
class _Reading:
    """One network's part in the blend's logits of one row, by the object in one column.

    Args:
        member: the network.
        params: its numbers, on the device once and for all.
        term: from these and objects to what the objects add to the hidden state.
        hidden: the hidden state without the column.
        share: of its logits in the blend's.
        shifts: whether its outputs are classes, and so are centred.
    """

    member: NetworkMember
    params: Any
    term: Callable[[Any, np.ndarray], Any]
    hidden: np.ndarray
    share: float
    shifts: bool

    @classmethod
    def of(cls, member: NetworkMember, x: np.ndarray, place: int, share: float, *, shifts: bool) -> _Reading:
        without = np.array(x[None], np.float32)
        without[0, place] = 0.0  # a missing object adds nothing
        hidden = member.bias + member.project(without)[0].sum(axis=0)
        term = member.functions.jit_terms[[column.place for column in member.layout.objects].index(place)]
        return cls(member, jax.device_put(member.params), term, hidden, share, shifts)

    def __call__(self, objects: np.ndarray, features: np.ndarray | None = None) -> Float64[np.ndarray, "object output"]:
        """The network's part by the object in the column; of items that have other features where they are given."""
        member = self.member if features is None else self.member.answering(features)
        found = member.rest(self.hidden + self._terms(objects))
        return self.share * (centred(found) if self.shifts else found)

    def _terms(self, objects: np.ndarray) -> np.ndarray:
        """What each object adds, in the batches that were compiled for predictions."""
        size = next((size for size in READ_AT_ONCE if size >= len(objects)), AT_ONCE)
        found = []
        for at in range(0, len(objects), size):
            piece = objects[at : at + size]
            filled = np.concatenate([piece, np.repeat(piece[-1:], size - len(piece), axis=0)])
            found.append(np.asarray(self.term(self.params, filled))[: len(piece)])
        return np.concatenate(found)
