"""The line that is written for the user is read back as what was chosen, whatever the names are."""

from __future__ import annotations

import string

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell

from lepton_lab.errors import OptionError
from lepton_lab.notebook.arguments import parse
from lepton_lab.notebook.names import Names
from lepton_lab.notebook.verbs import TASKS
from lepton_lab.notebook.writing import code_of, line_of, quoted, typed_of

# Letters of any script, signs that mean something to a shell, to IPython or to argparse, and emoji.
NAMES = st.text(
    st.one_of(st.sampled_from("\"'\\$-=%;#?!{}<>&| 🌍ä日"), st.sampled_from(string.printable), st.characters()),
    min_size=1,
    max_size=12,
)
WRITABLE = NAMES.filter(str.isprintable)
OPTIONS = st.fixed_dictionaries(
    {"target": WRITABLE},
    optional={
        "task": st.sampled_from(TASKS),
        "budget": st.sampled_from(["60s", "5m", "1h30m"]),
        "split": st.one_of(st.sampled_from(["random", "stratified"]), WRITABLE.map("group:{}".format)),
        "event": WRITABLE,
        "ignore": st.lists(WRITABLE.filter(lambda name: not name.startswith("$")), min_size=1, max_size=3),
        "background": st.just(True),
    },
)


def magic_text(cell: str) -> str:
    """What IPython hands to the magic, after its own reading of the cell."""
    seen: list[str] = []

    class Shell:
        def run_line_magic(self, name: str, line: str, *_: object) -> tuple[int, int]:
            assert name == "lepton"
            seen.append(line)
            return 0, 0

    exec(TransformerManager().transform_cell(cell), {"get_ipython": Shell})
    return seen[0]


@given(OPTIONS, st.sampled_from(["", "model", "größe", "a, b"]))
def test_a_line_is_read_back_as_what_was_chosen(options: dict[str, object], to: str) -> None:
    typed = typed_of("train", ["loans"], options)
    assert parse(magic_text(line_of(typed, to))) == typed


@given(OPTIONS)
def test_the_call_it_means_has_the_values_as_they_stand(options: dict[str, object]) -> None:
    frame = pd.DataFrame({"a": [1]})
    line = magic_text(line_of(typed_of("train", ["loans"], options)))
    call = Names({"loans": frame}, None, print).call_of(parse(line))
    assert {name: value.object for name, value in call.keywords.items()} == options
    assert call.arguments[0].object is frame


@given(NAMES)
def test_a_cell_is_written_for_any_column_name_at_all(name: str) -> None:
    loans = pd.DataFrame({name: [1]})
    cell = code_of(typed_of("train", ["loans"], {"target": name}), {"loans": loans}, "model")
    seen: list[object] = []

    class Ll:
        @staticmethod
        def train(df: object, *, target: str) -> None:
            seen.append(target)

    if name.isprintable():
        seen.append(Names({"loans": loans}, None, print).call_of(parse(magic_text(cell))).keywords["target"].object)
    else:
        exec(
            TransformerManager().transform_cell(cell).replace("import lepton_lab as ll", ""), {"ll": Ll, "loans": loans}
        )
    assert seen == [name]


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("age", "age"),
        ("größe", "größe"),
        ("job kind", '"job kind"'),
        ('a"b', '"a\\"b"'),
        ("it's", '"it\'s"'),
        ("c:\\x", '"c:\\\\x"'),
        ("", '""'),
        ("what?", '"what?"'),
    ],
)
def test_quoting(word: str, line: str) -> None:
    assert quoted(word) == line


def test_what_cannot_be_written_says_why() -> None:
    with pytest.raises(OptionError, match="line break"):
        line_of(typed_of("train", ["loans"], {"target": "a\nb"}))
    with pytest.raises(OptionError, match="cannot be a variable's name"):
        line_of(typed_of("train", ["loans"]), to="my model")
    with pytest.raises(OptionError, match="cannot be a variable's name"):
        line_of(typed_of("train", ["loans"]), to="class")
    with pytest.raises(OptionError, match="train has no option 'tragte'"):
        typed_of("train", ["loans"], {"tragte": "a"})


def test_a_written_line_runs_in_a_shell(shell: InteractiveShell) -> None:
    shell.user_ns["odd"] = pd.DataFrame({"a b": range(8), 'say "x"': [1, 0] * 4})
    cell = line_of(typed_of("check", ["odd"], {"target": 'say "x"'}), to="found")
    result = shell.run_cell(cell)
    assert result.error_in_exec is None
    assert shell.user_ns["found"].target == 'say "x"'
