"""From a table to `x`: float32 `(row, column)`, one entry for each input column, in the schema's order.

numeric    (value - center) / scale, NaN where missing; not clipped (the network bends, trees take it raw)
datetime   (days since 1970 - center) / scale, NaN where missing
category   0 missing, 1 unseen or rare, 2... the known categories; truth values are categories too
objects    (images, series, texts, lists of items) 0 missing, else the object's number on the column's shelf
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from lepton_lab.data.describe import DAY, MOST_CATEGORIES, most_frequent
from lepton_lab.data.encode_image import ImageBlock, fit_images
from lepton_lab.data.encode_items import ItemsBlock, fit_items
from lepton_lab.data.encode_series import SeriesBlock, fit_series
from lepton_lab.data.encode_text import TextBlock, fit_texts
from lepton_lab.data.item_columns import Catalogue
from lepton_lab.data.object_block import ObjectBlock
from lepton_lab.data.rows import Table
from lepton_lab.data.schema import Category, Column, Kind, Role, sign_of
from lepton_lab.errors import DamagedFileError

MISSING, UNSEEN, FIRST_KNOWN = 0, 1, 2
# What one row alone has shares the code of unseen, and teaches what to think of a new category.
FEWEST_ROWS = 2
_KINDS = ("numeric", "category", "datetime")


@dataclass(frozen=True)
class Block:
    """How one column is encoded.

    Args:
        column: its name.
        kind: how it is read by a network.
        center: subtracted; the median of the training rows.
        scale: divided by; the distance between the quartiles.
        categories: known values, most frequent first.
        monotone: 1 where no member's output may fall as the column rises, -1 where none may rise, else 0.
    """

    column: str
    kind: Literal["numeric", "category", "datetime"]
    center: float = 0.0
    scale: float = 1.0
    categories: tuple[Category, ...] = ()
    monotone: int = 0

    @property
    def n_codes(self) -> int:
        """Codes of a category: missing, unseen, and each known one."""
        return len(self.categories) + FIRST_KNOWN

    @cached_property
    def code_of(self) -> Mapping[Category, int]:
        """The code of each known category."""
        return {category: code for code, category in enumerate(self.categories, FIRST_KNOWN)}

    def encode(self, array: np.ndarray) -> np.ndarray:
        """A table's column as numbers `(row,)`."""
        if self.kind == "numeric":
            return (array - self.center) / self.scale
        if self.kind == "datetime":
            days = np.where(np.isnat(array), np.nan, array.astype(np.int64) / DAY)
            return (days - self.center) / self.scale
        return self._codes(array)

    def _codes(self, array: np.ndarray) -> np.ndarray:
        code_of = self.code_of
        if len(array) < 64:
            return np.array([MISSING if v is None else code_of.get(v, UNSEEN) for v in array.tolist()], np.float32)
        codes, uniques = pd.factorize(array)
        return np.array([*(code_of.get(u, UNSEEN) for u in uniques), MISSING], np.float32)[codes]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        return asdict(self) | {"categories": list(self.categories)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Block:
        """The block that `to_json` wrote.

        Raises:
            ValueError, TypeError: it is none that is ever written.
        """
        return _block(data)


AnyBlock: TypeAlias = Block | ImageBlock | SeriesBlock | ItemsBlock | TextBlock
_READERS = dict.fromkeys(_KINDS, Block.from_json) | {
    "image": ImageBlock.from_json,
    "series": SeriesBlock.from_json,
    "items": ItemsBlock.from_json,
    "text": TextBlock.from_json,
}


@dataclass(frozen=True)
class TabularEncoder:
    """Every column's encoding; fitted on training rows, then fixed."""

    blocks: tuple[AnyBlock, ...]

    @property
    def n_columns(self) -> int:
        """Columns of `x`."""
        return len(self.blocks)

    def encode(self, table: Table) -> np.ndarray:
        """`x` float32 `(row, column)`."""
        x = np.empty((table.n_rows, len(self.blocks)), np.float32)
        for j, block in enumerate(self.blocks):
            x[:, j] = block.encode(table.columns[block.column])
        return x

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        return {"blocks": [block.to_json() for block in self.blocks]}

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Objects encoded inside are not kept beyond: for predictions, which hold no rows."""
        with ExitStack() as stack:
            for block in self.blocks:
                if isinstance(block, ObjectBlock):
                    stack.enter_context(block.shelf.visit())
            yield

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> TabularEncoder:
        """The encoder that `to_json` wrote.

        Raises:
            DamagedFileError: for anything else.
        """
        try:
            return TabularEncoder(tuple(_READERS[block["kind"]](block) for block in data["blocks"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFileError(f"the encoder cannot be read: {error!r}.") from error


def fit_encoder(table: Table) -> TabularEncoder:
    """The encoder of the rows of a table: give it training rows only.

    Source: robust scaling as in Holzmüller et al. 2024, "Better by default" (RealMLP); ours takes the middle
        distance of the other values where more than half the values are equal, not half the range.
    """
    classes = next((column.categories for column in table.schema.columns if column.role == Role.TARGET), ())
    return TabularEncoder(
        tuple(_fit(column, table.columns[column.name], classes, table.catalogue) for column in table.schema.inputs)
    )


def _fit(
    column: Column, array: np.ndarray, classes: tuple[Category, ...], catalogue: Catalogue | None = None
) -> AnyBlock:
    if column.kind == Kind.ITEMS:
        return fit_items(column.name, array, classes, catalogue)
    if column.kind == Kind.IMAGE:
        return fit_images(column.name, array)
    if column.kind == Kind.SERIES:
        return fit_series(column.name, array)
    if column.kind == Kind.TEXT:
        return fit_texts(column.name, array)
    if column.kind == Kind.NUMERIC:
        center, scale = _center_and_scale(array[~np.isnan(array)])
        return Block(column.name, "numeric", center, scale, monotone=column.monotone)
    if column.kind == Kind.DATETIME:
        center, scale = _center_and_scale(array[~np.isnat(array)].astype(np.int64) / DAY)
        return Block(column.name, "datetime", center, scale)
    known = most_frequent(array, at_least=FEWEST_ROWS, at_most=MOST_CATEGORIES)
    return Block(column.name, "category", categories=known)


def _center_and_scale(known: np.ndarray) -> tuple[float, float]:
    """Median, and a distance that is typical: between the quartiles, else of the values off the median."""
    if not len(known):
        return 0.0, 1.0
    low, center, high = (float(q) for q in np.quantile(known, (0.25, 0.5, 0.75)))
    scale = high - low
    if not scale > 0:
        off = np.abs(known - center)
        off = off[off > 0]
        scale = float(np.median(off)) if len(off) else 1.0
    return center, scale if scale > np.finfo(np.float32).tiny and math.isfinite(scale) else 1.0


def _block(data: Mapping[str, Any]) -> Block:
    center, scale = float(data["center"]), float(data["scale"])
    if data["kind"] not in _KINDS or not math.isfinite(center) or not math.isfinite(scale) or scale == 0:
        raise ValueError(f"the block of {data['column']!r} is out of range")
    if not isinstance(data["column"], str) or not all(
        isinstance(c, (str, int, float, bool)) for c in data["categories"]
    ):
        raise TypeError("a column's name or category has a wrong type")
    return Block(data["column"], data["kind"], center, scale, tuple(data["categories"]), sign_of(data))
