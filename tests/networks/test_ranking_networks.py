"""Networks that rank items: what reads a history, and how a row asks for items, against their formulas in numpy."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lepton_lab.networks.encoders import ENCODERS
from lepton_lab.networks.history_mean import HistoryMean, HistoryMeanConfig
from lepton_lab.networks.layout import Layout, ObjectColumn
from lepton_lab.networks.sasrec import SasRec, SasRecConfig
from lepton_lab.networks.tabular import TabularConfig
from lepton_lab.networks.two_tower import TwoTower
from lepton_lab.training.functions import functions_of, take_apart

CODES = jnp.array([[3, 2, 4, 0], [5, 0, 0, 0], [0, 0, 0, 0]], jnp.int32)
SIZES = TabularConfig(hidden=8, heads=1, head_hidden=8, outputs="items")


def draw():
    return np.random.default_rng(0)


def history(name, **options):
    config = ENCODERS[name].config(n_items=4, width=8, **options)
    return ObjectColumn(0, "items", (4,), name, config)


def test_the_mean_is_weighted_by_place_over_the_root_of_the_weights():
    encoder = HistoryMean((4,), HistoryMeanConfig(n_items=4, width=8), draw=draw())
    encoder.log_weight = nnx.Param(np.array([0.5, 0.0, -1.0, 3.0], np.float32))
    table, weight = np.array(encoder.items.table[...]), np.exp([0.5, 0.0, -1.0])
    witness = (weight[:, None] * table[[3, 2, 4]]).sum(axis=0) / np.sqrt(weight.sum())
    found = encoder(CODES)
    np.testing.assert_allclose(found[0], witness, rtol=1e-5)
    assert not np.any(found[2]), "no items say nothing"


@pytest.mark.parametrize("blocks", [1, 2])
def test_attention_sees_no_padding_and_knows_order(blocks):
    encoder = SasRec((4,), SasRecConfig(n_items=4, width=8, blocks=blocks), draw=draw())
    ask = nnx.jit(lambda encoder, codes: encoder(codes))
    found = ask(encoder, CODES)
    assert not np.allclose(ask(encoder, CODES[:, jnp.array([2, 1, 0, 3])])[0], found[0]), "order counts"
    assert not np.any(found[2]) and np.isfinite(np.asarray(found)).all()
    changed = nnx.clone(encoder)
    table = np.array(changed.items.table[...])
    table[0] = 9.0
    changed.items.table = nnx.Param(table)
    np.testing.assert_allclose(ask(changed, CODES), found, atol=1e-5, err_msg="what lies behind the end is never read")


def test_only_the_latest_item_asks_in_the_last_block():
    """Two blocks against both computed in full, the latest place taken."""
    encoder = SasRec((4,), SasRecConfig(n_items=4, width=8, blocks=2), draw=draw())
    there = np.asarray(CODES) > 0

    @nnx.jit
    def in_full(encoder, codes):
        vectors = jnp.where(there[..., None], encoder.items(codes), 0.0)
        x = vectors + encoder.place[...]
        for block in encoder.blocks:
            x = block(x, jnp.asarray(there), None, 0.0, only_latest=False)
        return vectors.sum(1), encoder.norm(x[:, 0]), encoder(codes)

    total, latest, found = in_full(encoder, CODES)
    mean = np.asarray(total) / np.sqrt(np.maximum(there.sum(1), 1))[:, None]
    np.testing.assert_allclose(found[:2], (mean + latest)[:2], atol=1e-5)


@pytest.mark.parametrize("name", ["history_mean", "sasrec"])
def test_a_row_asks_with_the_vectors_that_answer(name):
    layout = Layout((), (), (), (), (), (history(name),))
    network = TwoTower(layout, 3, SIZES, draw=draw())
    term = network.first.terms[0]
    assert network.outputs.items.table is term.encoder.items.table, "one table for lists and answers"
    objects = np.asarray(CODES)
    hidden = jnp.asarray(network.first.bias[...]) + term.of(jnp.asarray(objects))
    query = np.asarray(network.layers(hidden))
    table = np.asarray(term.encoder.items.table[...])
    np.testing.assert_allclose(network.rest_mean(hidden), query @ table[2:5].T, atol=1e-5)
    assert network.rest(hidden).shape == (3, 1, 3)


def test_without_a_history_it_is_a_matrix_factorisation():
    layout = Layout((), (), (0,), (), (12,), ())
    network = TwoTower(layout, 5, SIZES, draw=draw())
    x = jnp.array([[2.0], [3.0], [2.0]])
    structure, params, _ = take_apart(network)
    found = np.asarray(functions_of(structure).jit_mean(params, x))
    assert found.shape == (3, 5) and np.array_equal(found[0], found[2]) and not np.allclose(found[0], found[1])


def test_shared_vectors_are_one_parameter():
    network = TwoTower(Layout((), (), (), (), (), (history("history_mean"),)), 3, SIZES, draw=draw())
    structure, _, _ = take_apart(network)
    assert sum(name.endswith("table") for name in structure.names) == 2  # of items, and of categories
