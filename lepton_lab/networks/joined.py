"""The sum of all columns' projections as one matmul, whose gradient does no work for what is not learned."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@jax.custom_vjp
def project_joined(
    embedded: Float[Array, "row column width"],
    placed: Float[Array, "row column bin"],
    slots: Float[Array, "row slot"],
    vectors: Float[Array, "row category vector"],
    kernel: Float[Array, "feature hidden"],
) -> Float[Array, "row hidden"]:
    """All features of a row side by side, times the kernel.

    The gradient by plain rules takes one matmul for all features, of which the places in bins, the largest part,
    need none while training. Here each part has a matmul of its own: the compiler drops those nobody asks for.

    Args:
        embedded, placed: what each numeric column became; its numbers lie together in the kernel.
        slots, vectors: what category columns became, behind them.
        kernel: a row for each feature.
    """
    return _joined(embedded, placed, slots, vectors) @ kernel


def _joined(embedded: Array, placed: Array, slots: Array, vectors: Array) -> Array:
    numbers = jnp.concatenate([embedded, placed], axis=-1)
    return jnp.concatenate([_flat(numbers), slots, _flat(vectors)], axis=1)


def _forward(embedded: Array, placed: Array, slots: Array, vectors: Array, kernel: Array) -> tuple[Array, tuple]:
    features = _joined(embedded, placed, slots, vectors)
    return features @ kernel, (embedded, placed, slots, vectors, kernel, features)


def _backward(kept: tuple[Array, ...], slope: Array) -> tuple[Array, ...]:
    embedded, placed, slots, vectors, kernel, features = kept
    (_, n_columns, width), n_hidden = embedded.shape, kernel.shape[1]
    n_numbers = n_columns * (width + placed.shape[2])
    n_fixed = n_numbers + slots.shape[1]
    of_numbers = kernel[:n_numbers].reshape(n_columns, width + placed.shape[2], n_hidden)
    return (
        _back(slope, of_numbers[:, :width], embedded),
        _back(slope, of_numbers[:, width:], placed),
        _back(slope, kernel[n_numbers:n_fixed], slots),
        _back(slope, kernel[n_fixed:], vectors),
        features.T @ slope,
    )


def _back(slope: Array, kernel: Array, part: Array) -> Array:
    """The gradient of one part of the features."""
    n_hidden = slope.shape[1]
    return (slope @ kernel.reshape(kernel.size // n_hidden, n_hidden).T).reshape(part.shape)


def _flat(parts: Float[Array, "row column width"]) -> Float[Array, "row feature"]:
    return parts.reshape(parts.shape[0], parts.shape[1] * parts.shape[2])


project_joined.defvjp(_forward, _backward)
