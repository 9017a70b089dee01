"""What Tab offers on a line of `%lepton`."""

from __future__ import annotations

import time

import IPython
import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter

from lepton_lab.journal import create_run
from lepton_lab.notebook.completion import complete
from lepton_lab.notebook.verbs import VERBS

FRAME = pd.DataFrame({"age": [1], "job kind": [1], "amount": [1]})
ONE = {"df_train": FRAME, "_hidden": FRAME, "x": 3}
TWO = {**ONE, "other": pd.DataFrame({"zip": [1]})}


@pytest.mark.parametrize(
    ("text", "namespace", "offered"),
    [
        ("%lepton tr", {}, ["train"]),
        ("%%lepton tr", {}, ["train"]),
        ("m = %lepton tr", {}, ["train"]),
        ("a, b = %lepton de", {}, ["demo"]),
        ("  %lepton do", {}, ["domains", "doctor"]),
        ("%lepton ", {}, list(VERBS)),
        ("%lepton train ", ONE, ["df_train"]),
        ("%lepton train d", TWO, ["df_train"]),
        ("%lepton train df_train --target a", ONE, ["age", "amount"]),
        ("%lepton train df_train --target A", ONE, ["age", "amount"]),
        ("%lepton train df_train --target j", ONE, ['"job kind"']),
        ("%lepton train df_train --target 'job k", ONE, ["'job kind'"]),
        ('%lepton train df_train --target "jo', ONE, ['"job kind"']),
        ("%lepton train df_train --target job\\ k", ONE, ['"job kind"']),
        ("%lepton train --target a", ONE, ["age", "amount"]),
        ("%lepton train --target a", TWO, []),
        ("%lepton train other --target ", TWO, ["zip"]),
        ("%lepton train df_train --bu", ONE, ["--budget"]),
        ("%lepton train df_train --budget 60s --bu", ONE, []),
        ("%lepton train df_train --quality b", ONE, ["balanced", "best"]),
        ("%lepton train df_train --split time:a", ONE, ["time:age", "time:amount"]),
        ("%lepton train df_train --domain cr", ONE, ["credit"]),
        ("%lepton train df_train --weights b", ONE, ["balanced"]),
        ("%lepton explain --background ", ONE, ["df_train"]),
        ("%lepton explain --gr", ONE, ["--groups"]),
        ("%lepton explain --groups a=age --gr", ONE, ["--groups"]),
        ("%lepton counterfactuals df_train --immutable a", ONE, ["age", "amount"]),
        ("%lepton counterfactuals df_train --bounds a", ONE, ["age=", "amount="]),
        ("%lepton partial_dependence am", ONE, ["amount"]),
        ("%lepton partial_dependence df_train --scale ", ONE, ["link", "probability"]),
        ("%lepton demo cr", {}, ["credit"]),
        ("%lepton help ex", {}, ["explain", "explain_inside", "explain_preview"]),
        ("%lepton nonsense x", ONE, []),
    ],
)
def test_offers(text, namespace, offered):
    found = complete(text, namespace)
    assert found is not None and list(found.texts) == offered


@pytest.mark.parametrize("text", ["x = 3", "%lept", "print('%lepton tr", "# %lepton tr", "%time x", "df.lepton tr"])
def test_leaves_other_lines_alone(text):
    assert complete(text, ONE) is None


def test_offers_the_runs(notebook):
    run = create_run("train", {"target": "bad"}, "f", 1)
    assert complete("%lepton attach ", {}).texts == (run.id,)


def test_offers_models_and_files(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "credit.lepton").touch()
    (tmp_path / "notes.txt").touch()
    assert complete("%lepton load cr", {}).texts == ("credit.lepton",)
    assert "notes.txt" not in complete("%lepton load ", {}).texts


def test_the_shell_offers_only_ours_on_our_lines(notebook):
    notebook["df_train"] = FRAME
    with provisionalcompleter():
        for line, offered in [
            ("m = %lepton tr", ["train"]),
            ("%lepton train df_train --target a", ["age", "amount"]),
            ("df_tr", ["df_train"]),
        ]:
            found = [one.text for one in notebook.shell.Completer.completions(line, len(line))]
            # IPython 7 adds its own guesses to those of a hook.
            assert found == offered if IPython.version_info > (8, 6) else set(offered) <= set(found)


def test_is_quick(notebook):
    notebook["df_train"] = pd.DataFrame({f"column {i}": [1] for i in range(500)})
    line = "%lepton train df_train --target column"
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        complete(line, notebook.shell.user_ns)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.05
