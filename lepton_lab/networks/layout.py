"""Where each input column goes in a tabular network: the part of a network's shape that comes from the data.

Two tables with the same counts share every compiled function: which column is which is data, not shape, and
the numbers of categories are rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lepton_lab.networks.encoders import ENCODERS, USUAL, Encoder, encoder_for, usual_of_texts
from lepton_lab.networks.options import read_options


@runtime_checkable
class BlockLike(Protocol):
    """What a network asks of an encoder's block (`lepton_lab.data.encode_tabular.Block`)."""

    @property
    def kind(self) -> str:
        """`numeric`, `datetime` or `category`."""
        ...

    @property
    def n_codes(self) -> int:
        """Codes of a category column: missing, unseen, then each known category."""
        ...


@runtime_checkable
class ShelfLike(Protocol):
    """What a network asks of where a column's objects are (`lepton_lab.data.shelf.Shelf`)."""

    shape: tuple[int | None, ...]

    def gather(self, numbers: np.ndarray, n: int) -> np.ndarray:
        """The objects with these numbers, filled up to `n`."""
        ...


@dataclass(frozen=True)
class ObjectColumn:
    """One column whose entries are objects.

    Args:
        place: of the column in the input.
        kind: `image`, `series` or `text`.
        shape: of one object; 0 on a first axis whose length varies.
        encoder: what reads them, a name in `networks.encoders`.
        config: its options; None for the default ones.
    """

    place: int
    kind: str
    shape: tuple[int, ...]
    encoder: str
    config: Any = None

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ObjectColumn:
        """The column that `dataclasses.asdict` wrote.

        Raises:
            KeyError, TypeError, ValueError: for anything else.
        """
        place, shape = int(data["place"]), tuple(int(size) for size in data["shape"])
        encoder = ENCODERS[str(data["encoder"])]
        if data["kind"] not in encoder.kinds or not all(0 <= n <= 4096 for n in shape) or not 1 <= len(shape) <= 3:
            raise ValueError(f"the column of objects {place} is out of range")
        # Files of before there were options have none: their encoders are as they are made without.
        config = read_options(encoder.config, data.get("config") or {})
        return ObjectColumn(place, str(data["kind"]), shape, str(data["encoder"]), config)


@dataclass(frozen=True)
class Layout:
    """Positions of the columns that are embedded as numbers, one-hot, and by a table of vectors.

    Example:
        >>> from collections import namedtuple
        >>> block = namedtuple("block", "kind n_codes")
        >>> layout = Layout.of([block("category", 4), block("numeric", 2), block("category", 40)], max_one_hot=9)
        >>> layout.numeric, layout.one_hot, layout.embedded
        ((1,), (0,), (2,))
    """

    numeric: tuple[int, ...]
    one_hot: tuple[int, ...]
    embedded: tuple[int, ...]
    one_hot_codes: tuple[int, ...]
    embedded_codes: tuple[int, ...]
    objects: tuple[ObjectColumn, ...] = ()

    @staticmethod
    def of(blocks: Sequence[BlockLike], *, max_one_hot: int, encoders: Sequence[tuple[str, Encoder]] = ()) -> Layout:
        """Columns with at most `max_one_hot` known categories are one-hot; objects are read by `encoders`, by column.

        What `encoders` does not name is read as usual.
        """
        chosen = {**dict(encoders_of({}, blocks)), **dict(encoders)}
        numeric = tuple(i for i, block in enumerate(blocks) if block.kind in ("numeric", "datetime"))
        category = [i for i, block in enumerate(blocks) if block.kind == "category"]
        one_hot = tuple(i for i in category if blocks[i].n_codes - 2 <= max_one_hot)
        embedded = tuple(i for i in category if blocks[i].n_codes - 2 > max_one_hot)
        return Layout(
            numeric,
            one_hot,
            embedded,
            tuple(blocks[i].n_codes for i in one_hot),
            tuple(blocks[i].n_codes for i in embedded),
            tuple(_object(i, block, chosen) for i, block in enumerate(blocks) if hasattr(block, "shelf")),
        )

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Layout:
        """The layout that `dataclasses.asdict` wrote; without objects where there were none yet.

        Raises:
            KeyError, TypeError, ValueError: for anything else.
        """
        parts = {name: tuple(value) for name, value in data.items() if name != "objects"}
        return Layout(**parts, objects=tuple(ObjectColumn.from_json(one) for one in data.get("objects", ())))

    @property
    def n_columns(self) -> int:
        """Input columns."""
        return len(self.numeric) + len(self.one_hot) + len(self.embedded) + len(self.objects)

    @property
    def n_one_hot_rows(self) -> int:
        """Rows of the first layer's kernel that belong to one-hot codes, rounded up."""
        return _round_up(sum(self.one_hot_codes), 16)

    @property
    def n_embedded_rows(self) -> int:
        """Rows of the table of category vectors, rounded up."""
        return _round_up(sum(self.embedded_codes), 64)

    @property
    def counts(self) -> tuple[int, int, int, int, int]:
        """All that a compiled function depends on."""
        return len(self.numeric), len(self.one_hot), len(self.embedded), self.n_one_hot_rows, self.n_embedded_rows


def encoders_of(asked: Mapping[str, Mapping[str, Any]], blocks: Sequence[Any]) -> tuple[tuple[str, Encoder], ...]:
    """What reads each column of objects among an encoder's blocks, by its name.

    Args:
        asked: as `networks.encoders.check_encoders` gives it.
        blocks: one a column of the input.
    """
    return tuple(
        (
            block.column,
            _sized(encoder_for(block.column, asked.get(block.column, {}), _usual(block)), block),
        )
        for block in blocks
        if hasattr(block, "shelf")
    )


def _sized(encoder: Encoder, block: Any) -> Encoder:
    """The encoder with a table for as many items as its lists hold, or with the units in which its sensors turn."""
    if block.kind == "items":
        sizes = replace(encoder.config, n_items=block.n_items, n_features=block.features.shape[1])
        return replace(encoder, config=sizes)
    changes = getattr(encoder.config, "augment", None)
    if block.kind == "series" and changes is not None and changes.turn:
        zeros = tuple(-center / scale for center, scale in zip(block.centers, block.scales, strict=True))
        changes = replace(changes, zeros=zeros, units=tuple(1 / scale for scale in block.scales))
        return replace(encoder, config=replace(encoder.config, augment=changes))
    return encoder


def _object(place: int, block: Any, chosen: Mapping[str, Encoder]) -> ObjectColumn:
    encoder = chosen[block.column]
    return ObjectColumn(place, block.kind, _shape(block), encoder.name, encoder.config)


def _usual(block: Any) -> Encoder:
    """What reads a column where nothing is asked; who reads texts was chosen with the texts at hand."""
    if block.kind == "text":
        return usual_of_texts(block.reader, block.n_texts)
    return USUAL[block.kind](_shape(block), _longest(block))


def _shape(block: Any) -> tuple[int, ...]:
    return tuple(0 if size is None else int(size) for size in block.shelf.shape)


def _longest(block: Any) -> int:
    return int(getattr(block.shelf, "longest", 0))


def _round_up(n: int, step: int) -> int:
    return -(-n // step) * step
