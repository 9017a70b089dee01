"""The picture of counterfactuals: small, safe, and saying from what to what."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from lepton_lab import pictures
from lepton_lab.data.schema import Column, Kind, Role, Schema
from lepton_lab.data.table import Table
from lepton_lab.explanation.counterfactual.result import Change, Counterfactual, Counterfactuals, RowCounterfactuals

NASTY = "<script>alert(1)</script>"


SCHEMA = Schema(
    (Column("age", Kind.NUMERIC, Role.INPUT, "int64"), Column(NASTY, Kind.CATEGORY, Role.INPUT, "object")), "y"
)
WANTED = "predicted 'good'"


def result(n_rows: int = 3, unit: str = "probability of 'bad'") -> Counterfactuals:
    way = Counterfactual((Change("age", 30, 41),), 0.31, "good", True, 0.75, 0.4)
    both = (Change("age", 30, 35), Change(NASTY, None, "<b>"))
    odd = Counterfactual(both, 0.2, "good", True, 1.6, 0.01, (("age", NASTY),))
    closest = Counterfactual((Change("age", 30, 75),), 0.55, "bad", False, 2.0, 0.2)
    own: dict[str, object] = {"age": 30, NASTY: None}
    rows = [RowCounterfactuals(f"r{i}", own, 0.71, "bad", WANTED, (way, odd)) for i in range(n_rows)]
    why = "no change reaches it: the best reached 0.55"
    rows[1] = RowCounterfactuals("r1", own, 0.9, "bad", WANTED, (), why, closest)
    rows[2] = RowCounterfactuals("r2", own, 0.1, "good", WANTED, (), "it is there already: 0.1")
    lines = 2 * (n_rows - 2) + 1
    table = Table(SCHEMA, {"age": np.full(lines, 41.0), NASTY: np.full(lines, "x", object)}, pd.Index(["r0"] * lines))
    return Counterfactuals(tuple(rows), unit, ("age", NASTY), ("sex",), 0.5, 1234, "", ("a note",), table)


@pytest.mark.parametrize("n_rows", [3, 300])
def test_html_is_whole_small_and_safe(n_rows: int) -> None:
    found = pictures.html(result(n_rows))
    ET.fromstring(found.replace("&nbsp;", " "))
    assert len(found) < 200_000 and "<script" not in found and "<b>" not in found
    for words in (
        "→ 41",
        "30 → 41",
        "71",
        "kept as they are: sex",
        "the best reached 0.55",
        "it is there already",
        "a note",
    ):
        assert words in found
    assert ("and 234 more rows" in found) == (n_rows == 300)


def test_text_says_each_change_and_why_there_is_none() -> None:
    found = pictures.text(result())
    for words in (
        "age: 30 → 41",
        "closest try",
        "age: 30 → 75",
        "the best reached 0.55",
        "hardly ever seen together: age and",
    ):
        assert words in found
    assert "2 of 3" not in found and "1 of 3 rows reach it (1,234 questions to the model" in found


def test_an_estimate_is_no_percentage() -> None:
    found = pictures.text(result(unit="predicted y"))
    assert "predicted y 0.71" in found and "71.0 %" not in found


def test_the_frame_has_a_line_for_each_alternative_and_closest_try() -> None:
    frame = result().to_frame()
    assert frame["alternative"].tolist() == [1, 2, 0] and frame["valid"].tolist() == [True, True, False]
    assert frame["changed"].tolist()[:1] == ["age"] and frame["row"].tolist() == ["r0", "r0", "r1"]
    assert repr(result()) == "Counterfactuals of 3 rows: 1 reach it (predicted 'good'); .to_frame() lists them"
