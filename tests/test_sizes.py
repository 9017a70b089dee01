"""Amounts of memory: what is read, and what is refused with an example."""

from __future__ import annotations

import pytest

from lepton_lab.errors import OptionError
from lepton_lab.sizes import parse_size


@pytest.mark.parametrize(
    ("typed", "n_bytes"),
    [
        ("500MB", 500 * 10**6),
        ("1.5 gb", 15 * 10**8),
        ("12kB", 12_000),
        (" 2TB ", 2 * 10**12),
        ("7", 7),
        (8e6, 8 * 10**6),
    ],
)
def test_amounts_are_read(typed, n_bytes):
    assert parse_size(typed) == n_bytes


@pytest.mark.parametrize("typed", ["", "0", "much", "1GiB", "-1GB", "1GB2", True, None, float("nan"), 0.0, [1]])
def test_others_are_refused_with_an_example(typed):
    with pytest.raises(OptionError, match="memory='2GB'"):
        parse_size(typed)
