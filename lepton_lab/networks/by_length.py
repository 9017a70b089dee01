"""A batch of texts in groups of about equal length, each computed no longer than it is, in one compiled program."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# Few in a group, so that one long text costs seven others its length and not thirty; a GPU wants more at once.
GROUP, TIMES_ON_GPU = 8, 4
LENGTHS = (16, 32, 64, 128)

Encode = Callable[[Any, Any, Any], Any]


def by_length(encode: Encode, trained: Any, frozen: Any, tokens: Int[Array, "row token"]) -> Float[Array, "row width"]:
    """`encode(trained, frozen, tokens)`, without the padding that a few long texts bring to all others.

    The rows are sorted by length; each group of them goes through the shortest of a few programs that fits. A
    gradient computes each group once more instead of keeping what lies between: the programs would keep it all at
    once, as large as the longest needs it.

    Args:
        encode: gives one vector a row, whatever padding follows; the same object for the same network.
        trained: its parameters, which have a gradient.
        frozen: its other numbers, which have none.
        tokens: 0 for padding, which is at the end.
    """
    n_rows, longest = tokens.shape
    size = GROUP if jax.default_backend() == "cpu" else GROUP * TIMES_ON_GPU
    size = size if n_rows % size == 0 else n_rows
    order = jnp.argsort((tokens > 0).sum(axis=1))
    groups = tokens[order].reshape(n_rows // size, size, longest)
    vectors = jax.lax.map(lambda group: _encoded(encode, trained, frozen, group), groups)
    return vectors.reshape(n_rows, -1)[jnp.argsort(order)]


def _choose(tokens: Any, work: Callable[[Any], Any]) -> Any:
    """`work` on the tokens, cut to the shortest length that holds them all."""
    lengths = [length for length in LENGTHS if length < tokens.shape[1]] + [tokens.shape[1]]
    longest = (tokens > 0).sum(axis=1).max()
    which = sum((longest > length).astype(jnp.int32) for length in lengths[:-1]) + jnp.int32(0)
    return jax.lax.switch(which, [functools.partial(_cut, work, length) for length in lengths], tokens)


def _cut(work: Callable[[Any], Any], length: int, tokens: Any) -> Any:
    return work(tokens[:, :length])


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _encoded(encode: Encode, trained: Any, frozen: Any, tokens: Any) -> Any:
    return _choose(tokens, lambda tokens: encode(trained, frozen, tokens))


def _forward(encode: Encode, trained: Any, frozen: Any, tokens: Any) -> tuple[Any, Any]:
    return _encoded(encode, trained, frozen, tokens), (trained, frozen, tokens)


def _backward(encode: Encode, kept: Any, slope: Any) -> tuple[Any, None, None]:
    trained, frozen, tokens = kept

    def slopes(tokens: Any) -> Any:
        _, pull = jax.vjp(lambda trained: encode(trained, frozen, tokens), trained)
        return pull(slope)[0]

    return _choose(tokens, slopes), None, None


_encoded.defvjp(_forward, _backward)
