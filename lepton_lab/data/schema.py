"""What each column of a table is: its kind, its role, and the user's own values. Plain JSON both ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lepton_lab.errors import DamagedFileError, no_such_column

if TYPE_CHECKING:
    from lepton_lab.data.long_rows import Reshape

Category = str | int | float | bool


class Kind(StrEnum):
    """What the values of a column are."""

    NUMERIC = "numeric"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    IMAGE = "image"
    SERIES = "series"
    ITEMS = "items"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"


# One entry of such a column is an object: it is known to `x` by its number on the column's shelf.
OBJECTS = (Kind.IMAGE, Kind.SERIES, Kind.ITEMS, Kind.TEXT)


class Role(StrEnum):
    """What a column is used for."""

    INPUT = "input"
    TARGET = "target"
    EVENT = "event"
    WEIGHT = "weight"
    GROUP = "group"
    TIME = "time"
    PART = "part"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Column:
    """One column of the user's frame.

    Args:
        name: as the user wrote it.
        kind: what its values are.
        role: what it is used for.
        dtype: the frame's own dtype, in words.
        reason: why it is ignored, or how its kind was inferred.
        categories: the user's own values, most frequent first (category, boolean, classes of a target).
        low: smallest value seen; numbers as they are, dates as days since 1970.
        high: largest value seen.
        median: middle value seen.
        integer: whether every number is whole.
        missing: share of rows without a value, 0 to 1.
        monotone: 1 where a model's output never falls as the column rises, -1 where it never rises, else 0.
        immutable: whether its user said that it cannot change, so that no advice is to change it.
    """

    name: str
    kind: Kind
    role: Role
    dtype: str
    reason: str = ""
    categories: tuple[Category, ...] = ()
    low: float | None = None
    high: float | None = None
    median: float | None = None
    integer: bool = False
    missing: float = 0.0
    monotone: int = 0
    immutable: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; categories keep their type."""
        return asdict(self) | {"categories": list(self.categories)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Column:
        """The column that `to_json` wrote; unknown keys of a later version are left out.

        Raises:
            DamagedFileError: for anything else.
        """
        try:
            known: dict[str, Any] = {field.name: data[field.name] for field in fields(Column) if field.name in data}
            known |= {"kind": Kind(data["kind"]), "role": Role(data["role"])}
            known["categories"] = _categories(data.get("categories", ()))
            known["monotone"] = sign_of(data)
            known["immutable"] = _truth(data, "immutable")
            return Column(**known)
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedFileError(f"a column of the schema cannot be read: {error!r}.") from error


@dataclass(frozen=True)
class Schema:
    """The columns of the frame a model was trained on, in the frame's order.

    Args:
        columns: all of them, ignored ones too.
        target: the name of the target column.
        reshape: how a long frame is made into such rows; None where frames have them.
    """

    columns: tuple[Column, ...]
    target: str
    reshape: Reshape | None = None

    @cached_property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that a model reads, in the frame's order; column j of `x` is `inputs[j]`."""
        return tuple(column for column in self.columns if column.role == Role.INPUT)

    @cached_property
    def immutable(self) -> tuple[str, ...]:
        """Names of the inputs that cannot change."""
        return tuple(column.name for column in self.inputs if column.immutable)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(column.name for column in self.inputs)

    def column(self, name: str) -> Column:
        """The column with that name.

        Raises:
            ColumnError: there is none; says which name is close.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise no_such_column(name, [column.name for column in self.columns], where="the schema")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads."""
        plain = {"target": self.target, "columns": [column.to_json() for column in self.columns]}
        return plain if self.reshape is None else plain | {"reshape": self.reshape.to_json()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Schema:
        """The schema that `to_json` wrote.

        Raises:
            DamagedFileError: for anything else.
        """
        try:
            target, columns = data["target"], data["columns"]
            if not isinstance(target, str):
                raise TypeError(f"target {target!r} is no name")
            columns = tuple(Column.from_json(column) for column in columns)
            return Schema(columns, target, _reshape(data.get("reshape")))
        except (KeyError, TypeError) as error:
            raise DamagedFileError(f"the schema cannot be read: {error!r}.") from error


def _reshape(data: Mapping[str, Any] | None) -> Reshape | None:
    from lepton_lab.data.reshaping import reshape_from_json  # it reads frames, which know kinds

    return None if data is None else reshape_from_json(data)


def kinds_of(schema: Schema) -> dict[str, str]:
    """The kind of each input, by its name."""
    return {column.name: str(column.kind) for column in schema.inputs}


def sign_of(data: Mapping[str, Any]) -> int:
    """The `monotone` of a stored column: 0 where it was written before there was one."""
    sign = data.get("monotone", 0)
    if type(sign) is not int or sign not in (-1, 0, 1):
        raise TypeError(f"monotone {sign!r} is none of -1, 0, 1")
    return sign


def _truth(data: Mapping[str, Any], name: str) -> bool:
    """A truth value of a stored column: false where it was written before there was one."""
    value = data.get(name, False)
    if type(value) is not bool:
        raise TypeError(f"{name} {value!r} is neither true nor false")
    return value


def _categories(values: Any) -> tuple[Category, ...]:
    for value in values:
        if not isinstance(value, (str, int, float, bool)) or (isinstance(value, float) and math.isnan(value)):
            raise TypeError(f"category {value!r} is no text, number or truth value")
    return tuple(values)
