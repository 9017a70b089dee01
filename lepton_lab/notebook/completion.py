"""Tab completion of `%lepton`: verbs, frames and models, that frame's columns, flags, run ids, samples.

A matcher of IPython's completer where there is one (IPython 8.6 and later), else the older hook, which
Colab's IPython 7.34 has. Either way the kernel answers, so every front end completes alike.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lepton_lab.environment import frames_in, models_in
from lepton_lab.notebook.names import known_columns
from lepton_lab.notebook.verbs import COLUMN, EITHER, FRAME, MODEL, PATH, RUN, SAMPLE, VERB, VERBS, Option, Verb
from lepton_lab.notebook.writing import quoted

# `%lepton tr`, `%%lepton train`, `m = %lepton tr`, `a, b = %lepton demo`.
LINE = re.compile(r"^(?:[^%'\"#]*=\s*|\s*)%%?lepton\s+(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Completions:
    """What the last, unfinished word of a line may become.

    Attributes:
        fragment: The unfinished word as typed, an open quote included.
        texts: Whole words to take its place.
    """

    fragment: str
    texts: tuple[str, ...]


def complete(text: str, namespace: Mapping[str, Any]) -> Completions | None:
    """Completions for the text before the cursor; None where it is no line of `%lepton`."""
    found = LINE.match(text)
    if found is None:
        return None
    before, fragment = _unfinished(found.group(1))
    options = _options(before, fragment, namespace)
    typed = fragment.lstrip("'\"").replace("\\ ", " ")
    fitting = [word for word in options if word.lower().startswith(typed.lower())]
    return Completions(fragment, tuple(dict.fromkeys(_quoted(word, fragment) for word in fitting)))


def register(shell: Any) -> None:
    """Complete `%lepton` in a shell."""
    from IPython.core import completer

    forget(shell)
    # IPython 7 has the list, but only for matchers that cannot silence the others.
    if hasattr(completer, "context_matcher"):
        shell.Completer.custom_matchers.append(_matcher(shell))
        return
    hook = _hook(shell)
    shell.set_hook("complete_command", hook, re_key=LINE.pattern)
    # IPython 7 also asks hooks by the first word of the line.
    shell.set_hook("complete_command", hook, str_key="%lepton")
    shell.set_hook("complete_command", hook, str_key="%%lepton")


def forget(shell: Any) -> None:
    """Take back what `register` did."""
    matchers = getattr(shell.Completer, "custom_matchers", None)
    if matchers is not None:
        matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != "lepton_lab"]


def _matcher(shell: Any) -> Any:
    """A matcher of IPython's second API, which silences the others on our lines."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="lepton_lab", priority=1000)
    def match(context: Any) -> Any:
        found = complete(context.text_until_cursor, shell.user_ns)
        if found is None:
            return {"completions": [], "suppress": False}
        completions = [SimpleCompletion(text=text, type="lepton") for text in found.texts]
        return {"completions": completions, "matched_fragment": found.fragment, "suppress": True}

    return match


def _hook(shell: Any) -> Any:
    """IPython 7's `complete_command` hook: whole words for the symbol under the cursor."""

    def answer(_shell: Any, event: Any) -> list[str]:
        found = complete(event.text_until_cursor, shell.user_ns)
        if found is None:
            return []
        # IPython 7 drops what does not begin with the word under its cursor, as an opening quote does not,
        # and replaces only that word, which may begin later than ours.
        texts = [text if found.fragment[:1] in ("'", '"') else _escaped(text) for text in found.texts]
        ahead = len(found.fragment) - len(event.symbol)
        return [text[ahead:] if ahead > 0 else text for text in texts]

    return answer


def _unfinished(line: str) -> tuple[list[str], str]:
    """The finished words of a line, and the one at the cursor."""
    quote, start, escaped = "", 0, False
    for place, letter in enumerate(line):
        if escaped or letter == "\\":
            escaped = not escaped
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter.isspace():
            start = place + 1
    finished, fragment = line[:start], line[start:]
    try:
        return shlex.split(finished), fragment
    except ValueError:
        return finished.split(), fragment


def _options(before: list[str], fragment: str, namespace: Mapping[str, Any]) -> list[str]:
    """Every word that may stand at the cursor."""
    if not before:
        return list(VERBS)
    verb = VERBS.get(before[0])
    if verb is None:
        return []
    if fragment.startswith("-"):
        return _flags(verb, before)
    option = verb.option(before[-1].removeprefix("--")) if before[-1].startswith("--") else None
    if option is not None and option.kind != "switch":
        return _values(option, before, namespace)
    return _operands(verb, before, fragment, namespace)


def _flags(verb: Verb, before: list[str]) -> list[str]:
    """The flags of a verb that are not on the line yet."""
    options = [option for option in verb.options if option.repeats or option.flag not in before]
    return [*(option.flag for option in options), "--code", "--help"]


def _values(option: Option, before: list[str], namespace: Mapping[str, Any]) -> list[str]:
    """The values a flag may take."""
    if option.choices:
        return list(option.choices)
    columns = known_columns(namespace, before[1:])
    if option.kind in ("column", "columns"):
        return columns
    if option.kind == "bounds":
        return [f"{column}=" for column in columns]
    if option.name == "domain":
        return _domains()
    if option.name == "weights":
        return ["balanced", *columns]
    if option.name == "split":
        return ["random", "stratified", *(f"{kind}:{column}" for kind in ("group", "time") for column in columns)]
    return list(frames_in(namespace)) if option.kind == "name" else []


def _operands(verb: Verb, before: list[str], fragment: str, namespace: Mapping[str, Any]) -> list[str]:
    """The names, ids and paths a verb takes."""
    words: list[str] = []
    for kind in verb.operands:
        words += {
            MODEL: lambda: list(models_in(namespace)),
            FRAME: lambda: list(frames_in(namespace)),
            COLUMN: lambda: known_columns(namespace, before[1:]),
            RUN: _run_ids,
            EITHER: lambda: [*models_in(namespace), *_run_ids()],
            SAMPLE: _samples,
            VERB: lambda: list(VERBS),
            PATH: lambda: _paths(fragment),
        }[kind.rstrip("?")]()
    return words


def _run_ids() -> list[str]:
    from lepton_lab.journal import list_runs

    return [run.id for run in list_runs()]


def _samples() -> list[str]:
    from lepton_lab import samples

    return list(samples.names())


def _domains() -> list[str]:
    from lepton_lab.packs import DOMAINS

    return list(DOMAINS)


def _paths(fragment: str) -> list[str]:
    """Folders and model files that begin with what was typed."""
    typed = Path(fragment.lstrip("'\""))
    folder = typed if fragment.endswith("/") else typed.parent
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
    return [f"{path}/" if path.is_dir() else str(path) for path in found if path.is_dir() or path.suffix == ".lepton"]


def _quoted(word: str, fragment: str) -> str:
    """A word as it must be typed: in quotes where it has spaces or signs, in the quotes already open."""
    if fragment[:1] in ("'", '"'):
        return fragment[0] + word + fragment[0]
    return quoted(word)


def _escaped(word: str) -> str:
    """A quoted word with backslashes instead."""
    return re.sub(r"([^\w@%+=:,./-])", r"\\\1", shlex.split(word)[0]) if word[:1] == '"' else word
