"""Long frames as rows: what they hold, what they are called, how they are held out, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.data.reshaping import RESHAPES, reshape_from_json, reshape_of, written
from lepton_lab.data.schema import Schema
from lepton_lab.data.split import split_rows
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, DamagedFileError, DataError, OptionError, TargetError

WINDOWS = ll.reshape.windows(id="unit", time="cycle", length=4)


@pytest.fixture(scope="module")
def runs():
    """Eight machines of 20 to 27 cycles; what is left is known of each cycle."""
    draw, parts = np.random.default_rng(0), []
    for unit in range(8):
        n = 20 + unit
        wear = np.cumsum(draw.random(n))
        made = {
            "unit": f"u{unit}",
            "cycle": np.arange(1, n + 1),
            "heat": wear,
            "site": unit % 2,
            "left": n - np.arange(n),
        }
        parts.append(pd.DataFrame(made))
    return pd.concat(parts, ignore_index=True).astype({"left": float})


def windows_by_hand(df, unit, cycle, length):
    one = df[(df["unit"] == unit) & (df["cycle"] <= cycle)].sort_values("cycle")
    return one["heat"].to_numpy()[-length:]


def test_a_row_is_a_step_with_its_past_and_knows_its_name(runs):
    table, task, _ = read_table(runs, target="left", reshape=WINDOWS)
    assert table.schema.names == ("cycle", "series") and table.index.names == ["unit", "cycle"]
    assert task.name == "regression" and table.schema.reshape.columns == ("heat", "site")
    at = table.index.get_loc(("u3", 9))
    np.testing.assert_allclose(table.columns["series"][at].array[:, 0], windows_by_hand(runs, "u3", 9, 4))
    assert table.y[at] == runs.query("unit == 'u3' and cycle == 9")["left"].item()


def test_the_target_and_columns_with_another_part_are_never_in_a_window(runs):
    frame = runs.assign(weight=1.0, group=runs["site"] + 1.5)
    table, _, _ = read_table(
        frame, target="left", reshape=WINDOWS, weights="weight", ignore=["site"], split="group:group"
    )
    assert table.schema.reshape.columns == ("heat",)


def test_later_frames_are_read_as_the_first_was(runs):
    table, task, _ = read_table(runs, target="left", reshape=WINDOWS)
    schema = Schema.from_json(table.schema.to_json())
    assert schema == table.schema
    later = runs.query("unit == 'u7'").drop(columns="left").iloc[::-1]
    read = read_like(schema, later)
    assert list(read.index) == [("u7", c) for c in range(27, 0, -1)]
    again = read_like(schema, read.frame, task=task)  # rows are left as they are
    assert again.n_rows == read.n_rows


def test_every_few_steps_the_last_among_them(runs):
    table, _, _ = read_table(
        runs, target="left", reshape=ll.reshape.windows(id="unit", time="cycle", length=4, stride=6)
    )
    assert [c for u, c in table.index if u == "u2"] == [4, 10, 16, 22]


def test_windows_of_a_series_are_held_out_together(runs):
    table, task, _ = read_table(runs, target="left", reshape=WINDOWS)
    units = np.array([unit for unit, _ in table.index])
    for train, valid in split_rows(table, task, split=None, seed=0).folds:
        assert not set(units[train]) & set(units[valid])


def test_by_time_no_label_of_the_past_lies_in_the_future(runs):
    ahead = ll.reshape.windows(id="unit", time="cycle", length=4, horizon=5)
    table, task, _ = read_table(runs, target="left", reshape=ahead, split="time:cycle")
    cycles = np.array([cycle for _, cycle in table.index])
    np.testing.assert_array_equal(table.until, cycles + 5)
    for train, valid in split_rows(table, task, split="time:cycle", seed=0).folds:
        assert (cycles[train] + 5 < cycles[valid].min()).all()


def test_what_is_to_come_is_predicted_and_not_evaluated(runs):
    ahead = ll.reshape.windows(id="unit", time="cycle", length=4, horizon=5)
    table, task, _ = read_table(runs, target="left", reshape=ahead)
    assert read_like(table.schema, runs).n_rows == len(runs)
    later = read_like(table.schema, runs, task=task, need_target=True)
    # Whose rows they are is what early warnings of any frame count by.
    assert later.n_rows == len(runs) - 8 * 5 and len(np.unique(later.groups)) == 8


def test_rows_that_share_steps_are_not_dealt_at_random(runs):
    with pytest.raises(OptionError, match=r"hold steps of each other.*'group:unit'"):
        read_table(runs, target="left", reshape=WINDOWS, split="random")
    one = runs[runs["unit"] == "u7"]
    assert read_table(one, target="left", reshape=WINDOWS)[0].times is not None  # one series: by time


def test_a_row_a_series(runs):
    told = runs.assign(kind=np.where(runs["unit"].str[1].astype(int) < 4, "a", "b")).rename(columns={"left": "rest"})
    many = pd.concat([told.assign(unit=told["unit"] + tail) for tail in "xyz"])
    table, task, _ = read_table(
        many, target="kind", reshape=ll.reshape.series(id="unit", time="cycle"), ignore=["rest"]
    )
    assert task.name == "binary" and table.n_rows == 24 and table.index.name == "unit"
    assert table.schema.reshape.columns == ("heat",)
    assert [len(one.array) for one in table.columns["series"]][:8] == list(range(20, 28))
    with pytest.raises(TargetError, match=r"'rest' changes within a series.*windows"):
        read_table(many, target="rest", reshape=ll.reshape.series(id="unit", time="cycle"))


def test_what_was_found_on_the_way_is_said(runs):
    shuffled = runs.drop(index=[5, 6]).sample(frac=1, random_state=0)
    _, _, findings = read_table(shuffled, target="left", reshape=WINDOWS)
    assert {"series_unsorted", "series_gaps"} <= {finding.kind for finding in findings}
    check = ll.check(shuffled, target="left", reshape=WINDOWS)
    assert {"series_unsorted", "series_gaps"} <= {finding.kind for finding in check}
    assert check.options["reshape"].columns is None and "split" in check.options
    with pytest.raises(DataError, match="same series and time"):
        read_table(pd.concat([runs, runs.iloc[:2]]), target="left", reshape=WINDOWS)


@pytest.mark.parametrize("value", [
    WINDOWS, ll.reshape.windows(id="u", time="t", length=3, columns=["a", "b"], horizon=2), ll.reshape.series(id="u"),
])  # fmt: skip
def test_a_value_is_the_same_as_json_and_as_code(value):
    assert reshape_from_json(value.to_json()) == value
    assert eval(written(value), {"ll": ll}) == value
    assert hash(value) == hash(reshape_of(value))


def test_as_typed_in_a_notebook():
    assert reshape_of("windows(id=unit, time=cycle, length=4)") == WINDOWS
    assert reshape_of('series(id="unit no", columns=[a, b])').columns == ("a", "b")


@pytest.mark.parametrize(("given", "said"), [
    ("windows(id=unit", "cannot be read"), ("window(id=unit)", "Did you mean 'windows'"), (3, "no way to make rows"),
    ("windows(id=unit, time=t, lenght=3)", "Did you mean 'length'"), ("windows(id=unit)", "lacks"),
])  # fmt: skip
def test_words_that_cannot_be_read(given, said):
    with pytest.raises(OptionError, match=said):
        reshape_of(given)


def test_frames_that_do_not_fit(runs):
    with pytest.raises(OptionError, match=r"a column 'series'.*name='series_steps'"):
        read_table(runs.assign(series=1.0), target="left", reshape=WINDOWS)
    with pytest.raises(ColumnError, match="unti"):
        read_table(runs, target="left", reshape=ll.reshape.windows(id="unti", time="cycle", length=4))
    with pytest.raises(DamagedFileError):
        reshape_from_json({"kind": "nothing"})
    assert set(RESHAPES) >= {"series", "windows"}
