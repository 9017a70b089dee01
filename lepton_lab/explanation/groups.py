"""Players: which columns keep or lose their values together. By default each column is a player of its own.

A group's Shapley value is what its columns contribute as one: in general not the sum of what they
contribute apart, since what they do only together is then not shared with anybody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Shaped

from lepton_lab.errors import OptionError, did_you_mean, no_such_column


@dataclass(frozen=True)
class Groups:
    """The players of a game and the columns of each.

    Args:
        names: the players' names, in order of their first column.
        player_of: the player of each column.
    """

    names: tuple[str, ...]
    player_of: tuple[int, ...]

    @property
    def n_players(self) -> int:
        """Groups, and columns in no group."""
        return len(self.names)

    @cached_property
    def single(self) -> bool:
        """Whether every player is one column: then players are columns, in their order."""
        return len(self.names) == len(self.player_of)

    @cached_property
    def columns(self) -> tuple[tuple[int, ...], ...]:
        """Positions of each player's columns."""
        return tuple(
            tuple(j for j, of in enumerate(self.player_of) if of == player) for player in range(self.n_players)
        )

    def spread(self, masks: Bool[np.ndarray, "*state player"]) -> Bool[np.ndarray, "*state column"]:
        """Masks of columns: a column is present where its player is."""
        return masks if self.single else masks[..., list(self.player_of)]

    def any(self, flags: Bool[np.ndarray, "*pair column"]) -> Bool[np.ndarray, "*pair player"]:
        """A player has a flag where one of its columns has it."""
        if self.single:
            return flags
        return np.stack([flags[..., list(own)].any(axis=-1) for own in self.columns], axis=-1)

    def sums(self, values: Float64[np.ndarray, "row column output"]) -> Float64[np.ndarray, "row player output"]:
        """Values of players where columns add up without interacting."""
        if self.single:
            return values
        return np.stack([values[:, list(own)].sum(axis=1) for own in self.columns], axis=1)

    def shown(
        self, data: Shaped[np.ndarray, "row column"], column_names: Sequence[str]
    ) -> Shaped[np.ndarray, "row player"]:
        """The user's values by player: a column's as they are, a group's as a text such as "zip=8001, city=Bern"."""
        if self.single:
            return data
        out = np.empty((len(data), self.n_players), dtype=object)
        for player, own in enumerate(self.columns):
            out[:, player] = (
                data[:, own[0]] if len(own) == 1 else _texts(data[:, list(own)], [column_names[j] for j in own])
            )
        return out


def groups_of(groups: Any, column_names: Sequence[str]) -> Groups:
    """The players that a user asked for; columns in no group are players of their own.

    Args:
        groups: a mapping of names to columns, by name, or by position where columns have no names; None is no group.
        column_names: of all columns.

    Raises:
        OptionError: `groups` is no mapping; a group is empty, shares a column, or is named as a column outside it.
        ColumnError: no such column.

    Example:
        >>> groups_of({"address": ["zip", "city"]}, ["zip", "age", "city"])
        Groups(names=('address', 'age'), player_of=(0, 1, 0))
    """
    names = [str(name) for name in column_names]
    group_of = _group_of({} if groups is None else groups, names)
    owners = [group_of.get(j, name) for j, name in enumerate(names)]
    players = list(dict.fromkeys(owners))
    return Groups(tuple(players), tuple(players.index(owner) for owner in owners))


def _group_of(groups: Any, names: list[str]) -> dict[int, str]:
    """The group of each grouped column.

    Raises:
        OptionError: as `groups_of`.
        ColumnError: no such column.
    """
    example = f'groups={{"both": {names[:2]!r}}}'
    if not isinstance(groups, Mapping):
        raise OptionError(f"groups is a {type(groups).__name__}, not names with their columns. Type: {example}")
    found: dict[int, str] = {}
    for group, columns in groups.items():
        if isinstance(columns, (str, int)) or not isinstance(columns, (Sequence, np.ndarray)) or len(columns) == 0:
            raise OptionError(f"the group {group!r} is {columns!r}, not a list of columns. Type: {example}")
        for column in columns:
            at = _position(column, names, str(group))
            if at in found:
                raise OptionError(_shared(names[at], found[at], str(group)))
            found[at] = str(group)
        if str(group) in names and found.get(names.index(str(group))) != str(group):
            raise OptionError(
                f"the group {group!r} is named as a column that is not in it. Give the group another name."
            )
    return found


def _position(column: Any, names: list[str], group: str) -> int:
    """The position of a column given by name; or by position, where no column has that number as its name."""
    if str(column) in names:
        return names.index(str(column))
    number = isinstance(column, (int, np.integer)) and not isinstance(column, bool)
    if number and 0 <= column < len(names):
        return int(column)
    if number:
        hint = did_you_mean(column, names)
        raise no_such_column(
            column, names, where=f"the rows, for group {group!r}: positions go to {len(names) - 1}{hint}"
        )
    raise no_such_column(column, names, where=f"the rows, for the group {group!r}")


def _shared(column: str, first: str, second: str) -> str:
    if first == second:
        return f"the group {first!r} has the column {column!r} twice. Name it once."
    return f"the groups {first!r} and {second!r} share the column {column!r}. A column can be in one group."


def _texts(data: np.ndarray, names: list[str]) -> list[str]:
    """A text for each row: every column's name and value."""
    parts = ([f"{name}={_text(value)}" for name, value in zip(names, row, strict=True)] for row in data)
    return [", ".join(row) for row in parts]


def _text(value: object) -> str:
    return str(value).removesuffix(" 00:00:00")
