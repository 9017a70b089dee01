"""Objects in the panels: an explained row's looked into in place, another row's put into a what-if."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import OptionError
from lepton_lab.evaluation.ask_inside import can_look_inside
from lepton_lab.explanation.inside.cut import Wanted
from lepton_lab.notebook.panels.explanation_messages import one_row
from lepton_lab.notebook.panels.inside_in_place import InsideInPlace
from lepton_lab.notebook.panels.inside_worker import Hearing, InsideWorker, Question
from lepton_lab.notebook.panels.whatif_objects import PageObjects
from lepton_lab.pictures.scenario_json import code, written
from tests.evaluation.linear_models import linear_model

WAIT_S = 120


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Images, series and lists that say little: what is asked of them is whose they are."""
    draw = np.random.default_rng(0)
    kind = draw.choice(["no", "yes"], 80)
    images = draw.integers(0, 60, (80, 8, 8), dtype=np.uint8)
    images[kind == "yes", 2:4, 4:6] += 150
    bought = [list(draw.choice(["milk", "tea", "rum"], 3)) for _ in range(80)]
    waves = list(draw.normal(size=(80, 8, 2)))
    return pd.DataFrame(
        {"scan": list(images), "wave": waves, "bought": bought, "age": draw.normal(50, 10, 80), "kind": kind}
    )


@pytest.fixture(scope="module")
def model(frame):
    return linear_model(frame, "kind")


def test_an_explained_row_is_looked_into_as_its_frame_is(model, frame):
    ex = ll.explain(model, frame.head(3))
    wanted = Wanted("patches", None, "black")
    answered, said = threading.Event(), []
    InsideInPlace(ex, lambda _: answered.set()).ask(Question(1, "scan", wanted), "yes", said.append)
    assert answered.wait(WAIT_S)
    told = said[-1]["told"]
    found = ll.explain_inside(model, frame, "scan", at=1, parts="patches", baseline="black")
    by_part = {one["part"]: one["value"] for one in told["parts"]}
    np.testing.assert_allclose([by_part[k] for k in range(len(by_part))], found.objects[0].values(), atol=1e-9)
    line = "ll.explain_inside(model, df, 'scan', row=1, parts='patches', baseline='black')"
    assert told["code"] == line and said[0]["working"]
    # Functions, files and groups of columns leave the line of code.
    assert can_look_inside(ex) and can_look_inside(ex[1:2])
    assert not can_look_inside(ll.explain(model, frame.head(2), groups={"both": ["scan", "age"]}))


def test_a_category_of_many_words_is_nothing_to_look_into(frame):
    paid = np.where(np.arange(80) % 2, "all loans here were paid back duly", "delay in paying off in the past")
    told = linear_model(frame.assign(paid=paid)[["scan", "paid", "age", "kind"]], "kind")
    message = one_row(ll.explain(told, frame.assign(paid=paid).head(2)), 0, 0)
    assert [one["name"] for one in message["inside"]] == ["scan"]


def test_the_newest_question_is_answered_and_no_other(model, frame):
    worker, first, second = InsideWorker(ll.explain(model, frame.head(3))), [], []
    begun, done, refused = threading.Event(), threading.Event(), threading.Event()

    def answered(found) -> None:
        second.append(found)
        done.set()

    def newest(_progress) -> None:
        if not begun.is_set():
            begun.set()
            worker.ask(Question(2, "wave"), Hearing(lambda _: None, answered, second.append))

    def refuse(words: str) -> None:
        first.append(words)
        refused.set()

    worker.ask(Question(0, "scan"), Hearing(newest, first.append, first.append))
    assert done.wait(WAIT_S)
    assert first == [] and second[0].row_labels.tolist() == [2]
    worker.ask(Question(0, "age"), Hearing(lambda _: None, first.append, refuse))
    assert refused.wait(WAIT_S) and "nothing inside" in first[0]


def test_another_rows_object_takes_the_place_of_the_rows_own(model, frame):
    asked = ll.whatif(model, frame, row=3)
    page = PageObjects(asked)
    scan, wave, bought, _age = page.of_page(list(asked.columns))
    assert (scan["kind"], wave["kind"], bought["kind"]) == ("object", "object", "items")
    assert scan["value"] == "own" and set(scan["pictures"]) == {one["value"] for one in scan["categories"]}
    assert bought["value"].splitlines() == frame["bought"][3]
    key, words = scan["categories"][5]["value"], scan["categories"][5]["shown"]
    changes = page.read({"scan": key, "bought": "milk\n tea \n", "wave": None})
    other = int(words.rsplit(maxsplit=1)[-1])
    changed = frame.loc[[3]].assign(scan=[frame["scan"][other]], bought=[["milk", "tea"]], wave=[None])
    answer = asked.answer(changes)
    np.testing.assert_allclose(answer.link, model.logits(changed)[0], rtol=1e-5)
    assert page.to_page(changes) == {"scan": key, "bought": "milk\ntea", "wave": None}
    # The line that is copied says the same.
    line = code(asked, f".answer({written(asked, answer.changes)})").replace("(model, ", "(model, df, ")
    np.testing.assert_allclose(eval(line, {"ll": ll, "model": model, "df": frame}).link, answer.link, rtol=1e-6)
    with pytest.raises(OptionError, match="9999"):
        asked.values_of(9999)


def test_channels_bear_the_names_of_the_columns_they_are_made_of():
    ahead = ll.reshape.forecast(time="day", horizon=7, past=["rain"])
    assert ahead.channels("sold") == ("sold", "rain")
    assert ll.reshape.windows(id="machine", time="step", columns=["heat", "noise"], length=9).channels("left") == (
        "heat",
        "noise",
    )
    assert Wanted(channels=("heat", "noise")).channels_of(2) == ("heat", "noise")
    assert Wanted(channels=("heat", "noise")).channels_of(3) == ("channel 1", "channel 2", "channel 3")
