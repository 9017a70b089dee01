"""The member: any number of rows, arrays out and in again, nothing that pads or batches can be seen."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.errors import DamagedFileError
from lepton_lab.networks.layout import Layout
from lepton_lab.training.network_member import NetworkMember, new_member
from tests.networks.examples import SMALL, blocks, rows
from tests.training.problems import linear, train

COLUMNS = (0, 4, 30, 0)
LAYOUT = Layout.of(blocks(*COLUMNS), max_one_hot=SMALL.max_one_hot)
MEMBER = new_member("network", LAYOUT, 2, SMALL, 10.0, 3.0)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 2500), st.integers(0, 99))
def test_padding_cannot_be_seen(n_rows: int, seed: int) -> None:
    """Other rows, and how many they are, change no row's answer."""
    x = rows(COLUMNS, 2500, seed=seed)
    some = MEMBER.logits(x[:n_rows])
    assert some.shape == (n_rows, 2) and some.dtype == np.float64
    np.testing.assert_allclose(some, MEMBER.logits(x)[:n_rows], rtol=1e-5, atol=1e-5)


def test_no_rows_give_no_logits() -> None:
    assert MEMBER.logits(np.empty((0, 4), np.float32)).shape == (0, 2)
    assert MEMBER.project(np.empty((0, 4), np.float32)).shape == (0, 4, SMALL.hidden)


def test_logits_are_the_mean_of_the_heads_in_the_targets_unit() -> None:
    x = rows(COLUMNS, 20)
    np.testing.assert_allclose(MEMBER.head_logits(x).mean(axis=1), MEMBER.logits(x), rtol=1e-5)
    raw = np.asarray(MEMBER.functions.jit_mean(MEMBER.params, x[:16]))
    np.testing.assert_allclose(10 + 3 * raw, MEMBER.logits(x[:16]), rtol=1e-5)


def test_the_two_halves_give_the_logits() -> None:
    x = rows(COLUMNS, 40)
    np.testing.assert_allclose(MEMBER.rest(MEMBER.bias + MEMBER.project(x).sum(1)), MEMBER.logits(x), rtol=1e-5)


COPIES = {
    "arrays": lambda member: NetworkMember.from_arrays(member.arrays(), member.config_json()),
    "copy": copy.deepcopy,
    "pickle": lambda member: pickle.loads(pickle.dumps(member)),
}


@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES.keys())
def test_a_member_survives_being_written_and_read(again) -> None:
    member, problem = train(linear()).member, linear()
    assert member is not None
    np.testing.assert_array_equal(again(member).logits(problem.x), member.logits(problem.x))


def test_categories_beyond_the_known_say_nothing_and_break_nothing() -> None:
    x = rows(COLUMNS, 3)
    x[:, 1] = [1, 77, 1e6]
    assert np.isfinite(MEMBER.logits(x)).all()
    assert len(np.unique(MEMBER.logits(np.repeat(x[:1], 3, axis=0)[:, :]))) == 2


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda a, c: a.pop("heads.kernel"), "heads.kernel"),
        (lambda a, c: a.update({"first.bias": np.zeros(3, np.float32)}), "shape"),
        (lambda a, c: c.pop("layout"), "layout"),
        (lambda a, c: c["config"].update(hidden=10**12), "hidden"),
        (lambda a, c: c["config"].update(hidden=9_999, heads=9_999), "claim"),
        (lambda a, c: c["config"].update(bins=9_999), "claim"),
        (lambda a, c: c.update(n_outputs=-1), "n_outputs"),
        (lambda a, c: c["layout"].update(numeric=(0, 0)), "columns"),
        (lambda a, c: c["layout"].update(embedded_codes=(10**9,)), "category counts"),
    ],
)
def test_damage_is_named(damage, words: str) -> None:
    arrays, config = MEMBER.arrays(), MEMBER.config_json()
    damage(arrays, config)
    with pytest.raises(DamagedFileError, match=words):
        NetworkMember.from_arrays(arrays, config)
