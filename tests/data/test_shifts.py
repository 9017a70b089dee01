"""Drift: planted changes are found and sized, chance is not, and the figures are what their definitions say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lepton_lab.data.quality import check_table
from lepton_lab.data.shifts import _psi, drift_between
from lepton_lab.errors import DataError


def frame(n: int = 2000, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "job": rng.choice(["cook", "clerk", "smith"], n, p=[0.5, 0.3, 0.2]),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.normal(3, 1, n)),
        }
    )


def test_the_same_population_shows_no_drift() -> None:
    """Over many pairs of 20 columns, hardly any shows a sure difference: p-values are adjusted together."""
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        a, b = (pd.DataFrame(rng.normal(size=(90, 20))).rename(columns=str) for _ in range(2))
        found = drift_between(a, b)
        alarms += any(one.adjusted < 0.05 for one in found)
    assert alarms <= 6  # one in twenty is expected


@pytest.mark.parametrize(
    ("change", "column", "verdict"),
    [
        (lambda df: df.assign(age=df["age"] + 8), "age", "large"),
        (lambda df: df.assign(job=df["job"].replace("smith", "cook")), "job", "large"),
        (lambda df: df.assign(since=df["since"] + pd.Timedelta(400, "D")), "since", "large"),
        (lambda df: df.assign(income=df["income"].where(np.arange(len(df)) % 2 == 0)), "income", "large"),
        (lambda df: df.assign(age="old"), "age", "type"),
    ],
)
def test_planted_drift_is_found_and_nothing_else(change, column, verdict) -> None:
    found = drift_between(frame(seed=1), change(frame(seed=2)))
    assert found.drifted == (column,)
    assert found[column].verdict == verdict
    assert found.columns[0].name == column


def test_psi_is_its_definition() -> None:
    counts = np.array([[10, 20, 30], [25, 20, 15]])
    p, q = ((one + 0.5) / (one + 0.5).sum() for one in counts)
    assert _psi(counts)[0] == pytest.approx(sum((a - b) * np.log(a / b) for a, b in zip(p, q, strict=True)))


def test_psi_by_chance_is_what_equal_populations_have() -> None:
    rng = np.random.default_rng(0)
    cells = np.arange(10)
    drawn = [np.stack([np.bincount(rng.choice(cells, 400), minlength=10) for _ in range(2)]) for _ in range(300)]
    assert np.mean([_psi(one)[0] for one in drawn]) == pytest.approx(_psi(drawn[0])[1], rel=0.1)


def test_distances_are_those_of_their_names() -> None:
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import ks_2samp

    a, b = frame(seed=1), frame(500, seed=2).assign(age=lambda df: df["age"] + 3)
    b["job"] = b["job"].replace("cook", "clerk")
    found = drift_between(a, b)
    assert found["age"].distance == pytest.approx(ks_2samp(a["age"], b["age"]).statistic)
    shares = [df["job"].value_counts(normalize=True).reindex(["cook", "clerk", "smith"], fill_value=0) for df in (a, b)]
    assert found["job"].distance == pytest.approx(jensenshannon(*shares, base=2))
    assert sum(found["age"].shares[1]) == pytest.approx(1)


def test_new_values_and_columns_are_named() -> None:
    b = frame(seed=2).assign(job=lambda df: df["job"].replace("smith", "<b>pilot</b>"), more=1).drop(columns="income")
    found = drift_between(frame(seed=1), b)
    assert found["job"].new == ("<b>pilot</b>",)
    assert found["job"].new_share == pytest.approx((b["job"] == "<b>pilot</b>").mean())
    assert (found.lost, found.added) == (("income",), ("more",))
    kinds = [(f.kind, f.column, f.severity) for f in found.findings]
    assert ("lost_column", "income", "serious") in kinds
    assert ("new_values", "job", "warn") in kinds


def test_trees_see_what_no_single_column_shows() -> None:
    """Each column alone is the same; only together they tell the frames apart."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3000, 2))
    y = rng.normal(size=(3000, 2))
    y[:, 1] = np.where(rng.random(3000) < 0.9, np.abs(y[:, 1]) * np.sign(y[:, 0]), y[:, 1])
    found = drift_between(*(pd.DataFrame(v, columns=["a", "b"]) for v in (x, y)))
    assert found.drifted == ()
    assert found.told_apart is not None
    assert found.told_apart.low > 0.6
    same = drift_between(frame(seed=1), frame(seed=2)).told_apart
    assert same is not None
    assert same.low < 0.5 < same.high


def test_frames_of_any_library_and_of_few_rows() -> None:
    a, b = frame(seed=1), frame(seed=2).assign(age=lambda df: df["age"] + 8)
    assert drift_between(pl.from_pandas(a), pl.from_pandas(b)).drifted == ("age",)
    few = drift_between(a[:5], b[:5])
    assert few.drifted == ()
    assert few.told_apart is None
    with pytest.raises(DataError, match="no rows"):
        drift_between(a, b[:0])


def test_large_frames_are_sampled_and_that_is_said() -> None:
    found = drift_between(frame(3000), frame(2000, 1).assign(age=0.0), rows=1000)
    assert (found.n_rows, found.n_looked) == ((3000, 2000), (1000, 1000))
    assert "age" in found.drifted


def test_a_check_against_a_second_frame_leaves_out_what_is_no_input() -> None:
    a, b = (frame(seed=s).assign(id=np.arange(2000) + s, y=np.arange(2000) % 2) for s in (1, 2))
    check = check_table(a, target="y", ignore=["job"], against=b.assign(job="x", age=b["age"] + 8))
    assert check.drift is not None
    assert {one.name for one in check.drift} == {"age", "since", "income", "y"}
    assert [f.column for f in check if f.kind == "drift"] == ["age"]
