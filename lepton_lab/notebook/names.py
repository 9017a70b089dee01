"""From typed words to the user's objects: bare words and `$names` are looked up in the notebook's variables."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lepton_lab.environment import columns_of, frames_in, is_frame, is_model, models_in
from lepton_lab.errors import OptionError, did_you_mean
from lepton_lab.notebook.arguments import Typed
from lepton_lab.notebook.verbs import COLUMN, EITHER, FRAME, MODEL, RUN, Option


@dataclass(frozen=True)
class Value:
    """An object, and the Python source that means it."""

    source: str
    object: Any


@dataclass(frozen=True)
class Call:
    """One call of one function of lepton_lab, ready to be made or shown."""

    function: str
    arguments: tuple[Value, ...]
    keywords: dict[str, Value]

    @property
    def code(self) -> str:
        """The call as Python source.

        Example:
            >>> Call("train", (Value("df", None),), {"target": Value("'bad'", "bad")}).code
            "ll.train(df, target='bad')"
        """
        words = [value.source for value in self.arguments]
        words += [f"{name}={value.source}" for name, value in self.keywords.items()]
        return f"ll.{self.function}({', '.join(words)})"

    def make(self, **added: Any) -> Any:
        """Do it; `added` are keywords that belong to the notebook, such as `report`."""
        import lepton_lab

        function: Any = lepton_lab
        for part in self.function.split("."):
            function = getattr(function, part)
        given = {name: value.object for name, value in self.keywords.items()}
        return function(*[value.object for value in self.arguments], **given, **added)


@dataclass(frozen=True)
class Names:
    """The user's variables, and what the magics remember.

    Attributes:
        last_model: Of the last train, load or resume: it need not have a name.
        say: Tells the user which default was taken.
    """

    namespace: Mapping[str, Any]
    last_model: Any
    say: Callable[[str], None]

    def call_of(self, typed: Typed) -> Call:
        """The Python call that a typed line means.

        Raises:
            OptionError: A name is not there, is of the wrong kind, or a value cannot be read.
        """
        arguments = self._operands(typed)
        keywords = {}
        for name, text in typed.options.items():
            option = typed.verb.option(name)
            assert option is not None, "only options of the verb are parsed"
            keywords[name] = self._option_value(option, text, arguments)
        if "no_background" in keywords:
            del keywords["no_background"]
            keywords["background"] = Value("False", False)
        if typed.verb.name == "report":
            keywords = _report_keywords(keywords, arguments)
        if typed.verb.name == "demo":
            keywords["split"] = Value("True", True)
        if typed.verb.name == "drift" and "against" not in keywords:
            raise OptionError(f"drift needs a second frame. Type: {typed.verb.example}")
        return Call(typed.verb.calls, arguments, keywords)

    def look_up(self, word: str) -> Any:
        """The object a word or `$word` names.

        Raises:
            OptionError: The notebook has no such name.
        """
        name = word.removeprefix("$")
        if name in self.namespace:
            return self.namespace[name]
        if not name.isidentifier():
            raise OptionError(f"{word!r} is not a name. Give it one first, for example: df = {word}")
        known = [*frames_in(self.namespace), *models_in(self.namespace)]
        seen = f"Frames and models here: {', '.join(known)}." if known else "There are no frames and models here yet."
        raise OptionError(f"there is no {name!r} in this notebook.{did_you_mean(name, known)} {seen}")

    # ---- operands

    def _operands(self, typed: Typed) -> tuple[Value, ...]:
        """The positional arguments: words by their kind, defaults for those left out."""
        objects = [kind for kind in typed.verb.operands if kind.rstrip("?") in (MODEL, FRAME)]
        texts = [kind for kind in typed.verb.operands if kind not in (*objects, EITHER)]
        words = list(typed.words)
        either = [self._model_or_run(typed, words) for kind in typed.verb.operands if kind == EITHER]
        # Frames and models are told apart by what they are; ids and paths by their place.
        given_texts = self._take_texts(typed, words) if texts else []
        given = self._by_kind(words, objects, typed)
        values = []
        for kind in typed.verb.operands:
            if kind == EITHER:
                values.append(either.pop(0))
            elif kind in texts:
                values.append(given_texts.pop(0) if given_texts else self._default_text(kind, typed))
            else:
                values.append(given.get(kind.rstrip("?")) or self._default(kind, typed))
        return tuple(value for value in values if value is not None)

    def _model_or_run(self, typed: Typed, words: list[str]) -> Value:
        """The next word as what it names in the notebook, else as the id of a run."""
        if not words:
            raise OptionError(f"{typed.verb.name} needs two models or runs. Type: {typed.verb.example}")
        word = words.pop(0)
        named = self.namespace.get(word.removeprefix("$"))
        if is_model(named) or hasattr(named, "model_") or type(named).__name__ == "Run":
            return Value(word.removeprefix("$"), named)
        if is_frame(named):
            raise OptionError(
                f"{word!r} is a frame, where {typed.verb.name} takes a model or a run. Type: {typed.verb.example}"
            )
        return self._text(word)

    def _take_texts(self, typed: Typed, words: list[str]) -> list[Value]:
        """Take the word that is an id or a path out of `words`; a frame's or model's name is none."""
        if not words:
            return []
        if COLUMN in typed.verb.operands:
            return self._take_column(words)
        # In `save MODEL PATH` and `save PATH` the text comes last, in `resume RUN FRAME` first.
        place = -1 if typed.verb.operands[0].rstrip("?") in (MODEL, FRAME) else 0
        named = self.namespace.get(words[place])
        if is_model(named) or is_frame(named):
            return []
        return [self._text(words.pop(place))]

    def _take_column(self, words: list[str]) -> list[Value]:
        """Take the word that is a column out of `words`; one that is none, but no name either, is left to the verb."""
        strange = [word for word in words if word.startswith("$") or word not in self.namespace]
        known = known_columns(self.namespace, words)
        column = next((word for word in [*words, *strange] if word in known), strange[-1] if strange else None)
        if column is None:
            return []
        words.remove(column)
        # Of an array, a column is its position.
        return [Value(column, int(column)) if column.isdigit() and column not in known else self._text(column)]

    def _text(self, word: str) -> Value:
        """A path or an id: as typed, or the value of `$name`."""
        if word.startswith("$"):
            return Value(word[1:], str(self.look_up(word)))
        return Value(repr(word), word)

    def _by_kind(self, words: list[str], kinds: list[str], typed: Typed) -> dict[str, Value]:
        """Each word's object, filed as MODEL or FRAME."""
        if len(words) > len(kinds):
            wanted = " ".join(typed.verb.operands) or "nothing"
            raise OptionError(
                f"{typed.verb.name} takes {wanted}: {words[len(kinds)]!r} is one word too many. "
                f"Type: {typed.verb.example}"
            )
        free = [kind.rstrip("?") for kind in kinds]
        given: dict[str, Value] = {}
        for word in words:
            found = self.look_up(word)
            kind = _kind_of(found, free)
            if kind is None:
                kind, wanted = type(found).__name__, " and ".join(free) or "no more"
                raise OptionError(
                    f"{word!r} is a {kind}, where {typed.verb.name} takes {wanted}. Type: {typed.verb.example}"
                )
            free.remove(kind)
            given[kind] = Value(word.removeprefix("$"), found)
        return given

    def _default(self, kind: str, typed: Typed) -> Value | None:
        """The frame or model that a line which names none must mean."""
        if kind.endswith("?"):
            return None
        return self._default_model(typed) if kind == MODEL else self._default_frame(typed)

    def _default_model(self, typed: Typed) -> Value:
        """The last model made; else the last variable that is one."""
        named = models_in(self.namespace)
        name = next((name for name, model in named.items() if model is self.last_model), None)
        if name is None and self.last_model is not None:
            self.say("model: the last one trained or loaded (it has no name)")
            return Value("model", self.last_model)
        name = name or next(reversed(named), None)
        if name is None:
            raise OptionError(f"{typed.verb.name} needs a model. Type: model = %lepton train df --target COLUMN")
        self.say(f"model: {name}")
        return Value(name, named[name])

    def _default_frame(self, typed: Typed) -> Value:
        """The only frame there is."""
        frames = frames_in(self.namespace)
        if len(frames) == 1:
            name, frame = next(iter(frames.items()))
            self.say(f"frame: {name}")
            return Value(name, frame)
        which = f"one of {', '.join(frames)}" if frames else "there is none yet; for an example: %lepton demo credit"
        raise OptionError(f"{typed.verb.name} needs a frame: {which}. Type: {typed.verb.example}")

    def _default_text(self, kind: str, typed: Typed) -> Value | None:
        """A run left out is the only one that fits; a path cannot be guessed."""
        if kind.endswith("?"):
            return None
        if kind != RUN:
            raise OptionError(f"{typed.verb.name} needs a {kind.lower()}. Type: {typed.verb.example}")
        from lepton_lab.journal import list_runs

        runs = list_runs()
        fitting = [run for run in runs if run.is_running] if typed.verb.name == "stop" else runs[:1]
        if len(fitting) != 1:
            which = ", ".join(run.id for run in fitting) or "none"
            raise OptionError(f"{typed.verb.name} needs a run: {which} to choose from. List them with: %lepton runs")
        self.say(f"run: {fitting[0].id}")
        return Value(repr(fitting[0].id), fitting[0].id)

    # ---- options

    def _option_value(self, option: Option, given: Any, arguments: tuple[Value, ...]) -> Value:
        """The value of one flag: `$name`, text by its kind, or as TOML gave it."""
        if option.kind == "name" and not isinstance(given, Mapping):
            name = str(given).removeprefix("$")
            return Value(name, self.look_up(name))
        if option.repeats and isinstance(given, list) and len(given) == 1 and str(given[0]).startswith("$"):
            given = given[0]
        if isinstance(given, str) and given.startswith("$") and not given.startswith("$$"):
            return Value(given[1:], self.look_up(given))
        if option.kind in ("groups", "bounds"):
            given = _by_name(option, given)
            if option.kind == "groups" and any(getattr(value.object, "dtype", None) is not None for value in arguments):
                given = {name: [_plain(str(column)) for column in columns] for name, columns in given.items()}
        if isinstance(given, str):
            given = given.removeprefix("$") if given.startswith("$$") else given
            given = self._read(option, given, arguments)
        return Value(_source(given), given)

    def _read(self, option: Option, text: str, arguments: tuple[Value, ...]) -> Any:
        """A flag's text in the type its kind wants."""
        if option.kind == "int":
            try:
                return int(text)
            except ValueError:
                line = f"{option.flag} 17"
                raise OptionError(f"{option.flag} {text!r} is not a whole number. For example: {line}") from None
        if option.kind == "number":
            return _number(option, text)
        if option.kind == "numbers":
            return _numbers(option, text)
        if option.kind == "words":
            return _words(option, text)
        if option.kind == "times":
            return _times(option, text)
        if option.kind == "label":
            return self._label(text, arguments)
        if option.choices and text not in option.choices and text.partition(":")[0] not in option.choices:
            raise OptionError(
                f"{option.flag} {text!r} is not known.{did_you_mean(text, option.choices)} "
                f"Choose one of: {', '.join(option.choices)}."
            )
        if option.keyword == "positive":
            return self._class_value(text)
        return text

    def _label(self, text: str, arguments: tuple[Value, ...]) -> object:
        """An index label, in the type of the index it is meant for."""
        from lepton_lab.data.pick_rows import label_from_text

        frame = next((value.object for value in arguments if is_frame(value.object)), None)
        if frame is None:
            model = next((value.object for value in arguments if is_model(value.object)), None)
            frame = model.seen if model is not None else None
        index = getattr(frame, "index", None)
        return text if index is None or callable(index) else label_from_text(text, index)

    def _class_value(self, text: str) -> object:
        """A class as typed: a number or true/false where it reads as one."""
        try:
            return json.loads(text.lower() if text in ("True", "False") else text)
        except ValueError:
            return text


def _report_keywords(keywords: dict[str, Value], arguments: tuple[Value, ...]) -> dict[str, Value]:
    """A report typed in a notebook is written: beside it, under the model's name, where no path was given."""
    from lepton_lab.reporting.written import ENDINGS

    if keywords.pop("no_rows", None) is not None:
        keywords["with_rows"] = Value("False", False)
    if "path" not in keywords:
        ending = ENDINGS.get(keywords["format"].object if "format" in keywords else "html", "")
        path = f"{arguments[0].source}{ending}"
        keywords["path"] = Value(repr(path), path)
    return keywords


def _kind_of(found: Any, free: list[str]) -> str | None:
    """Which of the free places an object fits; a function to explain takes a model's."""
    if is_model(found):
        return MODEL if MODEL in free else None
    if is_frame(found) or getattr(found, "ndim", 0) == 2:
        return FRAME if FRAME in free else None
    return MODEL if MODEL in free and callable(found) else None


def _numbers(option: Option, text: str) -> dict[str, float]:
    """`a=1,b=-2.5` as a dict of numbers."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = None
        if value is None or not name.strip():
            raise OptionError(f"{option.flag} {text!r} cannot be read. For example: {option.flag} {option.sample}")
        found[name.strip()] = int(value) if value.is_integer() else value
    return found


def _words(option: Option, text: str) -> dict[str, str]:
    """`zip=category,age=numeric` as a dict."""
    pairs = [part.rpartition("=") for part in text.split(",")]
    if not all(name.strip() and word.strip() for name, _, word in pairs):
        raise OptionError(f"{option.flag} {text!r} cannot be read. For example: {option.flag} {option.sample}")
    return {name.strip(): word.strip() for name, _, word in pairs}


def _times(option: Option, text: str) -> list[float]:
    """`30,365` as a list."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise OptionError(
            f"{option.flag} {text!r} cannot be read. For example: {option.flag} {option.sample}"
        ) from None


def _number(option: Option, text: str) -> float:
    """A number as typed."""
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"{option.flag} {text!r} is not a number. For example: {option.flag} 0.05") from None


def _by_name(option: Option, given: Any) -> dict[str, Any]:
    """`address=zip,city` typed once or more, or a TOML table, as a dict of lists and ranges."""
    if not isinstance(given, dict):
        typed = [str(one).partition("=") for one in (given if isinstance(given, list) else [given])]
        wrong = next(("".join(one) for one in typed if not all(one)), None)
        if wrong is not None:
            raise OptionError(f"{option.flag} {wrong!r} cannot be read. For example: {option.flag} {option.sample}")
        given = {name: text for name, _, text in typed}
    return {name: _named(option, what) for name, what in given.items()}


def _named(option: Option, what: Any) -> Any:
    """Columns of a group, or the range or the values that a column may take."""
    if not isinstance(what, str):
        return what
    if option.kind == "groups":
        return [one.strip() for one in what.split(",")]
    low, is_range, high = what.partition("..")
    return (_end(low), _end(high)) if is_range else [_plain(one) for one in what.split(",")]


def _end(text: str) -> Any:
    """One end of a range; None where it is open."""
    return _plain(text) if text.strip() else None


def _plain(text: str) -> Any:
    """A number where it reads as one."""
    text = text.strip()
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _source(value: Any) -> str:
    """Python source of a plain value."""
    return repr(value)


def known_columns(namespace: Mapping[str, Any], words: list[str]) -> list[str]:
    """Columns of the frame or model among some words, else of the only frame."""
    frames, models = frames_in(namespace), models_in(namespace)
    named = next((word.removeprefix("$") for word in words if word.removeprefix("$") in {**frames, **models}), None)
    if named in frames:
        return columns_of(frames[named])
    if named is not None:
        return [column.name for column in models[named].schema.inputs]
    return columns_of(next(iter(frames.values()))) if len(frames) == 1 else []
