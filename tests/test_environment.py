"""What counts as a frame, and what `doctor` and `status` say; see test_api for the verbs themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lepton_lab.environment import Condition, Doctor, columns_of, frames_in, is_frame, look_around, size_of
from lepton_lab.packs import CREDIT, DOMAINS, domain_of

COLUMNS = {"age": [1, 2, 3], "bad": [0, 1, 0]}
FRAMES = [
    pd.DataFrame(COLUMNS),
    pd.DataFrame(COLUMNS).convert_dtypes(dtype_backend="pyarrow"),
    pl.DataFrame(COLUMNS),
    pa.table(COLUMNS),
    COLUMNS,
    {name: np.array(column) for name, column in COLUMNS.items()},
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__module__)
def test_frames_of_every_library_are_seen(frame):
    assert is_frame(frame)
    assert columns_of(frame) == ["age", "bad"] and size_of(frame) == (3, 2)


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "df",
        [1, 2],
        {},
        {"a": 1},
        {"a": [1], "b": [1, 2]},
        {"a": "x"},
        np.ones((2, 2)),
        pd.Series([1]),
        {1: {2}},
    ],
)
def test_other_values_are_not(value):
    assert not is_frame(value)


def test_names_that_begin_with_an_underscore_are_ipythons():
    assert list(frames_in({"_": FRAMES[0], "_3": FRAMES[0], "df": FRAMES[0]})) == ["df"]


def test_status_offers_to_attach_a_run_that_goes_on():
    from lepton_lab.journal import create_run

    run = create_run("train", {"target": "bad"}, "f", 3)
    assert look_around({}).next_step == f"%lepton attach {run.id}"
    run.set_status("done")


def test_doctor_prints_what_to_do():
    missing = Condition("anywidget", "missing", "not installed", "pip install anywidget")
    sick = Doctor((Condition("jax", "ok", "0.10"), missing))
    assert repr(sick).splitlines()[0] == "Some things need attention:"
    assert repr(sick).splitlines()[2].endswith("-> pip install anywidget")


def test_a_domain_is_a_value_that_knows_its_targets():
    assert DOMAINS["credit"] is CREDIT is domain_of("credit") is domain_of(CREDIT)
    assert domain_of(None) is None
    assert CREDIT.target_in(["Loan_Status", "x"]) == "Loan_Status"
    assert CREDIT.target_in(["age"]) is None
