"""The inside panel's Python half: one row and one class at a time, as the explanation has them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lepton_lab.notebook.panels.inside import InsidePanel
from lepton_lab.pictures.numbers import number
from tests.pictures import examples, inside_examples

pytestmark = pytest.mark.usefixtures("recorded")


def told(inside, **content):
    """What the page is told for a message; None for no answer."""
    panel = InsidePanel(inside)
    panel.comm.say({"view": "v", "type": "row", **content})
    for message, _ in panel.comm.custom:
        json.dumps(message, allow_nan=False)
        return message
    return None


def test_an_images_parts_are_those_of_the_explanation():
    inside = inside_examples.of_image(3, examples.NASTY)
    message = told(inside, row=2, output=1)
    one = inside.objects[2]
    values = one.values(1)
    assert {part["part"]: part["value"] for part in message["parts"]} == dict(enumerate(values))
    assert [abs(part["value"]) for part in message["parts"]] == sorted(np.abs(values), reverse=True)
    assert number(one.ends(1)[0]) in message["ends"] and number(one.ends(1)[1]) in message["ends"]
    assert len(message["shapes"]["paths"]) == len(message["shapes"]["points"]) == len(values)
    assert message["code"] == "ll.explain_inside(model, df, 'scan', row=2)"
    assert message["labels"] == ["0", "1", "2"] and message["outputs"] == list(examples.NASTY)


def test_a_series_signal_has_its_gaps_and_a_text_all_its_characters():
    message = told(inside_examples.of_series(2))
    assert message["shapes"]["signals"][0][10] is None and len(message["shapes"]["fields"]) == 2
    message = told(inside_examples.of_text())
    assert "".join(words for words, _ in message["shapes"]["pieces"]) == inside_examples.TEXT


@pytest.mark.parametrize(
    "content", [{"row": 5}, {"row": -1}, {"row": "0"}, {"output": 7}, {"output": True}, {"row": 0.5}]
)
def test_what_is_not_there_is_no_question(content):
    assert told(inside_examples.of_image(2), **content) is None
