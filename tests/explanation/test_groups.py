"""Players: which columns go together, and what is said when groups cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_lab.errors import ColumnError, OptionError
from lepton_lab.explanation.groups import Groups, groups_of

COLUMNS = ("zip", "age", "city", "job")


def test_without_groups_every_column_is_a_player():
    assert groups_of(None, COLUMNS) == groups_of({}, COLUMNS) == Groups(COLUMNS, (0, 1, 2, 3))
    assert groups_of(None, COLUMNS).single


def test_players_come_in_order_of_their_first_column():
    found = groups_of({"work": ["job"], "address": ["city", "zip"]}, COLUMNS)
    assert found == Groups(("address", "age", "work"), (0, 1, 0, 2))
    assert found.columns == ((0, 2), (1,), (3,)) and found.n_players == 3 and not found.single


def test_a_group_may_have_the_name_of_one_of_its_columns():
    assert groups_of({"zip": ["zip", "city"]}, COLUMNS).names == ("zip", "age", "job")


def test_columns_without_names_are_given_by_position():
    names = [f"feature {j}" for j in range(3)]
    assert groups_of({"ends": [0, np.int64(2)]}, names).player_of == (0, 1, 0)
    assert groups_of({"ends": np.array([0, 2])}, names).player_of == (0, 1, 0)
    # A column that has the number as its name comes first.
    assert groups_of({"pair": [1, 0]}, ["1", "2", "0"]).player_of == (0, 1, 0)


def test_what_players_make_of_columns():
    players = groups_of({"address": ["zip", "city"]}, COLUMNS)
    values = np.arange(8.0).reshape(2, 4, 1)
    np.testing.assert_array_equal(players.sums(values)[:, :, 0], [[2, 1, 3], [10, 5, 7]])
    np.testing.assert_array_equal(players.spread(np.array([True, False, False])), [True, False, True, False])
    np.testing.assert_array_equal(players.any(np.array([[False, False, True, False]])), [[True, False, False]])
    data = np.array([[8001, 40, "Zürich", None]], dtype=object)
    assert players.shown(data, COLUMNS).tolist() == [["zip=8001, city=Zürich", 40, None]]


@pytest.mark.parametrize(
    ("groups", "error", "says"),
    [
        ({"address": ["zip", "town"]}, ColumnError, r"no column 'town' in the rows, for the group 'address'"),
        ({"address": ["zip", "citty"]}, ColumnError, "Did you mean 'city'"),
        ({"address": ["zip", 9]}, ColumnError, "no column 9 .*positions go to 3"),
        ({"address": ["zip", -1]}, ColumnError, "no column -1"),
        ({"a": ["zip", "city"], "b": ["city"]}, OptionError, "'a' and 'b' share the column 'city'"),
        ({"a": ["zip", "zip"]}, OptionError, "has the column 'zip' twice"),
        ({"a": []}, OptionError, r"group 'a' is \[\], not a list of columns"),
        ({"a": "zip"}, OptionError, "group 'a' is 'zip', not a list"),
        ({"age": ["zip", "city"]}, OptionError, "'age' is named as a column that is not in it"),
        ([["zip", "city"]], OptionError, "groups is a list, not names with their columns"),
    ],
)
def test_groups_that_cannot_be(groups, error, says):
    with pytest.raises(error, match=says):
        groups_of(groups, COLUMNS)
