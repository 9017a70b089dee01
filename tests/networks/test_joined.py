"""The joined projection's gradient is that of the plain formula, and of differences."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.networks.joined import project_joined

# Columns, their width and bins, slots, category columns and their vectors.
SIZES = [(3, 2, 4, 5, 2, 3), (0, 2, 4, 5, 2, 3), (3, 2, 4, 0, 0, 3), (2, 4, 3, 0, 1, 8), (0, 4, 32, 16, 0, 8)]
NAMES = ("embedded", "placed", "slots", "vectors", "kernel")


def given(sizes: tuple[int, ...], n_rows: int = 7, n_hidden: int = 6) -> list[jax.Array]:
    """Random arguments."""
    columns, width, bins, slots, categories, vector = sizes
    draw = np.random.default_rng(0)
    n_features = columns * (width + bins) + slots + categories * vector
    shapes = [(n_rows, columns, width), (n_rows, columns, bins), (n_rows, slots), (n_rows, categories, vector)]
    return [jnp.asarray(draw.normal(size=shape).astype(np.float32)) for shape in (*shapes, (n_features, n_hidden))]


def plain(embedded: jax.Array, placed: jax.Array, slots: jax.Array, vectors: jax.Array, kernel: jax.Array) -> jax.Array:
    """Column by column, part by part."""
    total, at = jnp.zeros((len(slots), kernel.shape[1])), 0
    parts = [part[:, j] for j in range(embedded.shape[1]) for part in (embedded, placed)]
    parts += [slots, *(vectors[:, j] for j in range(vectors.shape[1]))]
    for part in parts:
        total = total + part @ kernel[at : at + part.shape[1]]
        at += part.shape[1]
    assert at == len(kernel)
    return total


@pytest.mark.parametrize("sizes", SIZES)
def test_it_is_the_plain_formula_and_so_is_its_gradient(sizes: tuple[int, ...]) -> None:
    arguments = given(sizes)
    every = tuple(range(5))

    def bent(function):  # a slope that differs from row to row
        return lambda *a: jnp.sin(function(*a)).sum()

    @jax.jit
    def both(*a):
        sums = [function(*a) for function in (project_joined, plain)]
        return sums, [jax.grad(bent(function), every)(*a) for function in (project_joined, plain)]

    sums, (found, wanted) = both(*arguments)
    np.testing.assert_allclose(*sums, rtol=1e-4, atol=1e-5)
    for name, a, b in zip(NAMES, found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4, err_msg=name)


def test_its_gradient_is_what_differences_say() -> None:
    arguments = given(SIZES[0])
    draw = np.random.default_rng(1)
    slopes = jax.jit(jax.grad(lambda *a: (project_joined(*a) ** 2).sum(), tuple(range(5))))(*arguments)
    for i, slope in enumerate(slopes):
        way = draw.normal(size=slope.shape)
        sides = []
        for side in (1e-2, -1e-2):
            moved = [np.asarray(a, np.float64) + (side * way if j == i else 0) for j, a in enumerate(arguments)]
            features = np.concatenate(
                [np.concatenate(moved[:2], 2).reshape(7, -1), moved[2], moved[3].reshape(7, -1)], 1
            )
            sides.append(((features @ moved[4]) ** 2).sum())
        assert (slope * way).sum() == pytest.approx((sides[0] - sides[1]) / 2e-2, rel=1e-4), NAMES[i]
