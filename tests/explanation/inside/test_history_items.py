"""Items of a history as players: what is away leaves its place empty, and names and places are the user's."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_lab.data.encode_items import FIRST_ITEM, NONE, ItemsBlock
from lepton_lab.data.item_lists import ItemList
from lepton_lab.errors import ExplanationError, OptionError
from lepton_lab.explanation.inside.cut import Wanted
from lepton_lab.explanation.inside.history_items import cut_items

BLOCK = ItemsBlock("history", ("milk", "bread", "tea"), read=4)


def test_coalitions_keep_places_and_the_latest_is_first_for_the_model() -> None:
    cut = cut_items(BLOCK, ItemList(["tea", "milk", "bread", "milk", "tea"]), Wanted())
    # The model reads the latest four; the reader sees them in the order in which they came.
    assert cut.names == ("milk (1)", "bread", "milk (2)", "tea") and "latest 4 of 5" in cut.notes[0]
    assert [cut.shown[a:b] for a, b in cut.owner.tolist()] == ["milk", "bread", "milk", "tea"]
    milk, bread, tea = FIRST_ITEM, FIRST_ITEM + 1, FIRST_ITEM + 2
    z = np.array([[1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]])
    assert cut.encoded(z).tolist() == [[tea, milk, bread, milk], [tea, NONE, bread, NONE], [NONE] * 4]


def test_the_latest_few_may_be_asked_for() -> None:
    cut = cut_items(BLOCK, ItemList(["milk", "bread", "tea"]), Wanted(n_parts=2))
    assert cut.names == ("bread", "tea") and "the others stay" in cut.notes[-1]
    milk = FIRST_ITEM
    assert cut.encoded(np.zeros((1, 2))).tolist() == [[NONE, NONE, milk, NONE]]


def test_what_is_no_history_is_said() -> None:
    with pytest.raises(ExplanationError, match="no items"):
        cut_items(BLOCK, ItemList([]), Wanted())
    with pytest.raises(OptionError, match="Choose one of: 'items'"):
        cut_items(BLOCK, ItemList(["milk"]), Wanted(parts="words"))
