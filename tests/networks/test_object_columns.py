"""Columns of objects inside a network: one more term of the sum, read once, looked up after that."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.data.encode_image import ImageBlock
from lepton_lab.data.encode_series import SeriesBlock
from lepton_lab.errors import DataError
from lepton_lab.networks.layout import Layout
from lepton_lab.networks.object_columns import NO_OBJECT, KnownTerm
from lepton_lab.training.functions import NetworkParams
from lepton_lab.training.network_member import NetworkMember, new_member
from lepton_lab.training.objects_at_hand import put_objects
from tests.networks.examples import SMALL, Block
from tests.small_encoders import small_encoders

__all__ = ["small_encoders"]  # a fixture

DRAW = np.random.default_rng(0)
IMAGES = [DRAW.integers(0, 255, (8, 8, 1), dtype=np.uint8) for _ in range(5)]


BLOCKS = (Block("numeric"), ImageBlock("image", 8, 8, 1), Block("category", 4), SeriesBlock("w", (0.0,), (1.0,), 16))
BLOCKS[1].shelf.put(IMAGES)
BLOCKS[3].shelf.put(DRAW.normal(size=(n, 1)).astype(np.float32) for n in (3, 16, 9))


@pytest.fixture(scope="module")
def member(small_encoders):
    """A network of a number, an image, a category and a series."""
    return new_member("network", Layout.of(BLOCKS, max_one_hot=SMALL.max_one_hot), 2, SMALL).on(BLOCKS)


def rows(n: int = 7) -> np.ndarray:
    draw = np.random.default_rng(1)
    x = np.stack([draw.normal(size=n), draw.integers(0, 6, n), draw.integers(0, 4, n), draw.integers(0, 4, n)], axis=1)
    return x.astype(np.float32)


def test_an_object_adds_one_term_of_the_sum(member):
    x = rows()
    whole = member.rest(member.bias + member.project(x).sum(axis=1))
    assert member.project(x).shape == (7, 4, SMALL.hidden)
    np.testing.assert_allclose(whole, member.logits(x), atol=1e-5)


def test_what_is_looked_up_is_what_the_encoder_reads(member):
    x = rows()
    number = 3
    read = member.structure.network(member.params).first.terms[0].of(jnp.asarray(IMAGES[number - 1][None]))
    x[:, 1] = number
    np.testing.assert_allclose(member.project(x)[:, 1], np.repeat(np.asarray(read), 7, axis=0), atol=1e-6)


def test_a_missing_object_adds_nothing(member):
    x = rows()
    x[:, 1] = 0
    assert (member.project(x)[:, 1] == 0).all()


def test_an_object_that_is_gone_is_an_error_and_never_an_answer(member):
    x = rows()
    x[2, 1] = 77
    with pytest.raises(DataError, match="object 77 of a row is not kept any more"):
        member.logits(x)
    held = member.holding(rows())
    assert np.isnan(held.logits(x)[2]).all()


def test_many_rows_read_each_object_once(member):
    fresh = member.with_flat(member.params.flat)
    x = np.tile(rows(), (40, 1))
    fresh.logits(x)
    assert sorted(fresh.reader.terms[0]) == sorted(set(x[:, 1]) - {0})
    np.testing.assert_allclose(fresh.logits(x)[:7], fresh.logits(x[:7]), atol=1e-6)


def test_new_weights_read_anew(member):
    x = rows()
    before = member.logits(x)
    after = member.with_flat(np.asarray(member.params.flat) * 1.5).logits(x)
    assert not np.allclose(before, after)


def test_a_member_is_what_its_arrays_say(member):
    again = NetworkMember.from_arrays(member.arrays(), member.config_json())
    again = again.on(BLOCKS)
    np.testing.assert_array_equal(again.logits(rows()), member.logits(rows()))
    assert again.structure == member.structure


def test_a_table_of_terms_keeps_its_shape_for_some_more_objects():
    few = KnownTerm.of(np.array([2.0, 9.0], np.float32), np.ones((2, 4), np.float32), 4)
    more = KnownTerm.of(np.arange(1, 101, dtype=np.float32), np.ones((100, 4), np.float32), 4)
    assert few.terms[...].shape == more.terms[...].shape
    found = np.asarray(few(jnp.array([9, 0, 3, NO_OBJECT], jnp.float32)))
    assert (found[0] == 1).all() and (found[1] == 0).all() and np.isnan(found[2]).all()


def test_a_training_step_reads_objects_and_its_gradient_reaches_the_encoders(member):
    x = rows()
    x[:, [1, 3]] = np.clip(x[:, [1, 3]], 1, 3)
    reader, structure = member.reader, member.structure
    positions = put_objects(member.params.positions, reader.columns, reader.shelves, x)

    def loss(flat, positions):
        return (structure.network(NetworkParams(flat, positions)).learning(jnp.asarray(x), jnp.int32(0))[0] ** 2).sum()

    slope = np.asarray(jax.jit(jax.grad(loss))(np.asarray(member.params.flat), positions))
    found = dict(zip(structure.names, jax.tree.leaves(structure.unflatten(slope)), strict=True))
    kernels = [name for name in found if "encoder" in name and "kernel" in name]
    assert kernels and all(np.abs(found[name]).max() > 0 for name in kernels)
