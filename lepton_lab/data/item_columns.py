"""What is known of items themselves (genre, year, price), as numbers that vectors of items are made of.

An item that hardly ever came is then known by what it is like. Numbers are placed between the quantiles of all items,
words are there or not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from lepton_lab.data.kinds import infer_kind
from lepton_lab.data.objects import object_array
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import Family, Values
from lepton_lab.errors import ColumnError

# Places of a column of numbers; words that are told apart, those of most items first.
BINS, MOST_WORDS = 8, 256
# What one item alone has tells nothing of another.
FEWEST_ITEMS = 2
_SIGNS, _SPACES = r"\s*[|;,]\s*", r"\s+"
_DAY = 86_400e6
# Share of words that write numbers from which on the others are read as missing.
_MOSTLY = 0.95


@dataclass(frozen=True)
class Catalogue:
    """What a frame says of items, one entry an item; of an item that comes twice the first counts.

    Args:
        items: the user's own values `(item,)`.
        columns: by name: numbers float64 (NaN missing) or words (None missing), `(item,)`.
    """

    items: np.ndarray
    columns: Mapping[str, np.ndarray]

    def of(self, items: Sequence[object]) -> Catalogue:
        """The same of other items; of those that are not here nothing is known."""
        place = {item: at for at, item in reversed(list(enumerate(self.items.tolist())))}
        at = np.array([place.get(item, -1) for item in items], np.int64)
        columns = {
            name: np.append(array, np.array([_nothing(array)], array.dtype))[at] for name, array in self.columns.items()
        }
        return Catalogue(object_array(items), columns)


@dataclass(frozen=True)
class ItemColumn:
    """How one column of items becomes numbers.

    Args:
        name: of the column.
        edges: of the places of a number, rising; none for words.
        words: that are told apart.
        between: the pattern between the words of one cell; empty where a cell is one word, however long.
    """

    name: str
    edges: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    between: str = ""

    @property
    def width(self) -> int:
        """Numbers that one cell becomes."""
        return len(self.edges) if self.edges else len(self.words)

    def as_fitted(self, cells: np.ndarray) -> np.ndarray:
        """Cells of another frame as the first one's: numbers, or words.

        Raises:
            ColumnError: there are words where there were numbers.
        """
        if not self.edges:
            return object_array([None if one is None or one != one else _word(one) for one in cells.tolist()])
        if cells.dtype.kind == "f":
            return cells
        numbers = _numbers_of(cells)
        if np.isnan(numbers).all():  # one date alone is read as a word
            dates = pd.to_datetime(pd.Series(cells), errors="coerce", format="ISO8601").to_numpy("datetime64[us]")
            numbers = np.where(np.isnat(dates), np.nan, dates.astype(np.int64) / _DAY)
        if np.any(np.isnan(numbers) & ~pd.isna(cells)):
            raise ColumnError(f"column {self.name!r} holds words, and was learned from as numbers.")
        return numbers

    def features(self, array: np.ndarray) -> Float[np.ndarray, "item feature"]:
        """Cells as numbers; zeros where nothing is known."""
        if self.edges:
            return _placed(array, np.array(self.edges))
        place, found = {word: k for k, word in enumerate(self.words)}, np.zeros((len(array), self.width), np.float32)
        for row, cell in enumerate(array.tolist()):
            known = [place[word] for word in words_of(cell, self.between) if word in place]
            found[row, known] = 1 / np.sqrt(max(len(known), 1))
        return found


@dataclass(frozen=True)
class ItemSide:
    """The columns of known items, and how they become numbers.

    Args:
        columns: as fitted.
        values: of each column, one entry an item; None where missing.
    """

    columns: tuple[ItemColumn, ...]
    values: tuple[tuple[Any, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def features(self) -> Float[np.ndarray, "item feature"]:
        """What is known of each item as numbers, the columns side by side."""
        return self.encode(dict(zip(self.names, map(_cells, self.columns, self.values), strict=True)))

    @property
    def owner(self) -> np.ndarray:
        """The column that each feature is of."""
        return np.repeat(np.arange(len(self.columns)), [column.width for column in self.columns])

    def averaged(self, known: Bool[np.ndarray, " column"]) -> Float[np.ndarray, "item feature"]:
        """The features of items of which some columns are not known: these are what they are on average."""
        return np.where(known[self.owner], self.features, self.features.mean(axis=0)).astype(np.float32)

    def encode(self, arrays: Mapping[str, np.ndarray]) -> Float[np.ndarray, "item feature"]:
        """Columns of items as numbers."""
        return np.concatenate([column.features(arrays[column.name]) for column in self.columns], axis=1)

    def at(self, places: np.ndarray) -> ItemSide:
        """The same of the items at these places."""
        return ItemSide(self.columns, tuple(tuple(column[place] for place in places) for column in self.values))

    def more(self, catalogue: Catalogue) -> ItemSide:
        """The same with further items behind those that are known."""
        added = (_plain(catalogue.columns[name]) for name in self.names)
        return ItemSide(self.columns, tuple((*old, *new) for old, new in zip(self.values, added, strict=True)))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        columns = [{"name": c.name, "edges": c.edges, "words": c.words, "between": c.between} for c in self.columns]
        return {"columns": columns, "values": [list(column) for column in self.values]}

    @staticmethod
    def from_json(data: Mapping[str, Any], n_items: int) -> ItemSide:
        """What `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: for anything else.
        """
        columns = tuple(_column_of(one) for one in data["columns"])
        values = tuple(tuple(column) for column in data["values"])
        if len(columns) != len(values) or any(len(column) != n_items for column in values) or not columns:
            raise ValueError("columns of items do not fit the items")
        for column, cells in zip(columns, values, strict=True):
            kinds = (int, float) if column.edges else (str,)
            if not all(one is None or isinstance(one, kinds) for one in cells):
                raise TypeError(f"column {column.name!r} of items has a wrong type")
        return ItemSide(columns, values)


def fit_side(catalogue: Catalogue) -> ItemSide | None:
    """How the columns of a catalogue become numbers; None where they tell no item from another."""
    fitted = {name: _fit(name, array) for name, array in catalogue.columns.items()}
    columns = tuple(column for column in fitted.values() if column.width)
    return ItemSide(columns, tuple(_plain(catalogue.columns[c.name]) for c in columns)) if columns else None


def read_cells(name: str, values: Values) -> tuple[Kind, np.ndarray]:
    """The cells of a column of items as a catalogue holds them, and what they are.

    Raises:
        ColumnError: they are neither numbers, dates nor words.
    """
    if values.family == Family.LIST:
        return Kind.ITEMS, object_array(
            [None if one is None else "|".join(map(str, one.items)) for one in values.array]
        )
    found = infer_kind(name, values)
    if found.problem or found.kind in (Kind.IMAGE, Kind.SERIES):
        raise ColumnError(f"column {name!r} says nothing of items that can be read: wanted numbers, dates or words.")
    if found.kind == Kind.NUMERIC:
        return found.kind, np.asarray(found.array, np.float64)
    if found.kind == Kind.DATETIME:
        return found.kind, np.where(np.isnat(found.array), np.nan, found.array.astype(np.int64) / _DAY)
    words = object_array([None if pd.isna(one) else _word(one) for one in values.array.tolist()])
    numbers = _numbers_of(words)
    if values.family == Family.WORD and np.mean(~np.isnan(numbers)) >= _MOSTLY * np.mean(~values.missing()):
        return Kind.NUMERIC, numbers  # years, but for one that is "unknown"
    return found.kind, words


def words_of(cell: str | None, between: str) -> list[str]:
    """The words of one cell."""
    if cell is None:
        return []
    return [word for word in re.split(between, cell.strip()) if word] if between else [cell.strip()]


def _fit(name: str, array: np.ndarray) -> ItemColumn:
    if array.dtype.kind == "f":
        known = array[~np.isnan(array)]
        edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS))) if len(known) else np.empty(0)
        return ItemColumn(name, edges=tuple(edges.tolist()) if len(edges) > 1 else ())
    between = _between([cell for cell in array.tolist() if cell is not None])
    counts = Counter(word for cell in array.tolist() for word in set(words_of(cell, between)))
    often = sorted((word for word, n in counts.items() if n >= FEWEST_ITEMS), key=lambda word: (-counts[word], word))
    words = sorted(often[:MOST_WORDS])
    return ItemColumn(name, words=tuple(words), between=between)


def _between(cells: Sequence[str]) -> str:
    """What lies between the words of a cell: the pattern that leaves fewer different words than there are cells."""
    for pattern in (_SIGNS, _SPACES):
        whole = {cell.strip() for cell in cells}
        if 0 < len({word for cell in whole for word in words_of(cell, pattern)}) < len(whole):
            return pattern
    return ""


def _placed(array: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Numbers as shares of the two edges that they lie between; beyond the outer ones as these.

    Source: Gorishniy et al. 2022, On Embeddings for Numerical Features (piecewise linear), arXiv:2203.05556. Ours
        has a bump for each edge, so that a missing number is zeros.
    """
    known = ~np.isnan(array)
    value = np.clip(np.where(known, array, edges[0]), edges[0], edges[-1])
    upper = np.clip(np.searchsorted(edges, value, side="right"), 1, len(edges) - 1)
    share = (value - edges[upper - 1]) / (edges[upper] - edges[upper - 1])
    found, rows = np.zeros((len(array), len(edges)), np.float32), np.arange(len(array))
    found[rows, upper - 1], found[rows, upper] = 1 - share, share
    return found * known[:, None]


def _numbers_of(words: np.ndarray) -> np.ndarray:
    """Words that write numbers as these; NaN for others."""
    return np.asarray(pd.to_numeric(pd.Series(words), errors="coerce"), np.float64)


def _nothing(array: np.ndarray) -> float | None:
    return np.nan if array.dtype.kind == "f" else None


def _word(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _plain(array: np.ndarray) -> tuple[Any, ...]:
    return tuple(None if one != one else one for one in array.tolist())


def _cells(column: ItemColumn, values: Sequence[Any]) -> np.ndarray:
    """Stored values as a catalogue holds them."""
    if column.edges:
        return np.array([np.nan if one is None else one for one in values], np.float64)
    return object_array(values)


def _column_of(data: Mapping[str, Any]) -> ItemColumn:
    edges, words = tuple(float(edge) for edge in data["edges"]), tuple(data["words"])
    rising = len(edges) != 1 and bool(np.all(np.diff(edges) > 0)) and bool(np.isfinite(edges).all())
    if bool(edges) == bool(words) or not rising or not all(isinstance(word, str) for word in words):
        raise ValueError(f"column {data['name']!r} of items is out of range")
    if data["between"] not in ("", _SIGNS, _SPACES) or max(len(edges), len(words)) > MOST_WORDS:
        raise ValueError(f"column {data['name']!r} of items is out of range")
    return ItemColumn(str(data["name"]), edges, words, str(data["between"]))
