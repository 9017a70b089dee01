"""The pure functions of a network: parameters in, numbers out, compiled once for each shape of network.

Parameters travel as one flat vector: the optimiser's work is then one fused loop instead of one for each
layer, and a saved or shown network is one array. The gradient is taken in the tree of layers, because a
gradient through slices of the vector costs a pass over the whole vector for each slice.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from lepton_lab.networks.layers import Position
from lepton_lab.networks.monotone import Box


class NetworkParams(NamedTuple):
    """What a network's functions take first: the trained numbers, and where columns and categories lie."""

    flat: Float[Array, "parameter"] | Float[np.ndarray, "parameter"]
    positions: Any


@dataclass(frozen=True)
class Structure:
    """The shape of a network, without its numbers: what a compilation depends on.

    Args:
        graph: the modules and how they nest.
        tree: how the trained arrays nest.
        names: their dotted paths, in the order of the flat vector.
        shapes: their shapes.
    """

    graph: nnx.GraphDef
    tree: Any
    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    def unflatten(self, flat: Any) -> Any:
        """The tree of arrays that lie in a flat vector."""
        leaves, at = [], 0
        for shape in self.shapes:
            n = math.prod(shape)
            leaves.append(flat[at : at + n].reshape(shape))
            at += n
        return jax.tree.unflatten(self.tree, leaves)

    def network(self, params: NetworkParams) -> Any:
        """The network with these parameters, for use inside a pure function."""
        return nnx.merge(self.graph, self.unflatten(params.flat), params.positions)


class Wishes(NamedTuple):
    """What the parameters wish of the optimiser, laid out like the flat vector.

    Args:
        rate: factor on the learning rate.
        decay: whether weight decay applies, 0 or 1.
        low, high: where each must stay, whatever the step says; None where none is bound.
    """

    rate: Float[np.ndarray, "parameter"] | Float[Array, "parameter"]
    decay: Float[np.ndarray, "parameter"] | Float[Array, "parameter"]
    low: Float[np.ndarray, "parameter"] | Float[Array, "parameter"] | None = None
    high: Float[np.ndarray, "parameter"] | Float[Array, "parameter"] | None = None


def take_apart(network: nnx.Module, boxes: Mapping[str, Box] | None = None) -> tuple[Structure, NetworkParams, Wishes]:
    """A network as its shape, its numbers and the wishes of its parameters.

    Args:
        network: its modules.
        boxes: where parameters must stay, by dotted name; None for none.
    """
    graph, state, positions = nnx.split(network, nnx.Param, Position)
    named = nnx.to_flat_state(state)
    leaves, tree = jax.tree.flatten(state)
    paths = [".".join(str(part) for part in path) for path, _ in named]
    arrays = [np.asarray(leaf, np.float32) for leaf in leaves]
    structure = Structure(graph, tree, tuple(paths), tuple(array.shape for array in arrays))
    wishes = [(variable.get_metadata("rate", 1.0), variable.get_metadata("decay", True)) for _, variable in named]
    return (
        structure,
        NetworkParams(_lay_out(arrays), positions),
        Wishes(
            _lay_out([np.full(a.size, rate, np.float32) for a, (rate, _) in zip(arrays, wishes, strict=True)]),
            _lay_out([np.full(a.size, decay, np.float32) for a, (_, decay) in zip(arrays, wishes, strict=True)]),
            *_sides(paths, arrays, boxes),
        ),
    )


def _sides(
    paths: list[str], arrays: list[np.ndarray], boxes: Mapping[str, Box] | None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The lower and the upper ends of all boxes, laid out like the flat vector."""
    if not boxes:
        return None, None
    if lost := set(boxes) - set(paths):
        raise ValueError(f"the network has no parameter {sorted(lost)}")
    every = [boxes.get(path, Box.open(array.shape)) for path, array in zip(paths, arrays, strict=True)]
    return _lay_out([box.low for box in every]), _lay_out([box.high for box in every])


@dataclass(frozen=True)
class NetworkFunctions:
    """Pure functions of one shape of network; each takes `NetworkParams` first.

    `project`, `bias` and `rest` are the two halves of the additive law
    `mean(params, x) == rest(params, bias(params) + project(params, x).sum(1))`, to be traced into a larger
    function. The `jit_` ones are compiled, and called with plain arrays; `jit_terms` has one a column of objects,
    `(params, objects) -> what each adds to the hidden state`.
    """

    mean: Callable[..., Float[Array, "row output"]]
    heads: Callable[..., Float[Array, "row head output"]]
    project: Callable[..., Float[Array, "row column hidden"]]
    bias: Callable[..., Float[Array, "hidden"]]
    rest: Callable[..., Float[Array, "*batch output"]]
    rest_heads: Callable[..., Float[Array, "*batch head output"]]
    jit_mean: Callable[..., Float[Array, "row output"]]
    jit_heads: Callable[..., Float[Array, "row head output"]]
    jit_project: Callable[..., Float[Array, "row column hidden"]]
    jit_rest: Callable[..., Float[Array, "*batch output"]]
    jit_terms: tuple[Callable[..., Float[Array, "object hidden"]], ...]


@functools.lru_cache(maxsize=64)
def functions_of(structure: Structure) -> NetworkFunctions:
    """The functions of a shape of network; the same objects for the same shape, so nothing compiles twice."""

    def mean(params: NetworkParams, x: Float[Array, "row column"]) -> Float[Array, "row output"]:
        return structure.network(params).mean(x)

    def heads(params: NetworkParams, x: Float[Array, "row column"]) -> Float[Array, "row head output"]:
        return structure.network(params)(x)

    def project(params: NetworkParams, x: Float[Array, "row column"]) -> Float[Array, "row column hidden"]:
        return structure.network(params).project(x)

    def bias(params: NetworkParams) -> Float[Array, "hidden"]:
        return structure.network(params).bias

    def rest(params: NetworkParams, hidden: Float[Array, "*batch hidden"]) -> Float[Array, "*batch output"]:
        return structure.network(params).rest_mean(hidden)

    def rest_heads(params: NetworkParams, hidden: Float[Array, "*batch hidden"]) -> Float[Array, "*batch head output"]:
        return structure.network(params).rest(hidden)

    def term(k: int, params: NetworkParams, objects: Array) -> Float[Array, "object hidden"]:
        return structure.network(params).first.terms[k].of(objects)

    n_terms = sum(1 for name in structure.names if re.fullmatch(r"first\.terms\.\d+\.kernel", name))
    terms = tuple(jax.jit(functools.partial(term, k)) for k in range(n_terms))
    return NetworkFunctions(
        mean, heads, project, bias, rest, rest_heads,
        jax.jit(mean), jax.jit(heads), jax.jit(project), jax.jit(rest), terms,
    )  # fmt: skip


def _lay_out(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([array.reshape(-1) for array in arrays]).astype(np.float32)


def lay_out(tree: Any) -> Float[Array, "parameter"]:
    """The leaves of a tree as one flat vector, inside a compiled function."""
    return jnp.concatenate([leaf.reshape(-1) for leaf in jax.tree.leaves(tree)])
