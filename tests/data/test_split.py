"""The laws of a split: parts share no row and miss none, what belongs together stays together, shares are kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lepton_lab.data.rows import Table
from lepton_lab.data.schema import Schema
from lepton_lab.data.split import copies, make_folds, split_rows, together
from lepton_lab.data.table import read_table
from lepton_lab.errors import ColumnError, DataError, OptionError
from lepton_lab.tasks import Binary, Multiclass, Regression
from tests.data import frames

SIZES = [12, 300, 2000, 4999, 5000, 12_000]


def table_of(y, groups=None, times=None, **columns) -> Table:
    n = len(y)
    columns = columns or {"v": np.random.default_rng(n).normal(size=n)}
    return Table(Schema((), "y"), columns, pd.RangeIndex(n), np.asarray(y), None, groups, times)


def classes(n, rate=0.3, seed=0):
    y = (np.random.default_rng(seed).random(n) < rate).astype(np.int32)
    y[:2], y[2:4] = 0, 1
    return y


BINARY = Binary("no", "yes")


def parts_of(split):
    parts = [split.train, split.valid, split.test]
    return parts if split.folds is None else [*parts[2:], *(valid for _, valid in split.folds)]


def check_laws(split, n, *, by_time=False):
    whole = np.sort(np.concatenate([split.train, split.valid, split.test]))
    assert whole.tolist() == list(range(n))
    for train, valid in split.folds or ():
        assert len(train) and len(valid) and not np.intersect1d(train, valid).size
        assert np.isin(np.concatenate([train, valid]), split.train).all()
    if split.folds is not None and not by_time:
        seen = np.sort(np.concatenate([valid for _, valid in split.folds]))
        assert seen.tolist() == split.train.tolist()
        for train, valid in split.folds:
            assert len(train) + len(valid) == len(split.train)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("how", [None, "random", "stratified"])
@pytest.mark.parametrize("task", [BINARY, Regression()])
def test_sizes_follow_the_design(n, how, task):
    y = classes(n) if task.classes else np.random.default_rng(0).normal(size=n)
    split = split_rows(table_of(y), task, split=how, seed=0)
    check_laws(split, n)
    assert split.nested == (n < 5000) and (split.folds is None) == (n >= 5000)
    if n >= 5000:
        assert len(split.test) == pytest.approx(0.2 * n, abs=3)
        assert len(split.valid) == pytest.approx(0.15 * n, abs=3)
    else:
        assert len(split.folds) == 5
        assert max(len(v) for _, v in split.folds) - min(len(v) for _, v in split.folds) <= 3


def test_the_test_set_has_at_most_20_000_rows():
    split = split_rows(table_of(classes(150_000)), BINARY, split=None, seed=0)
    assert len(split.test) == pytest.approx(20_000, abs=3) and len(split.valid) == pytest.approx(22_500, abs=3)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([40, 300, 2500, 6000]), st.floats(0.02, 0.5), st.integers(0, 99))
def test_classes_keep_their_shares(n, rate, seed):
    y = classes(n, rate, seed)
    split = split_rows(table_of(y), BINARY, split=None, seed=seed)
    check_laws(split, n)
    for part in parts_of(split):
        if len(part):
            assert abs(y[part].sum() - y.mean() * len(part)) <= 2


@settings(max_examples=25, deadline=None)
@given(st.integers(12, 80), st.integers(2, 6), st.integers(0, 99))
def test_small_tables_of_several_classes(n, n_classes, seed):
    rng = np.random.default_rng(seed)
    y = np.r_[np.repeat(np.arange(n_classes), 2), rng.integers(0, n_classes, n)].astype(np.int32)
    split = split_rows(table_of(y), Multiclass(tuple(range(n_classes))), split=None, seed=seed)
    check_laws(split, len(y))
    counts = np.stack([np.bincount(y[valid], minlength=n_classes) for _, valid in split.folds])
    assert (counts.max(0) - counts.min(0) <= 2).all()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([60, 600, 2500, 6000]), st.integers(1, 30), st.integers(0, 99))
def test_groups_never_straddle(n, size, seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, max(n // size, 8), n)
    y = classes(n, 0.3, seed)
    split = split_rows(table_of(y, groups), BINARY, split="group:who", seed=seed)
    check_laws(split, n)
    parts = parts_of(split)
    assert sum(len(np.unique(groups[part])) for part in parts) == len(np.unique(groups))
    for train, valid in split.folds or ():
        assert not np.intersect1d(groups[train], groups[valid]).size
    if n >= 5000:
        assert 0.1 < len(split.test) / n < 0.3


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([300, 2500, 6000]), st.integers(0, 99), st.booleans())
def test_copies_of_a_row_never_straddle(n, seed, numbers):
    rng = np.random.default_rng(seed)
    source = rng.integers(0, n // 2, n)
    y = classes(n, 0.3, seed)[source] if not numbers else rng.normal(size=n)[source]
    words = np.array([None if v % 7 == 0 else f"w{v}" for v in source], dtype=object)
    table = table_of(y, v=np.where(source % 5 == 0, np.nan, source * 1.5), w=words)
    task = Regression() if numbers else BINARY
    keys = pd.factorize(pd.MultiIndex.from_arrays([table.columns["v"], words, y]), use_na_sentinel=False)[0]
    split = split_rows(table, task, split=None, seed=seed)
    check_laws(split, n)
    parts = parts_of(split)
    assert sum(len(np.unique(keys[part])) for part in parts) == len(np.unique(keys))
    for train, valid in split.folds or ():
        assert not np.intersect1d(keys[train], keys[valid]).size


def test_copies_are_exact_and_the_target_counts():
    table = table_of(
        [0, 0, 1, 0] * 20 + list(range(30)), v=np.r_[np.tile([1.0, 1.0, 1.0, np.nan], 20), np.arange(30) + 9.0]
    )
    codes = copies(table)
    assert len(np.unique(codes)) == 110, "so many equal rows in so few columns are coincidence"
    rng = np.random.default_rng(0)
    v = np.r_[rng.normal(size=100), 7.0, 7.0, 7.0, np.nan, np.nan]
    codes = copies(table_of([0] * 100 + [0, 0, 1, 1, 1], v=v))
    assert codes[100] == codes[101] != codes[102] and codes[103] == codes[104]


def test_many_rows_for_each_different_one_are_coincidence_and_oversampling_is_not():
    """Coarse columns: to keep equal rows together would make the parts unlike one another."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 140, 6000).astype(float)
    codes = copies(table_of(classes(6000, 0.1, 0), v=coarse))
    assert len(np.unique(codes)) == 6000
    rare = np.repeat(rng.normal(size=50), 50)
    oversampled = copies(table_of(np.r_[np.zeros(2500, np.int32), np.ones(2500, np.int32)],
                                  v=np.r_[rng.normal(size=2500), rare]))  # fmt: skip
    assert len(np.unique(oversampled)) == 2550


def test_groups_joined_by_copies_stay_together():
    rng = np.random.default_rng(0)
    v = rng.normal(size=100)
    v[10] = v[90]  # a row of group 1 is a copy of one of group 9
    together_codes = together(table_of(np.zeros(100, np.int32), np.arange(100) // 10, v=v))
    assert together_codes[10] == together_codes[90] == together_codes[19] == together_codes[99]
    assert len(np.unique(together_codes)) == 9


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([100, 2500, 6000]), st.integers(5, 500), st.integers(0, 99))
def test_by_time_the_future_tests_the_past(n, n_days, seed):
    times = np.random.default_rng(seed).integers(0, n_days, n).astype(float)
    split = split_rows(table_of(classes(n, 0.3, seed), None, times), BINARY, split="time:day", seed=seed)
    check_laws(split, n, by_time=True)
    if len(split.test):
        assert times[split.train].max() < times[split.test].min()
    if len(split.valid):
        assert (
            times[split.train].max() < times[split.valid].min() and times[split.valid].max() < times[split.test].min()
        )
    for train, valid in split.folds or ():
        assert times[train].max() < times[valid].min()


@pytest.mark.parametrize("how", ["random", "stratified", "group:who", "time:day"])
@pytest.mark.parametrize("n", [300, 2500, 6000])
def test_the_same_seed_deals_the_same_rows(how, n):
    groups = np.arange(n) // 3
    table = table_of(classes(n), groups if how.startswith("group") else None, np.arange(n) * 1.0)
    first, again, other = (split_rows(table, BINARY, split=how, seed=s) for s in (5, 5, 6))
    same = lambda a, b: all(np.array_equal(p, q) for p, q in zip(parts_of(a), parts_of(b), strict=True))  # noqa: E731
    assert same(first, again)
    assert same(first, other) == how.startswith("time")


@pytest.mark.parametrize(
    ("table", "how", "error", "words"),
    [
        (table_of(classes(100), np.zeros(100, int)), "group:who", DataError, "every row is in one group"),
        (table_of(classes(6000), np.zeros(6000, int)), "group:who", DataError, "nearly all are in one group"),
        (table_of(classes(100), None, np.zeros(100)), "time:day", DataError, "divided by time.*split='random'"),
        (table_of(classes(6000), None, np.zeros(6000)), "time:day", DataError, "divided by time"),
        (table_of(classes(100)), "time:day", OptionError, "read with the same split"),
        (table_of(classes(100)), "startified", OptionError, "Did you mean 'stratified'"),
    ],
)
def test_what_cannot_be_divided_is_an_error(table, how, error, words):
    with pytest.raises(error, match=words):
        split_rows(table, BINARY, split=how, seed=0)


def test_two_groups_make_two_folds():
    y = classes(100)
    folds = make_folds(table_of(y, np.arange(100) % 2), BINARY, np.arange(100), split="group:who", seed=0)
    assert len(folds) == 2


def test_a_table_of_few_possible_rows_is_divided_all_the_same():
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"sex": rng.choice(["f", "m"], 3000), "bad": rng.choice(["no", "yes"], 3000)})
    table, task, _ = read_table(df, target="bad")
    split = split_rows(table, task, split=None, seed=0)
    check_laws(split, 3000)
    assert [len(valid) for _, valid in split.folds] == pytest.approx([600] * 5, abs=2)


def test_from_a_frame_to_a_split():
    df = frames.credit(400).assign(who=lambda d: d.index // 4)
    table, task, _ = read_table(df, target="bad", split="group:who")
    split = split_rows(table, task, split="group:who", seed=0)
    check_laws(split, 400)
    for train, valid in split.folds:
        assert not np.intersect1d(df["who"].to_numpy()[train], df["who"].to_numpy()[valid]).size


def test_a_given_split_is_taken_as_it_is():
    part = np.array(["train", "Val", "TEST", "training", "dev"] * 20)
    table, task, _ = read_table({"v": np.arange(100.0), "part": part, "y": [0, 1] * 50}, target="y", split="given:part")
    split = split_rows(table, task, split="given:part", seed=0)
    assert table.schema.names == ("v",) and split.folds is None
    assert [rows.tolist() for rows in (split.valid, split.test)] == [
        [i for i in range(100) if i % 5 in (1, 4)],
        [i for i in range(100) if i % 5 == 2],
    ]
    check_laws(split, 100)


@pytest.mark.parametrize("n", [400, 8000])
def test_a_given_split_without_rows_to_steer_by_finds_some(n):
    part = np.where(np.arange(n) % 4, "train", "test")
    table, task, _ = read_table(
        {"v": np.arange(n) * 0.1, "part": part, "y": classes(n)}, target="y", split="given:part"
    )
    split = split_rows(table, task, split="given:part", seed=0)
    assert split.test.tolist() == np.flatnonzero(part == "test").tolist()
    assert (split.folds is None) == (n > 6000) and (len(split.valid) == 0) == (n < 6000)
    check_laws(split, n)


@pytest.mark.parametrize("part", [["train", "maybe"], ["train", "valid"], ["train", None], ["test", "test"]])
def test_a_given_split_that_says_too_little_is_refused(part):
    with pytest.raises(ColumnError, match="column 'part'"):
        read_table({"v": np.arange(20.0), "part": part * 10, "y": [0, 1] * 10}, target="y", split="given:part")
