"""From choices to the line a user would type: the way back from `arguments.parse`.

The one place that knows how a word must be quoted; completion and JupyterLab's form use it too.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lepton_lab.errors import OptionError
from lepton_lab.notebook.arguments import Typed, verb_of
from lepton_lab.notebook.names import Names
from lepton_lab.notebook.verbs import Verb

_PLAIN = re.compile(r"[\w@%+=:,./-]+")


def quoted(word: str) -> str:
    """A word as it must be typed on a line of `%lepton`: in double quotes where it has spaces or signs.

    Both a POSIX shell and Python read the quotes alike, which matters because IPython tells a line such as
    `model = %lepton ...` by Python's own tokens.

    Example:
        >>> quoted("age"), quoted("job kind"), quoted('5" disk')
        ('age', '"job kind"', '"5\\\\" disk"')
    """
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def typed_of(verb: str, words: Sequence[str] = (), options: Mapping[str, Any] | None = None) -> Typed:
    """Choices as if they had been typed: options by flag or keyword, their values meant as they stand.

    Raises:
        OptionError: No such verb or option.
    """
    chosen: dict[str, Any] = {}
    for name, value in (options or {}).items():
        option = verb_of(verb).option(name)
        if option is None:
            raise OptionError(f"{verb} has no option {name!r}. Type: %lepton {verb} --help")
        if value in (None, "", False, []):
            continue
        # A dollar would look a variable up.
        plain = option.kind == "name" or not isinstance(value, str)
        chosen[option.keyword] = value if plain else _as_text(value)
    return Typed(verb_of(verb), tuple(words), chosen)


def line_of(typed: Typed, to: str = "") -> str:
    """The line that `arguments.parse` reads as `typed`, its result assigned to the names in `to`.

    Raises:
        OptionError: No line can say it: a name with a line break in it, or `to` is no name.

    Example:
        >>> line_of(typed_of("train", ["loans"], {"target": "paid back", "budget": "60s"}), to="model")
        'model = %lepton train loans --target "paid back" --budget 60s'
    """
    tokens = [typed.verb.name, *typed.words]
    for name, value in typed.options.items():
        tokens += _flag(typed.verb, name, value)
    unwritable = next((token for token in tokens if not token.isprintable()), None)
    if unwritable is not None:
        raise OptionError(f"{unwritable!r} does not fit on a line: it has a line break or another sign that cannot be "
                          "typed. Rename it, or call the function: %lepton ... --code")  # fmt: skip
    return f"{_assigned(to)}%lepton {' '.join(quoted(token) for token in tokens)}"


def code_of(typed: Typed, namespace: Mapping[str, Any], to: str = "") -> str:
    """The source of a cell that does what was chosen: a line of `%lepton`, else the Python call.

    Raises:
        OptionError: `to` is no name; or neither can say it.
    """
    if all(word.isprintable() for word in _texts(typed)):
        return line_of(typed, to)
    call = Names(namespace, None, lambda said: None).call_of(typed)
    return f"import lepton_lab as ll\n\n{_assigned(to)}{call.code}"


def _flag(verb: Verb, name: str, value: Any) -> list[str]:
    """The tokens of one option."""
    option = verb.option(name)
    assert option is not None, "only options of the verb are typed"
    if option.kind == "switch":
        return [option.flag]
    tokens: list[str] = []
    for text in map(str, value if option.repeats and isinstance(value, list) else [value]):
        # A value that begins with a dash would be taken for a flag.
        tokens += [f"{option.flag}={text}"] if text.startswith("-") else [option.flag, text]
    return tokens


def _assigned(to: str) -> str:
    """`to = `, where there is a name to assign to."""
    names = [name.strip() for name in to.split(",")] if to.strip() else []
    wrong = next((name for name in names if not name.isidentifier() or keyword.iskeyword(name)), None)
    if wrong is not None:
        raise OptionError(f"{wrong!r} cannot be a variable's name. Take letters, digits and _, such as: model")
    return f"{', '.join(names)} = " if names else ""


def _as_text(value: str) -> str:
    """A value that is looked up nowhere: a dollar before it is doubled."""
    return f"${value}" if value.startswith("$") else value


def _texts(typed: Typed) -> list[str]:
    """Every word of a typed line."""
    values = [one for value in typed.options.values() for one in (value if isinstance(value, list) else [value])]
    return [*typed.words, *map(str, values)]
