"""A trained network as a member of the blend: arrays in, arrays out, nothing of jax in between to see."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from lepton_lab.errors import DamagedFileError
from lepton_lab.networks.layout import BlockLike, Layout
from lepton_lab.networks.new_network import new_network
from lepton_lab.networks.tabular import TabularConfig, config_json
from lepton_lab.ranking import MOST_ITEMS
from lepton_lab.training.functions import NetworkFunctions, NetworkParams, Structure, functions_of, take_apart
from lepton_lab.training.objects_at_hand import (
    Reader,
    item_features,
    put_features,
    shelf_of,
    with_known_terms,
)

# Calls are padded to one of these row counts, and long inputs go in pieces of the last: four compilations
# at most, and a piece's hidden units stay in the processor's cache.
ROW_BUCKETS = (1, 16, 128, 1024)


@dataclass(frozen=True)
class NetworkMember:
    """A trained network: `logits(x) = location + scale * mean over heads`.

    Args:
        name: its name in the blend.
        params: the trained numbers and positions, as numpy arrays.
        layout: where each column goes.
        n_outputs: numbers a row.
        config: the network's sizes.
        location, scale: from the network's raw outputs to logits (0 and 1 except for regression).
        structure: the network's shape.
        reader: of its columns of objects; None where there are none, or where they have been read.
    """

    name: str
    params: NetworkParams
    layout: Layout
    n_outputs: int
    config: TabularConfig
    location: float
    scale: float
    structure: Structure
    reader: Reader | None = field(default=None, compare=False, repr=False)

    @property
    def functions(self) -> NetworkFunctions:
        """The pure functions of this shape of network, which take `params` first. Raw: before scale and location."""
        return functions_of(self.structure)

    def logits(self, x: np.ndarray) -> Float[np.ndarray, "row output"]:
        """Logits of encoded rows, the mean over heads, float64."""
        return self._shifted(self.outputs(x))

    def outputs(self, x: np.ndarray) -> Float[np.ndarray, "row output"]:
        """The network's own outputs, before scale and location: the mean over heads."""
        read = self.holding(x)
        return in_buckets(read.functions.jit_mean, read.params, x)

    def head_logits(self, x: np.ndarray) -> Float[np.ndarray, "row head output"]:
        """Logits of each head. Their spread is the heads' disagreement, not a confidence interval."""
        read = self.holding(x)
        return self._shifted(in_buckets(read.functions.jit_heads, read.params, x))

    def project(self, x: np.ndarray) -> Float[np.ndarray, "row column hidden"]:
        """What each column adds to the hidden state."""
        read = self.holding(x)
        return in_buckets(read.functions.jit_project, read.params, x)

    def holding(self, *rows: np.ndarray) -> NetworkMember:
        """The same network with the objects of encoded rows at hand, for whoever calls its functions on them.

        Raises:
            DataError: an object is not on its shelf any more.
        """
        if self.reader is None:
            return self
        found = self.reader.read(self.structure, self.params, rows)
        structure, params = with_known_terms(self.structure, self.params, found, self.config.hidden)
        return dataclasses.replace(self, structure=structure, params=params, reader=None)

    def text_terms(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """What the texts that encoded rows name add to the hidden state: `<place>` of each column `(text, hidden)`.

        In the order of the texts' numbers.
        """
        if self.reader is None or not any(column.kind == "text" for column in self.layout.objects):
            return {}
        found = zip(self.layout.objects, self.reader.read(self.structure, self.params, [x]), strict=True)
        terms = {column.place: terms for column, (_, terms) in found if column.kind == "text"}
        return {str(place): array.reshape(-1, self.config.hidden) for place, array in terms.items()}

    def knowing(self, x: np.ndarray, terms: Mapping[str, np.ndarray]) -> NetworkMember:
        """The same network with the terms that `text_terms` gave for rows whose texts are not kept.

        Raises:
            KeyError, ValueError: terms are missing, or are none of these rows.
        """
        if self.reader is None:
            return self
        kept: list[dict[float, np.ndarray]] = [{} for _ in self.layout.objects]
        for k, column in enumerate(self.layout.objects):
            if column.kind == "text":
                numbers, found = np.unique(x[:, column.place]), terms[str(column.place)]
                numbers = numbers[numbers > 0]
                if found.shape != (len(numbers), self.config.hidden) or not np.isfinite(found).all():
                    raise ValueError(f"the texts of column {column.place} do not fit")
                kept[k] = dict(zip(numbers.tolist(), np.asarray(found, np.float32), strict=True))
        reader = Reader(self.reader.columns, self.reader.shelves, tuple(kept), self.reader.features)
        return dataclasses.replace(self, reader=reader)

    def on(self, blocks: Sequence[BlockLike]) -> NetworkMember:
        """The same network reading its objects from these blocks' shelves, and what is known of items from them."""
        columns = self.layout.objects
        shelves = tuple(shelf_of(column, blocks[column.place]) for column in columns)
        features = item_features(blocks, columns)
        return self._reading(Reader(columns, shelves, features=features)) if columns else self

    def answering(self, features: np.ndarray) -> NetworkMember:
        """The same network ranking items of which something else is known; for hidden states, not for rows."""
        found = dict.fromkeys(() if self.reader is None else self.reader.features, features)
        params = NetworkParams(self.params.flat, put_features(self.params.positions, found))
        return dataclasses.replace(self, params=params)

    def _reading(self, reader: Reader) -> NetworkMember:
        params = NetworkParams(self.params.flat, put_features(self.params.positions, reader.features))
        return dataclasses.replace(self, params=params, reader=reader)

    @property
    def bias(self) -> Float[np.ndarray, "hidden"]:
        """The hidden state of no columns at all."""
        return self.arrays()["first.bias"]

    def rest(self, hidden: np.ndarray) -> Float[np.ndarray, "row output"]:
        """From hidden states `(row, hidden)` to logits, float64."""
        return self._shifted(in_buckets(self.functions.jit_rest, self.params, hidden))

    def arrays(self) -> dict[str, np.ndarray]:
        """The trained arrays by their path in the network."""
        leaves = jax.tree.leaves(self.structure.unflatten(np.asarray(self.params.flat)))
        return dict(zip(self.structure.names, leaves, strict=True))

    def config_json(self) -> dict[str, Any]:
        """What `from_arrays` needs beside the arrays, as plain JSON."""
        return {
            "name": self.name,
            "layout": dataclasses.asdict(self.layout),
            "n_outputs": self.n_outputs,
            "config": config_json(self.config),
            "location": self.location,
            "scale": self.scale,
        }

    @staticmethod
    def from_arrays(arrays: dict[str, np.ndarray], config: dict[str, Any]) -> NetworkMember:
        """The member that `arrays` and `config_json` describe.

        Raises:
            DamagedFileError: where an array is missing or has another shape.
        """
        try:
            layout = Layout.from_json(config["layout"])
            sizes = TabularConfig(**config["config"])
            n_outputs = int(config["n_outputs"])
            _check_sizes(layout, sizes, n_outputs, held=sum(np.size(array) for array in arrays.values()))
            affine = float(config["location"]), float(config["scale"])
            member = new_member(str(config["name"]), layout, n_outputs, sizes, *affine)
            found = [np.asarray(arrays[name], np.float32) for name in member.structure.names]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DamagedFileError(f"the network member cannot be read: {error!r}.") from error
        for name, array, shape in zip(member.structure.names, found, member.structure.shapes, strict=True):
            if array.shape != shape:
                raise DamagedFileError(f"the network's {name!r} has shape {array.shape}, not {shape}.")
        return member.with_flat(np.concatenate([array.reshape(-1) for array in found]))

    def with_flat(self, flat: Float[np.ndarray | Array, "parameter"]) -> NetworkMember:
        """The same network with other trained numbers."""
        reader = self.reader
        reader = None if reader is None else Reader(reader.columns, reader.shelves, features=reader.features)
        return dataclasses.replace(self, params=NetworkParams(flat, self.params.positions), reader=reader)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arrays, not jax's description of their tree."""
        return _unpickled, (self.arrays(), self.config_json(), self.reader)

    def _shifted(self, raw: np.ndarray) -> np.ndarray:
        return raw.astype(np.float64) * self.scale + self.location


def _unpickled(arrays: dict[str, np.ndarray], config: dict[str, Any], reader: Reader | None) -> NetworkMember:
    member = NetworkMember.from_arrays(arrays, config)
    return member if reader is None else member._reading(reader)


def new_member(
    name: str, layout: Layout, n_outputs: int, config: TabularConfig, location: float = 0.0, scale: float = 1.0
) -> NetworkMember:
    """An untrained member, for shapes and tests."""
    network = new_network(layout, n_outputs, config, draw=np.random.default_rng(0))
    structure, params, _ = take_apart(network)
    return NetworkMember(name, params, layout, n_outputs, config, location, scale, structure)


def _check_sizes(layout: Layout, config: TabularConfig, n_outputs: int, *, held: int) -> None:
    """Refuse sizes that no training makes, or that claim more than the `held` numbers, before memory is asked for.

    Raises:
        ValueError: for those.
    """
    sizes = {**dataclasses.asdict(config), "n_outputs": n_outputs}
    if sizes.pop("outputs") not in ("heads", "items"):
        raise ValueError(f"outputs is {config.outputs!r}")
    for name, value in sizes.items():
        if not 0 < value <= (MOST_ITEMS if name == "n_outputs" and config.outputs == "items" else 10_000):
            raise ValueError(f"{name} is {value}")
    places = (*layout.numeric, *layout.one_hot, *layout.embedded, *(column.place for column in layout.objects))
    if sorted(places) != list(range(layout.n_columns)):
        raise ValueError("columns are missing or doubled")
    n_codes = layout.one_hot_codes + layout.embedded_codes
    if len(n_codes) != len(layout.one_hot + layout.embedded) or not all(2 <= n <= 100_000 for n in n_codes):
        raise ValueError("category counts are out of range")
    n_numeric, _, n_embedded, n_slots, n_vectors = layout.counts
    width = n_numeric * (config.embed + config.bins) + n_slots + n_embedded * config.category_embed
    claimed = (
        width * config.hidden,
        config.hidden * config.head_hidden,
        config.heads * max(config.hidden, config.head_hidden * n_outputs),
        n_numeric * config.n_frequencies * (config.embed - 1),
        n_vectors * config.category_embed,
    )
    if max(claimed) > held:
        raise ValueError(f"its sizes claim {max(claimed):,} numbers, its arrays hold {held:,}")


def in_buckets(function: Callable[..., Any], params: NetworkParams, rows: np.ndarray) -> np.ndarray:
    """`function(params, rows)` for any number of rows, through few compiled shapes. Padding rows are cut off again."""
    rows = np.ascontiguousarray(rows, np.float32)
    bucket = next((size for size in ROW_BUCKETS if size >= len(rows)), ROW_BUCKETS[-1])
    pieces = []
    for at in range(0, max(len(rows), 1), bucket):
        piece = rows[at : at + bucket]
        padded = np.zeros((bucket, *rows.shape[1:]), np.float32)
        padded[: len(piece)] = piece
        pieces.append(np.asarray(function(params, padded))[: len(piece)])
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
