"""Events (who, what, when) as one row an event: what its user had done before it, and which item came then.

Nothing of the future is in a row: its history ends before the event's own moment, and events of one moment are in
no history of each other, because nobody knows which of them came first.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lepton_lab.data.encode_items import MOST_KEPT
from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame
from lepton_lab.data.item_lists import ItemList
from lepton_lab.data.kinds import infer_kind
from lepton_lab.data.objects import object_array
from lepton_lab.data.values import Family, Values, read_values
from lepton_lab.errors import ColumnError, DataError


@dataclass(frozen=True)
class Events:
    """Events in the order of users and, within them, of time; made by `read_events`.

    Args:
        at: the place of each in the frame.
        user: a code for each, rising.
        users: the user's own value of each code.
        item: the user's own values.
        time: numbers, or days.
        findings: what was noticed on the way.
    """

    at: np.ndarray
    user: np.ndarray
    users: np.ndarray
    item: np.ndarray
    time: np.ndarray
    findings: tuple[Finding, ...]

    @property
    def starts(self) -> np.ndarray:
        """Where each user's events begin, and where the last one's end."""
        return np.append(np.flatnonzero(np.r_[True, self.user[1:] != self.user[:-1]]), len(self.user))

    def histories(self) -> np.ndarray:
        """Of each event the items of its user before that moment, `ItemList`; None where it is the first."""
        user, time, places = self.user, self.time, np.arange(len(self.user))
        begins = np.r_[True, (user[1:] != user[:-1]) | (time[1:] != time[:-1])]
        moment = np.maximum.accumulate(np.where(begins, places, 0))
        starts = self.starts
        first = np.repeat(starts[:-1], np.diff(starts))
        found: list[ItemList | None] = []
        for place in places.tolist():
            if begins[place]:
                one = self.items_between(int(first[place]), int(moment[place]))
            found.append(one)
        return object_array(found)

    def whole_histories(self) -> np.ndarray:
        """Of each user all items, `ItemList`."""
        starts = self.starts.tolist()
        return object_array([self.items_between(a, b) for a, b in itertools.pairwise(starts)])

    def items_between(self, start: int, end: int) -> ItemList | None:
        """The items of one user's events, the latest last; the latest ones where they are very many."""
        return ItemList(self.item[max(start, end - MOST_KEPT) : end]) if end > start else None


def read_events(frame: Frame, *, user: str, item: str, time: str, likes: np.ndarray | None = None) -> Events:
    """The events of a long frame.

    Args:
        frame: one row an event.
        user, item, time: its columns.
        likes: the events that count `(row,)`; None for all.

    Raises:
        ColumnError: a column is missing, or holds something else.
        DataError: no event is left.
    """
    times, users, items = _times(time, frame), read_values(frame.column(user)), plain_items(item, frame)
    whole = ~(np.isnan(times) | users.missing() | pd.isna(items))
    kept = np.flatnonzero(whole if likes is None else whole & likes)
    if not len(kept):
        raise DataError(f"no row has a value in each of {user!r}, {item!r} and {time!r}: there are no events.")
    codes, values = pd.factorize(users.array[kept])
    item_codes = pd.factorize(items[kept])[0]
    order = np.lexsort((np.arange(len(kept)), times[kept], codes))
    double = pd.DataFrame({"u": codes, "i": item_codes, "t": times[kept]}).duplicated().to_numpy()[order]
    findings = _findings(user, time, ~whole, times[kept], codes, double)
    order = order[~double]
    at = kept[order]
    return Events(at, codes[order], _plain(np.asarray(values), users), items[at], times[at], findings)


def side_columns(frame: Frame, events: Events, names: Sequence[str]) -> tuple[str, ...]:
    """Of some columns those that say the same in all events of a user: they are known before an item comes.

    An age is such a column; a film's title, a rating or a price is none. A column that is nearly as different as the
    users themselves, such as an address, would only name them.
    """
    found = []
    for name in names:
        codes = pd.factorize(read_values(frame.column(name)).array[events.at])[0]
        same = np.r_[True, (events.user[1:] != events.user[:-1]) | (codes[1:] == codes[:-1])]
        if same.all() and 1 < len(np.unique(codes)) <= len(events.users) / 2:
            found.append(name)
    return tuple(found)


def refuse_item_columns(frame: Frame, events: Events, names: Sequence[str], item: str) -> None:
    """Stop where a column that is to be an input says what the item is.

    Raises:
        ColumnError: its value is the same in all events of an item, and not in those of a user.
    """
    items = pd.factorize(events.item)[0]
    repeated = np.bincount(items)[items] > 1
    for name in names:
        codes = pd.factorize(read_values(frame.column(name)).array[events.at])[0]
        table = pd.DataFrame({"item": items, "user": events.user, "code": codes})
        by_item = table[repeated].groupby("item")["code"].nunique().to_numpy()
        by_user = table.groupby("user")["code"].nunique().to_numpy()
        if len(by_item) and by_item.max() == 1 and by_user.max() > 1:
            raise ColumnError(
                f"column {name!r} has one value for each {item!r}: it tells which item came, and that is to be "
                f"predicted. Leave it out of columns=."
            )


def _times(name: str, frame: Frame) -> np.ndarray:
    values = read_values(frame.column(name))
    array = values.array if values.family in (Family.NUMBER, Family.DATE) else infer_kind(name, values).array
    if array.dtype.kind == "M":
        return np.where(np.isnat(array), np.nan, array.astype(np.int64) / 86_400e6)
    if array.dtype.kind != "f":
        raise ColumnError(f"column {name!r} holds neither dates nor numbers, so events cannot be put in order of it.")
    return array


def plain_items(name: str, frame: Frame) -> np.ndarray:
    """The items of a column as the user wrote them; whole numbers as such.

    Raises:
        ColumnError: it is missing, or holds none.
    """
    values = read_values(frame.column(name))
    if values.family in (Family.UNUSABLE, Family.ARRAY, Family.DATE, Family.NOTHING):
        raise ColumnError(f"column {name!r} holds no items: wanted a word or a number an event.")
    return _plain(values.array, values)


def _plain(array: np.ndarray, values: Values) -> np.ndarray:
    if values.family != Family.NUMBER:
        return np.asarray(array, object)
    known = array[~np.isnan(array)]
    if len(known) == len(array) and np.all(known == np.rint(known)):
        return array.astype(np.int64)
    whole = bool(np.all(known == np.rint(known)))
    return object_array([None if v != v else int(v) if whole else float(v) for v in array.tolist()])


def _findings(
    user: str, time: str, left_out: np.ndarray, times: np.ndarray, codes: np.ndarray, double: np.ndarray
) -> tuple[Finding, ...]:
    found, n = [], len(times)
    if left_out.any():
        share, message = float(left_out.mean()), f"{int(left_out.sum()):,} rows lack a user, an item or a time"
        found.append(Finding("histories_left_out", None, share, "warn", message, "They are left out."))
    if not _in_order(times, codes):
        message = "the events of a user are not in the order of time; they were put in order"
        found.append(Finding("histories_unsorted", time, 1.0, "info", message, ""))
    if double.any():
        message = f"{int(double.sum()):,} events are copies: one user, one item, one moment; one of each is kept"
        found.append(Finding("histories_doubled", None, float(double.mean()), "info", message, ""))
    ties = pd.DataFrame({"u": codes, "t": times}).duplicated(keep=False).to_numpy() & (n > 1)
    if ties.any():
        message = f"{int(ties.sum()):,} events share their user and moment with another; none is in another's history"
        found.append(Finding("histories_ties", time, float(ties.mean()), "info", message, ""))
    single = np.bincount(codes)[codes] == 1
    if single.any():
        message = (
            f"{int(single.sum()):,} users have one event: their rows have no history, and teach what newcomers take"
        )
        found.append(Finding("histories_single", user, float(single.mean()), "info", message, ""))
    return tuple(found)


def _in_order(times: np.ndarray, codes: np.ndarray) -> bool:
    """Whether each user's events came in order of time."""
    order = np.argsort(codes, kind="stable")
    rises = np.diff(times[order]) >= 0
    return bool(np.all(rises | (np.diff(codes[order]) != 0)))
