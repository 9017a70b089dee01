"""Rows looked up among known ones: against a slow witness, and with answers of one's own."""

import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab.errors import OptionError
from lepton_lab.pictures import html, text
from tests.small_models import small_frame, small_model

FRAME = small_frame("multiclass").drop(columns="note")


@pytest.fixture(scope="module")
def model():
    return small_model("multiclass")


def test_the_nearest_have_the_smallest_angle(model):
    found = ll.nearest(model, FRAME.iloc[:5].drop(columns="outcome"), n=4)
    network = model.member("network")
    hidden = network.project(model.encode(FRAME)).sum(1)
    hidden = hidden - hidden.mean(0)
    unit = hidden / np.linalg.norm(hidden, axis=1, keepdims=True)
    np.testing.assert_allclose(found.neighbours.similarity, -np.sort(-unit[:5] @ unit.T)[:, :4], atol=1e-4)
    each = found.to_frame()
    assert list(each.columns) == ["row", "rank", "similarity", *model.schema.names, "outcome"] and len(each) == 20
    assert (each[each["rank"] == 1].outcome.to_numpy() == FRAME.outcome.to_numpy()[:5]).all()
    assert found.rows().index.equals(FRAME.index[:5]) and (found.rows().similarity > 0.999).all()


def test_a_higher_share_kept_is_a_higher_limit(model):
    rows = FRAME.iloc[:9]
    assert ll.nearest(model, rows, keep=0.99).limit > ll.nearest(model, rows, keep=0.9).limit


def test_answers_of_ones_own_come_back_with_their_columns(model):
    faq = FRAME.iloc[[3, 30, 60]].assign(answer=["x", "y", "z"])
    found = ll.nearest(model, FRAME.iloc[[60, 3]], n=2, known=faq)
    assert found.to_frame().answer.tolist()[::2] == ["z", "x"] and "3 rows given" in found.where


def test_a_loaded_model_wants_known_rows_and_answers_alike(model, tmp_path):
    model.save(tmp_path / "near.lepton")
    again = ll.load(tmp_path / "near.lepton")
    with pytest.raises(OptionError, match=r"ll.nearest\(model, df, known=df_train\)"):
        ll.nearest(again, FRAME)
    rows = FRAME.iloc[:7]
    found, before = ll.nearest(again, rows, known=FRAME), ll.nearest(model, rows)
    np.testing.assert_array_equal(found.neighbours.places, before.neighbours.places)


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": True}, {"keep": 1.0}, {"keep": "most"}])
def test_options_that_cannot_work(model, wrong):
    with pytest.raises(OptionError, match="For example"):
        ll.nearest(model, FRAME, **wrong)


def test_it_is_shown(model):
    found = ll.nearest(model, FRAME.iloc[:60])
    assert "out of scope" in html(found) and "the first 50" in text(found) and len(html(found)) < 100_000
