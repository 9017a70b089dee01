"""What a search may change: names, each with a range of numbers or a list of choices.

Names without a prefix belong to the network, those with `trees.` to the boosted trees. A name that
changes the shape of a compiled program is marked; of such the default space has one, with three values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lepton_lab.errors import OptionError, did_you_mean

Value = float | int | str


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; `log` searches orders of magnitude, `whole` whole numbers."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def levels(self, n: int) -> tuple[Value, ...]:
        """At most `n` values, evenly spread, for a grid."""
        steps = [i / (n - 1) for i in range(n)]
        if self.log:
            found = [math.exp(math.log(self.low) + t * (math.log(self.high) - math.log(self.low))) for t in steps]
        else:
            found = [self.low + t * (self.high - self.low) for t in steps]
        return tuple(dict.fromkeys(round(v) if self.whole else float(f"{v:.12g}") for v in found))


@dataclass(frozen=True)
class Choice:
    """One of several values."""

    options: tuple[Value, ...]

    def levels(self, n: int) -> tuple[Value, ...]:
        """All of them."""
        return self.options


Domain = Range | Choice


@dataclass(frozen=True)
class Dimension:
    """What may be searched under a name: its limits, and what it does.

    Args:
        low, high: limits of a number, both included; NaN where only words are allowed.
        words: the words allowed, for a choice by name.
        whole: whole numbers only.
        log: whether a bare (low, high) searches orders of magnitude.
        shapes: a new value is a new shape of network, hence a compilation.
    """

    low: float = math.nan
    high: float = math.nan
    words: tuple[str, ...] = ()
    whole: bool = False
    log: bool = False
    shapes: bool = False


SIZES: Mapping[str, Mapping[str, int]] = {
    "small": {"hidden": 64, "head_hidden": 32},
    "medium": {},
    "large": {"hidden": 256, "head_hidden": 96},
}
"""Sizes of network by name; what is not said is the default recipe's."""

KNOWN: Mapping[str, Dimension] = {
    "size": Dimension(words=tuple(SIZES), shapes=True),
    "learning_rate": Dimension(1e-6, 1.0, log=True),
    "weight_decay": Dimension(0.0, 100.0, log=True),
    "epochs": Dimension(1, 10_000, whole=True, log=True),
    "sigma": Dimension(1e-3, 100.0, log=True),
    "hidden": Dimension(4, 2048, whole=True, shapes=True),
    "head_hidden": Dimension(4, 1024, whole=True, shapes=True),
    "heads": Dimension(1, 128, whole=True, shapes=True),
    "batch_size": Dimension(8, 65_536, whole=True, shapes=True),
    "trees.learning_rate": Dimension(1e-3, 1.0, log=True),
    "trees.leaves": Dimension(2, 63, whole=True, log=True),
    "trees.min_rows": Dimension(1, 100_000, whole=True, log=True),
    "trees.row_share": Dimension(0.05, 1.0),
    "trees.column_share": Dimension(0.05, 1.0),
    "trees.l2": Dimension(0.0, 1000.0, log=True),
}


@dataclass(frozen=True)
class Space:
    """Names and what each may be, in the order they were given."""

    domains: tuple[tuple[str, Domain], ...]

    def of(self, member: str) -> dict[str, Domain]:
        """The part of a member, `network` or `trees`, without its prefix."""
        mine = [(name, domain) for name, domain in self.domains if name.startswith("trees.") == (member == "trees")]
        return {name.removeprefix("trees."): domain for name, domain in mine}

    @property
    def members(self) -> tuple[str, ...]:
        """The members it searches."""
        return tuple(member for member in ("network", "trees") if self.of(member))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `read_space` reads."""
        return {name: _domain_json(domain) for name, domain in self.domains}


DEFAULT = Space(
    (
        ("size", Choice(("small", "medium", "large"))),
        ("learning_rate", Range(5e-4, 1e-2, log=True)),
        ("weight_decay", Range(0.01, 2.0, log=True)),
        ("epochs", Range(12, 32, log=True, whole=True)),
        ("sigma", Range(0.1, 1.0, log=True)),
        ("trees.learning_rate", Range(0.02, 0.2, log=True)),
        ("trees.leaves", Range(4, 63, log=True, whole=True)),
        ("trees.min_rows", Range(5, 100, log=True, whole=True)),
        ("trees.row_share", Range(0.5, 1.0)),
        ("trees.column_share", Range(0.3, 1.0)),
        ("trees.l2", Range(0.1, 30.0, log=True)),
    )
)


def read_space(given: Mapping[str, Any] | None) -> Space:
    """The space a user wrote, checked; the default one for None.

    Args:
        given: name to `(low, high)` or `(low, high, "log")` for a range, a list for choices, a `Range` or
            `Choice`, or one value to hold fixed. What is not named stays as in the default recipe. TOML, which
            knows no tuples, says ranges as `"low..high"`, `"low..high log"` or `{low = 1, high = 9}`, and may
            keep the names of the trees in a table `trees`.

    Raises:
        OptionError: a name is not known, or a value cannot be; says which and what to type.

    Example:
        >>> read_space({"learning_rate": (1e-4, 1e-2), "size": ["small", "large"]}).members
        ('network',)
    """
    if given is None:
        return DEFAULT
    if not isinstance(given, Mapping) or not given:
        raise OptionError(f"space={given!r} is no dict of names to ranges or choices. For example: {_EXAMPLE}")
    return Space(tuple((_known(name), _domain(name, value)) for name, value in _flat(given).items()))


def _flat(given: Mapping[str, Any]) -> dict[str, Any]:
    """The entries, those of a table `trees` by their whole names."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        is_table = name == "trees" and isinstance(value, Mapping)
        found |= {f"trees.{inner}": one for inner, one in value.items()} if is_table else {name: value}
    return found


_EXAMPLE = 'space={"learning_rate": (1e-4, 1e-2), "size": ["small", "large"], "trees.leaves": (7, 63)}'


def _known(name: Any) -> str:
    if name in KNOWN:
        return name
    if str(name).partition(".")[0] == "linear":
        raise OptionError(f"space has no {name!r}: the linear member tries all its penalties in every training.")
    raise OptionError(
        f"space has no {name!r}.{did_you_mean(name, KNOWN)} Names: {', '.join(KNOWN)}. For example: {_EXAMPLE}"
    )


def _domain(name: str, given: Any) -> Domain:
    """One entry of the user's dict."""
    if isinstance(given, Range):
        found: Domain = given
    elif isinstance(given, Choice):
        found = given
    elif isinstance(given, Mapping):
        found = _range(name, _ends(name, given))
    elif isinstance(given, str) and ".." in given:
        found = _range(name, _written(name, given))
    elif isinstance(given, tuple):
        found = _range(name, given)
    else:
        listed: Sequence[Any] = given if isinstance(given, Sequence) and not isinstance(given, str) else (given,)
        found = Choice(tuple(listed))
    return _checked_range(name, found) if isinstance(found, Range) else _checked_choice(name, found)


def _ends(name: str, given: Mapping[str, Any]) -> tuple:
    """A table of `low` and `high`, and perhaps `log`, as a tuple."""
    if not {"low", "high"} <= set(given) <= {"low", "high", "log", "whole"}:
        raise OptionError(f"space: {name!r}: {dict(given)} is no table of low, high and perhaps log. {_likely(name)}")
    words = ("log" if given["log"] else "linear",) if "log" in given else ()
    return (given["low"], given["high"], *words)


def _written(name: str, given: str) -> tuple:
    """`"1e-4..1e-2 log"` as a tuple."""
    ends, *words = given.split()
    try:
        low, high = (float(end) for end in ends.split(".."))
    except ValueError:
        raise OptionError(f'space: {name!r}: {given!r} is no "low..high" or "low..high log". {_likely(name)}') from None
    return (low, high, *words)


def _range(name: str, given: tuple) -> Range:
    dimension = KNOWN[name]
    if dimension.words:
        raise OptionError(f"space: {name!r} takes words, not a range. For example: {_likely(name)}")
    ends, words = [v for v in given if not isinstance(v, str)], [v for v in given if isinstance(v, str)]
    if len(ends) != 2 or len(given) > 3 or any(word not in ("log", "linear") for word in words):
        raise OptionError(f'space: {name!r}: {given!r} is no (low, high) or (low, high, "log"). {_likely(name)}')
    # Orders of magnitude need a start above 0.
    by_default = dimension.log and _number(name, ends[0]) > 0
    return Range(ends[0], ends[1], "log" in words if words else by_default, dimension.whole)


def _checked_range(name: str, found: Range) -> Range:
    low, high, dimension = _number(name, found.low), _number(name, found.high), KNOWN[name]
    if not low < high:
        raise OptionError(f"space: {name!r} goes from {low:g} to {high:g}, which holds nothing. {_likely(name)}")
    if found.log and low <= 0:
        raise OptionError(f'space: {name!r} from {low:g} has no orders of magnitude. Start above 0, or say "linear".')
    for end in (low, high):
        _check_limits(name, end)
    if dimension.whole:
        return Range(_whole(name, low), _whole(name, high), found.log, True)
    return Range(float(low), float(high), found.log, False)


def _checked_choice(name: str, found: Choice) -> Choice:
    dimension = KNOWN[name]
    if not found.options or len(set(found.options)) < len(found.options):
        raise OptionError(f"space: {name!r} has no choices, or one twice: {list(found.options)}. {_likely(name)}")
    for option in found.options:
        if dimension.words:
            if option not in dimension.words:
                known = ", ".join(map(repr, dimension.words))
                raise OptionError(
                    f"space: {name!r} has no {option!r}.{did_you_mean(option, dimension.words)} It is one of {known}."
                )
        else:
            _check_limits(name, _number(name, option))
    if dimension.words:
        return found
    return Choice(tuple(_whole(name, o) if dimension.whole else float(o) for o in found.options))


def _number(name: str, value: Any) -> float:
    # numpy's scalars are numbers too; booleans and words are none.
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise OptionError(f"space: {name!r} takes numbers, not {value!r}. {_likely(name)}")
    return value


def _check_limits(name: str, value: float) -> None:
    low, high = KNOWN[name].low, KNOWN[name].high
    if not low <= value <= high:
        raise OptionError(f"space: {name!r} cannot be {value:g}: it lies between {low:g} and {high:g}.")


def _whole(name: str, value: Any) -> int:
    if value != int(value):
        raise OptionError(f"space: {name!r} takes whole numbers, not {value!r}.")
    return int(value)


def _likely(name: str) -> str:
    """The default entry of a name, as something to type."""
    if KNOWN[name].words:
        return f'For example: "{name}": {list(KNOWN[name].words)}'
    domain = dict(DEFAULT.domains).get(name)
    ends = (domain.low, domain.high) if isinstance(domain, Range) else (KNOWN[name].low, KNOWN[name].high)
    return f'For example: "{name}": ({ends[0]:g}, {ends[1]:g})'


def _domain_json(domain: Domain) -> Any:
    if isinstance(domain, Choice):
        return list(domain.options)
    return {"low": domain.low, "high": domain.high, "log": domain.log, "whole": domain.whole}
