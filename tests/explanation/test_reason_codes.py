"""Reasons are the largest pushes one way, beyond doubt, in the model's own words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, OptionError
from lepton_lab.explanation.estimate import T_95
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.pictures import html, text


def explained(values: list[list[float]], error: float = 0.0) -> Explanation:
    v = np.array(values)
    n, m = v.shape
    return Explanation(
        v, np.zeros(n), np.array([[f"v{i}{j}" for j in range(m)] for i in range(n)], object),
        tuple(f"c{j}" for j in range(m)), np.full(v.shape, error), error == 0, v.sum(axis=1), ("bad",), "log-odds",
        np.arange(n) + 100, np.zeros(n, int), "", 0, 0.0,
    )  # fmt: skip


def test_the_strongest_pushes_come_first_and_those_the_other_way_never() -> None:
    found = explained([[0.1, -2.0, 0.7], [-1.0, -1.0, -1.0]]).reason_codes(words={"c2": "Owes too much"})
    assert [(r.code, r.words, r.value, r.effect) for r in found[0]] == [
        ("03", "Owes too much", "v02", 0.7), ("01", "c0", "v00", 0.1),
    ]  # fmt: skip
    assert found[1] == () and "nothing pushes" in repr(found)


def test_a_push_within_its_error_is_no_reason() -> None:
    found = explained([[0.1, 0.7]], error=0.2).reason_codes()
    assert [r.column for r in found[0]] == ["c1"] and found[0][0].low == pytest.approx(0.7 - T_95 * 0.2)


def test_reasons_towards_a_low_prediction() -> None:
    assert [r.column for r in explained([[0.1, -2.0, 0.7]]).reason_codes(2, fall=True)[0]] == ["c1"]


def test_a_frame_and_pictures_of_all_rows() -> None:
    found = explained([[0.5, 0.2], [-1.0, 0.3]]).reason_codes(1)
    frame = found.to_frame()
    assert frame.index.tolist() == [100, 101] and frame["code 1"].tolist() == ["01", "02"]
    assert frame["effect 1"].tolist() == [0.5, 0.3]
    assert "01 c0 = v00 (+0.50)" in text(found) and "Reason codes" in html(found)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(OptionError, match="reason_codes"):
        explained([[1.0]]).reason_codes(0)
    with pytest.raises(ColumnError, match="'c0'"):
        explained([[1.0, 1.0]]).reason_codes(words={"c00": "x"})


def test_of_a_linear_function_the_reasons_are_its_largest_terms() -> None:
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(40, 3)), columns=["a", "b", "c"])
    slope = np.array([2.0, -1.0, 0.5])
    found = ll.explain(lambda x: np.asarray(x) @ slope, df, background=df, rows=5).reason_codes(3)
    terms = (df.to_numpy() - df.to_numpy().mean(axis=0)) * slope
    for label, reasons in zip(found.row_labels, found.reasons, strict=True):
        pushes = {name: term for name, term in zip("abc", terms[int(label)], strict=True) if term > 0}
        assert [r.column for r in reasons] == sorted(pushes, key=lambda name: -pushes[name])
