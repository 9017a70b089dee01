"""Columns of objects (images, series, texts) beside numbers and categories: each has an encoder of its own.

    hidden = bias + sum_j project_j(x_j) + sum_k W_k encoder_k(object_k)

What the encoder makes of an object enters the hidden state as a number or a category does, as one more term of the
sum. So one column is one player, whatever it holds, and an object's term is computed once however many coalitions it
is in.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float

from lepton_lab.networks.encoders import ENCODERS
from lepton_lab.networks.layers import Position
from lepton_lab.networks.layout import ObjectColumn
from lepton_lab.networks.mix_up import Mix

# Beyond every number of an object: stands for no object where a table has rows to spare.
NO_OBJECT = np.float32(2**25)
# Rows of a table of terms, at least: tables of few and of many objects run the same program.
_FEWEST_TERMS = 128


class Held(Position):
    """Objects at hand, or what is known of them: brought by each call, never trained or saved."""


class ObjectTerm(nnx.Module):
    """What one column of objects adds to the hidden state.

    Shape: numbers of objects `(row,)` to `(row, hidden)`. A missing object (number 0) adds nothing; one that is not
    at hand adds NaN, so that nobody takes it for an answer.

    Args:
        column: where it lies, and what it holds.
        hidden: units of the hidden state.
        draw: of the first parameters.
    """

    def __init__(self, column: ObjectColumn, hidden: int, *, draw: np.random.Generator):
        self.encoder = ENCODERS[column.encoder].module(column.shape, column.config, draw=draw)
        width = int(self.encoder.width)
        self.kernel = nnx.Param((draw.standard_normal((width, hidden)) / math.sqrt(width)).astype(np.float32))
        self.blends = column.kind == "image"
        self.objects = Held(_nothing_of(column))
        self.numbers = Held(np.full(1, NO_OBJECT, np.float32))

    def __call__(
        self, numbers: Float[Array, "row"], key: Any = None, mix: Mix | None = None
    ) -> Float[Array, "row hidden"]:
        """Read the objects with these numbers; with a key as in training, augmented, and blended by `mix`."""
        known = self.numbers[...]
        place = _places(known, numbers)
        objects = jnp.asarray(self.objects[...])[place]
        if mix is not None and self.blends:
            blended, share = mix.images(objects, numbers != 0)
            return share[:, None] * self.of(blended, key)
        found = _where_known(self.of(objects, key), known[place], numbers)
        return found if mix is None else mix.of(found)

    def of(self, objects: Any, key: Any = None) -> Float[Array, "row hidden"]:
        """What objects add."""
        return self.encoder(objects, key) @ self.kernel[...]


class KnownTerm(nnx.Module):
    """A column whose objects were read before: what each adds is looked up.

    Shape: as `ObjectTerm`.

    Args:
        numbers: of the objects, ascending, `NO_OBJECT` behind them `(object,)`.
        terms: what each adds `(object, hidden)`.
    """

    def __init__(self, numbers: np.ndarray, terms: np.ndarray):
        self.numbers, self.terms = Held(numbers), Held(terms)

    @staticmethod
    def of(numbers: np.ndarray, terms: np.ndarray, hidden: int) -> KnownTerm:
        """The table of some objects, with rows to spare."""
        n = max(_FEWEST_TERMS, 1 << max(0, len(numbers) - 1).bit_length())
        table = np.zeros((n, hidden), np.float32)
        table[: len(numbers)] = terms.reshape(len(numbers), hidden)
        return KnownTerm(KnownTerm.padded(numbers, n), table)

    @staticmethod
    def padded(numbers: np.ndarray, n: int) -> np.ndarray:
        """Numbers of objects `(n,)`, the rest of them no object's."""
        known = np.full(n, NO_OBJECT, np.float32)
        known[: len(numbers)] = numbers
        return known

    def __call__(
        self, numbers: Float[Array, "row"], key: Any = None, mix: Mix | None = None
    ) -> Float[Array, "row hidden"]:
        """Look the objects with these numbers up."""
        known = self.numbers[...]
        place = _places(known, numbers)
        found = _where_known(jnp.asarray(self.terms[...])[place], known[place], numbers)
        return found if mix is None else mix.of(found)


def _places(known: Any, numbers: Any) -> Any:
    return jnp.clip(jnp.searchsorted(known, numbers), 0, known.shape[0] - 1)


def _where_known(terms: Any, found: Any, numbers: Any) -> Any:
    terms = jnp.where((found == numbers)[:, None], terms, jnp.nan)
    return jnp.where((numbers == 0)[:, None], 0.0, terms)


def _nothing_of(column: ObjectColumn) -> np.ndarray:
    """One object of nothing, for a network that holds none."""
    shape = tuple(size or 8 for size in column.shape)
    if column.kind == "image":
        return np.zeros((1, *shape), np.uint8)
    if column.kind in ("text", "items"):
        return np.zeros((1, *shape), np.int32)
    return np.full((1, *shape), np.nan, np.float32)
