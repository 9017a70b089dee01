"""`%lepton tune`: a study comes back, its model is the next line's model."""

from __future__ import annotations

import lepton_lab as ll
from lepton_lab.notebook import watching

LINE = "study = %lepton tune df --target bad --trials 3 --quality fast --sampler random --space space"


def test_a_search_in_a_terminal(notebook, loans) -> None:
    notebook["df"], notebook["space"] = loans, {"size": ["small"], "epochs": (3, 5)}
    ran = notebook.run(LINE)
    assert ran.error is None, repr(ran.error)
    study = notebook["study"]
    assert isinstance(study, ll.Study) and len(study.trials) == 3
    assert "done" in ran.out
    assert len(notebook.run("%lepton predict df").result) == len(loans)


BODY = """
target = "bad"
trials = 3
quality = "fast"
sampler = "random"

[space]
size = "small"
epochs = "3..5"
trees.leaves = [4, 8]
"""


def test_a_space_in_the_body_of_a_cell(notebook, loans) -> None:
    notebook["df"] = loans
    ran = notebook.run("%%lepton tune df" + BODY)
    assert ran.error is None, repr(ran.error)
    trials = ran.result.trials[1:]
    assert {trial.member for trial in trials} <= {"network", "trees"} and len(trials) == 2
    for trial in trials:
        assert set(trial.params) == ({"leaves"} if trial.member == "trees" else {"size", "epochs"})
    code = notebook.run("%%lepton tune df --code" + BODY).out
    assert "space={'size': 'small', 'epochs': '3..5', 'trees': {'leaves': [4, 8]}}" in code
    assert "Did you mean 'epochs'" in notebook.error("%%lepton tune df --target bad\n[space]\nepoch = [3]")


def test_a_search_in_a_page_draws_its_leaderboard(notebook, loans, monkeypatch) -> None:
    monkeypatch.setattr(watching, "can_show_panels", lambda: True)
    monkeypatch.setattr(watching, "REDRAW_S", 0.0)
    notebook["df"], notebook["space"] = loans, {"size": ["small"], "epochs": (3, 5)}
    ran = notebook.run(LINE)
    assert ran.error is None, repr(ran.error)
    drawn = [output.data.get("text/html", "") for output in ran.shown]
    assert any("Best log_loss" in html for html in drawn)
    assert "Leaderboard" in "".join(output.data.get("text/html", "") for output in notebook.run("display(study)").shown)


def test_a_typo_is_one_line(notebook, loans) -> None:
    notebook["df"], notebook["space"] = loans, {"epoch": (3, 5)}
    assert "Did you mean 'epochs'" in notebook.error("%lepton tune df --target bad --space space")
    assert "Did you mean 'random'" in notebook.error("%lepton tune df --target bad --sampler ranodm")
    assert "--trials" in notebook.run("%lepton tune --help").out


def test_completion_knows_the_samplers(notebook, loans) -> None:
    from lepton_lab.notebook.verbs import VERBS

    option = VERBS["tune"].option("sampler")
    assert option is not None and option.choices == ("tpe", "random", "grid", "evolution")
