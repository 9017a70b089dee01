"""Segments that were planted are found, told by their rule, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import lepton_lab as ll
from lepton_lab.data.table import read_like
from lepton_lab.errors import DataError, OptionError
from lepton_lab.evaluation.segments.find import segments_of_model
from lepton_lab.pictures import html, text
from tests.evaluation.linear_models import linear_model


@pytest.fixture(scope="module")
def planted() -> tuple[pd.DataFrame, np.ndarray]:
    """Three kinds of rows: students who pay little, families, and pensioners, with noise and a few holes."""
    rng = np.random.default_rng(0)
    kind = rng.choice(3, 400, p=[0.5, 0.3, 0.2])
    df = pd.DataFrame(
        {
            "age": np.array([22, 40, 72])[kind] + rng.normal(0, 3, 400),
            "pays": np.array([10, 60, 30])[kind] + rng.normal(0, 4, 400),
            "plan": np.array(["prepaid", "family", "basic"])[kind],
            "noise": rng.normal(size=400),
        },
        index=pd.Index([f"c{i}" for i in range(400)]),
    )
    df.loc[df.index[:5], "pays"] = np.nan
    return df, kind


def test_planted_segments_of_a_frame_are_found_and_told(planted: tuple[pd.DataFrame, np.ndarray]) -> None:
    df, kind = planted
    found = ll.segments(df, seed=1)
    assert len(found) == 3 and adjusted_rand_score(kind, found.labels) > 0.97 and found.stability > 0.9
    for segment in found.segments:
        inside = df.loc[found.rows(segment.number)]
        assert segment.n_rows == len(inside) and segment.precision > 0.95 and segment.recall > 0.95
        assert any(name in segment.rule for name in ("age", "pays", "plan")) and "noise" not in segment.rule
        trait = next((t for t in segment.traits if t.column == "age"), None)
        assert trait is None or trait.typical == pytest.approx(inside["age"].median())
    assert [s.n_rows for s in found.segments] == sorted((s.n_rows for s in found.segments), reverse=True)
    assert found.to_frame()["segment"].groupby(level=0).first().loc["c0"] == found.labels[0]


def test_the_same_seed_finds_the_same(planted: tuple[pd.DataFrame, np.ndarray]) -> None:
    df, _ = planted
    one, other = ll.segments(df, n=4, seed=3), ll.segments(df, n=4, seed=3)
    assert np.array_equal(one.labels, other.labels) and repr(one) == repr(other) and len(one) == 4


def test_segments_of_a_model_are_by_what_moves_it() -> None:
    """Two reasons to leave, planted: a high price for some, many complaints for others; size of house says nothing."""
    rng = np.random.default_rng(2)
    n = 300
    reason = rng.choice(3, n, p=[0.6, 0.25, 0.15])
    df = pd.DataFrame({"price": np.where(reason == 1, 9.0, 1.0) + rng.normal(0, 0.5, n)})
    df["complaints"] = np.where(reason == 2, 7.0, 0.0) + rng.normal(0, 0.5, n)
    df["house"] = rng.normal(0, 100, n)
    df["left"] = np.where((reason > 0) ^ (rng.random(n) < 0.03), "yes", "no")
    model = linear_model(df, target="left")
    found = ll.segments(model, df)
    assert adjusted_rand_score(reason, found.labels) > 0.95 and len(found) == 3
    by_reason = {reason[found.labels == s.number][0]: s for s in found.segments}
    assert by_reason[1].traits[0].column == "price" and by_reason[2].traits[0].column == "complaints"
    assert by_reason[1].traits[0].effect > 0 and by_reason[1].prediction > by_reason[0].prediction
    assert "price" in by_reason[1].rule and "mean probability of yes" in repr(found)
    page, words = html(found), text(found)
    assert all(s.rule.replace("<", "&lt;") in page and s.rule in words for s in found.segments)
    # An explanation whose time was over early is of the first rows.
    table, explained = read_like(model.schema, df), ll.explain(model, df)
    early = segments_of_model(model, table, explained[:150], n=3, most=8, seed=0)
    assert len(early.labels) == 150 and early.row_labels.tolist() == df.index[:150].tolist()
    assert adjusted_rand_score(reason[:150], early.labels) > 0.9
    with pytest.raises(DataError, match=r"only 5 of 300 rows were explained .* budget='2m'"):
        segments_of_model(model, table, explained[:5], n=3, most=8, seed=0)


def test_rows_without_groups_are_said_to_have_none() -> None:
    found = ll.segments(pd.DataFrame(np.random.default_rng(0).normal(size=(300, 6))).rename(columns=str), n=5)
    assert found.stability < 0.5 and "hardly hold" in found.verdict


@pytest.mark.parametrize(
    ("rows", "options", "error", "words"),
    [
        (50, {"n": 1}, OptionError, "from 2 to 20"),
        (50, {"most": 99}, OptionError, "from 2 to 20"),
        (5, {}, DataError, "too few"),
        (50, {"ignore": ["x"]}, DataError, "no column"),
    ],
)
def test_what_cannot_be(rows: int, options: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ll.segments({"x": np.arange(rows) % 7 + 0.5}, **options)
