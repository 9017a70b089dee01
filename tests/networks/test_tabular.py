"""The tabular network: its additive law, its formulas, and what compilation depends on."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.networks.layers import HeadOutputs, PeriodicEmbedding, SharedHeads, smooth_clip
from lepton_lab.networks.layout import Layout
from lepton_lab.training.functions import functions_of, take_apart
from lepton_lab.training.network_member import NetworkMember
from tests.networks.examples import SMALL, blocks, network, rows
from tests.reference import plain_network

COLUMNS = [(0, 0, 4), (3, 0, 15, 5, 0, 20), (0,), (4,), (14,), (2, 2), (0, 30, 3)]


def member_of(columns: tuple[int, ...], *, n_outputs: int = 1, seed: int = 0) -> NetworkMember:
    """A network with every parameter random."""
    net = network(columns, n_outputs=n_outputs, seed=seed)
    structure, params, _ = take_apart(net)
    layout = Layout.of(blocks(*columns), max_one_hot=SMALL.max_one_hot)
    member = NetworkMember("network", params, layout, n_outputs, SMALL, 0.0, 1.0, structure)
    noise = np.random.default_rng(seed).normal(size=params.flat.shape).astype(np.float32)
    return member.with_flat((params.flat + 0.3 * noise).astype(np.float32))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(COLUMNS[:4]), st.integers(0, 2**31), st.sampled_from([1, 16]))
def test_the_first_layer_is_additive(columns: tuple[int, ...], seed: int, n_rows: int) -> None:
    member, x = member_of(columns, seed=seed), rows(columns, n_rows, seed=seed)
    hidden = member.bias + member.project(x).sum(axis=1)
    np.testing.assert_allclose(member.rest(hidden), member.logits(x), rtol=2e-4, atol=2e-4)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(COLUMNS[:4]), st.integers(0, 2**31))
def test_a_column_moves_only_its_own_projection(columns: tuple[int, ...], seed: int) -> None:
    member, x = member_of(columns, seed=seed), rows(columns, 16, seed=seed)
    column = seed % len(columns)
    other = x.copy()
    other[:, column] = rows(columns, 16, seed=seed + 1)[:, column]
    same = np.delete(member.project(x) == member.project(other), column, axis=1)
    assert same.all()


@pytest.mark.parametrize("columns", COLUMNS, ids=str)
@pytest.mark.parametrize("n_outputs", [1, 3])
def test_it_is_the_network_of_its_formulas(columns: tuple[int, ...], n_outputs: int) -> None:
    member, x = member_of(columns, n_outputs=n_outputs), rows(columns, 6)
    arrays = member.arrays()
    wanted = np.stack([plain_network.network(arrays, member.layout, row) for row in x])
    np.testing.assert_allclose(member.head_logits(x), wanted, rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(member.logits(x), wanted.mean(axis=1), rtol=2e-4, atol=2e-4)
    projected = np.stack([plain_network.project(arrays, member.layout, row) for row in x])
    np.testing.assert_allclose(member.project(x), projected, rtol=2e-4, atol=2e-4)


def test_the_gradient_of_folded_heads_is_that_of_separate_heads() -> None:
    heads = SharedHeads(4, 7, 5, draw=np.random.default_rng(0))
    outputs = HeadOutputs(4, 5, 2, draw=np.random.default_rng(1))
    graph, state = nnx.split((heads, outputs))
    x = jnp.asarray(np.random.default_rng(2).normal(size=(6, 7)).astype(np.float32))

    def folded(state):
        heads, outputs = nnx.merge(graph, state)
        return jnp.sin(outputs(jax.nn.relu(heads(x)))).sum()

    def separate(state):
        heads, outputs = nnx.merge(graph, state)
        kernel, total = heads.kernel[...], jnp.zeros(())
        for i in range(4):
            units = jax.nn.relu((x * heads.scale[...][i]) @ kernel + heads.bias[...][i])
            total += jnp.sin(units @ outputs.kernel[...][i] + outputs.bias[...][i]).sum()
        return total

    found, wanted = (jax.jit(jax.grad(f))(state) for f in (folded, separate))
    for got, want in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
        assert want.any()


def test_the_mean_of_heads_is_the_mean() -> None:
    outputs = HeadOutputs(4, 5, 3, draw=np.random.default_rng(1))
    x = jnp.asarray(np.random.default_rng(2).normal(size=(6, 4, 5)).astype(np.float32))
    np.testing.assert_allclose(outputs.mean(x), outputs(x).mean(axis=1), rtol=1e-5, atol=1e-6)


def test_a_missing_number_starts_as_the_median() -> None:
    embed = PeriodicEmbedding(2, width=4, n_frequencies=6, sigma=0.3, draw=np.random.default_rng(0))
    np.testing.assert_array_equal(embed(jnp.full((1, 2), jnp.nan)), embed(jnp.zeros((1, 2))))


def test_missing_and_unseen_categories_start_as_no_evidence() -> None:
    for columns in [(6,), (40,)]:
        structure, params, _ = take_apart(network(columns))
        projected = np.asarray(functions_of(structure).jit_project(params, np.array([[0.0], [1.0], [2.0]], np.float32)))
        assert not projected[:2].any() and projected[2].any()


def test_smooth_clip_keeps_order_and_bounds() -> None:
    x = np.array([-1e30, -5, -1e-3, 0, 1e-3, 5, 1e30], np.float32)
    y = np.asarray(smooth_clip(jnp.asarray(x)))
    assert (np.diff(y) >= 0).all() and (np.abs(y) <= 3).all()
    np.testing.assert_allclose(y[2:5], x[2:5], rtol=1e-4)


def test_a_table_of_the_same_counts_has_the_same_structure() -> None:
    one, other = take_apart(network((0, 4, 30)))[0], take_apart(network((25, 0, 6)))[0]
    assert one == other and functions_of(one) is functions_of(other)
    assert take_apart(network((0, 0, 30)))[0] != one


def test_the_same_seed_draws_the_same_network() -> None:
    first, again, other = (take_apart(network((0, 4, 30), seed=seed))[1].flat for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
