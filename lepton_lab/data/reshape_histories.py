"""A long frame of events (who, what, when) as one row an event, with what its user had done before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from lepton_lab.data.frames import Frame
from lepton_lab.data.histories import Events, read_events, refuse_item_columns, side_columns
from lepton_lab.data.items_of_events import catalogue_of, item_columns
from lepton_lab.data.long_rows import LongRows, index_of
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import Family, read_values
from lepton_lab.errors import ColumnError, OptionError


@dataclass(frozen=True)
class Histories:
    """Rows are events, each with its user's earlier items; see `lepton_lab.reshape.histories` for the options."""

    user: str
    item: str
    time: str
    rating: str | None = None
    at_least: float | None = None
    columns: tuple[str, ...] | None = None
    learn_users: bool = False
    name: str = "history"
    item_columns: tuple[str, ...] | None = None
    kind = "histories"
    holds = Kind.ITEMS
    encoders = MappingProxyType({})

    def __post_init__(self) -> None:
        if (self.rating is None) != (self.at_least is None):
            raise OptionError(
                "histories() takes rating= and at_least= together: a column, and the rating from which on an event "
                "counts. For example: rating='rating', at_least=4"
            )

    @property
    def column(self) -> str:
        """The column of histories."""
        return self.name

    def channels(self, target: str) -> tuple[str, ...]:
        """The columns that are the channels of `column`, in order."""
        del target
        return ()

    def rows(
        self, frame: Frame, target: str | None, *, taken: Collection[str] | None = None, ahead: bool = False
    ) -> LongRows:
        """A row an event; `ahead` a row a user, with all that the user has done so far."""
        if target not in (None, self.item):
            raise OptionError(
                f"target={target!r}: of histories the item that came next is predicted, target={self.item!r}. To "
                "predict another column of the events, leave reshape out."
            )
        events = read_events(frame, user=self.user, item=self.item, time=self.time, likes=self._likes(frame))
        found = self if self.columns is not None else replace(self, columns=self._side(frame, events, taken or ()))
        refuse_item_columns(frame, events, found.columns or (), self.item)
        rows = found._ahead(frame, events) if ahead else found._learned(frame, events, taken or ())
        catalogue, said = None, ()
        if taken is not None:
            found = replace(found, item_columns=found._of_items(frame, events, taken))
            catalogue, said = catalogue_of(frame, events, found.item_columns or ())
        return LongRows(
            rows, found, (*events.findings, *said), split=f"time:{self.time}", task="ranking", catalogue=catalogue,
            no_inputs=(self.time,) if self.learn_users else (self.user, self.time),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `reshape_from_json` reads."""
        return {"kind": self.kind, **asdict(self)}

    def _likes(self, frame: Frame) -> np.ndarray | None:
        if self.rating is None or self.at_least is None:
            return None
        values = read_values(frame.column(self.rating))
        if values.family != Family.NUMBER:
            raise ColumnError(f"column {self.rating!r} holds no numbers, so no rating is at least {self.at_least!r}.")
        return np.nan_to_num(values.array, nan=-np.inf) >= self.at_least

    def _side(self, frame: Frame, events: Events, taken: Collection[str]) -> tuple[str, ...]:
        known = {self.user, self.item, self.time, self.rating, *taken}
        return side_columns(frame, events, [name for name in frame.names if name not in known])

    def _of_items(self, frame: Frame, events: Events, taken: Collection[str]) -> tuple[str, ...]:
        """The columns of items: as asked, else found."""
        if self.item_columns is not None:
            return self.item_columns
        known = {self.user, self.item, self.time, self.rating, *(self.columns or ()), *taken}
        return item_columns(frame, events, [name for name in frame.names if name not in known])

    def _learned(self, frame: Frame, events: Events, taken: Collection[str]) -> pd.DataFrame:
        users, times = (pd.Series(frame.column(name)).iloc[events.at].reset_index(drop=True) for name in self._keys)
        columns = {self.user: self._users(events.users[events.user]), self.name: events.histories()}
        columns |= {name: _at(frame, name, events.at) for name in self.columns or ()}
        columns |= {self.time: times, self.item: events.item}
        more = [name for name in taken if name in frame.names and name not in columns]
        columns |= {name: _at(frame, name, events.at) for name in more}
        return pd.DataFrame(columns).set_axis(index_of(self._keys, users, times), axis=0)

    def _ahead(self, frame: Frame, events: Events) -> pd.DataFrame:
        last = events.at[events.starts[1:] - 1]
        columns = {self.user: self._users(events.users), self.name: events.whole_histories()}
        columns |= {name: _at(frame, name, last) for name in self.columns or ()}
        columns |= {self.time: _at(frame, self.time, last)}
        return pd.DataFrame(columns).set_axis(pd.Index(events.users, name=self.user), axis=0)

    def _users(self, users: np.ndarray) -> Any:
        return pd.Categorical(users) if self.learn_users else users

    @property
    def _keys(self) -> tuple[str, str]:
        return self.user, self.time


def _at(frame: Frame, name: str, at: np.ndarray) -> pd.Series:
    return pd.Series(frame.column(name)).iloc[at].reset_index(drop=True)
