"""Rows by label, by position, and by a sample that keeps proportions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.data.pick_rows import label_from_text, pick_rows, position_of, sample_rows
from lepton_lab.errors import OptionError

TEXTS = pd.Index(["ann", "bob", "cid"])
DATES = pd.date_range("2024-01-01", periods=3)


@pytest.mark.parametrize(
    ("index", "asked", "positions"),
    [
        (pd.RangeIndex(5), {}, [0, 1, 2, 3, 4]),
        (pd.Index([10, 17, 12]), {"row": 17}, [1]),
        (pd.Index([10, 17, 12]), {"at": 2}, [2]),
        (pd.Index([10, 17, 12]), {"at": -1}, [2]),
        (TEXTS, {"row": "cid"}, [2]),
        (DATES, {"row": pd.Timestamp("2024-01-02")}, [1]),
        (DATES, {"row": "2024-01-02"}, [1]),
        (pd.MultiIndex.from_tuples([("a", 1), ("a", 2)]), {"row": ("a", 2)}, [1]),
        (pd.RangeIndex(5), {"rows": 9}, [0, 1, 2, 3, 4]),
    ],
)
def test_picks(index, asked, positions):
    assert pick_rows(index, **asked).tolist() == positions


@pytest.mark.parametrize(
    ("index", "asked", "words"),
    [
        (pd.RangeIndex(5), {"row": 99}, r"no row of df has the index label 99 \(5 rows, labels such as 0, 1, 2, ...\)"),
        (TEXTS, {"row": "ane"}, "Did you mean 'ann'"),
        (TEXTS, {"row": [1]}, "no row of df"),
        (pd.Index([7, 8, 7]), {"row": 7}, r"2 rows of df .* label 7 \(at the positions 0, 2\).*at=0"),
        (pd.Index(["a", "a", "b"]), {"row": "a"}, "2 rows of df"),
        (pd.RangeIndex(5), {"at": 5}, r"at=5 is out of range: df has 5 rows. Positions go from 0 to 4"),
        (pd.RangeIndex(5), {"at": -6}, "out of range"),
        (pd.RangeIndex(5), {"rows": 0}, "at least 1"),
        (pd.RangeIndex(5), {"rows": 2.5}, "at least 1"),
        (pd.RangeIndex(5), {"rows": 2, "row": 1}, "rows and row were given together"),
    ],
)
def test_refuses(index, asked, words):
    with pytest.raises(OptionError, match=words):
        pick_rows(index, **asked, where="df")


@pytest.mark.parametrize(
    ("text", "index", "label"),
    [
        ("17", pd.RangeIndex(100), 17),
        ("17", pd.Index(["17", "18"]), "17"),
        ("1.5", pd.Index([1.5, 2.5]), 1.5),
        ("2024-01-02", DATES, pd.Timestamp("2024-01-02")),
        ("17", pd.Index([17, "a"], dtype=object), 17),
        ("bob", TEXTS, "bob"),
        ("x17", pd.RangeIndex(3), "x17"),
    ],
)
def test_typed_labels_take_the_type_of_the_index(text, index, label):
    found = label_from_text(text, index)
    assert found == label and type(found) is type(label)


@given(st.integers(1, 400), st.integers(1, 400), st.integers(2, 6), st.integers(0, 9))
def test_a_sample_keeps_the_share_of_each_stratum(n_rows, n, n_strata, seed):
    strata = np.random.default_rng(seed).integers(0, n_strata, n_rows)
    picked = sample_rows(n_rows, n, strata=strata, seed=seed)
    assert len(picked) == len(set(picked.tolist())) == min(n, n_rows)
    assert picked.tolist() == sorted(picked.tolist())
    wanted = np.bincount(strata, minlength=n_strata) * len(picked) / n_rows
    assert np.all(np.abs(np.bincount(strata[picked], minlength=n_strata) - wanted) < 1 + 1e-9)


def test_a_sample_is_the_same_for_a_seed_and_another_for_another():
    assert sample_rows(1000, 50, seed=1).tolist() == sample_rows(1000, 50, seed=1).tolist()
    assert sample_rows(1000, 50, seed=1).tolist() != sample_rows(1000, 50, seed=2).tolist()


def test_position_of_names_the_frame():
    with pytest.raises(OptionError, match="the held-out rows"):
        position_of(pd.RangeIndex(3), 9, where="the held-out rows")
