"""`reshape=`: how a long frame becomes rows to learn from, as a value, as JSON, or as it is typed in a notebook."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, cast

from lepton_lab.data.frames import Frame, open_frame
from lepton_lab.data.long_rows import LongRows, Reshape
from lepton_lab.data.reshape_forecast import Forecast
from lepton_lab.data.reshape_histories import Histories
from lepton_lab.data.reshape_series import WholeSeries
from lepton_lab.data.reshape_windows import Windows
from lepton_lab.data.schema import Role, Schema
from lepton_lab.errors import DamagedFileError, OptionError, no_such_option

RESHAPES: dict[str, Callable[..., Any]] = {
    "forecast": Forecast,
    "histories": Histories,
    "series": WholeSeries,
    "windows": Windows,
}

_EXAMPLE = 'reshape=ll.reshape.windows(id="unit", time="cycle", length=30)'


def reshape_of(given: object) -> Reshape | None:
    """The value that an option `reshape=` means: itself, its JSON, or words such as `windows(id=unit, ...)`.

    Raises:
        OptionError: it is none of these.
    """
    if given is None:
        return None
    if isinstance(given, str):
        return _typed(given)
    if isinstance(given, Mapping):
        return reshape_from_json(given)
    if type(given) in RESHAPES.values():
        return cast(Reshape, given)
    raise OptionError(f"reshape={given!r} is no way to make rows of a long frame. For example: {_EXAMPLE}")


def reshape_json(given: object) -> dict[str, Any] | None:
    """An option `reshape=` as plain JSON.

    Raises:
        OptionError: it is none.
    """
    found = reshape_of(given)
    return None if found is None else found.to_json()


def reshape_from_json(data: Mapping[str, Any]) -> Reshape:
    """The value that `to_json` wrote.

    Raises:
        DamagedFileError: for anything else.
    """
    options: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    if options.get("kind") == Histories.kind:
        options.setdefault("item_columns", ())  # written before there were any: none was read then
    try:
        return RESHAPES[options.pop("kind")](**options)
    except (KeyError, TypeError, ValueError, OptionError) as error:
        raise DamagedFileError(f"the reshape {dict(data)!r} cannot be read: {error!r}.") from error


def is_long(reshape: Reshape, frame: Frame) -> bool:
    """Whether a frame is to be made into rows, and holds no rows already."""
    return reshape.column not in frame.names


def long_rows_like(reshape: Reshape, df: object, target: str, *, ahead: bool) -> Frame:
    """A later frame as rows, if it is long; rows are left as they are."""
    frame = open_frame(df)
    return open_frame(reshape.rows(frame, target, ahead=ahead).frame) if is_long(reshape, frame) else frame


def long_rows_to_learn(reshape: Reshape, frame: Frame, target: str | None, taken: set[str]) -> LongRows:
    """The rows of the frame to learn from.

    Args:
        reshape: as asked.
        frame: one row a step.
        target: the column to predict.
        taken: columns with another part to play.

    Raises:
        OptionError: the frame has a column of the name that rows are known by.
    """
    if not is_long(reshape, frame):
        name = reshape.column
        raise OptionError(
            f"the frame has a column {name!r}, the name of the column of {reshape.kind} that reshape= makes. Give "
            f"another name: name={name + '_steps'!r}; or leave reshape out, if its rows are made already."
        )
    return reshape.rows(frame, target, taken=taken)


def _typed(text: str) -> Reshape:
    """What was typed: `forecast(time=when, horizon=24)`; words are names of columns."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        raise _unreadable(text) from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise _unreadable(text)
    if call.func.id not in RESHAPES:
        raise no_such_option("reshape", call.func.id, RESHAPES)
    options = {word.arg: _value(word.value, text) for word in call.keywords if word.arg is not None}
    return made(call.func.id, options)


def made(kind: str, options: Mapping[str, Any]) -> Reshape:
    """The value of a kind with some options.

    Raises:
        OptionError: an option is missing, not known, or cannot be.
    """
    known = RESHAPES[kind].__dataclass_fields__  # type: ignore[attr-defined]
    for name in options:
        if name not in known:
            raise no_such_option(f"option of {kind}()", name, known)
    try:
        return RESHAPES[kind](**options)
    except TypeError as error:
        said = str(error).partition("missing ")[2] or str(error)
        raise OptionError(f"{kind}() lacks {said}. For example: {_EXAMPLE}") from None


def _value(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_value(part, text) for part in node.elts)
    if isinstance(node, ast.Constant):
        return node.value
    raise _unreadable(text)


def _unreadable(text: str) -> OptionError:
    return OptionError(
        f"reshape={text!r} cannot be read. Wanted a word and its options, such as: "
        '"windows(id=unit, time=cycle, length=30)"'
    )


def usual_split(schema: Schema) -> str | None:
    """How rows made of a long frame are held out where nothing was asked; None where they are rows already."""
    roles = {Role.GROUP: "group", Role.TIME: "time"}
    found = (f"{roles[column.role]}:{column.name}" for column in schema.columns if column.role in roles)
    return None if schema.reshape is None else next(found, None)


def written(value: Any) -> str:
    """A value of an option as it stands in code; a reshape as the call that makes it.

    Example:
        >>> written(Windows(id="unit", time="cycle", length=30)), written("bad")
        ("ll.reshape.windows(id='unit', time='cycle', length=30)", "'bad'")
    """
    if type(value) not in RESHAPES.values():
        return repr(value)
    usual = {name: field.default for name, field in type(value).__dataclass_fields__.items()}
    told = {name: option for name, option in value.to_json().items() if name != "kind" and option != usual[name]}
    words = [f"{name}={list(option) if isinstance(option, tuple) else option!r}" for name, option in told.items()]
    return f"ll.reshape.{value.kind}({', '.join(words)})"
