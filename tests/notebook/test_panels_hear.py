"""Every panel hears its page in one way: what it cannot answer is told, and what is no question harms nothing."""

from __future__ import annotations

import json

import pytest

from lepton_lab.errors import LeptonError
from lepton_lab.notebook.panels.twin import TwinnedPanel
from tests.notebook.test_panels_twins import PANELS

pytestmark = pytest.mark.usefixtures("recorded")
WORDS = "<b>no</b> column 'x' 🙂. Did you mean 'y'?"


def told(panel: TwinnedPanel) -> str:
    """All that the page was told, as the JSON it is."""
    return json.dumps([content for content, _ in panel.comm.custom] + panel.comm.updates, ensure_ascii=False)


@pytest.mark.parametrize("name", PANELS)
def test_what_cannot_be_answered_is_told_to_the_view_that_asked(name, monkeypatch):
    panel = PANELS[name]()

    def refuse(content):
        raise LeptonError(WORDS)

    for kind in panel.heard():
        with monkeypatch.context() as patch:
            patch.setattr(panel, "heard", lambda kind=kind: {kind: refuse})
            before = len(panel.comm.custom)
            panel.comm.say({"type": kind, "view": "v", "id": 7})
        assert WORDS in told(panel)
        for content, _ in panel.comm.custom[before:]:
            assert (content["view"], content["id"], content["error"]) == ("v", 7, WORDS)


@pytest.mark.parametrize("name", PANELS)
def test_what_is_no_question_is_left_alone(name):
    panel = PANELS[name]()
    for content in (None, "words", 3, [], {}, {"type": None}, {"type": "nothing we know"}, {"type": "answer"}):
        panel.comm.say(content)
    assert panel.comm.custom == []


@pytest.mark.parametrize("name", PANELS)
def test_messages_without_their_parts_throw_nothing(name):
    """A page may be older than its kernel, or somebody else's: no question of a known kind ends in a traceback."""
    panel = PANELS[name]()
    for kind in panel.heard():
        for odd in ({}, {"k": [], "row": {}, "rows": 3, "ids": [3], "changes": [], "finding": None}):
            panel.comm.say({"type": kind, **odd})
    json.loads(told(panel))
