"""A network that has read the objects of some rows: each object's term of the hidden state is known, and looked up.

An object is read once, however many rows and coalitions it is in, through a few compiled shapes. What follows (walks,
curves, predictions) is the same network with a table in the place of its encoders: it compiles as quickly as one for
numbers and categories, and never runs an encoder again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from lepton_lab.errors import DataError
from lepton_lab.networks.layout import ObjectColumn, ShelfLike
from lepton_lab.networks.object_columns import KnownTerm
from lepton_lab.networks.text_shelf import text_shelf
from lepton_lab.training.functions import NetworkParams, Structure, functions_of, take_apart

# Objects that an encoder reads in one call: an image is many numbers.
READ_AT_ONCE = (1, 16, 64)
# Terms that are remembered; the oldest are forgotten first.
MOST_TERMS = 50_000


@dataclass
class Reader:
    """What reads the objects of one network, and remembers what it read.

    Args:
        columns: of objects, in the layout's order.
        shelves: where the objects of each are.
        kept: of each column, by the object's number: what those add to the hidden state that are on no shelf, the
            texts of a saved model's background. Never forgotten.
        features: what is known of items, by the column's place among `columns`.
        terms: the same as `kept` of those that were read.
    """

    columns: tuple[ObjectColumn, ...]
    shelves: tuple[ShelfLike, ...]
    kept: tuple[dict[float, np.ndarray], ...] = ()
    features: Mapping[int, np.ndarray] = field(default_factory=dict)
    terms: tuple[dict[float, np.ndarray], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.terms = tuple({} for _ in self.columns)
        self.kept = self.kept or tuple({} for _ in self.columns)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle where the objects are; what was read can be read again."""
        return Reader, (self.columns, self.shelves, self.kept, self.features)

    def read(
        self, structure: Structure, params: NetworkParams, rows: Sequence[np.ndarray]
    ) -> list[tuple[np.ndarray, Float[np.ndarray, "object hidden"]]]:
        """For each column the numbers of all objects that the rows name, ascending, and what each adds.

        Raises:
            DataError: an object is not on its shelf any more.
        """
        found = []
        for k, column in enumerate(self.columns):
            numbers = np.unique(np.concatenate([np.asarray(x)[:, column.place] for x in rows]))
            numbers = numbers[numbers > 0]
            self._read_new(functions_of(structure).jit_terms[k], params, k, numbers)
            known, kept = self.terms[k], self.kept[k]
            terms = [kept[number] if number in kept else known[number] for number in numbers.tolist()]
            found.append((numbers, np.stack(terms) if terms else np.zeros((0, 0), np.float32)))
            for number in list(known)[: max(0, len(known) - MOST_TERMS)]:
                del known[number]
        return found

    def _read_new(self, function: Callable[..., Any], params: NetworkParams, k: int, numbers: np.ndarray) -> None:
        known = self.terms[k]
        kept = self.kept[k]
        new = np.array(
            [number for number in numbers.tolist() if number not in known and number not in kept], np.float32
        )
        size = next((size for size in READ_AT_ONCE if size >= len(new)), READ_AT_ONCE[-1])
        for at in range(0, len(new), size):
            piece = new[at : at + size]
            try:
                objects = self.shelves[k].gather(piece, size)
            except KeyError as gone:
                raise DataError(f"object {gone} of a row is not kept any more; give the rows as a frame.") from None
            terms = np.asarray(function(params, objects))
            known |= dict(zip(piece.tolist(), terms, strict=False))


def shelf_of(column: ObjectColumn, block: Any) -> ShelfLike:
    """Where a column's objects are, as its encoder reads them.

    Args:
        column: the network's.
        block: the table's encoding of the same column.
    """
    if column.kind == "text":
        return text_shelf(block.shelf, column.encoder, block.longest)
    return block.shelf


def with_known_terms(
    structure: Structure, params: NetworkParams, found: Sequence[tuple[np.ndarray, np.ndarray]], hidden: int
) -> tuple[Structure, NetworkParams]:
    """The network with tables in the place of its encoders, taken apart.

    Args:
        structure: of the network with encoders.
        params: its parameters.
        found: for each column of objects, numbers and terms.
        hidden: units of the hidden state.
    """
    network = structure.network(NetworkParams(np.asarray(params.flat), params.positions))
    for k, (numbers, terms) in enumerate(found):
        network.first.terms[k] = KnownTerm.of(numbers, terms, hidden)
    structure, params, _ = take_apart(network)
    return structure, params


def put_objects(positions: Any, columns: Sequence[ObjectColumn], shelves: Sequence[ShelfLike], x: np.ndarray) -> Any:
    """A network's fixed arrays with every object that training rows name at hand, for its encoders to learn from.

    The number of objects is rounded up a little, so that few shapes are compiled.
    """
    held = {}
    for k, (column, shelf) in enumerate(zip(columns, shelves, strict=True)):
        numbers = np.unique(x[:, column.place])
        numbers = numbers[numbers > 0]
        n = rounded(len(numbers))
        held[("first", "terms", k, "objects")] = shelf.gather(numbers, n)
        held[("first", "terms", k, "numbers")] = KnownTerm.padded(numbers, n)
    leaves, tree = jax.tree_util.tree_flatten_with_path(positions)
    return jax.tree.unflatten(tree, [held.get(_names(path), leaf) for path, leaf in leaves])


def item_features(blocks: Sequence[Any], columns: Sequence[ObjectColumn]) -> dict[int, np.ndarray]:
    """What is known of the items of columns of lists, by the column's place among those of objects."""
    found = {k: blocks[column.place] for k, column in enumerate(columns) if column.kind == "items"}
    return {k: block.features for k, block in found.items() if block.side is not None}


def put_features(positions: Any, features: Mapping[int, np.ndarray]) -> Any:
    """A network's fixed arrays with what is known of items, as `item_features` gives it."""
    held = {("first", "terms", k, "encoder", "items", "features"): array for k, array in features.items()}
    leaves, tree = jax.tree_util.tree_flatten_with_path(positions)
    return jax.tree.unflatten(tree, [held.get(_names(path), leaf) for path, leaf in leaves])


def rounded(n: int) -> int:
    """At least `n`: a power of two up to 64, then an eighth of one more or less."""
    step = 1 << max(0, max(n, 1).bit_length() - 4)
    return 1 << max(0, n - 1).bit_length() if n <= 64 else -(-n // step) * step


def _names(path: tuple) -> tuple:
    """The names and places on the way to an array, without the variable that holds it."""
    return tuple(part for step in path if (part := getattr(step, "key", None)) is not None)
