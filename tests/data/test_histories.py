"""Events as rows: what came before a moment and nothing of later, whatever the order and the holes of the frame."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lepton_lab as ll
from lepton_lab.data.encode_items import fit_items
from lepton_lab.data.frames import open_frame
from lepton_lab.data.item_lists import ItemList, item_lists_of
from lepton_lab.data.reshaping import reshape_from_json
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, DataError, OptionError

HOW = ll.reshape.histories(user="who", item="what", time="when")
events = st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcd"), st.integers(0, 4)), min_size=1, max_size=25)


def made(df, how=HOW, **more):
    return how.rows(open_frame(df), "what", **more)


@settings(max_examples=40, deadline=None)
@given(events)
def test_a_history_is_what_came_before_the_moment_and_no_more(rows):
    df = pd.DataFrame(rows, columns=["who", "what", "when"])
    found = made(df).frame
    distinct = df.drop_duplicates()
    assert len(found) == len(distinct)
    for _, row in found.iterrows():
        past = distinct[(distinct.who == row.who) & (distinct.when < row.when)]
        past = past.sort_values("when", kind="stable").what.tolist()
        assert ([] if row.history is None else row.history.items.tolist()) == past


@settings(max_examples=30, deadline=None)
@given(events, st.integers(0, 4))
def test_what_comes_later_changes_no_earlier_row(rows, until):
    df = pd.DataFrame(rows, columns=["who", "what", "when"])
    early = df[df.when <= until]
    if len(early):
        found = [frame[frame.when <= until] for frame in (made(df).frame, made(early).frame)]
        one, other = (sorted(zip(f.who, f.when, map(str, f.history), f.what, strict=True)) for f in found)
        assert one == other


def test_a_later_frame_has_one_row_a_user_with_all_that_came():
    df = pd.DataFrame({"who": [2, 1, 2], "what": ["a", "b", "c"], "when": [5, 1, 3], "age": [30, 20, 30]})
    found = made(df, ahead=True).frame
    assert {who: h.items.tolist() for who, h in found.history.items()} == {1: ["b"], 2: ["c", "a"]}
    assert found.index.name == "who" and "what" not in found


def test_what_was_found_is_said():
    df = pd.DataFrame(
        {"who": [1, 1, 1, 1, 2, None], "what": ["b", "a", "a", "c", "d", "e"], "when": [3, 1, 1, 1, 1, 1.0]}
    )
    said = {finding.kind: finding.message for finding in made(df).findings}
    assert set(said) == {f"histories_{w}" for w in ("left_out", "unsorted", "doubled", "ties", "single")}
    assert "1 rows lack" in said["histories_left_out"] and "1 users have one event" in said["histories_single"]


def test_columns_known_of_a_user_are_inputs_and_those_that_tell_the_item_are_none():
    draw = np.random.default_rng(0)
    who, what = draw.integers(0, 12, 200), draw.integers(0, 6, 200)
    df = pd.DataFrame({"who": who, "what": what, "when": np.arange(200), "land": who % 3, "title": what * 7,
                       "rating": draw.integers(1, 6, 200), "street": who})  # fmt: skip
    assert made(df).reshape.columns == ("land",), "a street only names its user"
    with pytest.raises(ColumnError, match=r"'title' has one value for each 'what'.*Leave it out"):
        made(df, ll.reshape.histories(user="who", item="what", time="when", columns=["title"]))
    liked = made(df, ll.reshape.histories(user="who", item="what", time="when", rating="rating", at_least=4)).frame
    assert len(liked) == (df.rating >= 4).sum()


def test_columns_of_items_are_found_named_or_refused():
    draw = np.random.default_rng(1)
    what = draw.integers(0, 30, 400)
    df = pd.DataFrame({"who": draw.integers(0, 25, 400), "what": what, "when": np.arange(400)})
    df = df.assign(stars=draw.integers(1, 6, 400), tags=[["a b", "b", "a", "c"][w % 4] for w in what], nr=what + 7000)
    df = df.assign(price=np.where(what > 2, what / 4, np.nan), year=[str(1990 + w) if w else "none" for w in what])
    made_of = made(df, taken=set())
    assert made_of.reshape.item_columns == ("tags", "price", "year"), "stars change, nr only names them"
    block = fit_items("h", item_lists_of([list(range(30))]), tuple(range(30)), made_of.catalogue)
    tags = block.side.columns[0]
    assert tags.words == ("a", "b", "c") and tags.between, "fewer words than cells"
    x = tags.features(np.array(["a b", None, "new"], object))
    np.testing.assert_allclose(x, [[0.5**0.5, 0.5**0.5, 0], [0, 0, 0], [0, 0, 0]])
    price = block.side.columns[1]
    found = price.features(np.array([np.nan, price.edges[1], -5.0, (price.edges[1] + price.edges[2]) / 2]))
    assert found.sum(axis=1).tolist() == pytest.approx([0, 1, 1, 1]) and found[1, 1] == found[2, 0] == 1
    assert found[3, 1] == pytest.approx(0.5) == found[3, 2], "between two edges"
    assert type(block).from_json(json.loads(json.dumps(block.to_json()))).side == block.side
    none = ll.reshape.histories(user="who", item="what", time="when", item_columns=[])
    assert made(df, none, taken=set()).catalogue is None
    changing = made(df, replace(none, item_columns=("stars",)), taken=set())
    assert "'stars' changes over time in 30 items" in changing.findings[-1].message
    first = df.drop_duplicates("what").set_index("what")["stars"]
    assert changing.catalogue.columns["stars"].tolist() == first[changing.catalogue.items].tolist()
    with pytest.raises(ColumnError, match="'name' has no two values, and no word that two items share"):
        made(df.assign(name="n" + df["what"].astype(str)), replace(none, item_columns=("name",)), taken=set())


def test_files_of_before_there_were_columns_of_items_read_none():
    told = HOW.to_json()
    assert reshape_from_json(told) == HOW and told.pop("item_columns") is None
    assert reshape_from_json(told).item_columns == ()


def test_a_table_of_events_ranks_items_by_time():
    df = pd.DataFrame({"who": np.arange(60) % 7, "what": np.arange(60) % 5, "when": np.arange(60)})
    table, task, _ = read_table(df, target="what", reshape=HOW)
    assert task.name == "ranking" and task.classes == (0, 1, 2, 3, 4)
    assert table.schema.names == ("history",) and table.times is not None
    later = read_like(table.schema, df.assign(what=df.what + 3), task=task, need_target=True)
    assert later.n_rows == 24 and "never seen" in later.notes[-1], "items that are not known are left out, and said so"


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"what": [[1], [2]]}, ColumnError, "'what' holds no items"),
        ({"when": ["soon", "later"]}, ColumnError, "neither dates nor numbers"),
        ({"who": [None, None]}, DataError, "there are no events"),
    ],
)
def test_frames_that_are_no_events_are_refused(change, error, said):
    df = pd.DataFrame({"who": [1, 2], "what": ["a", "b"], "when": [1, 2]} | change)
    with pytest.raises(error, match=said):
        made(df)


def test_options_that_do_not_fit_are_refused():
    with pytest.raises(OptionError, match=r"target='age'.*target='what'"):
        HOW.rows(open_frame(pd.DataFrame({"who": [1], "what": [1], "when": [1]})), "age")
    with pytest.raises(OptionError, match="rating= and at_least= together"):
        ll.reshape.histories(user="u", item="i", time="t", rating="r")


def test_lists_of_any_kind_are_item_lists():
    found = item_lists_of([["a", "b"], None, np.array([1, 2]), (1.0, 2.0), [], float("nan")])
    assert found is not None and [None if one is None else len(one) for one in found] == [2, None, 2, 2, None, None]
    assert found[2] == found[3] != found[0] and hash(found[2]) == hash(found[3])
    assert item_lists_of(["a"]) is None and item_lists_of([[["a"]]]) is None


def test_codes_follow_the_classes_and_unknown_items_share_one():
    block = fit_items("h", item_lists_of([["b", "x"], None]), ("a", "b", "c"))
    assert block.items == ("a", "b", "c", "x")
    x = block.encode(item_lists_of([["x", "b"], ["new"], None, ["x", "b"]]))
    assert x[2] == 0 and x[0] == x[3] != x[1]
    assert block.shelf.gather(x[:2], 3).tolist() == [[3, 5], [1, 0], [0, 0]], "the latest first, then nothing"
    assert block.seen(x, 3).tolist() == [[False, True, False], [False] * 3, [False] * 3, [False, True, False]]
    again = type(block).from_json(block.to_json())
    assert again == block and again.prepare(ItemList(["c"])).tolist() == [4]
