"""What events say of the items they are of: the columns that say the same whenever an item comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame
from lepton_lab.data.histories import Events
from lepton_lab.data.item_columns import Catalogue, fit_side, read_cells
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import read_values
from lepton_lab.errors import ColumnError

# A column that says the same of items by chance more often than this is none of items.
_BY_CHANCE = 1e-6


def item_columns(frame: Frame, events: Events, names: Sequence[str]) -> tuple[str, ...]:
    """Of some columns those that are of items: the same in all events of an item, though not in all of a user's.

    A genre, a year and a price are such columns, a rating is none. One that only names the items (a title, a number
    of each) is left out: nothing is shared by it.
    """
    return tuple(name for name in names if _is_of_items(name, frame, events))


def catalogue_of(frame: Frame, events: Events, names: Sequence[str]) -> tuple[Catalogue | None, tuple[Finding, ...]]:
    """What some columns say of each item, and what was noticed; None where there are no such columns.

    Raises:
        ColumnError: a column is missing, cannot be read, or has nothing that two items share.
    """
    if not names:
        return None, ()
    items, columns, findings = pd.unique(events.item), {}, []
    for name in names:
        told = _told(name, frame, events)
        columns[name] = read_cells(name, read_values(_of_items(name, frame, events, told)))[1]
        changing = int((told.groupby("item")["code"].nunique() > 1).sum())
        if changing:
            message = f"{name!r} changes over time in {changing:,} items; the first value of each is taken"
            findings.append(Finding("item_column_changes", name, changing / len(items), "warn", message, ""))
    catalogue = Catalogue(items, columns)
    side = fit_side(catalogue)
    if lost := [name for name in names if side is None or name not in side.names]:
        raise ColumnError(
            f"item_columns: {', '.join(map(repr, lost))} has no two values, and no word that two items share, so it "
            "tells nothing of an item. Leave it out."
        )
    return catalogue, tuple(findings)


def _is_of_items(name: str, frame: Frame, events: Events) -> bool:
    told = _told(name, frame, events)
    if told["code"].nunique() < 2 or told.groupby("item")["code"].nunique().max() > 1:
        return False
    if told.groupby("user")["code"].nunique().max() == 1:
        return False
    alike = float((told["code"].value_counts(normalize=True) ** 2).sum())
    if alike ** (len(told) - told["item"].nunique()) > _BY_CHANCE:
        return False
    try:
        kind, cells = read_cells(name, read_values(_of_items(name, frame, events, told)))
    except ColumnError:
        return False
    shares = kind in (Kind.NUMERIC, Kind.DATETIME, Kind.ITEMS) or told["code"].nunique() <= len(cells) / 2
    return shares and kind != Kind.IDENTIFIER and fit_side(Catalogue(np.arange(len(cells)), {name: cells})) is not None


def _told(name: str, frame: Frame, events: Events) -> pd.DataFrame:
    """What a column says in each event that it says something in: `at` in `events`, `item`, `user`, `code`."""
    values = read_values(frame.column(name))
    array = values.array.astype(str) if values.family == "unusable" else values.array
    codes = pd.factorize(array)[0][events.at]
    table = pd.DataFrame(
        {"at": np.arange(len(codes)), "item": pd.factorize(events.item)[0], "user": events.user, "code": codes}
    )
    return table[codes >= 0]


def _of_items(name: str, frame: Frame, events: Events, told: pd.DataFrame) -> pd.Series:
    """The column, one entry an item in order of appearance: the first one of those that say something."""
    first = np.unique(pd.factorize(events.item)[0], return_index=True)[1]
    earliest = told.assign(time=events.time[told["at"]]).sort_values("time", kind="stable").groupby("item")["at"].first()
    first[earliest.index.to_numpy()] = earliest.to_numpy()
    return pd.Series(frame.column(name)).iloc[events.at[first]].reset_index(drop=True)
