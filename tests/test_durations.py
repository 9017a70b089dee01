"""Durations as typed by an analyst."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.durations import format_duration, parse_duration
from lepton_lab.errors import OptionError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60s", 60),
        ("5m", 300),
        ("1h", 3600),
        ("1m30s", 90),
        ("1h 30m", 5400),
        ("1.5h", 5400),
        ("2d", 172800),
        ("250ms", 0.25),
        (" 10 S ", 10),
        ("42", 42),
        (42, 42),
        (0.5, 0.5),
    ],
)
def test_reads_spans(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "  ",
        "abc",
        "5x",
        "5m3",
        "5 5s",
        "1m2m",
        "-5s",
        "0s",
        0,
        -1,
        math.nan,
        math.inf,
        True,
        None,
        [1],
        "m5",
        "1e3s",
    ],
)
def test_refuses_what_it_cannot_read(value):
    with pytest.raises(OptionError, match=r"budget='60s'"):
        parse_duration(value)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.44, "0.4s"), (9.96, "10s"), (12.3, "12s"), (90, "1m30s"), (3600, "1h00m"), (7530, "2h05m")]
)
def test_formats_shortly(seconds, text):
    assert format_duration(seconds) == text


@given(st.floats(10, 1e6))
def test_formatting_is_read_back_within_its_rounding(seconds):
    tolerance = 0.5 if seconds < 3599 else 60
    assert abs(parse_duration(format_duration(seconds)) - seconds) <= tolerance
