"""Rows as vectors whose angles say how alike they are: by what texts mean, or by what a network makes of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from lepton_lab.errors import OptionError
from lepton_lab.networks.minilm import WIDTH
from lepton_lab.training.network_member import NetworkMember

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel

_AT_ONCE = 1024
MEANING, HIDDEN = "what the texts mean", "what the network makes of rows"


class RowVectors:
    """How a model's rows become vectors.

    Where a column of texts is read by the frozen sentence encoder, by the sentence vectors of such columns: they were
    made to be compared, and know nothing of the classes. Else by the network's first layer, less its mean.

    Args:
        model: with a network among its members.

    Raises:
        OptionError: it has none.
    """

    def __init__(self, model: TrainedModel):
        networks = [member for member in model.members if isinstance(member, NetworkMember)]
        if not networks:
            raise OptionError(
                "this model has no network, so its rows are no vectors to compare. Train one with more time: "
                "ll.train(df, target=..., budget='5m')"
            )
        self._member = networks[0]
        self._read = [
            (k, column)
            for k, column in enumerate(self._member.layout.objects)
            if column.kind == "text" and column.encoder == "minilm"
        ]
        self._center = np.zeros(0)
        if not self._read and len(model.background_x):
            self._center = self._hidden(model.background_x).mean(axis=0)

    @property
    def how(self) -> str:
        """In words."""
        return MEANING if self._read else HIDDEN

    def of(self, x: np.ndarray) -> Float[np.ndarray, "row width"]:
        """The vectors of encoded rows; NaN where there is nothing to read."""
        if self._read:
            return np.concatenate([self._sentences(k, x[:, column.place]) for k, column in self._read], axis=1)
        hidden = self._hidden(x)
        return hidden - self._center if len(self._center) else hidden

    def _sentences(self, k: int, numbers: np.ndarray) -> np.ndarray:
        assert self._member.reader is not None
        different, where = np.unique(numbers, return_inverse=True)
        vectors = np.full((len(different), WIDTH), np.nan, np.float32)
        there = np.flatnonzero(different > 0)
        for at in range(0, len(there), _AT_ONCE):
            some = there[at : at + _AT_ONCE]
            read = self._member.reader.shelves[k].gather(different[some], len(some))
            vectors[some] = np.ascontiguousarray(read[:, :WIDTH]).view(np.float32)
        return vectors[where]

    def _hidden(self, x: np.ndarray) -> np.ndarray:
        pieces = [self._member.project(x[at : at + _AT_ONCE]).sum(axis=1) for at in range(0, len(x), _AT_ONCE)]
        return np.concatenate(pieces) if pieces else np.zeros((0, 1), np.float32)
