"""Texts as read from any cell, and token lists packed into rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.data.packed_rows import lay_out, pack
from lepton_lab.data.texts import distinct_texts, read_text, read_texts
from lepton_lab.errors import MissingPackageError
from lepton_lab.package_files import file_in_package


@pytest.mark.parametrize("nothing", [None, float("nan"), np.nan, pd.NA, pd.NaT, "", " \n\t", b"", "\u3000"])
def test_nothing_to_read_is_none(nothing: object) -> None:
    assert read_text(nothing) is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<b>Hi</b> 😀", "<b>Hi</b> 😀"),
        (3.5, "3.5"),
        (True, "True"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        ("half \ud83d", "half \ufffd"),
        (np.str_("x"), "x"),
    ],
)
def test_any_cell_is_read(cell: object, text: str) -> None:
    assert read_text(cell) == text


@given(st.text(st.characters(), max_size=20))
def test_a_place_in_the_text_is_the_users_own(text: str) -> None:
    read = read_text(text)
    assert read is None or (len(read) == len(text) and read.encode("utf-8"))


def test_distinct_texts_are_found_again() -> None:
    texts = read_texts(["b", None, "a", "b", ""])
    distinct, where = distinct_texts(texts)
    assert distinct == ["b", "a"]
    assert [None if i < 0 else distinct[i] for i in where] == texts


@given(st.lists(st.integers(1, 16), max_size=60))
def test_every_text_is_packed_once_and_fits(lengths: list[int]) -> None:
    rows = pack(lengths, 16)
    assert sorted(i for row in rows for i in row) == list(range(len(lengths)))
    assert all(sum(lengths[i] for i in row) <= 16 for row in rows)
    # Best fit leaves at most one row half empty.
    assert sum(sum(lengths[i] for i in row) <= 8 for row in rows) <= 1


def test_packed_tokens_lie_side_by_side() -> None:
    packed = lay_out([np.array([7, 8], np.int32), np.array([9], np.int32)], [[0, 1]], (2, 4))
    assert packed.tokens.tolist() == [[7, 8, 9, 0], [0] * 4]
    assert packed.positions.tolist() == [[0, 1, 0, 0], [0] * 4]
    assert packed.owners.tolist() == [[1, 1, 2, 0], [0] * 4]


def test_a_package_that_is_not_there_says_how_to_get_it() -> None:
    with pytest.raises(MissingPackageError, match=r"no-such-thing.*not installed.*pip install it"):
        file_in_package("no_such_thing", "model", purpose="reading", install="pip install it")
    with pytest.raises(MissingPackageError, match="has no file 'model'"):
        file_in_package("numpy", "model", purpose="reading", install="pip install it")
