"""What events say of the items they are of: the columns that say the same whenever an item comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lepton_lab.data.finding import Finding
from lepton_lab.data.frames import Frame
from lepton_lab.data.histories import Events
from lepton_lab.data.item_columns import Catalogue, fit_side, read_cells
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import Family, read_values
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
    items, columns, findings = np.asarray(pd.unique(events.item)), {}, [_said(names)]
    for name in names:
        told = _told(name, frame, events)
        columns[name] = read_cells(name, read_values(_of_items(name, frame, events, told)))[1]
        changing = int((_different(told.item, told.code) > 1).sum())
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


def _said(names: Sequence[str]) -> Finding:
    message = f"{', '.join(map(repr, names))}: of the items, whose vectors they are part of"
    return Finding("item_columns", None, 0.0, "info", message, "To leave them out: item_columns=[]")


@dataclass(frozen=True)
class _Told:
    """The events in which a column says something.

    Args:
        at: their places in `Events`.
        item, user: codes of whose they are.
        code: of what it says.
    """

    at: np.ndarray
    item: np.ndarray
    user: np.ndarray
    code: np.ndarray


def _is_of_items(name: str, frame: Frame, events: Events) -> bool:
    told = _told(name, frame, events)
    counts = np.bincount(told.code)
    if len(counts) < 2 or _different(told.item, told.code).max() > 1 or _different(told.user, told.code).max() == 1:
        return False
    alike = float(np.sum((counts / len(told.code)) ** 2))
    if alike ** (len(told.code) - len(np.unique(told.item))) > _BY_CHANCE:
        return False
    try:
        kind, cells = read_cells(name, read_values(_of_items(name, frame, events, told)))
    except ColumnError:
        return False
    shares = kind in (Kind.NUMERIC, Kind.DATETIME, Kind.ITEMS) or len(counts) <= len(cells) / 2
    return shares and kind != Kind.IDENTIFIER and fit_side(Catalogue(np.arange(len(cells)), {name: cells})) is not None


def _told(name: str, frame: Frame, events: Events) -> _Told:
    values = read_values(frame.column(name))
    array = values.array.astype(str) if values.family == Family.UNUSABLE else values.array
    codes = np.asarray(pd.factorize(array)[0])[events.at]
    at = np.flatnonzero(codes >= 0)
    return _Told(at, np.asarray(pd.factorize(events.item)[0])[at], events.user[at], pd.factorize(codes[at])[0])


def _different(group: np.ndarray, code: np.ndarray) -> np.ndarray:
    """How many different codes each group has."""
    pairs = np.unique(group.astype(np.int64) * (int(code.max(initial=0)) + 1) + code)
    return np.bincount(pairs // (int(code.max(initial=0)) + 1))


def _of_items(name: str, frame: Frame, events: Events, told: _Told) -> pd.Series:
    """The column, one entry an item in order of appearance: the first one of those that say something."""
    first = np.unique(np.asarray(pd.factorize(events.item)[0]), return_index=True)[1]
    by_time = np.argsort(events.time[told.at], kind="stable")
    items, earliest = np.unique(told.item[by_time], return_index=True)
    first[items] = told.at[by_time][earliest]
    return pd.Series(frame.column(name)).iloc[events.at[first]].reset_index(drop=True)
