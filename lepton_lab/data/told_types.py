"""Columns whose kind the user tells: `types={"zip": "category"}` wins over dtype, values and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from lepton_lab.data.convert import dates_in, numbers_in, objects_in, texts_in
from lepton_lab.data.kinds import Inferred, infer_kind
from lepton_lab.data.rows import Table
from lepton_lab.data.schema import OBJECTS, Kind, Role
from lepton_lab.data.values import Family, Values
from lepton_lab.errors import ColumnError, OptionError, no_such_column, no_such_option

KINDS = (Kind.NUMERIC, Kind.CATEGORY, Kind.DATETIME, *OBJECTS)
TOLD = "told by types="
_SAMPLE = "types={'zip': 'category'}"


def read_types(types: object, roles: Mapping[str, Role]) -> dict[str, Kind]:
    """The kinds that a `types=` option tells, by column.

    Raises:
        OptionError: it is no dict, or names a kind that no model reads.
        ColumnError: a column is not there, or is no input.
    """
    if not types:
        return {}
    if not isinstance(types, Mapping):
        raise OptionError(f"types={types!r} is no dict of columns. For example: {_SAMPLE}")
    told = {}
    for name, kind in ((str(name), kind) for name, kind in types.items()):
        if name not in roles:
            raise no_such_column(name, list(roles))
        if roles[name] != Role.INPUT:
            raise ColumnError(f"types names {name!r}, which is no input: it is {roles[name]}. Leave it out of types.")
        if kind not in [str(known) for known in KINDS]:
            raise no_such_option(f"types[{name!r}]", kind, [str(known) for known in KINDS])
        told[name] = Kind(str(kind))
    return told


def as_told(name: str, values: Values, kind: Kind, why: str = TOLD) -> Inferred:
    """A column read as the kind its user tells, or what made it; one that never varies stays a constant.

    Raises:
        ColumnError: its values cannot be read so.
    """
    found = infer_kind(name, values)
    if found.kind == Kind.CONSTANT:
        return found
    if found.kind == kind and not found.problem:
        return replace(found, reason=why)
    if kind in OBJECTS:
        return _object(name, values, kind, why)
    if values.family in (Family.UNUSABLE, Family.ARRAY, Family.LIST):
        holds = found.problem or "holds arrays or lists"
        raise ColumnError(f"column {name!r} {holds}, so it cannot be {kind}. Leave it out: ignore=[{name!r}]")
    read = {Kind.NUMERIC: numbers_in, Kind.DATETIME: dates_in, Kind.CATEGORY: _plain_values}[kind]
    array, problem = read(values)
    if problem:
        why = problem.partition("; ")[2]
        raise ColumnError(f"column {name!r} cannot be {kind}: {why}. {_way_out(name, kind)}")
    known = array[~pd.isna(array)]
    whole = kind == Kind.NUMERIC and bool(np.all(known == np.rint(known.astype(np.float64))))
    return Inferred(kind, array, TOLD, whole, len(pd.unique(known)))


def _object(name: str, values: Values, kind: Kind, why: str) -> Inferred:
    """A column of objects, as its user tells."""
    array, problem = texts_in(values) if kind == Kind.TEXT else objects_in(values, kind)
    if problem:
        raise ColumnError(f"column {name!r} cannot be {kind}: {problem}. Leave it out: ignore=[{name!r}]")
    return Inferred(kind, array, why)


def with_immutable(table: Table, immutable: object) -> Table:
    """The table with its schema saying which columns cannot change, whatever is advised about a row.

    Args:
        table: as `read_table` gives it.
        immutable: names of columns, such as an age or a place of birth.

    Raises:
        OptionError: it is one word.
        ColumnError: a column is not there.
    """
    names = read_names("immutable", immutable)
    known = [column.name for column in table.schema.columns]
    for name in names:
        if name not in known:
            raise no_such_column(name, known)
    if not names:
        return table
    columns = tuple(replace(column, immutable=column.name in names) for column in table.schema.columns)
    return replace(table, schema=replace(table.schema, columns=columns))


def read_names(option: str, names: object) -> tuple[str, ...]:
    """A list of columns, as an option gives it.

    Raises:
        OptionError: it is one word, or no list.
    """
    if isinstance(names, str) or not hasattr(names, "__iter__"):
        raise OptionError(f"{option}={names!r} is no list of columns. Type: {option}=[{str(names)!r}]")
    return tuple(str(name) for name in names)  # type: ignore[attr-defined]


def _plain_values(values: Values) -> tuple[np.ndarray, str]:
    """The values themselves, whole numbers as int, None where missing."""
    codes, uniques = values.factorised
    plain = [_plain(value) for value in uniques]
    if values.family == Family.DATE:
        plain = [str(value) for value in uniques]
    table = np.empty(len(plain) + 1, dtype=object)
    table[:] = [*plain, None]
    return table[codes], ""


def _plain(value: object) -> object:
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _way_out(name: str, kind: Kind) -> str:
    if kind == Kind.NUMERIC:
        return f"To read such words as missing: df[{name!r}] = pd.to_numeric(df[{name!r}], errors='coerce')"
    return f"Give it dates: df[{name!r}] = pd.to_datetime(df[{name!r}])"
