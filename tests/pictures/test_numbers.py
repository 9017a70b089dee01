"""Numbers as people write them. The same cases stand in labextension/panels/tests/format.test.ts."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lepton_lab.pictures import numbers


@pytest.mark.parametrize(
    ("value", "words"),
    [(1234567.8, "1,234,568"), (0.78634, "0.786"), (24.0, "24"), (None, "–"), (math.nan, "–"), (1.5e-9, "1.5e-09"),
     (-0.5, "−0.5"), (0.0, "0"), (math.inf, "∞"), (99999, "99,999"), (0.00012, "0.00012")],
)  # fmt: skip
def test_numbers(value, words):
    assert numbers.number(value) == words


@pytest.mark.parametrize(("value", "words"), [(0.517, "+0.52"), (-0.3, "−0.30"), (0.0, "0.00"), (0.001, "0.00")])
def test_contributions(value, words):
    assert numbers.signed(value) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.3, "30 %"), (0.0123, "1.2 %"), (0.0004, "<0.1 %"), (1.0, "100 %"), (0.985, "98.5 %"), (0.0, "0 %")],
)
def test_shares(share, words):
    assert numbers.percent(share) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [(0.42, "0.4 s"), (42, "42 s"), (185, "3 min 5 s"), (7440, "2 h 4 min"), (3600, "1 h"), (None, "–")],
)
def test_spans_of_time(span, words):
    assert numbers.seconds(span) == words


@pytest.mark.parametrize(
    ("item", "words"),
    [(24.0, "24"), (np.float64(1119.96), "1119.96"), (2019, "2019"), (1234567, "1,234,567"), (True, "True"),
     (np.bool_(False), "False"), (None, "missing"), (math.nan, "missing"), (pd.NA, "missing"), (pd.NaT, "missing"),
     ("below 200", "below 200"), (pd.Timestamp("2020-02-29"), "2020-02-29"),
     (dt.datetime(2020, 2, 29, 13, 5), "2020-02-29 13:05"),
     (np.datetime64("2020-02-29"), "2020-02-29"), (-3.5, "−3.5")],
)  # fmt: skip
def test_the_users_own_values(item, words):
    assert numbers.value(item) == words.replace("1119.96", "1,119.96")


@pytest.mark.parametrize(("values", "decimals"), [([1.04], 2), ([0.3], 2), ([0.03], 3), ([1040.0], 0), ([], 2)])
def test_decimals_of_effects(values, decimals):
    assert numbers.decimals_for(values) == decimals


@given(st.floats(-1e300, 1e300))
def test_a_number_keeps_three_digits(value):
    words = numbers.number(value).replace(",", "").replace("−", "-")
    assert math.isclose(float(words), value, rel_tol=0.0051, abs_tol=1e-300)


@given(st.floats() | st.none() | st.integers() | st.text() | st.booleans() | st.datetimes())
def test_any_value_has_words(item):
    assert isinstance(numbers.value(item), str)
