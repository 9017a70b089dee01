"""Texts as a network takes them: bytes on a shelf, and how much is read of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from lepton_lab.data.ngrams import usual_size
from lepton_lab.data.shelf import Shelf
from lepton_lab.data.texts import read_text, to_bytes

# N-grams kept of a text: never more, whatever a file says.
MOST_NGRAMS = 512
_STORED = ("column", "kind", "longest", "usual", "whole", "n_texts", "reader")


@dataclass(frozen=True)
class TextBlock:
    """How a column of texts is encoded.

    Args:
        column: its name.
        longest: n-grams kept of a text.
        usual: characters of the middle text of those that were learned from.
        whole: characters of all different ones together.
        n_texts: how many different ones there were.
        reader: what reads them, unless another is asked for; a name in `networks.text_encoders`.
        shelf: where the texts are, UTF-8 bytes `(byte,)`.
    """

    column: str
    longest: int
    usual: int = 0
    whole: int = 0
    n_texts: int = 0
    reader: str = "ngrams"
    kind: Literal["text"] = "text"
    shelf: Shelf = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shelf", Shelf((None,), np.uint8, fill=0, longest=2**31))

    @property
    def n_codes(self) -> int:
        """What members see that read no texts: one is missing, or there."""
        return 2

    @property
    def monotone(self) -> int:
        """Texts have no order."""
        return 0

    def prepare(self, value: Any) -> np.ndarray:
        """One text as bytes.

        Raises:
            ValueError: there is nothing to read.
        """
        text = read_text(value)
        if text is None:
            raise ValueError(f"{value!r} is no text")
        return to_bytes(text)

    def encode(self, array: np.ndarray) -> np.ndarray:
        """A table's column as numbers on the shelf `(row,)`."""
        return self.shelf.put(None if one is None else self.prepare(one) for one in array)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        return {name: getattr(self, name) for name in _STORED}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> TextBlock:
        """The block that `to_json` wrote.

        Raises:
            ValueError: its sizes are none that are ever written.
        """
        longest, *counts = (int(data[name]) for name in ("longest", "usual", "whole", "n_texts"))
        if not 0 < longest <= MOST_NGRAMS or min(counts) < 0:
            raise ValueError(f"the block of {data['column']!r} is out of range")
        return TextBlock(str(data["column"]), longest, *counts, reader=str(data["reader"]))


def fit_texts(column: str, array: np.ndarray) -> TextBlock:
    """The encoding of a column of texts: room for the n-grams of all but the longest."""
    texts = list(dict.fromkeys(one for one in array if one is not None))
    sizes = [len(text) for text in texts]
    usual = int(np.median(sizes)) if sizes else 0
    return TextBlock(column, usual_size(texts, MOST_NGRAMS), usual, sum(sizes), len(texts))
