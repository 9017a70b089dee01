"""A function as project, bias and rest, found in its trace and checked against the function itself.

The sums' weights are taken out of the function once, as a matrix; projections and the rest are read from the
trace wherever they are compiled. So forms are equal, and compiled once, where the functions are.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lepton_lab.explanation.first_layer.program import Program, program_of
from lepton_lab.explanation.first_layer.split import Split, split_of
from lepton_lab.explanation.forms import AdditiveForm

# Largest gap to the function, of its largest output: what summing in another order costs in float32.
TOLERANCE = 1e-5
# A masked sum of projections may take this many times the operations that it saves: mixed rows cost memory traffic.
WORTH = 1.25
# Elements of the matrix of the sums, while it is made.
MOST_ELEMENTS = 1 << 24
# Mixed rows that the form is tried at together.
N_TRIED = 64


class FirstLayer(NamedTuple):
    """The weights of a form.

    Args:
        matrix: what each entry adds to the hidden state.
        bias: the hidden state without entries.
        params: the function's own.
    """

    matrix: Float[Array, "entry hidden"]
    bias: Float[Array, " hidden"]
    params: Any


@dataclass(frozen=True)
class Project:
    """What each player adds to the hidden state of a function's first layer. Equal where the functions are.

    Args:
        fn: `(params, x) -> (row, output)`.
        n_features: columns of `x`.
        player_of: the player of each column; None where every column is one.
    """

    fn: Callable[[Any, Any], Any]
    n_features: int
    player_of: tuple[int, ...] | None = None

    def __call__(self, layer: FirstLayer, x: Float[Array, "row feature"]) -> Float[Array, "row player hidden"]:
        """Projections: the entries of each player times their rows of the matrix."""
        program, split = read(self.fn, layer.params, self.n_features)
        entries = jax.vmap(lambda row: _entries(program, split, layer.params, row))(x)
        own = self._entries_of_players(split.owners)
        taken = jnp.where(own >= 0, entries[:, own], 0.0)
        if own.shape[1] == 1:
            return taken * layer.matrix[own[:, 0]]
        return jnp.einsum("rpe,peh->rph", taken, layer.matrix[own], precision="highest")

    def grouped(self, player_of: tuple[int, ...]) -> Project:
        """Projections of groups of columns: those of their columns add up."""
        return Project(self.fn, self.n_features, player_of)

    def _entries_of_players(self, owners: np.ndarray) -> np.ndarray:
        """The places of each player's entries, filled up with -1."""
        player_of = np.arange(self.n_features) if self.player_of is None else np.array(self.player_of)
        players = np.where(owners >= 0, player_of[owners], -1)
        places = [np.flatnonzero(players == player) for player in range(player_of.max() + 1)]
        own = np.full((len(places), max(1, max(map(len, places)))), -1)
        for player, at in enumerate(places):
            own[player, : len(at)] = at
        return own


@dataclass(frozen=True)
class Rest:
    """What follows the first layer, at any number of hidden states. Equal where the functions are."""

    fn: Callable[[Any, Any], Any]
    n_features: int

    def __call__(self, layer: FirstLayer, hidden: Float[Array, "state hidden"]) -> Float[Array, "state output"]:
        """Outputs at hidden states."""
        program, split = read(self.fn, layer.params, self.n_features)
        leaves = dict(zip(program.params, jax.tree.leaves(layer.params), strict=True))

        def one(state: Array) -> Array:
            sums = _pieces(program, split.hidden, state)
            return program.run({**leaves, **sums}, [program.output])[0].reshape(-1)

        return jax.vmap(one)(hidden)


def bias(layer: FirstLayer) -> Float[Array, " hidden"]:
    """The hidden state without entries."""
    return layer.bias


def read(fn: Callable[[Any, Any], Any], params: Any, n_features: int) -> tuple[Program, Split]:
    """A function's program and split, traced anew: nothing of a trace is kept.

    Raises:
        ValueError: there is no split, as `additive_form` would have found.
    """
    program = program_of(fn, params, n_features)
    split = split_of(program)
    if split is None:
        raise ValueError("the function has no additive first layer")
    return program, split


def additive_form(
    fn: Callable[[Any, Any], Any], params: Any, x: np.ndarray, background: np.ndarray, n_players: int
) -> tuple[AdditiveForm, FirstLayer] | None:
    """A function's additive form and its weights, or None where it has none that is worth it.

    Args:
        fn: `(params, x (row, feature)) -> (row, output)`.
        params: its weights.
        x: float32 rows to explain.
        background: float32 reference rows.
        n_players: columns, or groups of them.
    """
    n_features = x.shape[1]
    n_entries = _worthwhile(fn, params, n_features, n_players)
    if n_entries is None:
        return None
    form, eye = AdditiveForm(Project(fn, n_features), bias, Rest(fn, n_features)), np.eye(n_entries, dtype=np.float32)
    layer = None
    with jax.default_matmul_precision("highest"):
        for rows, references, masks in _tried(x, background):
            matrix, start, gap, size = _weights_and_gap(form, params, eye, rows, references, masks)
            # Where anything is NaN, this is False.
            if not gap <= TOLERANCE * size:
                return None
            layer = layer or FirstLayer(matrix, start, params)
    return None if layer is None else (form, layer)


def _worthwhile(fn: Callable[[Any, Any], Any], params: Any, n_features: int, n_players: int) -> int | None:
    """The entries of a function's first layer, if masked sums cost no more than what they save."""
    try:
        program = program_of(fn, params, n_features)
    except Exception:  # noqa: BLE001
        # It was traced at several rows; what one row breaks, only the function's author knows. It is asked whole.
        return None
    split = split_of(program)
    if split is None:
        return None
    n_hidden, n_entries = sum(split.sizes), len(split.owners)
    if 2 * n_players * n_hidden > WORTH * split.flop or n_entries * max(n_entries, n_hidden) > MOST_ELEMENTS:
        return None
    return n_entries


def _weights(fn: Any, params: Any, n_features: int, eye: Float[Array, "entry entry"]) -> tuple[Array, Array]:
    """The matrix and the bias: the sums are affine in the entries, so their derivative is exact anywhere."""
    program, split = read(fn, params, n_features)
    leaves = dict(zip(program.params, jax.tree.leaves(params), strict=True))

    def sums(entries: Array) -> Array:
        known = {**leaves, **_pieces(program, split.entries, entries)}
        return jnp.concatenate([found.reshape(-1) for found in program.run(known, split.hidden)])

    at_zero = _entries(program, split, params, jnp.zeros(n_features, jnp.float32))
    start, slope = jax.linearize(sums, jnp.where(split.owners < 0, at_zero, 0.0))
    return jax.vmap(slope)(eye), start


def _entries(program: Program, split: Split, params: Any, row: Float[Array, " feature"]) -> Float[Array, " entry"]:
    """The entries of a row, side by side."""
    known = {**dict(zip(program.params, jax.tree.leaves(params), strict=True)), program.x: row[None]}
    return jnp.concatenate([found.reshape(-1) for found in program.run(known, split.entries)])


def _pieces(program: Program, numbers: tuple[int, ...], flat: Float[Array, " side"]) -> dict[int, Array]:
    """Values that lie side by side, by their numbers and in their shapes."""
    shapes = [program.types[number].shape for number in numbers]
    ends = [0, *itertools.accumulate(int(np.prod(shape)) for shape in shapes)]
    parts = [flat] if len(shapes) == 1 else [flat[start:end] for start, end in itertools.pairwise(ends)]
    return {number: part.reshape(shape) for number, part, shape in zip(numbers, parts, shapes, strict=True)}


def _tried(x: np.ndarray, background: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Every row and background row, and masks for their mixes, a fixed number at a time."""
    most = max(len(x), len(background), N_TRIED)
    rng = np.random.default_rng(0)
    for at in range(0, most, N_TRIED):
        masks = rng.random((N_TRIED, x.shape[1])) < np.linspace(0, 1, N_TRIED)[:, None]
        rows, references = (
            table[np.minimum(np.arange(at, at + N_TRIED), most - 1) % len(table)] for table in (x, background)
        )
        yield rows, references, masks


@functools.partial(jax.jit, static_argnames=("form",))
def _weights_and_gap(
    form: Any, params: Any, eye: Array, rows: Array, references: Array, masks: Array
) -> tuple[Array, Array, Array, Array]:
    """The matrix, the bias, the largest difference from the function at mixed rows, and its largest output there.

    `eye` is a runtime value: what is constant, a compiler multiplies itself, slowly.
    """
    fn, n_features = form.project.fn, form.project.n_features
    layer = FirstLayer(*_weights(fn, params, n_features, eye), params)
    wanted = fn(params, jnp.where(masks, rows, references)).astype(jnp.float32)
    ours, theirs = (form.project(layer, table) for table in (rows, references))
    hidden = form.bias(layer) + jnp.where(masks[..., None], ours, theirs).sum(axis=1)
    gap = jnp.abs(form.rest(layer, hidden) - wanted).max()
    # Masks multiply what rows bring, and 0 times NaN is no 0.
    usable = jnp.isfinite(ours).all() & jnp.isfinite(theirs).all()
    return layer.matrix, layer.bias, jnp.where(usable, gap, jnp.inf), jnp.abs(wanted).max()
