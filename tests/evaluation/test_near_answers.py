"""Rows looked up among known ones: against a slow witness, with answers of one's own, and strangers found."""

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import OptionError
from lepton_lab.pictures import html, text

N = 240


@pytest.fixture(scope="module")
def frame():
    draw = np.random.default_rng(0)
    kind = draw.integers(0, 3, N)
    x = draw.normal(size=(N, 3)) * 0.4 + 3 * np.eye(3)[kind]
    df = pd.DataFrame(x, columns=["a", "b", "c"]).assign(kind=np.array(["one", "two", "three"])[kind])
    df.index = [f"r{i}" for i in range(N)]
    return df.assign(part=np.where(np.arange(N) % 4 == 0, "test", "train"))


@pytest.fixture(scope="module")
def model(frame):
    return ll.train(frame, target="kind", quality="fast", split="given:part")


def test_the_nearest_have_the_smallest_angle(model, frame):
    found = ll.nearest(model, frame.iloc[:5].drop(columns=["kind", "part"]), n=4)
    network = model.member("network")
    hidden = network.project(model.encode(frame)).sum(1) - network.project(model.encode(frame)).sum(1).mean(0)
    unit = hidden / np.linalg.norm(hidden, axis=1, keepdims=True)
    cosine = unit[:5] @ unit.T
    np.testing.assert_allclose(found.neighbours.similarity, -np.sort(-cosine)[:, :4], atol=1e-4)
    each = found.to_frame()
    assert list(each.columns) == ["row", "rank", "similarity", "a", "b", "c", "kind"] and len(each) == 20
    assert (each[each["rank"] == 1].kind.to_numpy() == frame.kind.to_numpy()[:5]).all()


def test_strangers_are_out_of_scope_and_most_of_the_known_are_not(model, frame):
    strangers = pd.DataFrame({"a": [-6.0, -5.0], "b": [-6.0, -7.0], "c": [-6.0, -5.0]})
    assert ll.nearest(model, strangers).rows().out_of_scope.all()
    draw = np.random.default_rng(1)
    fresh = pd.DataFrame(draw.normal(size=(90, 3)) * 0.4 + 3 * np.eye(3)[draw.integers(0, 3, 90)], columns=list("abc"))
    found = ll.nearest(model, fresh, keep=0.9)
    assert 0 <= found.out_of_scope.mean() < 0.3
    assert (ll.nearest(model, fresh, keep=0.99).limit > found.limit) and found.rows().index.equals(fresh.index)


def test_answers_of_ones_own_come_back_with_their_columns(model, frame):
    faq = pd.DataFrame({"a": [3.0, 0, 0], "b": [0, 3.0, 0], "c": [0, 0, 3.0], "answer": ["x", "y", "z"]})
    found = ll.nearest(model, pd.DataFrame({"a": [0.1, 2.9], "b": [0.0, 0.1], "c": [3.1, 0.0]}), n=2, known=faq)
    assert found.to_frame().answer.tolist()[::2] == ["z", "x"] and "3 rows given" in found.where


def test_a_loaded_model_wants_known_rows_and_answers_alike(model, frame, tmp_path):
    model.save(tmp_path / "near.lepton")
    again = ll.load(tmp_path / "near.lepton")
    with pytest.raises(OptionError, match=r"ll.nearest\(model, df, known=df_train\)"):
        ll.nearest(again, frame)
    rows = frame.iloc[:7]
    found, before = ll.nearest(again, rows, known=frame), ll.nearest(model, rows)
    np.testing.assert_array_equal(found.neighbours.places, before.neighbours.places)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": True}, {"keep": 1.0}, {"keep": "most"}])
def test_options_that_cannot_work(model, frame, wrong):
    with pytest.raises(OptionError, match="For example"):
        ll.nearest(model, frame, **wrong)


def test_it_is_shown(model, frame):
    found = ll.nearest(model, frame.iloc[:60])
    assert "out of scope" in html(found) and "the first 50" in text(found) and len(html(found)) < 100_000
