"""Sizes and options of an encoder as a user or a file gives them: plain JSON to a frozen record, and back.

A record's fields say what they may be: their type, and for numbers a range, written `within(32, 1, 256)`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from lepton_lab.errors import did_you_mean

C = TypeVar("C")
# Entries of a list, such as the widths of a network's stages.
MOST_ENTRIES = 12


def within(default: Any, low: float | int, high: float | int, *, most: int = MOST_ENTRIES) -> Any:
    """A field of a record: a number, or a tuple of at most `most` numbers, from `low` to `high`.

    Example:
        >>> Sizes = dataclasses.make_dataclass("Sizes", [("units", int, within(8, 1, 64))], frozen=True)
        >>> read_options(Sizes, {"units": 16})
        Sizes(units=16)
    """
    return dataclasses.field(default=default, metadata={"low": low, "high": high, "most": most})


def read_options(record: type[C], given: object) -> C:
    """A record of this class; what is not given is left at its default.

    Raises:
        ValueError: a name that the record has not, or a value that its field cannot have; says what may be given.
    """
    if not isinstance(given, Mapping):
        raise ValueError(f"{given!r} is no dict of options. {_known(record)}")
    types, fields = get_type_hints(record), {field.name: field for field in dataclasses.fields(record)}  # type: ignore[arg-type]
    for name in given:
        if name not in fields:
            raise ValueError(f"no option {name!r}.{did_you_mean(name, fields)} {_known(record)}")
    return record(**{name: _read(fields[name], types[name], value) for name, value in given.items()})


def options_json(record: Any) -> dict[str, Any]:
    """The plain JSON that `read_options` reads."""
    return dataclasses.asdict(record)


def _known(record: Any) -> str:
    listed = ", ".join(f"{field.name} ({_shown(field)})" for field in dataclasses.fields(record))
    return f"Options: {listed}" if listed else "It has no options."


def _shown(field: dataclasses.Field[Any]) -> str:
    """A default, as a user types it."""
    value = field.default_factory() if field.default is dataclasses.MISSING else field.default  # type: ignore[misc]
    if dataclasses.is_dataclass(value):
        return ", ".join(inner.name for inner in dataclasses.fields(value))
    return repr(list(value) if isinstance(value, tuple) else value)


def _read(field: dataclasses.Field[Any], kind: Any, value: Any) -> Any:
    """One value as its field wants it."""
    if dataclasses.is_dataclass(kind):
        return value if isinstance(value, kind) else read_options(kind, value)  # type: ignore[arg-type]
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{field.name}={value!r} is none of {', '.join(map(repr, get_args(kind)))}")
        return value
    if get_origin(kind) is tuple:
        most = field.metadata.get("most", MOST_ENTRIES)
        if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= most:
            raise ValueError(f"{field.name}={value!r} is no list of 1 to {most} numbers")
        return tuple(_number(field, get_args(kind)[0], one) for one in value)
    if kind is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{field.name}={value!r} is neither true nor false")
        return value
    return _number(field, kind, value)


def _number(field: dataclasses.Field[Any], kind: type, value: Any) -> Any:
    low, high = (field.metadata.get(side, end) for side, end in (("low", 0), ("high", 1)))
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan  # type: ignore[arg-type]
    if not low <= number <= high or (kind is int and not number.is_integer()):
        what = "whole number" if kind is int else "number"
        raise ValueError(f"{field.name}={value!r} is no {what} from {low:g} to {high:g}")
    return kind(number)
