"""Rows as vectors whose angles say how alike they are: by what texts mean or say, or by a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from lepton_lab.data.encode_text import TextBlock
from lepton_lab.data.ngrams import N_BUCKETS
from lepton_lab.errors import OptionError
from lepton_lab.networks.minilm import WIDTH
from lepton_lab.networks.text_shelf import text_shelf
from lepton_lab.training.network_member import NetworkMember

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel

_AT_ONCE = 1024
MEANING, WORDS, HIDDEN = "what the texts mean", "the words of the texts", "what the network makes of rows"
# Numbers that the n-grams of a text are thrown into, each with a sign of its own.
_THROWN = 1024
_MIX = np.uint64(0x9E3779B97F4A7C15)


class RowVectors:
    """How a model's rows become vectors.

    Columns of texts by the vectors of the frozen sentence encoder, where it reads them, else by their n-grams, rare
    ones counting more: both were made without the classes, which strangers have none of. A model without texts by
    its network's first layer, less the mean of the known rows.

    Args:
        model: whose rows.
        x: the known rows, encoded `(row, column)`.

    Raises:
        OptionError: there are neither texts nor a network.
    """

    def __init__(self, model: TrainedModel, x: np.ndarray):
        networks = [member for member in model.members if isinstance(member, NetworkMember)]
        self._blocks = [(j, block) for j, block in enumerate(model.encoder.blocks) if isinstance(block, TextBlock)]
        self._weights = {j: _rarity(block, x[:, j]) for j, block in self._blocks if block.reader == "ngrams"}
        if not self._blocks:
            if not networks:
                raise OptionError(
                    "this model has neither texts nor a network, so its rows are no vectors to compare. Train one "
                    "with more time: ll.train(df, target=..., budget='5m')"
                )
            self._member = networks[0]
            self._center = self._hidden(x).mean(axis=0)

    @property
    def how(self) -> str:
        """In words."""
        if not self._blocks:
            return HIDDEN
        return WORDS if len(self._weights) == len(self._blocks) else MEANING

    def of(self, x: np.ndarray) -> Float[np.ndarray, "row width"]:
        """The vectors of encoded rows; NaN where there is nothing to read."""
        if self._blocks:
            return np.concatenate([self._texts(j, block, x[:, j]) for j, block in self._blocks], axis=1)
        return self._hidden(x) - self._center

    def _texts(self, j: int, block: TextBlock, numbers: np.ndarray) -> np.ndarray:
        different, where = np.unique(numbers, return_inverse=True)
        there = np.flatnonzero(different > 0)
        by_words = j in self._weights
        vectors = np.full((len(different), _THROWN if by_words else WIDTH), np.nan, np.float32)
        shelf = text_shelf(block.shelf, "ngrams" if by_words else "minilm", block.longest)
        for at in range(0, len(there), _AT_ONCE):
            some = there[at : at + _AT_ONCE]
            read = shelf.gather(different[some], len(some))
            if by_words:
                vectors[some] = _thrown(read, self._weights[j])
            else:
                vectors[some] = np.ascontiguousarray(read[:, :WIDTH]).view(np.float32)
        return vectors[where]

    def _hidden(self, x: np.ndarray) -> np.ndarray:
        pieces = [self._member.project(x[at : at + _AT_ONCE]).sum(axis=1) for at in range(0, len(x), _AT_ONCE)]
        return np.concatenate(pieces) if pieces else np.zeros((0, 1), np.float32)


def _rarity(block: TextBlock, numbers: np.ndarray) -> np.ndarray:
    """What each n-gram counts: the log of how few of the known texts have it, `(bucket,)`; padding nothing."""
    different = np.unique(numbers[numbers > 0])
    counts, shelf = np.zeros(N_BUCKETS), text_shelf(block.shelf, "ngrams", block.longest)
    for at in range(0, len(different), _AT_ONCE):
        some = different[at : at + _AT_ONCE]
        counts += np.bincount(shelf.gather(some, len(some)).ravel(), minlength=N_BUCKETS)
    weights = np.log((1 + len(different)) / (1 + counts))
    weights[0] = 0.0
    return weights


def _thrown(ngrams: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """N-grams `(text, ngram)` as vectors `(text, number)`: cosines are about those of the whole sets.

    Source: Weinberger et al. 2009 (the hashing trick with signs), arXiv:0902.2206.
    """
    mixed = ngrams.astype(np.uint64) * _MIX
    place = (mixed >> np.uint64(40)) % np.uint64(_THROWN)
    sign = np.where(mixed >> np.uint64(39) & np.uint64(1), 1.0, -1.0)
    flat = (np.arange(len(ngrams))[:, None] * _THROWN + place.astype(np.int64)).ravel()
    summed = np.bincount(flat, (sign * weights[ngrams]).ravel(), minlength=len(ngrams) * _THROWN)
    return summed.reshape(len(ngrams), _THROWN).astype(np.float32)
