"""From the line a user typed to words, flags and values; no name is looked up here."""

from __future__ import annotations

import argparse
import shlex
import tomllib
from dataclasses import dataclass, field
from typing import Any, NoReturn

from lepton_lab.errors import OptionError, did_you_mean
from lepton_lab.notebook.verbs import VERBS, Option, Verb


@dataclass(frozen=True)
class Typed:
    """What was typed, by kind.

    Attributes:
        words: The words that are no flags: names of frames and models, run ids, paths.
        options: Option keyword to its text, or to the TOML value.
        code: Show the Python call instead of doing it.
        help: Show the verb's help instead of doing it.
    """

    verb: Verb
    words: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    code: bool = False
    help: bool = False


def parse(line: str, cell: str | None = None) -> Typed:
    """Read a line of `%lepton`, and the TOML below a `%%lepton`.

    Raises:
        OptionError: An unknown verb or flag, a missing value, a quote left open, or unreadable TOML.
    """
    tokens = split(line)
    if not tokens:
        return Typed(VERBS["status"])
    if tokens[0] in ("-h", "--help"):
        return Typed(VERBS["help"])
    verb = _meant(verb_of(tokens[0]), {token.partition("=")[0] for token in tokens})
    known, unknown = parser_of(verb).parse_known_intermixed_args(tokens[1:])
    if unknown:
        raise _unknown_flag(verb, unknown[0])
    given = vars(known)
    options = {o.keyword: given[o.keyword] for o in verb.options if given[o.keyword] not in (None, False, [])}
    typed = Typed(verb, tuple(given["words"]), options, given["code"], given["help"])
    return typed if cell is None or typed.help else _with_toml(typed, cell)


def split(line: str) -> list[str]:
    """The words of a line, with the quotes of a POSIX shell."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise OptionError(f"the line cannot be read ({error}): {line.strip()!r}. Close the quote.") from None


def verb_of(name: str) -> Verb:
    """The verb called `name`.

    Raises:
        OptionError: No verb is called so.
    """
    if name in VERBS:
        return VERBS[name]
    raise OptionError(f"no verb {name!r}.{did_you_mean(name, VERBS)} Verbs: {', '.join(VERBS)}. Type: %lepton help")


def parser_of(verb: Verb) -> argparse.ArgumentParser:
    """The argparse parser of one verb. Values stay text: `$name` may stand for any of them."""
    # argparse's usage would list every flag twice and the operands not at all.
    operands = " ".join(f"[{kind.rstrip('?')}]" if kind.endswith("?") else kind for kind in verb.operands)
    parser = _Parser(
        prog=f"%lepton {verb.name}",
        usage=f"%%lepton {verb.name} {operands} [--flags]".replace("  ", " "),
        description=f"{verb.help[0].upper()}{verb.help[1:]}.",
        epilog=f"example:  {verb.example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    for option in verb.options:
        _add(parser, option)
    parser.add_argument("--code", action="store_true", help="show the Python call instead of doing it")
    parser.add_argument("-h", "--help", action="store_true", help="show this and do nothing")
    return parser


def help_of(verb: Verb) -> str:
    """What `%lepton VERB --help` shows."""
    return parser_of(verb).format_help()


def help_of_all() -> str:
    """What `%lepton help` shows: one line a verb."""
    lines = [f"  {verb.name:21}{verb.help}" for verb in VERBS.values()]
    examples = [f"  {VERBS[name].example}" for name in ("demo", "check", "train", "explain")]
    return "\n".join(
        [
            "[x =] %lepton VERB [FRAME|MODEL|RUN] [--flags]",
            "",
            *lines,
            "",
            "Words without dashes are names in your notebook; $name puts a variable's value behind a flag.",
            "--help after a verb tells its flags, --code shows the Python call. For example:",
            *examples,
        ]
    )


class _Parser(argparse.ArgumentParser):
    """argparse that raises our error instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise OptionError(f"{message}. Type: {self.prog} --help")


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    """One flag; its value is checked later, when `$name` has been looked up."""
    if option.kind == "switch":
        parser.add_argument(option.flag, dest=option.keyword, action="store_true", help=option.help)
        return
    metavar = option.sample or ("|".join(option.choices) if option.choices else option.kind.rstrip("s").upper())
    action = "append" if option.repeats else "store"
    parser.add_argument(option.flag, dest=option.keyword, action=action, metavar=metavar, help=option.help)


def _unknown_flag(verb: Verb, word: str) -> OptionError:
    flags = [option.flag for option in verb.options] + ["--code", "--help"]
    typed = word.partition("=")[0]
    return OptionError(
        f"{verb.name} has no flag {typed!r}.{did_you_mean(typed, flags)} Flags: {', '.join(flags)}. "
        f"Type: %lepton {verb.name} --help"
    )


def _meant(verb: Verb, flags: set[str]) -> Verb:
    """The verb that a line with these flags means: `explain --inside scan` is `explain_inside`."""
    leading = next((option.leads_to for option in verb.options if option.leads_to and option.flag in flags), None)
    return VERBS[leading] if leading else verb


def _with_toml(typed: Typed, cell: str) -> Typed:
    """Add the options of a TOML body; a flag on the line wins."""
    try:
        body = tomllib.loads(cell)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f'the body is no TOML: {error}. One option a line, such as: target = "bad"') from None
    words = typed.words
    for name in ("frame", "model"):
        if name in body:
            words = (*words, str(body.pop(name)))
    verb = _meant(typed.verb, {f"--{key}" for key in body})
    options = {_toml_keyword(verb, key): value for key, value in body.items()}
    return Typed(verb, words, options | typed.options, typed.code, typed.help)


def _toml_keyword(verb: Verb, key: str) -> str:
    """The keyword that a TOML key stands for."""
    option = verb.option(key) or verb.option(key.replace("_", "-"))
    if option is None:
        known = ["frame", *(option.keyword for option in verb.options)]
        raise OptionError(f"{verb.name} has no option {key!r}.{did_you_mean(key, known)} Options: {', '.join(known)}.")
    return option.keyword
